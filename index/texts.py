"""Reads the documents and passages of one generation; see `index.text_tables`."""

import json
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from index.contexts import searched_text
from index.documents import Document
from index.errors import IndexDamagedError
from index.formats.base import Place
from index.manifest import DocumentStamp
from index.passages import Passage
from index.shared_connection import SharedConnection
from index.text_tables import NEXT_ID, PART_CHARS, TABLES, VIEWS, connect, uri
from index.vector_cache import text_sha256

# Rows held in memory at once while a whole generation is walked; SQLite takes at most 32,766
# values in one statement.
ROWS_AT_ONCE = 1_000
_FILES = ("main", "added")
_PLACES = (
    "SELECT start_char, end_char, kind, name, level, line, within FROM {file}.places"
    " WHERE document_row = ?"
)
# The text of passages that went is still there.
_IS_THERE = "id NOT IN (SELECT passage_id FROM added.removed)"
_NAMED = " WHERE ? = '' OR instr(comparable(id), ?) OR instr(comparable(title), ?)"
_PASSAGE = "start_char, end_char, text, sentences, context, code"
_DOCUMENT = "row, id, title, sha256, modified, dated, source, language"


class Texts:
    """Reads the files of a generation; any thread may call it."""

    def __init__(self, first: Path, added: Path | None) -> None:
        """
        Open the files.

        Raises:
            IndexDamagedError: If one is no such database.
        """
        self._path = first
        try:
            self._rows = SharedConnection(_open(first, added), first)
        except sqlite3.Error as error:
            raise IndexDamagedError(f"{first}: is no index of texts ({error}).") from error
        with ExitStack() as undo:
            undo.callback(self._rows.close)
            self.next_id = self._number(NEXT_ID)
            self.removed_count = self._number("SELECT count(*) FROM added.removed")
            self._number("SELECT count(*) FROM (SELECT 1 FROM present LIMIT 1)")
            undo.pop_all()

    def _number(self, query: str, values: Sequence[object] = ()) -> int:
        return int(self._rows.first(query, values)[0])

    def _of_both(self, query: str, values: Sequence[object] = ()) -> Iterator[Any]:
        """The rows of a query in one file, then in the other; in the query, it is `{file}`."""
        for file in _FILES:
            yield from self._rows.all(query.format(file=file), values)

    @property
    def passage_count(self) -> int:
        """How many passages there are: each id below `next_id` is one's or a removed one's."""
        return self.next_id - self.removed_count

    def count(self) -> tuple[int, int]:
        """Count documents and passages one by one."""
        counts = self._of_both(f"SELECT count(*) FROM {{file}}.passages WHERE {_IS_THERE}")  # noqa: S608 - our own names
        return self._number("SELECT count(*) FROM present"), sum(count for (count,) in counts)

    def close(self) -> None:
        """Close the files."""
        self._rows.close()

    def _by_id(self, columns: str, ids: Sequence[int]) -> Iterator[Any]:
        """Columns of the passages with these ids, in order of id."""
        for start in range(0, len(ids), ROWS_AT_ONCE):
            some = ids[start : start + ROWS_AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._of_both(
                f"SELECT {columns} FROM {{file}}.passages"  # noqa: S608 - our own names
                f" WHERE id IN ({marks}) AND {_IS_THERE} ORDER BY id",
                [int(i) for i in some],
            )

    def passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        """
        The passages with these ids, by id.

        Raises:
            IndexDamagedError: If one is not there, or its text is not what was written.
        """
        found: dict[int, Passage] = {}
        names: dict[int, str] = {}
        columns = f"id, document_row, text_sha256, {_PASSAGE}"
        for passage_id, document_row, key, *rest in self._by_id(columns, ids):
            if document_row not in names:
                names[document_row] = self._name(document_row)
            with self._as_written():
                passage = _passage(passage_id, names[document_row], *rest)
            if text_sha256(passage.searched) != key:
                raise self._damaged(f"passage {passage_id} was changed after it was written")
            found[passage_id] = passage
        for passage_id in ids:
            if passage_id not in found:
                raise self._damaged(f"there is no passage {passage_id}")
        return found

    def _name(self, row: int) -> str:
        found = self._rows.first("SELECT id FROM present WHERE row = ?", (row,))
        if found is None:
            raise self._damaged(f"there is no document {row}, but a passage of it")
        return str(found[0])

    def _damaged(self, found: str) -> IndexDamagedError:
        return IndexDamagedError(f"{self._path}: {found}.")

    @contextmanager
    def _as_written(self) -> Iterator[None]:
        """Report as damage a row of which nothing can be made."""
        try:
            yield
        except (TypeError, ValueError) as error:
            raise self._damaged(f"a row is not what was written ({error})") from error

    def passages_in(self, document_id: str, start_char: int, end_char: int) -> list[int]:
        """The ids of the passages that touch a range of a document; none if it is not there."""
        try:
            row = self._row(document_id)
        except KeyError:
            return []
        return [
            passage_id
            for (passage_id,) in self._of_both(
                "SELECT id FROM {file}.passages WHERE document_row = ?"
                " AND start_char < ? AND end_char > ? ORDER BY start_char",
                (row, end_char, start_char),
            )
        ]

    def sample(self, count: int) -> list[str]:
        """What is searched of about `count` passages, spread over all of them."""
        step = max(1, self.next_id // count)
        return list(self.searched(range(0, self.next_id, step)).values())

    def searched(self, ids: Sequence[int]) -> dict[int, str]:
        """What is embedded and searched of the passages with these ids, by id."""
        return {
            passage_id: searched_text(context, text)
            for passage_id, context, text in self._by_id("id, context, text", ids)
        }

    def keys(self, ids: Sequence[int]) -> dict[int, bytes]:
        """The hashes of what is searched of the passages with these ids, by id."""
        return dict(self._by_id("id, text_sha256", ids))

    def ids(self, first_id: int = 0) -> Iterator[range]:
        """All ids from one on, in batches; some may be of passages that went."""
        for start in range(first_id, self.next_id, ROWS_AT_ONCE):
            yield range(start, min(start + ROWS_AT_ONCE, self.next_id))

    def dates(self) -> Iterator[tuple[int, str, date | None]]:
        """Row, id and date of every document."""
        for row, document_id, dated in self._rows.each("SELECT row, id, dated FROM present"):
            with self._as_written():
                day = date.fromisoformat(dated) if dated else None
            yield row, document_id, day

    def ids_of(self, rows: Sequence[int]) -> list[int]:
        """The ids of the passages of some documents, which are given by their rows."""
        return [
            passage_id
            for start in range(0, len(rows), ROWS_AT_ONCE)
            for some in [rows[start : start + ROWS_AT_ONCE]]
            for (passage_id,) in self._of_both(
                "SELECT id FROM {file}.passages"  # noqa: S608 - our own names
                f" WHERE document_row IN ({','.join('?' * len(some))}) AND {_IS_THERE}",
                some,
            )
        ]

    def removed(self) -> list[int]:
        """The ids of passages that went, in order."""
        return [
            passage_id
            for (passage_id,) in self._rows.all("SELECT passage_id FROM added.removed ORDER BY 1")
        ]

    def foreign(self) -> list[tuple[str, int, str]]:
        """Each language that documents are in, how many are, and the id of one of them."""
        return self._rows.all(
            "SELECT language, count(*), min(id) FROM present WHERE language IS NOT NULL"
            " GROUP BY language ORDER BY count(*) DESC, language"
        )

    def unread(self) -> list[tuple[str, str]]:
        """The documents of which pages were left out, and which pages."""
        return self._rows.all("SELECT id, unread FROM present WHERE unread IS NOT NULL ORDER BY id")

    def stamps(self) -> Iterator[DocumentStamp]:
        """The documents' files as they were when they were read, in order of id."""
        for row in self._rows.each("SELECT id, sha256, size, mtime_ns FROM present ORDER BY id"):
            yield DocumentStamp(*row)

    def text(self, document_id: str, start_char: int, end_char: int) -> str:
        """
        A slice of a document.

        Raises:
            KeyError: If there is no such document.
        """
        first = start_char // PART_CHARS
        found = self._parts(self._row(document_id), first, max(first, end_char // PART_CHARS))
        before = first * PART_CHARS
        return found[start_char - before : end_char - before]

    def length(self, document_id: str) -> int:
        """
        How many characters a document has.

        Raises:
            KeyError: If there is no such document.
        """
        query = "SELECT ifnull(sum(length(text)), 0) FROM {file}.parts WHERE document_row = ?"
        return sum(chars for (chars,) in self._of_both(query, (self._row(document_id),)))

    def _parts(self, row: int, first: int = 0, last: int | None = None) -> str:
        """A document's text from one part to another, or to the end."""
        # All parts of a document are in the same file.
        with self._as_written():
            return "".join(
                text
                for (text,) in self._of_both(
                    "SELECT text FROM {file}.parts WHERE document_row = ?"
                    " AND number >= ? AND (number <= ? OR ?) ORDER BY number",
                    (row, first, last, last is None),
                )
            )

    def _row(self, document_id: str) -> int:
        return int(self._document_row("row", document_id)[0])

    def _document_row(self, columns: str, document_id: str) -> Any:
        row = self._rows.first(
            f"SELECT {columns} FROM present WHERE id = ?",  # noqa: S608 - our own names
            (document_id,),
        )
        if row is None:
            raise KeyError(document_id)
        return row

    def place(self, document_id: str, position: int) -> Place | None:
        """
        The place that a character of a document belongs to, if there is one.

        Raises:
            KeyError: If there is no such document.
        """
        query = f"{_PLACES} AND start_char <= ? ORDER BY start_char DESC LIMIT 1"
        for found in self._of_both(query, (self._row(document_id), position)):
            place = Place(*found)
            return place if position < place.end_char else None
        return None

    def places(self, document_id: str, start_char: int, end_char: int) -> list[Place]:
        """
        The places that begin in a range of a document, in order.

        Raises:
            KeyError: If there is no such document.
        """
        query = f"{_PLACES} AND start_char >= ? AND start_char < ? ORDER BY start_char"
        values = (self._row(document_id), start_char, end_char)
        return [Place(*place) for place in self._of_both(query, values)]

    def _places(self, row: int) -> tuple[Place, ...]:
        found = self._of_both(f"{_PLACES} ORDER BY start_char", (row,))
        return tuple(Place(*place) for place in found)

    def documents(self) -> Iterator[Document]:
        """All documents, in order of id."""
        for row, *fields in self._rows.each(
            f"SELECT {_DOCUMENT} FROM present ORDER BY id"  # noqa: S608 - our own names
        ):
            with self._as_written():
                document = _document(*fields, text=self._parts(row), places=self._places(row))
            yield document

    def documents_with_passages(self) -> Iterator[tuple[Document, list[Passage]]]:
        """All documents with their passages, in order of id."""
        for document in self.documents():
            row = self._row(document.id)
            with self._as_written():
                passages = [
                    _passage(found[0], document.id, *found[1:])
                    for found in self._of_both(
                        f"SELECT id, {_PASSAGE} FROM {{file}}.passages"  # noqa: S608 - our own names
                        f" WHERE document_row = ? AND {_IS_THERE} ORDER BY id",
                        (row,),
                    )
                ]
            yield document, passages

    def document(self, document_id: str) -> Document:
        """
        One document without its text and its places.

        Raises:
            KeyError: If there is no such document.
        """
        _, *fields = self._document_row(_DOCUMENT, document_id)
        with self._as_written():
            return _document(*fields)

    def listed(
        self, start: int, count: int, name: str = ""
    ) -> list[tuple[str, str, int, date | None]]:
        """
        Id, title, size in bytes and date of a stretch of the documents, in order of id.

        Args:
            start: So many are left out before it.
            count: At most so many.
            name: A part of the id or of the title of all of them; see `comparable`.
        """
        with self._as_written():
            return [
                (document_id, title, size, date.fromisoformat(dated) if dated else None)
                for document_id, title, size, dated in self._rows.all(
                    f"SELECT id, title, size, dated FROM present{_NAMED}"  # noqa: S608 - our own words
                    " ORDER BY id LIMIT ? OFFSET ?",
                    (*3 * (comparable(name),), count, start),
                )
            ]

    def named(self, name: str) -> int:
        """How many documents have such a name; see `listed`."""
        return self._number(
            f"SELECT count(*) FROM present{_NAMED}",  # noqa: S608 - our own words
            3 * (comparable(name),),
        )


def comparable(name: str) -> str:
    """A name as it is compared: file systems and people differ in case, and in how accents lie."""
    return unicodedata.normalize("NFC", name).casefold()


def _open(first: Path, added: Path | None) -> sqlite3.Connection:
    """Open both files as one; raises sqlite3.Error if that can't be done."""
    with ExitStack() as undo:
        connection = connect(first)
        undo.callback(connection.close)
        connection.create_function(comparable.__name__, 1, comparable, deterministic=True)
        if added is None:
            connection.execute("ATTACH ':memory:' AS added")
            connection.executescript(TABLES.format(name="added"))
        else:
            connection.execute("ATTACH ? AS added", (uri(added),))
        connection.executescript(VIEWS)
        undo.pop_all()
    return connection


def _passage(
    passage_id: int,
    document_id: str,
    start_char: int,
    end_char: int,
    text: str,
    sentences: str,
    context: str,
    code: str,
) -> Passage:
    return Passage(
        id=passage_id,
        document_id=document_id,
        start_char=start_char,
        end_char=end_char,
        text=text,
        sentences=tuple((start, end) for start, end in json.loads(sentences)),
        context=context,
        code=tuple((start, end) for start, end in json.loads(code)),
    )


def _document(
    document_id: str,
    title: str,
    sha256: str,
    modified: str,
    dated: str | None,
    source: str | None,
    language: str | None,
    *,
    text: str = "",
    places: tuple[Place, ...] = (),
) -> Document:
    return Document(
        id=document_id,
        title=title,
        text=text,
        sha256=sha256,
        modified=datetime.fromisoformat(modified),
        dated=date.fromisoformat(dated) if dated else None,
        places=places,
        source=source,
        language=language,
    )
