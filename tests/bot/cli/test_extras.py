"""Quoth without what its extras bring."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

BROUGHT = (
    *("discord", "aiohttp", "prometheus_client", "matplotlib", "mcp"),
    *("psycopg", "psycopg_pool", "alembic", "sqlalchemy"),
    *("protego", "fsspec", "s3fs"),
)


def without_extras(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `quoth` where nothing that an extra brings can be imported."""
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({BROUGHT!r})); "
        "from bot.cli.main import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "extra", "module"),
    [
        ("run", "discord", "discord"),
        ("serve", "web", "aiohttp"),
        ("mcp", "mcp", "mcp"),
        ("migrate", "postgres", "psycopg"),
        ("build", "postgres", "psycopg"),
        ("fetch https://example.org", "fetch", "aiohttp"),
    ],
)
def test_a_command_says_which_extra_it_needs(command: str, extra: str, module: str) -> None:
    asked = without_extras(*command.split())

    assert asked.returncode == 1
    assert asked.stderr == (
        f'Error: {module} is not installed. It comes with: pip install "quoth[{extra}]"\n'
    )


def test_a_database_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_DATABASE", "postgresql:///quoth")
    asked = without_extras("audit")

    assert asked.returncode == 1
    assert asked.stderr == (
        "Error: QUOTH_DATABASE: psycopg is not installed. It comes with: "
        'pip install "quoth[postgres]"\n'
    )


@pytest.mark.parametrize(
    "command",
    [
        "ask",
        "chat",
        "index",
        "eval",
        "doctor",
        "run",
        "serve",
        "mcp",
        "questions export",
        "migrate",
    ],
)
def test_every_command_has_its_help_without_them(command: str) -> None:
    asked = without_extras(*command.split(), "--help")

    assert (asked.returncode, asked.stderr) == (0, "")


def test_what_answers_on_one_machine_and_reads_its_records_needs_none_of_them() -> None:
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({BROUGHT!r})); import bot.serving.upkeep, "
        "bot.discord_app.records, bot.evaluation.question_log, quoth.library"
    )

    subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, check=True)
