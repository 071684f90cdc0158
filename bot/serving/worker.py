"""A builder for other machines: takes jobs, one after the other, and publishes what it makes."""

import asyncio
import json
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from bot.collection_builds import preview_collection, workspace_of
from bot.collection_names import BASE_COLLECTION, collections_in, server_of
from bot.database import DatabaseError
from bot.event_log import Outage, event
from bot.fetching.again import fetch_again
from bot.serving.build_process import Built, NotBuilt, Progress
from bot.serving.build_queue import Builder
from bot.serving.index_watcher import pause_after
from bot.serving.mirror import LOOK_EVERY_S, LostParts
from bot.serving.own_documents import delete_collection
from bot.serving.upkeep import beside
from bot.settings import Settings
from bot.shared.jobs import BEAT_S, Job, LostJobError
from bot.shared.opening import Shared
from index.errors import (
    EncoderError,
    HeldError,
    IndexFormatError,
    IndexingError,
    NoDocumentsError,
    PartError,
    SharedError,
)

_log = logging.getLogger(__name__)

# A builder that has nothing to do looks so often for a job.
POLL_S = 0.5
# How often parts that nothing needs are looked for.
TIDY_EVERY_S = 600.0


class Worker:
    """Builds what is asked for, and the base whenever its documents change."""

    def __init__(
        self, settings: Settings, shared: Shared, write_taught: Callable[[str, Path], None]
    ) -> None:
        """
        Take what it builds with.

        Args:
            settings: The documents, and a data folder.
            shared: Where jobs are.
            write_taught: Given a collection and the folder of its documents, has that hold what is
                made of rows of the database, as they are now.
        """
        self._settings = workspace_of(settings)
        self._shared = shared
        self._write_taught = write_taught
        self._builder = Builder(self._settings)
        self._tasks: set[asyncio.Task[None]] = set()
        self._lost = LostParts(self._settings, shared)
        self._following = threading.Lock()

    async def run(self, stop: asyncio.Event) -> None:
        """Build until it is told to stop; what it is building then is left to other builders."""
        duties = [self._mend(), self._tidy()]
        if self._settings.follow_s:
            duties.append(self._follow())
        if self._settings.fetch_hours:
            duties.append(fetch_again(self._settings, BASE_COLLECTION))
        async with beside(*duties):
            outage = Outage(_log, "jobs")
            while not stop.is_set():
                job = None
                try:
                    job = await asyncio.to_thread(self._shared.jobs.claim, self._may)
                    outage.succeeded()
                except DatabaseError as error:
                    outage.failed(error.reason)
                if job is not None:
                    task = asyncio.create_task(self._do(job))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
                    continue
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), POLL_S)
            self._builder.close()
            await asyncio.gather(*self._tasks)

    def _may(self, collection: str, size: int) -> bool:
        """Whether a job can be taken now: the first one, or one that goes between."""
        is_base = collection == BASE_COLLECTION
        if is_base and not self._settings.seeds.is_dir():
            return False
        if not self._tasks:
            return True
        return len(self._tasks) == 1 and self._builder.makes_way_for(is_base=is_base, size=size)

    async def _do(self, job: Job) -> None:
        """Do a job and say so all the while, until it is done or is another builder's."""
        event(_log, "job_taken", job=job.id, collection=job.collection)
        now = Progress("wait")

        def show(progress: Progress) -> None:
            nonlocal now
            now = progress

        async def beat() -> None:
            while True:
                await asyncio.sleep(BEAT_S)
                # While the database is away, it can't be told whose the job is.
                with suppress(DatabaseError):
                    await asyncio.to_thread(
                        self._shared.jobs.beat, job, now.stage, now.done, now.total
                    )

        work = asyncio.create_task(self._work(job, show))
        beating = asyncio.create_task(beat())
        await asyncio.wait({work, beating}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, beating):
            task.cancel()
        for ended in await asyncio.gather(work, beating, return_exceptions=True):
            if isinstance(ended, LostJobError):
                event(_log, "job_lost", logging.WARNING, job=job.id, collection=job.collection)
            elif isinstance(ended, Exception):
                # It is taken again when its lease is over.
                reason = type(ended).__name__
                event(_log, "job_left", logging.ERROR, job=job.id, reason=reason)

    async def _work(self, job: Job, show: Callable[[Progress], None]) -> None:
        jobs = self._shared.jobs
        try:
            await asyncio.to_thread(self._prepare, job)
            outcome = await self._builder.build(
                job.collection, rebuild=job.rebuild, size=job.size, progress=show
            )
            if isinstance(outcome, Built):
                generation = await self._publish(job, json.dumps(asdict(outcome)))
                event(_log, "published", collection=job.collection, generation=generation)
                return
        except HeldError as error:
            # However often it were tried, it would be older than what the person has decided.
            await asyncio.to_thread(jobs.refuse, job, "failed", str(error))
            event(_log, "held", logging.WARNING, job=job.id, said=str(error))
            return
        except (IndexingError, OSError) as error:
            outcome = NotBuilt("failed", said=str(error))
        if outcome.reason == "closed":
            await asyncio.to_thread(jobs.give_back, job)
        elif outcome.reason == "failed":
            is_last = await asyncio.to_thread(jobs.fail, job, outcome.said)
            # What is said of members' documents may name them.
            own = {"said": outcome.said} if job.collection == BASE_COLLECTION else {}
            event(
                _log,
                "job_failed" if is_last else "job_failed_for_now",
                logging.ERROR,
                job=job.id,
                collection=job.collection,
                **own,
            )
        else:
            numbers = {"passages": outcome.passages, "most": outcome.most}
            await asyncio.to_thread(jobs.refuse, job, outcome.reason, json.dumps(numbers))

    def _prepare(self, job: Job) -> None:
        """Bring what is published, to be built upon, and the documents that came with the job."""
        name, generations = job.collection, self._shared.generations
        if name == BASE_COLLECTION:
            # What `_is_outdated` is bringing would take the place of what is built; from now on it
            # sees this job.
            with self._following:
                pass
        folder = self._settings.collection(name)
        is_published = True
        try:
            is_published = generations.bring(self._settings, name, every=True)
        except IndexingError as error:
            if isinstance(error, SharedError) and not isinstance(error, PartError):
                raise
            # It can't be had, or is another version's: what is here is built upon, or nothing.
            event(_log, "built_without", logging.WARNING, collection=name, said=str(error))
        if not is_published and name != BASE_COLLECTION and folder.exists():
            # It was deleted everywhere.
            delete_collection(folder)
        if job.documents is not None:
            documents = self._settings.documents(name)
            generations.bring_documents(job.documents, documents)
            # What was forgotten since the job was asked for is not indexed any more.
            self._write_taught(name, documents)

    async def _publish(self, job: Job, report: str) -> str:
        """Publish, however long the database is away; but for a builder that stops."""
        is_noted = False
        while True:
            try:
                return await asyncio.to_thread(
                    self._shared.generations.publish, self._settings, job, report
                )
            except SharedError as error:
                if not isinstance(error.__cause__, DatabaseError) or self._builder.is_closed:
                    raise
                if not is_noted:
                    reason = error.__cause__.reason
                    event(_log, "not_published", logging.WARNING, job=job.id, reason=reason)
                is_noted = True
            await asyncio.sleep(BEAT_S)

    async def _follow(self) -> None:
        """Want the base to be built when the documents are others than those in its index."""
        pause_s = self._settings.follow_s
        while True:
            went_well = True
            try:
                if await asyncio.to_thread(self._is_outdated):
                    event(_log, "documents_changed")
                    job = await asyncio.to_thread(self._shared.jobs.ask_once, BASE_COLLECTION)
                    went_well = await self._is_built(job)
            except (IndexingError, DatabaseError, OSError) as error:
                went_well = False
                event(_log, "not_followed", logging.WARNING, reason=type(error).__name__)
            pause_s = pause_after(pause_s, self._settings.follow_s, went_well=went_well)
            await asyncio.sleep(pause_s)

    async def _is_built(self, job: int) -> bool:
        while True:
            with suppress(DatabaseError):
                state = await asyncio.to_thread(self._shared.jobs.state, job)
                if state is None or state.outcome is not None:
                    return state is not None and state.outcome == "built"
            await asyncio.sleep(POLL_S)

    def _is_outdated(self) -> bool:
        with self._following:
            if not self._settings.seeds.is_dir() or self._shared.jobs.is_wanted(BASE_COLLECTION):
                return False
            # `_prepare` does without these, too: another version's index is made again.
            with suppress(PartError, IndexFormatError, EncoderError):
                self._shared.generations.bring(self._settings, BASE_COLLECTION)
            # Looked up last: a person may just have gone back to what was brought.
            kept = self._shared.generations.kept(BASE_COLLECTION).get(BASE_COLLECTION)
            if kept is None:
                return True
            if kept.is_held:
                return False
        try:
            return bool(preview_collection(self._settings, BASE_COLLECTION).changes)
        except NoDocumentsError:
            return False

    async def _mend(self) -> None:
        """Store parts anew that others could not fetch."""
        outage = Outage(_log, "lost_parts")
        while True:
            try:
                await asyncio.to_thread(self._lost.store_anew)
                outage.succeeded()
            except (IndexingError, OSError) as error:
                outage.failed(type(error).__name__)
            await asyncio.sleep(LOOK_EVERY_S)

    async def _tidy(self) -> None:
        """Delete what nothing needs: parts in storage, and here what was deleted everywhere."""
        while True:
            try:
                deleted = await asyncio.to_thread(self._shared.generations.tidy)
                if deleted:
                    event(_log, "parts_deleted", parts=deleted)
                await asyncio.to_thread(self._delete_gone)
            except (IndexingError, DatabaseError, OSError) as error:
                event(_log, "not_tidied", logging.WARNING, reason=type(error).__name__)
            await asyncio.sleep(TIDY_EVERY_S)

    def _delete_gone(self) -> None:
        kept = self._shared.generations.kept()
        for name in collections_in(self._settings.collections):
            is_gone = server_of(name) is not None and name not in kept
            if is_gone and not self._shared.jobs.is_wanted(name):
                delete_collection(self._settings.collection(name))
