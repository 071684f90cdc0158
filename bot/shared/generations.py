"""Generations that several machines share: made of parts in storage, published by one row."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bot.collection_names import BASE_COLLECTION, collections_in
from bot.database import Connection, DatabaseError
from bot.settings import Settings
from bot.shared.jobs import Job, Jobs
from bot.shared.parts import Part, Parts, use
from index.documents import list_documents
from index.errors import HeldError, IndexingError, IndexMissingError, SharedError
from index.exporting import receive_export
from index.files import fsync, link, stamp_file
from index.history import HISTORY_NAME
from index.manifest import MANIFEST_NAME, read_manifest
from index.provenance import PROVENANCE_NAME
from index.store import Collection

if TYPE_CHECKING:
    from bot.postgres import PostgresDatabase

# The channel that a trigger notifies when a collection changes; see `versions/shared.py`.
CHANNEL = "quoth_generations"
_ENCODER = "encoder/"
_FILES = "generation/"


@dataclass(frozen=True, slots=True)
class PublishedCollection:
    """A collection as it is published."""

    current: str
    is_held: bool
    """Whether a person went back to `current`."""
    generations: Mapping[str, int]
    """The listings of all generations that are kept, by id."""


class SharedGenerations:
    """The published generations. Any thread may call it, and none in an event loop."""

    def __init__(self, database: "PostgresDatabase", parts: Parts, jobs: Jobs) -> None:
        """Take the database, and what lies in storage."""
        self._database = database
        self._parts = parts
        self._jobs = jobs

    def check(self) -> None:
        """
        Make sure that the database and the storage can be used.

        Raises:
            SharedError: If one can't be.
        """
        with _shared_failures():
            self._parts.check()

    def kept(self, name: str | None = None) -> dict[str, PublishedCollection]:
        """
        All collections that are published, or the one of a name.

        Raises:
            SharedError: If the database is away.
        """
        with _shared_failures(), self._database.statements() as connection:
            rows = connection.execute(
                "SELECT name, current, is_held, generation, listing"
                " FROM collections JOIN generations ON collection = name"
                " WHERE current IS NOT NULL AND (?::text IS NULL OR name = ?)",
                (name, name),
            ).fetchall()
        found: dict[str, PublishedCollection] = {}
        for one, current, is_held, generation, listing in rows:
            before = found[one].generations if one in found else {}
            found[one] = PublishedCollection(current, is_held, {**before, generation: listing})
        return found

    def bring(
        self,
        settings: Settings,
        name: str,
        *,
        every: bool = False,
        is_suspect: bool = False,
    ) -> bool:
        """
        Serve in the data folder what is published of a collection; it is checked before.

        Args:
            settings: Where collections and exported encoders are.
            name: The name of the collection.
            every: Bring all that is kept, and not only what is served.
            is_suspect: Compare what is here with its checksums, and fetch again what differs.

        Returns:
            Whether any of it is published.

        Raises:
            PartError: If a part is missing or was altered; what was served before still is.
            SharedError: If the database or the storage can't be used.
            IndexingError: If what was published is not for this Quoth.
            OSError: If it can't be written.
        """
        if name not in self.kept(name):
            return False
        collection = Collection(settings.collection(name))
        with _shared_failures(), collection.lock.hold(lambda _: None):
            # Looked up with the lock held: whoever waited for it would go back to what was
            # published before.
            kept = self.kept(name).get(name)
            if kept is None:
                return False
            wanted = sorted(kept.generations) if every else [kept.current]
            if is_suspect:
                collection.is_damaged()
                self._receive_encoder(settings, self._parts.listed(kept.generations[kept.current]))
            collection.drop_damaged()
            for generation in wanted:
                if generation not in collection.generations.ids():
                    self._receive(settings, collection, generation, kept)
            collection.follow(kept.current, kept.generations.keys())
        return True

    def _receive(
        self,
        settings: Settings,
        collection: Collection,
        generation: str,
        kept: PublishedCollection,
    ) -> None:
        _check_name(generation)
        listed = self._parts.listed(kept.generations[generation])
        manifest = self._manifest(collection.folder.name, generation)
        if manifest is None or not listed:
            raise SharedError(
                f"The generation {generation} has just gone; another one takes its place."
            )
        with self._parts.all_noted(listed, collection.folder):
            # An older generation's history lacks the builds since.
            if generation == kept.current and (history := listed.get(HISTORY_NAME)):
                aside = collection.folder / f".{HISTORY_NAME}.new"
                self._parts.fetch(history, aside)
                fsync(aside)
                aside.replace(collection.folder / HISTORY_NAME)
            self._fetch_generation(settings, collection, generation, listed, manifest)

    def _fetch_generation(
        self,
        settings: Settings,
        collection: Collection,
        generation: str,
        listed: Mapping[str, Part],
        manifest: str,
    ) -> None:
        self._receive_encoder(settings, listed)
        with collection.generations.receiving(generation) as folder:
            self._fetch_all(_group(listed, _FILES), folder, _local(collection))
            (folder / MANIFEST_NAME).write_text(manifest, encoding="utf-8")

    def _receive_encoder(self, settings: Settings, listed: Mapping[str, Part]) -> None:
        encoder = _group(listed, _ENCODER)
        for sha256 in {name.partition("/")[0] for name in encoder}:
            _check_name(sha256)
            files = _group(encoder, f"{sha256}/")
            receive_export(
                settings.encoder_exports,
                sha256,
                partial(self._fetch_all, files, local={}),
            )

    def _manifest(self, name: str, generation: str) -> str | None:
        with self._database.statements() as connection:
            row = connection.execute(
                "SELECT manifest FROM generations WHERE collection = ? AND generation = ?",
                (name, generation),
            ).fetchone()
        return None if row is None else str(row[0])

    def _fetch_all(
        self, listed: Mapping[str, Part], folder: Path, local: Mapping[str, Path]
    ) -> None:
        for name, part in listed.items():
            self._fetch(part, inside(folder, name), local.get(part.sha256))

    def _fetch(self, part: Part, path: Path, local: Path | None) -> None:
        """Write a part to a path; a file that is here, and is that part, gets a second name."""
        if local is not None:
            link(local, path)
            if stamp_file(path).sha256 == part.sha256:
                return
            path.unlink()
        self._parts.fetch(part, path)

    def publish(self, settings: Settings, job: Job, report: str) -> str:
        """
        Publish what a build has made in the data folder, and finish its job, in one transaction.

        The generations that are kept there are those that are kept from now on.

        Args:
            settings: Where the build has published.
            job: Which build it was.
            report: What it says of itself.

        Returns:
            The id of what is served now.

        Raises:
            LostJobError: If another builder has the job; nothing is published.
            HeldError: If somebody went back to an earlier generation of the base since the job was
                asked for; nothing is published. A server's documents are published all the same:
                what a member has removed is not to stay.
            SharedError: If the database or the storage can't be used; nothing is published.
            IndexingError: If what was built can't be read.
        """
        collection = Collection(settings.collection(job.collection))
        current = collection.current()
        there = self.kept(job.collection).get(job.collection)
        known = there.generations if there else {}
        with _shared_failures():
            fresh = {
                folder.name: (
                    (folder / MANIFEST_NAME).read_text(encoding="utf-8"),
                    self._parts.store(_files(settings, collection, folder)),
                )
                for folder, _ in collection.generations.manifests()
                if folder.name not in known
            }
            made = [listing for _, listing in fresh.values()]
            with (
                self._parts.dropped_on_failure(made),
                self._database.transaction() as connection,
            ):
                self._jobs.finish(connection, job, "built", report)
                connection.execute(
                    "INSERT INTO collections (name) VALUES (?) ON CONFLICT DO NOTHING",
                    (job.collection,),
                )
                if job.collection == BASE_COLLECTION:
                    _refuse_if_held(connection, job)
                for generation, (manifest, listing) in fresh.items():
                    use(connection, listing)
                    connection.execute(
                        "INSERT INTO generations VALUES (?, ?, ?, ?)",
                        (job.collection, generation, manifest, listing),
                    )
                connection.execute(
                    "UPDATE collections SET current = ?, is_held = FALSE, documents = ?"
                    " WHERE name = ?",
                    (current, job.documents, job.collection),
                )
                connection.execute(
                    "DELETE FROM generations WHERE collection = ? AND NOT generation = ANY(?)",
                    (job.collection, collection.generations.ids()),
                )
        return current

    def roll_back(self, name: str) -> str:
        """
        Serve the generation before the current one everywhere, until the next build.

        Raises:
            IndexMissingError: If there is none.
            SharedError: If the database is away.
        """
        with _shared_failures(), self._database.transaction() as connection:
            row = connection.execute(
                "SELECT current, (SELECT max(generation) FROM generations"
                " WHERE collection = name AND generation < current)"
                " FROM collections WHERE name = ? AND current IS NOT NULL FOR UPDATE",
                (name,),
            ).fetchone()
            if row is None:
                raise IndexMissingError(f"{name}: there is no index yet.")
            current, before = row
            if before is None:
                raise IndexMissingError(
                    f"{name}: there is no generation before {current} to go back to."
                )
            connection.execute(
                # A trigger has it held.
                "UPDATE collections SET current = ? WHERE name = ?",
                (before, name),
            )
        return str(before)

    def forget(self, name: str) -> None:
        """Delete a collection everywhere; its parts leave the storage within two hours."""
        with _shared_failures(), self._database.deletion() as connection:
            self._jobs.forget(connection, name)
            connection.execute("UPDATE collections SET current = NULL WHERE name = ?", (name,))
            connection.execute("DELETE FROM collections WHERE name = ?", (name,))

    def store_documents(self, folder: Path) -> int:
        """The listing of a folder of documents, with what is known of where they are from."""
        with _shared_failures():
            return self._parts.store(_documents(folder))

    def bring_documents(self, listing: int, folder: Path) -> None:
        """
        Make a folder of documents what was stored.

        Raises:
            PartError: If a part is missing or was altered.
            SharedError: If the database or the storage can't be used.
        """
        aside = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        there = _documents(folder)
        with _shared_failures():
            listed = self._parts.listed(listing)
            with self._parts.all_noted(listed, aside):
                for name, part in listed.items():
                    self._fetch(part, inside(aside, name), there.get(name))
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)

    def lost(self) -> frozenset[str]:
        """The parts that somebody could not fetch, and nobody has stored anew."""
        with _shared_failures():
            return self._parts.lost()

    def store_lost(self, settings: Settings, lost: frozenset[str]) -> None:
        """Store the lost parts anew of which this machine has a whole copy."""
        with _shared_failures():
            for path in _here(settings, lost):
                self._parts.store_anew(path, lost)

    def tidy(self) -> int:
        """Delete what nothing needs; how many parts that were."""
        with _shared_failures():
            self._jobs.tidy()
            return self._parts.delete_unneeded()


def _refuse_if_held(connection: Connection, job: Job) -> None:
    # Whoever is just going back is waited for.
    current, is_held, held_after = connection.execute(
        "SELECT current, is_held, held_after FROM collections WHERE name = ? FOR UPDATE",
        (job.collection,),
    ).fetchone()
    if is_held and job.id <= held_after:
        raise HeldError(
            f"{job.collection}: somebody went back to {current} after this build was asked for, so "
            "it was not published. quoth index makes one that is."
        )


@contextmanager
def _shared_failures() -> Iterator[None]:
    """Say of a database that is away that what is shared can't be used."""
    try:
        yield
    except DatabaseError as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise SharedError(f"QUOTH_DATABASE can't be used now ({said}).") from error


def inside(folder: Path, name: str) -> Path:
    """
    The path of a file in a folder, which is there afterwards.

    Raises:
        SharedError: If the name leads out of it.
    """
    within = Path(os.path.normpath(name))
    if within.is_absolute() or within.parts[:1] in ((), ("..",)):
        raise SharedError(f"{name} is no name of a file that Quoth has stored.")
    path = folder / within
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _check_name(name: str) -> None:
    """Refuse the name of a folder that leads out of the one where it belongs."""
    if not name or name == ".." or Path(name).name != name:
        raise SharedError(f"{name} is no name of a folder that Quoth has made.")


def _group(listed: Mapping[str, Part], prefix: str) -> dict[str, Part]:
    """The parts below a prefix, by the names that they have there."""
    return {
        name.removeprefix(prefix): part for name, part in listed.items() if name.startswith(prefix)
    }


def _local(collection: Collection) -> dict[str, Path]:
    """The files of all generations that are here, by their SHA-256."""
    found = {}
    for generation in collection.generations.ids():
        folder = collection.folder / "generations" / generation
        with suppress(IndexingError):
            for name, stamp in read_manifest(folder).files.items():
                found[stamp.sha256] = folder / name
    return found


def _files(settings: Settings, collection: Collection, folder: Path) -> dict[str, Path]:
    """All that another machine needs to answer from a generation, but for its manifest."""
    manifest = read_manifest(folder)
    files = {f"{_FILES}{name}": folder / name for name in manifest.files}
    sha256 = manifest.encoder.sha256
    for path in (settings.encoder_exports / sha256).glob("*"):
        files[f"{_ENCODER}{sha256}/{path.name}"] = path
    history = collection.folder / HISTORY_NAME
    return files | ({HISTORY_NAME: history} if history.exists() else {})


def _documents(folder: Path) -> dict[str, Path]:
    """The documents of a folder, and what is written down beside them."""
    if not folder.is_dir():
        return {}
    provenance = folder / PROVENANCE_NAME
    beside = {PROVENANCE_NAME: provenance} if provenance.exists() else {}
    return {file.id: file.path for file in list_documents(folder).files} | beside


def _here(settings: Settings, lost: frozenset[str]) -> Iterator[Path]:
    """The files in a data folder that may be one of some parts."""
    for name in collections_in(settings.collections):
        collection = Collection(settings.collection(name))
        yield from (path for sha256, path in _local(collection).items() if sha256 in lost)
        yield collection.folder / HISTORY_NAME
        if name != BASE_COLLECTION:
            yield from _documents(settings.documents(name)).values()
    yield from settings.encoder_exports.glob("*/*")
