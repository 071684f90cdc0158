"""Where Quoth remembers what it is told in Discord; each subject's tables have a module."""

import asyncio
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.chosen_database import database_of
from bot.collection_names import server_collection
from bot.database import (
    Connection,
    Database,
    DatabaseError,
    RecordsError,
    SqliteFile,
    settled,
)
from bot.discord_app import migrations
from bot.discord_app.limits import INTERACTION_S
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.taught import MessageAt
from bot.event_log import event
from bot.settings import Settings

_log = logging.getLogger(__name__)

DAY_S = 24 * 60 * 60.0
# Whoever asks hears something within three seconds, and waits for the database no longer than this.
SOON_S = 1.0
# Between two tries of what can't be done while the database is away.
AGAIN_S = 1.0
_T = TypeVar("_T")
# How long it is known that a member was forgotten. What was asked before may be written later by a
# quarter of an hour; see `conversation_store`.
_MARKED_S = DAY_S
# What is kept of a hash: enough that no two members share one.
_HASH_CHARS = 24


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted."""

    answers: int
    questions: int
    votes: int
    taught: tuple[MessageAt, ...]
    """Messages that servers were taught, of which documents were made."""


def records_of(settings: Settings) -> "Records":
    """
    Open the records where the settings say that they are.

    Raises:
        RecordsError: If they can't be used.
    """
    return Records(database_of(settings, settings.records, migrations.STEPS))


async def once_reached(work: Callable[[], Awaitable[_T]], **waiting: object) -> _T:
    """
    Do what can't be done without the records, as soon as they can be reached.

    Args:
        work: Does it; begun anew where the records go meanwhile.
        waiting: What waits for it, for the log.
    """
    is_said = False
    while True:
        try:
            return await work()
        except DatabaseError as away:
            if not is_said:
                event(_log, "waits_for_records", logging.WARNING, reason=away.reason, **waiting)
            is_said = True
        await asyncio.sleep(AGAIN_S)


class Records:
    """
    What all subjects share: the database, the clock, and the names of members and servers.

    Any thread may call it; each call is short, but none belongs in an event loop.
    """

    def __init__(self, place: Path | Database, clock: Callable[[], float] = time.time) -> None:
        """
        Remember things in a file of SQLite, or in a database that is open, and close it at the end.

        Args:
            place: The file or the database.
            clock: The clock of this machine, in seconds since 1970.

        Raises:
            RecordsError: If it can't be opened, or a newer Quoth has written it.
        """
        self._own_clock = clock
        self._behind_s = 0.0
        """The seconds by which this machine's clock is behind the one that all go by."""
        self.under_way: set[int] = set()
        """Those whom this process is about to answer, by the id of what they said."""
        self.database = SqliteFile(place, migrations.STEPS) if isinstance(place, Path) else place
        try:
            self.follow_clock()
            self._salt = bytes.fromhex(self._meta("salt", secrets.token_hex(32)))
        except DatabaseError as error:
            # Nobody else can: whoever opened it for this has no records to close.
            self.database.close()
            raise RecordsError(f"{self.database}: can't be used ({error}).") from error

    def clock(self) -> float:
        """
        The time in seconds since 1970, of which everything that is remembered has one.

        Machines that share a database go by its clock, since what one writes another compares.
        """
        return self._own_clock() + self._behind_s

    def follow_clock(self) -> None:
        """
        Look how late it is by the clock that all go by; blocks for the database.

        Raises:
            DatabaseError: If that can't be known now; it counts on as it was.
        """
        with self.database.statements() as connection:
            now = self._now(connection)
            # Read last: so it is never ahead, and what was asked before its member was forgotten
            # has an earlier time, whatever that took.
            self._behind_s = now - self._own_clock()

    def _now(self, connection: Connection) -> float:
        """The time by the clock that all go by."""
        if not self.database.is_shared:
            return self._own_clock()
        (now,) = connection.execute("SELECT quoth_now()").fetchone()
        return float(now)

    def _meta(self, name: str, default: str) -> str:
        with self.database.transaction() as connection:
            return settled(connection, name, default)

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Note single values, by name."""
        with self.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                values.items(),
            )

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """What one statement finds in a subject's tables."""
        with self.database.statements() as connection:
            return connection.execute(statement, values).fetchall()

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Change a subject's tables by one statement; return how many rows it wrote."""
        with self.database.transaction() as connection:
            return connection.execute(statement, values).rowcount

    async def soon(self, work: Callable[[Connection], _T]) -> _T:
        """
        Look up or change something that somebody in Discord waits for.

        Raises:
            DatabaseError: If that can't be done, or takes too long.
        """

        def done() -> _T:
            with self.database.statements() as connection:
                return work(connection)

        try:
            return await asyncio.wait_for(asyncio.to_thread(done), SOON_S)
        except TimeoutError as error:
            raise DatabaseError(error) from error

    def close(self) -> None:
        """Let go of the file, or of the database."""
        self.database.close()

    def hashed(self, discord_id: int) -> str:
        """A name for a member or server that tells nobody without this file who it is."""
        digest = hmac.new(self._salt, str(discord_id).encode(), hashlib.sha256)
        return digest.hexdigest()[:_HASH_CHARS]

    def proof(self, *parts: object) -> str:
        """What nobody without this file can make: that Quoth gave these parts to a member."""
        digest = hmac.new(self._salt, repr(parts).encode(), hashlib.sha256)
        return digest.hexdigest()[:_HASH_CHARS]

    def collection(self, server_id: int | None) -> str | None:
        """The name of a server's own collection; none in direct messages."""
        return self.scope_of(server_id) if server_id is not None else None

    def scope_of(self, server_id: int) -> str:
        """The name of a server's own collection."""
        return server_collection(self.hashed(server_id))

    def commands_hash(self) -> str:
        """The hash of the command set that Discord was last given."""
        return self._meta("commands", "")

    def set_commands_hash(self, value: str) -> None:
        """Note that Discord was given this command set."""
        self.set_meta({"commands": value})

    def forget(self, user_id: int) -> Forgotten:
        """
        Delete what is kept of a member; what they did as a moderator stays, without them.

        What they did until now is not written by other processes either: triggers see to that.
        """
        who = (self.hashed(user_id),)
        with self.database.deletion() as connection:
            connection.execute(
                "INSERT INTO forgotten VALUES (?, ?)"
                " ON CONFLICT (member) DO UPDATE SET noted = excluded.noted",
                (*who, self._now(connection)),
            )
            if self.database.is_shared:
                connection.execute("DELETE FROM conversations WHERE asker = ?", who)
            connection.execute("UPDATE audit SET member_id = NULL WHERE member_id = ?", (user_id,))
            taught = connection.execute(
                "SELECT server_id, channel_id, message_id FROM taught WHERE author = ?", who
            ).fetchall()
            connection.execute("DELETE FROM taught WHERE author = ?", who)
            return Forgotten(
                answers=connection.execute("DELETE FROM answers WHERE asker = ?", who).rowcount,
                questions=connection.execute("DELETE FROM questions WHERE asker = ?", who).rowcount,
                votes=connection.execute("DELETE FROM feedback WHERE voter = ?", who).rowcount,
                taught=tuple(MessageAt(*row) for row in taught),
            )

    def tidy(self, kept: Settings) -> None:
        """Delete what is older than it may be."""
        now = self.clock()
        with self.database.deletion() as connection:
            for table, days in (
                ("answers", ANSWERS_KEPT_DAYS),
                ("questions", kept.log_questions_days),
                ("feedback", kept.votes_days),
                ("audit", kept.audit_days),
            ):
                connection.execute(
                    f"DELETE FROM {table} WHERE created < ?",  # noqa: S608 - our own names
                    (now - days * DAY_S,),
                )
            connection.execute("DELETE FROM forgotten WHERE noted < ?", (now - _MARKED_S,))
            # That they wait no longer may not have been written down.
            connection.execute("DELETE FROM unanswered WHERE created < ?", (now - INTERACTION_S,))
