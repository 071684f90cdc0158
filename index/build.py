"""A folder of documents -> a new generation, in which only new text is encoded."""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from index.documents import Document, Failure, Listing, SourceFile, list_documents, load_document
from index.encoder import Encoder, Vectors
from index.errors import BuildError, DocumentError, IndexingError, NoDocumentsError
from index.lexical import write_lexical
from index.passages import Splitting, split
from index.store import (
    FORMAT_VERSION,
    LEXICAL_NAME,
    TEXTS_NAME,
    VECTORS_NAME,
    Collection,
    DocumentStamp,
    EncoderStamp,
    FailureStamp,
    Manifest,
    SplittingStamp,
    stamp_files,
)
from index.texts import Texts, TextWriter
from index.vector_cache import VectorCache
from index.vectors import write_vectors

# Texts encoded between two writes to the vector cache: what a killed build loses at most.
_ENCODED_AT_ONCE = 1_024
# Files that an error names; the others it counts.
_NAMED = 3


class Reporter(Protocol):
    """Hears how a build goes."""

    def waiting(self, holder: str) -> None:
        """Another build holds the lock; this one waits for it."""
        ...

    def stage(self, name: str, total: int) -> None:
        """A stage of `total` steps begins: "read" counts documents, "encode" passages."""
        ...

    def advance(self, steps: int) -> None:
        """So many more steps of the stage are done."""
        ...


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: str
    published: bool
    """False where nothing had changed and the generation before is still the one."""
    documents: int
    passages: int
    encoded: int
    """Passages whose vectors were made now."""
    reused: int
    """Passages whose vectors were there."""
    failures: tuple[Failure, ...]
    """Files that should have become documents and did not."""
    skipped: tuple[Failure, ...]
    """Files that are not read at all."""
    seconds: float


def build(
    collection: Collection,
    documents: Path,
    *,
    open_encoder: Callable[[], Encoder],
    vectors: Path,
    splitting: Splitting,
    reporter: Reporter,
) -> BuildReport:
    """
    Index a folder and publish the result, unless what is published says the same.

    A file that can't be read is named in the report, and the others are indexed.

    Args:
        collection: Where the generation is published.
        documents: The folder to index.
        open_encoder: Called when the lock is held.
        vectors: The folder of vector caches, one subfolder per encoder hash.
        splitting: The limits of a passage.
        reporter: Told of progress.

    Raises:
        NoDocumentsError: If no document could be read; nothing is published.
        EncoderError: If the encoder can't be loaded.
        BuildError: If something can't be written. What was served before still is.
    """
    started = time.perf_counter()
    listing = list_documents(documents)
    if not listing.files:
        raise _no_documents(documents, listing.skipped)
    try:
        with collection.locked(reporter.waiting):
            encoder = open_encoder()
            made_by = EncoderStamp(name=encoder.name, sha256=encoder.sha256, dim=encoder.dim)
            made_with = SplittingStamp(**asdict(splitting))
            manifest = _sound_manifest(collection)
            published = (
                manifest is None
                or manifest.encoder != made_by
                or manifest.splitting != made_with
                or not is_up_to_date(manifest, documents)
            )
            encoded = 0
            if manifest is None or published:
                with (
                    closing(VectorCache(vectors / encoder.sha256, encoder.dim)) as cache,
                    collection.writing() as (generation, folder),
                ):
                    stamps, failures = _write_texts(
                        folder / TEXTS_NAME, listing, splitting, encoder, reporter
                    )
                    if not stamps:
                        raise _no_documents(documents, [*failures, *listing.skipped])
                    with closing(Texts(folder / TEXTS_NAME)) as texts:
                        encoded = _encode_missing(texts, cache, encoder, reporter)
                        _write_indexes(folder, texts, cache, encoder.dim)
                        passages = texts.passage_count
                    manifest = Manifest(
                        format_version=FORMAT_VERSION,
                        generation=generation,
                        created=datetime.now(UTC),
                        encoder=made_by,
                        splitting=made_with,
                        documents=tuple(stamps),
                        failures=tuple(failures),
                        passages=passages,
                        files=stamp_files(folder),
                    )
                    collection.publish(folder, manifest)
    except IndexingError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise BuildError(
            f"{collection.folder}: the index can't be written ({error}). Nothing was changed; "
            "free some space or choose another data folder, then index again."
        ) from error
    return BuildReport(
        generation=manifest.generation,
        published=published,
        documents=len(manifest.documents),
        passages=manifest.passages,
        encoded=encoded,
        reused=manifest.passages - encoded,
        failures=tuple(Failure(failure.id, failure.reason) for failure in manifest.failures),
        skipped=listing.skipped,
        seconds=time.perf_counter() - started,
    )


def _sound_manifest(collection: Collection) -> Manifest | None:
    """The manifest of what is published, if all of it can be opened."""
    try:
        with closing(collection.open()) as generation:
            return generation.manifest
    except IndexingError:
        return None


def _no_documents(folder: Path, unread: Sequence[FailureStamp | Failure]) -> NoDocumentsError:
    if not unread:
        return NoDocumentsError(f"{folder} holds no documents. Put .txt or .md files there.")
    named = "; ".join(f"{failure.id}: {failure.reason}" for failure in unread[:_NAMED])
    more = f"; and {len(unread) - _NAMED:,} more" if len(unread) > _NAMED else ""
    return NoDocumentsError(f"{folder}: no document could be read ({named}{more}).")


def _write_texts(
    path: Path, listing: Listing, splitting: Splitting, encoder: Encoder, reporter: Reporter
) -> tuple[list[DocumentStamp], list[FailureStamp]]:
    stamps: list[DocumentStamp] = []
    failures: list[FailureStamp] = []
    next_id = 0
    reporter.stage("read", len(listing.files))
    with closing(TextWriter(path)) as writer:
        for file in listing.files:
            loaded = _load(file)
            if isinstance(loaded, Document):
                passages = split(loaded, splitting, encoder.token_offsets, next_id)
                next_id += writer.add(loaded, passages)
                stamps.append(
                    DocumentStamp(
                        id=file.id, sha256=loaded.sha256, size=file.size, mtime_ns=file.mtime_ns
                    )
                )
            else:
                failures.append(
                    FailureStamp(id=file.id, reason=loaded, size=file.size, mtime_ns=file.mtime_ns)
                )
            reporter.advance(1)
        writer.commit()
    return stamps, failures


def _load(file: SourceFile) -> Document | str:
    """The document, or the reason why there is none."""
    try:
        return load_document(file)
    except DocumentError as error:
        return str(error)


def _encode_missing(texts: Texts, cache: VectorCache, encoder: Encoder, reporter: Reporter) -> int:
    """Bring the vector of every passage into the cache; return how many had to be made."""
    total = sum(len(cache.missing(key for key, _ in batch)) for batch in texts.keyed_texts())
    reporter.stage("encode", total)
    if total == 0:
        return 0
    encoded = 0
    waiting: dict[bytes, str] = {}

    def encode() -> int:
        vectors = encoder.encode(list(waiting.values()), reporter.advance)
        cache.add(list(waiting), vectors)
        count = len(waiting)
        waiting.clear()
        return count

    for batch in texts.keyed_texts():
        missing = cache.missing(key for key, _ in batch)
        waiting |= {key: text for key, text in batch if key in missing}
        if len(waiting) >= _ENCODED_AT_ONCE:
            encoded += encode()
    return encoded + encode() if waiting else encoded


def _write_indexes(folder: Path, texts: Texts, cache: VectorCache, dim: int) -> None:
    def batches() -> Iterator[Vectors]:
        for batch in texts.keyed_texts():
            yield cache.vectors([key for key, _ in batch])

    write_vectors(folder / VECTORS_NAME, dim, batches())
    lexical = folder / LEXICAL_NAME
    lexical.mkdir()
    write_lexical(lexical, (text for batch in texts.keyed_texts() for _, text in batch))


def is_up_to_date(manifest: Manifest, documents: Path) -> bool:
    """
    Tell whether a generation still says what its folder says.

    A file whose size and time of change are as recorded is taken as unchanged; of others the
    content is compared.

    Raises:
        NoDocumentsError: If the folder is gone.
    """
    files = {file.id: file for file in list_documents(documents).files}
    stamps: tuple[DocumentStamp | FailureStamp, ...] = (*manifest.documents, *manifest.failures)
    known = {stamp.id: stamp for stamp in stamps}
    return files.keys() == known.keys() and all(
        _is_unchanged(files[name], stamp) for name, stamp in known.items()
    )


def _is_unchanged(file: SourceFile, stamp: DocumentStamp | FailureStamp) -> bool:
    if (file.size, file.mtime_ns) == (stamp.size, stamp.mtime_ns):
        return True
    loaded = _load(file)
    if isinstance(stamp, FailureStamp):
        return loaded == stamp.reason
    return isinstance(loaded, Document) and loaded.sha256 == stamp.sha256
