"""The records of an installation, moved from files of SQLite to PostgreSQL, each table checked."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import sql

from bot.database import RecordsError, open_database
from bot.discord_app import migrations
from bot.discord_app.taught_store import TAKEN_UP
from bot.installation import INSTALLATION_NAME
from bot.postgres import MOVING, PostgresDatabase, storable
from bot.postgres_tables import VERSION_TABLE
from bot.serving import linked_answers
from bot.settings import Settings

_MOVED = "moved"
_BATCH = 1_000
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A table that stands in PostgreSQL now."""

    table: str
    rows: int
    was_there: bool
    """Whether an earlier run, which was cut short, has moved it."""


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is compared: how many rows, and the sum of their hashes, in whatever order they come."""

    rows: int
    hashes: int

    @classmethod
    def of(cls, rows: Iterable[_Row]) -> "_Sum":
        count = total = 0
        for row in rows:
            digest = hashlib.blake2b(repr(row).encode(), digest_size=16).digest()
            count, total = count + 1, (total + int.from_bytes(digest)) % 2**128
        return cls(count, total)


def move(settings: Settings, report: Callable[[Moved], None]) -> None:
    """
    Copy all tables; one that is there already is left alone, so a run that was cut short goes on.

    Nobody may write to the files meanwhile. They stay as they are.

    Args:
        settings: With a database, and the folder that holds the files.
        report: Told each table once it is there.

    Raises:
        RecordsError: If there is nothing to move, or the database holds something else.
        psycopg.Error, sqlite3.Error: If something can't be read or written.
    """
    assert settings.database is not None  # noqa: S101 - the command has looked
    files = [
        (path, steps)
        for path, steps in (
            (settings.records, migrations.STEPS),
            (settings.linked_answers, linked_answers.STEPS),
        )
        if path.is_file()
    ]
    if not files:
        raise RecordsError(f"{settings.data}: there are no records to move, and no answers.")
    address = settings.database.get_secret_value()
    PostgresDatabase(address, is_moving=True).close()
    with ExitStack() as opened:
        target = opened.enter_context(psycopg.connect(address, autocommit=True))
        sources = [opened.enter_context(closing(open_database(*file))) for file in files]
        for source in sources:
            # All tables as they are at one moment.
            source.execute("BEGIN")
        _begin(sources, target)
        for source in sources:
            for table in _tables(source):
                report(_move(source, target, table))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with target.transaction():
            target.execute("DELETE FROM meta WHERE name = %s", (MOVING,))
            target.execute("INSERT INTO meta VALUES (%s, %s)", (_MOVED, now))


def _begin(sources: Sequence[sqlite3.Connection], target: psycopg.Connection[_Row]) -> None:
    """
    Note that these records are being moved there, so that nobody uses half of them.

    Raises:
        RecordsError: If they were moved before, or others are there.
    """
    found: dict[str, str] = dict(target.execute("SELECT name, value FROM meta").fetchall())
    salt = _salt(sources[0])
    if _MOVED in found:
        raise RecordsError(
            f"The database was given records on {found[_MOVED]}, and what has come since would be "
            "lost. Nothing was moved; Quoth uses that database wherever QUOTH_DATABASE is set."
        )
    rows = target.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
        " AND tablename NOT IN ('meta', %s)",
        (VERSION_TABLE,),
    )
    # Whatever opens the database leaves a salt, what publishes passages its installation's id, and
    # a bot that starts a note that nothing was taught; alone, nothing was hashed with it yet.
    is_used = bool(found.keys() - {"salt", INSTALLATION_NAME, TAKEN_UP}) or any(
        target.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(table))).fetchone()
        for (table,) in rows.fetchall()
    )
    if is_used and found.get(MOVING) != salt:
        raise RecordsError(
            "The database holds other records already. Name an empty database in "
            "QUOTH_DATABASE. Nothing was moved."
        )
    target.execute("INSERT INTO meta VALUES (%s, %s) ON CONFLICT DO NOTHING", (MOVING, salt))


def _salt(source: sqlite3.Connection) -> str:
    """What tells an installation's records from others; answers that were linked to have none."""
    if "meta" not in _tables(source):
        return ""
    found = source.execute("SELECT value FROM meta WHERE name = 'salt'").fetchone()
    return found[0] if found else ""


def _tables(source: sqlite3.Connection) -> list[str]:
    rows = source.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return [name for (name,) in rows]


def _move(source: sqlite3.Connection, target: psycopg.Connection[_Row], table: str) -> Moved:
    """
    Have a table hold what it holds in the file, all of it or nothing.

    Raises:
        RecordsError: If what was written is not what was read.
    """
    columns = [row[1] for row in source.execute(f"PRAGMA table_info({table})")]
    if table == "audit":
        # Entries of the same moment stay in their order.
        columns.append("rowid")
    flags = _flags(target, table)
    wanted = _Sum.of(_from_file(source, table, columns, flags))
    if _Sum.of(_from_database(target, table, columns)) == wanted:
        return Moved(table, wanted.rows, was_there=True)
    named = sql.Identifier(table)
    with target.transaction():
        target.execute(sql.SQL("DELETE FROM {} WHERE {}").format(named, _counted(table)))
        copying = sql.SQL("COPY {} ({}) FROM STDIN").format(named, _listed(columns))
        with target.cursor() as cursor, cursor.copy(copying) as copy:
            for row in _from_file(source, table, columns, flags):
                copy.write_row(row)
        if table == "audit":
            target.execute(
                "SELECT setval(pg_get_serial_sequence('audit', 'rowid'), max(rowid)) FROM audit"
            )
        if _Sum.of(_from_database(target, table, columns)) != wanted:
            raise RecordsError(
                f"{table}: what was written is not what was read. It was taken back; run quoth "
                "migrate again, and if that does not help, look at the disks of both machines."
            )
    return Moved(table, wanted.rows, was_there=False)


def _flags(target: psycopg.Connection[_Row], table: str) -> frozenset[str]:
    """The columns that hold true or false, for which SQLite has numbers."""
    rows = target.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s AND data_type = 'boolean'",
        (table,),
    )
    return frozenset(name for (name,) in rows)


def _from_file(
    source: sqlite3.Connection, table: str, columns: Sequence[str], flags: frozenset[str]
) -> Iterator[_Row]:
    """The rows of a table as PostgreSQL will hold them."""
    are_flags = [name in flags for name in columns]
    listed = ", ".join(f'"{name}"' for name in columns)
    for row in source.execute(f"SELECT {listed} FROM {table}"):  # noqa: S608 - our own names
        yield tuple(
            bool(value) if is_flag and value is not None else value
            for value, is_flag in zip(storable(row), are_flags, strict=True)
        )


def _from_database(
    target: psycopg.Connection[_Row], table: str, columns: Sequence[str]
) -> Iterator[_Row]:
    query = sql.SQL("SELECT {} FROM {} WHERE {}").format(
        _listed(columns), sql.Identifier(table), _counted(table)
    )
    # The server keeps the rows until they are asked for.
    with target.transaction(), target.cursor(name="moved") as cursor:
        cursor.itersize = _BATCH
        yield from cursor.execute(query)


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _counted(table: str) -> sql.Composable:
    """Which rows of a table are compared: all but the note that they are being moved."""
    if table != "meta":
        return sql.SQL("TRUE")
    return sql.SQL("name <> {}").format(MOVING)
