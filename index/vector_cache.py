"""
The vector of every text that was ever encoded, by the text's hash.

One SQLite file per encoder and precision, shared by all collections. It is only a saving: what is
missing or damaged is encoded again. Builds share a lock; who holds it alone may take vectors out.
"""

import fcntl
import hashlib
import sqlite3
import zlib
from array import array
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from index.encoder import Vectors
from index.manifest import EncoderStamp

FILE_NAME = "vectors.sqlite"
_LOCK_NAME = "lock"
# Another build may be adding its vectors; its transactions are short.
_BUSY_TIMEOUT_S = 60
# Keys are hashes, so their index is read all over; of a million this holds most.
_CACHE_KIB = 32_000
# SQLite takes at most 32,766 values in one statement.
_KEYS_AT_ONCE = 1_000
_Items = TypeVar("_Items", list[bytes], "array[int]")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS vectors (
    text_sha256 BLOB PRIMARY KEY, vector BLOB NOT NULL, crc32 INTEGER NOT NULL
)
"""


def text_sha256(text: str) -> bytes:
    """The key of a text."""
    return hashlib.sha256(text.encode("utf-8")).digest()


class VectorCache:
    """The vectors of one encoder."""

    def __init__(self, vectors: Path, encoder: EncoderStamp) -> None:
        """
        Open the cache, or begin a new one.

        A file that is no database, or a damaged one, is begun anew.

        Args:
            vectors: The folder of all caches.
            encoder: The one whose vectors they are.

        Raises:
            OSError, sqlite3.Error: If it can't be opened or written.
        """
        vectors.mkdir(parents=True, exist_ok=True)
        self._lock = (vectors / _LOCK_NAME).open("a", encoding="ascii")
        # Until it is closed, nothing is taken out.
        fcntl.flock(self._lock, fcntl.LOCK_SH)
        folder = vectors / encoder.cache_name
        folder.mkdir(exist_ok=True)
        self._dim = encoder.dim
        self._path = folder / FILE_NAME
        try:
            self._connection = self._open(self._path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._connection = self._begin_anew()

    def _begin_anew(self) -> sqlite3.Connection:
        for name in (self._path, Path(f"{self._path}-wal"), Path(f"{self._path}-shm")):
            name.unlink(missing_ok=True)
        return self._open(self._path)

    @staticmethod
    def _open(path: Path) -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=_BUSY_TIMEOUT_S)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            connection.execute(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
        self._lock.close()

    def missing(self, keys: Collection[bytes]) -> set[bytes]:
        """Those of `keys` that have no vector here; one that is here may yet be damaged."""
        wanted = set(keys)
        for batch in in_parts(sorted(wanted)):
            query = "SELECT text_sha256 FROM vectors WHERE text_sha256 IN ({})"
            wanted.difference_update(key for (key,) in self._rows(query, batch))
        return wanted

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors, shape (len(keys), dim); they are on the disk when this returns."""
        rows = []
        # In order of key, which is that of the index on the disk.
        for key, vector in sorted(zip(keys, vectors, strict=True), key=lambda pair: pair[0]):
            blob = vector.astype("<f4").tobytes()
            rows.append((key, blob, zlib.crc32(blob)))
        try:
            self._insert(rows)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # What is damaged may be where nothing was looked up.
            self._connection.close()
            self._connection = self._begin_anew()
            self._insert(rows)

    def _insert(self, rows: Sequence[tuple[bytes, bytes, int]]) -> None:
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def sound(self, keys: Collection[bytes]) -> dict[bytes, Vectors]:
        """The vectors for `keys`, without those that are missing or not as they were written."""
        query = "SELECT text_sha256, vector, crc32 FROM vectors WHERE text_sha256 IN ({})"
        return {
            key: np.frombuffer(blob, dtype="<f4")
            for batch in in_parts(sorted(set(keys)))
            for key, blob, crc32 in self._rows(query, batch)
            if len(blob) == 4 * self._dim and zlib.crc32(blob) == crc32
        }

    def _rows(self, query: str, keys: Sequence[bytes]) -> list[Any]:
        try:
            with closing(
                self._connection.execute(query.format(",".join("?" * len(keys))), keys)
            ) as rows:
                return rows.fetchall()
        except sqlite3.OperationalError:
            # The disk or a lock; the file may be sound.
            raise
        except sqlite3.DatabaseError:
            self._connection.close()
            self._connection = self._begin_anew()
            return []


@contextmanager
def unused(vectors: Path) -> Iterator[bool]:
    """
    Keep builds from opening any cache; say whether none has one open.

    Args:
        vectors: The folder of all caches.
    """
    with (vectors / _LOCK_NAME).open("a", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def in_parts(items: _Items, size: int = _KEYS_AT_ONCE) -> Iterator[_Items]:
    """Cut keys, or what stands for them, into parts of a size."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
