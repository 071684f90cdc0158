"""`quoth run`: Quoth in Discord."""

import time
from typing import TYPE_CHECKING

import click

from bot.cli.common import (
    failures_shown,
    open_documents,
    require_extra,
    say_notice,
    settings_from,
    settings_options,
)
from bot.cli.output import say
from index.confinement import keep_memory_private
from prompts import render

if TYPE_CHECKING:
    from bot.discord_app.records import Records
    from bot.settings import Settings

# Between two tries to reach the database.
_AGAIN_S = 2.0


@click.command("run")
@settings_options("seeds", "data", "encoder")
@click.option("--sync", is_flag=True, help="Send Discord the commands again, if it lost them.")
def command(*, sync: bool, **given: object) -> None:
    """
    Answer in Discord until stopped.

    The bot's token comes from DISCORD_TOKEN. The documents are indexed first if need be, and
    followed from then on. SIGTERM and Ctrl-C let Quoth finish the answers that are under way.

    Exit codes: 0 stopped, 2 no token or wrong usage, 1 failure.
    """
    require_extra("discord", "discord")
    # Before the token is read: what it started with stays in its memory, whatever is deleted.
    keep_memory_private()
    settings = settings_from(**given)
    if settings.discord_token is None or not settings.discord_token.get_secret_value().strip():
        raise click.UsageError(_no_token())
    with failures_shown():
        _run(settings, sync=sync)


def _no_token() -> str:
    """How to get a token, and which permissions Quoth will ask a server for."""
    from bot.discord_app.permissions import INVITED, names

    return render("discord/no_token.txt", permissions=names(INVITED))


def _records(settings: "Settings") -> "Records":
    """
    Open the records; one of several bots waits for a database that can't be reached.

    It alone says which shards are this one's: without it, two might answer everything.

    Raises:
        RecordsError: If they can't be used.
    """
    from bot.database import RecordsAwayError
    from bot.discord_app.records import records_of

    is_said = False
    while True:
        try:
            return records_of(settings)
        except RecordsAwayError as error:
            if settings.shards is None:
                raise
            if not is_said:
                say(render("waiting_for_database.txt", detail=str(error)), err=True)
            is_said = True
        time.sleep(_AGAIN_S)


def _run(settings: "Settings", *, sync: bool) -> None:
    # Imported here: `quoth --help` shows this command, and would pay for it.
    import asyncio
    from contextlib import ExitStack, closing

    from bot.collection_names import make_private
    from bot.database import RecordsError
    from bot.discord_app.http_port import PortError
    from bot.discord_app.one_folder import share_folder
    from bot.discord_app.only_process import only_process
    from bot.discord_app.running import HopelessError, run
    from bot.discord_app.taught_store import TaughtStore
    from bot.event_log import set_up_logs
    from bot.serving.opening import open_service

    try:
        set_up_logs()
        # Before anything is built, which may take minutes.
        with ExitStack() as stack:
            is_one_of_many = settings.shards is not None and settings.database is not None
            if not is_one_of_many:
                stack.enter_context(only_process(settings.data))
            records = stack.enter_context(closing(_records(settings)))
            if is_one_of_many:
                share_folder(settings.data, records.database)
            else:
                stack.enter_context(records.database.only_bot())
            opened = open_service(settings, open_documents, say_notice)
            service = stack.enter_context(closing(opened))
            make_private(settings.collections)
            TaughtStore(records).take_up(settings)
            if sync:
                records.set_commands_hash("")
            asyncio.run(run(settings, service, records, say=say))
    except (RecordsError, HopelessError, PortError) as error:
        raise click.ClickException(str(error)) from error
