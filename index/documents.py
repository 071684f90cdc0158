"""
A folder of documents -> its files, and one file -> `Document`.

What a format makes of a file's bytes is in `index.formats`.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from io import BufferedReader
from pathlib import Path, PurePosixPath

from index.errors import DocumentError, NoDocumentsError
from index.formats import parse as parse_here
from index.formats.base import FORMATS, Parse, Place
from index.formats.dates import date_in_name
from index.provenance import LOCK_NAME, PROVENANCE_NAME

_FIRST_SUFFIXES, _LAST_SUFFIX = sorted(FORMATS)[:-1], max(FORMATS)
NOT_READ = f"only {', '.join(_FIRST_SUFFIXES)} and {_LAST_SUFFIX} files are read"
# The endings of files that have no title but their first line.
_UNTITLED = (".txt",)

# A document is held in memory whole, as its bytes and as its text. What is larger is data, or has a
# hole in it.
MAX_FILE_BYTES = 500_000_000
# Times are kept between 1677 and 2262, which SQLite can count in nanoseconds; disks hold others.
_MOST_NS = 2**63 - 1
# A file that is being written is read again so often, then left for the next build.
_READINGS = 3

_HIDDEN = "names that begin with a dot are hidden"
_LINK = "it is a link, and links are not followed"
_NOT_REGULAR = "it is not a regular file"
# What opening a link says. Of a link in the place of a folder, it says that it is no folder.
_REPLACED = {errno.ELOOP: _LINK, errno.ENOTDIR: "its folder has become a link, or is gone"}


@dataclass(frozen=True, slots=True)
class Document:
    """One source text as loaded."""

    id: str
    """Path relative to the documents folder, with forward slashes."""
    title: str
    text: str
    """Newlines are `\\n`; all offsets count characters of this text."""
    sha256: str
    """The hash of the file's bytes."""
    modified: datetime
    """The file's time of last change, UTC. Not a date of the document: a copy resets it."""
    dated: date | None = None
    """The date that the document states for itself; else that in its file's name."""
    places: tuple[Place, ...] = ()
    """In order of `start_char`, without overlap."""
    headings: tuple[Place, ...] = ()
    """Those that are no places, in order of `start_char`. Here only until the document is split,
    and empty where it comes from an index."""
    code: tuple[tuple[int, int], ...] = ()
    """Start and end of each piece that is marked as code within a line, and of each block, in
    order. Here only until the document is split, and empty where it comes from an index."""
    source: str | None = None
    """The address that it was fetched from."""
    language: str | None = None
    """The English name of the language that it is in; None if that may be English."""
    unread: str | None = None
    """Which of its pages were left out, such as "pages 2-5"."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that should become a document."""

    id: str
    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not become a document, and why."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Unseen(Failure):
    """A folder or file that should be looked at and can't be."""


@dataclass(frozen=True, slots=True)
class Listing:
    """What a documents folder holds."""

    folder: str
    """As an absolute path, in which escapes stand for what is not UTF-8."""
    files: tuple[SourceFile, ...]
    """In order of id."""
    skipped: tuple[Failure, ...]
    """Files that no loader takes, links, hidden files and folders, and names that can't be written
    down."""
    unseen: tuple[Failure, ...] = ()
    """Folders that can't be looked into, and files that can't be looked at."""


def list_documents(folder: Path, without: Path | None = None) -> Listing:
    """
    Walk a documents folder and its subfolders.

    Names that begin with a dot are left out, and folders of such names not looked into. Links are
    not followed.

    Args:
        folder: What to walk.
        without: A folder that is never listed, wherever it lies and by whichever way it is reached:
            the data folder, in which servers' own documents lie.

    Raises:
        NoDocumentsError: If `folder` does not exist, is no folder, can't be listed, or is `without`
            itself.
    """
    files: list[SourceFile] = []
    skipped: list[Failure] = []
    unseen: list[Failure] = []
    try:
        for found in _walk(folder, _identity(without)):
            if isinstance(found, SourceFile):
                files.append(found)
            elif isinstance(found, _Unseen):
                unseen.append(found)
            else:
                skipped.append(found)
    except FileNotFoundError as error:
        raise NoDocumentsError(
            f"{folder}: there is no such folder. Create it and put documents in, or name another."
        ) from error
    except NotADirectoryError as error:
        raise NoDocumentsError(
            f"{folder} is a file. Name the folder that holds the documents."
        ) from error
    except OSError as error:
        raise NoDocumentsError(f"{folder}: can't be listed ({error.strerror}).") from error
    return Listing(
        folder=_printable(str(folder.resolve())),
        files=tuple(sorted(files, key=lambda file: file.id)),
        skipped=tuple(sorted(skipped, key=lambda failure: failure.id)),
        unseen=tuple(sorted(unseen, key=lambda failure: failure.id)),
    )


def _identity(folder: Path | None) -> tuple[int, int] | None:
    """What tells a folder from every other, whatever its name is; none if there is no folder."""
    if folder is None:
        return None
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _walk(folder: Path, without: tuple[int, int] | None) -> Iterator[SourceFile | Failure]:
    if without is not None and _identity(folder) == without:
        raise NoDocumentsError(
            f"{folder} is where Quoth keeps its own data, which is never indexed. Name another "
            "folder of documents, or another one for the data."
        )
    # A stack, since folders may be nested deeper than calls.
    waiting = [("", folder)]
    while waiting:
        prefix, path = waiting.pop()
        try:
            entries = list(os.scandir(path))
        except OSError as error:
            if not prefix:
                raise
            yield _Unseen(prefix, f"it can't be listed ({error.strerror})")
            continue
        for entry in entries:
            document_id = prefix + entry.name
            printable = _printable(document_id)
            if document_id in {PROVENANCE_NAME, LOCK_NAME}:  # Quoth's own.
                continue
            if entry.name.startswith("."):
                yield Failure(printable, _HIDDEN)
            elif printable != document_id:
                yield Failure(printable, "its name is not UTF-8; rename it")
            elif entry.is_dir(follow_symlinks=False):
                if without is None or _identity(Path(entry.path)) != without:
                    waiting.append((f"{document_id}/", Path(entry.path)))
            else:
                yield _source_file(entry, document_id)


def _printable(path: str) -> str:
    """A path as it is written down: what is not UTF-8 in it is shown as escapes."""
    return path.encode("utf-8", "backslashreplace").decode()


def _source_file(entry: os.DirEntry[str], document_id: str) -> SourceFile | Failure:
    if entry.is_symlink():
        return Failure(document_id, _LINK)
    if not entry.is_file():
        return Failure(document_id, _NOT_REGULAR)
    if Path(entry.name).suffix.lower() not in FORMATS:
        return Failure(document_id, NOT_READ)
    try:
        found = entry.stat(follow_symlinks=False)
    except OSError as error:
        return _Unseen(document_id, _unreadable(error))
    return SourceFile(document_id, Path(entry.path), found.st_size, _kept_ns(found.st_mtime_ns))


def _kept_ns(mtime_ns: int) -> int:
    return max(-_MOST_NS, min(mtime_ns, _MOST_NS))


def load_document(file: SourceFile, parse: Parse = parse_here) -> Document:
    """
    Read one file.

    Args:
        file: As it was listed.
        parse: What reads the bytes.

    Raises:
        DocumentError: If it is empty or can't be read, is not what its suffix says, or holds no
            text.
    """
    content, modified = _read_at_rest(file)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        if not content:
            raise DocumentError("it is empty")
        loaded = parse(file.path.suffix.lower(), content)
        if not loaded.text or loaded.text.isspace():
            raise DocumentError("it holds no text")
    except DocumentError as error:
        error.sha256 = sha256
        raise
    return Document(
        id=file.id,
        title=loaded.title or file.path.name,
        text=loaded.text,
        sha256=sha256,
        modified=modified,
        dated=loaded.dated or date_in_name(file.path.stem),
        places=loaded.places,
        headings=loaded.headings,
        code=loaded.code,
        unread=loaded.unread,
    )


def _read_at_rest(file: SourceFile) -> tuple[bytes, datetime]:
    """The bytes of a file that nobody wrote to meanwhile, and its time of last change."""
    try:
        for _ in range(_READINGS):
            with open_source(file) as opened:
                before = os.fstat(opened.fileno())
                if before.st_size > MAX_FILE_BYTES:
                    raise DocumentError(_too_large(before.st_size))
                # One byte more, to see if it has grown; it may grow faster than it is read.
                content = opened.read(before.st_size + 1)
            after = file.path.lstat()
            if (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino) and len(
                content
            ) == after.st_size:
                return content, datetime.fromtimestamp(_kept_ns(after.st_mtime_ns) / 1e9, UTC)
    except OSError as error:
        raise DocumentError(_unreadable(error)) from error
    raise DocumentError("it changes while it is read; index again when it is complete")


def open_source(file: SourceFile) -> BufferedReader:
    """
    Open a file for reading, if it still is what was listed: a regular file in the folder.

    Somebody else may have put a link in its place since then, or in that of a folder above it, or a
    pipe that would be waited for; none of them is followed, or waited for.

    Raises:
        DocumentError: If it is no regular file any more.
        OSError: If it can't be opened.
    """
    descriptor = _open_below(file)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise DocumentError(_NOT_REGULAR)
    return os.fdopen(descriptor, "rb")


def _open_below(file: SourceFile) -> int:
    """Open a file on a way on which only the documents folder itself may be a link."""
    *folders, name = PurePosixPath(file.id).parts
    at = os.open(file.path.parents[len(folders)], os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            above, at = at, os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(above)
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    except OSError as error:
        if error.errno in _REPLACED:
            raise DocumentError(_REPLACED[error.errno]) from error
        raise
    finally:
        os.close(at)


def read_error(file: SourceFile) -> str | None:
    """The reason why a file's bytes can't be read, as `load_document` gives it."""
    try:
        open_source(file).close()
    except DocumentError as error:
        return str(error)
    except OSError as error:
        return _unreadable(error)
    return _too_large(file.size) if file.size > MAX_FILE_BYTES else None


def content_sha256(file: SourceFile) -> str | None:
    """The hash of a file's bytes; None if it can't be read, or is larger than a document may be."""
    if file.size > MAX_FILE_BYTES:
        return None
    try:
        with open_source(file) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except (OSError, DocumentError):
        return None


def _too_large(size: int) -> str:
    return f"it has {size / 1e6:,.0f} MB, and a document has {MAX_FILE_BYTES / 1e6:,.0f} at most"


def _unreadable(error: OSError) -> str:
    return f"it can't be read ({error.strerror})"


def has_title(title: str, document_id: str) -> bool:
    """Whether a document can be called by its title: a plain text's is its first line, no name."""
    return bool(title.strip()) and not document_id.lower().endswith(_UNTITLED)
