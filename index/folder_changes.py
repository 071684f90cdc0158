"""What happened to a folder of documents since a generation was made."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path, PurePosixPath

from index.documents import Listing, SourceFile, content_sha256, list_documents, read_error
from index.formats.dates import date_in_name
from index.manifest import DocumentStamp, FailureStamp

# A file written again within the clock's tick keeps its size and time; one that was written no
# longer than this before the build's beginning is compared by its content.
_RACY_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class MadeOf:
    """The files that a generation was made of."""

    folder: str
    """As an absolute path."""
    created: datetime
    """When the build began to look at them."""
    documents: Mapping[str, DocumentStamp]
    failures: Mapping[str, FailureStamp]


@dataclass(frozen=True, slots=True)
class Rename:
    """A document that has another id than before, and the same content."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FolderChanges:
    """The ids of documents that are not as they were, each in order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[Rename, ...]
    failed: tuple[str, ...] = ()
    """Those of the added and changed documents that could not be read."""

    def __bool__(self) -> bool:
        """Whether any document is not as it was."""
        return bool(self.added or self.changed or self.removed or self.renamed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a folder differs from what a generation was made of."""

    changes: FolderChanges
    to_read: tuple[SourceFile, ...]
    """Files that were added or changed."""
    touched: tuple[DocumentStamp, ...]
    """Stamps, with their present ids, of documents whose content is as it was and whose size or
    time is not."""
    kept_failures: tuple[FailureStamp, ...]
    """Stamps of files that could not be read before, and are as they were."""


def compare(listing: Listing, made: MadeOf | None) -> Comparison:
    """
    Compare a folder with what a generation was made of.

    A file of the same folder whose size and time of change are as recorded is taken as unchanged,
    unless it may have been written while the generation was made; of others the content is
    compared. A new file with the content of one that is gone, and with a name of the same suffix
    and date, is that one, renamed.

    Args:
        listing: The folder now.
        made: What the generation was made of; None compares with an empty one.
    """
    documents = made.documents if made else {}
    failures = made.failures if made else {}
    trusted_ns = 0
    if made is not None and made.folder == listing.folder:
        trusted_ns = int(made.created.timestamp() * 1e9) - _RACY_NS
    present = {file.id for file in listing.files}
    gone: defaultdict[tuple[object, ...], list[DocumentStamp]] = defaultdict(list)
    for stamp in documents.values():
        if stamp.id not in present:
            gone[_read_of_name(stamp.id), stamp.sha256].append(stamp)
    added: list[str] = []
    changed: list[str] = []
    renamed: list[Rename] = []
    to_read: list[SourceFile] = []
    touched: list[DocumentStamp] = []
    kept_failures: list[FailureStamp] = []
    for file in listing.files:
        document, failure = documents.get(file.id), failures.get(file.id)
        if document is not None and _is_unchanged(file, document, trusted_ns):
            touched += _if_touched(file, document)
        elif failure is not None and _fails_as_before(file, failure, trusted_ns):
            kept_failures.append(failure)
        elif document is not None or failure is not None:
            changed.append(file.id)
            to_read.append(file)
        elif gone and (same := gone.get((_read_of_name(file.id), content_sha256(file) or ""))):
            stamp = same.pop()
            renamed.append(Rename(stamp.id, file.id))
            touched += _if_touched(file, stamp)
        else:
            added.append(file.id)
            to_read.append(file)
    was_renamed = {rename.old for rename in renamed}
    removed = (documents.keys() | failures.keys()) - present - was_renamed
    return Comparison(
        FolderChanges(tuple(added), tuple(changed), tuple(sorted(removed)), tuple(renamed)),
        tuple(to_read),
        tuple(touched),
        tuple(kept_failures),
    )


def is_up_to_date(made: MadeOf, documents: Path, *, without: Path | None) -> bool:
    """
    Tell whether a generation still says what its folder says; see `compare`.

    Args:
        made: What the generation was made of.
        documents: The folder.
        without: See `list_documents`.

    Raises:
        NoDocumentsError: If the folder is gone.
    """
    return says_the_same(made, list_documents(documents, without))


def says_the_same(made: MadeOf, listing: Listing) -> bool:
    """Tell whether a generation still says what its folder says, which was listed."""
    return made.folder == listing.folder and not compare(listing, made).changes


def _read_of_name(document_id: str) -> tuple[str, date | None]:
    """What the name of a document tells of it: its ending, and its date."""
    path = PurePosixPath(document_id)
    return path.suffix.lower(), date_in_name(path.stem)


def _if_touched(file: SourceFile, stamp: DocumentStamp) -> list[DocumentStamp]:
    if (file.size, file.mtime_ns) == (stamp.size, stamp.mtime_ns):
        return []
    return [DocumentStamp(file.id, stamp.sha256, file.size, file.mtime_ns)]


def _is_unchanged(file: SourceFile, stamp: DocumentStamp, trusted_ns: int) -> bool:
    if _has_stamp(file, stamp, trusted_ns):
        return True
    return file.size == stamp.size and content_sha256(file) == stamp.sha256


def _fails_as_before(file: SourceFile, stamp: FailureStamp, trusted_ns: int) -> bool:
    if stamp.sha256 is None:
        # It could not be opened, which permissions can change and its time does not show.
        return read_error(file) == stamp.reason
    return _has_stamp(file, stamp, trusted_ns) or content_sha256(file) == stamp.sha256


def _has_stamp(file: SourceFile, stamp: DocumentStamp | FailureStamp, trusted_ns: int) -> bool:
    return (file.size, file.mtime_ns) == (stamp.size, stamp.mtime_ns) and (
        file.mtime_ns < trusted_ns or _written_ns(file) < trusted_ns
    )


def _written_ns(file: SourceFile) -> int:
    """When a file was written here, at the latest, whatever time it was given then."""
    try:
        return file.path.lstat().st_ctime_ns
    except OSError:
        return file.mtime_ns
