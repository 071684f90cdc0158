"""`quoth questions`: what members asked in Discord, for `quoth eval`."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import failures_shown, open_records, settings_from, settings_options, write_file
from bot.cli.output import say
from prompts import render
from prompts.printing import json_text

if TYPE_CHECKING:
    from bot.evaluation.question_log import LoggedQuestion, QuestionFile
    from bot.settings import Settings
    from index.retrieve import Retriever


@click.group("questions")
def command() -> None:
    """Use what members asked in Discord for `quoth eval`."""


@command.command("export")
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path), metavar="OUT.jsonl")
@settings_options("data")
def export(*, out: Path, **given: object) -> None:
    """
    Write the questions to OUT.jsonl, as `quoth eval` reads them.

    Those that somebody judged come with their right answer and the passage that holds it, found in
    the documents as they are now; those that nobody judged stand beside, under "unjudged". Who
    asked and who voted is not written.

    There are questions if QUOTH_LOG_QUESTIONS is set for `quoth run`, and where their askers voted.
    """
    from bot.evaluation.questions import LINES_SUFFIX

    if out.suffix.lower() != LINES_SUFFIX:
        raise click.UsageError(f"{out}: quoth eval reads this format from {LINES_SUFFIX} files.")
    settings = settings_from(**given)
    asked = _asked(settings)
    with failures_shown():
        from bot.evaluation.question_log import collect, search_with

        with _retrievers(settings) as retriever_for:
            collected = collect(asked, search_with(retriever_for))
    if not collected.lines:
        raise click.ClickException(_said(out, collected))
    lines = (json_text(line) + "\n" for line in collected.lines)
    write_file(out, "".join(lines))
    say(_said(out, collected))


def _asked(settings: "Settings") -> "list[LoggedQuestion]":
    from bot.discord_app.question_log import logged_questions

    with open_records(settings) as records:
        return logged_questions(records)


@contextmanager
def _retrievers(settings: "Settings") -> "Iterator[Callable[[str | None], Retriever]]":
    """
    What searches the documents that a server is answered from.

    Raises:
        IndexingError: If there is no index that can be opened.
    """
    from bot.assembly import open_collection, open_index
    from bot.collection_names import server_collection
    from index.errors import IndexingError, IndexMissingError
    from index.retrieve import Retriever

    with ExitStack() as stack:
        opened = open_index(settings)
        stack.callback(opened.generation.close)
        base = Retriever(opened.generation, opened.encoder)

        @cache
        def retriever_for(server: str | None) -> Retriever:
            if server is None:
                return base
            try:
                own = open_collection(settings, server_collection(server))
                stack.callback(own.close)
                return Retriever(opened.generation, opened.encoder, own)
            except IndexMissingError:
                return base
            except IndexingError as error:
                # Its questions may still be answered by the common documents, as in Discord.
                say(str(error), err=True)
                return base

        yield retriever_for


def _said(out: Path, collected: "QuestionFile") -> str:
    return render(
        "questions_exported.txt",
        path=out,
        passages=len(collected.lines),
        judged=collected.judged,
        unjudged=collected.unjudged,
        not_found=collected.not_found,
        several=collected.several,
    )
