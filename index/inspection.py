"""What is in an index, and whether it is sound: for people who look after it."""

from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from index.documents import Failure
from index.errors import IndexDamagedError, NoDocumentsError
from index.folder_changes import is_up_to_date
from index.generation import LocalGeneration
from index.manifest import MANIFEST_NAME, TEXTS_NAME, VECTORS_NAME, Foreign, Unread
from index.store import Collection

# An approximate index keeps vectors in half precision, which moves their length by so much.
_LENGTH_TOLERANCE = 2e-3


@dataclass(frozen=True, slots=True)
class Status:
    """A collection's index."""

    generation: str
    created: datetime
    """When its build began."""
    finished: datetime
    held: bool
    """Whether a person went back to this generation, and builds wait for them."""
    up_to_date: bool | None
    """Whether it says what the documents say; none if their folder is gone."""
    documents: int
    passages: int
    failures: tuple[Failure, ...]
    foreign: tuple[Foreign, ...]
    """Languages of documents that are read badly."""
    unread: Unread | None
    """Pages that were left out; none if none were."""
    encoder: str
    size_bytes: int
    """The size of this generation's files; files that it shares with others are counted in full."""
    generations: tuple[str, ...]
    """All that are kept, oldest first."""


def status(collection: Collection, documents: Path, *, without: Path | None) -> Status:
    """
    Describe what is being served.

    Args:
        collection: Where it is.
        documents: What it was made of.
        without: See `index.documents.list_documents`.

    Raises:
        IndexingError: If nothing is, or it can't be read.
    """
    manifest = collection.manifest()
    up_to_date = None
    with suppress(NoDocumentsError):
        up_to_date = is_up_to_date(collection.made_of(), documents, without=without)
    return Status(
        generation=manifest.generation,
        created=manifest.created,
        finished=manifest.finished,
        held=collection.is_held(),
        up_to_date=up_to_date,
        documents=manifest.documents,
        passages=manifest.passages,
        failures=tuple(Failure(failure.id, failure.reason) for failure in manifest.failures),
        foreign=manifest.foreign,
        unread=manifest.unread,
        encoder=manifest.encoder.name,
        size_bytes=sum(stamp.size for stamp in manifest.files.values()),
        generations=tuple(collection.generations.ids()),
    )


def verify(collection: Collection) -> LocalGeneration:
    """
    Check all that can be checked of what is being served, and return it, closed.

    Checksums and counts; every passage equal to its slice of its document; every vector of unit
    length.

    Raises:
        IndexingError: If nothing is being served.
        IndexDamagedError: At the first fault.
    """
    with closing(collection.open_files(verify=True)) as generation:
        _check_counts(generation)
        _check_passages(generation)
        _check_vectors(generation)
        return generation


def _check_counts(generation: LocalGeneration) -> None:
    manifest = generation.manifest
    found = generation.texts.count()
    if found != (manifest.documents, manifest.passages):
        raise IndexDamagedError(
            f"{generation.folder / TEXTS_NAME}: holds {found[0]:,} documents and {found[1]:,} "
            f"passages, but {MANIFEST_NAME} says {manifest.documents:,} and {manifest.passages:,}."
        )


def _check_passages(generation: LocalGeneration) -> None:
    for document, passages in generation.texts.documents_with_passages():
        for passage in passages:
            if document.text[passage.start_char : passage.end_char] != passage.text:
                raise IndexDamagedError(
                    f"{generation.folder / TEXTS_NAME}: passage {passage.id} is not what stands in "
                    f"{document.id}, characters {passage.start_char}-{passage.end_char}."
                )


def _check_vectors(generation: LocalGeneration) -> None:
    for ids in generation.texts.ids():
        for passage_id in generation.texts.keys(ids):
            length = float(np.linalg.norm(generation.vectors.vector(passage_id)))
            if abs(length - 1) > _LENGTH_TOLERANCE:
                raise IndexDamagedError(
                    f"{generation.folder / VECTORS_NAME}: the vector of passage {passage_id} has "
                    f"length {length:.4f}, not 1."
                )
