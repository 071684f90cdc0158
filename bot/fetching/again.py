"""What was fetched is fetched again, every so many hours, by a process of its own."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path

from bot.event_log import event
from bot.settings import Settings
from index.errors import IndexingError
from index.processes import module_command, module_environment
from index.provenance import read_provenance

_log = logging.getLogger(__name__)

# How often it is looked whether it is time.
LOOK_S = 60.0
# Its time says when it was fetched last, so that neither a new start nor another process does it
# again too soon.
MARK_NAME = "fetched-again"
_NICENESS = 10
_STANDARD_ERROR = 2
_S_PER_HOUR = 3600


def fetch_command(settings: Settings, collection: str) -> list[str]:
    """The command that fetches a collection's documents again."""
    return module_command(
        "bot.cli.main",
        *("fetch", "--update", "--seeds", str(settings.seeds), "--data", str(settings.data)),
        *("--collection", collection),
    )


async def fetch_again(
    settings: Settings,
    collection: str,
    *,
    command: Sequence[str] | None = None,
    look_s: float = LOOK_S,
) -> None:
    """
    Fetch again whenever it is time, until cancelled; what was never fetched is left alone.

    Args:
        settings: How often, and where everything is.
        collection: The name of the collection.
        command: See `fetch_command`.
        look_s: The pause between two looks at the clock.
    """
    command = command or fetch_command(settings, collection)
    mark = settings.collection(collection) / MARK_NAME
    while True:
        try:
            if await asyncio.to_thread(_is_due, settings, collection, mark):
                event(_log, "fetched_again", code=await _run(command))
        except (OSError, IndexingError) as error:
            event(_log, "not_fetched_again", logging.WARNING, reason=type(error).__name__)
        await asyncio.sleep(look_s)


def _is_due(settings: Settings, collection: str, mark: Path) -> bool:
    """Whether it is time; if so, the next time begins now."""
    with contextlib.suppress(FileNotFoundError):
        passed_s = time.time() - mark.stat().st_mtime
        if 0 <= passed_s < settings.fetch_hours * _S_PER_HOUR:
            return False
    if not read_provenance(settings.documents(collection)).origins:
        return False
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()
    return True


async def _run(command: Sequence[str]) -> int:
    """Run a command to its end; what it says of pages goes where errors go."""
    child = await asyncio.create_subprocess_exec(
        *command, env=module_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=_STANDARD_ERROR
    )
    try:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICENESS)
        return await child.wait()
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
