"""What a build says while it runs."""

import io
import json
import re
import sys

import pytest

from bot.cli.reporters import ConsoleReporter, JsonReporter
from tests.bot.discord_app.fakes import Clock


class Terminal(io.StringIO):
    """Where bars can move."""

    def isatty(self) -> bool:
        return True


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
    monkeypatch.setenv("COLUMNS", "80")
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
    # A longer line would not be written over, but below.
    drawn = re.split(r"[\r\n]", re.sub(r"\x1b\[\?25[lh]", "", terminal.getvalue()))
    assert max(map(len, drawn[drawn.index("") :])) <= 80
    assert "left" not in terminal.getvalue().splitlines()[-1].rpartition("1000/1000")[2]
