"""`quoth build`: indexes for other machines."""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.common import failures_shown, require_extra, settings_from, settings_options
from bot.cli.output import say
from index.confinement import keep_memory_private
from prompts import render

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command("build")
@settings_options("seeds", "data", "encoder")
def command(**given: object) -> None:
    """
    Make indexes for other machines until stopped.

    What they ask for is published in QUOTH_STORAGE. The documents, where this machine has them, are
    indexed whenever they change. As many builders as you like may run; each build is done by one
    builder, or by another if that one dies. SIGTERM and Ctrl-C leave what is being built to the
    others.

    Exit codes: 0 stopped, 2 wrong usage, 1 failure.
    """
    require_extra("postgres", "psycopg")
    # Before the passwords are read, as in `quoth run`.
    keep_memory_private()
    settings = settings_from(**given)
    if settings.storage is None:
        raise click.UsageError(
            "QUOTH_STORAGE is not set: there is nowhere to publish an index for other machines. "
            "Name a folder or a URL there, and a database in QUOTH_DATABASE. For this machine "
            "alone, quoth index makes one."
        )
    if settings.overlap is not None:
        raise click.UsageError(
            f"{settings.seeds} and {settings.data}: one of them holds the other. Name a folder for "
            "the data of builds that lies apart from the documents, with --data or QUOTH_DATA."
        )
    with failures_shown():
        _run(settings)


@contextmanager
def only_builder(folder: Path) -> Iterator[None]:
    """Be the only builder in a folder: two would take from each other what they have built."""
    with ExitStack() as stack:
        try:
            lock = stack.enter_context((folder / "lock").open("a"))
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise click.ClickException(
                f"{folder}: another quoth build is at work there. Give each a data folder of its "
                "own, with --data or QUOTH_DATA."
            ) from error
        except OSError as error:
            raise click.ClickException(f"{folder}: can't be written ({error.strerror}).") from error
        yield


def _run(settings: "Settings") -> None:
    # Imported here: `quoth --help` shows this command, and would pay for it.
    import asyncio

    from bot.collection_builds import workspace_of
    from bot.collection_names import make_private
    from bot.database import RecordsError
    from bot.discord_app.records import Records
    from bot.discord_app.taught_store import TaughtStore
    from bot.event_log import set_up_logs
    from bot.serving.upkeep import when_told_to_stop
    from bot.serving.worker import Worker
    from bot.shared.opening import shared_of

    shared = shared_of(settings)
    assert shared is not None  # noqa: S101 - the command has looked
    # What is wrong with them is said at the start, and not at the first build.
    shared.check()
    try:
        taught = TaughtStore(Records(shared.database))
    except RecordsError as error:
        raise click.ClickException(str(error)) from error
    workspace = workspace_of(settings)
    make_private(workspace.collections)
    set_up_logs()

    async def until_stopped() -> None:
        stop = asyncio.Event()
        when_told_to_stop(stop.set)
        await Worker(settings, shared, taught.write_documents).run(stop)

    with only_builder(workspace.data):
        say(
            render("building_for.txt", seeds=settings.seeds if settings.seeds.is_dir() else None),
            err=True,
        )
        asyncio.run(until_stopped())
