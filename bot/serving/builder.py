"""Builds beside a bot that answers: a child process at low priority, one after the other."""

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.building import index_command
from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.settings import Settings
from index.documents import Failure
from index.processes import module_environment

_log = logging.getLogger(__name__)

# Of a build; 19 would be the lowest priority, 0 the bot's own.
BUILD_NICENESS = 10
# A line that a build says; more than any that it means to say.
_MAX_LINE_BYTES = 1 << 20


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


class Builder:
    """
    Runs `quoth index`, which publishes; whoever answers notices by itself.

    One build at a time: each takes memory, and both cores if it gets them.
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
        self._turn = asyncio.Semaphore(1)
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
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> Built | None:
        """
        Index a collection.

        Args:
            collection: By name.
            rebuild: Read and encode everything again.
            progress: Told how far it is, in the event loop.

        Returns:
            What is served now; None if nothing could be published, and the log says so.
        """
        self.waiting += 1
        try:
            if self._turn.locked():
                progress(Progress("wait"))
            async with self._turn:
                built = None
                if not self.is_closed:
                    built = await self._run(collection, rebuild=rebuild, progress=progress)
        finally:
            self.waiting -= 1
        self.counted("failed" if built is None else "built")
        return built

    async def _run(
        self, collection: str, *, rebuild: bool, progress: Callable[[Progress], None]
    ) -> Built | None:
        options = ["--json", "--progress", *(["--rebuild"] if rebuild else [])]
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
            report, said = await asyncio.gather(child.stdout.read(), _hear(child.stderr, progress))
            code = await child.wait()
        finally:
            self._child = None
            _end(child)
            await child.wait()
        built = _built(report)
        if built is None:
            # What a build of members' documents says may name them.
            own = {"said": said} if collection == BASE_COLLECTION else {}
            event(_log, "build_failed", logging.ERROR, collection=collection, code=code, **own)
        else:
            event(
                _log,
                "built",
                collection=collection,
                documents=built.documents,
                passages=built.passages,
                unreadable=len(built.failures),
            )
        return built


def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()


async def _hear(stream: asyncio.StreamReader, progress: Callable[[Progress], None]) -> str:
    """Pass on what a build reports; return the last line that is no report."""
    last = ""
    while line := await stream.readline():
        values = _object(line)
        if values is None:
            last = line.decode("utf-8", "replace").strip() or last
        elif "waiting" in values:
            progress(Progress("wait"))
        else:
            progress(Progress(values["stage"], values["done"], values["total"]))
    return last


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
