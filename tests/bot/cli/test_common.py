"""What the commands share."""

import io
import json
import sys
from pathlib import Path

import click
import pytest

from bot.cli.common import ConsoleReporter, JsonReporter, filter_from, settings_from
from index.processes import module_environment


class Clock:
    """Goes on when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """Where bars can move."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("docs/rules.md", "rules.md"),
        ("./docs/minutes/", "minutes"),
        ("../{up}/docs/rules.md", "rules.md"),
        ("{here}/docs/minutes/*.md", "minutes/*.md"),
        ("{here}/docs", "*"),
        ("rules.md", "rules.md"),
        ("*.md", "*.md"),
        ("{here}/elsewhere.md", "{here}/elsewhere.md"),
        # There is a folder of that name among the documents, too.
        ("again/rules.md", "again/rules.md"),
    ],
)
def test_a_path_into_the_documents_folder_is_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path("again" if typed.startswith("again") else "docs")
    (tmp_path / folder / "again").mkdir(parents=True)

    found = filter_from([typed.format(here=tmp_path, up=tmp_path.name)], None, folder)

    assert found.names == (name.format(here=tmp_path),)


def test_where_one_stands_in_the_documents_a_name_is_no_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "minutes").mkdir()
    monkeypatch.chdir(tmp_path / "minutes")

    assert filter_from(["*.md", "rules.md"], None, tmp_path).names == ("*.md", "rules.md")
    assert filter_from([".", ".."], None, tmp_path).names == ("minutes", "*")
    with pytest.raises(click.UsageError, match="blank"):
        filter_from([""], None, tmp_path)


def test_steps_for_programs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = JsonReporter()
    reporter.waiting("process 7")
    reporter.stage("read", 3)
    reporter.advance(1)
    reporter.advance(2)
    reporter.stage("encode", 1)
    reporter.finish()

    captured = capsys.readouterr()
    assert captured.out == ""
    assert [json.loads(line) for line in captured.err.splitlines()] == [
        {"waiting": "process 7"},
        {"stage": "read", "done": 0, "total": 3},
        {"stage": "read", "done": 1, "total": 3},
        {"stage": "read", "done": 3, "total": 3},
        {"stage": "encode", "done": 0, "total": 1},
    ]


def test_a_log_gets_a_line_now_and_then_that_says_how_long_it_will_take(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    reporter = ConsoleReporter(clock)
    reporter.stage("read", 2)
    reporter.advance(2)
    reporter.stage("encode", 1_500)
    for _ in range(15):
        clock.now += 10
        reporter.advance(100)
    reporter.stage("write", 0)
    reporter.finish()

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [
        "Reading documents: 2",
        "Encoding passages: 1,500",
        "Encoding passages: 300 of 1,500, about 2 min left",
        "Encoding passages: 600 of 1,500, about 2 min left",
        "Encoding passages: 900 of 1,500, about 1 min left",
        "Encoding passages: 1,200 of 1,500, about 30 s left",
        "Writing the index",
    ]


def test_what_there_is_nothing_of_is_not_said(capsys: pytest.CaptureFixture[str]) -> None:
    reporter = ConsoleReporter()
    reporter.stage("read", 0)
    reporter.stage("encode", 0)
    reporter.finish()

    assert capsys.readouterr().err == ""


def test_a_terminal_gets_a_bar_that_says_how_long_it_will_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, terminal = Clock(), Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("time.time", clock)
    reporter = ConsoleReporter(clock)
    reporter.stage("export", 0)
    reporter.stage("encode", 1_000)
    clock.now += 10
    reporter.advance(250)
    under_way = terminal.getvalue()
    clock.now += 30
    reporter.advance(750)
    reporter.finish()

    assert under_way.startswith("Preparing the encoder")
    assert under_way.splitlines()[-1].rstrip().endswith("250/1000  00:00:30  left")
    assert terminal.getvalue().endswith("\n")
    assert "left" not in terminal.getvalue().splitlines()[-1].rpartition("1000/1000")[2]


def test_no_child_is_given_what_lets_people_in(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "secret" * 3
    secrets = {
        "DISCORD_TOKEN": secret,
        "QUOTH_API_TOKENS": secret,
        "QUOTH_DATABASE": f"postgresql://quoth:{secret}@db/quoth",
        "QUOTH_NODE_TOKEN": secret,
        "quoth_web_password": secret,
        # They open the storage, which only builders' own process reaches.
        "AWS_SECRET_ACCESS_KEY": secret,
        "AZURE_STORAGE_ACCOUNT_KEY": secret,
        "FSSPEC_S3_SECRET": secret,
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    # The child that builds publishes there.
    monkeypatch.setenv("QUOTH_SEARCH_DATABASE", "postgresql://quoth@db/passages")
    settings = settings_from()
    given = module_environment()

    assert settings.web_password is not None
    assert settings.web_password.get_secret_value() == secret
    assert secret not in "".join(given.values())
    assert given["QUOTH_SEARCH_DATABASE"] == "postgresql://quoth@db/passages"
