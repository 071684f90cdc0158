"""`quoth eval`, a process of its own; once with the real reader, and else with a fake."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.commands import FAKE_ANSWER, quoth
from tests.conftest import ROOT

SEED = next((ROOT / "seeds").glob("*.txt"))
ANSWERED: list[tuple[str, str | None]] = [
    ("how many were deported for drunk driving?", "35,927"),
    ("who runs ICE", "John Morton"),
    ("how many were removed for homicide", "1,119"),
    ("who keeps the zoo?", None),
]


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """Questions about the seed article, whose vectors the real data folder holds."""
    return write_questions(tmp_path / "q.jsonl", ANSWERED)


def write_questions(
    path: Path, asked: list[tuple[str, str | None]], chars: int | None = None
) -> Path:
    text = SEED.read_text()[:chars]
    row = {"id": "ice", "text": text, "qas": [{"q": q, "a": a} for q, a in asked]}
    path.write_text(json.dumps(row))
    return path


def evaluate(
    real_data: Callable[[], Path], *arguments: str | Path, is_real: bool = False
) -> subprocess.CompletedProcess[str]:
    return quoth("eval", *map(str, arguments), "--data", str(real_data()), is_real=is_real)


def test_figures_go_to_standard_output_and_progress_elsewhere(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    """Vectors that an index has are not made again."""
    # Each takes the real reader a second in either mode.
    one = write_questions(tmp_path / "q.jsonl", ANSWERED[:1])

    done = evaluate(real_data, one, is_real=True)

    assert done.returncode == 0
    assert done.stdout.startswith("Given the passage\n")
    assert "\nFrom all passages\n" in done.stdout
    assert "hit@1 " in done.stdout
    assert "Asking questions" in done.stderr
    assert "Encoding passages" not in done.stderr


def test_json_has_both_modes(real_data: Callable[[], Path], asked: Path) -> None:
    figures: dict[str, Any] = json.loads(evaluate(real_data, asked, "--json").stdout)

    assert list(figures) == ["left_out", "missing_answers", "modes"]
    assert list(figures["modes"]) == ["reader", "open"]
    assert figures["modes"]["open"]["all"]["total"] == 4
    assert figures["modes"]["open"]["retrieval"]["hit@5"] == 100


def test_predictions_are_squads(real_data: Callable[[], Path], asked: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.json"

    evaluate(real_data, asked, "--mode", "open", "--predictions", path)
    refusing = json.loads(path.read_text())
    evaluate(real_data, asked, "--mode", "open", "--predictions", path, "--always-answer")
    answering = json.loads(path.read_text())

    assert refusing["ice#0"] == answering["ice#0"] == FAKE_ANSWER
    assert refusing["ice#3"] == ""
    assert all(answering.values())
    assert list(answering) == ["ice#0", "ice#1", "ice#2", "ice#3"]


def test_of_both_modes_the_predictions_given_the_passage_are_written(
    real_data: Callable[[], Path], asked: Path, tmp_path: Path
) -> None:
    both, reader = tmp_path / "both.json", tmp_path / "reader.json"

    done = evaluate(real_data, asked, "--predictions", both)
    evaluate(real_data, asked, "--mode", "reader", "--predictions", reader)

    assert both.read_text() == reader.read_text()
    assert f"Wrote {both}: the answers given the passage" in done.stderr
    assert "From all passages" in done.stdout


def test_misfits_are_named_and_counted_or_refused(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    path = write_questions(tmp_path / "q.jsonl", [*ANSWERED, ("who is king", "Arthur\x1b[31m")])

    skipped = evaluate(real_data, path, "--mode", "reader")
    refused = evaluate(real_data, path, "--mode", "reader", "--bad-answers", "refuse")

    assert (skipped.returncode, refused.returncode) == (0, 1)
    assert "1 accepted answer is not in the passage; 1 question left out" in skipped.stderr
    for done in (skipped, refused):
        assert 'question "ice#4": the answer "Arthur' in done.stderr
        assert "\x1b" not in done.stderr


def test_ones_own_calibration_is_written_and_used(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    asked: list[tuple[str, str | None]] = [
        ("how many for drunk driving", FAKE_ANSWER),
        ("how many were sentenced", "35,927"),
        *ANSWERED[-2:],
    ]
    path = write_questions(tmp_path / "q.jsonl", asked * 13, chars=1_000)
    target = tmp_path / "own" / "calibration.json"

    done = evaluate(real_data, path, "--calibrate", "--calibration", target)

    assert done.returncode == 0
    assert "fitted on 52 questions of q.jsonl" in done.stderr
    assert "At QUOTH_MAX_RISK=0.25, the share wrong among the answers" in done.stderr
    assert "asked once more among few passages, the calibration error is 0." in done.stderr
    assert "Warning: the questions are about fewer than 5 passages" in done.stderr
    assert json.loads(target.read_text())["fitted_on"] == "52 questions of q.jsonl"
    assert not list(target.parent.glob(".*"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--predictions", "/proc/out.json"), 1, "/proc/out.json: can't be written"),
        (("--calibrate", "--calibration", "/proc/no/c.json"), 1, "can't be written"),
        (("--calibrate", "--mode", "open"), 2, "needs both modes"),
        (("--calibration", "c.json"), 2, "add --calibrate"),
        (("--calibrate",), 1, "4 questions"),
        (("--plot", "p.txt"), 1, "ends in one of"),
        (("missing.jsonl",), 2, "does not exist"),
    ],
)
def test_what_can_not_be_done_is_said(
    real_data: Callable[[], Path],
    asked: Path,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    done = evaluate(real_data, asked, *arguments)

    assert done.returncode == code
    assert message in done.stderr
    assert done.stdout == ""


def test_more_questions_than_a_calibration_needs_are_refused_before_they_are_asked(
    real_data: Callable[[], Path], tmp_path: Path
) -> None:
    path = tmp_path / "many.jsonl"
    questions = [{"q": f"how many {number}", "a": None} for number in range(10_001)]
    path.write_text(json.dumps({"id": "a", "text": "Bread costs 2.", "qas": questions}))

    done = evaluate(real_data, path, "--calibrate")

    assert done.returncode == 1
    assert "Give at most 10,000 of them" in done.stderr
