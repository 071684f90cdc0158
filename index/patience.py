"""
For how long a process is waited for that may be busy, stuck or hostile.

What counts is what it computes, since a clock tells nothing of a file where others want the cores,
too. One that computes next to nothing, and isn't waiting for its turn, is stuck, or sleeps so that
it is waited for.
"""

import re
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

# A process that has computed nothing is waited for so long: until then, it may be waiting for a
# disk, or for its turn.
STANDSTILL_S = 60.0
# And for so many times as long as it has computed: others may want the cores, too, and not every
# system tells for how long it has waited for its turn.
BUSY = 10

# In between, it is asked how much that is.
_LOOK_S = 0.5
# Linux has a clock for the processor's time of each process, whose number is made of the process's.
_HAS_CLOCKS, _CLOCK_OF_PROCESS = sys.platform == "linux", 0b010
_PS_TIMEOUT_S = 5.0
# Days, hours, minutes and seconds, as `ps` has them.
_TIME = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)")


class Patience:
    """For how long a process may still be waited for: what is done between does not count."""

    def __init__(self) -> None:
        """Begin with none."""
        self.given_s = 0.0
        """How much the process was last allowed to compute, in seconds of a core."""
        self._limit_s = 0.0
        self._process_id: int | None = None
        self._before_s: float | None = 0.0
        self._queued_before_s = 0.0
        self._waited_s = self._looked_at_s = 0.0

    def watch(self, process_id: int) -> None:
        """Look from now on at what this process computes, and wait for it anew."""
        self._process_id = process_id
        self._before_s = computed_s(process_id)
        self._queued_before_s = queued_s(process_id)
        self._waited_s = self._looked_at_s = 0.0

    def give(self, computing_s: float) -> None:
        """Let the process compute so much from now on, in seconds of a core."""
        self.given_s = computing_s
        self._limit_s = self._computed_s() + computing_s

    def give_again(self) -> None:
        """Let it compute as much from now on as it was given last."""
        self.give(self.given_s)

    def wait(self, selector: selectors.BaseSelector) -> None:
        """
        Wait until there is something to read.

        Raises:
            TimeoutError: If patience has come to an end, and why it has.
        """
        ready = False
        while not ready:
            started = time.monotonic()
            ready = bool(selector.select(_LOOK_S))
            # No more than was meant to be: both processes may have been stopped meanwhile.
            self._waited_s += min(time.monotonic() - started, _LOOK_S)
            if self._waited_s - self._looked_at_s >= _LOOK_S:
                self._looked_at_s = self._waited_s
                self._look()

    def _look(self) -> None:
        computed = self._computed_s()
        if computed > self._limit_s:
            raise TimeoutError(f"takes more than {self.given_s:.0f} seconds")
        if self._waited_s - self._queued_s() > STANDSTILL_S + BUSY * computed:
            raise TimeoutError("has come to a standstill")

    def _computed_s(self) -> float:
        """How much the process has computed, in seconds; the time waited if nothing tells."""
        if self._process_id is None:
            return 0.0
        now_s = computed_s(self._process_id)
        if now_s is None or self._before_s is None:
            return self._waited_s
        return now_s - self._before_s

    def _queued_s(self) -> float:
        """How long the process has waited for its turn, in seconds."""
        if self._process_id is None:
            return 0.0
        return queued_s(self._process_id) - self._queued_before_s


def computed_s(process_id: int) -> float | None:
    """For how long a process has computed, in seconds of a core; None where nothing tells."""
    try:
        if _HAS_CLOCKS:
            return time.clock_gettime(~process_id << 3 | _CLOCK_OF_PROCESS)
        return _told_by_ps(process_id)
    except (OSError, subprocess.SubprocessError):
        return None


def queued_s(process_id: int) -> float:
    """
    For how long the first thread of a process could have computed, and others had the cores.

    A build makes way for people who ask, so that may be most of the time.

    Returns:
        Seconds; 0 where nothing tells.
    """
    with suppress(OSError, ValueError):
        _, queued_ns, _ = Path(f"/proc/{process_id}/schedstat").read_text().split()
        return int(queued_ns) / 1e9
    return 0.0


def _told_by_ps(process_id: int) -> float | None:
    told = subprocess.run(  # noqa: S603 - our own child's number
        ["ps", "-o", "time=", "-p", str(process_id)],  # noqa: S607 - wherever a system has it
        capture_output=True,
        text=True,
        check=True,
        timeout=_PS_TIMEOUT_S,
    ).stdout
    if (found := _TIME.fullmatch(told.strip())) is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((24 * days + hours) * 60 + minutes) * 60 + seconds
