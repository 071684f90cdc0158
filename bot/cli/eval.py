"""`quoth eval`: questions with known answers in, figures out."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    ConsoleReporter,
    data_option,
    encoder_option,
    failures_shown,
    printable,
    say_calibration,
    settings_from,
)
from prompts import render

if TYPE_CHECKING:
    from bot.evaluation.questions import Misfits

_MODES = {"reader": ("reader",), "open": ("open",), "both": ("reader", "open")}
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("eval")
@click.argument("files", nargs=-1, required=True, type=_FILE, metavar="FILE...")
@click.option(
    "--mode",
    type=click.Choice(list(_MODES)),
    default="both",
    show_default=True,
    help="Answer from the question's own passage, from the passages of all files, or both.",
)
@click.option(
    "--distractors",
    multiple=True,
    type=_FILE,
    metavar="FILE",
    help="Index this file's passages too, without asking its questions. May be repeated.",
)
@click.option(
    "--predictions",
    type=_NEW_FILE,
    metavar="FILE",
    help='Write what was answered as SQuAD does: question id to text, "" for no answer.',
)
@click.option("--always-answer", is_flag=True, help="Set the threshold aside.")
@click.option(
    "--bad-answers",
    type=click.Choice(["skip", "refuse"]),
    default="skip",
    show_default=True,
    help="What to do about a question whose answer is not in its passage.",
)
@click.option(
    "--plot",
    "picture",
    type=_NEW_FILE,
    metavar="FILE",
    help="Draw the risk-coverage curve and the reliability diagram (needs quoth[plot]).",
)
@click.option(
    "--calibrate",
    is_flag=True,
    help="Fit confidence and thresholds to these questions, and use them from now on.",
)
@click.option(
    "--calibration",
    type=_NEW_FILE,
    metavar="FILE",
    help="Where --calibrate writes.  [default: calibration.json in the data folder]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@data_option
@encoder_option
def command(
    *,
    files: tuple[Path, ...],
    mode: str,
    distractors: tuple[Path, ...],
    predictions: Path | None,
    always_answer: bool,
    bad_answers: str,
    picture: Path | None,
    calibrate: bool,
    calibration: Path | None,
    as_json: bool,
    data: Path | None,
    encoder: str | None,
) -> None:
    """
    Measure the answers to the questions of FILEs, whose answers are known.

    A FILE is JSON Lines if its name ends in .jsonl, one passage a line:
    {"id": ..., "title": ..., "text": ..., "qas": [{"q": ..., "a": text, list or null}]};
    any other is SQuAD's JSON, 1.1 or 2.0.
    """
    if predictions and mode == "both":
        raise click.UsageError("--predictions holds one answer a question: add --mode.")
    if calibrate and mode != "both":
        raise click.UsageError("--calibrate needs both modes.")
    if calibration and not calibrate:
        raise click.UsageError("--calibration says where --calibrate writes: add --calibrate.")
    settings = settings_from(data=data, encoder=encoder)
    with failures_shown():
        from bot.evaluation.exam import Exam, Files
        from bot.evaluation.plot import check_plotting, plot

        if picture:
            check_plotting(picture)
        reporter = ConsoleReporter()
        try:
            asked = Files(files, distractors, refuse_misfits=bad_answers == "refuse")
            exam = Exam(asked, settings, reporter, calibrating=calibrate)
            if calibrate:
                fitted_on = _fitted_on(exam.questions, files, distractors)
                result = exam.calibrate(fitted_on, always_answer=always_answer)
            else:
                result = exam.sit(_MODES[mode], always_answer=always_answer)
        finally:
            reporter.finish()
        if picture:
            plot(result.outcomes, picture)
    if not calibrate:
        say_calibration(settings, exam.calibration)
    _warn(exam.misfits)
    if as_json:
        modes = {report.mode: report.as_json() for report in result.reports()}
        click.echo(json.dumps({"left_out": exam.misfits.count, "modes": modes}))
    else:
        text = render("eval.txt", reports=result.reports(), always_answer=always_answer)
        click.echo(text)
    if predictions:
        _write(predictions, json.dumps(result.predictions(mode), ensure_ascii=False))
    if calibrate:
        path = calibration or settings.calibration
        _write(path, result.calibration.model_dump_json(indent=2) + "\n")
        written = render("calibrated.txt", path=path, fitted_on=result.calibration.fitted_on)
        click.echo(printable(written), err=True)


def _fitted_on(questions: int, files: tuple[Path, ...], distractors: tuple[Path, ...]) -> str:
    return render(
        "fitted_on.txt",
        questions=questions,
        names=[path.name for path in files],
        distractors=[path.name for path in distractors],
    )


def _warn(misfits: "Misfits") -> None:
    if misfits.count:
        text = render("eval_misfits.txt", count=misfits.count, first=misfits.first)
        click.echo(printable(text), err=True)


def _write(path: Path, content: str) -> None:
    """Write aside and rename, so that a crash leaves the file before, or the new one."""
    scratch = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(content, encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise click.ClickException(f"{path}: can't be written ({error.strerror}).") from error
