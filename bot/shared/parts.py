"""Parts: files in storage, listed in the database, checked whenever they are fetched."""

import json
import logging
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from bot.database import Connection, DatabaseError, settled
from bot.event_log import event
from bot.installation import INSTALLATION_NAME
from bot.shared.storage import MARK_NAME, Storage
from index.errors import PartError, SharedError
from index.files import is_same, stamp_file

if TYPE_CHECKING:
    from bot.postgres import PostgresDatabase

_log = logging.getLogger(__name__)

# What nothing needs stays in storage for so long, should somebody be about to need it.
SPARED_S = 60 * 60.0
# A listing whose parts are still being written; after that, nobody writes them any more.
_WRITING_S = 24 * 60 * 60.0
# So many parts are looked at and deleted while whoever wants to list new ones waits.
_DELETED_AT_ONCE = 200
# In `meta`, once the storage says whose it is.
_MARKED = "storage marked"
# Any number, the same in every Quoth.
_LOCK = 0x51554F5460
_REFERENCES = (
    "SELECT listing FROM generations"
    " UNION ALL SELECT documents FROM collections WHERE documents IS NOT NULL"
    " UNION ALL SELECT documents FROM jobs WHERE documents IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A file that is stored."""

    sha256: str
    size: int


class Parts:
    """Listed files in storage. Any thread may call it, and none in an event loop."""

    def __init__(self, database: "PostgresDatabase", storage: Storage) -> None:
        """Take where they are listed, and where they lie."""
        self._database = database
        self._storage = storage

    def check(self) -> None:
        """
        Make sure that the storage is there, and that it is the one of this installation.

        Raises:
            SharedError: If it is not, as where nothing is mounted.
        """
        self._own()

    def _own(self) -> tuple[str | None, bool]:
        """The id of this installation, if it has one, and whether the storage bears it."""
        found = self._storage.marked()
        with self._database.statements() as connection:
            known = dict(
                connection.execute(
                    "SELECT name, value FROM meta WHERE name IN (?, ?)",
                    (INSTALLATION_NAME, _MARKED),
                ).fetchall()
            )
        own = known.get(INSTALLATION_NAME)
        if found is None and _MARKED in known:
            raise SharedError(
                f"QUOTH_STORAGE: there is no file {MARK_NAME} in it, so it is not where this "
                "installation has published. Mount that folder, or name it. Where what lay there "
                f"is lost for good, write {own} into that file, and run quoth index --rebuild."
            )
        if found not in {None, own}:
            raise SharedError(
                f"QUOTH_STORAGE: its file {MARK_NAME} says that it belongs to another installation "
                f"({found}, and this is {own or 'a new one'}). Name the storage of this one, or "
                "one that is empty."
            )
        return own, found is not None and _MARKED in known

    def _mark(self) -> None:
        """Have the storage say whose it is, from the first part on."""
        own, is_marked = self._own()
        if is_marked:
            return
        with self._database.statements() as connection:
            own = settled(connection, INSTALLATION_NAME, own or secrets.token_hex(8))
            self._storage.mark(own)
            settled(connection, _MARKED, "yes")

    def store(self, files: Mapping[str, Path]) -> int:
        """
        Store files that don't change meanwhile, but for those that are stored already.

        Args:
            files: By the name that each has in the listing.

        Returns:
            The id of the listing, which whoever uses it has to mark so within a day.

        Raises:
            SharedError: If that can't be done.
        """
        self._mark()
        stamps = {name: stamp_file(path) for name, path in files.items()}
        listed = json.dumps({name: [stamp.sha256, stamp.size] for name, stamp in stamps.items()})
        with self._database.transaction() as connection:
            # What is being deleted is gone before it is looked for.
            connection.execute("SELECT pg_advisory_xact_lock_shared(?)", (_LOCK,))
            (listing,) = connection.execute(
                "INSERT INTO listings (created, files) VALUES (quoth_now(), ?) RETURNING id",
                (listed,),
            ).fetchone()
        with self.dropped_on_failure([listing]):
            for name, stamp in stamps.items():
                if not self._storage.has(stamp.sha256, stamp.size):
                    self._storage.put(stamp.sha256, files[name])
                    if not is_same(files[name], stamp):
                        self._storage.delete([stamp.sha256])
                        raise SharedError(f"{files[name]} was changed while it was being stored.")
        return int(listing)

    @contextmanager
    def dropped_on_failure(self, listings: Iterable[int]) -> Iterator[None]:
        """Let listings go at once if the block fails: they may hold what was removed meanwhile."""
        try:
            yield
        except Exception:
            # Where the database is away, they go in a day.
            with suppress(DatabaseError), self._database.statements() as connection:
                for listing in listings:
                    use(connection, listing)
            raise

    def listed(self, listing: int) -> dict[str, Part]:
        """The parts of a listing, by name; none if it is gone."""
        with self._database.statements() as connection:
            row = connection.execute(
                "SELECT files FROM listings WHERE id = ?", (listing,)
            ).fetchone()
        return {} if row is None else {name: Part(*one) for name, one in json.loads(row[0]).items()}

    def fetch(self, part: Part, path: Path) -> None:
        """
        Write a part to a path, and compare it with its checksum.

        Raises:
            PartError: If it is missing or was altered; whoever has it is asked to store it anew.
            SharedError: If the storage can't be used.
        """
        try:
            # Before it fills the disk.
            if not self._storage.has(part.sha256, part.size):
                # Where nothing is mounted, nothing is lost.
                self.check()
                raise PartError(part.sha256, "is missing or was altered in storage")
            self._storage.get(part.sha256, path)
            if stamp_file(path).sha256 != part.sha256:
                path.unlink()
                raise PartError(part.sha256, "was altered in storage")
        except PartError:
            with self._database.statements() as connection:
                connection.execute(
                    "INSERT INTO lost_parts VALUES (?, quoth_now())"
                    " ON CONFLICT (sha256) DO UPDATE SET noted = excluded.noted",
                    (part.sha256,),
                )
            raise

    @contextmanager
    def all_noted(self, listed: Mapping[str, Part], folder: Path) -> Iterator[None]:
        """
        Where a part of a listing turns out missing or altered, note which others are, too.

        Whoever has them then stores all of them anew, and not one after each try.

        Args:
            listed: The parts.
            folder: On a disk that has room for the largest of them.
        """
        lost = self.lost()
        try:
            yield
        except PartError as error:
            if error.sha256 not in lost:
                with TemporaryDirectory(dir=folder) as aside:
                    for part in {*listed.values()}:
                        with suppress(PartError):
                            self.fetch(part, Path(aside, "part"))
            raise

    def lost(self) -> frozenset[str]:
        """The parts that somebody could not fetch, and nobody has stored anew."""
        with self._database.statements() as connection:
            rows = connection.execute("SELECT sha256 FROM lost_parts").fetchall()
        return frozenset(sha256 for (sha256,) in rows)

    def store_anew(self, path: Path, lost: frozenset[str]) -> None:
        """Store a file anew if it is one of the parts that were lost."""
        if not path.is_file() or (sha256 := stamp_file(path).sha256) not in lost:
            return
        self.check()
        self._storage.put(sha256, path)
        with self._database.statements() as connection:
            connection.execute("DELETE FROM lost_parts WHERE sha256 = ?", (sha256,))
        event(_log, "part_stored_anew", part=sha256)

    def delete_unneeded(self) -> int:
        """
        Delete the parts that no listing in use has, and that nobody may be about to use.

        Returns:
            How many.
        """
        self.check()
        with self._database.statements() as connection:
            (now,) = connection.execute("SELECT quoth_now()").fetchone()
            connection.execute(
                "DELETE FROM listings WHERE (is_used OR created < ?)"  # noqa: S608 - our own names
                f" AND id NOT IN ({_REFERENCES})",
                (now - _WRITING_S,),
            )
            connection.execute("DELETE FROM lost_parts WHERE noted < ?", (now - _WRITING_S,))
        old = self._storage.written_before(now - SPARED_S)
        with self._database.statements() as connection:
            # Most are needed, and nobody has to wait while that is found.
            needed = _needed(connection)
        old = [name for name in old if name not in needed]
        count = 0
        for start in range(0, len(old), _DELETED_AT_ONCE):
            with self._database.transaction() as connection:
                connection.execute("SELECT pg_advisory_xact_lock(?)", (_LOCK,))
                needed = _needed(connection)
                unneeded = [
                    name for name in old[start : start + _DELETED_AT_ONCE] if name not in needed
                ]
                self._storage.delete(unneeded)
            count += len(unneeded)
        return count


def _needed(connection: Connection) -> frozenset[str]:
    rows = connection.execute("SELECT files FROM listings").fetchall()
    return frozenset(sha256 for (files,) in rows for sha256, _ in json.loads(files).values())


def use(connection: Connection, listing: int) -> None:
    """Mark a listing as one that stays for as long as something refers to it, and no longer."""
    connection.execute("UPDATE listings SET is_used = TRUE WHERE id = ?", (listing,))
