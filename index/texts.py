"""
The documents and passages of one generation, in SQLite.

A generation that follows another begins as its copy: what did not change is neither read nor split
again, and its passages keep their ids. The ids of passages that went stay taken, and are listed,
until everything is numbered anew.
"""

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple
from datetime import date, datetime
from pathlib import Path, PurePosixPath
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
CREATE INDEX passages_by_document ON passages (document_row);
CREATE TABLE removed (passage_id INTEGER PRIMARY KEY);
"""

_DOCUMENT_COUNT = "SELECT count(*) FROM documents"
_PASSAGE_COUNT = "SELECT count(*) FROM passages"
_NEXT_ID = """
SELECT 1 + max(
    ifnull((SELECT max(id) FROM passages), -1), ifnull((SELECT max(passage_id) FROM removed), -1)
)
"""
_RENUMBER = """
CREATE TABLE numbered AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS number, passages.* FROM passages;
DELETE FROM passages;
INSERT INTO passages
    SELECT number, document_row, start_char, end_char, text, text_sha256, sentences FROM numbered
    ORDER BY number;
DROP TABLE numbered;
DELETE FROM removed;
"""


class TextWriter:
    """Writes the file of a new generation."""

    def __init__(self, path: Path, previous: Path | None = None) -> None:
        """
        Begin a new file, as a copy of the `previous` generation's if there is one.

        Raises:
            OSError: If it can't be copied.
            sqlite3.Error: If it can't be written.
        """
        if previous is not None:
            shutil.copyfile(previous, path)
        self._connection = sqlite3.connect(path)
        # The file is written aside and thrown away whole if anything fails.
        self._connection.execute("PRAGMA journal_mode = OFF")
        self._connection.execute("PRAGMA synchronous = OFF")
        if previous is None:
            self._connection.executescript(_SCHEMA)

    @property
    def next_id(self) -> int:
        """The lowest passage id that was never taken, nor any above it."""
        return self._number(_NEXT_ID)

    @property
    def removed_count(self) -> int:
        """How many ids belong to passages that went."""
        return self._number("SELECT count(*) FROM removed")

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

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

    def remove(self, document_id: str) -> None:
        """Take a document and its passages out."""
        (row,) = self._connection.execute(
            "SELECT row FROM documents WHERE id = ?", (document_id,)
        ).fetchone()
        self._connection.execute(
            "INSERT INTO removed SELECT id FROM passages WHERE document_row = ?", (row,)
        )
        self._connection.execute("DELETE FROM passages WHERE document_row = ?", (row,))
        self._connection.execute("DELETE FROM documents WHERE row = ?", (row,))

    def rename(self, names: Sequence[tuple[str, str]]) -> None:
        """Give documents other ids: pairs of the old one and the new one, which may swap."""
        rows = [
            (
                new,
                *self._connection.execute(
                    "SELECT row, title FROM documents WHERE id = ?", (old,)
                ).fetchone(),
                old,
            )
            for old, new in names
        ]
        for _, row, _, _ in rows:
            # No id can begin with a slash, so these are free.
            self._connection.execute("UPDATE documents SET id = '/' || row WHERE row = ?", (row,))
        for new, row, title, old in rows:
            was_named_after_file = title == PurePosixPath(old).name
            self._connection.execute(
                "UPDATE documents SET id = ?, title = ? WHERE row = ?",
                (new, PurePosixPath(new).name if was_named_after_file else title, row),
            )

    def renumber(self) -> None:
        """Number the passages from 0 without gaps, in their order, and give freed space back."""
        self._connection.commit()
        self._connection.executescript(_RENUMBER)
        self._connection.execute("VACUUM")

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
            self.document_count, self.passage_count, self.next_id = self._connection.execute(
                f"SELECT ({_DOCUMENT_COUNT}), ({_PASSAGE_COUNT}), ({_NEXT_ID})"
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

    def passages_in(self, document_id: str, start_char: int, end_char: int) -> list[int]:
        """The ids of the passages that touch a range of a document; none if it is not there."""
        rows = self._connection.execute(
            "SELECT passages.id FROM documents JOIN passages ON document_row = documents.row"
            " WHERE documents.id = ? AND start_char < ? AND end_char > ? ORDER BY start_char",
            (document_id, end_char, start_char),
        )
        return [row[0] for row in rows]

    def sample(self, count: int) -> list[str]:
        """The texts of about `count` passages, spread over all of them."""
        step = max(1, self.next_id // count)
        ids = list(range(0, self.next_id, step))
        return [passage.text for passage in self.passages(ids).values()]

    def keyed_texts(self, first_id: int = 0) -> Iterator[list[tuple[int, bytes, str]]]:
        """Id, hash and text of every passage from an id on, in order of id, in batches."""
        rows = self._connection.execute(
            "SELECT id, text_sha256, text FROM passages WHERE id >= ? ORDER BY id", (first_id,)
        )
        while batch := rows.fetchmany(_ROWS_AT_ONCE):
            yield batch

    def removed(self) -> list[int]:
        """The ids of passages that went, in order."""
        return [
            row[0] for row in self._connection.execute("SELECT passage_id FROM removed ORDER BY 1")
        ]

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

    def documents_with_passages(self) -> Iterator[tuple[Document, list[Passage]]]:
        """All documents with their texts and passages, in order of id."""
        for document in self.documents():
            rows = self._connection.execute(
                "SELECT passages.id, documents.id, start_char, end_char, passages.text, sentences"
                " FROM documents JOIN passages ON document_row = documents.row"
                " WHERE documents.id = ? ORDER BY passages.id",
                (document.id,),
            )
            yield document, [_passage(row) for row in rows]

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
