"""`quoth index`: documents in, a new generation out."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import WholeNumber, collection_option, failures_shown, settings_options
from bot.cli.exits import Exit
from bot.cli.index_commands import SUBCOMMANDS, Target, json_option, target_of
from bot.cli.output import say, say_json
from bot.cli.reporters import ConsoleReporter, JsonReporter
from bot.collection_names import BASE_COLLECTION
from prompts import render

if TYPE_CHECKING:
    from bot.settings import Settings
    from index.documents import Failure
    from index.folder_changes import FolderChanges

# So many documents of a kind are named; more are counted.
MAX_NAMED = 8
MAX_NAMED_OF_A_KIND = 3
# Options that say what a command is about, whichever it is.
_OF_TARGET = frozenset({"seeds", "data", "encoder", "collection"})


@click.group("index", invoke_without_command=True)
@settings_options("seeds", "data", "encoder")
@collection_option
@json_option
@click.option("--rebuild", is_flag=True, help="Read and encode everything again.")
@click.option(
    "--progress", "as_progress", is_flag=True, help="Report each step as JSON on standard error."
)
@click.option(
    "--max-passages",
    type=WholeNumber(min=1),
    metavar="N",
    help="Refuse to make the collection larger than N passages.",
)
@click.option(
    "--dry-run", is_flag=True, help="Say what would be read and what can't be; change nothing."
)
@click.option(
    "--watch",
    "watching",
    is_flag=True,
    help="Go on, and index again whenever the documents change.",
)
@click.option(
    "--here",
    is_flag=True,
    help="Make the index here, for this machine, though QUOTH_STORAGE is set.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    collection: str,
    as_json: bool,
    rebuild: bool,
    as_progress: bool,
    max_passages: int | None,
    dry_run: bool,
    watching: bool,
    here: bool,
    **given: object,
) -> None:
    """
    Index the documents, reading and encoding only what is new.

    The index in use goes on answering until the new one is whole. A file that can't be read is
    named, the others are indexed, and the exit code is 1.
    """
    if ctx.invoked_subcommand is not None:
        for option in command.params:
            if option.name not in _OF_TARGET and ctx.params[str(option.name)]:
                raise click.UsageError(
                    f"{option.opts[0]} is for indexing and can't stand before "
                    f'"{ctx.invoked_subcommand}".'
                )
        return
    target = target_of(collection=collection, **given)
    settings = target.settings
    is_asked = settings.storage is not None and not here
    if collection == BASE_COLLECTION and not as_progress:
        _say_overlap(settings)
    reporter = JsonReporter() if as_progress else ConsoleReporter()
    if watching:
        if dry_run or rebuild or as_json or as_progress or max_passages is not None:
            raise click.UsageError(
                "--watch goes with none of --rebuild, --dry-run, --json, --progress and "
                "--max-passages."
            )
        if is_asked:
            raise click.UsageError(
                "QUOTH_STORAGE is set: quoth build follows the documents, in place of --watch."
            )
        with failures_shown():
            from bot.cli.watch import watch

            watch(settings, collection)
    elif dry_run:
        _preview(ctx, target, reporter, rebuild=rebuild, as_json=as_json)
    elif is_asked:
        if max_passages is not None:
            raise click.UsageError(
                "QUOTH_STORAGE is set: set QUOTH_MAX_SERVER_PASSAGES where quoth build runs, in "
                "place of --max-passages."
            )
        _ask_builders(ctx, target, reporter, rebuild=rebuild, as_json=as_json)
    else:
        _build(ctx, target, reporter, rebuild=rebuild, max_passages=max_passages, as_json=as_json)


def _say_overlap(settings: "Settings") -> None:
    from bot.collection_builds import overlap_notice

    if notice := overlap_notice(settings):
        say(notice, err=True)


def _preview(
    ctx: click.Context,
    /,
    target: Target,
    reporter: ConsoleReporter | JsonReporter,
    *,
    rebuild: bool,
    as_json: bool,
) -> None:
    with failures_shown():
        from bot.collection_builds import preview_collection
        from index.reading import try_reading

        found = preview_collection(target.settings, target.name, rebuild=rebuild)
        try:
            unreadable = try_reading(found.to_read, reporter)
        finally:
            reporter.finish()
    changes = replace(found.changes, failed=tuple(failure.id for failure in unreadable))
    failures = (*unreadable, *found.failures)
    if as_json:
        unread = {"failures": failures, "skipped": found.skipped}
        named = {kind: list(map(asdict, those)) for kind, those in unread.items()}
        say_json(asdict(changes) | named)
    else:
        values = _named(changes) | _unread(failures, found.skipped)
        say(render("index_preview.txt", **values))
    if failures:
        ctx.exit(Exit.FAILURE)


def _build(
    ctx: click.Context,
    /,
    target: Target,
    reporter: ConsoleReporter | JsonReporter,
    *,
    rebuild: bool,
    max_passages: int | None,
    as_json: bool,
) -> None:
    with failures_shown():
        from bot.collection_builds import index_collection
        from index.errors import TooManyPassagesError

        try:
            report = index_collection(
                target.settings, target.name, reporter, rebuild=rebuild, max_passages=max_passages
            )
        except TooManyPassagesError as error:
            reporter.too_many(error.passages, error.most)
            raise
        except KeyboardInterrupt as interrupt:
            reporter.finish()
            _say_interrupted(interrupt, rebuild=rebuild)
            raise
        finally:
            reporter.finish()
    values = asdict(report)
    if as_json:
        say_json(values)
    else:
        values |= _named(report.changes) | _unread(report.failures, report.skipped)
        say(render("index_built.txt", **values))
    if report.failures:
        ctx.exit(Exit.FAILURE)


def _ask_builders(
    ctx: click.Context,
    /,
    target: Target,
    reporter: ConsoleReporter | JsonReporter,
    *,
    rebuild: bool,
    as_json: bool,
) -> None:
    """Have a builder make the index, and wait for it."""
    import asyncio

    from bot.serving.build_process import Built, Progress
    from bot.serving.remote_builder import builder_of

    if isinstance(reporter, ConsoleReporter):
        say(render("asking_builders.txt"), err=True)
    stage, done = "wait", 0

    def progress(now: Progress) -> None:
        nonlocal stage, done
        if now.stage != stage:
            stage, done = now.stage, 0
            reporter.stage(stage, now.total)
        if now.done > done:
            reporter.advance(now.done - done)
            done = now.done

    with failures_shown():
        builder = builder_of(target.settings)
        try:
            built = asyncio.run(builder.build(target.name, rebuild=rebuild, progress=progress))
        finally:
            reporter.finish()
    values = asdict(built)
    if as_json:
        say_json(values)
    else:
        values |= {"max_named": MAX_NAMED, "reason": values.get("reason")}
        say(render("index_asked.txt", **values))
    if not isinstance(built, Built) or built.failures:
        ctx.exit(Exit.FAILURE)


def _say_interrupted(interrupt: KeyboardInterrupt, *, rebuild: bool) -> None:
    """Say what is kept of a build that was ended; building anew makes use of nothing."""
    from index.errors import EncodingInterruptedError

    kept = total = None
    if isinstance(interrupt, EncodingInterruptedError) and not rebuild:
        kept, total = interrupt.kept, interrupt.total
    say(render("interrupted.txt", kept=kept, total=total), err=True)


def _named(changes: "FolderChanges") -> dict[str, object]:
    """
    The changes for a template: each kind's names, or how many there are.

    Files that could not be read are not in the index, and are named for themselves.
    """
    failed = set(changes.failed)
    kinds = {
        "added": tuple(name for name in changes.added if name not in failed),
        "changed": tuple(name for name in changes.changed if name not in failed),
        "removed": changes.removed,
        "renamed": tuple(f"{rename.old} → {rename.new}" for rename in changes.renamed),
    }
    few = sum(map(len, kinds.values())) <= MAX_NAMED
    return {
        "changes": [
            {"kind": kind, "count": len(names), "names": names if few else ()}
            for kind, names in kinds.items()
            if names
        ]
    }


def _unread(failures: "Sequence[Failure]", skipped: "Sequence[Failure]") -> dict[str, object]:
    """The files that were not read, for a template."""
    return {"failures": failures, "left_out": _left_out(skipped), "max_named": MAX_NAMED}


def _left_out(skipped: "Sequence[Failure]") -> list[dict[str, object]]:
    """
    Files that are never read, by reason; those of other kinds, also by kind.

    So each kind is named, however many there are of another.
    """
    from index.documents import NOT_READ

    groups: dict[str, dict[str, list[str]]] = {}
    for failure in skipped:
        kind = Path(failure.id).suffix.lower() if failure.reason == NOT_READ else ""
        groups.setdefault(failure.reason, {}).setdefault(kind, []).append(failure.id)
    return [
        {
            "reason": reason,
            "kinds": [
                {"suffix": kind, "names": names[:named], "more": len(names[named:])}
                for kind, names in sorted(kinds.items())
                for named in [MAX_NAMED if len(kinds) == 1 else MAX_NAMED_OF_A_KIND]
            ],
        }
        for reason, kinds in groups.items()
    ]


for _below in SUBCOMMANDS:
    command.add_command(_below)
