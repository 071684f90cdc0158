"""`quoth index --watch`: a build whenever the documents have changed."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from bot.cli.output import say
from bot.collection_builds import index_command, preview_collection
from bot.fetching.again import fetch_again
from bot.settings import Settings
from index.errors import NoDocumentsError
from index.processes import module_environment
from index.store import Collection
from index.watching import watch_folder
from prompts import render

# Builds make way for whoever is answering.
_NICENESS = 10


def watch(settings: Settings, name: str) -> None:
    """
    Follow a collection's documents until the process is told to end.

    Each build is a process of its own, which says how it went; one that fails is tried again after
    the next change. While a person holds a generation (`quoth index rollback`), nothing is built.
    """
    stop = Event()
    builder = ChildBuilder(settings, name, stop)

    def end(_signal: int, _frame: object) -> None:
        stop.set()
        builder.terminate()

    signal.signal(signal.SIGTERM, end)
    folder = settings.documents(name)
    collection = Collection(settings.collection(name))
    say(render("watching.txt", folder=folder), err=True)
    with _fetching_again(settings, name, stop):
        for _ in watch_folder(folder, stop, without=settings.data):
            if not collection.is_held() and _has_changed(settings, name):
                builder.build()


@contextmanager
def _fetching_again(settings: Settings, name: str, stop: Event) -> Iterator[None]:
    """Fetch again beside the block, if that is set; at its end, `stop` is set."""

    async def until_stopped() -> None:
        work = asyncio.create_task(fetch_again(settings, name))
        await asyncio.to_thread(stop.wait)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)

    if not settings.fetch_hours:
        yield
        return
    thread = Thread(target=lambda: asyncio.run(until_stopped()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _has_changed(settings: Settings, name: str) -> bool:
    try:
        found = preview_collection(settings, name)
    except NoDocumentsError:
        # The folder has just gone; it is waited for.
        return False
    return bool(found.changes)


class ChildBuilder:
    """Runs one build at a time, in a process that can be ended."""

    def __init__(self, settings: Settings, name: str, stop: Event) -> None:
        """Build a collection; once `stop` is set, no build goes on."""
        self._command = index_command(settings, name)
        self._stop = stop
        self._process: subprocess.Popen[bytes] | None = None

    def build(self) -> None:
        """Run a build to its end."""
        # What it reports, and why it failed, goes where our own reports go.
        with subprocess.Popen(  # noqa: S603 - our own program
            self._command, env=module_environment()
        ) as self._process:
            # Not everybody may raise a priority that is lower already.
            niceness = max(_NICENESS, os.getpriority(os.PRIO_PROCESS, self._process.pid))
            os.setpriority(os.PRIO_PROCESS, self._process.pid, niceness)
            try:
                # It may have been set while there was no process yet that could be ended.
                if not self._stop.is_set():
                    self._process.wait()
            finally:
                self.terminate()

    def terminate(self) -> None:
        """End the build that runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
