"""`quoth eval`: questions with known answers in, figures out."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    failures_shown,
    say_notice,
    settings_from,
    settings_options,
    unwritable,
    write_file,
)
from bot.cli.output import say, say_json
from bot.cli.reporters import ConsoleReporter
from prompts import render
from prompts.printing import json_text

if TYPE_CHECKING:
    from bot.evaluation.conversations import ConversationReport
    from bot.evaluation.exam import Result
    from bot.evaluation.lists import ListReport
    from bot.evaluation.questions import Misfits
    from bot.settings import Settings

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
    help="Index this file's passages too; it needs no questions. May be repeated.",
)
@click.option(
    "--predictions",
    type=_NEW_FILE,
    metavar="FILE",
    help='Write what was answered as SQuAD does: question id to text, "" for no answer. With both '
    "modes, these are the answers given the passage.",
)
@click.option(
    "--always-answer", is_flag=True, help="Answer every question, whatever its confidence."
)
@click.option(
    "--bad-answers",
    type=click.Choice(["skip", "refuse"]),
    default="skip",
    show_default=True,
    help="What to do about an accepted answer that is not in its passage: name it, and leave the "
    "question out if it has no other; or refuse the file.",
)
@click.option(
    "--plot",
    "picture",
    type=_NEW_FILE,
    metavar="FILE",
    help="Draw the share wrong over the share answered, and the reliability diagram, as .png, "
    ".svg, .pdf or .jpg (needs quoth[plot]).",
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
@click.option(
    "--followups",
    is_flag=True,
    help="Ask the follow-up questions of FILEs instead: in full, and short after the question that "
    "each one follows.",
)
@click.option(
    "--lists",
    type=_FILE,
    metavar="FILE",
    help="Ask this file's questions for several things instead, from the passages of FILEs.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@settings_options("data", "encoder")
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
    followups: bool,
    lists: Path | None,
    as_json: bool,
    **given: object,
) -> None:
    """
    Measure the answers to questions whose right answers are known.

    A FILE is JSON Lines if its name ends in .jsonl, one passage a line:
    {"id": ..., "title": ..., "text": ..., "qas": [{"q": ..., "a": text, list or null}]};
    any other is SQuAD's JSON, 1.1 or 2.0.

    With --followups, a line holds "followups" too: [{"first": ..., "q": ..., "rewrite": ...,
    "a": text, list or null}]. A file of --lists has one question a line: {"passage": id, "q": ...,
    "answers": [...]}.
    """
    _check_options(
        mode=mode,
        calibrate=calibrate,
        calibration=calibration,
        others=bool(followups or lists),
        figures=bool(calibrate or predictions or picture or always_answer),
    )
    if followups and lists:
        raise click.UsageError("--followups and --lists ask different questions: name one.")
    settings = settings_from(**given)
    fitted_to = (calibration or settings.calibration) if calibrate else None
    with failures_shown():
        from bot.chosen_reader import calibration_notice, open_reader, tuning_notice
        from bot.evaluation.exam import Exam, Files
        from bot.evaluation.plot import check_plotting, plot

        # Before the minutes that measuring takes.
        _check_targets(predictions, fitted_to)
        if picture:
            check_plotting(picture)
        reporter = ConsoleReporter()
        try:
            asked = Files(files, distractors, refuse_misfits=bad_answers == "refuse")
            exam = Exam(
                asked,
                settings,
                reporter,
                open_reader=lambda: open_reader(settings),
                calibrating=calibrate,
            )
            if followups:
                _say(exam.converse(), "eval_followups.txt", as_json=as_json)
                return
            if lists is not None:
                _say(exam.ask_for_lists(lists), "eval_lists.txt", as_json=as_json)
                return
            if calibrate:
                result = exam.calibrate(always_answer=always_answer)
            else:
                result = exam.run(_MODES[mode], always_answer=always_answer)
        finally:
            reporter.finish()
        say_notice(calibration_notice(settings, exam.calibration))
        say_notice(tuning_notice(settings, exam.tuned))
        say_misfits(exam.misfits)
        _print(result, exam.misfits, always_answer=always_answer, as_json=as_json)
        # From here on nothing that fails takes the figures along.
        if predictions:
            _write_predictions(predictions, result, mode)
        if fitted_to is not None:
            _write_calibration(fitted_to, result, settings, always_answer=always_answer)
        if picture:
            plot(result.outcomes, picture)


def _check_targets(*paths: Path | None) -> None:
    """Raise click.ClickException if one of the files could not be written."""
    for path in paths:
        if path is None:
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever may make a file there may replace one.
            with tempfile.TemporaryFile(dir=path.parent):
                pass
        except OSError as error:
            raise unwritable(path, error) from error


def _check_options(
    *,
    mode: str,
    calibrate: bool,
    calibration: Path | None,
    others: bool,
    figures: bool,
) -> None:
    """Raise click.UsageError where options don't go together."""
    if calibrate and mode != "both":
        raise click.UsageError("--calibrate needs both modes.")
    if calibration and not calibrate:
        raise click.UsageError("--calibration says where --calibrate writes: add --calibrate.")
    if others and figures:
        raise click.UsageError(
            "--followups and --lists ask other questions: leave out --calibrate, --predictions, "
            "--plot and --always-answer."
        )


def _say(report: "ConversationReport | ListReport", template: str, *, as_json: bool) -> None:
    if as_json:
        say_json(report.as_json())
    else:
        say(render(template, report=report))


def say_misfits(misfits: "Misfits") -> None:
    """Say on standard error which answers are not in their passages, if any are not."""
    if misfits.answers:
        text = render(
            "eval_misfits.txt",
            answers=misfits.answers,
            left_out=misfits.left_out,
            first=misfits.first,
        )
        say(text, err=True)


def _print(result: "Result", misfits: "Misfits", *, always_answer: bool, as_json: bool) -> None:
    reports = result.reports()
    if as_json:
        figures = {
            "left_out": misfits.left_out,
            "missing_answers": misfits.answers,
            "modes": {report.mode: report.as_json() for report in reports},
        }
        say_json(figures)
    else:
        say(render("eval.txt", reports=reports, always_answer=always_answer))


def _write_predictions(path: Path, result: "Result", mode: str) -> None:
    # Given the passage is SQuAD's own setting.
    written = "reader" if mode == "both" else mode
    write_file(path, json_text(result.predictions(written)))
    say(render("predicted.txt", path=path, mode=written), err=True)


def _write_calibration(
    path: Path, result: "Result", settings: "Settings", *, always_answer: bool
) -> None:
    from bot.evaluation.exam import say_calibrated

    write_file(path, result.calibration.model_dump_json(indent=2) + "\n")
    written = say_calibrated(result, path, max_risk=settings.max_risk, always_answer=always_answer)
    say(written, err=True)
