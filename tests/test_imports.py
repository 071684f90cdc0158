"""
Imports run one way, from the faces down to `index` and `reader`, and never in a circle.

What stands around the product (training, benchmarks, pages, tests) is looked at, too.
"""

from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from docs.imports import MAP, OUTSKIRTS, PACKAGES, Arrows, drawn, graph, packages, with_graph

# From the ground up: a module imports those of its own storey and of lower ones. Of the first
# storey nothing knows anything of another package. The longest prefix that fits a module counts.
STOREYS: tuple[tuple[str, ...], ...] = (
    ("prompts", "index", "reader"),
    ("answering",),
    ("bot",),
    ("bot.serving",),
    ("bot.evaluation",),
    ("bot.readers",),
    ("bot.backups", "bot.cli", "bot.discord_app", "bot.mcp", "bot.web", "quoth"),
    OUTSKIRTS,
)
EVERYTHING = (*PACKAGES, *OUTSKIRTS)
GROUND = STOREYS[0]


def storey(module: str) -> int:
    """How high a module stands."""
    fits = [
        (len(prefix), number)
        for number, prefixes in enumerate(STOREYS)
        for prefix in prefixes
        if f"{module}.".startswith(f"{prefix}.")
    ]
    return max(fits)[1]


def climbs(arrows: Arrows) -> list[str]:
    """Arrows that lead upwards, or from one package of the ground to another."""
    found = []
    for module, imported in arrows.items():
        for other in imported:
            homes = {module.partition(".")[0], other.partition(".")[0]}
            apart = len(homes) > 1 and homes <= set(GROUND)
            if storey(other) > storey(module) or apart:
                found.append(f"{module} -> {other}")
    return sorted(found)


def circle(arrows: Arrows) -> list[str]:
    """Modules that import each other in a circle; none if there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture(scope="module")
def arrows() -> Arrows:
    """What each module imports, of the product and of what stands around it."""
    return graph(names=EVERYTHING)


def test_no_import_leads_upwards(arrows: Arrows) -> None:
    assert climbs(arrows) == []


def test_no_modules_import_each_other(arrows: Arrows) -> None:
    assert circle(arrows) == []


@pytest.mark.parametrize(
    ("where", "text", "arrows"),
    [
        ("index/store.py", "from reader.model import Reader\n", ["index.store -> reader.model"]),
        (
            "answering/answerer.py",
            "def settings():\n    from bot import settings\n",
            ["answering.answerer -> bot.settings"],
        ),
        ("index/store.py", "from tests import fakes\n", ["index.store -> tests.fakes"]),
        ("index/store.py", "from ..bot import settings\n", ["index.store -> bot.settings"]),
        (
            "answering/__init__.py",
            'import_module({"settings": "bot.settings"}[name])\n',
            ["answering -> bot.settings"],
        ),
        ("index/store.py", 'start("bot.settings")\n', []),
        ("bot/cli/ask.py", "import bot.settings\nfrom index.store import Collection\n", []),
    ],
)
def test_an_arrow_upwards_is_found(
    tmp_path: Path, where: str, text: str, arrows: list[str]
) -> None:
    for name in ("index/store.py", "reader/model.py", "bot/settings.py", "tests/fakes.py", where):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name == where else "")

    assert climbs(graph(tmp_path, EVERYTHING)) == arrows


def test_a_circle_is_found_also_where_it_is_for_types_alone(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "one.py").write_text("from index import two\n")
    (tmp_path / "index" / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from index.one import One\n"
    )

    assert set(circle(graph(tmp_path))) == {"index.one", "index.two"}


@pytest.mark.parametrize("text", ["from . import two\n", "from .two import Two\n"])
def test_a_circle_of_relative_imports_is_found(tmp_path: Path, text: str) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "one.py").write_text(text)
    (tmp_path / "index" / "two.py").write_text("def one():\n    from .one import One\n")

    assert set(circle(graph(tmp_path))) == {"index.one", "index.two"}


def test_the_graph_in_the_map_is_current() -> None:
    text = MAP.read_text(encoding="utf-8")

    assert with_graph(text) == text, "Run: make graph"


def test_the_graph_has_a_box_for_each_package_and_no_arrow_that_others_make(
    tmp_path: Path,
) -> None:
    texts = {
        "index/__init__.py": "",
        "index/store.py": "from index.formats import base\n",
        "index/formats/base.py": "from index import store\n",
        "index/formats/__init__.py": "",
        "answering/__init__.py": "import index.store\n",
        "bot/__init__.py": "import answering\nimport index.store\n",
    }
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert drawn(packages(tmp_path)).splitlines() == [
        "flowchart TD",
        '    answering["answering"]',
        "    answering --> index",
        '    bot["bot"]',
        "    bot --> answering",
        '    index["index<br>index.formats"]',
    ]


def test_a_map_without_a_place_for_the_graph_is_named() -> None:
    with pytest.raises(ValueError, match=r"architecture\.md"):
        with_graph("# Architecture")
