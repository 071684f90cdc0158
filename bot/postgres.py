"""PostgreSQL, where `QUOTH_DATABASE` names one: what several processes remember together."""

import asyncio
import functools
import threading
import time
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from bot.database import Connection, DatabaseError, RecordsAwayError, RecordsError
from bot.postgres_tables import NewerTablesError, bring_up_to_date
from index.postgres.tables import CONNECT_S, LIVELY

# Each call is short, and few threads make one at the same time.
_CONNECTIONS = 4
# Seconds for one to become free, and for a statement to be answered: who asks in Discord hears
# something within three seconds.
_FREE_S = 2.0
_STATEMENT_S = 10.0
# While it is away, one call tries again each time that so many seconds are over; the others fail at
# once, so that no question waits for it.
_AWAY_S = 1.0
# What is kept in memory is read again after so many seconds, should a notification be lost.
POLL_S = 60.0
# In `meta`, while `quoth migrate` fills the tables.
MOVING = "moving"
# The channel that triggers notify when a rule changes; see `versions/first.py`.
_CHANNEL = "quoth_rules"
# Any numbers, the same in every Quoth.
_DELETION_LOCK = 0x51554F5448
BOT_LOCK = 0x51554F5449
CONNECTING: dict[str, Any] = {
    **LIVELY,
    "application_name": "quoth",
    "autocommit": True,
    # pgbouncer hands a connection to somebody else after each transaction.
    "prepare_threshold": None,
}


# What a server says, in English at least, that would let Quoth in at another time: while it starts
# or stops, and where as many are connected as may be; the last is pgbouncer's.
_FOR_NOW = (
    "the database system is",
    "terminating connection",
    "is not currently accepting connections",
    "too many clients",
    "too many connections",
    "connection slots are reserved",
    "no more connections allowed",
)


class ImpatientConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that gives up a server which keeps it open and says nothing."""

    patience_s = _STATEMENT_S

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for what was sent to be answered."""
        try:
            return super().wait(gen, interval, timeout or self.patience_s)
        except psycopg.errors._WaitTimeout as error:
            # What was asked may still be answered, and would be taken for the next answer.
            self.close()
            raise psycopg.OperationalError("PostgreSQL does not answer") from error


class PostgresDatabase:
    """A database of PostgreSQL, of which any number of processes are the writers."""

    is_shared = True

    def __init__(self, address: str, *, is_moving: bool = False, may_be_away: bool = False) -> None:
        """
        Connect, and make the tables or bring them up to date.

        Args:
            address: `postgresql://USER:PASSWORD@HOST/NAME`, as `Settings.database` has it.
            is_moving: Whether it may hold a part of the records alone.
            may_be_away: Whether to go on where it can't be reached; it is tried again whenever it
                is used.

        Raises:
            RecordsError: If it can't be used.
        """
        self._address = address
        self._is_moving = is_moving
        self._lock = threading.Lock()
        self._next_try: float | None = None
        """When somebody may try again, if it is away."""
        self._why: Exception = psycopg.OperationalError("PostgreSQL is away")
        """What is said of it then; of one that was never reached, why."""
        self.version = ""
        """The version of its tables; empty until they are known to be up to date."""
        try:
            parts = conninfo_to_dict(address)
        except psycopg.ProgrammingError:
            # What libpq says may repeat the password.
            raise RecordsError(
                "QUOTH_DATABASE is no address of PostgreSQL. Write it as "
                "postgresql://USER:PASSWORD@HOST/NAME, and after a ? only names that libpq knows."
            ) from None
        self._name = f"PostgreSQL ({parts.get('dbname', '')} at {parts.get('host', 'localhost')})"
        try:
            self._bring_up_to_date()
        except RecordsAwayError as error:
            if not may_be_away:
                raise
            self._why = error
            self._rest()
        self._pool = ConnectionPool(
            address,
            connection_class=ImpatientConnection,
            kwargs=CONNECTING,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_FREE_S,
            reconnect_timeout=_FREE_S,
            check=ConnectionPool.check_connection,
            num_workers=1,
            open=True,
        )

    def _bring_up_to_date(self) -> None:
        try:
            with psycopg.connect(self._address, connect_timeout=CONNECT_S) as connection:
                version = bring_up_to_date(connection)
                found = connection.execute("SELECT 1 FROM meta WHERE name = %s", (MOVING,))
                if found.fetchone() is not None and not self._is_moving:
                    raise RecordsError(
                        f"{self._name}: quoth migrate was cut short, and not all records are there "
                        "yet. Run it again."
                    )
        except NewerTablesError as error:
            raise RecordsError(
                f"{self._name}: its tables are those of a newer Quoth ({error}). Update Quoth."
            ) from error
        except psycopg.OperationalError as error:
            raise self._unreached(error) from error
        except psycopg.errors.InsufficientPrivilege as error:
            raise RecordsError(
                f"{self._name}: can't be used ({error.diag.message_primary}). Make the user of "
                "QUOTH_DATABASE the owner of that database."
            ) from error
        except psycopg.Error as error:
            raise RecordsError(f"{self._name}: can't be used ({_in_a_line(error)}).") from error
        self.version = version
        self._why = psycopg.OperationalError("PostgreSQL is away")

    def __str__(self) -> str:
        return self._name

    def _unreached(self, error: psycopg.OperationalError) -> RecordsError:
        said = str(error)
        # A server that is there and lets nobody in, as with a wrong password, is not waited for.
        is_refused = "FATAL:" in said and not any(each in said for each in _FOR_NOW)
        kind = RecordsError if is_refused else RecordsAwayError
        return kind(
            f"{self._name}: can't be reached ({_in_a_line(error)}). Start it, or correct "
            "QUOTH_DATABASE."
        )

    @contextmanager
    def statements(self) -> Iterator[Connection]:
        """Run statements, each by itself."""
        with self._connected() as connection:
            yield _Statements(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run statements, all of them or none."""
        with self._connected() as connection, connection.transaction():
            yield _Statements(connection)

    @contextmanager
    def deletion(self) -> Iterator[Connection]:
        """As `transaction`, one at a time among all processes."""
        with self.transaction() as connection:
            connection.execute("SELECT pg_advisory_xact_lock(?)", (_DELETION_LOCK,))
            yield connection

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[tuple[Any, ...]]]:
        self._refuse_while_away()
        try:
            if not self.version:
                self._bring_up_to_date()
            with self._pool.connection() as connection:
                self._next_try = None
                yield connection
        except (psycopg.OperationalError, RecordsError) as error:
            self._rest()
            raise DatabaseError(error) from error
        except psycopg.Error as error:
            raise DatabaseError(error) from error

    def _rest(self) -> None:
        with self._lock:
            self._next_try = time.monotonic() + _AWAY_S

    def _refuse_while_away(self) -> None:
        with self._lock:
            if self._next_try is None:
                return
            now = time.monotonic()
            if now < self._next_try:
                raise DatabaseError(self._why)
            # This call tries; the others fail at once until it is known what came of it.
            self._next_try = now + CONNECT_S + _FREE_S + _STATEMENT_S

    @contextmanager
    def only_bot(self) -> Iterator[None]:
        """
        Be the only bot that remembers there until the block ends, or the server stops.

        Raises:
            RecordsError: If another one is, or the server can't be reached.
        """
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(
                    closing(psycopg.connect(self._address, **CONNECTING))
                )
                found = connection.execute("SELECT pg_try_advisory_lock(%s)", (BOT_LOCK,))
            except psycopg.OperationalError as error:
                raise self._unreached(error) from error
            if found.fetchone() != (True,):
                raise RecordsError(
                    f"{self._name}: another quoth run is at work on it. Two would answer "
                    "everything twice; stop that one first, or name another database."
                )
            try:
                yield
            finally:
                # Else it is free only when the server sees that the connection has ended.
                with suppress(psycopg.Error):
                    connection.execute("SELECT pg_advisory_unlock(%s)", (BOT_LOCK,))

    async def changes(
        self, channel: str = _CHANNEL, poll_s: float = POLL_S
    ) -> AsyncGenerator[None]:
        """
        Say at first, whenever something was changed, and now and then, that it may be another.

        Args:
            channel: Where that is notified; rules of channels and servers by default.
            poll_s: What "now and then" is.
        """
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(self._address, **CONNECTING)
                async with connection:
                    await connection.execute(f"LISTEN {channel}".encode())
                    while True:
                        yield
                        async for _ in connection.notifies(timeout=poll_s, stop_after=1):
                            pass
            except psycopg.OperationalError:
                await asyncio.sleep(_AWAY_S)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Statements:
    """A connection that takes what `sqlite3.Connection` takes."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def execute(
        self, statement: str, values: Sequence[Any] = (), /
    ) -> psycopg.Cursor[tuple[Any, ...]]:
        """Run one statement."""
        return self._connection.execute(_for_psycopg(statement), storable(values))

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> None:
        """Run one statement with each of these values."""
        self._connection.cursor().executemany(_for_psycopg(statement), map(storable, values))


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())


@functools.cache
def _for_psycopg(statement: str) -> bytes:
    return statement.replace("%", "%%").replace("?", "%s").encode()


def storable(values: Sequence[Any]) -> list[Any]:
    """Values as PostgreSQL can hold them: its texts have no character 0."""
    return [one.replace("\0", "\ufffd") if isinstance(one, str) else one for one in values]
