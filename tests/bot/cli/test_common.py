"""What the commands share."""

import json

import pytest

from bot.cli.common import JsonReporter


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
