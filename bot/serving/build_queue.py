"""Builds beside a bot that answers: in child processes, in turns."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.build_turns import BuildTurns
from bot.collection_builds import index_command
from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.serving.build_process import BuildProcess, Built, Ended, NotBuilt, Progress
from bot.settings import Settings

_log = logging.getLogger(__name__)

# A change so many times smaller than the one that is being built goes between.
_MUCH_SMALLER = 8
# For so long altogether a build makes way for smaller ones, each of which takes some seconds. A
# number of them would not do: in a hundred servers somebody always changes something small.
MAX_PAUSED_S = 600.0


@dataclass(eq=False, slots=True)
class _Running:
    """A build whose turn it is."""

    process: BuildProcess
    is_base: bool
    size: int
    paused_s: float = 0.0
    """For how long it made way."""

    def makes_way_for(self, *, is_base: bool, size: int) -> bool:
        """Whether another build goes between: the base, or for some time one much smaller."""
        if self.is_base:
            return False
        return is_base or (size * _MUCH_SMALLER < self.size and self.paused_s < MAX_PAUSED_S)


class Builds(Protocol):
    """What has collections indexed: child processes of this one, or builders elsewhere."""

    counted: Callable[[str], None]
    """Told what became of each build: `built` or `failed`."""
    waiting: int
    """Builds that wait or run."""

    def close(self) -> None:
        """Have nothing built any more; what is served stays as it is."""

    async def build(
        self,
        collection: str = BASE_COLLECTION,
        *,
        rebuild: bool = False,
        size: int = 0,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Built | NotBuilt:
        """See `Builder.build`."""

    async def mend(self, collection: str) -> bool:
        """Have another index of a collection than one that was found damaged; whether that is."""


class Builder:
    """
    Runs `quoth index`, which publishes; whoever answers notices by itself.

    One build works at a time: each takes memory, and both cores if it gets them. The base goes
    before all servers, and a small change before a large one; a large one that has begun pauses
    for them.
    """

    def __init__(self, settings: Settings) -> None:
        """Build with some settings: which seeds, data folder and encoder."""
        self._settings = settings
        self.counted: Callable[[str], None] = lambda _: None
        """See `Builds.counted`."""
        self._turns = BuildTurns()
        # Turns of those that go between while another has its own.
        self._between = BuildTurns()
        self._running: _Running | None = None
        self._processes: set[BuildProcess] = set()
        self.waiting = 0
        self.is_closed = False
        """Whether nothing is built any more."""

    def close(self) -> None:
        """End the builds that run, and those that wait; what is served stays as it is."""
        self.is_closed = True
        for process in self._processes:
            process.end()

    def makes_way_for(self, *, is_base: bool, size: int) -> bool:
        """Whether a build runs that another one would go between."""
        running = self._running
        return running is not None and running.makes_way_for(is_base=is_base, size=size)

    async def build(
        self,
        collection: str = BASE_COLLECTION,
        *,
        rebuild: bool = False,
        size: int = 0,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Built | NotBuilt:
        """
        Index a collection.

        Args:
            collection: The collection's name.
            rebuild: Read and encode everything again.
            size: The bytes that are new; of several builds that wait, the smallest goes first.
            progress: Told how far it is, in the event loop.

        Returns:
            What is served now, or why nothing was published.
        """
        self.waiting += 1
        try:
            built = await self._in_turn(collection, rebuild=rebuild, size=size, progress=progress)
        finally:
            self.waiting -= 1
        self.counted("built" if isinstance(built, Built) else "failed")
        return built

    async def mend(self, collection: str) -> bool:
        """Build a collection anew whose index was found damaged; whether that went well."""
        return isinstance(await self.build(collection), Built)

    async def _in_turn(
        self, collection: str, *, rebuild: bool, size: int, progress: Callable[[Progress], None]
    ) -> Built | NotBuilt:
        """Wait for a turn, or go between, and build."""
        is_base = collection == BASE_COLLECTION
        process = self._process(collection, rebuild=rebuild, progress=progress)
        running = self._running
        goes_between = running is not None and running.makes_way_for(is_base=is_base, size=size)
        turns = self._between if goes_between else self._turns
        if turns.is_taken:
            progress(Progress("wait"))
        async with turns.turn(is_first=is_base, size=size):
            if running is not None and goes_between:
                begun = time.monotonic()
                with running.process.paused():
                    outcome = await self._run(collection, process)
                running.paused_s += time.monotonic() - begun
                return outcome
            self._running = _Running(process, is_base, size)
            try:
                return await self._run(collection, process)
            finally:
                self._running = None
                # Those that went between are done before the next one begins.
                async with self._between.turn(is_first=False, size=size):
                    pass

    def _process(
        self, collection: str, *, rebuild: bool, progress: Callable[[Progress], None]
    ) -> BuildProcess:
        options = ["--json", "--progress", *(["--rebuild"] if rebuild else [])]
        limit_s = None
        if collection != BASE_COLLECTION:
            options += ["--max-passages", str(self._settings.max_server_passages)]
            limit_s = self._settings.build_limit_s
        command = index_command(self._settings, collection, *options)
        return BuildProcess(command, limit_s=limit_s, progress=progress)

    async def _run(self, collection: str, process: BuildProcess) -> Built | NotBuilt:
        """Run a build unless nothing is built any more, and log what came of it."""
        if self.is_closed:
            return NotBuilt("closed")
        self._processes.add(process)
        try:
            outcome = await process.run()
        except OSError as error:
            # It could not be started: there is no memory for it, or are too many processes.
            outcome = Ended(1, str(error))
            reason = outcome.said
            event(_log, "build_not_started", logging.ERROR, collection=collection, reason=reason)
        finally:
            self._processes.remove(process)
        if isinstance(outcome, Built):
            event(
                _log,
                "built",
                collection=collection,
                documents=outcome.documents,
                passages=outcome.passages,
                unreadable=len(outcome.failures),
            )
            return outcome
        if isinstance(outcome, Ended):
            # What a build of members' documents says may name them.
            own = {"said": outcome.said} if collection == BASE_COLLECTION else {}
            event(
                _log, "build_failed", logging.ERROR, collection=collection, code=outcome.code, **own
            )
            return NotBuilt("closed" if self.is_closed else "failed", said=outcome.said)
        event(_log, "build_refused", logging.WARNING, collection=collection, reason=outcome.reason)
        return outcome
