"""
The folders of a collection's generations: written aside, put in place whole, checked, deleted.

    generations/<id>/   manifest.json, passages.sqlite, vectors.faiss, lexical/; vectors.half if
                        vectors.faiss holds only codes of them;
                        passages.added.sqlite and vectors.added.faiss with what changed since the
                        others were made

A file that two generations have in common is one file with two names.
"""

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from index.errors import IndexDamagedError, IndexingError
from index.files import check_file, fsync, stamp_file
from index.folder_changes import MadeOf
from index.generation import made_of, open_texts
from index.manifest import (
    LEXICAL_NAME,
    MANIFEST_NAME,
    TEXTS_NAME,
    VECTORS_NAME,
    Manifest,
    read_manifest,
    write_manifest,
)

# Damage on a disk leaves a file's size and time as they were. So a file of at most so many bytes is
# read and compared with its checksum whenever a generation is opened: a tenth of a second for the
# longest. Of an index that is searched exactly, all files are shorter. Longer ones are compared by
# `quoth run` in the background, by `quoth index verify`, and when something in them can't be right.
CHECKED_BYTES = 100_000_000

_UNFINISHED = ".building-"
# What an id begins with; by their ids, generations sort by age.
_ID_TIME = "%Y%m%dT%H%M%S%f"


class GenerationFolders:
    """All generations of a collection; it does not know which one is served."""

    def __init__(self, folder: Path) -> None:
        """Name the folder that they are in, which need not exist yet."""
        self._folder = folder

    def ids(self) -> list[str]:
        """The ids of all generations that are whole, oldest first."""
        if not self._folder.is_dir():
            return []
        # Ids begin with their time, so the newest sort last. What is hidden is unfinished, or is
        # somebody else's, such as `.DS_Store`.
        names = sorted(path.name for path in self._folder.iterdir())
        return [name for name in names if not name.startswith(".")]

    def path(self, generation: str) -> Path:
        """The folder of a generation."""
        return self._folder / generation

    def manifest(self, generation: str) -> Manifest:
        """The manifest of a generation; see `read_manifest`."""
        return read_manifest(self.path(generation))

    def manifests(self) -> list[tuple[Path, Manifest]]:
        """The folders and manifests of all generations; see `read_manifest`."""
        return [(self.path(name), self.manifest(name)) for name in self.ids()]

    def made_of(self, generation: str) -> MadeOf:
        """The files that a generation was made of; see `Collection.made_of`."""
        manifest = self.manifest(generation)
        with closing(open_texts(self.path(generation), manifest)) as texts:
            return made_of(manifest, texts)

    def holds_only(self, generation: str, documents: Set[str]) -> bool:
        """Whether the files of a generation surely hold text of no documents but these."""
        try:
            manifest = self.manifest(generation)
            with closing(open_texts(self.path(generation), manifest)) as texts:
                # The text of passages that went is still there.
                return (
                    not texts.removed_count and {stamp.id for stamp in texts.stamps()} <= documents
                )
        except IndexingError:
            return False

    def check(self, generation: str, *, verify: bool) -> Manifest:
        """
        Compare the files of a generation with its manifest; see `Collection.open_files`.

        Raises:
            IndexFormatError: If it has another format version.
            IndexDamagedError: If a file is missing or is not what was written.
        """
        folder, manifest = self.path(generation), self.manifest(generation)
        for name in (TEXTS_NAME, VECTORS_NAME, f"{LEXICAL_NAME}/meta.json"):
            if name not in manifest.files:
                raise IndexDamagedError(f"{folder / MANIFEST_NAME}: does not list {name}.")
        for name, stamp in manifest.files.items():
            check_file(folder / name, stamp, verify=verify or stamp.size <= CHECKED_BYTES)
        return manifest

    def is_unfinished(self) -> bool:
        """Whether a build is being written, or was killed."""
        return any(self._folder.glob(f"{_UNFINISHED}*"))

    @contextmanager
    def writing(self, clock: Callable[[], datetime]) -> Iterator[tuple[str, Path]]:
        """
        A folder to write a new generation in, newer than all.

        Whatever is still there when the block ends is deleted. Where somebody ended the build, the
        folder stays, empty: it will be taken up again.

        Yields:
            The generation's id, and the folder.
        """
        generation = f"{self._later_than_all(clock()):{_ID_TIME}}Z-{secrets.token_hex(3)}"
        folder = self.path(f"{_UNFINISHED}{generation}")
        folder.mkdir(parents=True)
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

    def _later_than_all(self, now: datetime) -> datetime:
        """The time now, or just after the newest generation if the clock was set back since."""
        times = [now]
        for name in self.ids():
            # Whatever else lies in that folder is older than all.
            with suppress(ValueError):
                made = datetime.strptime(name.partition("Z-")[0], _ID_TIME).replace(tzinfo=UTC)
                times.append(made + timedelta(microseconds=1))
        return max(times)

    @contextmanager
    def receiving(self, generation: str) -> Iterator[Path]:
        """
        A folder for the files of a generation that was made elsewhere.

        At the end of the block it is one of the generations.

        Raises:
            IndexFormatError: If it has another format version.
            IndexDamagedError: If it is not what its manifest says.
        """
        folder = self.path(f"{_UNFINISHED}{generation}")
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
            self.add(folder, manifest.model_copy(update={"files": stamps}))
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def add(self, folder: Path, manifest: Manifest) -> None:
        """Give a written folder its name among the generations; it is there whole or not at all."""
        write_manifest(folder, manifest)
        for name in (*manifest.files, MANIFEST_NAME):
            fsync(folder / name)
        fsync(folder / LEXICAL_NAME)
        fsync(folder)
        folder.rename(self.path(manifest.generation))
        fsync(self._folder)

    def delete(self, generations: Iterable[str]) -> None:
        """Delete generations, as far as they are there."""
        for name in generations:
            shutil.rmtree(self.path(name), ignore_errors=True)

    def delete_unfinished(self) -> None:
        """Delete what killed builds left."""
        self.delete(path.name for path in self._folder.glob(f"{_UNFINISHED}*"))
