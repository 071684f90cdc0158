"""The group of commands: help, version, exit codes."""

import errno
import gc
import importlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bot import __version__
from bot.cli import main
from bot.cli.main import COMMANDS
from bot.cli.output import guard_streams, say, say_json
from tests.commands import PATIENCE_S, QUOTH, quoth
from tests.conftest import ROOT
from tests.forks import Fork


def commands() -> list[tuple[str, click.Command]]:
    found: list[tuple[str, click.Command]] = []
    for name, module in COMMANDS.items():
        command = importlib.import_module(module).command
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", value) for sub, value in command.commands.items()]
    return found


def test_the_version_is_printed() -> None:
    assert quoth("--version").stdout == f"quoth {__version__}\n"


def test_help_lists_every_command() -> None:
    shown = quoth("--help").stdout

    for name in COMMANDS:
        assert f"\n  {name}  " in shown


@pytest.mark.parametrize("group", [(), ("index",), ("reader",), ("questions",)])
def test_what_a_command_does_stands_whole_in_the_list(group: tuple[str, ...]) -> None:
    _, _, listed = quoth(*group, "--help", COLUMNS="80").stdout.partition("\nCommands:\n")

    assert listed
    assert "..." not in listed


@pytest.mark.parametrize(("name", "command"), commands(), ids=str)
def test_every_command_and_option_has_help(name: str, command: click.Command) -> None:
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"


@pytest.mark.parametrize("arguments", [("bake",), ("ask", "--nope"), ("ask", "--top", "x", "q")])
def test_wrong_usage_ends_with_2_and_a_hint(arguments: tuple[str, ...]) -> None:
    asked = quoth(*arguments)

    assert asked.returncode == 2
    assert "Usage: quoth" in asked.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a device that is full")
def test_where_the_output_is_full_that_is_said(tmp_path: Path) -> None:
    said = tmp_path / "said"
    with Path("/dev/full").open("wb") as full, said.open("wb") as err:
        streams = (0, full.fileno(), err.fileno())
        code = Fork("bot.cli.main:main", ["--help"], streams, environment=os.environ).wait(
            PATIENCE_S
        )

    assert code == 1
    assert said.read_text() == ("Error: the output can't be written (No space left on device).\n")


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-"])
def test_where_streams_are_closed_all_is_done_without_them(tmp_path: Path, closed: str) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/tea.md").write_text("Tea is made at five.")

    done = subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {closed}', "sh", *QUOTH, "index", "--dry-run"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=False,
    )

    assert (done.returncode, done.stdout.splitlines()[0]) == (0, b"Added: tea.md.")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            OSError(errno.EMFILE, "Too many open files", "data/encoder"),
            "data/encoder: Too many open files",
        ),
        (TimeoutError(), "TimeoutError"),
    ],
)
def test_what_else_the_system_refuses_is_said_as_what_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, said: str
) -> None:
    def fails(**_: object) -> None:
        raise error

    monkeypatch.setattr(main.cli, "main", fails)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, getattr(sys, stream))

    with pytest.raises(SystemExit) as ended:
        main.main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == f"Error: {said}.\n"


def test_what_a_terminal_has_no_character_for_is_written_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()
    for stream in ("stdout", "stderr"):
        monkeypatch.setattr(sys, stream, io.TextIOWrapper(written, encoding="latin-1"))

    guard_streams()
    say("12 €, under “Café”")
    say_json("To 日 \U0001f389")
    sys.stdout.flush()

    said, as_json = written.getvalue().splitlines()
    assert said == rb"12 \u20ac, under \u201cCaf" + b"\xe9" + rb"\u201d"
    assert json.loads(as_json) == "To 日 \U0001f389"
