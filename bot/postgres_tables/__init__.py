"""The tables in PostgreSQL, brought up to date by alembic: one file of `versions/` a version."""

from collections.abc import Container
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

VERSION_TABLE = "quoth_version"
# Any number, the same in every Quoth: one process at a time brings the tables up to date.
_LOCK = 0x51554F5447


class NewerTablesError(Exception):
    """A newer Quoth has made the tables."""


def bring_up_to_date(connection: psycopg.Connection[Any]) -> str:
    """
    Make the tables, or bring them up to date; all of it or nothing, once among all processes.

    Args:
        connection: One that nothing was done with; it is left as it was.

    Returns:
        The name of their version.

    Raises:
        NewerTablesError: If a newer Quoth has made them.
        psycopg.Error: If that can't be done.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: connection, poolclass=StaticPool
    )
    try:
        _upgrade(engine, config, known)
    except DBAPIError as error:
        # What PostgreSQL said, without the statement.
        raise error.orig or error from None
    return str(scripts.get_current_head())


def _upgrade(engine: Engine, config: Config, known: Container[str]) -> None:
    with engine.begin() as begun:
        begun.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        context = MigrationContext.configure(begun, opts={"version_table": VERSION_TABLE})
        found = context.get_current_revision()
        if found is not None and found not in known:
            raise NewerTablesError(found)
        config.attributes["connection"] = begun
        command.upgrade(config, "head")
