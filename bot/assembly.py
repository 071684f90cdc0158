"""
Settings -> the real parts, joined: where an index is opened, renewed and given a reader.

A face begins with `open_answering`, which gives all that it needs.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from answering.answerer import Answerer
from answering.cache import AnswerCache
from answering.calibration import Calibration, ChosenCalibration
from answering.tuning import ChosenTuning, Tuning
from bot.chosen_reader import (
    calibration_for,
    calibration_notice,
    reader_opening,
    tuning_for,
    tuning_notice,
)
from bot.collection_builds import SPLITTING, ChildProcess, index_command
from bot.collection_names import BASE_COLLECTION
from bot.configured_collections import collection_of
from bot.settings import Settings
from index.documents import Listing, list_documents
from index.encoder import OnnxQuestionEncoder
from index.encoder_files import DEFAULT_ENCODER, folder_sha256
from index.errors import (
    BuildError,
    EncoderError,
    IndexDamagedError,
    IndexFormatError,
    IndexingError,
    IndexMissingError,
    NotPublishedError,
)
from index.folder_changes import says_the_same
from index.generation import Generation
from index.manifest import Manifest
from index.retrieve import Retriever
from index.store import Collection
from reader.model import Reader

Reason = Literal[
    "missing",
    "unpublished",
    "format",
    "damaged",
    "export",
    "encoder",
    "splitting",
    "folder",
    "changed",
]
Outdated = Literal["building", "failed"]
"""Why an index that is not up to date is used: another process is making the new one, or it can't
be made."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Why an index has to be built."""

    reason: Reason
    detail: str = ""
    """What was found, where that says more than the reason."""


@dataclass(frozen=True, slots=True)
class OpenIndex:
    """A generation and the encoder that goes with it."""

    generation: Generation
    encoder: OnnxQuestionEncoder


def open_fresh_index(
    settings: Settings,
    *,
    renewing: Callable[[Renewal], None],
    outdated: Callable[[Outdated], None],
    build: Callable[[Settings], None],
) -> OpenIndex:
    """
    Open the index of the seeds, built anew if it is not what it should be.

    Args:
        settings: Which seeds, which encoder, which data folder.
        renewing: Called before a build, with its reason.
        outdated: Called if what was there before is used instead, with the reason.
        build: Makes a new generation; raises `BuildError` if it can't.

    Raises:
        NoDocumentsError: If there is no folder of documents.
        IndexingError: If there is no index and none could be built.
    """
    opened, renewal = _open(settings)
    if renewal is None and opened is not None:
        return opened
    if opened is not None and collection_of(settings).lock.is_locked():
        outdated("building")
        return opened
    if renewal is not None:
        renewing(renewal)
    try:
        build(settings)
    except BuildError:
        if opened is None:
            raise
        outdated("failed")
        return opened
    if opened is not None:
        opened.generation.close()
    return open_index(settings)


def open_index(settings: Settings) -> OpenIndex:
    """
    Open the index that is published, whatever the seeds say.

    Raises:
        IndexingError: If there is none that can be opened.
    """
    return _open_with_encoder(settings, collection_of(settings).open())


def _open(settings: Settings) -> tuple[OpenIndex | None, Renewal | None]:
    """
    What can be answered from, and why it should be built anew; one of the two is there.

    An index of changed documents can be answered from; one that was made otherwise can't.
    """
    try:
        return _open_sound(settings)
    except NotPublishedError:
        return None, Renewal("unpublished")
    except IndexMissingError:
        # Raised here, since the child that builds could only print that there is no folder.
        list_documents(settings.seeds, settings.data)
        return None, Renewal("missing")
    except IndexFormatError as error:
        return None, Renewal("format", str(error))
    except IndexDamagedError as error:
        return None, Renewal("damaged", str(error))


def _open_sound(settings: Settings) -> tuple[OpenIndex | None, Renewal | None]:
    """As `_open`, of an index that is there and can be read."""
    collection = collection_of(settings)
    with ExitStack() as undo:
        generation = collection.open()
        undo.callback(generation.close)
        listing = list_documents(settings.seeds, settings.data)
        renewal = _misfit(generation.manifest, settings, listing)
        if renewal is not None:
            return None, renewal
        current = collection.is_held() or says_the_same(generation.made_of(), listing)
        try:
            encoder = _open_encoder(settings, generation)
        except EncoderError as error:
            return None, Renewal("export", str(error))
        undo.pop_all()
    return OpenIndex(generation, encoder), None if current else Renewal("changed")


def _misfit(manifest: Manifest, settings: Settings, listing: Listing) -> Renewal | None:
    if manifest.encoder.name != settings.encoder:
        return Renewal("encoder", f"{manifest.encoder.name}, now {settings.encoder}")
    encoder = Path(settings.encoder)
    # The one that comes with Quoth is that, whatever else has its name.
    is_folder = settings.encoder != DEFAULT_ENCODER and encoder.is_dir()
    if is_folder and folder_sha256(encoder) != manifest.encoder.sha256:
        return Renewal("encoder", f"{encoder} has changed")
    if manifest.splitting.model_dump() != asdict(SPLITTING):
        return Renewal("splitting")
    if manifest.folder != listing.folder:
        return Renewal("folder", f"{manifest.folder}, now {listing.folder}")
    if not listing.files:
        # What is gone must not be answered from; the build says that there is nothing.
        return Renewal("changed")
    return None


def _open_with_encoder(settings: Settings, generation: Generation) -> OpenIndex:
    """Open a generation's encoder; close the generation if that can't be done."""
    with ExitStack() as undo:
        undo.callback(generation.close)
        encoder = _open_encoder(settings, generation)
        undo.pop_all()
    return OpenIndex(generation, encoder)


def _open_encoder(settings: Settings, generation: Generation) -> OnnxQuestionEncoder:
    export = settings.encoder_exports / generation.manifest.encoder.sha256
    return OnnxQuestionEncoder(export)


def open_retriever(settings: Settings, collection: Collection) -> Retriever:
    """
    Open a collection as it stands, whatever its documents say by now.

    Raises:
        IndexingError: If it can't be opened.
    """
    opened = _open_with_encoder(settings, collection.open())
    return Retriever(opened.generation, opened.encoder)


def open_collection(settings: Settings, name: str) -> Generation:
    """
    Open a collection other than the base, as it was last indexed.

    Raises:
        SettingsError: If the name is none that a collection may have.
        IndexingError: If it was not indexed, or can't be opened.
    """
    try:
        return collection_of(settings, name).open()
    except (IndexMissingError, IndexFormatError) as error:
        raise type(error)(f"{error} `quoth index --collection {name}` makes it.") from error


def found_damaged(settings: Settings, names: Iterable[str]) -> bool:
    """
    Tell whether the base, or another collection, is not what was written.

    Called when an answer could not be made of what is there. A collection that is found damaged is
    not opened any more before it is built anew.

    Args:
        settings: Where collections are.
        names: The other collections.
    """
    collections = [collection_of(settings, name) for name in (BASE_COLLECTION, *names)]
    # Each is looked at: each that is found damaged has to be noted.
    damaged = [collection for collection in collections if collection.is_damaged()]
    return bool(damaged)


@dataclass(frozen=True, slots=True)
class Answering:
    """An open index, its reader, their calibration and tuning: all that a face needs to answer."""

    settings: Settings
    index: OpenIndex
    reader: Reader
    calibration: ChosenCalibration
    """For that reader and the encoder of that index."""
    tuning: ChosenTuning
    """The tuned numbers for the same models."""

    @property
    def notice(self) -> str:
        """What a person should know before the first answer; "" where all is as it should be."""
        notices = (
            calibration_notice(self.settings, self.calibration),
            tuning_notice(self.settings, self.tuning),
        )
        return "\n".join(filter(None, notices))

    def answerer(
        self, index: OpenIndex | None = None, others: Sequence[Generation] = ()
    ) -> Answerer:
        """
        Join an index and the reader.

        Args:
            index: Another than the one that was opened, such as a newer generation of it.
            others: Collections that are searched with it, as one.

        Raises:
            EncoderError: If the collections were made by different encoders.
            ReaderError: If the index has another encoder, and a damaged calibration or tuning.
        """
        searched = self.index if index is None else index
        calibration, tuning = self._fitted(searched)
        return Answerer(
            Retriever(searched.generation, searched.encoder, *others),
            self.reader,
            calibration,
            tuning,
            passages=self.settings.passages,
            max_risk=self.settings.max_risk,
        )

    def caching_answerer(
        self, index: OpenIndex | None = None, others: Sequence[Generation] = ()
    ) -> AnswerCache:
        """As `answerer`, for a process that is asked many questions, and some of them again."""
        return AnswerCache(self.answerer(index, others))

    def _fitted(self, index: OpenIndex) -> tuple[Calibration, Tuning]:
        encoder_sha256 = index.generation.manifest.encoder.sha256
        if encoder_sha256 == self.index.generation.manifest.encoder.sha256:
            return self.calibration.calibration, self.tuning.tuning
        # The folder of an encoder may get other weights while a process answers.
        return (
            calibration_for(self.settings, self.reader, encoder_sha256).calibration,
            tuning_for(self.reader, encoder_sha256).tuning,
        )


def open_answering(
    settings: Settings,
    opening: Callable[[Settings], OpenIndex] = open_index,
    reading: Future[Reader] | None = None,
) -> Answering:
    """
    Open what answers.

    Args:
        settings: Which documents, which models.
        opening: Opens the index; it may build it first.
        reading: The reader, if whoever calls has begun to open it (`reader_opening`).

    Raises:
        IndexingError: If the index can't be opened.
        ReaderError: If the reader, its calibration or its tuning can't be used.
    """
    # Both wait for the disk, and there are two cores.
    reading = reader_opening(settings) if reading is None else reading
    index = opening(settings)
    with ExitStack() as undo:
        undo.callback(index.generation.close)
        reader = reading.result()
        encoder_sha256 = index.generation.manifest.encoder.sha256
        calibration = calibration_for(settings, reader, encoder_sha256)
        tuning = tuning_for(reader, encoder_sha256)
        undo.pop_all()
    return Answering(settings, index, reader, calibration, tuning)


def build_in_child(settings: Settings, child: ChildProcess | None = None) -> None:
    """
    Run `quoth index` in a process of its own, whose memory goes with it.

    What it reports goes to standard error.

    Args:
        settings: Which documents, and where their index goes.
        child: Runs it, if it has to be ended from another thread.

    Raises:
        BuildError: If it published nothing.
    """
    code = (child or ChildProcess()).run(index_command(settings))
    if code == 0:
        return
    # A file that could not be read is an exit code of 1 too, and yet there is a new generation.
    with contextlib.suppress(IndexingError):
        opened, renewal = _open(settings)
        if opened is not None:
            opened.generation.close()
        if renewal is None:
            return
    if code < 0:
        raise BuildError(f"The index could not be built: the build was ended by signal {-code}.")
    raise BuildError("The index could not be built; the reason stands above.")
