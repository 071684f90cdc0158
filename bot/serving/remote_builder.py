"""Builds that are left to builders on other machines."""

import asyncio
import json
import logging
from collections.abc import Callable

from bot.collection_names import BASE_COLLECTION
from bot.database import DatabaseError
from bot.event_log import event
from bot.serving.build_process import Built, NotBuilt, Progress
from bot.serving.build_queue import Builder, Builds
from bot.serving.mirror import Mirror
from bot.settings import Settings
from bot.shared.jobs import JobState
from bot.shared.opening import Shared, shared_of
from index.documents import Failure
from index.errors import IndexingError

_log = logging.getLogger(__name__)

# How often it is looked how far a build is; who asked for it sees that move.
LOOK_EVERY_S = 0.5


class RemoteBuilder:
    """
    Asks builders on other machines for builds, and serves what they have published.

    A build goes on where whoever asked for it stops, or loses the database.
    """

    def __init__(
        self, settings: Settings, shared: Shared, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        """Take the data folder, in which documents are, and where to ask."""
        self._settings = settings
        self._shared = shared
        self._look_every_s = look_every_s
        self._mirror = Mirror(settings, shared)
        self.counted: Callable[[str], None] = lambda _: None
        """See `Builds.counted`."""
        self.waiting = 0
        """Builds that were asked for here and wait or run."""
        self.is_closed = False
        """Whether nobody waits for builds any more."""

    def close(self) -> None:
        """Wait for no build any more; builders go on with them."""
        self.is_closed = True

    async def build(
        self,
        collection: str = BASE_COLLECTION,
        *,
        rebuild: bool = False,
        size: int = 0,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Built | NotBuilt:
        """See `Builder.build`."""
        self.waiting += 1
        try:
            built = await self._build(collection, rebuild=rebuild, size=size, progress=progress)
        except (IndexingError, DatabaseError, OSError) as error:
            reason = type(error).__name__
            event(_log, "build_not_asked", logging.ERROR, collection=collection, reason=reason)
            built = NotBuilt("failed", said=str(error))
        finally:
            self.waiting -= 1
        self.counted("built" if isinstance(built, Built) else "failed")
        return built

    async def mend(self, collection: str) -> bool:
        """Fetch again what was found damaged; whether it is there."""
        return await asyncio.to_thread(self._mirror.bring, collection, is_suspect=True)

    async def _build(
        self, collection: str, *, rebuild: bool, size: int, progress: Callable[[Progress], None]
    ) -> Built | NotBuilt:
        documents = None
        if collection != BASE_COLLECTION:
            folder = self._settings.documents(collection)
            documents = await asyncio.to_thread(self._shared.generations.store_documents, folder)
        job = await asyncio.to_thread(
            lambda: self._shared.jobs.ask(
                collection, rebuild=rebuild, size=size, documents=documents
            )
        )
        before: JobState | None = None
        while not self.is_closed:
            state = await self._state(job, before)
            if state is None:
                return NotBuilt("failed", said="It was deleted.")
            if state.outcome is not None:
                return await self._ended(collection, state)
            if state != before:
                progress(Progress(state.stage, state.done, state.total))
            before = state
            await asyncio.sleep(self._look_every_s)
        return NotBuilt("closed")

    async def _state(self, job: int, before: JobState | None) -> JobState | None:
        try:
            return await asyncio.to_thread(self._shared.jobs.state, job)
        except DatabaseError:
            # The builder goes on meanwhile.
            return before or JobState("wait", 0, 0, None, "")

    async def _ended(self, collection: str, state: JobState) -> Built | NotBuilt:
        if state.outcome == "built":
            await asyncio.to_thread(self._mirror.bring, collection)
            report = json.loads(state.report)
            failures = tuple(Failure(**failure) for failure in report["failures"])
            return Built(report["documents"], report["passages"], failures)
        if state.outcome == "too_many_passages":
            return NotBuilt("too_many_passages", **json.loads(state.report))
        return NotBuilt(state.outcome or "failed", said=state.report)


def builder_of(settings: Settings) -> Builds:
    """
    What builds for a service: child processes here, or builders elsewhere.

    Raises:
        SharedError: If it can't be told to builders what is wanted.
    """
    shared = shared_of(settings)
    return Builder(settings) if shared is None else RemoteBuilder(settings, shared)
