"""The data folder -> one archive, while Quoth may be running."""

import glob
import hashlib
import os
import secrets
import shutil
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from bot import __version__
from bot.backups.contents import (
    DOCUMENTS_NAME,
    FORMAT_VERSION,
    MANIFEST_NAME,
    MAX_MTIME_NS,
    RECORDS_NAMES,
    BackupManifest,
    FileEntry,
    belongs,
)
from bot.backups.errors import BackupError
from bot.collection_names import BASE_COLLECTION, collections_in
from bot.database import DatabaseError, RecordsError
from bot.discord_app.records import Records
from bot.settings import CALIBRATION_NAME, COLLECTIONS_NAME, READERS_NAME, RECORDS_NAME, Settings
from index.files import fsync
from index.provenance import PROVENANCE_NAME

_CHUNK_BYTES = 2**20
# Members' documents and questions are for nobody else on this machine to read.
_PRIVATE = 0o600
_COPYING = ".backup-"
# Longer than any backup takes.
_BACKED_UP_S = 24 * 60 * 60.0


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that was written."""

    path: Path
    manifest: BackupManifest
    left_out: tuple[str, ...]
    """Paths of what is no plain file, or has no name that a backup can hold."""


def back_up(settings: Settings, target: Path, created: datetime) -> Written:
    """
    Write all that can't be made again into a new archive, which appears when it is complete.

    The records are copied by SQLite as they are at one moment. A document is replaced by a rename,
    so what is read of each is the whole of it, before or after. With a database, the archive may
    be empty.

    Raises:
        BackupError: If there is something of that name or nothing to back up, or a file can't be
            read or written.
    """
    if os.path.lexists(target):
        raise _taken(target)
    sources, left_out = _sources(settings.data)
    # A file that is left from before they were moved to a database is out of date.
    has_records = settings.database is None and settings.records.exists()
    # With a database, an installation may well have nothing else that can't be made again.
    is_installation = settings.database is not None and (
        settings.collections.is_dir() or settings.records.exists()
    )
    if not sources and not has_records and not is_installation:
        raise BackupError(
            f"{settings.data}: holds nothing that can't be made again. Is it the right data folder?"
        )
    entries: dict[str, FileEntry] = {}
    with _new_archive(target) as archive:
        if has_records:
            with _records_copy(settings) as copy:
                _add(archive, RECORDS_NAME, copy, entries)
        for name, path in sources:
            _add(archive, name, path, entries)
        manifest = BackupManifest(
            format_version=FORMAT_VERSION, quoth=__version__, created=created, files=entries
        )
        archive.writestr(_entry(MANIFEST_NAME), manifest.model_dump_json(indent=1))
    return Written(target, manifest, tuple(left_out))


def _taken(target: Path) -> BackupError:
    return BackupError(f"{target}: is there already. Name another file, or delete this one.")


def _sources(data: Path) -> tuple[list[tuple[str, Path]], list[str]]:
    """The files to back up, by name, without the records; and the paths that are left out."""
    found: list[tuple[str, Path]] = []
    left_out: list[str] = []
    folders = [
        data / COLLECTIONS_NAME / name / DOCUMENTS_NAME
        for name in collections_in(data / COLLECTIONS_NAME)
        if name != BASE_COLLECTION
    ]
    for path in _files([*folders, data / READERS_NAME], left_out):
        name = path.relative_to(data).as_posix()
        if belongs(name):
            found.append((name, path))
        else:
            left_out.append(str(path))
    calibration = data / CALIBRATION_NAME
    if calibration.is_symlink():
        left_out.append(str(calibration))
    elif calibration.is_file():
        found.append((CALIBRATION_NAME, calibration))
    return found, left_out


def _files(folders: list[Path], left_out: list[str]) -> Iterator[Path]:
    waiting = list(folders)
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            # There is none, or it went while this was under way.
            continue
        except OSError as error:
            raise BackupError(f"{folder}: can't be read ({error.strerror}).") from error
        for entry in entries:
            if entry.name.startswith(".") and entry.name != PROVENANCE_NAME:
                # Half written: no document, no reader.
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
            else:
                left_out.append(entry.path)


@contextmanager
def _new_archive(target: Path) -> Iterator[ZipFile]:
    # Another backup may be about to be written under the same name.
    scratch = target.with_name(f".{target.name}.{secrets.token_hex(8)}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for leftover in target.parent.glob(f".{glob.escape(target.name)}.*.new"):
            with suppress(FileNotFoundError):
                if _is_abandoned(leftover):
                    leftover.unlink()
        descriptor = os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE)
        try:
            with os.fdopen(descriptor, "w+b") as file, ZipFile(file, "w", ZIP_STORED) as archive:
                yield archive
            fsync(scratch)
            _publish(scratch, target)
        finally:
            scratch.unlink(missing_ok=True)
    except OSError as error:
        raise BackupError(
            f"{target}: the backup can't be written ({error.strerror or error}). There is none."
        ) from error


def _is_abandoned(leftover: Path) -> bool:
    return leftover.stat().st_mtime < time.time() - _BACKED_UP_S


def _publish(scratch: Path, target: Path) -> None:
    try:
        # Unlike a rename, it takes nothing's place.
        os.link(scratch, target)
    except FileExistsError as error:
        raise _taken(target) from error
    except OSError:
        # A disk without second names for files, such as a memory stick.
        scratch.rename(target)
    fsync(target.parent)


def _add(archive: ZipFile, name: str, path: Path, entries: dict[str, FileEntry]) -> None:
    """Put a file into the archive, unless it is gone by now."""
    try:
        file = _open_plain(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise BackupError(f"{path}: can't be read ({error.strerror}).") from error
    with file:
        status = os.fstat(file.fileno())
        digest, size = hashlib.sha256(), 0
        with archive.open(_entry(name), "w", force_zip64=True) as entry:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
                entry.write(chunk)
    mtime_ns = min(max(0, status.st_mtime_ns), MAX_MTIME_NS)
    entries[name] = FileEntry(size=size, sha256=digest.hexdigest(), mtime_ns=mtime_ns)


def _entry(name: str) -> ZipInfo:
    # Without a time: ZIP knows none before 1980, where the clock of a small machine begins.
    info = ZipInfo(name)
    info.external_attr = (stat.S_IFREG | _PRIVATE) << 16
    return info


def _open_plain(path: Path) -> BinaryIO:
    # What was a file when it was listed may be a link or a pipe by now.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no plain file any more")
    return os.fdopen(descriptor, "rb")


@contextmanager
def _records_copy(settings: Settings) -> Iterator[Path]:
    """
    A copy of the records in one file, without what may not be kept any longer.

    Raises:
        BackupError: If they can't be read.
    """
    # One that was killed has left its copy, in which is what members have deleted since.
    for leftover in settings.data.glob(f"{_COPYING}*"):
        with suppress(OSError):
            is_copy = {path.name for path in leftover.iterdir()} <= {*RECORDS_NAMES}
            if is_copy and _is_abandoned(leftover):
                shutil.rmtree(leftover)
    # Beside the records, where whoever may read them can write, and there is room.
    with tempfile.TemporaryDirectory(prefix=_COPYING, dir=settings.data) as folder:
        copy = Path(folder, RECORDS_NAME)
        try:
            copy.touch(mode=_PRIVATE)
            with (
                closing(sqlite3.connect(settings.records, timeout=10)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            with closing(Records(copy)) as records:
                records.tidy(settings)
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                connection.execute("PRAGMA journal_mode = DELETE")
                # So nothing that was deleted is in it, whatever wrote the file.
                connection.execute("VACUUM")
                (state,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except (sqlite3.Error, DatabaseError, RecordsError) as error:
            raise BackupError(f"{settings.records}: can't be copied ({error}).") from error
        if state != "ok":
            raise BackupError(f"{settings.records}: is damaged ({state}).")
        yield copy
