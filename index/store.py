"""
Generations on disk: written aside, published by one rename, opened, verified.

    <collection>/
        CURRENT             the id of the generation being served
        lock                held by the one build that is running
        held                there while a person wants the current generation kept (a rollback)
        generations/<id>/   manifest.json, passages.sqlite, vectors.faiss, lexical/;
                            vectors.added.faiss if passages were added since vectors.faiss was made

A file that two generations have in common is one file with two names.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from index.errors import (
    IndexDamagedError,
    IndexFormatError,
    IndexMissingError,
)
from index.files import FileStamp, Stamp, check_file, fsync, is_same, stamp_file
from index.lexical import LexicalIndex
from index.texts import Texts
from index.vectors import VectorIndex

# Counts changes of the files, and of what loaders and the splitter make of the same document.
FORMAT_VERSION = 3
# The one being served, and two to go back to.
KEPT_GENERATIONS = 3

MANIFEST_NAME = "manifest.json"
TEXTS_NAME = "passages.sqlite"
VECTORS_NAME = "vectors.faiss"
ADDED_VECTORS_NAME = "vectors.added.faiss"
LEXICAL_NAME = "lexical"

_UNFINISHED = ".building-"


class EncoderStamp(Stamp):
    """Which encoder made the vectors."""

    name: str
    sha256: str
    dim: int


class SplittingStamp(Stamp):
    """How the documents were split."""

    max_tokens: int
    max_chars: int


class DocumentStamp(Stamp):
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


class Manifest(Stamp):
    """How a generation was made, and what it consists of."""

    format_version: int
    generation: str
    created: datetime
    """When the build began to look at the documents."""
    encoder: EncoderStamp
    splitting: SplittingStamp
    folder: str
    """The documents folder, as an absolute path."""
    documents: tuple[DocumentStamp, ...]
    failures: tuple[FailureStamp, ...]
    passages: int
    files: dict[str, FileStamp]
    """By path in the generation's folder, the manifest left out."""


class Generation:
    """One opened generation; nothing of it changes while it is open."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        """
        Open a generation whose files have been checked.

        Raises:
            IndexDamagedError: If a file can't be opened, or the parts don't belong together.
        """
        self.folder = folder
        self.manifest = manifest
        self.texts = Texts(folder / TEXTS_NAME)
        added = folder / ADDED_VECTORS_NAME if ADDED_VECTORS_NAME in manifest.files else None
        self.vectors = VectorIndex(folder / VECTORS_NAME, added, self.texts.removed())
        self.lexical = LexicalIndex(folder / LEXICAL_NAME)
        counts = {
            TEXTS_NAME: self.texts.passage_count,
            VECTORS_NAME: len(self.vectors),
            LEXICAL_NAME: len(self.lexical),
        }
        for name, count in counts.items():
            if count != manifest.passages:
                raise IndexDamagedError(
                    f"{folder / name}: holds {count:,} passages, "
                    f"but {MANIFEST_NAME} says {manifest.passages:,}."
                )
        if self.vectors.dim != manifest.encoder.dim:
            raise IndexDamagedError(
                f"{folder / VECTORS_NAME}: holds vectors of {self.vectors.dim} numbers, "
                f"but {MANIFEST_NAME} says {manifest.encoder.dim}."
            )

    @property
    def id(self) -> str:
        """Its name under `generations/`."""
        return self.manifest.generation

    @property
    def collection(self) -> str:
        """The name of the collection it belongs to."""
        return self.folder.parents[1].name

    def close(self) -> None:
        """Close its files."""
        self.texts.close()


class Collection:
    """A folder of generations, of which one is served."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not exist yet."""
        self.folder = folder
        self._generations = folder / "generations"
        self._current = folder / "CURRENT"
        self._lock = folder / "lock"
        self._held = folder / "held"

    def is_held(self) -> bool:
        """Whether a person went back to the current generation; only they end that, by a build."""
        return self._held.exists()

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
        while True:
            name = self.current()
            try:
                return _read_manifest(self._generations / name)
            except IndexDamagedError:
                if self.current() == name:
                    raise

    def open(self, *, verify: bool = False) -> Generation:
        """
        Open the generation being served.

        Sizes are always compared; a file's checksum is compared when the file is not the very one
        that was written (another size, inode or time of change), or when `verify` is set.

        Raises:
            IndexMissingError: If none was published.
            IndexFormatError: If it has another format version.
            IndexDamagedError: If a file is missing or is not what was written.
        """
        while True:
            name = self.current()
            try:
                return self._open(name, verify=verify)
            except IndexDamagedError:
                # Builds that came in between may have let the old generation go.
                if self.current() == name:
                    raise

    def _open(self, generation: str, *, verify: bool) -> Generation:
        folder = self._generations / generation
        manifest = _read_manifest(folder)
        for name in (TEXTS_NAME, VECTORS_NAME, f"{LEXICAL_NAME}/meta.json"):
            if name not in manifest.files:
                raise IndexDamagedError(f"{folder / MANIFEST_NAME}: does not list {name}.")
        for name, stamp in manifest.files.items():
            check_file(folder / name, stamp, verify=verify)
        return Generation(folder, manifest)

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

        Yields:
            The generation's id, and the folder.
        """
        self._generations.mkdir(parents=True, exist_ok=True)
        self._tidy()
        now = datetime.now(UTC)
        generation = f"{now:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(3)}"
        folder = self._generations / f"{_UNFINISHED}{generation}"
        folder.mkdir()
        try:
            yield generation, folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _tidy(self) -> None:
        for leftover in self._generations.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(leftover, ignore_errors=True)
        with suppress(IndexDamagedError):
            for name in self._never_served():
                shutil.rmtree(self._generations / name, ignore_errors=True)

    def _never_served(self) -> list[str]:
        try:
            current = self.current()
        except IndexMissingError:
            return self.generations()
        return [name for name in self.generations() if name > current]

    def publish(self, folder: Path, manifest: Manifest) -> None:
        """
        Make a written folder the generation being served.

        Killed at any moment, either the old generation or the new one is served.

        Raises:
            OSError: If the disk is full or can't be written; then the old one is served.
        """
        path = folder / MANIFEST_NAME
        path.write_text(manifest.model_dump_json(indent=1), encoding="utf-8")
        for name in (*manifest.files, MANIFEST_NAME):
            fsync(folder / name)
        fsync(folder / LEXICAL_NAME)
        fsync(folder)
        folder.rename(self._generations / manifest.generation)
        fsync(self._generations)
        self._serve(manifest.generation)
        self._held.unlink(missing_ok=True)
        self._prune(manifest.generation)

    def _serve(self, generation: str) -> None:
        aside = self._current.with_name("CURRENT.new")
        aside.write_text(f"{generation}\n", encoding="ascii")
        fsync(aside)
        aside.replace(self._current)
        fsync(self.folder)

    def _prune(self, current: str) -> None:
        others = [name for name in self.generations() if name != current]
        for name in others[: -(KEPT_GENERATIONS - 1)]:
            shutil.rmtree(self._generations / name, ignore_errors=True)

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
        self._held.unlink(missing_ok=True)
        self._tidy()
        self._prune(self.current())

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
        self._held.touch()
        self._serve(older[-1])
        return older[-1]


def stamp_files(folder: Path, shared: Mapping[str, FileStamp]) -> dict[str, FileStamp]:
    """
    Describe every file of a written generation.

    Args:
        folder: Of the generation.
        shared: The stamps of the generation before; what is the very same file is not read again.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {
        name: shared[name] if name in shared and is_same(path, shared[name]) else stamp_file(path)
        for name, path in names.items()
    }


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST_NAME
    try:
        content = path.read_bytes()
        version = _Version.model_validate_json(content).format_version
        if version != FORMAT_VERSION:
            raise IndexFormatError(
                f"{path}: has format version {version}, this Quoth reads {FORMAT_VERSION}."
            )
        return Manifest.model_validate_json(content)
    except OSError as error:
        raise IndexDamagedError(f"{path}: can't be read ({error.strerror}).") from error
    except ValidationError as error:
        raise IndexDamagedError(
            f"{path}: is no manifest ({error.error_count()} faults, "
            f"the first: {error.errors()[0]['msg']})."
        ) from error


class _Version(BaseModel):
    """The part of every manifest, whatever its version."""

    format_version: int
