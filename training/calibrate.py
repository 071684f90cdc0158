"""The exported reader -> its calibration, as `quoth eval --calibrate` makes it."""

from pathlib import Path

from answering.tuning import load_tuning
from bot.cli.reporters import ConsoleReporter
from bot.evaluation.exam import Exam, Files, say_calibrated
from bot.settings import CALIBRATION_NAME, TUNING_NAME, load_settings
from index.files import replace_text
from prompts import render
from reader.model import OnnxReader, shipped_weights
from training.measure import say


def calibrate(weights: Path, files: Files, scratch: Path) -> str:
    """
    Fit the calibration of a reader and write it beside its weights.

    Args:
        weights: The exported reader's folder.
        files: Whose questions are asked, among whose passages.
        scratch: A data folder, for the encoder's export and vectors.

    Returns:
        The figures, cross-fitted, as `quoth eval` prints them.

    Raises:
        EvaluationError: If the questions can't be used, or are no ground for a calibration.
        IndexingError: If the passages can't be indexed.
        ReaderError: If there is no sound reader.
        SettingsError: If a setting in the environment can't be used.
    """
    settings = load_settings(data=scratch)
    reporter = ConsoleReporter()
    exam = Exam(
        files,
        settings,
        reporter,
        open_reader=lambda: OnnxReader(weights, settings.threads),
        calibrating=True,
        # As it will read once it is tuned, which begins with these numbers and needs a calibration.
        tuning=load_tuning(shipped_weights() / TUNING_NAME).numbers,
    )
    result = exam.calibrate()
    reporter.finish()
    content = result.calibration.model_dump_json(indent=2) + "\n"
    path = weights / CALIBRATION_NAME
    replace_text(path, content)
    say(say_calibrated(result, path, max_risk=settings.max_risk, always_answer=False))
    return render("eval.txt", reports=result.reports(), always_answer=False)
