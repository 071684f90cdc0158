"""The documents and passages of one generation, in SQLite."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import date, datetime
from pathlib import Path
from urllib.parse import quote

from index.documents import Document, Place
from index.errors import IndexDamagedError
from index.passages import Passage
from index.vector_cache import text_sha256

# Passages held in memory at once while a whole generation is walked.
_ROWS_AT_ONCE = 1_000

_SCHEMA = """
CREATE TABLE documents (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    modified TEXT NOT NULL,
    dated TEXT,
    places TEXT NOT NULL
);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY,
    document_row INTEGER NOT NULL REFERENCES documents (row),
    start_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    text TEXT NOT NULL,
    text_sha256 BLOB NOT NULL,
    sentences TEXT NOT NULL
);
"""


class TextWriter:
    """Writes the file of a new generation."""

    def __init__(self, path: Path) -> None:
        """Begin a new file."""
        self._connection = sqlite3.connect(path)
        # The file is written aside and thrown away whole if anything fails.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_SCHEMA)

    def add(self, document: Document, passages: Iterable[Passage]) -> int:
        """Write one document and its passages; return how many passages there were."""
        row = self._connection.execute(
            "INSERT INTO documents (id, title, text, sha256, modified, dated, places)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                document.id,
                document.title,
                document.text,
                document.sha256,
                document.modified.isoformat(),
                document.dated.isoformat() if document.dated else None,
                json.dumps([astuple(place) for place in document.places]),
            ),
        ).lastrowid
        before = self._connection.total_changes
        self._connection.executemany(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    passage.id,
                    row,
                    passage.start_char,
                    passage.end_char,
                    passage.text,
                    text_sha256(passage.text),
                    json.dumps(passage.sentences),
                )
                for passage in passages
            ),
        )
        return self._connection.total_changes - before

    def commit(self) -> None:
        """Write out what was added."""
        self._connection.commit()

    def close(self) -> None:
        """Close the file; what was not committed is lost."""
        self._connection.close()


class Texts:
    """Reads the file of a generation; any thread may call it."""

    def __init__(self, path: Path) -> None:
        """
        Open the file.

        Raises:
            IndexDamagedError: If it is no such database.
        """
        try:
            self._connection = sqlite3.connect(
                # Immutable: a published generation never changes, so nothing is locked.
                f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1",
                uri=True,
                check_same_thread=False,
            )
            self.document_count, self.passage_count = self._connection.execute(
                "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM passages)"
            ).fetchone()
        except sqlite3.Error as error:
            raise IndexDamagedError(f"{path}: is no index of texts ({error}).") from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """The passages with these ids, by id."""
        marks = ",".join("?" * len(ids))
        rows = self._connection.execute(
            "SELECT passages.id, documents.id, start_char, end_char, passages.text, sentences"  # noqa: S608 - only question marks
            " FROM passages JOIN documents ON documents.row = document_row"
            f" WHERE passages.id IN ({marks})",
            ids,
        )
        return {row[0]: _passage(row) for row in rows.fetchall()}

    def keyed_texts(self) -> Iterator[list[tuple[bytes, str]]]:
        """The hash and text of every passage in order of id, in batches."""
        rows = self._connection.execute("SELECT text_sha256, text FROM passages ORDER BY id")
        while batch := rows.fetchmany(_ROWS_AT_ONCE):
            yield batch

    def text(self, document_id: str, start_char: int, end_char: int) -> str:
        """
        A slice of a document.

        Raises:
            KeyError: If there is no such document.
        """
        row = self._connection.execute(
            "SELECT substr(text, ?, ?) FROM documents WHERE id = ?",
            (start_char + 1, end_char - start_char, document_id),
        ).fetchone()
        if row is None:
            raise KeyError(document_id)
        return str(row[0])

    def documents(self) -> Iterator[Document]:
        """All documents with their texts, in order of id."""
        rows = self._connection.execute(
            "SELECT id, title, text, sha256, modified, dated, places FROM documents ORDER BY id"
        )
        for row in rows:
            yield _document(row)

    def document(self, document_id: str) -> Document:
        """
        One document without its text.

        Raises:
            KeyError: If there is no such document.
        """
        row = self._connection.execute(
            "SELECT id, title, '', sha256, modified, dated, places FROM documents WHERE id = ?",
            (document_id,),
        ).fetchone()
        if row is None:
            raise KeyError(document_id)
        return _document(row)


def _passage(row: tuple[int, str, int, int, str, str]) -> Passage:
    passage_id, document_id, start_char, end_char, text, sentences = row
    return Passage(
        id=passage_id,
        document_id=document_id,
        start_char=start_char,
        end_char=end_char,
        text=text,
        sentences=tuple((start, end) for start, end in json.loads(sentences)),
    )


def _document(row: tuple[str, str, str, str, str, str | None, str]) -> Document:
    document_id, title, text, sha256, modified, dated, places = row
    return Document(
        id=document_id,
        title=title,
        text=text,
        sha256=sha256,
        modified=datetime.fromisoformat(modified),
        dated=date.fromisoformat(dated) if dated else None,
        places=tuple(Place(*place) for place in json.loads(places)),
    )
