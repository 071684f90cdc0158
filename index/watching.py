"""A folder of documents, followed while people work in it."""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import watchfiles

from index.documents import SourceFile, list_documents
from index.errors import IndexingError, NoDocumentsError
from index.files import real_path

# Nothing was written for so long: copies are complete, editors have closed their files.
QUIET_S = 2.0
# A folder that is written to without a pause is indexed all the same.
MAX_WAIT_S = 60.0
# How often to look whether the folder is still the one that is watched.
LOOK_S = 1.0
# How often to look through the folder itself: the system tells of no change that another machine
# makes on a disk that both see.
AGAIN_S = 60.0


def watch_folder(
    folder: Path,
    stop: Event,
    *,
    without: Path,
    quiet_s: float = QUIET_S,
    look_s: float = LOOK_S,
    again_s: float = AGAIN_S,
) -> Iterator[None]:
    """
    Wait for changes in a folder and its subfolders.

    It yields once at the beginning, then each time that something changed: where the system tells
    of it, once nothing more did for a while. A folder that is not there is waited for; when it
    comes, that is a change.

    Args:
        folder: What to watch.
        stop: Ends the waiting when it is set.
        without: A folder in which nothing is a change, such as that of the index.
        quiet_s: How long nothing may change before a change is told.
        look_s: How often to look whether the folder has been replaced.
        again_s: How often to look for changes that the system doesn't tell.

    Raises:
        IndexingError: If a folder in it can't be read, or the system lets nobody watch so many.
    """
    while not stop.is_set():
        inode = _inode(folder)
        if inode is None:
            stop.wait(look_s)
            continue
        is_first = True
        listed, looked = _files(folder, without), time.monotonic()
        for events in _events(folder, stop, without, quiet_s, look_s):
            before = listed
            if events or time.monotonic() - looked >= again_s:
                listed, looked = _files(folder, without), time.monotonic()
            if events or is_first or listed != before:
                yield
            is_first = False
            # What is watched is the folder itself, not its name.
            if _inode(folder) != inode:
                break


def _events(
    folder: Path, stop: Event, without: Path, quiet_s: float, look_s: float
) -> Iterator[set[tuple[watchfiles.Change, str]]]:
    # Whichever way leads to one of them: the system may tell of a file by another.
    folder, without = real_path(folder), real_path(without)

    def is_seen(_change: watchfiles.Change, path: str) -> bool:
        if real_path(Path(path)).is_relative_to(without):
            return False
        names = Path(path).relative_to(folder).parts
        return not any(name.startswith(".") for name in names)

    try:
        yield from watchfiles.watch(
            folder,
            watch_filter=is_seen,
            debounce=round(1000 * max(MAX_WAIT_S, quiet_s)),
            step=round(1000 * quiet_s),
            stop_event=stop,
            rust_timeout=round(1000 * look_s),
            yield_on_timeout=True,
        )
    except FileNotFoundError:
        # It went between the look and the watch.
        return
    except OSError as error:
        raise IndexingError(
            f"{folder}: can't be watched ({error}). Let Quoth read all folders in it, or run "
            "`quoth index` now and then."
        ) from error


def _files(folder: Path, without: Path) -> tuple[SourceFile, ...]:
    try:
        return list_documents(folder, without).files
    except NoDocumentsError:
        return ()


def _inode(folder: Path) -> tuple[int, int] | None:
    try:
        stat = folder.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
