"""The documents that a server has added: files in its collection's folder, and their limits."""

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from index.documents import SourceFile, list_documents, load_document
from index.errors import NoDocumentsError
from index.files import fsync, link
from index.parsing import ParserProcess
from index.provenance import Fetched, note_fetched, read_provenance
from index.search_server import SearchServer

# The niceness of the process that reads a file to see what it is.
_NICENESS = 10
# Seconds of a core, less than in a build: somebody waits, and by the clock it may be ten times as
# long and a minute, or longer where others have the cores (`index.patience`), in which the server's
# documents can't be changed otherwise.
_CHECK_S = 20.0
# Names with a dot in front are no documents: what is left of a killed upload is never indexed.
_INCOMING = ".incoming-"
_BEFORE = ".before-"
_UNSETTLED = ".unsettled-"


@dataclass(frozen=True, slots=True)
class Before:
    """What had a document's name before it."""

    path: Path | None
    """The document under another name, to be put back or deleted; None if there was none."""
    fetched: Fetched | None
    """Where it was from."""
    note: Path
    """Where this stands until it is put back or deleted, for whoever goes on after a restart."""


class _Note(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    before: str | None
    fetched: Fetched | None


class _EnoughReadError(Exception):
    """A page of a scanned document has been read."""


class OwnDocuments:
    """One server's folder. Its methods read and write files, so none belongs in an event loop."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not exist yet."""
        self._folder = folder

    def names(self) -> list[str]:
        """The ids of all documents, in order."""
        return [file.id for file in self.files()]

    def sizes(self) -> dict[str, int]:
        """The bytes of each document, by its id."""
        return {file.id: file.size for file in self.files()}

    def is_another(self, name: str, url: str) -> bool:
        """Whether there is a document of this name that is not from this address."""
        fetched = read_provenance(self._folder).files.get(name)
        return (self._folder / name).exists() and (fetched is None or fetched.url != url)

    def files(self) -> tuple[SourceFile, ...]:
        """All documents, in order of their ids."""
        try:
            return list_documents(self._folder).files
        except NoDocumentsError:
            return ()

    def sweep(self) -> None:
        """Delete what a change that was cut short has left, but for what may yet be put back."""
        wanted = {path for _, before in self.unsettled() for path in (before.note, before.path)}
        for prefix in (_UNSETTLED, _INCOMING, _BEFORE):
            for leftover in self._folder.glob(f"{prefix}*"):
                if leftover not in wanted:
                    leftover.unlink(missing_ok=True)

    @contextmanager
    def incoming(self, name: str, content: bytes) -> Iterator[Path]:
        """
        Write a new document's bytes beside the others; it is gone when the block ends.

        Args:
            name: As `filenames.safe_name` gives it.
            content: All of it.

        Yields:
            Its path, for `check` and `keep`.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{_INCOMING}{secrets.token_hex(8)}{Path(name).suffix}"
        try:
            path.write_bytes(content)
            yield path
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def check(self, path: Path) -> None:
        """
        Read a document in a process of its own, to see that it is what its ending says.

        One page is read of a document that is scanned.

        Raises:
            DocumentError: If it can't be read.
        """
        stat = path.stat()

        def has_read_one() -> None:
            raise _EnoughReadError

        with (
            contextlib.suppress(_EnoughReadError),
            ParserProcess(_CHECK_S, niceness=_NICENESS, page_read=has_read_one) as parser,
        ):
            load_document(SourceFile(path.name, path, stat.st_size, stat.st_mtime_ns), parser.parse)

    def keep(self, path: Path, name: str, fetched: Fetched | None = None) -> Before:
        """
        Give a checked document its name, in place of an older document of that name.

        Wherever this is killed, one of the two has the name.

        Args:
            path: See `incoming`.
            name: The name that it gets.
            fetched: Where it is from, if it is a page of the web.

        Returns:
            The older document, for `settle` or `put_back`.

        Raises:
            OSError: If the disk refuses it; what had the name has it still.
        """
        target, token = self._folder / name, secrets.token_hex(8)
        older = self._folder / f"{_BEFORE}{token}" if target.exists() else None
        if older is not None:
            link(target, older)
        known = read_provenance(self._folder).files.get(name)
        note = self._folder / f"{_UNSETTLED}{token}"
        noted = _Note(name=name, before=older.name if older else None, fetched=known)
        note.write_text(noted.model_dump_json(), encoding="utf-8")
        fsync(note)
        fsync(path)
        before = Before(older, known, note)
        path.replace(target)
        try:
            fsync(self._folder)
            note_fetched(self._folder, name, fetched)
        except OSError:
            self.put_back(name, before)
            raise
        return before

    def settle(self, before: Before) -> None:
        """Delete the document that another has taken the place of."""
        before.note.unlink(missing_ok=True)
        if before.path is not None:
            before.path.unlink(missing_ok=True)

    def put_back(self, name: str, before: Before) -> None:
        """
        Undo `keep`: what had the name has it again, or nothing has.

        Raises:
            OSError: If that can't be done, as where another process has settled it.
        """
        target = self._folder / name
        if before.path is None:
            target.unlink(missing_ok=True)
        elif before.path.exists() or not before.note.exists():
            # With its note, it was put back already, by one that was killed then.
            before.path.replace(target)
        note_fetched(self._folder, name, before.fetched)
        fsync(self._folder)
        before.note.unlink(missing_ok=True)

    def unsettled(self) -> list[tuple[str, Before]]:
        """Each `keep` that was neither undone nor settled, by its name, the last one first."""
        found = []
        notes = self._folder.glob(f"{_UNSETTLED}*")
        for path in sorted(notes, key=lambda note: -note.stat().st_mtime_ns):
            # One that was not written to its end was not followed by a change.
            with contextlib.suppress(ValidationError):
                note = _Note.model_validate_json(path.read_bytes())
                before = self._folder / note.before if note.before is not None else None
                found.append((note.name, Before(before, note.fetched, path)))
        return found

    def remove(self, name: str) -> bool:
        """
        Delete a document.

        Args:
            name: As listed; any other names nothing, so that it can't lead out of the folder.

        Returns:
            Whether there was one.

        Raises:
            OSError: If the disk refuses it.
            ProvenanceError: If what is noted of fetched documents can't be used: no index could be
                made without the document then.
        """
        read_provenance(self._folder)
        # Nothing is put back under a name that was removed.
        for kept, before in self.unsettled():
            if kept == name:
                self.settle(before)
        for file in self.files():
            if file.id == name:
                file.path.unlink()
                fsync(file.path.parent)
                # Last, as it alone takes room. Where a file is from that is gone misleads nobody,
                # and whatever gets its name next is noted anew.
                with contextlib.suppress(OSError):
                    note_fetched(self._folder, name, None)
                return True
        return False


def delete_collection(folder: Path, server: SearchServer | None = None) -> None:
    """
    Delete a collection: its documents and its index.

    Args:
        folder: The folder of the collection.
        server: Where it is searched, if that is not in its own files.

    Raises:
        OSError: If something of it remains.
        SearchServerError: If it may remain on the server.
    """
    if folder.exists():
        # Without this name nothing is answered from it any more, even if the rest is cut short.
        (folder / "CURRENT").unlink(missing_ok=True)
        shutil.rmtree(folder)
    if server is not None:
        server.keep(folder.name, ())
