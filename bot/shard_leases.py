"""
Which of several processes has which shards, agreed upon by locks in one PostgreSQL.

A shard is a process's own while it holds the shard's advisory lock, which PostgreSQL frees when the
connection ends. Between that and the moment when the process knows of it, two could take a shard
for theirs, so there is a time on both sides. A process counts on a lock for `LEASE_S` after it last
asked for what showed that its connection lived, by its own clock; then it lets go of its shards. A
lock whose holder did not give it up (its mark is still there) is taken by another process only
after it was free for `FREE_S`, which is longer. Whoever comes back in time finds it free.

Where nobody listens at the address of PostgreSQL, nobody can take a lock either. Then each process
keeps what it has, so that a database that is stopped silences nobody.
"""

import errno
import os
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg

from bot.database import DatabaseError, RecordsError
from bot.postgres import BOT_LOCK, CONNECTING, ImpatientConnection

# So many seconds after the last look that succeeded, a process has no shards any more.
LEASE_S = 4.0
# So long a lock has to be free before another process takes it: `LEASE_S`, and a while in which
# connections to Discord are closed.
FREE_S = 6.0
# Classes of locks, any numbers, the same in every Quoth: a process that shares, under the number of
# shards; a shard, under its own.
_PROCESS, _SHARD = 0x51554F50, 0x51554F53
# While a process joins, so that all agree on the number of shards.
_JOIN_LOCK = 0x51554F5450
# The server gives a process up that says nothing any more; its own default is two hours.
_GIVEN_UP_BY_SERVER = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 3",
    "SET tcp_keepalives_count = 3",
)
_LOCKS = """
    SELECT pid, classid::bigint, objid::bigint FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid IN (%s, %s)
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_NOW = "extract(epoch FROM clock_timestamp())"
# What the system says where nobody listens, on a port or at a socket; and PostgreSQL, in English at
# least, while it starts or stops.
_NOBODY = (*map(os.strerror, (errno.ECONNREFUSED, errno.ENOENT)), "FATAL:  the database system is")


class _Connection(ImpatientConnection):
    # A busy server that answers late has kept the locks; with the connection they would be gone.
    patience_s = 3.0


class ShardLeases:
    """The shards of one process. Each method but the properties blocks; one is called at a time."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the address of PostgreSQL, where Quoth's tables are."""
        self._address = address
        self._clock = clock
        self._name = secrets.token_hex(16)
        """Marks the shards that are held."""
        self._connection: _Connection | None = None
        self._pid = 0
        self._count = 0
        self._held: frozenset[int] = frozenset()
        self._confirmed = -LEASE_S
        """When the last question was sent whose answer showed that the shards are still held."""
        self._free_since: dict[tuple[int, str], float] = {}
        """Since when each shard is free, by the shard and the mark of who had it last."""
        self.excess: frozenset[int] = frozenset()
        """Those of `held` that another process should have."""

    @property
    def held(self) -> frozenset[int]:
        """The shards that no other process has now."""
        is_sure = self._clock() < self._confirmed + LEASE_S
        return self._held if is_sure else frozenset()

    def join(self, count: int, *, is_fixed: bool) -> int:
        """
        Be one of the processes that share the shards, and learn how many shards there are.

        Args:
            count: How many there should be.
            is_fixed: Whether it must be so many; else those who are there already decide.

        Raises:
            RecordsError: If others share another number, or one process has all.
            DatabaseError: If PostgreSQL can't be reached.
        """
        try:
            self._count = self._enter(self._connect(), count, is_fixed=is_fixed)
        except psycopg.OperationalError as error:
            self._disconnect()
            raise DatabaseError(error) from error
        return self._count

    def _connect(self) -> _Connection:
        self._disconnect()
        connection = _Connection.connect(self._address, **CONNECTING)
        self._connection = connection
        self._free_since = {}
        for statement in _GIVEN_UP_BY_SERVER:
            connection.execute(statement)
        # An earlier connection of this process that the server has not yet given up.
        name = f"quoth shards {self._name}"
        _one(connection, "SELECT set_config('application_name', %s, false)", name)
        connection.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            " WHERE application_name = %s AND pid <> pg_backend_pid()",
            (name,),
        )
        self._pid = _one(connection, "SELECT pg_backend_pid()")
        return connection

    def _enter(self, connection: _Connection, count: int, *, is_fixed: bool) -> int:
        with connection.transaction():
            _one(connection, "SELECT pg_advisory_xact_lock(%s)", _JOIN_LOCK)
            agreed = {number for _, kind, number in _locks(connection) if kind == _PROCESS}
            if agreed and count not in agreed:
                (there,) = agreed
                if is_fixed:
                    raise RecordsError(
                        f"QUOTH_SHARDS={count}: those who share this database have {there} "
                        f"shards. Set {there}, or stop them first."
                    )
                count = there
            if not _one(connection, "SELECT pg_try_advisory_lock_shared(%s)", BOT_LOCK):
                raise RecordsError(
                    "QUOTH_SHARDS is set, and another quoth run without it is at work on the same "
                    "database. Two would answer everything twice; stop that one first."
                )
            _one(connection, "SELECT pg_advisory_lock_shared(%s, %s)", _PROCESS, count)
        return count

    def check(self) -> None:
        """Make sure of what is held, and take the shards that this process should have beside."""
        asked = self._clock()
        try:
            if self._connection is None:
                self._come_back(self._connect())
            assert self._connection is not None  # noqa: S101 - it has connected
            self._look(self._connection)
            self._confirmed = asked
        except psycopg.Error as error:
            self._disconnect()
            if _nobody_listens(error):
                self._confirmed = asked
        if not self.held:
            self.excess = frozenset()
            # Who was answered too late has its locks all the same, and counts on them again after
            # the next look; nobody else could take them.
            if self._connection is None:
                self._held = frozenset()

    def _come_back(self, connection: _Connection) -> None:
        self._enter(connection, self._count, is_fixed=True)
        self._held = frozenset(shard for shard in self.held if self._lock(connection, shard))

    def _look(self, connection: _Connection) -> None:
        now = self._clock()
        processes: dict[int, set[int]] = {}
        holders: dict[int, int] = {}
        for pid, kind, number in _locks(connection):
            if kind == _PROCESS:
                processes.setdefault(pid, set())
            else:
                holders[number] = pid
        for shard, pid in holders.items():
            processes.setdefault(pid, set()).add(shard)
        marks = dict(
            connection.execute("SELECT name, value FROM meta WHERE name LIKE 'shard %%'").fetchall()
        )
        free = [
            (shard, marks.get(_mark(shard), self._name))
            for shard in range(self._count)
            if shard not in holders
        ]
        self._free_since = {each: self._free_since.get(each, now) for each in free}
        share = fair_share(
            self._count, {pid: len(shards) for pid, shards in processes.items()}, self._pid
        )
        held = set(self._held)
        for shard, mark in free:
            may_take = mark == self._name or now - self._free_since[shard, mark] >= FREE_S
            if len(held) < share and may_take and self._lock(connection, shard):
                connection.execute(
                    "INSERT INTO meta VALUES (%s, %s)"
                    " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    (_mark(shard), self._name),
                )
                held.add(shard)
        self._held = frozenset(held)
        self.excess = frozenset(sorted(held)[share:])

    def _lock(self, connection: _Connection, shard: int) -> bool:
        return bool(_one(connection, "SELECT pg_try_advisory_lock(%s, %s)", _SHARD, shard))

    def give_up(self, shard: int) -> None:
        """Let another process have a shard at once; this one no longer listens to it."""
        self._held -= {shard}
        self.excess -= {shard}
        if self._connection is None:
            return
        try:
            self._connection.execute("DELETE FROM meta WHERE name = %s", (_mark(shard),))
            _one(self._connection, "SELECT pg_advisory_unlock(%s, %s)", _SHARD, shard)
        except psycopg.Error:
            # Then its lock is free too, but for the mark.
            self._disconnect()

    def wait_for_turn(self, bucket: int, pause_s: float) -> float:
        """
        Take the turn to IDENTIFY, or learn how long to wait before asking again, in seconds.

        The time of the next turn is written down instead of locked: it outlives whoever had it.

        Args:
            bucket: The shard modulo Discord's `max_concurrency`.
            pause_s: Between two turns.

        Raises:
            DatabaseError: If that can't be done.
        """
        try:
            return self._turn(bucket, pause_s)
        except psycopg.Error as error:
            self._disconnect()
            raise DatabaseError(error) from error

    def _turn(self, bucket: int, pause_s: float) -> float:
        if self._connection is None:
            raise psycopg.OperationalError("PostgreSQL is away")
        values = {"name": f"identify {bucket}", "pause": pause_s}
        taken = self._connection.execute(
            f"INSERT INTO meta VALUES (%(name)s, ({_NOW} + %(pause)s)::text)"  # noqa: S608 - our own words
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
            # One further ahead was written down before the clock was set back.
            f" WHERE meta.value::float8 <= {_NOW} OR meta.value::float8 > {_NOW} + %(pause)s"
            " RETURNING 0",
            values,
        ).fetchone()
        if taken is not None:
            return 0.0
        left = f"SELECT value::float8 - {_NOW} FROM meta WHERE name = %s"  # noqa: S608 - our own words
        return max(float(_one(self._connection, left, values["name"])), 0.01)

    def close(self) -> None:
        """Give up all."""
        for shard in self._held:
            self.give_up(shard)
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def fair_share(count: int, held: Mapping[int, int], mine: int) -> int:
    """
    How many shards a process should have.

    Where they can't be shared evenly, those who have most keep one more, so that few change hands.

    Args:
        count: How many shards there are.
        held: How many each process has.
        mine: Which of them it is about.
    """
    order = sorted(held, key=lambda process: (-held[process], process))
    each, over = divmod(count, len(order))
    return each + (order.index(mine) < over)


def _nobody_listens(error: psycopg.Error) -> bool:
    """Whether PostgreSQL is stopped for everybody; else it may be away for this process alone."""
    tries = [line for line in str(error).splitlines() if " failed: " in line]
    return bool(tries) and all(any(reason in line for reason in _NOBODY) for line in tries)


def _mark(shard: int) -> str:
    return f"shard {shard}"


def _locks(connection: _Connection) -> list[tuple[Any, ...]]:
    return connection.execute(_LOCKS, (_PROCESS, _SHARD)).fetchall()


def _one(connection: _Connection, statement: str, *values: object) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None  # noqa: S101 - each statement gives one row
    return row[0]
