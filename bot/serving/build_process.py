"""One build in a child process of low priority: what it says, how it pauses, how it ends."""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.build_pauses import GO_ON, PAUSE
from index.documents import Failure
from index.processes import module_environment

# The niceness of a build; 19 would be the lowest priority, 0 the bot's own.
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
    """How many passages there may be."""
    said: str = field(default="", compare=False, repr=False)
    """The last words of a build that failed. They may name what members have added."""

    @property
    def is_refused(self) -> bool:
        """Whether what was added would make it too large: that is taken back."""
        return self.reason in ("too_long", "too_many_passages")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a build that was not built ended by itself."""

    code: int
    said: str
    """Its last words."""


class BuildProcess:
    """A child that runs `quoth index --json --progress`, once."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        limit_s: float | None,
        progress: Callable[[Progress], None],
    ) -> None:
        """
        Describe a build that does not run yet.

        Args:
            command: What the child runs; `module_environment` is its environment.
            limit_s: Seconds after which the build is ended, pauses not counted; None means never.
            progress: Told how far it is, in the event loop.
        """
        self._command = command
        self._limit_s = limit_s
        self._progress = progress
        self._timeout: asyncio.Timeout | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._last = ""
        self._refused: NotBuilt | None = None
        # A child that has said nothing yet does not listen either.
        self._is_heard = False
        self._is_paused = False
        self._is_ended = False
        self._is_over = False

    async def run(self) -> Built | NotBuilt | Ended:
        """Run it to its end, once."""
        child = await asyncio.create_subprocess_exec(
            *self._command,
            env=module_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_MAX_LINE_BYTES,
        )
        self._child = child
        if self._is_ended:
            # It was told so while it was being started.
            _end(child)
        assert child.stdout is not None  # noqa: S101 - both are pipes
        assert child.stderr is not None  # noqa: S101
        try:
            with contextlib.suppress(ProcessLookupError):
                # Not everybody may raise a priority that is lower already.
                niceness = max(BUILD_NICENESS, os.getpriority(os.PRIO_PROCESS, child.pid))
                os.setpriority(os.PRIO_PROCESS, child.pid, niceness)
            # It may have been paused while it was being started.
            limit_s = None if self._is_paused else self._limit_s
            async with asyncio.timeout(limit_s) as self._timeout:
                report, _ = await asyncio.gather(child.stdout.read(), self._hear(child.stderr))
                code = await child.wait()
        except TimeoutError:
            return NotBuilt("too_long")
        finally:
            self._is_over = True
            await _end_and_wait(child)
        return _built(report) or self._refused or Ended(code, self._last)

    async def _hear(self, stream: asyncio.StreamReader) -> None:
        """Pass on what a build reports, and note what else it says."""
        while line := await stream.readline():
            values = _object(line)
            if values is None:
                self._last = line.decode("utf-8", "replace").strip() or self._last
                continue
            self._is_heard = True
            if "passages" in values:
                self._refused = NotBuilt("too_many_passages", values["passages"], values["most"])
            elif self._is_paused:
                self._signal(PAUSE)
            elif "waiting" in values:
                self._progress(Progress("wait"))
            else:
                self._progress(Progress(values["stage"], values["done"], values["total"]))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Have it wait at its next step, until the block ends; its time stands still."""
        if self._is_over:
            yield
            return
        left_s = self._left_s()
        self._is_paused = True
        self._progress(Progress("wait"))
        self._reschedule(None)
        if self._is_heard:
            self._signal(PAUSE)
        try:
            yield
        finally:
            self._is_paused = False
            self._signal(GO_ON)
            self._reschedule(left_s)

    def _left_s(self) -> float | None:
        """How much of its time is left: all of it while it is being started; None has no end."""
        if self._timeout is None:
            return self._limit_s
        ends = self._timeout.when()
        return None if ends is None else ends - asyncio.get_running_loop().time()

    def _reschedule(self, left_s: float | None) -> None:
        # One that has run out, or is left, can't be changed any more.
        if self._timeout is not None and not self._is_over:
            now = asyncio.get_running_loop().time()
            with contextlib.suppress(RuntimeError):
                self._timeout.reschedule(None if left_s is None else now + left_s)

    def _signal(self, number: int) -> None:
        if self._is_heard and self._child is not None and self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.send_signal(number)

    def end(self) -> None:
        """Tell it to end, whether it is paused or not, or is still being started."""
        self._is_ended = True
        if self._child is not None:
            _end(self._child)


def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()


async def _end_and_wait(child: asyncio.subprocess.Process) -> None:
    """End a build that may still run, and wait until it has ended."""
    _end(child)
    try:
        async with asyncio.timeout(_END_S):
            await child.wait()
    except TimeoutError:
        child.kill()
        await child.wait()


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
