"""What was fetched is fetched again, every so many hours, by a process of its own."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.event_log import event
from bot.settings import Settings
from index.errors import IndexingError
from index.processes import module_command, module_environment
from index.provenance import read_provenance

_log = logging.getLogger(__name__)

# How often it is looked whether it is time.
LOOK_S = 60.0
# Its time is that from which the hours count, so that neither a new start nor another process
# fetches again too soon.
MARK_NAME = "fetched-again"
# How soon a run that was interrupted or failed is repeated; after each further failure, the pause
# is twice as long, up to the usual one.
_RETRY_HOURS = 1.0
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
    mark = _Mark(settings.collection(collection) / MARK_NAME, settings.fetch_hours)
    retry_hours = _RETRY_HOURS
    while True:
        try:
            if mark.is_due() and await asyncio.to_thread(_was_fetched, settings, collection):
                mark.due_in(_RETRY_HOURS)
                code = await _run(command, mark, look_s)
                mark.due_in(retry_hours if code else settings.fetch_hours)
                retry_hours = min(2 * retry_hours, settings.fetch_hours) if code else _RETRY_HOURS
                event(_log, "fetched_again", code=code)
        except (OSError, IndexingError) as error:
            event(_log, "not_fetched_again", logging.WARNING, reason=type(error).__name__)
        await asyncio.sleep(look_s)


def _was_fetched(settings: Settings, collection: str) -> bool:
    """Whether any document was."""
    return bool(read_provenance(settings.documents(collection)).origins)


@dataclass(frozen=True, slots=True)
class _Mark:
    """Says when it is time, whichever process asks."""

    path: Path
    hours: float
    """From the time of the file on."""

    def is_due(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            passed_s = time.time() - self.path.stat().st_mtime
            return not 0 <= passed_s < self.hours * _S_PER_HOUR
        return True

    def due_in(self, hours: float) -> None:
        """Note that it is time again in so many hours, and no later than usual."""
        since = time.time() - max(0.0, self.hours - hours) * _S_PER_HOUR
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        os.utime(self.path, (since, since))


async def _run(command: Sequence[str], mark: _Mark, look_s: float) -> int:
    """
    Run a command to its end; what it says of pages goes where errors go.

    Meanwhile the mark is kept, so that no other process begins, and none waits long for it if this
    one is killed.
    """
    child = await asyncio.create_subprocess_exec(
        *command, env=module_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=_STANDARD_ERROR
    )
    try:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICENESS)
        while True:
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(child.wait(), look_s)
            mark.due_in(_RETRY_HOURS)
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            await child.wait()
