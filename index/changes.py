"""What happened to a folder of documents since a generation was made."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath

from index.documents import Listing, SourceFile, read_error
from index.store import DocumentStamp, FailureStamp, Manifest

# A file written again within the clock's tick keeps its size and time; one whose last change is
# this near to the build's beginning is compared by its content.
_RACY_NS = 2_000_000_000


@dataclass(frozen=True, slots=True)
class Rename:
    """A document that has another id than before, and the same content."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Changes:
    """The ids of documents that are not as they were, each in order."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[Rename, ...]
    failed: tuple[str, ...] = ()
    """Of the added and changed, those that could not be read."""

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.added or self.changed or self.removed or self.renamed)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A folder beside a generation."""

    changes: Changes
    to_read: tuple[SourceFile, ...]
    """Files that were added or changed."""
    kept: tuple[DocumentStamp, ...]
    """Of the documents whose content is as it was, with their present ids."""
    kept_failures: tuple[FailureStamp, ...]
    """Of the files that could not be read and are as they were."""


def compare(listing: Listing, manifest: Manifest | None) -> Comparison:
    """
    Compare a folder with what a generation was made of.

    A file of the same folder whose size and time of change are as recorded is taken as unchanged;
    of others the content is compared. A new file with the content and suffix of one that is gone is
    that one, renamed.

    Args:
        listing: The folder now.
        manifest: Of the generation; None compares with an empty one.
    """
    documents = {stamp.id: stamp for stamp in manifest.documents} if manifest else {}
    failures = {stamp.id: stamp for stamp in manifest.failures} if manifest else {}
    trusted_ns = 0
    if manifest is not None and manifest.folder == listing.folder:
        trusted_ns = int(manifest.created.timestamp() * 1e9) - _RACY_NS
    present = {file.id for file in listing.files}
    gone: defaultdict[tuple[str, str], list[DocumentStamp]] = defaultdict(list)
    for stamp in documents.values():
        if stamp.id not in present:
            gone[_suffix(stamp.id), stamp.sha256].append(stamp)
    added: list[str] = []
    changed: list[str] = []
    renamed: list[Rename] = []
    to_read: list[SourceFile] = []
    kept: list[DocumentStamp] = []
    kept_failures: list[FailureStamp] = []
    for file in listing.files:
        document, failure = documents.get(file.id), failures.get(file.id)
        if document is not None and _is_unchanged(file, document, trusted_ns):
            kept.append(_restamped(file, document))
        elif failure is not None and _fails_as_before(file, failure, trusted_ns):
            kept_failures.append(failure)
        elif document is not None or failure is not None:
            changed.append(file.id)
            to_read.append(file)
        elif gone and (same := gone.get((_suffix(file.id), _sha256(file) or ""))):
            stamp = same.pop()
            renamed.append(Rename(stamp.id, file.id))
            kept.append(_restamped(file, stamp))
        else:
            added.append(file.id)
            to_read.append(file)
    was_renamed = {rename.old for rename in renamed}
    removed = (documents.keys() | failures.keys()) - present - was_renamed
    return Comparison(
        Changes(tuple(added), tuple(changed), tuple(sorted(removed)), tuple(renamed)),
        tuple(to_read),
        tuple(kept),
        tuple(kept_failures),
    )


def _suffix(document_id: str) -> str:
    return PurePosixPath(document_id).suffix.lower()


def _restamped(file: SourceFile, stamp: DocumentStamp) -> DocumentStamp:
    return DocumentStamp(id=file.id, sha256=stamp.sha256, size=file.size, mtime_ns=file.mtime_ns)


def _is_unchanged(file: SourceFile, stamp: DocumentStamp, trusted_ns: int) -> bool:
    if _has_stamp(file, stamp, trusted_ns):
        return True
    return file.size == stamp.size and _sha256(file) == stamp.sha256


def _fails_as_before(file: SourceFile, stamp: FailureStamp, trusted_ns: int) -> bool:
    if stamp.sha256 is None:
        # It could not be opened, which permissions can change and its time does not show.
        return read_error(file) == stamp.reason
    return _has_stamp(file, stamp, trusted_ns) or _sha256(file) == stamp.sha256


def _has_stamp(file: SourceFile, stamp: DocumentStamp | FailureStamp, trusted_ns: int) -> bool:
    return (file.size, file.mtime_ns) == (stamp.size, stamp.mtime_ns) and (
        file.mtime_ns < trusted_ns
    )


def _sha256(file: SourceFile) -> str | None:
    try:
        with file.path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return None
