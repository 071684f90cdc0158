"""What a backup holds: the names of its files, and the manifest with their checksums."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.collection_names import COLLECTION_NAME
from bot.settings import CALIBRATION_NAME, COLLECTIONS_NAME, READERS_NAME, RECORDS_NAME
from index.provenance import PROVENANCE_NAME

FORMAT_VERSION: Final = 1
MANIFEST_NAME = "manifest.json"
DOCUMENTS_NAME = "documents"
# The records, and SQLite's own files beside them.
RECORDS_NAMES = tuple(f"{RECORDS_NAME}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))

# In the year 2262; disks hold later times.
MAX_MTIME_NS = 2**63 - 1

_READER_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
# What this file system and nearly all others take.
_MAX_PART_BYTES = 255


class FileEntry(BaseModel):
    """A file of a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    size: int = Field(ge=0)
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    mtime_ns: int = Field(ge=0, le=MAX_MTIME_NS)
    """When it was last changed, as nearly as that can be written down."""


class BackupManifest(BaseModel):
    """What is known of a backup."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: Literal[1]
    quoth: str
    """The version that wrote it."""
    created: datetime
    files: dict[str, FileEntry]
    """Each file by its name below the data folder, with slashes."""

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(entry.size for entry in self.files.values())


def collection_of(name: str) -> str | None:
    """The collection whose document a file is, if it is one."""
    parts = name.split("/")
    is_document = (
        len(parts) > 3  # noqa: PLR2004 - collections/NAME/documents/FILE
        and parts[0] == COLLECTIONS_NAME
        and parts[2] == DOCUMENTS_NAME
        and COLLECTION_NAME.fullmatch(parts[1]) is not None
    )
    return parts[1] if is_document else None


def collections_of(names: Iterable[str]) -> list[str]:
    """The collections that have documents among some files, in order."""
    return sorted({name for name in map(collection_of, names) if name is not None})


def belongs(name: str) -> bool:
    """Whether a backup may hold a file of this name; none that may leads out of the data folder."""
    parts = name.split("/")
    # Where documents were fetched from stands right among them.
    of_documents = collection_of(name) is not None and parts[3:] == [PROVENANCE_NAME]
    if not all(map(_is_plain, parts[:3] if of_documents else parts)):
        return False
    if name in {RECORDS_NAME, CALIBRATION_NAME} or collection_of(name) is not None:
        return True
    return parts[0] == READERS_NAME and len(parts) > 1 and bool(_READER_FILE.fullmatch(parts[1]))


def _is_plain(part: str) -> bool:
    # A dot begins what is half written, and the two names that lead elsewhere.
    if not part or part.startswith(".") or "\0" in part or "\\" in part:
        return False
    try:
        return len(part.encode()) <= _MAX_PART_BYTES
    except UnicodeEncodeError:
        return False
