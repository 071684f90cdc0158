"""A build's time stands still while it is paused, from whenever on that is."""

import asyncio
import sys
from pathlib import Path

from bot.serving.build_process import BuildProcess, Built, NotBuilt
from tests.waiting import until_in_loop

# Heeds no pause.
_BUILDS = """
print('{"documents": 1, "passages": 1, "failures": []}')
"""
# Says something, notes that it was paused, and never ends by itself.
_NEVER_ENDS = """
import signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGUSR2})
print('{"waiting": true}', file=sys.stderr, flush=True)
signal.sigwait({signal.SIGUSR1})
open(sys.argv[1], "w").close()
signal.pause()
"""


def process(source: str, *arguments: str, limit_s: float) -> BuildProcess:
    command = [sys.executable, "-c", source, *arguments]
    return BuildProcess(command, limit_s=limit_s, progress=lambda _: None)


def test_a_build_that_is_paused_before_it_is_started_does_not_run_out_of_time() -> None:
    async def build() -> object:
        paused = process(_BUILDS, limit_s=0.0)
        with paused.paused():
            return await paused.run()

    assert asyncio.run(build()) == Built(1, 1, ())


def test_a_build_that_was_paused_before_it_was_started_has_its_time_afterwards(
    tmp_path: Path,
) -> None:
    is_paused = tmp_path / "paused"

    async def build() -> object:
        paused = process(_NEVER_ENDS, str(is_paused), limit_s=0.1)
        with paused.paused():
            running = asyncio.create_task(paused.run())
            await until_in_loop(is_paused.exists)
        await until_in_loop(running.done)
        return await running

    assert asyncio.run(build()) == NotBuilt("too_long")
