"""Waiting for what another thread or process does, and not for ever."""

import asyncio
import time
from collections.abc import Callable

# A busy machine may be late; nothing waits so long unless something is wrong.
PATIENCE_S = 240.0


def until(happened: Callable[[], bool]) -> None:
    """Look again and again whether something has happened, and fail if it never does."""
    deadline = time.monotonic() + PATIENCE_S
    pause_s = 0.01
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(pause_s)
        # What takes long is looked for less often: each look takes time from what is waited for.
        pause_s = min(1.2 * pause_s, 0.2)


async def until_in_loop(happened: Callable[[], bool]) -> None:
    """
    Look again and again whether something has happened, while the running event loop goes on.

    It fails if that never happens, by a clock that `pass_time` does not move.
    """
    deadline = time.monotonic() + PATIENCE_S
    pause_s = 0.001
    while not happened():
        assert time.monotonic() < deadline
        await asyncio.sleep(pause_s)
        pause_s = min(1.2 * pause_s, 0.02)


def pass_time(seconds: float) -> None:
    """Have the running event loop take some seconds for passed, however fast the machine is."""
    loop = asyncio.get_running_loop()
    now = loop.time
    setattr(loop, "time", lambda: now() + seconds)  # noqa: B010 - it is no field of its class
