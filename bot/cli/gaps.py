"""`quoth gaps`: what members ask and the documents don't say."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bot.cli.common import (
    WholeNumber,
    failures_shown,
    open_records,
    settings_from,
    settings_options,
    write_file,
)
from bot.cli.output import say, say_json
from bot.discord_app.periods import ANSWERS_KEPT_DAYS, GAPS_DAYS
from prompts import render

if TYPE_CHECKING:
    from bot.evaluation.gaps import Gap, GapReason, OpenQuestion, Period
    from bot.settings import Settings

# The keys that programs find the numbers of questions under.
_REASONS: "tuple[GapReason, ...]" = ("unanswered", "unsure", "wrong", "outdated", "incomplete")
# In a terminal; --json and --csv have all.
_SHOWN = 20


@click.command("gaps")
@click.option(
    "--since",
    "days",
    type=WholeNumber(1, ANSWERS_KEPT_DAYS),
    default=GAPS_DAYS,
    show_default=True,
    metavar="DAYS",
    help=f"Look at so many days, at most {ANSWERS_KEPT_DAYS}; up to {ANSWERS_KEPT_DAYS // 2} are "
    "compared with as many before.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--csv",
    "table",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a table to FILE, one line for each group.",
)
@settings_options("data", "encoder")
def command(*, days: int, as_json: bool, table: Path | None, **given: object) -> None:
    """
    Say what members ask in Discord and the documents don't say.

    Questions without an answer, with a doubtful one, and with one that members call wrong are
    grouped by meaning. Each group has its size, the size in as many days before, a question, the
    passage that came nearest, and with it the document to change.

    The text of a question is there if QUOTH_LOG_QUESTIONS is set for quoth run, or where its asker
    voted. Other questions are grouped by the passage that came nearest.
    """
    if as_json and table is not None:
        raise click.UsageError("Choose one of --json and --csv.")
    settings = settings_from(**given)
    from bot.discord_app.open_questions import open_questions
    from bot.evaluation.gaps import last_days

    with open_records(settings) as records:
        period = last_days(days, records.clock(), ANSWERS_KEPT_DAYS)
        questions = open_questions(records, period.begins_before, None, anywhere=True)
    with failures_shown():
        gaps = _grouped(settings, questions, period)
    if as_json:
        say_json({"days": days, "gaps": [_row(gap) for gap in gaps]})
    elif table is not None:
        write_file(table, _csv(gaps))
        say(render("gaps_written.txt", path=table, gaps=len(gaps)))
    else:
        rows = [_row(gap) for gap in gaps[:_SHOWN]]
        more = len(gaps) - len(rows)
        say(render("gaps.txt", gaps=rows, days=days, more=more, whole=period.knows_before))


def _grouped(
    settings: "Settings", questions: "list[OpenQuestion]", period: "Period"
) -> "list[Gap]":
    """
    Group questions with the encoder of the index.

    Raises:
        IndexingError: If there is text to group and no index whose encoder can be opened.
    """
    import numpy as np

    from bot.assembly import open_index
    from bot.evaluation.gaps import find_gaps

    if not any(one.text for one in questions):
        return find_gaps(questions, lambda _: np.empty((0, 0), np.float32), period)
    opened = open_index(settings)
    try:
        encoder = opened.encoder
        return find_gaps(
            questions,
            lambda texts: np.stack([encoder.encode_question(text) for text in texts]),
            period,
        )
    finally:
        opened.generation.close()


def _row(gap: "Gap") -> dict[str, Any]:
    """A group with the keys that it has for programs."""
    from bot.evaluation.gaps import passage_text

    nearest = gap.nearest
    return {
        "questions": gap.count,
        "before": gap.before,
        **{reason: gap.reasons.get(reason, 0) for reason in _REASONS},
        "example": gap.example,
        "expected": list(gap.expected),
        "collection": nearest.collection if nearest else None,
        "document": nearest.document_id if nearest else None,
        "title": nearest.title if nearest else None,
        "nearest": passage_text(nearest) if nearest else None,
    }


def _csv(gaps: "list[Gap]") -> str:
    """A table, which a spreadsheet takes for text and nothing else."""
    import csv
    import io

    written = io.StringIO()
    # So that the columns are there where no group is.
    names = (
        *("questions", "before", *_REASONS, "example", "expected"),
        *("collection", "document", "title", "nearest"),
    )
    table = csv.DictWriter(written, names)
    table.writeheader()
    for gap in gaps:
        row = _row(gap)
        row["expected"] = "; ".join(row["expected"])
        table.writerow({name: _harmless_cell(value) for name, value in row.items()})
    return written.getvalue()


def _harmless_cell(value: Any) -> Any:
    # Spreadsheets compute what begins so, and members wrote it.
    is_formula = isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@"))
    return f"'{value}" if is_formula else value
