"""Where Quoth remembers things: files of SQLite, or one database of PostgreSQL, behind one seam."""

import hashlib
import sqlite3
import threading
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Protocol

from index.files import alone_in


class RecordsError(Exception):
    """The file or database can't be used; its text is meant for the person who runs Quoth."""


class RecordsAwayError(RecordsError):
    """The database can't be reached now, and may be later."""


class DatabaseError(Exception):
    """What is remembered can't be read or written just now."""

    def __init__(self, cause: Exception) -> None:
        """Take what the driver said."""
        super().__init__(str(cause))
        self.reason = type(cause).__name__
        """The name of the driver's error, for the log: its text may hold what is remembered."""


class Rows(Protocol):
    """What a statement gave, as `sqlite3.Cursor` has it."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def fetchone(self) -> Any:
        """The next row, if there is one."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def __iter__(self) -> Iterator[Any]:
        """Each row that is left."""


class Connection(Protocol):
    """Takes statements that both databases understand, with a `?` for each value."""

    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Rows:
        """Run one statement."""

    def executemany(self, statement: str, values: Iterable[Sequence[Any]], /) -> object:
        """Run one statement with each of these values."""


class Database(Protocol):
    """
    Tables that things are remembered in. Any thread may call it, and none in an event loop.

    Each way to use it raises a `DatabaseError` where that can't be done just now.
    """

    is_shared: bool
    """Whether several processes remember here, and count and follow conversations together."""

    def statements(self) -> AbstractContextManager[Connection]:
        """Run statements, each by itself."""

    def transaction(self) -> AbstractContextManager[Connection]:
        """Run statements, all of them or none."""

    def deletion(self) -> AbstractContextManager[Connection]:
        """As `transaction`, one at a time, and nothing of what was deleted is kept on purpose."""

    def only_bot(self) -> AbstractContextManager[None]:
        """Be the only bot that remembers there until the block ends, or raise a `RecordsError`."""

    def changes(self) -> AsyncGenerator[None]:
        """Say, again and again, that what is kept in memory may be another process's by now."""

    def close(self) -> None:
        """Let go of it."""


def settled(connection: Connection, name: str, value: str) -> str:
    """A single value in `meta`: the one that stands there, else this one from now on."""
    connection.execute("INSERT INTO meta VALUES (?, ?) ON CONFLICT DO NOTHING", (name, value))
    (found,) = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(found)


class _Turn:
    """The connection of a file, for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._lock = threading.Lock()

    def __enter__(self) -> sqlite3.Connection:
        self._lock.acquire()
        return self.connection

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._lock.release()
        if isinstance(error, sqlite3.Error):
            raise DatabaseError(error) from error


class SqliteFile:
    """A file of SQLite, of which one process at a time is the writer."""

    is_shared = False

    def __init__(self, path: Path, steps: Sequence[str]) -> None:
        """
        Open the file, made or brought up to date if need be; see `open_database`.

        Raises:
            RecordsError: If it can't be opened, or a newer Quoth has written it.
        """
        self._path = path
        try:
            self._turn = _Turn(open_database(path, steps))
        except (OSError, sqlite3.Error) as error:
            raise RecordsError(f"{path}: can't be used ({error}).") from error

    def __str__(self) -> str:
        return str(self._path)

    def statements(self) -> AbstractContextManager[Connection]:
        """Run statements, each by itself."""
        return self._turn

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run statements, all of them or none."""
        with self._turn as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def deletion(self) -> Iterator[Connection]:
        """As `transaction`; what was deleted is then in none of the files any more."""
        with self.transaction() as connection:
            yield connection
        with self._turn as connection:
            # The log of changes holds what stood there before. If somebody reads just now, it is
            # cut at the next deletion.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def only_bot(self) -> AbstractContextManager[None]:
        """Do nothing: the lock on the folder of the file sees to it."""
        return nullcontext()

    async def changes(self) -> AsyncGenerator[None]:
        """Say nothing: no other process changes a file that this one remembers."""
        nothing: tuple[None, ...] = ()
        for one in nothing:
            yield one

    def close(self) -> None:
        """Close the file."""
        with self._turn as connection:
            connection.close()


def open_database(path: Path, steps: Sequence[str]) -> sqlite3.Connection:
    """
    Open a file, made or brought up to date if need be.

    Args:
        path: The file.
        steps: What makes its tables, one step a version, in order.

    Raises:
        RecordsError: If a newer Quoth has written it.
        OSError, sqlite3.Error: If it can't be opened.
    """
    # If two did this at once, one would fail: SQLite does not wait where both change how the
    # file is written, and a step that both find untaken can be taken once.
    with alone_in(path.parent):
        # What people ask is for nobody else on this machine to read.
        path.touch(mode=0o600)
        connection = sqlite3.connect(
            path, check_same_thread=False, isolation_level=None, timeout=10
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")
            found = version(connection)
            if found > len(steps):
                raise RecordsError(
                    f"{path}: was written by a newer Quoth (version {found}, this one knows "
                    f"{len(steps)}). Update Quoth, or name another data folder."
                )
            migrate(connection, steps)
        except BaseException:
            connection.close()
            raise
        return connection


def version(connection: sqlite3.Connection) -> int:
    """Which step a file has reached; 0 for a new one."""
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return found


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def migrate(connection: sqlite3.Connection, steps: Sequence[str]) -> None:
    """
    Take the steps that a file lacks, each whole or not at all.

    They may call `sha256`, which PostgreSQL has and SQLite lacks.
    """
    connection.create_function("sha256", 1, _sha256, deterministic=True)
    for step in range(version(connection), len(steps)):
        connection.executescript(f"BEGIN; {steps[step]} PRAGMA user_version = {step + 1}; COMMIT;")
