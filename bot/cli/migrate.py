"""`quoth migrate`: the records, from SQLite to PostgreSQL."""

import sqlite3
from typing import TYPE_CHECKING

import click

from bot.cli.common import require_extra, settings_from, settings_options
from bot.cli.output import say
from prompts import render

if TYPE_CHECKING:
    from bot.backups.moving import Moved


@click.command("migrate")
@settings_options("data")
def command(**given: object) -> None:
    """
    Copy the records of quoth run to QUOTH_DATABASE.

    The answers that can be linked to are copied, too. Each table is copied whole, and its rows and
    checksums are compared; after an interruption the next run goes on. The files stay as they are.
    Stop quoth run and quoth serve first.

    Exit codes: 0 all is there, 2 no database is named, 1 failure.
    """
    require_extra("postgres", "psycopg")
    settings = settings_from(**given)
    if settings.database is None:
        raise click.UsageError(render("migrate_no_database.txt"))
    import psycopg

    from bot.backups.moving import move
    from bot.database import RecordsError
    from bot.discord_app.only_process import only_process

    try:
        with only_process(settings.data):
            move(settings, _say_moved)
    except (RecordsError, sqlite3.Error, psycopg.Error) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    say(render("migrated.txt", path=settings.data))


def _say_moved(moved: "Moved") -> None:
    say(
        render("moved.txt", table=moved.table, rows=moved.rows, was_there=moved.was_there), err=True
    )
