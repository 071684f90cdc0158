"""One archive -> the data folder, after all of it was checked."""

import hashlib
import os
import secrets
import shutil
import sqlite3
import stat
import struct
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from pydantic import ValidationError

from bot.backups.contents import (
    FORMAT_VERSION,
    MANIFEST_NAME,
    RECORDS_NAMES,
    BackupManifest,
    FileEntry,
    belongs,
)
from bot.backups.errors import BackupError
from bot.collection_names import BASE_COLLECTION, collections_in
from bot.database import RecordsError, migrate, version
from bot.discord_app.migrations import STEPS
from bot.discord_app.only_process import only_process
from bot.settings import (
    CALIBRATION_NAME,
    COLLECTIONS_NAME,
    READERS_NAME,
    RECORDS_NAME,
    Settings,
)
from index.files import fsync
from index.store import Collection

_CHUNK_BYTES = 2**20
# Enough for some 400,000 files; it is read into memory.
_MAX_MANIFEST_BYTES = 64 * 2**20
# What is left on a disk on which other things go on being written.
_SPARE_BYTES = 64 * 2**20
_ENCRYPTED = 0x1
_PRIVATE_FOLDER = 0o700
_STAGING = ".restoring-"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored."""

    manifest: BackupManifest
    before: Path | None
    """Where that lies which was in the data folder before; none if nothing was."""


def check(source: Path) -> BackupManifest:
    """
    Look at all of an archive, and write nothing.

    Raises:
        BackupError: If it is none that `back_up` wrote, or is damaged.
    """
    with _opened(source) as archive:
        return archive.checked()


def restore(settings: Settings, source: Path, now: datetime, *, replace: bool) -> Restored:
    """
    Put what a backup holds into the data folder, once all of it was checked.

    Nothing is lost: what the folder held of the same kind is put aside in it. What can be made
    again, such as the index of the seeds and the vectors, stays where it is.

    Args:
        settings: Where the data folder is; it need not be there.
        source: The archive.
        now: Names what is put aside.
        replace: Whether the folder may hold something.

    Raises:
        BackupError: If the archive can't be trusted, the folder holds something or is in use, or
            there is no room. The folder is then as it was.
    """
    data = settings.data
    with _opened(source) as archive:
        manifest = archive.checked()
        there = _there(data)
        if there and not replace:
            names = ", ".join(sorted(str(path.relative_to(data)) for path in there)[:3])
            raise BackupError(
                f"{data}: holds something already ({names}). Restore into an empty data folder "
                "with --data, or add --replace, which puts aside what is there."
            )
        try:
            with only_process(data):
                _refuse_in_use(settings)
                # What a process that was killed left beside the records, SQLite has put into them.
                there = _there(data)
                _refuse_without_room(data, manifest)
                with _staging(data) as staging:
                    archive.unpack(staging)
                    before = data / f"replaced-{now:%Y%m%dT%H%M%S}" if there else None
                    _exchange(data, there, staging, before)
        except RecordsError as error:
            raise BackupError(f"{error} Nothing was restored.") from error
        except OSError as error:
            raise BackupError(
                f"{error.filename or data}: can't be written ({error.strerror or error}). Nothing "
                "was changed."
            ) from error
    return Restored(manifest, before)


class _Archive:
    """An archive whose entries are what its manifest says; their contents are yet to be checked."""

    def __init__(self, path: Path, file: ZipFile) -> None:
        self._path = path
        self._file = file
        self._infos = self._plain_entries()
        self._manifest = self._read_manifest()
        self._compare_names()

    def _refused(self, why: str) -> BackupError:
        return BackupError(f"{self._path}: {why} Nothing was restored.")

    def _plain_entries(self) -> dict[str, ZipInfo]:
        infos: dict[str, ZipInfo] = {}
        for info in self._file.infolist():
            name = info.orig_filename
            if name != MANIFEST_NAME and not belongs(name):
                raise self._refused(f'"{name}" is no name of a file in a backup.')
            if name in infos:
                raise self._refused(f'"{name}" is in it twice.')
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in {0, stat.S_IFREG}:
                raise self._refused(f'"{name}" is no plain file.')
            # Nothing in a backup is compressed, so nothing can be larger than the archive.
            if info.compress_type != ZIP_STORED or info.flag_bits & _ENCRYPTED:
                raise self._refused(f'"{name}" is compressed or encrypted; quoth backup does not.')
            infos[name] = info
        size = self._path.stat().st_size
        if sum(info.file_size for info in infos.values()) > size:
            raise self._refused("its files would be larger than itself.")
        return infos

    def _read_manifest(self) -> BackupManifest:
        info = self._infos.pop(MANIFEST_NAME, None)
        if info is None:
            raise self._refused(f"has no {MANIFEST_NAME}, so it is no backup, or not all of one.")
        if info.file_size > _MAX_MANIFEST_BYTES:
            raise self._refused(f"its {MANIFEST_NAME} is too large.")
        try:
            return BackupManifest.model_validate_json(self._file.read(info))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            if first["loc"] == ("format_version",) and first["type"] == "literal_error":
                raise self._refused(
                    f"is of format {first['input']!s}, and this Quoth reads format "
                    f"{FORMAT_VERSION}. Restore it with the Quoth that wrote it."
                ) from error
            where = ".".join(map(str, first["loc"]))
            raise self._refused(
                f"its {MANIFEST_NAME} is wrong: {where}: {first['msg']}."
            ) from error

    def _compare_names(self) -> None:
        for name in self._manifest.files.keys() ^ self._infos.keys():
            raise self._refused(f'"{name}" is in its manifest or among its files, but not in both.')
        for name, entry in self._manifest.files.items():
            if self._infos[name].file_size != entry.size:
                raise self._refused(f'"{name}" has another size than its manifest says.')
            for folder in Path(name).parents:
                if folder.as_posix() in self._infos:
                    raise self._refused(f'"{folder}" is both a file and a folder.')

    def checked(self) -> BackupManifest:
        """Compare every checksum, and look into the records."""
        with tempfile.TemporaryDirectory() as folder:
            for name, entry in self._manifest.files.items():
                if name == RECORDS_NAME:
                    copy = Path(folder, name)
                    with copy.open("xb") as target:
                        self._copy(name, entry, target)
                    self._check_records(copy)
                else:
                    self._copy(name, entry, None)
        return self._manifest

    def _copy(self, name: str, entry: FileEntry, target: IO[bytes] | None) -> None:
        digest = hashlib.sha256()
        with self._file.open(self._infos[name]) as content:
            while chunk := content.read(_CHUNK_BYTES):
                digest.update(chunk)
                if target is not None:
                    target.write(chunk)
        if digest.hexdigest() != entry.sha256:
            raise self._refused(f'"{name}" is damaged (checksum). Take another backup.')

    def _check_records(self, path: Path) -> None:
        try:
            with closing(sqlite3.connect(path)) as connection:
                # Nothing that a file brings along is run while it is looked at.
                connection.execute("PRAGMA trusted_schema = OFF")
                found = version(connection)
                if found > len(STEPS):
                    raise self._refused(
                        f"its records were written by a newer Quoth (version {found}, this one "
                        f"knows {len(STEPS)}). Update Quoth."
                    )
                if _schema(connection) != _expected_schema(found):
                    raise self._refused("its records have other tables than Quoth's.")
                (state,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.Error as error:
            raise self._refused(f"its records can't be read ({error}).") from error
        if state != "ok":
            raise self._refused(f"its records are damaged ({state}).")

    def unpack(self, folder: Path) -> None:
        """Write all files below a folder, each flushed to the disk."""
        for name, entry in self._manifest.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
            with path.open("xb") as target:
                os.fchmod(target.fileno(), 0o600)
                self._copy(name, entry, target)
            os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns))
            fsync(path)


@contextmanager
def _opened(path: Path) -> Iterator[_Archive]:
    try:
        with ZipFile(path) as file:
            yield _Archive(path, file)
    except FileNotFoundError as error:
        raise BackupError(f"{error.filename or path}: there is no such file.") from error
    except OSError as error:
        raise BackupError(
            f"{error.filename or path}: can't be used ({error.strerror or error})."
        ) from error
    # zipfile raises any of these on a file that was damaged, or made to confuse it.
    except (BadZipFile, struct.error, RuntimeError, EOFError, ValueError, OverflowError) as error:
        raise BackupError(
            f"{path}: is no backup, or a damaged one ({error}). Nothing was restored."
        ) from error


def _schema(connection: sqlite3.Connection) -> set[tuple[str, str, str | None]]:
    # What a trigger does is run later.
    return set(
        connection.execute(
            "SELECT type, name, CASE type WHEN 'trigger' THEN sql END FROM sqlite_master"
        )
    )


def _expected_schema(found: int) -> set[tuple[str, str, str | None]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        migrate(connection, STEPS[:found])
        return _schema(connection)


def _there(data: Path) -> list[Path]:
    """What the data folder holds that a backup would bring: whole folders, if something is in."""
    found = [data / name for name in (*RECORDS_NAMES, CALIBRATION_NAME, READERS_NAME)]
    found += [
        data / COLLECTIONS_NAME / name
        for name in collections_in(data / COLLECTIONS_NAME)
        if name != BASE_COLLECTION
    ]
    return [path for path in found if path.is_file() or (path.is_dir() and any(path.iterdir()))]


def _refuse_in_use(settings: Settings) -> None:
    busy = BackupError(
        f"{settings.data}: Quoth is running on it. Stop quoth run and whatever builds an index "
        "there, and restore then."
    )
    for name in collections_in(settings.collections):
        if Collection(settings.collections / name).lock.is_locked():
            raise busy
    if not settings.records.is_file():
        return
    try:
        with closing(sqlite3.connect(settings.records, timeout=0.2)) as connection:
            # Nobody leaves the write-ahead log while somebody else has the file open.
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        # A damaged file is in nobody's use: it is what somebody restores for.
        if "locked" in str(error):
            raise busy from error


def _refuse_without_room(data: Path, manifest: BackupManifest) -> None:
    free = shutil.disk_usage(data).free
    if manifest.size + _SPARE_BYTES > free:
        raise BackupError(
            f"{data}: the backup takes {manifest.size:,} bytes, and the disk has {free:,} free. "
            "Free some space."
        )


@contextmanager
def _staging(data: Path) -> Iterator[Path]:
    """A folder on the same disk, gone when the block ends."""
    for leftover in data.glob(f"{_STAGING}*"):
        shutil.rmtree(leftover)
    folder = data / f"{_STAGING}{secrets.token_hex(8)}"
    folder.mkdir(mode=_PRIVATE_FOLDER)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exchange(data: Path, there: list[Path], staging: Path, before: Path | None) -> None:
    """Put aside what is there and bring in what was unpacked, or undo all of it."""
    moves = [(path, before / path.relative_to(data)) for path in there] if before else []
    units = [path for path in staging.iterdir() if path.name != COLLECTIONS_NAME]
    if (staging / COLLECTIONS_NAME).is_dir():
        units += (staging / COLLECTIONS_NAME).iterdir()
    moves += [(path, data / path.relative_to(staging)) for path in units]
    if before is not None:
        before.mkdir(mode=_PRIVATE_FOLDER)
    done: list[tuple[Path, Path]] = []
    try:
        for old, new in moves:
            new.parent.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
            old.rename(new)
            done.append((old, new))
            fsync(new.parent)
    except OSError:
        for old, new in reversed(done):
            with suppress(OSError):
                new.rename(old)
        if before is not None:
            for folder in (before / COLLECTIONS_NAME, before):
                with suppress(OSError):
                    folder.rmdir()
        raise
    fsync(data)
