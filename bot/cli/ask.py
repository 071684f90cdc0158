"""`quoth ask`: one question in, one answer out."""

import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    WholeNumber,
    collections_option,
    failures_shown,
    filter_from,
    filter_options,
    look_of,
    open_documents,
    open_others,
    say_notice,
    settings_from,
    settings_options,
    write_file,
)
from bot.cli.exits import Exit
from bot.cli.output import say, say_json
from prompts import render

if TYPE_CHECKING:
    from concurrent.futures import Future

    from answering.answer import Answer
    from answering.question import Question
    from bot.settings import Settings
    from index.filters import Filter
    from index.generation import Generation
    from reader.model import Reader

# More than the longest question that may be set: nothing beyond it is read.
MAX_STDIN_BYTES = 1_000_000


@click.command("ask")
@click.argument("question", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--top",
    type=WholeNumber(0, 20),
    default=0,
    metavar="N",
    help="Show up to N other answers.  [default: 0]",
)
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also write the answer in its documents as one page, to be kept, sent or printed.",
)
@filter_options
@collections_option
@settings_options("seeds", "data", "encoder")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    question: tuple[str, ...],
    as_json: bool,
    top: int,
    page: Path | None,
    names: tuple[str, ...],
    since: str | None,
    collections: tuple[str, ...],
    **given: object,
) -> None:
    """
    Answer one QUESTION from the documents.

    QUESTION needs no quotation marks. Without it, or with "-", the question is read from standard
    input. The documents are indexed first if there is no index or they have changed.

    Exit codes: 0 answered, 3 the documents don't say, 4 not sure, 2 wrong usage, 1 failure.
    """
    # One question, and the process ends: nothing that is made on the way is garbage before.
    gc.disable()
    if page is not None and not page.parent.is_dir():
        raise click.UsageError(
            f"{page}: there is no folder {page.parent}. Make it, or name another file."
        )
    settings = settings_from(**given)
    asked = _question(question, settings, filter_from(names, since, settings.seeds))
    with failures_shown():
        from bot.chosen_reader import reader_opening

        # While it is checked and opened, all else is imported.
        reading = reader_opening(settings)
        from bot.assembly import found_damaged
        from index.errors import IndexDamagedError

        try:
            found = _answer(asked, settings, reading, collections, top)
        except IndexDamagedError:
            if not found_damaged(settings, collections):
                raise
            # What was found damaged is built anew when it is opened.
            found = _answer(asked, settings, reading, collections, top)
        from bot.answer_json import answer_json
        from bot.cli.rendering import answer_text

    answer = found.answer
    # Neither the page nor the answer is lost where the other can't be written.
    try:
        if page is not None:
            _write_page(page, found)
            say(render("written.txt", path=page), err=True)
    finally:
        if as_json:
            say_json(answer_json(answer, settings.links))
        else:
            say(answer_text(answer, look_of(settings)))
    if answer.outcome == "unsure":
        ctx.exit(Exit.UNSURE)
    if answer.outcome == "unanswered":
        ctx.exit(Exit.NOT_IN_DOCUMENTS)


@dataclass(frozen=True, slots=True)
class _Found:
    """An answer, and what it was found in."""

    answer: "Answer"
    generations: "Sequence[Generation]"


def _answer(
    asked: "Question",
    settings: "Settings",
    reading: "Future[Reader]",
    collections: Sequence[str],
    top: int,
) -> _Found:
    from bot.assembly import open_answering

    answering = open_answering(settings, open_documents, reading)
    others = open_others(settings, collections)
    answerer = answering.answerer(others=others)
    say_notice(answering.notice)
    answer = answerer.answer(asked, alternatives=top)
    return _Found(answer, [answering.index.generation, *others])


def _write_page(path: Path, found: _Found) -> None:
    """Write an answer, and what stands around it in its documents."""
    from datetime import UTC, datetime

    from answering.answer import whose_context
    from bot.serving.scope_documents import surroundings_in
    from bot.web.rendering import name_of
    from bot.web.share_page import share_page

    generations = {generation.collection: generation for generation in found.generations}
    places = [
        surroundings_in(generations[one.collection].texts, one, name_of(one.title, one.document_id))
        for one in whose_context(found.answer.shown, found.answer.nearest)
    ]
    write_file(path, share_page(found.answer, places, datetime.now(UTC)))


def _question(words: tuple[str, ...], settings: "Settings", within: "Filter") -> "Question":
    """The question, from wherever it comes; raises click.UsageError if it can't be asked."""
    from answering.question import Question, QuestionError

    text = " ".join(words)
    if words in ((), ("-",)):
        if not words and sys.stdin.isatty():
            raise click.UsageError('Missing question. Try: quoth ask "who ...?"')
        # Bounded: an endless stream is refused as too long, like any other long question.
        text = sys.stdin.buffer.read(MAX_STDIN_BYTES).decode("utf-8", "replace")
    try:
        return Question.typed(text, settings.max_question_chars, within)
    except QuestionError as error:
        raise click.UsageError(str(error)) from error
