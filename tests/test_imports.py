"""Imports run one way, from the faces down to `index` and `reader`, and never in a circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("prompts", "index", "reader", "answering", "bot", "quoth")

# From the ground up: a module imports those of its own storey and of lower ones. Of the first
# storey nothing knows anything of another package. The longest prefix that fits a module counts.
STOREYS: tuple[tuple[str, ...], ...] = (
    ("prompts", "index", "reader"),
    ("answering",),
    ("bot",),
    ("bot.serving",),
    ("bot.evaluation",),
    ("bot.cli", "bot.discord_app", "quoth"),
)
GROUND = STOREYS[0]


def modules(root: Path) -> dict[str, Path]:
    """Every module of the product by its dotted name; a package is its `__init__`."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the product that a file imports, also for types alone or in a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            wanted = [name if name in known else node.module for name in inside]
        else:
            continue
        yield from (name for name in wanted if name in known)


def graph(root: Path = ROOT) -> dict[str, set[str]]:
    """What each module imports."""
    known = modules(root)
    return {name: set(imports(path, known)) - {name} for name, path in known.items()}


def storey(module: str) -> int:
    """How high a module stands."""
    fits = [
        (len(prefix), number)
        for number, prefixes in enumerate(STOREYS)
        for prefix in prefixes
        if f"{module}.".startswith(f"{prefix}.")
    ]
    return max(fits)[1]


def climbs(arrows: dict[str, set[str]]) -> list[str]:
    """Arrows that lead upwards, or from one package of the ground to another."""
    found = []
    for module, imported in arrows.items():
        for other in imported:
            packages = {module.partition(".")[0], other.partition(".")[0]}
            apart = len(packages) == 2 and packages <= set(GROUND)
            if storey(other) > storey(module) or apart:
                found.append(f"{module} -> {other}")
    return sorted(found)


def circle(arrows: dict[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle; none if there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_import_leads_upwards() -> None:
    assert climbs(graph()) == []


def test_no_modules_import_each_other() -> None:
    assert circle(graph()) == []


@pytest.mark.parametrize(
    ("where", "text", "arrows"),
    [
        ("index/store.py", "from reader.model import Reader\n", ["index.store -> reader.model"]),
        (
            "answering/answerer.py",
            "def settings():\n    from bot import settings\n",
            ["answering.answerer -> bot.settings"],
        ),
        ("bot/cli/ask.py", "import bot.settings\nfrom index.store import Collection\n", []),
    ],
)
def test_an_arrow_upwards_is_found(
    tmp_path: Path, where: str, text: str, arrows: list[str]
) -> None:
    for name in ("index/store.py", "reader/model.py", "bot/settings.py", where):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text if name == where else "")

    assert climbs(graph(tmp_path)) == arrows


def test_a_circle_is_found_also_where_it_is_for_types_alone(tmp_path: Path) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "one.py").write_text("from index import two\n")
    (tmp_path / "index" / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from index.one import One\n"
    )

    assert set(circle(graph(tmp_path))) == {"index.one", "index.two"}
