"""Writes the documents and passages of a new generation; see `index.text_tables`."""

import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from index.documents import Document
from index.files import link
from index.manifest import ADDED_TEXTS_NAME, TEXTS_NAME, DocumentStamp
from index.passages import Passage
from index.text_tables import NEXT_ID, PART_CHARS, TABLES, VIEWS, connect, writable_uri
from index.vector_cache import text_sha256

_NEXT_ROW = """
SELECT 1 + max(
    ifnull((SELECT max(row) FROM main.documents), 0),
    ifnull((SELECT max(row) FROM added.documents), 0)
)
"""
_PASSAGE_COLUMNS = "document_row, text_sha256, start_char, end_char, sentences, text, context, code"
# Passages are numbered from 0 without gaps, in their order.
_COPY = f"""
INSERT INTO fresh.documents SELECT * FROM present ORDER BY row;
INSERT INTO fresh.parts SELECT * FROM main.parts
    WHERE document_row IN (SELECT row FROM present);
INSERT INTO fresh.parts SELECT * FROM added.parts;
INSERT INTO fresh.places SELECT * FROM main.places
    WHERE document_row IN (SELECT row FROM present);
INSERT INTO fresh.places SELECT * FROM added.places;
INSERT INTO fresh.passages
    SELECT row_number() OVER (ORDER BY id) - 1, {_PASSAGE_COLUMNS} FROM main.passages
    WHERE id NOT IN (SELECT passage_id FROM added.removed);
INSERT INTO fresh.passages
    SELECT (SELECT 1 + ifnull(max(id), -1) FROM fresh.passages)
        + row_number() OVER (ORDER BY id) - 1, {_PASSAGE_COLUMNS} FROM added.passages;
"""  # noqa: S608 - our own names


class TextWriter:
    """Writes the files of a new generation, beside the first file of the one before."""

    def __init__(self, folder: Path, previous: Path | None = None) -> None:
        """
        Begin in a folder.

        Args:
            folder: The folder of the new generation.
            previous: The folder of the generation that it follows, if any.

        Raises:
            OSError: If a file can't be shared or copied.
            sqlite3.Error: If one can't be written.
        """
        self._first = folder / TEXTS_NAME
        self._previous = previous
        self._path = self._first
        if previous is not None:
            self._path = folder / ADDED_TEXTS_NAME
            link(previous / TEXTS_NAME, self._first)
            if (previous / ADDED_TEXTS_NAME).exists():
                shutil.copyfile(previous / ADDED_TEXTS_NAME, self._path)
        is_new = not self._path.exists()
        self._connection = connect(None if previous is None else self._first)
        self._attach("added", self._path)
        if is_new:
            self._connection.executescript(TABLES.format(name="added"))
        self._connection.executescript(VIEWS)
        self._next_row = self._number(_NEXT_ROW)

    def _attach(self, name: str, path: Path) -> None:
        self._connection.execute(f"ATTACH ? AS {name}", (writable_uri(path),))
        # The file is written aside and thrown away whole if the build fails, so nothing has to be
        # on the disk; but what a document wrote before it failed is taken back.
        self._connection.execute(f"PRAGMA {name}.journal_mode = MEMORY")
        self._connection.execute(f"PRAGMA {name}.synchronous = OFF")

    @property
    def next_id(self) -> int:
        """The lowest passage id that was never taken, nor any above it."""
        return self._number(NEXT_ID)

    @property
    def removed_count(self) -> int:
        """How many ids belong to passages that went."""
        return self._number("SELECT count(*) FROM added.removed")

    @property
    def document_count(self) -> int:
        """How many documents there are now."""
        return self._number("SELECT count(*) FROM present")

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchone()[0])

    def add(self, document: Document, stamp: DocumentStamp, passages: Iterable[Passage]) -> int:
        """
        Write one document and its passages.

        Args:
            document: What was read.
            stamp: The size, time and hash of its file when it was read.
            passages: Made while they are written; if that fails, nothing of the document is kept,
                and others can be written.

        Returns:
            How many passages there were.
        """
        self._connection.commit()
        with self._connection:
            count = self._add(self._next_row, document, stamp, passages)
        self._next_row += 1
        return count

    def _add(
        self, row: int, document: Document, stamp: DocumentStamp, passages: Iterable[Passage]
    ) -> int:
        self._connection.execute(
            "INSERT INTO added.documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row,
                document.id,
                document.title,
                document.sha256,
                document.modified.isoformat(),
                document.dated.isoformat() if document.dated else None,
                document.source,
                document.language,
                document.unread,
                stamp.size,
                stamp.mtime_ns,
            ),
        )
        self._connection.executemany(
            "INSERT INTO added.parts VALUES (?, ?, ?)",
            (
                (row, number, document.text[start : start + PART_CHARS])
                for number, start in enumerate(range(0, len(document.text), PART_CHARS))
            ),
        )
        self._connection.executemany(
            "INSERT INTO added.places VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    row,
                    place.start_char,
                    place.end_char,
                    place.kind,
                    place.name,
                    place.level,
                    place.line,
                    place.within,
                )
                for place in document.places
            ),
        )
        before = self._connection.total_changes
        self._connection.executemany(
            "INSERT INTO added.passages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    passage.id,
                    row,
                    text_sha256(passage.searched),
                    passage.start_char,
                    passage.end_char,
                    json.dumps(passage.sentences),
                    passage.text,
                    passage.context,
                    json.dumps(passage.code),
                )
                for passage in passages
            ),
        )
        return self._connection.total_changes - before

    def remove(self, document_id: str) -> None:
        """Take a document and its passages out."""
        (row,) = self._connection.execute(
            "SELECT row FROM present WHERE id = ?", (document_id,)
        ).fetchone()
        for name in ("main", "added"):
            self._connection.execute(
                f"INSERT INTO added.removed SELECT id FROM {name}.passages WHERE document_row = ?",  # noqa: S608 - our own names
                (row,),
            )
        for statement in (
            "DELETE FROM added.passages WHERE document_row = ?",
            "DELETE FROM added.parts WHERE document_row = ?",
            "DELETE FROM added.places WHERE document_row = ?",
            "DELETE FROM added.documents WHERE row = ?",
            "INSERT INTO added.gone SELECT row FROM main.documents WHERE row = ?",
        ):
            self._connection.execute(statement, (row,))

    def rename(self, names: Sequence[tuple[str, str]]) -> None:
        """Give documents other ids: pairs of the old one and the new one, which may swap."""
        renamed = []
        for old, new in names:
            row, _, title, *rest = self._connection.execute(
                "SELECT * FROM present WHERE id = ?", (old,)
            ).fetchone()
            was_named_after_file = title == PurePosixPath(old).name
            renamed.append(
                (row, new, PurePosixPath(new).name if was_named_after_file else title, *rest)
            )
        # All old names go before the first new one comes.
        self._connection.executemany(
            "DELETE FROM added.documents WHERE row = ?", [(row[0],) for row in renamed]
        )
        self._connection.executemany(
            "INSERT INTO added.documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", renamed
        )

    def note_source(self, document_id: str, source: str) -> None:
        """Write down where a document is fetched from now that was renamed."""
        self._connection.execute(
            "UPDATE added.documents SET source = ? WHERE id = ?", (source, document_id)
        )

    def restamp(self, stamps: Iterable[DocumentStamp]) -> None:
        """Write down that documents' files have other sizes or times, and the same content."""
        self._connection.executemany(
            "INSERT OR REPLACE INTO added.documents"
            " SELECT row, id, title, sha256, modified, dated, source, language, unread, ?, ?"
            " FROM present WHERE id = ?",
            [(stamp.size, stamp.mtime_ns, stamp.id) for stamp in stamps],
        )

    def commit(self) -> None:
        """Write out what was added."""
        self._connection.commit()

    def write_anew(self) -> None:
        """Write what both files say into one, its passages numbered without gaps, and close it."""
        self._connection.commit()
        fresh = self._first.with_suffix(".fresh")
        self._attach("fresh", fresh)
        self._connection.executescript(TABLES.format(name="fresh"))
        self._connection.executescript(_COPY)
        self._connection.commit()
        self._connection.close()
        self._path.unlink()
        fresh.replace(self._first)

    def close(self) -> None:
        """Close the files; what was not committed is lost."""
        self._connection.close()
