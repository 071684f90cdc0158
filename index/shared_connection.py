"""One SQLite connection that several threads read by, in turns."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

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

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take a connection that was opened without `check_same_thread`."""
        self._connection = connection
        # Reentrant: an iterator that is thrown away may be closed wherever the interpreter likes.
        self._turn = threading.RLock()

    def all(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Every row of a query."""
        with self._turn, closing(self._connection.execute(query, values)) as cursor:
            return cursor.fetchall()

    def first(self, query: str, values: Sequence[object] = ()) -> Any:
        """The first row of a query; None if there is none."""
        with self._turn, closing(self._connection.execute(query, values)) as cursor:
            return cursor.fetchone()

    def each(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """The rows of a query, of which few are held at once; other threads read in between."""
        with self._turn:
            cursor = self._connection.execute(query, values)
        try:
            while True:
                with self._turn:
                    rows = cursor.fetchmany(_ROWS_AT_ONCE)
                if not rows:
                    return
                yield from rows
        finally:
            with self._turn:
                cursor.close()

    def close(self) -> None:
        """Close the connection."""
        with self._turn:
            self._connection.close()
