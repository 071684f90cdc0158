"""A reader in a folder of its own is calibrated there, by the real encoder."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation import exam
from bot.evaluation.exam import Files
from reader.model import OnnxReader
from tests.bot.readers.knowing import make_knowing
from training.calibrate import calibrate


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_the_calibration_lies_beside_the_weights_it_is_for(
    real_data: Callable[[], Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exam, "MIN_QUESTIONS", 20)
    knowing = make_knowing(tmp_path)

    figures = calibrate(knowing.reader, Files((knowing.questions,)), real_data())

    written = json.loads((knowing.reader / "calibration.json").read_text())
    assert written["reader_sha256"] == OnnxReader(knowing.reader).sha256
    assert written["fitted_on"] == "30 questions of asked.jsonl"
    assert figures.startswith("Given the passage\n")
    assert "fitted on 30 questions of asked.jsonl" in capfd.readouterr().err
