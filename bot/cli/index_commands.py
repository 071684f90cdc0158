"""What stands below `quoth index`: a look at what is there, and the way back."""

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bot.cli.common import (
    WholeNumber,
    collection_option,
    failures_shown,
    settings_from,
    settings_options,
)
from bot.cli.exits import Exit
from bot.cli.output import say, say_json
from bot.cli.reporters import ConsoleReporter
from bot.collection_names import BASE_COLLECTION
from prompts import render

if TYPE_CHECKING:
    from bot.settings import Settings
    from index.store import Collection

MAX_EXCERPT_CHARS = 160
# The times in an index's status.
_TIMES = ("created", "finished")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@dataclass(frozen=True, slots=True)
class Target:
    """What the command is about."""

    settings: "Settings"
    name: str
    """The name of the collection."""

    @property
    def collection(self) -> "Collection":
        """Its generations on disk."""
        from index.store import Collection

        return Collection(self.settings.collection(self.name))

    @property
    def documents(self) -> Path:
        """Its folder of documents."""
        return self.settings.documents(self.name)


def target_of(*, collection: str, **given: object) -> Target:
    """Find what a command is about, from its options."""
    settings = settings_from(**given)
    with failures_shown():
        # A name that none may have is said before anything is looked for.
        settings.collection(collection)
    return Target(settings, collection)


def _on_target(function: Callable[..., None]) -> Callable[..., None]:
    """Give a subcommand the target that options name, before the subcommand's name or after it."""

    @settings_options("seeds", "data")
    @collection_option
    @functools.wraps(function)
    def with_target(
        *, seeds: Path | None, data: Path | None, collection: str, **others: Any
    ) -> None:
        ctx = click.get_current_context()
        given: dict[str, Any] = {"seeds": seeds, "data": data, "collection": collection}
        before = ctx.parent.params if ctx.parent is not None else {}
        chosen = before | {
            name: value
            for name, value in given.items()
            if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE
        }
        names = (*given, "encoder")
        function(target_of(**{name: chosen[name] for name in names}), **others)

    return with_target


@click.command("status")
@json_option
@_on_target
def status_command(target: Target, *, as_json: bool) -> None:
    """
    Say which index is served, and whether the documents changed.

    Where QUOTH_STORAGE is set, say whether it is what builders have published; while the database
    is away, that can't be told, and the exit code is 1.
    """
    with failures_shown():
        from bot.shared.opening import shared_of
        from index.errors import IndexMissingError, SharedError
        from index.inspection import status

        shared = shared_of(target.settings)
        kept, away = None, None
        try:
            kept = shared.generations.kept(target.name).get(target.name) if shared else None
        except SharedError as error:
            away = str(error)
        try:
            found = status(target.collection, target.documents, without=target.settings.data)
        except IndexMissingError as error:
            if away is not None:
                raise IndexMissingError(
                    f"There is no index here, and none can be fetched now: {away}"
                ) from error
            if kept is None:
                named = "" if target.name == BASE_COLLECTION else f" --collection {target.name}"
                raise IndexMissingError(f"{error} `quoth index{named}` makes it.") from error
            raise IndexMissingError(
                f"Builders have published {kept.current}, which is not here yet. quoth serve, "
                "quoth run and quoth ask fetch it."
            ) from error
    times = {name: getattr(found, name).isoformat(timespec="seconds") for name in _TIMES}
    values = asdict(found) | times
    if shared is not None:
        # Its documents are where it was built.
        values |= {"up_to_date": None, "published": None, "held": False, "away": away}
        if kept is not None:
            values |= {"published": kept.current, "held": kept.is_held}
    if as_json:
        say_json(values)
    else:
        values["built_s"] = (found.finished - found.created).total_seconds()
        say(render("index_status.txt", folder=target.documents, **values))
    if away is not None:
        click.get_current_context().exit(Exit.FAILURE)


@click.command("rollback")
@_on_target
def rollback_command(target: Target) -> None:
    """
    Serve the generation before the current one again.

    It stays until you run `quoth index`, however the documents change.
    """
    with failures_shown():
        from bot.collection_builds import roll_back_collection

        generation = roll_back_collection(target.settings, target.name, ConsoleReporter().waiting)
    say(render("index_rolled_back.txt", generation=generation))


@click.command("verify")
@_on_target
def verify_command(target: Target) -> None:
    """
    Check every file of the index.

    Checksums and counts, each passage and vector, and the exported encoder are looked at.
    """
    with failures_shown():
        from bot.collection_builds import verify_collection

        manifest = verify_collection(target.settings, target.name)
    say(
        render(
            "index_verified.txt",
            generation=manifest.generation,
            documents=manifest.documents,
            passages=manifest.passages,
        )
    )


@click.command("search")
@click.argument("words")
@click.option(
    "-k",
    "count",
    type=WholeNumber(1, 50),
    default=10,
    metavar="N",
    help="Show the best N passages.  [default: 10]",
)
@json_option
@_on_target
def search_command(target: Target, *, words: str, count: int, as_json: bool) -> None:
    """
    Show the passages that are found for a question.

    They come with their ranks and scores; the reader is given the first of them. Nothing is indexed
    beforehand.
    """
    from answering.question import in_one_line

    words = in_one_line(words)
    if not words:
        raise click.UsageError("There are no words to search for.")
    with failures_shown():
        from bot.assembly import open_retriever

        retriever = open_retriever(target.settings, target.collection)
        hits = retriever.retrieve(words, count).hits
        from index.shortening import shorten

    rows = [{"rank": rank, **asdict(hit)} for rank, hit in enumerate(hits, start=1)]
    if as_json:
        say_json({"question": words, "hits": rows})
        return
    for row, hit in zip(rows, hits, strict=True):
        row["document"] = hit.passage.document_id
        row["excerpt"] = shorten(hit.passage.text, MAX_EXCERPT_CHARS)
    say(render("index_search.txt", hits=rows))


SUBCOMMANDS = (status_command, rollback_command, verify_command, search_command)
