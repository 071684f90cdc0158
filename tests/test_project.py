"""What a newcomer trusts: the Makefile, the Dockerfile, the documentation."""

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

_ECHO = """#!/bin/sh
for argument in "$@"; do printf '<%s>' "$argument"; done
exit {code}
"""


def make_ask(tmp_path: Path, question: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run `make ask` with a `quoth` that prints its arguments between angle brackets."""
    stub = tmp_path / "quoth"
    stub.write_text(_ECHO.format(code=code))
    stub.chmod(stub.stat().st_mode | stat.S_IXUSR)
    return subprocess.run(
        [
            *("make", "-f", str(ROOT / "Makefile"), "-o", ".venv/installed", "ask"),
            *(f"BIN={tmp_path}", f"Q={question}"),
        ],
        cwd=tmp_path,
        # A make that runs the tests says so to makes below it, and these then print more.
        env={
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MAKE", "MFLAGS"))
        },
        capture_output=True,
        text=True,
        check=False,
    )


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


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def test_the_readme_names_only_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text()

    assert set(re.findall(r"\bmake ([a-z]+)\b(?= Q=|\n)", readme)) <= makefile_targets()
    for name in set(re.findall(r"\.venv/bin/quoth ([a-z]+)", readme)):
        helped = subprocess.run(
            [sys.executable, "-m", "bot.cli.main", name, "--help"],
            cwd=ROOT,
            capture_output=True,
            check=False,
        )
        assert helped.returncode == 0, name


def test_continuous_integration_runs_the_readmes_test_command() -> None:
    assert "make test" in (ROOT / ".ci/run").read_text()
    assert os.access(ROOT / ".ci/run", os.X_OK)


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


def test_the_container_runs_only_commands_that_the_readme_names() -> None:
    readme = (ROOT / "README.md").read_text()
    text = (ROOT / "Dockerfile").read_text()

    commands = re.findall(r"^RUN (quoth .+)$", text, re.MULTILINE)
    commands += [
        " ".join(re.findall(r'"([^"]+)"', words))
        for words in re.findall(r"CMD (\[.+\])$", text, re.MULTILINE)
    ]
    assert len(commands) == 3
    for command in commands:
        assert f"quoth {command.removeprefix('quoth ')}" in readme
    assert dockerfile_lines("ENTRYPOINT") == ['["quoth"]']
    assert dockerfile_lines("USER") == ["quoth"]


def test_the_map_names_every_module() -> None:
    text = (ROOT / "docs/architecture.md").read_text()

    for package in ("index", "reader", "bot"):
        for path in (ROOT / package).glob("*.py"):
            if path.name not in {"__init__.py", "errors.py"}:
                assert path.name in text, path


def test_links_in_the_documentation_lead_somewhere() -> None:
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text()):
            assert target.startswith("https://") or (path.parent / target).exists(), (path, target)


def test_an_installed_wheel_answers_outside_of_the_checkout(
    tmp_path: Path, real_data: Callable[[], Path]
) -> None:
    """Templates, weights and tokenizer are in the wheel: no file of the checkout is needed."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(tmp_path), str(ROOT)],
        check=True,
    )
    (wheel,) = tmp_path.glob("quoth-*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel)], check=True
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
