"""A reader in a folder of its own is calibrated there, by the real models."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.exam import Files
from reader.model import OnnxReader, shipped_weights
from tests.bot.cli.test_eval import ANSWERED, write_questions
from training.calibrate import calibrate


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_the_calibration_lies_beside_the_weights_it_is_for(
    real_data: Callable[[], Path], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "weights"
    shutil.copytree(shipped_weights(), weights)
    (weights / "calibration.json").unlink()
    asked = write_questions(tmp_path / "dev.jsonl", ANSWERED * 15)

    figures = calibrate(weights, Files((asked,)), real_data())

    written = json.loads((weights / "calibration.json").read_text())
    assert written["reader_sha256"] == OnnxReader(weights).sha256
    assert written["fitted_on"] == "60 questions of dev.jsonl"
    assert figures.startswith("Given the passage\n")
    assert "fitted on 60 questions of dev.jsonl" in capfd.readouterr().err
