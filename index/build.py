"""
A folder of documents -> a new generation.

What did not change is taken over from the generation before: documents are not read again,
passages keep their vectors, and the files of its index are shared while the changes are few.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from index.changes import Changes, Comparison, compare
from index.documents import Document, Failure, Parse, SourceFile, list_documents, load_document
from index.encoder import Encoder, Vectors
from index.errors import BuildError, DocumentError, IndexingError, NoDocumentsError
from index.files import link
from index.lexical import extend_lexical, write_lexical
from index.parsing import ParserProcess
from index.passages import Splitting, split
from index.store import (
    ADDED_VECTORS_NAME,
    FORMAT_VERSION,
    LEXICAL_NAME,
    TEXTS_NAME,
    VECTORS_NAME,
    Collection,
    DocumentStamp,
    EncoderStamp,
    FailureStamp,
    Generation,
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
# Passages beside the main vectors are searched one by one: at this many it takes about 3 ms.
_MAX_ADDED_PASSAGES = 20_000
# Passages that went still cost space and time until everything is written anew.
_MAX_REMOVED_SHARE = 0.2


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
    changes: Changes
    """Since the generation before; since nothing, where none could be built upon."""
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
    rebuild: bool = False,
    may_be_empty: bool = False,
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
        rebuild: Read and encode everything, whatever is there.
        may_be_empty: Publish an index without documents where there are none, instead of serving
            those that are gone.

    Raises:
        NoDocumentsError: If the folder is missing, or no document could be read and `may_be_empty`
            is not set; nothing is published.
        EncoderError: If the encoder can't be loaded.
        BuildError: If something can't be written. What was served before still is.
    """
    started = time.perf_counter()
    listing = list_documents(documents)
    if not listing.files and not may_be_empty:
        raise _no_documents(documents, listing.skipped)
    try:
        with collection.locked(reporter.waiting), ExitStack() as stack:
            created = datetime.now(UTC)
            encoder = open_encoder()
            made_by = EncoderStamp(name=encoder.name, sha256=encoder.sha256, dim=encoder.dim)
            made_with = SplittingStamp(**asdict(splitting))
            previous = None if rebuild else _to_build_upon(collection, made_by, made_with)
            if previous is not None:
                stack.enter_context(closing(previous))
            listing = list_documents(documents)
            comparison = compare(listing, previous.manifest if previous else None)
            changes = comparison.changes
            encoded = 0
            if previous is not None and not changes and previous.manifest.folder == listing.folder:
                manifest = previous.manifest
                collection.keep()
            else:
                cache = VectorCache(vectors / encoder.sha256, encoder.dim)
                stack.enter_context(closing(cache))
                generation, folder = stack.enter_context(collection.writing())
                read = _write_texts(
                    folder,
                    comparison,
                    previous,
                    splitting=splitting,
                    encoder=encoder,
                    reporter=reporter,
                )
                if not read.documents and not may_be_empty:
                    raise _no_documents(documents, [*read.failures, *listing.skipped])
                with closing(Texts(folder / TEXTS_NAME)) as texts:
                    extended = previous if read.extends else None
                    first_id = extended.vectors.first_added_id if extended else 0
                    encoded = _encode_missing(
                        texts,
                        first_id,
                        cache=cache,
                        encoder=encoder,
                        reporter=reporter,
                        anew=rebuild,
                    )
                    _write_indexes(folder, texts, extended, cache, encoder.dim)
                    passages = texts.passage_count
                manifest = Manifest(
                    format_version=FORMAT_VERSION,
                    generation=generation,
                    created=created,
                    encoder=made_by,
                    splitting=made_with,
                    folder=listing.folder,
                    documents=read.documents,
                    failures=read.failures,
                    passages=passages,
                    files=stamp_files(folder, previous.manifest.files if previous else {}),
                )
                collection.publish(folder, manifest)
                changes = replace(changes, failed=read.newly_failed)
    except IndexingError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise BuildError(
            f"{collection.folder}: the index can't be written ({error}). Nothing was changed; "
            "free some space or choose another data folder, then index again."
        ) from error
    return BuildReport(
        generation=manifest.generation,
        published=previous is None or manifest is not previous.manifest,
        changes=changes,
        documents=len(manifest.documents),
        passages=manifest.passages,
        encoded=encoded,
        reused=manifest.passages - encoded,
        failures=tuple(Failure(failure.id, failure.reason) for failure in manifest.failures),
        skipped=listing.skipped,
        seconds=time.perf_counter() - started,
    )


def preview(
    collection: Collection,
    documents: Path,
    *,
    encoder_name: str,
    splitting: Splitting,
    rebuild: bool = False,
) -> Changes:
    """
    Tell which documents `build` would read or let go; nothing is read beyond hashes, or written.

    Raises:
        NoDocumentsError: If the folder is gone.
    """
    manifest = None
    if not rebuild:
        with suppress(IndexingError):
            manifest = collection.manifest()
    if manifest is not None and (
        manifest.encoder.name != encoder_name
        or manifest.splitting != SplittingStamp(**asdict(splitting))
    ):
        manifest = None
    return compare(list_documents(documents), manifest).changes


def _to_build_upon(
    collection: Collection, made_by: EncoderStamp, made_with: SplittingStamp
) -> Generation | None:
    """The generation being served, if it is sound and what is made now would be like it."""
    try:
        generation = collection.open()
    except IndexingError:
        return None
    if (generation.manifest.encoder, generation.manifest.splitting) == (made_by, made_with):
        return generation
    generation.close()
    return None


def _no_documents(folder: Path, unread: Sequence[FailureStamp | Failure]) -> NoDocumentsError:
    if not unread:
        return NoDocumentsError(f"{folder} holds no documents. Put some there.")
    named = "; ".join(f"{failure.id}: {failure.reason}" for failure in unread[:_NAMED])
    more = f"; and {len(unread) - _NAMED:,} more" if len(unread) > _NAMED else ""
    return NoDocumentsError(f"{folder}: no document could be read ({named}{more}).")


@dataclass(frozen=True, slots=True)
class _Read:
    """What became of the files of a folder."""

    documents: tuple[DocumentStamp, ...]
    failures: tuple[FailureStamp, ...]
    newly_failed: tuple[str, ...]
    extends: bool
    """Whether passages kept their ids, so that the indexes before can be extended."""


def _write_texts(
    folder: Path,
    comparison: Comparison,
    previous: Generation | None,
    *,
    splitting: Splitting,
    encoder: Encoder,
    reporter: Reporter,
) -> _Read:
    documents = list(comparison.kept)
    failures = list(comparison.kept_failures)
    newly_failed: list[str] = []
    changes = comparison.changes
    copied = previous.folder / TEXTS_NAME if previous else None
    reporter.stage("read", len(comparison.to_read))
    with closing(TextWriter(folder / TEXTS_NAME, copied)) as writer, ParserProcess() as parser:
        before = {stamp.id for stamp in previous.manifest.documents} if previous else set()
        for document_id in (*changes.removed, *changes.changed):
            if document_id in before:
                writer.remove(document_id)
        writer.rename([(rename.old, rename.new) for rename in changes.renamed])
        next_id = writer.next_id
        for file in comparison.to_read:
            loaded = _load(file, parser.parse)
            if isinstance(loaded, Document):
                passages = split(loaded, splitting, encoder.token_offsets, next_id)
                next_id += writer.add(loaded, passages)
                documents.append(
                    DocumentStamp(
                        id=file.id, sha256=loaded.sha256, size=file.size, mtime_ns=file.mtime_ns
                    )
                )
            else:
                failures.append(loaded)
                newly_failed.append(file.id)
            reporter.advance(1)
        extends = (
            previous is not None
            and next_id - previous.vectors.first_added_id <= _MAX_ADDED_PASSAGES
            and writer.removed_count <= _MAX_REMOVED_SHARE * next_id
        )
        if previous is not None and not extends:
            writer.renumber()
        writer.commit()
    return _Read(
        tuple(sorted(documents, key=lambda stamp: stamp.id)),
        tuple(sorted(failures, key=lambda stamp: stamp.id)),
        tuple(newly_failed),
        extends,
    )


def _load(file: SourceFile, parse: Parse) -> Document | FailureStamp:
    try:
        return load_document(file, parse)
    except DocumentError as error:
        return FailureStamp(
            id=file.id,
            reason=str(error),
            size=file.size,
            mtime_ns=file.mtime_ns,
            sha256=error.sha256,
        )


def _encode_missing(
    texts: Texts,
    first_id: int,
    *,
    cache: VectorCache,
    encoder: Encoder,
    reporter: Reporter,
    anew: bool,
) -> int:
    """
    Bring the vectors of all passages from an id on into the cache; `anew` makes them all again.

    Returns:
        How many had to be made.
    """

    def missing(batch: list[tuple[int, bytes, str]]) -> dict[bytes, str]:
        wanted = {key: text for _, key, text in batch}
        return wanted if anew else {key: wanted[key] for key in cache.missing(wanted)}

    total = sum(len(missing(batch)) for batch in texts.keyed_texts(first_id))
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

    for batch in texts.keyed_texts(first_id):
        waiting |= missing(batch)
        if len(waiting) >= _ENCODED_AT_ONCE:
            encoded += encode()
    return encoded + encode() if waiting else encoded


def _write_indexes(
    folder: Path, texts: Texts, extended: Generation | None, cache: VectorCache, dim: int
) -> None:
    """Write vectors and lexical index, as an extension of those of a generation if one is given."""

    def vectors(first_id: int) -> Iterator[Vectors]:
        for batch in texts.keyed_texts(first_id):
            yield cache.vectors([key for _, key, _ in batch])

    lexical = folder / LEXICAL_NAME
    lexical.mkdir()
    if extended is None:
        write_vectors(folder / VECTORS_NAME, dim, vectors(0))
        write_lexical(lexical, (text for batch in texts.keyed_texts() for _, _, text in batch))
        return
    link(extended.folder / VECTORS_NAME, folder / VECTORS_NAME)
    first_added_id, next_id = extended.vectors.first_added_id, texts.next_id
    if next_id > first_added_id:
        # Passages that came and went leave gaps, whose vectors are never found.
        added = np.zeros((next_id - first_added_id, dim), dtype=np.float32)
        for batch in texts.keyed_texts(first_added_id):
            rows = [passage_id - first_added_id for passage_id, _, _ in batch]
            added[rows] = cache.vectors([key for _, key, _ in batch])
        write_vectors(folder / ADDED_VECTORS_NAME, dim, [added])
    new = (
        (passage_id, text)
        for batch in texts.keyed_texts(extended.texts.next_id)
        for passage_id, _, text in batch
    )
    newly_removed = set(texts.removed()).difference(extended.texts.removed())
    extend_lexical(lexical, extended.folder / LEXICAL_NAME, new, sorted(newly_removed))


def is_up_to_date(manifest: Manifest, documents: Path) -> bool:
    """
    Tell whether a generation still says what its folder says; see `index.changes.compare`.

    Raises:
        NoDocumentsError: If the folder is gone.
    """
    listing = list_documents(documents)
    return manifest.folder == listing.folder and not compare(listing, manifest).changes
