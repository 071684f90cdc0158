"""
A collection on disk: generations, of which one is served.

    <collection>/
        CURRENT             the id of the generation being served
        lock                held by the one build that is running (`build_lock.py`)
        held                the id of a generation that a person went back to and wants kept
        damaged             the id of a generation that was found damaged, and what was found
        generations/<id>/   all of them (`generation_folders.py`)
"""

from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from index.build_lock import BuildLock
from index.errors import IndexDamagedError, IndexFormatError, IndexMissingError
from index.files import fsync, replace_text
from index.folder_changes import MadeOf
from index.generation import Generation, LocalGeneration, open_texts
from index.generation_folders import GenerationFolders
from index.manifest import Manifest
from index.search_server import SearchServer

# The one being served, and two to go back to.
KEPT_GENERATIONS = 3

_Read = TypeVar("_Read")


class Collection:
    """A folder of generations, of which one is served."""

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
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
        self.lock = BuildLock(folder / "lock")
        self.generations = GenerationFolders(folder / "generations")
        self._clock = clock
        self._server = server
        self._current = folder / "CURRENT"
        self._held = folder / "held"
        self._damaged = folder / "damaged"

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
        return self._of_current(self.generations.manifest)

    def made_of(self) -> MadeOf:
        """
        The files that the generation being served was made of.

        Raises:
            IndexMissingError: If none was published.
            IndexFormatError: If it has another format version.
            IndexDamagedError: If that can't be read.
        """
        return self._of_current(self.generations.made_of)

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

        Sizes are always compared, and the checksums of files of up to
        `generation_folders.CHECKED_BYTES`. That of a longer one is compared when it is not the very
        file that was written (another inode or time of change), or when `verify` is set.

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
            except (IndexDamagedError, FileNotFoundError):
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
        manifest = self.generations.check(generation, verify=verify)
        return self.generations.path(generation), manifest

    def is_damaged(self) -> bool:
        """
        Compare every file of the generation being served with its checksum.

        What is found is noted: the generation is not opened any more, and the next build makes
        another one without it.
        """
        check = self.generations.check
        try:
            self._of_current(lambda name: self._noting(name, lambda: check(name, verify=True)))
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

    def drop_damaged(self) -> None:
        """Delete the generation that was found damaged, to be had anew; with the lock held."""
        if self.is_noted_damaged():
            self.generations.delete([self.current()])
        self._damaged.unlink(missing_ok=True)

    def is_held(self) -> bool:
        """Whether a person went back to the current generation; only they end that, by a build."""
        try:
            return self._held.read_text(encoding="ascii") == self.current()
        except (OSError, UnicodeDecodeError, IndexMissingError, IndexDamagedError):
            return False

    @contextmanager
    def writing(self) -> Iterator[tuple[str, Path]]:
        """
        A folder to write a new generation in; call it with the lock held.

        What a killed build left is deleted before, and so is every generation newer than the
        current one: it was never served, or was gone back from.

        Yields:
            As `GenerationFolders.writing`.
        """
        self._tidy()
        with self.generations.writing(self._clock) as made:
            yield made

    def _tidy(self) -> None:
        self.generations.delete_unfinished()
        with suppress(IndexDamagedError):
            self.generations.delete(self._never_served())

    def _never_served(self) -> list[str]:
        names = self.generations.ids()
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
        self.generations.add(folder, manifest)
        self._serve(manifest.generation)
        self._held.unlink(missing_ok=True)
        self._damaged.unlink(missing_ok=True)
        self._prune(manifest.generation)

    def keep(self) -> None:
        """
        Go on serving the current generation, held no longer; call it with the lock held.

        What killed builds left is deleted.
        """
        self._publish_to_server(self.current())
        self._held.unlink(missing_ok=True)
        self._tidy()
        self._prune(self.current())

    def follow(self, generation: str, kept: Set[str]) -> None:
        """
        Serve a generation that is here, as is done elsewhere; call it with the lock held.

        Args:
            generation: The id of the generation.
            kept: The ids of all that are kept elsewhere; the others go.
        """
        is_served = False
        with suppress(IndexMissingError, IndexDamagedError):
            is_served = self.current() == generation
        if not is_served:
            self._serve(generation)
        self._let_go(kept)

    def withdraw(self) -> None:
        """Serve nothing; call it with the lock held."""
        self._current.unlink(missing_ok=True)
        self._let_go(frozenset())

    def forget_removed(self) -> None:
        """
        Delete the generations whose files hold text of documents that the current one has not.

        Call it with the lock held.

        Raises:
            IndexingError: If the current generation can't be read.
        """
        current, present = self.current(), self.made_of().documents.keys()
        self._let_go(
            {
                name
                for name in self.generations.ids()
                if name == current or self.generations.holds_only(name, present)
            }
        )
        self._forget_others()

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
        older = [name for name in self.generations.ids() if name < current]
        if not older:
            raise IndexMissingError(
                f"{self.folder}: there is no generation before {current} to go back to."
            )
        self._open(older[-1], verify=True).close()
        # Until it is served, it is not held either.
        replace_text(self._held, older[-1])
        self._serve(older[-1])
        return older[-1]

    def _serve(self, generation: str) -> None:
        self._publish_to_server(generation)
        aside = self._current.with_name("CURRENT.new")
        aside.write_text(f"{generation}\n", encoding="ascii")
        fsync(aside)
        aside.replace(self._current)
        fsync(self.folder)

    def _publish_to_server(self, generation: str) -> None:
        """Have a generation searched by the server, if there is one, and it is not there yet."""
        if self._server is not None:
            with closing(self._open(generation, verify=False)) as opened:
                self._server.publish(opened)

    def _prune(self, current: str) -> None:
        others = [name for name in self.generations.ids() if name != current]
        self.generations.delete(others[: -(KEPT_GENERATIONS - 1)])
        self._forget_others()

    def _let_go(self, kept: Set[str]) -> None:
        self.generations.delete(name for name in self.generations.ids() if name not in kept)

    def _forget_others(self) -> None:
        if self._server is not None:
            self._server.keep(self.folder.name, self.generations.ids())
