"""Builds by a builder for other machines, from the question for one to the index that is served."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.collection_builds import WORKSPACE_NAME
from bot.collection_names import BASE_COLLECTION
from bot.database import DatabaseError
from bot.discord_app.records import Records
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.serving import build_queue, worker
from bot.serving.build_process import Built, NotBuilt, Progress
from bot.serving.mirror import Mirror
from bot.serving.remote_builder import RemoteBuilder
from bot.serving.worker import Worker
from bot.settings import Settings, load_settings
from bot.shared.generations import SharedGenerations
from bot.shared.jobs import MAX_ATTEMPTS, Job, Jobs
from bot.shared.opening import Shared
from bot.shared.parts import Parts
from bot.shared.storage import FolderStorage
from index import manifest
from index.errors import SharedError
from index.store import Collection
from tests.bot.discord_app.launcher import fake_index_command
from tests.conftest import Library
from tests.waiting import PATIENCE_S, until_in_loop

SCOPE = "server-aaaa"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """One that has the documents, and builds."""
    monkeypatch.setattr(build_queue, "index_command", fake_index_command(tmp_path))
    monkeypatch.setattr(worker, "POLL_S", 0.02)
    monkeypatch.setattr(worker, "BEAT_S", 0.05)
    seeds = tmp_path / "documents"
    seeds.mkdir()
    return load_settings(data=tmp_path / "data", seeds=seeds, follow_s=0.05)


def while_building(
    machine: Settings,
    shared: Shared,
    work: Callable[[], Awaitable[None]],
    write_taught: Callable[[str, Path], None] = lambda *_: None,
) -> None:
    """Do something beside a builder."""

    async def both() -> None:
        stop = asyncio.Event()
        building = asyncio.create_task(Worker(machine, shared, write_taught).run(stop))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await work()
        finally:
            stop.set()
            await building

    asyncio.run(both())


def text(settings: Settings, name: str, document: str) -> str:
    generation = Collection(settings.collection(name)).open_files()
    try:
        return generation.texts.text(document, 0, 99)
    finally:
        generation.close()


def test_documents_of_a_server_are_indexed_elsewhere_and_served_where_they_were_added(
    machine: Settings,
    node: Settings,
    shared: Shared,
) -> None:
    folder = node.documents(SCOPE)
    folder.mkdir(parents=True)
    (folder / "secret.txt").write_text("For fraud 55 were counted.")
    (folder / "broken.pdf").write_text("no PDF")
    asked = RemoteBuilder(node, shared, look_every_s=0.01)
    seen: list[Progress] = []

    async def work() -> None:
        built = await asked.build(SCOPE, size=26, progress=seen.append)
        assert isinstance(built, Built)
        assert (built.documents, built.passages) == (1, 1)
        assert [failure.id for failure in built.failures] == ["broken.pdf"]
        assert text(node, SCOPE, "secret.txt") == "For fraud 55 were counted."

        (folder / "secret.txt").unlink()
        built = await asked.build(SCOPE)
        assert isinstance(built, Built)
        assert built.documents == 0

    while_building(machine.model_copy(update={"follow_s": 0}), shared, work)

    assert seen
    held = [path for path in machine.data.rglob("*") if path.is_file()]
    assert not any(b"55 were counted" in path.read_bytes() for path in held)


def test_what_a_server_was_taught_is_indexed_as_it_is_when_that_is_built(
    machine: Settings, node: Settings, shared: Shared
) -> None:
    records = Records(shared.database)
    taught = TaughtStore(records)
    taught.take_up(node)
    scope = records.collection(7)
    assert scope is not None
    gone, kept = (
        Taught(MessageAt(7, 8, number), "Where?", said, date.min, "", "", records.clock())
        for number, said in enumerate(("For fraud 55.", "For theft 35."))
    )
    taught.keep(gone)
    taught.write_documents(scope, node.documents(scope))
    # Since the job was asked for.
    taught.remove(scope, [gone.message.document])
    taught.keep(kept)

    async def work() -> None:
        built = await RemoteBuilder(node, shared, look_every_s=0.01).build(scope)
        assert isinstance(built, Built)
        assert built.documents == 1
        assert kept.text in text(node, scope, kept.message.document)

    builder = machine.model_copy(update={"follow_s": 0})
    while_building(builder, shared, work, taught.write_documents)


def test_a_builder_follows_the_documents_and_nodes_follow_the_builder(
    machine: Settings,
    node: Settings,
    shared: Shared,
) -> None:
    (machine.seeds / "figures.txt").write_text("For theft 35 were counted.")
    mirror = Mirror(node, shared)

    async def served(said: str) -> None:
        while True:
            await asyncio.to_thread(mirror.bring_all)
            is_there = Collection(node.base_collection).generations.ids()
            if is_there and text(node, BASE_COLLECTION, "figures.txt") == said:
                return
            await asyncio.sleep(0.02)

    async def work() -> None:
        await served("For theft 35 were counted.")
        (machine.seeds / "figures.txt").write_text("For theft 36 were counted.")
        await served("For theft 36 were counted.")
        # Going back is kept, though the documents say something else.
        shared.generations.roll_back(BASE_COLLECTION)
        await served("For theft 35 were counted.")
        await asyncio.sleep(0.2)
        assert not shared.jobs.is_wanted(BASE_COLLECTION)

    while_building(machine, shared, work)


@pytest.mark.parametrize("kind", ["index", "encoder"])
def test_a_builder_that_has_nothing_makes_what_another_version_has_published_again(
    library: Library,
    builder: Settings,
    node: Settings,
    shared: Shared,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    library.write("figures.txt", "For theft 35 were counted.")
    library.build()
    if kind == "encoder":
        export = builder.encoder_exports / library.encoder.sha256
        export.mkdir(parents=True)
        (export / "manifest.json").write_text('{"format_version": 0}')
    shared.jobs.ask(BASE_COLLECTION)
    job = shared.jobs.claim(lambda *_: True)
    assert job is not None
    shared.generations.publish(builder, job, "{}")
    if kind == "index":
        monkeypatch.setattr(manifest, "FORMAT_VERSION", manifest.FORMAT_VERSION + 1)

    fresh = node.model_copy(update={"seeds": builder.seeds})

    assert Worker(fresh, shared, lambda *_: None)._is_outdated()


def test_what_was_asked_for_before_somebody_went_back_is_not_published_over_it(
    machine: Settings,
    node: Settings,
    shared: Shared,
    tmp_path: Path,
) -> None:
    (machine.seeds / "figures.txt").write_text("For theft 35 were counted.")
    hold = tmp_path / "hold-build"
    still = machine.model_copy(update={"follow_s": 0})
    mirror = Mirror(node, shared)

    async def ended(job: int) -> str:
        while (state := shared.jobs.state(job)) is None or state.outcome is None:
            await asyncio.sleep(0.02)
        return f"{state.outcome} {state.report}"

    async def work() -> None:
        for number in (35, 36):
            (machine.seeds / "figures.txt").write_text(f"For theft {number} were counted.")
            assert (await ended(shared.jobs.ask(BASE_COLLECTION))).startswith("built")
        (machine.seeds / "figures.txt").write_text("For theft 37 were counted.")
        hold.touch()
        building = shared.jobs.ask(BASE_COLLECTION)
        waiting = shared.jobs.ask(BASE_COLLECTION)
        while (state := shared.jobs.state(building)) is None or state.stage != "encode":
            await asyncio.sleep(0.02)
        before = shared.generations.roll_back(BASE_COLLECTION)
        hold.unlink()
        for job in (building, waiting):
            assert f"somebody went back to {before}" in await ended(job)
        await asyncio.to_thread(mirror.bring_all)
        assert text(node, BASE_COLLECTION, "figures.txt") == "For theft 35 were counted."

        assert (await ended(shared.jobs.ask(BASE_COLLECTION))).startswith("built")
        await asyncio.to_thread(mirror.bring_all)
        assert text(node, BASE_COLLECTION, "figures.txt") == "For theft 37 were counted."

    while_building(still, shared, work)


def test_what_can_not_be_built_is_said_to_whoever_asked(
    machine: Settings,
    node: Settings,
    shared: Shared,
) -> None:
    folder = node.documents(SCOPE)
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("For fraud 55.\n\n" * 2_000)
    machine = machine.model_copy(update={"max_server_passages": 1, "follow_s": 0})

    async def work() -> None:
        built = await RemoteBuilder(node, shared, look_every_s=0.01).build(SCOPE)
        assert isinstance(built, NotBuilt)
        assert (built.reason, built.most) == ("too_many_passages", 1)

    while_building(machine, shared, work)


def test_a_build_that_is_stopped_is_left_to_the_next_builder(
    machine: Settings,
    node: Settings,
    shared: Shared,
    tmp_path: Path,
) -> None:
    (machine.seeds / "figures.txt").write_text("For theft 35 were counted.")
    hold = tmp_path / "hold-build"
    hold.touch()
    job = shared.jobs.ask(BASE_COLLECTION)

    async def begun() -> None:
        while (state := shared.jobs.state(job)) is None or state.stage != "encode":
            await asyncio.sleep(0.02)

    async def ended() -> None:
        hold.unlink()
        while (state := shared.jobs.state(job)) is None or state.outcome is None:
            await asyncio.sleep(0.02)
        assert state.outcome == "built"

    still = machine.model_copy(update={"follow_s": 0})
    for _ in range(MAX_ATTEMPTS):
        while_building(still, shared, begun)
        assert shared.jobs.is_wanted(BASE_COLLECTION)
    other = still.model_copy(update={"data": machine.data.with_name("other")})
    jobs = Jobs(shared.database)
    assert jobs.claim(lambda *_: False) is None
    while_building(other, shared, ended)

    Mirror(node, shared).bring(BASE_COLLECTION)
    assert text(node, BASE_COLLECTION, "figures.txt") == "For theft 35 were counted."
    assert (other.data / WORKSPACE_NAME).is_dir()


def test_documents_are_not_followed_into_the_way_of_a_build(
    machine: Settings, node: Settings, shared: Shared
) -> None:
    (machine.seeds / "figures.txt").write_text("For theft 35 were counted.")

    async def built(count: int) -> None:
        while [len(one.generations) for one in shared.generations.kept().values()] != [count]:
            await asyncio.sleep(0.02)

    async def built_twice() -> None:
        await built(1)
        (machine.seeds / "figures.txt").write_text("For theft 36 were counted.")
        await built(2)

    while_building(machine, shared, built_twice)
    begun: list[threading.Thread] = []

    class Slow(SharedGenerations):
        """Meanwhile somebody goes back, another wants a build, and this builder takes the job."""

        def bring(self, *arguments: Any, **options: Any) -> bool:
            if not begun:
                shared.generations.roll_back(BASE_COLLECTION)
                shared.jobs.ask(BASE_COLLECTION)
                job = shared.jobs.claim(lambda *_: True)
                begun.append(threading.Thread(target=builds._prepare, args=(job,)))
                begun[0].start()
                begun[0].join(0.1)
                assert begun[0].is_alive()
            return super().bring(*arguments, **options)

    parts = Parts(shared.database, FolderStorage(machine.data.parent / "storage"))
    slow = Slow(shared.database, parts, shared.jobs)
    builds = Worker(machine, replace(shared, generations=slow), lambda *_: None)
    assert not builds._is_outdated()
    begun[0].join()
    assert not builds._is_outdated()


def test_a_builder_says_once_that_what_was_lost_can_not_be_looked_for(
    machine: Settings,
    shared: Shared,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(worker, "LOOK_EVERY_S", 0.01)
    caplog.set_level("INFO")
    tries: list[bool] = []

    class AwayAtFirst(SharedGenerations):
        """The storage is away for a while."""

        def lost(self) -> frozenset[str]:
            tries.append(len(tries) >= 3)
            if not tries[-1]:
                raise SharedError
            return super().lost()

    parts = Parts(shared.database, FolderStorage(machine.data.parent / "storage"))
    generations = AwayAtFirst(shared.database, parts, shared.jobs)

    async def is_back() -> None:
        await until_in_loop(lambda: len(tries) >= 6)

    while_building(machine, replace(shared, generations=generations), is_back)
    told = [record.message for record in caplog.records if "lost_parts" in record.message]
    assert told == ["lost_parts_away", "lost_parts_back"]


def test_a_builder_that_can_not_publish_stops(machine: Settings, shared: Shared) -> None:
    (machine.seeds / "figures.txt").write_text("For theft 35 were counted.")
    tried: list[str] = []

    class Away(SharedGenerations):
        """The database goes when a build is done."""

        def publish(self, _settings: Settings, job: Job, _report: str) -> str:
            tried.append(job.collection)
            raise SharedError from DatabaseError(OSError())

    parts = Parts(shared.database, FolderStorage(machine.data.parent / "storage"))
    away = Away(shared.database, parts, shared.jobs)

    async def begun() -> None:
        await until_in_loop(lambda: tried != [])

    while_building(machine, replace(shared, generations=away), begun)
    assert shared.jobs.is_wanted(BASE_COLLECTION)
