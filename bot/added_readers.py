"""The readers that were added, each in a folder of its own, and which of them is used."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from index.files import replace_text
from reader import SHIPPED_READER
from reader.errors import ReaderError

CARD_NAME = "card.json"
_USED_NAME = "used"
UNFINISHED = ".new"
"""The ending of hidden folders of readers that are half made, or half deleted, by whoever was
killed over it; they are tidied up when the next reader is made."""
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class Measured(BaseModel):
    """What a reader gave on the questions that it was measured on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    f1: float
    """In percent, of the answerable questions given their passage, always answering."""
    milliseconds: float
    """To read one passage, on average."""
    bytes: int
    """Graph and weights together."""


class Card(BaseModel):
    """What is known of a reader that was added."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: str
    """The model that the reader was made of, as somebody named it."""
    architecture: str
    """The name that transformers has for the architecture."""
    precision: Literal["int8", "fp32"]
    added: datetime
    questions: int
    """How many it was measured on, with the reader that comes with Quoth beside it."""
    measured: Measured
    shipped: Measured


class AddedReaders:
    """The folder of all readers that were added."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it need not be there."""
        self._folder = folder

    def names(self) -> list[str]:
        """The names of the readers that are complete, in order."""
        if not self._folder.is_dir():
            return []
        # What was cut half way has another name.
        named = (one for one in self._folder.iterdir() if _NAME.fullmatch(one.name))
        return sorted(one.name for one in named if (one / CARD_NAME).is_file())

    def folder(self, name: str) -> Path:
        """
        Find a reader.

        Raises:
            ReaderError: If none of that name was added.
        """
        names = self.names()
        if name not in names:
            known = f"Added are {', '.join(names)}." if names else "None was added yet."
            raise ReaderError(f'There is no added reader "{name}". {known}')
        return self._folder / name

    def card(self, name: str) -> Card:
        """
        Tell what is known of a reader.

        Raises:
            ReaderError: If none of that name was added, or its card is damaged.
        """
        path = self.folder(name) / CARD_NAME
        try:
            return Card.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise ReaderError(
                f"{path}: can't be read. Remove the reader and add it again."
            ) from error

    @property
    def used(self) -> str | None:
        """The reader that was chosen; None where it is the one that comes with Quoth."""
        try:
            return (self._folder / _USED_NAME).read_text(encoding="utf-8").strip() or None
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ReaderError(
                f"{self._folder / _USED_NAME}: can't be read. Choose a reader by quoth reader use."
            ) from error

    def use(self, name: str) -> None:
        """
        Choose the reader that answers from now on.

        Args:
            name: One that was added, or `SHIPPED_READER`.

        Raises:
            ReaderError: If none of that name was added, or the choice can't be written down.
        """
        used = self._folder / _USED_NAME
        if name != SHIPPED_READER:
            self.folder(name)
        with _writing(used):
            if name == SHIPPED_READER:
                used.unlink(missing_ok=True)
                return
            replace_text(used, f"{name}\n")

    def remove(self, name: str) -> None:
        """
        Delete a reader; the one that comes with Quoth answers where it was used.

        Raises:
            ReaderError: If none of that name was added, or it can't be deleted.
        """
        folder = self.folder(name)
        used, put_aside = self._folder / _USED_NAME, self._folder / f".{_USED_NAME}{UNFINISHED}"
        was_used = self.used == name
        with _writing(folder):
            # Renamed first, so that what is half deleted is no reader, and is tidied up as what is
            # half made. One of that name may be added meanwhile.
            gone = folder.with_name(f".{name}.{os.getpid()}{UNFINISHED}")
            _delete(gone, ignore_errors=True)
            # The choice goes before its reader: whoever is killed in between leaves no choice of
            # something that is not there. Both are renamed, which a full disk allows, back too.
            if was_used:
                used.replace(put_aside)
            try:
                folder.rename(gone)
            except OSError:
                if was_used:
                    put_aside.replace(used)
                raise
            put_aside.unlink(missing_ok=True)
            # Whoever adds a reader meanwhile deletes it, too.
            with suppress(FileNotFoundError):
                _delete(gone)

    def check_free(self, name: str) -> None:
        """
        Check that a reader may be added under a name.

        Raises:
            ReaderError: If it may not.
        """
        if not _NAME.fullmatch(name) or name in {SHIPPED_READER, _USED_NAME}:
            raise ReaderError(
                f'"{name}" is no name for an added reader. Choose another with --name: lower-case '
                "letters, digits, hyphens and underscores, at most 64."
            )
        if name in self.names():
            raise ReaderError(
                f'A reader "{name}" was added before. Remove it first, or choose another name with '
                "--name."
            )
        if os.path.lexists(self._folder / name):
            raise ReaderError(
                f"{self._folder / name}: is in the way, and is no complete reader. Move it away, "
                "or choose another name with --name."
            )

    @contextmanager
    def making(self, name: str) -> Iterator[Path]:
        """
        Give an empty folder that becomes the reader of that name where nothing goes wrong.

        Raises:
            ReaderError: If the name may not be used, another reader is being made, or something
                can't be written.
        """
        self.check_free(name)
        scratch = self._folder / f".{name}{UNFINISHED}"
        with _writing(scratch), self._locked():
            for left in self._folder.glob(f".*{UNFINISHED}"):
                _delete(left, ignore_errors=True)
            try:
                scratch.mkdir()
                yield scratch
                scratch.rename(self._folder / name)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep others from making a reader here; a process that is killed holds nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ReaderError(
                    f"{self._folder}: another reader is being added. Add this one when that is "
                    "done."
                ) from error
            yield
        finally:
            os.close(lock)


def _delete(folder: Path, *, ignore_errors: bool = False) -> None:
    """Delete a folder; of a reader that somebody keeps elsewhere, the link to it."""
    if folder.is_symlink():
        folder.unlink()
    else:
        shutil.rmtree(folder, ignore_errors=ignore_errors)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReaderError(
            f"{path}: can't be written ({error.strerror or error}). Free some space or choose "
            "another data folder."
        ) from error
