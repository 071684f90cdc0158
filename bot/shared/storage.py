"""Storage that several machines reach: files under the SHA-256 of what is in them."""

import errno
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from index.errors import PartError, SharedError
from index.files import fsync

_PARTS = "parts"
# Says whose storage it is.
MARK_NAME = "quoth-installation"
_SHA256 = re.compile(r"[0-9a-f]{64}")
# A copy that was cut short.
_INCOMING = ".incoming-"
_OPTIONS: dict[str, dict[str, object]] = {
    # It would try for minutes whether somebody answers there; whoever calls tries again anyway.
    "s3": {"config_kwargs": {"connect_timeout": 5, "retries": {"max_attempts": 1}}},
    # Folders within it are made, as elsewhere they come of themselves.
    "file": {"auto_mkdir": True},
    "local": {"auto_mkdir": True},
}


class Storage(Protocol):
    """
    Files by their SHA-256, which nothing here compares.

    Each method raises a `SharedError` where the storage can't be used, and blocks.
    """

    def marked(self) -> str | None:
        """What was written there by `mark`; None if nothing was."""

    def mark(self, text: str) -> None:
        """Leave a short text there that says whose storage it is."""

    def has(self, sha256: str, size: int) -> bool:
        """Whether there is such a file, of that size."""

    def put(self, sha256: str, path: Path) -> None:
        """Store a file, in place of one of the same name."""

    def get(self, sha256: str, path: Path) -> None:
        """Write a stored file to a path, or raise a `PartError` if it is not there."""

    def written_before(self, moment: float) -> list[str]:
        """The names of all files that were written before a time, in seconds since 1970."""

    def delete(self, names: Iterable[str]) -> None:
        """Delete files; one that is not there is none that has to be deleted."""


def open_storage(place: str) -> Storage:
    """
    Take a folder, or what a URL names; it may be away.

    Raises:
        SharedError: If it is of a kind that can't be used.
    """
    return UrlStorage(place) if "://" in place else FolderStorage(Path(place))


class FolderStorage:
    """A folder that all machines see."""

    def __init__(self, folder: Path) -> None:
        """Take a folder, which is never made: where nothing is mounted it would lack every part."""
        self._folder = folder

    def marked(self) -> str | None:
        """What was written there by `mark`."""
        if not self._folder.is_dir():
            raise SharedError(
                f"QUOTH_STORAGE={self._folder}: there is no such folder. Make it, or mount it."
            )
        with self._failures():
            try:
                return (self._folder / MARK_NAME).read_text("ascii", errors="replace").strip()
            except FileNotFoundError:
                return None

    def mark(self, text: str) -> None:
        """Leave a short text there."""
        aside = self._folder / f"{_INCOMING}{secrets.token_hex(8)}"
        with self._failures():
            aside.write_text(f"{text}\n", encoding="ascii")
            fsync(aside)
            aside.replace(self._folder / MARK_NAME)

    def _path(self, sha256: str) -> Path:
        return self._folder / _PARTS / sha256[:2] / sha256

    def has(self, sha256: str, size: int) -> bool:
        """Whether there is such a file, of that size."""
        with self._failures():
            try:
                return self._path(sha256).stat().st_size == size
            except FileNotFoundError:
                return False

    def put(self, sha256: str, path: Path) -> None:
        """Store a file; killed or not, it is there whole or not at all."""
        target = self._path(sha256)
        aside = target.with_name(f"{_INCOMING}{secrets.token_hex(8)}")
        with self._failures():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copyfile(path, aside)
                fsync(aside)
                aside.replace(target)
                fsync(target.parent)
            finally:
                aside.unlink(missing_ok=True)

    def get(self, sha256: str, path: Path) -> None:
        """Write a stored file to a path."""
        with self._failures():
            try:
                shutil.copyfile(self._path(sha256), path)
            except FileNotFoundError as error:
                if not self._folder.is_dir():
                    raise
                raise PartError(sha256, "is not in storage") from error
            except OSError as error:
                raise _unwritten(path, error) from error

    def written_before(self, moment: float) -> list[str]:
        """The names of all files that were written before a time; leftovers of then are deleted."""
        found = []
        with self._failures():
            for path in (self._folder / _PARTS).glob("*/*"):
                with suppress(FileNotFoundError):
                    if path.stat().st_mtime >= moment:
                        continue
                    if _SHA256.fullmatch(path.name):
                        found.append(path.name)
                    elif path.name.startswith(_INCOMING):
                        path.unlink()
        return found

    def delete(self, names: Iterable[str]) -> None:
        """Delete files."""
        with self._failures():
            for name in names:
                self._path(name).unlink(missing_ok=True)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise SharedError(
                f"QUOTH_STORAGE={self._folder}: can't be used ({error.strerror or error})."
            ) from error


def _unwritten(path: Path, error: OSError) -> Exception:
    """What to say where the disk is full here, and not there."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return error
    return SharedError(f"{path}: can't be written ({error.strerror}). Make space on that disk.")


class UrlStorage:
    """What fsspec reaches by a URL, such as s3://bucket/prefix."""

    def __init__(self, url: str) -> None:
        """
        Take a URL; credentials come from where the storage's own tools have them.

        Raises:
            SharedError: If it is of a kind that can't be used.
        """
        self._url = url
        try:
            from fsspec.core import url_to_fs

            # Other machines write there.
            self._files, self._root = url_to_fs(
                url,
                use_listings_cache=False,
                skip_instance_cache=True,
                **_OPTIONS.get(url.partition("://")[0], {}),
            )
        except ImportError as error:
            raise SharedError(
                f'QUOTH_STORAGE={url} needs pip install "quoth[storage]" ({error}).'
            ) from error
        # Each kind of storage refuses a URL in its own way.
        except Exception as error:
            raise self._failure(error) from error

    def marked(self) -> str | None:
        """What was written there by `mark`."""
        try:
            # This says most of a bucket that is not there, or lets nobody in.
            self._try(lambda: self._files.ls(str(self._root).split("/", 1)[0]))
        except FileNotFoundError as error:
            raise self._failure(error) from error
        try:
            found = self._try(lambda: self._files.cat_file(f"{self._root}/{MARK_NAME}"))
        except FileNotFoundError:
            return None
        return bytes(found).decode("ascii", errors="replace").strip()

    def mark(self, text: str) -> None:
        """Leave a short text there."""
        written = f"{text}\n".encode("ascii")
        self._try(lambda: self._files.pipe_file(f"{self._root}/{MARK_NAME}", written))

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{_PARTS}/{sha256[:2]}/{sha256}"

    def has(self, sha256: str, size: int) -> bool:
        """Whether there is such a file, of that size."""
        try:
            return bool(self._try(lambda: self._files.info(self._path(sha256))["size"]) == size)
        except FileNotFoundError:
            return False

    def put(self, sha256: str, path: Path) -> None:
        """Store a file; an object is there whole or not at all."""
        try:
            self._try(lambda: self._files.put_file(str(path), self._path(sha256)))
        except FileNotFoundError as error:
            raise self._failure(error) from error

    def get(self, sha256: str, path: Path) -> None:
        """Write a stored file to a path."""

        def get() -> None:
            try:
                self._files.get_file(self._path(sha256), str(path))
            except OSError as error:
                raise _unwritten(path, error) from error

        try:
            self._try(get)
        except FileNotFoundError as error:
            raise PartError(sha256, "is not in storage") from error

    def written_before(self, moment: float) -> list[str]:
        """The names of all files that were written before a time."""
        try:
            found = self._try(lambda: self._files.find(f"{self._root}/{_PARTS}", detail=True))
        except FileNotFoundError:
            return []
        names = []
        for path, about in found.items():
            name = path.rsplit("/", 1)[-1]
            if _SHA256.fullmatch(name) and self._written(path, about) < moment:
                names.append(name)
        return names

    def _written(self, path: str, about: dict[str, Any]) -> float:
        # S3 says so of all objects at once.
        written = about.get("LastModified") or self._try(lambda: self._files.modified(path))
        return written.timestamp() if isinstance(written, datetime) else time.time()

    def delete(self, names: Iterable[str]) -> None:
        """Delete files."""
        # If several went at once, one that is missing would keep the others.
        for name in names:
            with suppress(FileNotFoundError):
                self._try(partial(self._files.rm_file, self._path(name)))

    def _try(self, work: Callable[[], Any]) -> Any:
        """
        Do something there.

        Raises:
            FileNotFoundError: If what it names is not there.
            SharedError: If that can't be done.
        """
        try:
            return work()
        except (FileNotFoundError, SharedError):
            raise
        # Each kind of storage fails in its own way.
        except Exception as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> SharedError:
        said = " ".join(str(error).split()) or type(error).__name__
        return SharedError(
            f"QUOTH_STORAGE={self._url}: can't be used ({said}). Correct the address, or what lets "
            "Quoth in there."
        )
