"""The documents are followed: what changed is indexed by a child process while Quoth answers."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Awaitable, Callable

from bot.discord_app.logs import event
from bot.discord_app.served import Served
from bot.settings import Settings
from index.build import is_up_to_date
from index.errors import IndexingError
from index.store import Collection

_log = logging.getLogger(__name__)

# Of a build beside a bot that answers; 19 would be the lowest priority, 0 the bot's own.
BUILD_NICENESS = 10
# A build that fails for want of space or a bad folder is tried again after this at the latest.
MAX_PAUSE_S = 300.0


class Follower:
    """Keeps what is served up to date with the documents folder."""

    def __init__(
        self,
        served: Served,
        *,
        is_outdated: Callable[[], bool],
        build: Callable[[], Awaitable[bool]],
        pause_s: float,
    ) -> None:
        """
        Follow one folder.

        Args:
            served: Told when there is something new.
            is_outdated: Whether the folder says something else than the published generation.
            build: Publishes a new generation; says whether that went well.
            pause_s: Between two looks, longer each time a build has failed.
        """
        self._served = served
        self._is_outdated = is_outdated
        self._build = build
        self._pause_s = pause_s
        self._failures = 0

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            await asyncio.sleep(min(MAX_PAUSE_S, self._pause_s * 2**self._failures))
            await self.look()

    async def look(self) -> None:
        """Build if the documents have changed, and change to whatever is published."""
        try:
            went_well = True
            if await asyncio.to_thread(self._is_outdated):
                event(_log, "documents_changed")
                went_well = await self._build()
            self._failures = 0 if went_well else self._failures + 1
            if await asyncio.to_thread(self._served.refresh):
                event(_log, "index_changed", generation=self._served.generation)
        except (IndexingError, OSError) as error:
            # A folder that is gone, or an index that is being repaired: what is served goes on.
            self._failures += 1
            event(_log, "not_followed", logging.WARNING, reason=type(error).__name__)


def follow(served: Served, settings: Settings) -> Follower:
    """Follow the seeds."""
    collection = Collection(settings.base_collection)
    return Follower(
        served,
        is_outdated=lambda: (
            not collection.is_held() and not is_up_to_date(collection.manifest(), settings.seeds)
        ),
        build=lambda: build_beside(settings),
        pause_s=settings.follow_s,
    )


async def build_beside(settings: Settings) -> bool:
    """
    Run `quoth index` at low priority.

    Returns:
        Whether it published what the folder holds; what it said is in the log otherwise.
    """
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.cli.main", "index"),
        *("--seeds", str(settings.seeds), "--data", str(settings.data)),
        *("--encoder", settings.encoder),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, child.pid, BUILD_NICENESS)
        _, said = await child.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()
        raise
    if child.returncode:
        last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
        event(_log, "build_failed", logging.ERROR, code=child.returncode, said=" ".join(last))
    return child.returncode == 0
