"""An index that turns out damaged, or not published, while Quoth answers: it is built anew."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from bot.collection_names import BASE_COLLECTION, collections_in
from bot.configured_collections import collection_of, is_unpublished
from bot.event_log import event
from bot.serving.build_queue import Builds
from bot.serving.service import AnswerService
from bot.settings import Settings
from index.errors import IndexingError
from index.store import Collection

_log = logging.getLogger(__name__)

# Between two looks whether something showed damage that nobody waits for, such as a button.
LOOK_EVERY_S = 5.0
# All files are compared with their checksums so long after the start, when the first questions are
# over, since opening leaves the longest out; and then every day, since a disk goes bad meanwhile.
CHECK_AFTER_S = 60.0
CHECK_EVERY_S = 24 * 60 * 60.0
# A collection that was found sound, or could not be built, is not looked at again before: comparing
# all files takes seconds, and each question may ask for it.
AGAIN_S = 60.0


class Mender:
    """Builds anew what is damaged, once for all who wait for it."""

    def __init__(
        self,
        service: AnswerService,
        *,
        collection: Callable[[str], Collection],
        names: Callable[[], Sequence[str]],
        build: Callable[[str], Awaitable[bool]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Look after what is answered from.

        Args:
            service: Says what showed damage, and is told when there is something new.
            collection: Gives a collection by its name.
            names: Gives the names of all collections.
            build: Publishes a new generation of a collection; says whether that went well.
            clock: Counts seconds.
        """
        self._service = service
        self._collection = collection
        self._names = names
        self._build = build
        self._clock = clock
        self._mending: asyncio.Task[None] | None = None
        self._in_vain: dict[str, float] = {}
        """When each collection was found sound, or could not be built."""

    async def mend(self) -> None:
        """Look at all that showed damage, and build anew what is damaged."""
        if self._mending is None or self._mending.done():
            self._mending = asyncio.create_task(self._mend())
        # Who waits may give up; what was begun goes on for the others.
        await asyncio.shield(self._mending)

    async def _mend(self) -> None:
        while suspects := self._service.suspects:
            for name in suspects:
                try:
                    await self._mend_one(name)
                except (IndexingError, OSError) as error:
                    reason = type(error).__name__
                    event(_log, "not_mended", logging.ERROR, collection=name, reason=reason)
                finally:
                    self._service.acquit(name)

    async def _mend_one(self, name: str) -> None:
        if self._clock() - self._in_vain.get(name, -AGAIN_S) < AGAIN_S:
            return
        collection = self._collection(name)
        if await asyncio.to_thread(collection.is_damaged):
            found = "index_damaged"
        elif await asyncio.to_thread(is_unpublished, collection):
            found = "index_unpublished"
        else:
            found = None
        if found is not None:
            event(_log, found, logging.ERROR, collection=name)
            if await self._build(name):
                # It may go by the same name as the one that was damaged.
                await asyncio.to_thread(self._service.refresh, anew=name == BASE_COLLECTION)
                self._service.servers.drop(name)
                return
        self._in_vain[name] = self._clock()

    async def watch(self) -> None:
        """Until cancelled, compare all files now and then, and mend what nobody waits for."""
        due = self._clock() + CHECK_AFTER_S
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            if self._clock() >= due:
                await self.check()
                due = self._clock() + CHECK_EVERY_S
            await self.mend()

    async def check(self) -> None:
        """Compare all files of all collections with their checksums; what is damaged is noted."""
        try:
            names = await asyncio.to_thread(self._names)
        except OSError as error:
            event(_log, "not_looked_at", logging.ERROR, code=error.errno)
            return
        for name in names:
            try:
                if await asyncio.to_thread(self._collection(name).is_damaged):
                    self._service.suspect(name)
            except OSError as error:
                event(_log, "not_looked_at", logging.ERROR, collection=name, code=error.errno)


def make_mender(service: AnswerService, settings: Settings, builder: Builds) -> Mender:
    """Look after the seeds' index and those of servers."""
    return Mender(
        service,
        collection=lambda name: collection_of(settings, name),
        names=lambda: collections_in(settings.collections),
        build=builder.mend,
    )
