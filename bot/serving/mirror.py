"""What builders publish, brought to the data folder of a machine that answers."""

import asyncio
import logging
import time
from collections.abc import Callable, Set
from contextlib import aclosing, suppress
from dataclasses import dataclass

from bot.assembly import OpenIndex, open_index
from bot.collection_names import BASE_COLLECTION, collections_in, server_of
from bot.event_log import event
from bot.serving.own_documents import delete_collection
from bot.serving.service import AnswerService
from bot.settings import Settings
from bot.shared.opening import Shared, shared_of
from index.errors import (
    EncoderError,
    IndexDamagedError,
    IndexingError,
    IndexMissingError,
    SharedError,
)
from index.store import Collection

_log = logging.getLogger(__name__)

# How often it is looked for what was published, should a notification be lost.
LOOK_EVERY_S = 5.0
# What could not be fetched is tried again after so long, and each time after twice as long.
_AGAIN_S = 5.0
_MOST_S = 300.0
# How often a machine that has nothing to answer from looks for its first index.
_FIRST_S = 1.0


@dataclass(slots=True)
class _Failure:
    pause_s: float
    next_try: float


class LostParts:
    """Stores parts anew that somebody could not fetch, if this machine has them."""

    def __init__(self, settings: Settings, shared: Shared) -> None:
        """Take the data folder, and where parts are."""
        self._settings = settings
        self._shared = shared
        self._looked_for: frozenset[str] = frozenset()

    def store_anew(self) -> None:
        """
        Store anew what is here; it is looked for once while the same parts are lost.

        Raises:
            SharedError: If the database or the storage can't be used.
        """
        lost = self._shared.generations.lost()
        if lost - self._looked_for:
            self._shared.generations.store_lost(self._settings, lost)
        self._looked_for = lost


class Mirror:
    """Serves in a data folder what is published; its methods block, but for `run`."""

    def __init__(
        self, settings: Settings, shared: Shared, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the data folder, and where things are published; the clock counts seconds."""
        self._settings = settings
        self._shared = shared
        self._clock = clock
        self._failures: dict[str, _Failure] = {}
        self._lost = LostParts(settings, shared)

    def bring(self, name: str, *, is_suspect: bool = False) -> bool:
        """
        Bring one collection.

        Args:
            name: The name of the collection.
            is_suspect: Compare what is here with its checksums, and fetch again what differs.

        Returns:
            Whether it is published.

        Raises:
            IndexingError: If it can't be brought; what was served before still is.
            OSError: If it can't be written.
        """
        return self._shared.generations.bring(self._settings, name, is_suspect=is_suspect)

    def open_base(self, waiting: Callable[[], None], away: Callable[[str], None]) -> OpenIndex:
        """
        Open the base as it is published, or as it is here where that can't be told.

        Args:
            waiting: Called once if nothing was published yet; that is waited for.
            away: Told why what is here is used.

        Raises:
            IndexingError: If it can't be opened.
        """
        is_told = False
        try:
            while not self.bring(BASE_COLLECTION):
                if not is_told:
                    waiting()
                    is_told = True
                time.sleep(_FIRST_S)
        except SharedError as error:
            with suppress(IndexMissingError):
                opened = open_index(self._settings)
                away(str(error))
                return opened
            raise
        try:
            return open_index(self._settings)
        except (IndexDamagedError, EncoderError):
            self.bring(BASE_COLLECTION, is_suspect=True)
            return open_index(self._settings)

    def bring_all(self) -> None:
        """
        Bring all collections, and delete those of servers that are gone.

        One that can't be brought is noted in the log, and is tried again later; until then it goes
        on as it is, but for a server's with something that was removed.

        Raises:
            SharedError: If it can't be told what is published.
        """
        kept = self._shared.generations.kept()
        for name in sorted(kept, key=lambda one: (one != BASE_COLLECTION, one)):
            collection = Collection(self._settings.collection(name))
            failure = self._failures.get(name)
            is_due = failure is None or self._clock() >= failure.next_try
            if is_due and not _is_here(
                collection, kept[name].current, kept[name].generations.keys()
            ):
                try:
                    self._shared.generations.bring(self._settings, name)
                except (IndexingError, OSError) as error:
                    self._note(name, error)
                    _withdraw(name, collection, kept[name].generations.keys())
                else:
                    self._failures.pop(name, None)
                    event(_log, "fetched", collection=name, generation=kept[name].current)
        for name in collections_in(self._settings.collections):
            if server_of(name) is None or name in kept:
                continue
            # Where its documents are, whoever has them deletes them.
            if not self._settings.documents(name).exists():
                delete_collection(self._settings.collection(name))
        self._lost.store_anew()

    def _note(self, name: str, error: Exception) -> None:
        before = self._failures.get(name)
        pause_s = min(_MOST_S, 2 * before.pause_s) if before else _AGAIN_S
        self._failures[name] = _Failure(pause_s, self._clock() + pause_s)
        # Other texts may name what members have added.
        said = str(error) if isinstance(error, SharedError) else type(error).__name__
        event(_log, "not_fetched", logging.ERROR, collection=name, again_s=pause_s, said=said)

    async def run(self, service: AnswerService) -> None:
        """Until cancelled, bring what is published, and change over to it."""
        from bot.shared.generations import CHANNEL

        async with aclosing(self._shared.database.changes(CHANNEL, LOOK_EVERY_S)) as changes:
            async for _ in changes:
                try:
                    await asyncio.to_thread(self.bring_all)
                    if await asyncio.to_thread(service.refresh):
                        event(_log, "index_changed", generation=service.generation)
                except (IndexingError, OSError) as error:
                    event(_log, "not_refreshed", logging.WARNING, reason=type(error).__name__)


def _is_here(collection: Collection, current: str, kept: Set[str]) -> bool:
    try:
        return (
            collection.current() == current
            and not collection.is_noted_damaged()
            and set(collection.generations.ids()) <= kept
        )
    except (IndexMissingError, IndexDamagedError):
        return False


def _withdraw(name: str, collection: Collection, kept: Set[str]) -> None:
    """Serve nothing of a server that is kept nowhere else: it may hold what was removed there."""
    if name == BASE_COLLECTION:
        return
    with suppress(IndexMissingError, IndexDamagedError, OSError):
        if collection.current() not in kept:
            with collection.lock.hold(lambda _: None):
                collection.withdraw()
            event(_log, "withdrawn", logging.WARNING, collection=name)


def mirror_of(settings: Settings) -> Mirror | None:
    """
    What brings indexes here that builders make; None where this machine builds them itself.

    Raises:
        SharedError: If the database or the storage can't be used.
    """
    shared = shared_of(settings)
    return None if shared is None else Mirror(settings, shared)
