"""What a generation is made of, written down beside it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from index.errors import IndexDamagedError, IndexFormatError
from index.exporting import Precision
from index.files import FileStamp, Stamp

# Counts changes of the files, and of what loaders and the splitter make of the same document.
FORMAT_VERSION = 30

MANIFEST_NAME = "manifest.json"
TEXTS_NAME = "passages.sqlite"
ADDED_TEXTS_NAME = "passages.added.sqlite"
VECTORS_NAME = "vectors.faiss"
ADDED_VECTORS_NAME = "vectors.added.faiss"
LEXICAL_NAME = "lexical"


class EncoderStamp(Stamp):
    """Which encoder made the vectors."""

    name: str
    sha256: str
    dim: int
    precision: Precision

    @property
    def cache_name(self) -> str:
        """What the cache of its vectors is called: vectors of two precisions are not mixed."""
        return f"{self.sha256}-{self.precision}"


class SplittingStamp(Stamp):
    """How the documents were split."""

    max_tokens: int
    max_chars: int


@dataclass(frozen=True, slots=True)
class DocumentStamp:
    """A file as it was when it was read."""

    id: str
    sha256: str
    size: int
    mtime_ns: int


class FailureStamp(Stamp):
    """A file that did not become a document, as it was then."""

    id: str
    reason: str
    size: int
    mtime_ns: int
    sha256: str | None = None
    """None if its bytes could not be read."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Documents that are surely not in English."""

    language: str
    documents: int
    example: str
    """The id of one of them."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Pages of documents that were left out, since they are pictures that nothing here reads."""

    documents: int
    """How many have such pages."""
    named: tuple[tuple[str, str], ...]
    """The ids of the first of them, each with its pages, such as "pages 2-5"."""


class Manifest(Stamp):
    """How a generation was made, and what it consists of; its size does not grow with that."""

    format_version: int
    generation: str
    created: datetime
    """When the build began; it had not looked at the documents yet."""
    finished: datetime
    """When the build had written all else."""
    encoder: EncoderStamp
    splitting: SplittingStamp
    folder: str
    """The documents folder, as an absolute path."""
    documents: int
    """How many; what they were is in the texts (`Texts.stamps`)."""
    failures: tuple[FailureStamp, ...]
    foreign: tuple[Foreign, ...] = ()
    """The languages that are read badly, those of most documents first."""
    unread: Unread | None = None
    passages: int
    files: dict[str, FileStamp]
    """Each file but the manifest, by its path in the generation's folder."""


class _Written(Stamp):
    """The manifest's file."""

    format_version: int
    sha256: str
    """The hash of the manifest as it is written here, which nothing else has a checksum of."""
    manifest: Manifest


class _Version(BaseModel):
    """The part of every manifest's file, whatever its version."""

    format_version: int


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """
    Write the manifest of a generation.

    Raises:
        OSError: If it can't be written.
    """
    written = _Written(
        format_version=manifest.format_version, sha256=_sha256(manifest), manifest=manifest
    )
    (folder / MANIFEST_NAME).write_text(written.model_dump_json(indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """
    Read the manifest of a generation.

    Raises:
        IndexFormatError: If it has another format version.
        IndexDamagedError: If it is missing, is no manifest, or was changed after it was written.
    """
    path = folder / MANIFEST_NAME
    try:
        content = path.read_bytes()
        version = _Version.model_validate_json(content).format_version
        if version != FORMAT_VERSION:
            raise IndexFormatError(
                f"{path}: has format version {version}, this Quoth reads {FORMAT_VERSION}."
            )
        written = _Written.model_validate_json(content)
    except OSError as error:
        raise IndexDamagedError(f"{path}: can't be read ({error.strerror}).") from error
    except ValidationError as error:
        raise IndexDamagedError(
            f"{path}: is no manifest ({error.error_count()} faults, "
            f"the first: {error.errors()[0]['msg']})."
        ) from error
    if written.sha256 != _sha256(written.manifest):
        raise IndexDamagedError(f"{path}: was changed after it was written (checksum).")
    return written.manifest


def _sha256(manifest: Manifest) -> str:
    return hashlib.sha256(manifest.model_dump_json().encode()).hexdigest()
