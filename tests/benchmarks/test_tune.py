"""The table says what became of each number."""

import json
from pathlib import Path

import pytest

from answering.calibration import ChosenCalibration
from benchmarks import tune
from benchmarks.tune import as_table, main
from bot.evaluation.tuning import Swept
from tests.conftest import FAKE_CALIBRATION


def test_a_row_holds_the_value_its_gain_and_what_else_was_tried() -> None:
    swept = Swept(
        number="near_margin",
        measure="follow-ups",
        neutral=50.25,
        tried={0.2: 52.5, 0.8: 49.0},
        value=0.2,
        gain=2.0,
        error=0.75,
        questions=1_060,
    )

    *_, row = as_table([swept]).splitlines()

    assert row == (
        "| near_margin | 0.2 | +2.00 ± 0.75 | 1,060 of follow-ups "
        "| 0: 50.25 | 0.2: 52.50, 0.8: 49.00 |"
    )


def test_questions_that_are_not_there_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit, match=r"nowhere\.jsonl"):
        main(["nowhere.jsonl", "--data", str(tmp_path), "--out", str(tmp_path / "tuning.json")])

    assert not (tmp_path / "tuning.json").exists()


def test_a_damaged_file_of_what_was_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "read.sqlite").write_text("no database, " * 100)

    with pytest.raises(SystemExit, match=r"read\.sqlite: can't be used .*delete it"):
        main(["nowhere.jsonl", "--data", str(tmp_path), "--work", str(tmp_path)])


def test_models_that_nothing_was_calibrated_for_are_not_tuned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their confidences would be no probabilities."""
    monkeypatch.chdir(tmp_path)
    plain = ChosenCalibration(FAKE_CALIBRATION, shipped_differs=("encoder",))
    monkeypatch.setattr(tune, "calibration_for", lambda *_: plain)
    asked = tmp_path / "asked.jsonl"
    row = {"id": "a", "text": "Bread costs two.", "qas": [{"q": "what costs two?", "a": "Bread"}]}
    asked.write_text(json.dumps(row))

    with pytest.raises(SystemExit, match=r"Nothing was calibrated for the reader quoth .*first"):
        main([str(asked), "--data", str(tmp_path), "--out", str(tmp_path / "tuning.json")])

    assert not (tmp_path / "tuning.json").exists()
