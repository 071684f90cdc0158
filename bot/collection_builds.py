"""Builds of collections, as the settings have them, here or in a process of their own."""

import contextlib
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bot.collection_names import BASE_COLLECTION, make_private
from bot.configured_collections import collection_of
from bot.settings import Settings
from bot.shared.opening import shared_of
from index.errors import BuildError
from index.manifest import Manifest
from index.passages import Splitting
from index.processes import module_command, module_environment
from index.reporting import Reporter
from index.store import Collection
from prompts import render

if TYPE_CHECKING:
    from index.build import BuildReport, Preview

SPLITTING = Splitting()
# Where the indexes of `quoth build` lie, in the data folder: answering machines serve there what is
# published, and nothing else.
WORKSPACE_NAME = "builder"
# What a build may take to say how to go on, after Ctrl-C has ended it and us.
_LAST_WORDS_S = 5.0
# What a shell adds to the number of the signal that ended a command.
_ENDED_BY_SIGNAL = 128
# The descriptor: in a notebook, `sys.stderr` is no file.
_STANDARD_ERROR = 2


def workspace_of(settings: Settings) -> Settings:
    """The settings of `quoth build`, with a data folder for builds alone."""
    return settings.model_copy(update={"data": settings.data / WORKSPACE_NAME})


def index_collection(
    settings: Settings,
    name: str,
    reporter: Reporter,
    *,
    rebuild: bool,
    max_passages: int | None,
) -> "BuildReport":
    """
    Bring the index of a collection up to date.

    Args:
        settings: Where documents and collections are, and the encoder.
        name: The name of the collection.
        reporter: Told of progress.
        rebuild: Read and encode everything again.
        max_passages: Refuse to make the collection larger than this.

    Raises:
        EncodingInterruptedError: If somebody ends it while passages are encoded.
        IndexingError: If that can't be done.
    """
    from index.build import build
    from index.encoder import SentenceEncoder
    from index.pruning import prune_vectors

    make_private(settings.collections)
    report = build(
        collection_of(settings, name),
        settings.documents(name),
        without=settings.data,
        open_encoder=lambda: SentenceEncoder(
            settings.encoder,
            settings.encoder_exports,
            begins=lambda name: reporter.stage(name, 0),
        ),
        vectors=settings.vectors,
        splitting=SPLITTING,
        reporter=reporter,
        rebuild=rebuild,
        # The seeds are never meant to be empty; what people share may be taken back.
        may_be_empty=name != BASE_COLLECTION,
        max_passages=max_passages,
        forget_removed=name != BASE_COLLECTION,
    )
    # Only space is at stake, and the next build tries again.
    with contextlib.suppress(OSError, sqlite3.Error):
        prune_vectors(settings.collections, settings.vectors)
    return report


def overlap_notice(settings: Settings) -> str:
    """Say if the folder of documents holds that of the data, or the reverse; "" if not."""
    return render("overlap.txt", overlap=settings.overlap, seeds=settings.seeds, data=settings.data)


def preview_collection(settings: Settings, name: str, *, rebuild: bool = False) -> "Preview":
    """
    Tell what `index_collection` would read or let go.

    Raises:
        NoDocumentsError: If there is no folder of documents.
    """
    from index.build import preview

    return preview(
        Collection(settings.collection(name)),
        settings.documents(name),
        without=settings.data,
        encoder_name=settings.encoder,
        splitting=SPLITTING,
        rebuild=rebuild,
    )


def roll_back_collection(settings: Settings, name: str, waiting: Callable[[str], None]) -> str:
    """
    Serve the generation before the current one again, and hold it.

    Args:
        settings: Where collections are.
        name: The name of the collection.
        waiting: Called once, with who holds the lock, if another process does.

    Returns:
        The generation's id.

    Raises:
        IndexMissingError: If there is none to go back to.
        IndexDamagedError: If it is not what was written; the current one is served on.
        BuildError: If that can't be written down; the current one is served on.
        SharedError: If it is published for several machines, and can't be changed now.
    """
    shared = shared_of(settings)
    if shared is not None:
        generation = shared.generations.roll_back(name)
        shared.generations.bring(settings, name)
        return generation
    collection = collection_of(settings, name)
    collection.current()
    try:
        with collection.lock.hold(waiting):
            return collection.roll_back()
    except OSError as error:
        raise BuildError(
            f"{collection.folder}: can't be written ({error.strerror}). Nothing was changed."
        ) from error


def verify_collection(settings: Settings, name: str) -> Manifest:
    """
    Check the index of a collection, and the exported encoder that goes with it.

    Raises:
        IndexingError: At the first fault.
    """
    from index.exporting import verify_export
    from index.inspection import verify

    manifest = verify(Collection(settings.collection(name))).manifest
    verify_export(settings.encoder_exports / manifest.encoder.sha256)
    return manifest


def index_command(
    settings: Settings, collection: str = BASE_COLLECTION, *options: str
) -> list[str]:
    """The command that indexes a collection, for `index.processes.module_environment`."""
    return module_command(
        "bot.cli.main",
        *("index", "--seeds", str(settings.seeds), "--data", str(settings.data)),
        # It may read QUOTH_STORAGE in .env.
        *("--encoder", settings.encoder, "--collection", collection, "--here", *options),
    )


class ChildProcess:
    """A process of our own, which ends at the latest when we do."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._process: subprocess.Popen[bytes] | None = None
        self._told = 0

    def end(self, number: int = signal.SIGTERM, _frame: object = None) -> None:
        """End the process, or as soon as it begins; from any thread, or to handle a signal."""
        # It raises nothing here, where the process may be starting and have no name yet.
        self._told = number
        if self._process is not None:
            self._process.terminate()

    def run(self, command: Sequence[str]) -> int:
        """
        Run a command to its end, and return its exit code.

        Outside the main thread SIGTERM does not end the process, but whoever calls `end` does.

        Raises:
            SystemExit: If it was told to end.
        """
        # Handlers can be set in one thread only, which is the one that commands run in.
        is_main = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGTERM, self.end) if is_main else None
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdout=_STANDARD_ERROR, env=module_environment()
            )
            with self._process:
                try:
                    if self._told:
                        self._process.terminate()
                    code = self._process.wait()
                except KeyboardInterrupt:
                    # The terminal has told it, too.
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        self._process.wait(_LAST_WORDS_S)
                    raise
                finally:
                    if self._process.poll() is None:
                        self._process.terminate()
        finally:
            if is_main:
                signal.signal(signal.SIGTERM, before)
        if self._told:
            raise SystemExit(_ENDED_BY_SIGNAL + self._told)
        return code
