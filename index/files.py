"""Files that survive a crash, and the stamps that show whether they are as they were written."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from index.errors import IndexDamagedError


class Stamp(BaseModel):
    """A part of what is written down about files."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FileStamp(Stamp):
    """A file as it was written."""

    size: int
    mtime_ns: int
    inode: int
    sha256: str


def is_same(path: Path, stamp: FileStamp) -> bool:
    """Whether a file is the very one that was stamped, going by its size, time and inode."""
    stat = path.stat()
    return (stat.st_size, stat.st_mtime_ns, stat.st_ino) == (
        stamp.size,
        stamp.mtime_ns,
        stamp.inode,
    )


def stamp_file(path: Path) -> FileStamp:
    """Describe a file that was written."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        stat = os.fstat(file.fileno())
    return FileStamp(size=stat.st_size, mtime_ns=stat.st_mtime_ns, inode=stat.st_ino, sha256=sha256)


def stamp_files(folder: Path, shared: Mapping[str, FileStamp]) -> dict[str, FileStamp]:
    """
    Describe every file of a written generation.

    Args:
        folder: The folder of the generation.
        shared: The stamps of the generation before; what is the very same file is not read again.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    return {
        name: shared[name] if name in shared and is_same(path, shared[name]) else stamp_file(path)
        for name, path in names.items()
    }


def check_file(path: Path, stamp: FileStamp, *, verify: bool) -> None:
    """
    Compare a file with what was written.

    Its checksum is compared with `verify`, or if it may not be the very file that was written.

    Raises:
        IndexDamagedError: If it is missing or is not what was written.
    """
    try:
        if is_same(path, stamp) and not verify:
            return
        size = path.stat().st_size
        if size != stamp.size:
            raise IndexDamagedError(f"{path}: has {size:,} bytes, but {stamp.size:,} were written.")
        if stamp_file(path).sha256 != stamp.sha256:
            raise IndexDamagedError(f"{path}: was changed after it was written (checksum).")
    except OSError as error:
        raise IndexDamagedError(f"{path}: can't be read ({error.strerror}).") from error


def real_path(path: Path) -> Path:
    """Follow the links of a path; those in a circle stay, at which `Path.resolve` would fail."""
    return Path(os.path.realpath(path))


def replace_text(path: Path, content: str) -> None:
    """
    Write aside and rename, so that a crash or a full disk leaves the file before, or the new one.

    Raises:
        OSError: If it can't be written; the file before stays, and nothing else is left.
    """
    if path.exists() and not path.is_file():
        # A device or a pipe takes what is written, and must not give way to a file.
        path.write_text(content, encoding="utf-8")
        return
    # What a link leads to is replaced, and not the link.
    path = real_path(path)
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.write_text(content, encoding="utf-8")
        fsync(scratch)
        if path.exists():
            shutil.copymode(path, scratch)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """
    Hold a folder's lock, waiting for it; the folder is made if need be.

    The kernel frees it when the process ends, however it ends.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def fsync(path: Path) -> None:
    """Wait until a file's or folder's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def link(source: Path, target: Path) -> None:
    """Give a file that never changes a second name, or a copy where the disk has no such names."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
