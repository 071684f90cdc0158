"""
The vector of every text that was ever encoded, by the text's hash.

One SQLite file per encoder, shared by all collections. It is only a saving: what is missing or
damaged is encoded again.
"""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from index.encoder import Vectors

FILE_NAME = "vectors.sqlite"
# Another build may be adding its vectors; its transactions are short.
_BUSY_TIMEOUT_S = 60
# SQLite takes at most 32,766 values in one statement.
_KEYS_AT_ONCE = 1_000

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

    def __init__(self, folder: Path, dim: int) -> None:
        """
        Open the cache, or begin a new one.

        A file that is no database, or a damaged one, is begun anew.

        Args:
            folder: Of this encoder alone.
            dim: Of its vectors.

        Raises:
            sqlite3.Error: If it can't be opened or written.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._dim = dim
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
            connection.execute(_SCHEMA)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def missing(self, keys: Iterable[bytes]) -> set[bytes]:
        """Those of `keys` that have no sound vector here."""
        wanted = set(keys)
        for batch in _batches(sorted(wanted)):
            wanted.difference_update(self._sound(batch))
        return wanted

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Keep vectors, shape (len(keys), dim); they are on the disk when this returns."""
        rows = []
        for key, vector in zip(keys, vectors, strict=True):
            blob = vector.astype("<f4").tobytes()
            rows.append((key, blob, zlib.crc32(blob)))
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def vectors(self, keys: Sequence[bytes]) -> Vectors:
        """
        The vectors of texts, shape (len(keys), dim).

        Raises:
            KeyError: If one is not here, or not sound.
        """
        found: dict[bytes, Vectors] = {}
        for batch in _batches(sorted(set(keys))):
            found.update(self._sound(batch))
        if not keys:
            return np.empty((0, self._dim), dtype=np.float32)
        return np.stack([found[key] for key in keys])

    def _sound(self, keys: Sequence[bytes]) -> dict[bytes, Vectors]:
        marks = ",".join("?" * len(keys))
        query = f"SELECT text_sha256, vector, crc32 FROM vectors WHERE text_sha256 IN ({marks})"  # noqa: S608 - only question marks
        try:
            with closing(self._connection.execute(query, keys)) as rows:
                return {
                    key: np.frombuffer(blob, dtype="<f4")
                    for key, blob, crc32 in rows
                    if len(blob) == 4 * self._dim and zlib.crc32(blob) == crc32
                }
        except sqlite3.OperationalError:
            # The disk or a lock; the file may be sound.
            raise
        except sqlite3.DatabaseError:
            self._connection.close()
            self._connection = self._begin_anew()
            return {}


def _batches(keys: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        yield keys[start : start + _KEYS_AT_ONCE]
