"""
A folder of documents -> a new generation.

What did not change is taken over from the generation before: documents are not read again,
passages keep their vectors, and the files of its index are shared while the changes are few.
"""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from index.documents import Failure, Listing, SourceFile, list_documents
from index.encoder import Encoder
from index.errors import (
    BuildError,
    IndexDamagedError,
    IndexingError,
    NoDocumentsError,
    TooManyPassagesError,
)
from index.files import stamp_files
from index.folder_changes import FolderChanges, MadeOf, compare
from index.generation import LocalGeneration
from index.history import build_stamp, note_build
from index.manifest import (
    ADDED_TEXTS_NAME,
    FORMAT_VERSION,
    TEXTS_NAME,
    EncoderStamp,
    FailureStamp,
    Foreign,
    Manifest,
    SplittingStamp,
    Unread,
)
from index.passage_vectors import PassageVectors
from index.passages import Splitting
from index.provenance import read_provenance
from index.reading import read_documents
from index.reporting import Reporter
from index.searchable import extend_searchable, write_searchable
from index.sizing import SIZING, Sizing
from index.store import Collection
from index.texts import Texts
from index.vector_cache import VectorCache

# Files that an error names; the others it counts.
_NAMED = 3
# Documents with pages that were left out, of which the manifest names so many.
_NAMED_UNREAD = 20


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did."""

    generation: str
    published: bool
    """False where nothing had changed and the generation before is still the one."""
    changes: FolderChanges
    """Since the generation before; since nothing, where none could be built upon."""
    documents: int
    passages: int
    encoded: int
    """Passages whose vectors were made now."""
    reused: int
    """Passages whose vectors were there."""
    failures: tuple[Failure, ...]
    """Files that should have become documents and did not, and folders that can't be listed."""
    foreign: tuple[Foreign, ...]
    """Languages of documents that are read badly."""
    unread: Unread | None
    """Pages that were left out; none if none were."""
    skipped: tuple[Failure, ...]
    """Files that are not read at all."""
    seconds: float


def build(
    collection: Collection,
    documents: Path,
    *,
    without: Path | None,
    open_encoder: Callable[[], Encoder],
    vectors: Path,
    splitting: Splitting,
    reporter: Reporter,
    sizing: Sizing = SIZING,
    rebuild: bool = False,
    may_be_empty: bool = False,
    max_passages: int | None = None,
    forget_removed: bool = False,
    titles: Mapping[str, str] | None = None,
) -> BuildReport:
    """
    Index a folder and publish the result, unless what is published says the same.

    A file that can't be read is named in the report, and the others are indexed.

    Args:
        collection: Where the generation is published.
        documents: The folder to index.
        without: A folder that is never indexed; see `index.documents.list_documents`.
        open_encoder: Called when the lock is held.
        vectors: The folder of vector caches, one subfolder per encoder hash.
        splitting: The limits of a passage.
        reporter: Told of progress.
        sizing: Which index is made, and when everything is written anew.
        rebuild: Read and encode everything, whatever is there.
        may_be_empty: Publish an index without documents where there are none, instead of serving
            those that are gone.
        max_passages: Publish no more than so many, unless there are as many already: what is too
            large may still shrink, or be made again.
        forget_removed: Leave no text of removed documents on the disk: everything is written anew
            without them, and generations that hold them can't be gone back to.
        titles: By document id, titles that are known from elsewhere and take the place of what the
            document itself begins with.

    Raises:
        NoDocumentsError: If the folder is missing, or no document could be read and `may_be_empty`
            is not set; nothing is published.
        EncoderError: If the encoder can't be loaded.
        TooManyPassagesError: If there would be more than `max_passages`.
        EncodingInterruptedError: If somebody ends it while passages are encoded; those that were
            are kept, and the next build needs only the others.
        BuildError: If something can't be written. What was served before still is.
    """
    started = time.perf_counter()
    try:
        with collection.lock.hold(reporter.waiting), ExitStack() as stack:
            created = datetime.now(UTC)
            listing = list_documents(documents, without)
            if not listing.files and not may_be_empty:
                raise _no_documents(documents, [*listing.unseen, *listing.skipped])
            encoder = open_encoder()
            plan = _Plan(
                collection,
                documents,
                listing=listing,
                created=created,
                encoder=encoder,
                vectors=vectors,
                splitting=splitting,
                sizing=replace(sizing, max_removed_share=0.0) if forget_removed else sizing,
                reporter=reporter,
                rebuild=rebuild,
                may_be_empty=may_be_empty,
                max_passages=max_passages,
                forgets_removed=forget_removed,
                titles=titles or {},
            )
            previous = None if rebuild else _to_build_upon(collection, plan)
            if previous is not None:
                stack.enter_context(closing(previous))
            try:
                built = _build(plan, previous)
            except (IndexDamagedError, OSError, sqlite3.DatabaseError):
                # What it was built upon may be to blame, of which not all is read before.
                if previous is None or not collection.is_damaged():
                    raise
                built = _build(plan, None)
            if forget_removed:
                collection.forget_removed()
    except IndexingError:
        raise
    except (OSError, sqlite3.Error) as error:
        raise BuildError(
            f"{collection.folder}: the index can't be written ({error}). Nothing was changed; "
            "free some space or choose another data folder, then index again."
        ) from error
    except MemoryError as error:
        raise BuildError(
            f"{collection.folder}: there is not enough memory for the index. Nothing was changed; "
            "close other programs, then index again."
        ) from error
    return replace(built, seconds=time.perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a build works with; see `build`."""

    collection: Collection
    documents: Path
    listing: Listing
    created: datetime
    encoder: Encoder
    vectors: Path
    splitting: Splitting
    sizing: Sizing
    reporter: Reporter
    rebuild: bool
    may_be_empty: bool
    max_passages: int | None
    forgets_removed: bool
    titles: Mapping[str, str]

    @property
    def encoder_stamp(self) -> EncoderStamp:
        return EncoderStamp(
            name=self.encoder.name,
            sha256=self.encoder.sha256,
            dim=self.encoder.dim,
            precision=self.encoder.precision,
        )

    @property
    def splitting_stamp(self) -> SplittingStamp:
        return SplittingStamp(**asdict(self.splitting))


def _to_build_upon(collection: Collection, plan: _Plan) -> LocalGeneration | None:
    """The generation being served, if it is sound and what is made now would be like it."""
    try:
        generation = collection.open_files()
    except IndexingError:
        return None
    if (generation.manifest.encoder, generation.manifest.splitting) == (
        plan.encoder_stamp,
        plan.splitting_stamp,
    ):
        return generation
    generation.close()
    return None


def _build(plan: _Plan, previous: LocalGeneration | None) -> BuildReport:
    """Publish a generation unless nothing has changed; the lock is held."""
    listing = plan.listing
    made_of = previous.made_of() if previous else None
    comparison = compare(listing, made_of)
    changes = comparison.changes
    encoded = 0
    is_unchanged = made_of is not None and made_of.folder == listing.folder and not changes
    if (
        previous is not None
        and is_unchanged
        and plan.sizing.may_stay(previous.texts.removed_count, previous.texts.next_id)
    ):
        manifest = previous.manifest
        plan.collection.keep()
    else:
        with plan.collection.writing() as (generation, folder):
            read = read_documents(
                folder,
                comparison,
                previous,
                splitting=plan.splitting,
                sizing=plan.sizing,
                encoder=plan.encoder,
                titles=plan.titles,
                provenance=read_provenance(plan.documents),
                reporter=plan.reporter,
            )
            if not read.documents and not plan.may_be_empty:
                raise _no_documents(
                    plan.documents, (*read.failures, *listing.unseen, *listing.skipped)
                )
            written = _index(plan, folder, previous if read.extends else None)
            encoded = written.encoded
            changes = replace(changes, failed=read.newly_failed)
            manifest = Manifest(
                format_version=FORMAT_VERSION,
                generation=generation,
                created=plan.created,
                finished=datetime.now(UTC),
                encoder=plan.encoder_stamp,
                splitting=plan.splitting_stamp,
                folder=listing.folder,
                documents=read.documents,
                failures=read.failures,
                foreign=written.foreign,
                unread=written.unread,
                passages=written.passages,
                files=stamp_files(folder, previous.manifest.files if previous else {}),
            )
            _note(plan, manifest, changes if previous else None)
            plan.collection.publish(folder, manifest)
    return BuildReport(
        generation=manifest.generation,
        published=previous is None or manifest is not previous.manifest,
        changes=changes,
        documents=manifest.documents,
        passages=manifest.passages,
        encoded=encoded,
        reused=manifest.passages - encoded,
        failures=(
            *(Failure(failure.id, failure.reason) for failure in manifest.failures),
            *listing.unseen,
        ),
        foreign=manifest.foreign,
        unread=manifest.unread,
        skipped=listing.skipped,
        seconds=0.0,
    )


def _note(plan: _Plan, manifest: Manifest, changes: FolderChanges | None) -> None:
    """Remember what changes, unless what was removed has to be forgotten."""
    if plan.forgets_removed:
        return
    before = None
    with suppress(IndexingError):
        before = plan.collection.current()
    stamp = build_stamp(manifest.generation, before, manifest.created, manifest.documents, changes)
    note_build(plan.collection.folder, stamp)


@dataclass(frozen=True, slots=True)
class _Written:
    encoded: int
    passages: int
    foreign: tuple[Foreign, ...]
    unread: Unread | None


def _index(plan: _Plan, folder: Path, extended: LocalGeneration | None) -> _Written:
    """
    Write what is searched of a generation whose texts are written.

    Args:
        plan: What the build works with.
        folder: The folder of the generation.
        extended: Another, whose files are shared and extended, if that can be.

    Returns:
        How many passages were encoded, and what there is now.
    """
    added = folder / ADDED_TEXTS_NAME if extended else None
    dim = plan.encoder.dim
    with (
        closing(Texts(folder / TEXTS_NAME, added)) as texts,
        closing(VectorCache(plan.vectors, plan.encoder_stamp)) as cache,
    ):
        _check_passages(plan, texts.passage_count)
        vectors = PassageVectors(texts, cache, plan.encoder, plan.reporter)
        vectors.make_missing(extended.vectors.first_added_id if extended else 0, anew=plan.rebuild)
        plan.reporter.stage("write", 0)
        if extended is None:
            write_searchable(folder, texts, vectors, dim, plan.sizing)
        else:
            extend_searchable(folder, texts, vectors, dim, extended)
        foreign = tuple(Foreign(*found) for found in texts.foreign())
        pages = texts.unread()
        unread = Unread(len(pages), tuple(pages[:_NAMED_UNREAD])) if pages else None
        return _Written(vectors.encoded, texts.passage_count, foreign, unread)


def _check_passages(plan: _Plan, passages: int) -> None:
    """Refuse to make a collection larger than it may be."""
    if plan.max_passages is None or passages <= plan.max_passages:
        return
    before = 0
    with suppress(IndexingError):
        before = plan.collection.manifest().passages
    if passages > before:
        raise TooManyPassagesError(plan.collection.folder, passages, plan.max_passages)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a build would do."""

    changes: FolderChanges
    to_read: tuple[SourceFile, ...]
    """The files that were added or changed."""
    failures: tuple[Failure, ...]
    """Files that could not be read and are as they were, and folders that can't be listed."""
    skipped: tuple[Failure, ...]
    """Files that are not read at all."""


def preview(
    collection: Collection,
    documents: Path,
    *,
    without: Path | None,
    encoder_name: str,
    splitting: Splitting,
    rebuild: bool,
) -> Preview:
    """
    Tell which documents `build` would read or let go; nothing is read beyond hashes, or written.

    Raises:
        NoDocumentsError: If the folder is gone.
    """
    made_of: MadeOf | None = None
    if not rebuild:
        with suppress(IndexingError):
            manifest = collection.manifest()
            if manifest.encoder.name == encoder_name and manifest.splitting == SplittingStamp(
                **asdict(splitting)
            ):
                made_of = collection.made_of()
    listing = list_documents(documents, without)
    comparison = compare(listing, made_of)
    return Preview(
        comparison.changes,
        comparison.to_read,
        (
            *(Failure(failure.id, failure.reason) for failure in comparison.kept_failures),
            *listing.unseen,
        ),
        listing.skipped,
    )


def _no_documents(folder: Path, unread: Sequence[FailureStamp | Failure]) -> NoDocumentsError:
    if not unread:
        return NoDocumentsError(f"{folder} holds no documents. Put some there.")
    named = "; ".join(f"{failure.id}: {failure.reason}" for failure in unread[:_NAMED])
    more = f"; and {len(unread) - _NAMED:,} more" if len(unread) > _NAMED else ""
    return NoDocumentsError(f"{folder}: no document could be read ({named}{more}).")
