"""Builds beside a bot that answers: a child process at low priority, one at a time."""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from bot.building import index_command
from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.serving.turns import Turns
from bot.settings import Settings
from index.documents import Failure
from index.processes import module_environment

_log = logging.getLogger(__name__)

# Of a build; 19 would be the lowest priority, 0 the bot's own.
BUILD_NICENESS = 10
# A line that a build says; more than any that it means to say.
_MAX_LINE_BYTES = 1 << 20
# A build that was told to end is killed after so long.
_END_S = 10.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is: `stage` is "wait", or one of `index.reporting.Reporter`."""

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Built:
    """What a build made."""

    documents: int
    passages: int
    failures: tuple[Failure, ...]
    """Files that could not be read."""


@dataclass(frozen=True, slots=True)
class NotBuilt:
    """Why nothing was published; what was served before still is."""

    reason: Literal["failed", "closed", "too_long", "too_many_passages"]
    """`closed` where builds were ended because the bot stops; of `failed`, the log says more."""
    passages: int = 0
    """How many passages there would have been, if the reason is `too_many_passages`."""
    most: int = 0
    """And how many there may be."""


class Builder:
    """
    Runs `quoth index`, which publishes; whoever answers notices by itself.

    One build at a time: each takes memory, and both cores if it gets them. The base goes before all
    servers, and a small change before a large one.
    """

    def __init__(self, settings: Settings, counted: Callable[[str], None] = lambda _: None) -> None:
        """
        Build with some settings.

        Args:
            settings: Which seeds, data folder and encoder.
            counted: Told what became of each build: `built` or `failed`.
        """
        self._settings = settings
        self.counted = counted
        self._turns = Turns()
        self._child: asyncio.subprocess.Process | None = None
        self.waiting = 0
        """Builds that wait or run."""
        self.is_closed = False
        """Whether nothing is built any more."""

    def close(self) -> None:
        """End the build that runs, and those that wait; what is served stays as it is."""
        self.is_closed = True
        if self._child is not None:
            _end(self._child)

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
            collection: By name.
            rebuild: Read and encode everything again.
            size: The bytes that are new; of several builds that wait, the smallest goes first.
            progress: Told how far it is, in the event loop.

        Returns:
            What is served now, or why nothing was published.
        """
        self.waiting += 1
        try:
            if self._turns.is_taken:
                progress(Progress("wait"))
            async with self._turns.turn(is_first=collection == BASE_COLLECTION, size=size):
                built: Built | NotBuilt = NotBuilt("closed")
                if not self.is_closed:
                    built = await self._run(collection, rebuild=rebuild, progress=progress)
        finally:
            self.waiting -= 1
        self.counted("built" if isinstance(built, Built) else "failed")
        return built

    async def _run(
        self, collection: str, *, rebuild: bool, progress: Callable[[Progress], None]
    ) -> Built | NotBuilt:
        is_base = collection == BASE_COLLECTION
        options = ["--json", "--progress", *(["--rebuild"] if rebuild else [])]
        if not is_base:
            options += ["--max-passages", str(self._settings.max_server_passages)]
        child = await asyncio.create_subprocess_exec(
            *index_command(self._settings, collection, *options),
            env=module_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE_BYTES,
        )
        self._child = child
        assert child.stdout is not None  # noqa: S101 - both are pipes
        assert child.stderr is not None  # noqa: S101
        try:
            with contextlib.suppress(ProcessLookupError):
                # Not everybody may raise a priority that is lower already.
                niceness = max(BUILD_NICENESS, os.getpriority(os.PRIO_PROCESS, child.pid))
                os.setpriority(os.PRIO_PROCESS, child.pid, niceness)
            async with asyncio.timeout(None if is_base else self._settings.build_limit_s):
                report, heard = await asyncio.gather(
                    child.stdout.read(), _hear(child.stderr, progress)
                )
                code = await child.wait()
        except TimeoutError:
            event(_log, "build_too_long", logging.WARNING, collection=collection)
            return NotBuilt("too_long")
        finally:
            self._child = None
            await _ended(child)
        built = _built(report)
        if built is not None:
            event(
                _log,
                "built",
                collection=collection,
                documents=built.documents,
                passages=built.passages,
                unreadable=len(built.failures),
            )
            return built
        if heard.refused is not None:
            event(_log, "build_refused", logging.WARNING, collection=collection)
            return heard.refused
        # What a build of members' documents says may name them.
        own = {"said": heard.last} if is_base else {}
        event(_log, "build_failed", logging.ERROR, collection=collection, code=code, **own)
        return NotBuilt("closed" if self.is_closed else "failed")


def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()


async def _ended(child: asyncio.subprocess.Process) -> None:
    """End a build that may still run, and wait until it has ended."""
    _end(child)
    try:
        async with asyncio.timeout(_END_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a build said beside its progress."""

    last: str
    """The last line that is no report."""
    refused: NotBuilt | None


async def _hear(stream: asyncio.StreamReader, progress: Callable[[Progress], None]) -> _Heard:
    """Pass on what a build reports; return what else it said."""
    last, refused = "", None
    while line := await stream.readline():
        values = _object(line)
        if values is None:
            last = line.decode("utf-8", "replace").strip() or last
        elif "waiting" in values:
            progress(Progress("wait"))
        elif "passages" in values:
            refused = NotBuilt("too_many_passages", values["passages"], values["most"])
        else:
            progress(Progress(values["stage"], values["done"], values["total"]))
    return _Heard(last, refused)


def _built(report: bytes) -> Built | None:
    values = _object(report)
    if values is None:
        return None
    failures = tuple(Failure(**failure) for failure in values["failures"])
    return Built(values["documents"], values["passages"], failures)


def _object(text: bytes) -> dict[str, Any] | None:
    with contextlib.suppress(ValueError):
        values = json.loads(text)
        if isinstance(values, dict):
            return values
    return None
