"""
Generations on disk: written aside, published by one rename, opened, verified.

    <collection>/
        CURRENT             the id of the generation being served
        lock                held by the one build that is running
        held                the id of a generation that a person went back to and wants kept
        damaged             the id of a generation that was found damaged, and what was found
        generations/<id>/   manifest.json, passages.sqlite, vectors.faiss, lexical/; vectors.half if
                            vectors.faiss holds only codes of them;
                            passages.added.sqlite and vectors.added.faiss with what changed since
                            the others were made

A file that two generations have in common is one file with two names.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from index.errors import IndexDamagedError, IndexFormatError, IndexingError, IndexMissingError
from index.files import FileStamp, check_file, fsync, is_same, stamp_file
from index.folder_changes import MadeOf
from index.generation import Generation, LocalGeneration, made_of, open_texts
from index.manifest import (
    LEXICAL_NAME,
    MANIFEST_NAME,
    TEXTS_NAME,
    VECTORS_NAME,
    Manifest,
    read_manifest,
    write_manifest,
)
from index.search_server import SearchServer

# The one being served, and two to go back to.
KEPT_GENERATIONS = 3
# Damage on a disk leaves a file's size and time as they were. So a file of at most so many bytes is
# read and compared with its checksum whenever a generation is opened: a tenth of a second for the
# longest. Of an index that is searched exactly, all files are shorter. Longer ones are compared by
# `quoth run` in the background, by `quoth index verify`, and when something in them can't be right.
CHECKED_BYTES = 100_000_000

_UNFINISHED = ".building-"
# What an id begins with; by their ids, generations sort by age.
_ID_TIME = "%Y%m%dT%H%M%S%f"

_Read = TypeVar("_Read")


def utc_now() -> datetime:
    """The time by the machine's clock."""
    return datetime.now(UTC)


class Collection:
    """A folder of generations, of which one is served."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], datetime] = utc_now,
        server: SearchServer | None = None,
    ) -> None:
        """
        Name the folder.

        Args:
            folder: It need not exist yet.
            clock: Names generations.
            server: Where they are searched; without, in their own files.
        """
        self.folder = folder
        self._clock = clock
        self._server = server
        self._generations = folder / "generations"
        self._current = folder / "CURRENT"
        self._lock = folder / "lock"
        self._held = folder / "held"
        self._damaged = folder / "damaged"

    def is_held(self) -> bool:
        """Whether a person went back to the current generation; only they end that, by a build."""
        try:
            return self._held.read_text(encoding="ascii") == self.current()
        except (OSError, UnicodeDecodeError, IndexMissingError, IndexDamagedError):
            return False

    def is_damaged(self) -> bool:
        """
        Compare every file of the generation being served with its checksum.

        What is found is noted: the generation is not opened any more, and the next build makes
        another one without it.
        """
        try:
            self._of_current(
                lambda name: self._noting(name, lambda: self._check(name, verify=True))
            )
        except IndexDamagedError:
            return True
        except (IndexMissingError, IndexFormatError):
            pass
        return False

    def is_noted_damaged(self) -> bool:
        """Whether the generation being served was found damaged before; reads no more than that."""
        try:
            return self._noted_damage(self.current()) is not None
        except (IndexMissingError, IndexDamagedError):
            return False

    def _noting(self, generation: str, read: Callable[[], _Read]) -> _Read:
        """Read a generation, and note it if it is damaged."""
        try:
            return read()
        except IndexDamagedError as error:
            # Where nothing can be written, nothing can be built either.
            with suppress(OSError):
                self._damaged.write_text(f"{generation}\n{error}", encoding="utf-8")
            raise

    def _noted_damage(self, generation: str) -> str | None:
        try:
            noted, _, found = self._damaged.read_text(encoding="utf-8").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return found if noted == generation else None

    def current(self) -> str:
        """
        The id of the generation being served.

        Raises:
            IndexMissingError: If none was published.
            IndexDamagedError: If what stands in CURRENT is no id.
        """
        try:
            name = self._current.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise IndexMissingError(f"{self.folder}: there is no index yet.") from error
        except (OSError, UnicodeDecodeError) as error:
            raise IndexDamagedError(f"{self._current}: can't be read ({error}).") from error
        if not name or not set(name) <= set("0123456789abcdefTZ-"):
            raise IndexDamagedError(f"{self._current}: names no generation.")
        return name

    def manifest(self) -> Manifest:
        """
        The manifest of the generation being served.

        Raises:
            IndexMissingError: If none was published.
            IndexFormatError: If it has another format version.
            IndexDamagedError: If it is missing or is no manifest.
        """
        return self._of_current(lambda name: read_manifest(self._generations / name))

    def made_of(self) -> MadeOf:
        """
        The files that the generation being served was made of.

        Raises:
            IndexMissingError: If none was published.
            IndexFormatError: If it has another format version.
            IndexDamagedError: If that can't be read.
        """
        return self._of_current(self._made_of)

    def _made_of(self, generation: str) -> MadeOf:
        folder = self._generations / generation
        manifest = read_manifest(folder)
        with closing(open_texts(folder, manifest)) as texts:
            return made_of(manifest, texts)

    def manifests(self) -> list[tuple[Path, Manifest]]:
        """
        The folders and manifests of all generations that are kept.

        Raises:
            IndexFormatError: If one has another format version.
            IndexDamagedError: If one can't be read.
        """
        folders = [self._generations / name for name in self.generations()]
        return [(folder, read_manifest(folder)) for folder in folders]

    def is_unfinished(self) -> bool:
        """Whether a build is being written, or was killed."""
        return any(self._generations.glob(f"{_UNFINISHED}*"))

    def open(self) -> Generation:
        """
        Open the generation being served: its own files, or the database where it is searched.

        Raises:
            IndexMissingError: If none was published, or not where it is searched.
            SearchServerError: If that server can't be used.
            IndexingError: As `open_files`.
        """
        server = self._server
        if server is None:
            return self.open_files()

        def read(name: str) -> Generation:
            folder, manifest = self._sound(name, verify=False)
            texts = open_texts(folder, manifest)
            with ExitStack() as undo:
                undo.callback(texts.close)
                engine = server.open(self.folder.name, manifest)
                undo.pop_all()
            return Generation(folder, manifest, texts, engine)

        return self._of_current(read)

    def open_files(self, *, verify: bool = False) -> LocalGeneration:
        """
        Open the generation being served, to be searched in its own files.

        Sizes are always compared, and the checksums of files of up to `CHECKED_BYTES`. That of a
        longer one is compared when it is not the very file that was written (another inode or time
        of change), or when `verify` is set.

        Raises:
            IndexMissingError: If none was published.
            IndexFormatError: If it has another format version.
            IndexDamagedError: If a file is missing or is not what was written, or was found not to
                be by `is_damaged`.
        """

        def read(name: str) -> LocalGeneration:
            if verify:
                return self._noting(name, lambda: self._open(name, verify=True))
            return self._open(name, verify=False)

        return self._of_current(read)

    def _of_current(self, read: Callable[[str], _Read]) -> _Read:
        while True:
            name = self.current()
            try:
                return read(name)
            except IndexDamagedError:
                # Builds that came in between may have let the old generation go.
                if self.current() == name:
                    raise

    def _open(self, generation: str, *, verify: bool) -> LocalGeneration:
        return LocalGeneration(*self._sound(generation, verify=verify))

    def _sound(self, generation: str, *, verify: bool) -> tuple[Path, Manifest]:
        """Folder and manifest of a generation, whose files are compared with it."""
        found = self._noted_damage(generation)
        if found is not None:
            raise IndexDamagedError(found)
        return self._generations / generation, self._check(generation, verify=verify)

    def _check(self, generation: str, *, verify: bool) -> Manifest:
        """Compare the files of a generation with its manifest; see `open`."""
        folder = self._generations / generation
        manifest = read_manifest(folder)
        for name in (TEXTS_NAME, VECTORS_NAME, f"{LEXICAL_NAME}/meta.json"):
            if name not in manifest.files:
                raise IndexDamagedError(f"{folder / MANIFEST_NAME}: does not list {name}.")
        for name, stamp in manifest.files.items():
            check_file(folder / name, stamp, verify=verify or stamp.size <= CHECKED_BYTES)
        return manifest

    def is_locked(self) -> bool:
        """Whether a build is running."""
        try:
            with self._lock.open("r+", encoding="ascii") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            # There is no lock, or nothing can be written here: nobody builds.
            return False
        return False

    @contextmanager
    def locked(self, waiting: Callable[[str], None]) -> Iterator[None]:
        """
        Hold the lock that one build at a time holds.

        The kernel frees it when the process ends, however it ends.

        Args:
            waiting: Called once, with who holds the lock, if it is held by another process.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock.open("a+", encoding="ascii") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                waiting(file.read().strip() or "another process")
                fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()}")
            file.flush()
            yield

    @contextmanager
    def writing(self) -> Iterator[tuple[str, Path]]:
        """
        A folder to write a new generation in; call it with the lock held.

        Whatever is still there when the block ends is deleted. So is what a killed build left, and
        every generation newer than the current one: it was never served, or was gone back from.
        Where somebody ended the build, the folder stays, empty: it will be taken up again.

        Yields:
            The generation's id, and the folder.
        """
        self._generations.mkdir(parents=True, exist_ok=True)
        self._tidy()
        generation = f"{self._later_than_all():{_ID_TIME}}Z-{secrets.token_hex(3)}"
        folder = self._generations / f"{_UNFINISHED}{generation}"
        folder.mkdir()
        is_ended = False
        try:
            yield generation, folder
        except KeyboardInterrupt:
            is_ended = True
            raise
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if is_ended:
                folder.mkdir()

    def _later_than_all(self) -> datetime:
        """The time now, or just after the newest generation if the clock was set back since."""
        times = [self._clock()]
        for name in self.generations():
            # Whatever else lies in that folder is older than all.
            with suppress(ValueError):
                made = datetime.strptime(name.partition("Z-")[0], _ID_TIME).replace(tzinfo=UTC)
                times.append(made + timedelta(microseconds=1))
        return max(times)

    def _tidy(self) -> None:
        for leftover in self._generations.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with suppress(IndexDamagedError):
            for name in self._never_served():
                shutil.rmtree(self._generations / name, ignore_errors=True)

    def _never_served(self) -> list[str]:
        names = self.generations()
        try:
            current = self.current()
        except IndexMissingError:
            return names
        # A damaged CURRENT can name what never was; nothing follows from that.
        return [name for name in names if name > current] if current in names else []

    def publish(self, folder: Path, manifest: Manifest) -> None:
        """
        Make a written folder the generation being served.

        Killed at any moment, either the old generation or the new one is served.

        Raises:
            OSError: If the disk is full or can't be written; then the old one is served.
        """
        self._place(folder, manifest)
        self._serve(manifest.generation)
        self._held.unlink(missing_ok=True)
        self._damaged.unlink(missing_ok=True)
        self._prune(manifest.generation)

    def _place(self, folder: Path, manifest: Manifest) -> None:
        """Give a written folder its name among the generations; it is there whole or not at all."""
        write_manifest(folder, manifest)
        for name in (*manifest.files, MANIFEST_NAME):
            fsync(folder / name)
        fsync(folder / LEXICAL_NAME)
        fsync(folder)
        folder.rename(self._generations / manifest.generation)
        fsync(self._generations)

    @contextmanager
    def receiving(self, generation: str) -> Iterator[Path]:
        """
        A folder for the files of a generation that was made elsewhere; call it with the lock held.

        At the end of the block it is one of the generations, and not yet served.

        Raises:
            IndexFormatError: If it has another format version.
            IndexDamagedError: If it is not what its manifest says.
        """
        folder = self._generations / f"{_UNFINISHED}{generation}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        try:
            yield folder
            manifest = read_manifest(folder)
            if manifest.generation != generation:
                raise IndexDamagedError(f"{folder}: its manifest is that of another generation.")
            for name, stamp in manifest.files.items():
                check_file(folder / name, stamp, verify=True)
            stamps = {name: stamp_file(folder / name) for name in manifest.files}
            self._place(folder, manifest.model_copy(update={"files": stamps}))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def follow(self, generation: str, kept: Set[str]) -> None:
        """
        Serve a generation that is here, as is done elsewhere; call it with the lock held.

        Args:
            generation: Its id.
            kept: The ids of all that are kept elsewhere; the others go.
        """
        with suppress(IndexMissingError, IndexDamagedError):
            if self.current() == generation:
                self._let_go(kept)
                return
        self._serve(generation)
        self._let_go(kept)

    def _let_go(self, kept: Set[str]) -> None:
        for name in self.generations():
            if name not in kept:
                shutil.rmtree(self._generations / name, ignore_errors=True)

    def withdraw(self) -> None:
        """Serve nothing; call it with the lock held."""
        self._current.unlink(missing_ok=True)
        self._let_go(frozenset())

    def drop_damaged(self) -> None:
        """Delete the generation that was found damaged, to be had anew; with the lock held."""
        if self.is_noted_damaged():
            shutil.rmtree(self._generations / self.current(), ignore_errors=True)
        self._damaged.unlink(missing_ok=True)

    def _serve(self, generation: str) -> None:
        self._publish(generation)
        aside = self._current.with_name("CURRENT.new")
        aside.write_text(f"{generation}\n", encoding="ascii")
        fsync(aside)
        aside.replace(self._current)
        fsync(self.folder)

    def _prune(self, current: str) -> None:
        others = [name for name in self.generations() if name != current]
        for name in others[: -(KEPT_GENERATIONS - 1)]:
            shutil.rmtree(self._generations / name, ignore_errors=True)
        self._forget_others()

    def _publish(self, generation: str) -> None:
        """Have a generation searched where that is done, if it is not yet."""
        if self._server is not None:
            with closing(self._open(generation, verify=False)) as opened:
                self._server.publish(opened)

    def _forget_others(self) -> None:
        if self._server is not None:
            self._server.keep(self.folder.name, self.generations())

    def generations(self) -> list[str]:
        """The ids of all generations that are whole, oldest first."""
        if not self._generations.is_dir():
            return []
        # Ids begin with their time, so the newest sort last.
        names = sorted(path.name for path in self._generations.iterdir())
        return [name for name in names if not name.startswith(_UNFINISHED)]

    def keep(self) -> None:
        """
        Go on serving the current generation, held no longer; call it with the lock held.

        What killed builds left is deleted.
        """
        self._publish(self.current())
        self._held.unlink(missing_ok=True)
        self._tidy()
        self._prune(self.current())

    def forget_removed(self) -> None:
        """
        Delete the generations whose files hold text of documents that the current one has not.

        Call it with the lock held.

        Raises:
            IndexingError: If the current generation can't be read.
        """
        current = self.current()
        present = self.made_of().documents.keys()
        for name in self.generations():
            if name != current and not self._holds_only(name, present):
                shutil.rmtree(self._generations / name, ignore_errors=True)
        self._forget_others()

    def _holds_only(self, generation: str, documents: Set[str]) -> bool:
        folder = self._generations / generation
        try:
            manifest = read_manifest(folder)
            with closing(open_texts(folder, manifest)) as texts:
                # Of passages that went, the text is still there.
                return (
                    not texts.removed_count and {stamp.id for stamp in texts.stamps()} <= documents
                )
        except IndexingError:
            return False

    def roll_back(self) -> str:
        """
        Serve the generation before the current one, and hold it; call it with the lock held.

        Returns:
            Its id.

        Raises:
            IndexMissingError: If there is no generation before.
            IndexDamagedError: If it is not what was written; the current one is served on.
        """
        current = self.current()
        older = [name for name in self.generations() if name < current]
        if not older:
            raise IndexMissingError(
                f"{self.folder}: there is no generation before {current} to go back to."
            )
        self._open(older[-1], verify=True).close()
        # Until it is served, it is not held either.
        self._held.write_text(older[-1], encoding="ascii")
        self._serve(older[-1])
        return older[-1]


def stamp_files(folder: Path, shared: Mapping[str, FileStamp]) -> dict[str, FileStamp]:
    """
    Describe every file of a written generation.

    Args:
        folder: The generation's.
        shared: The stamps of the generation before; what is the very same file is not read again.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {
        name: shared[name] if name in shared and is_same(path, shared[name]) else stamp_file(path)
        for name, path in names.items()
    }
