"""One SQLite connection that several threads read by, in turns."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from index.errors import IndexDamagedError

# Rows that are fetched in one turn where all of a table is walked.
_ROWS_AT_ONCE = 1_000


class SharedConnection:
    """
    Reads rows; any thread may call it.

    A statement has the connection to itself from its beginning to its end. From Python 3.12 on, two
    threads that run the same query at once can be given the same prepared statement, and then read
    each other's rows. A connection for each thread takes as long as this lock (130 microseconds for
    the reads of a question, with one thread and with eight), but another connection can't be opened
    once the files of an old generation are deleted, while questions are still answered from it.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """
        Take a connection that was opened without `check_same_thread`.

        Args:
            connection: It is closed with this.
            path: The file that errors name.
        """
        self._connection = connection
        self._path = path
        # Reentrant: an iterator that is thrown away may be closed wherever the interpreter likes.
        self._turn = threading.RLock()

    def all(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Every row of a query; raises `IndexDamagedError` as all that reads."""
        with self._turn_to_read(), closing(self._connection.execute(query, values)) as cursor:
            return cursor.fetchall()

    def first(self, query: str, values: Sequence[object] = ()) -> Any:
        """The first row of a query; None if there is none."""
        with self._turn_to_read(), closing(self._connection.execute(query, values)) as cursor:
            return cursor.fetchone()

    def each(self, query: str) -> Iterator[Any]:
        """The rows of a query, of which few are held at once; other threads read in between."""
        with self._turn_to_read():
            cursor = self._connection.execute(query)
        try:
            while True:
                with self._turn_to_read():
                    rows = cursor.fetchmany(_ROWS_AT_ONCE)
                if not rows:
                    return
                yield from rows
        finally:
            with self._turn:
                cursor.close()

    @contextmanager
    def _turn_to_read(self) -> Iterator[None]:
        with self._turn:
            try:
                yield
            except sqlite3.ProgrammingError:
                # It was closed, which no file is to blame for.
                raise
            except (sqlite3.DatabaseError, OverflowError) as error:
                raise IndexDamagedError(f"{self._path}: can't be read ({error}).") from error

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._connection.close()
