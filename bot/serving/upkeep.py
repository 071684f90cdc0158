"""What goes on beside the answers of a face: the documents are followed, damage is mended."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.fetching.again import fetch_again
from bot.serving.build_queue import Builds
from bot.serving.index_watcher import make_index_watcher
from bot.serving.mending import Mender, make_mender
from bot.serving.mirror import mirror_of
from bot.serving.queue import AnswerQueue
from bot.serving.remote_builder import builder_of
from bot.serving.service import AnswerService
from bot.settings import Settings
from index.errors import IndexingError

_log = logging.getLogger(__name__)

# How often a process that follows no documents looks for what others have published.
_PUBLISHED_EVERY_S = 5.0
# How often collections that nobody asked for a while are looked for.
_CLOSE_EVERY_S = 60.0


def upkeep(
    service: AnswerService, settings: Settings, builder: Builds, mender: Mender
) -> list[Coroutine[Any, Any, None]]:
    """The work that every face needs, for `beside`."""
    work = [mender.watch(), _close_unused(service)]
    mirror = mirror_of(settings)
    if mirror is not None:
        # Builders follow the documents.
        return [*work, mirror.run(service)]
    if settings.follow_s:
        work.append(make_index_watcher(service, settings, builder).run())
    else:
        work.append(_take_published(service))
    if settings.fetch_hours:
        work.append(fetch_again(settings, BASE_COLLECTION))
    return work


async def _take_published(service: AnswerService) -> None:
    """Change to what other processes publish: what a document says no longer is not answered."""
    while True:
        await asyncio.sleep(_PUBLISHED_EVERY_S)
        try:
            await asyncio.to_thread(service.refresh)
        except (IndexingError, OSError) as error:
            event(_log, "not_refreshed", logging.WARNING, reason=type(error).__name__)


async def _close_unused(service: AnswerService) -> None:
    while True:
        await asyncio.sleep(_CLOSE_EVERY_S)
        await asyncio.to_thread(service.servers.close_unused)


def when_told_to_stop(call: Callable[[], object]) -> None:
    """Have something called in the event loop on SIGTERM and SIGINT."""
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, call)


async def cancel(*tasks: "asyncio.Task[Any]") -> None:
    """End tasks, and wait until they have ended, however that goes."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do some work until the block ends."""
    tasks = [asyncio.create_task(_logged(duty)) for duty in work]
    try:
        yield
    finally:
        await cancel(*tasks)
        for duty in work:
            # Python complains of one that had not begun when it was cancelled.
            duty.close()


async def _logged(duty: Coroutine[Any, Any, None]) -> None:
    """Do a duty; if it fails, the answers go on without it, and the log says so."""
    try:
        await duty
    except Exception:
        _log.exception("failed")


@asynccontextmanager
async def queue_of(service: AnswerService, settings: Settings) -> AsyncIterator[AnswerQueue]:
    """A queue of questions with all that goes on beside it, until the block ends."""
    builder = builder_of(settings)
    mender = make_mender(service, settings, builder)
    queue = AnswerQueue(
        service,
        mender.mend,
        workers=settings.answered_at_once,
        max_waiting=settings.max_waiting,
        time_limit_s=settings.time_limit_s,
    )
    try:
        async with beside(*upkeep(service, settings, builder, mender)):
            yield queue
    finally:
        builder.close()
        queue.close()
