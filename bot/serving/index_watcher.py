"""The documents are followed: what changed is indexed by a child process while Quoth answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.serving.build_process import Built
from bot.serving.build_queue import Builds
from bot.serving.service import AnswerService
from bot.settings import Settings
from index.errors import IndexDamagedError, IndexingError
from index.folder_changes import is_up_to_date
from index.store import Collection

_log = logging.getLogger(__name__)

# A build that fails for want of space or a bad folder is tried again after this at the latest, or
# when it is looked anyway.
MAX_PAUSE_S = 300.0


def pause_after(before_s: float, usual_s: float, *, went_well: bool) -> float:
    """How many seconds pass between two looks: twice as many after each failure in a row."""
    return usual_s if went_well else max(usual_s, min(MAX_PAUSE_S, 2 * before_s))


class IndexWatcher:
    """Keeps what is served up to date with the documents folder."""

    def __init__(
        self,
        service: AnswerService,
        *,
        is_outdated: Callable[[], bool],
        build: Callable[[], Awaitable[bool]],
        pause_s: float,
    ) -> None:
        """
        Follow one folder.

        Args:
            service: Told when there is something new.
            is_outdated: Whether the folder says something else than the published generation.
            build: Publishes a new generation; says whether that went well.
            pause_s: Between two looks; longer each time that a build has failed.
        """
        self._service = service
        self._is_outdated = is_outdated
        self._build = build
        self._usual_s = self._pause_s = pause_s

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(self._pause_s)
            went_well = await self.look()
            self._pause_s = pause_after(self._pause_s, self._usual_s, went_well=went_well)

    async def look(self) -> bool:
        """
        Build if the documents have changed, and change to whatever is published.

        Returns:
            Whether that went well.
        """
        went_well = True
        try:
            if await asyncio.to_thread(self._is_outdated):
                event(_log, "documents_changed")
                went_well = await self._build()
            if await asyncio.to_thread(self._service.refresh):
                event(_log, "index_changed", generation=self._service.generation)
        except (IndexingError, OSError) as error:
            # A folder that is gone, or an index that is being repaired: what is served goes on.
            went_well = False
            if isinstance(error, IndexDamagedError):
                self._service.suspect(BASE_COLLECTION)
            event(_log, "not_followed", logging.WARNING, reason=type(error).__name__)
        return went_well


def make_index_watcher(service: AnswerService, settings: Settings, builder: Builds) -> IndexWatcher:
    """Follow the seeds."""
    collection = Collection(settings.base_collection)

    async def build() -> bool:
        return isinstance(await builder.build(), Built)

    return IndexWatcher(
        service,
        is_outdated=lambda: (
            collection.is_noted_damaged()
            or not (
                collection.is_held()
                or is_up_to_date(collection.made_of(), settings.seeds, without=settings.data)
            )
        ),
        build=build,
        pause_s=settings.follow_s,
    )
