"""The database that the settings choose: PostgreSQL, or else a file of SQLite."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.database import Database, RecordsError, SqliteFile
from bot.settings import Settings
from prompts import render

if TYPE_CHECKING:
    from bot.postgres import PostgresDatabase
    from bot.shard_leases import ShardLeases


def database_of(
    settings: Settings, path: Path, steps: Sequence[str], *, may_be_away: bool = False
) -> Database:
    """
    Open the database of the settings, or else a file.

    Args:
        settings: Whether there is a database.
        path: The file.
        steps: What makes its tables.
        may_be_away: Whether to go on without a database that can't be reached yet.

    Raises:
        RecordsError: If it can't be used.
    """
    if settings.database is None:
        return SqliteFile(path, steps)
    return postgres_of(settings, may_be_away=may_be_away)


def postgres_of(settings: Settings, *, may_be_away: bool = False) -> "PostgresDatabase":
    """
    Open the database that the settings name; see `database_of`.

    Raises:
        RecordsError: If it can't be used.
    """
    assert settings.database is not None  # noqa: S101 - whoever calls has looked
    try:
        from bot.postgres import PostgresDatabase
    except ImportError as error:
        missing = render("extra_missing.txt", extra="postgres", module=error.name)
        raise RecordsError(f"QUOTH_DATABASE: {missing}") from error
    return PostgresDatabase(settings.database.get_secret_value(), may_be_away=may_be_away)


def leases_of(settings: Settings) -> "ShardLeases | None":
    """The shards of this process, where several share them; it has to open its records first."""
    if settings.shards is None or settings.database is None:
        return None
    from bot.shard_leases import ShardLeases

    return ShardLeases(settings.database.get_secret_value())
