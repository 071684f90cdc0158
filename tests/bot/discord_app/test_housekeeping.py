"""What servers had is deleted in time, and what was cut short is finished."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import pytest

from answering.question import Question
from bot.collection_names import server_collection, server_of
from bot.discord_app import housekeeping
from bot.discord_app.channels import ChannelRules
from bot.discord_app.housekeeping import (
    delete_departed,
    delete_departed_once,
    finish_changes,
    scopes_to_index,
    tidy,
)
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.servers import SERVER_GRACE_DAYS, Servers
from bot.discord_app.shards import Shards
from bot.discord_app.stored_answers import StoredAnswers
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.postgres import PostgresDatabase
from bot.serving.build_process import Built, NotBuilt
from bot.serving.build_queue import Builder
from bot.serving.own_documents import OwnDocuments
from bot.serving.service import AnswerService
from bot.settings import Settings, load_settings
from bot.shared.opening import Shared
from index.encoder_files import DEFAULT_ENCODER
from tests.bot.discord_app.fakes import Clock, found, span
from tests.conftest import Library
from tests.discord_service.service import PATIENCE_S
from tests.fakes import FakeEncoder


def test_only_collections_of_servers_have_a_server() -> None:
    assert server_of(server_collection("ab12")) == "ab12"
    assert server_of("base") is None
    assert server_of("minutes") is None


def test_a_departed_servers_collection_goes_while_it_is_open(
    settings: Settings, library: Library, service: AnswerService
) -> None:
    clock = Clock()
    records = Records(settings.records, clock)
    servers = Servers(records)
    scope = records.collection(7)
    assert scope is not None
    own = library.other(scope)
    own.write("own.txt", "For fraud 55 were counted.")
    own.build()
    assert service.answer(Question("for fraud"), (), 0, scope).answered
    servers.leave(7)
    delete_departed_once(settings, service, records)
    assert own.documents.exists()
    clock.now += (SERVER_GRACE_DAYS + 1) * DAY_S
    delete_departed_once(settings, service, records)

    assert not own.collection.folder.exists()
    assert library.collection.folder.exists()
    assert not service.answer(Question("for fraud"), (), 0, scope).answered
    assert servers.departed() == []
    records.close()


def test_what_could_not_be_deleted_is_tried_again(
    settings: Settings,
    service: AnswerService,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock = Clock()
    records = Records(settings.records, clock)
    servers = Servers(records)
    servers.leave(7)
    clock.now += (SERVER_GRACE_DAYS + 1) * DAY_S

    def refuse(folder: Path, server: None) -> None:
        raise OSError(13, "Permission denied", str(folder / "documents" / "secret.txt"))

    with monkeypatch.context() as patched:
        patched.setattr(housekeeping, "delete_collection", refuse)
        delete_departed_once(settings, service, records)
    assert servers.departed() == [records.hashed(7)]
    assert "secret" not in repr([record.__dict__ for record in caplog.records])
    delete_departed_once(settings, service, records)

    assert servers.departed() == []
    records.close()


def test_questions_and_votes_are_deleted_from_the_disk_after_the_days_that_are_set(
    tmp_path: Path,
) -> None:
    clock = Clock()
    settings = load_settings(data=tmp_path / "data", log_questions_days=2, votes_days=4)
    records = Records(settings.records, clock)
    answers = StoredAnswers(records)

    def kept() -> list[bool]:
        content = b"".join(path.read_bytes() for path in settings.data.glob("quoth.sqlite*"))
        return [word in content for word in (b"the older one", b"the newer one")]

    def keep(answer_id: str, question: str) -> None:
        answer = replace(found(span(), question=question), id=answer_id)
        answers.keep(answer, 1, 7, with_question=True)

    async def tidy_up() -> None:
        task = asyncio.create_task(tidy(settings, records))
        async with asyncio.timeout(PATIENCE_S):
            while kept()[0]:
                await asyncio.sleep(0.01)
        task.cancel()

    keep("a" * 32, "about the older one")
    clock.now += 2 * DAY_S + 1
    keep("b" * 32, "about the newer one")
    assert kept() == [True, True]
    asyncio.run(tidy_up())

    assert kept() == [False, True]
    voted = answers.get("b" * 32, 1, 7)
    assert voted is not None
    answers.vote(voted, 2, complaint="wrong", expected="the older one, of course", question=None)
    clock.now += 4 * DAY_S + 1
    asyncio.run(tidy_up())

    assert kept() == [False, False]
    keep("c" * 32, "about the newer one")
    records.forget(1)
    assert kept() == [False, False]
    records.close()


def test_nothing_of_a_server_is_deleted_before_it_is_known_where_the_bot_is(
    settings: Settings, service: AnswerService
) -> None:
    """It may have been let in again while it did not run."""
    clock = Clock()
    records = Records(settings.records, clock)
    servers = Servers(records)
    ChannelRules(records).set(7, 1, is_allowed=True)
    servers.leave(7)
    clock.now += (SERVER_GRACE_DAYS + 1) * DAY_S

    async def start() -> None:
        noted = asyncio.Event()
        task = asyncio.create_task(delete_departed(settings, service, records, noted))
        await asyncio.sleep(0)
        servers.note_present({7}, [], Shards(1, frozenset({0})))
        servers.leave(8)
        clock.now += (SERVER_GRACE_DAYS + 1) * DAY_S
        noted.set()
        async with asyncio.timeout(PATIENCE_S):
            while servers.departed():
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(start())
    assert ChannelRules(records).has_any(7)
    records.close()


def test_what_servers_were_taught_is_indexed_on_a_machine_that_has_no_documents(
    settings: Settings, postgres_database: str
) -> None:
    with closing(Records(PostgresDatabase(postgres_database))) as records:
        taught = TaughtStore(records)
        taught.take_up(settings)
        message = MessageAt(7, 8, 9)
        lesson = Taught(message, "Where?", "In room 12.", date.min, "", "agreed", records.clock())
        taught.keep(lesson)
        scope = records.collection(7)
        assert scope is not None
        built: dict[str, int] = {}

        class Noting:
            async def build(self, collection: str, *, size: int) -> None:
                built[collection] = size

        builder, answers = cast("Builder", Noting()), StoredAnswers(records)
        asyncio.run(finish_changes(settings, builder, taught, scope, answers))

    assert built == {scope: len(lesson.file())}
    assert (settings.documents(scope) / message.document).read_bytes() == lesson.file()


def test_a_shard_asks_for_its_own_servers_alone(settings: Settings) -> None:
    """Also where a server has only documents, or was only taught something."""
    asked: list[str] = []

    class Noting(Records):
        def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
            found = super().rows(statement, values)
            asked.extend(server for (server,) in found)
            return found

    with closing(Noting(settings.records)) as records:
        taught = TaughtStore(records)
        for server in (1, 2):
            message = MessageAt(server, 8, server)
            taught.keep(Taught(message, "?", "Yes.", date.min, "", "agreed", records.clock()))
        scopes = [server_collection(records.hashed(server)) for server in range(1, 6)]
        for scope in scopes[2:4]:
            settings.documents(scope).mkdir(parents=True)
        own = scopes[::2]

        assert asyncio.run(scopes_to_index(settings, taught, own)) == sorted(own[:2])
        assert asked == [records.hashed(1)]


def test_what_builders_have_published_meanwhile_is_not_asked_for_again(
    settings: Settings,
    library: Library,
    shared: Shared,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another gateway has asked for it, and nobody has fetched it yet."""
    monkeypatch.setattr(housekeeping, "shared_of", lambda _: shared)
    records = Records(shared.database)
    scope = records.collection(7)
    assert scope is not None
    encoder = FakeEncoder(name=DEFAULT_ENCODER)
    here = replace(library, encoder=encoder, name=scope)
    here.write("a.txt", "Some text.")
    elsewhere = Library(tmp_path / "builder", encoder, name=scope)
    elsewhere.write("a.txt", "Some text.")
    elsewhere.build(forget_removed=True, may_be_empty=True)
    shared.jobs.ask(scope)
    job = shared.jobs.claim(lambda *_: True)
    assert job is not None
    shared.generations.publish(load_settings(data=tmp_path / "builder" / "data"), job, "{}")

    class Refusing:
        async def build(self, collection: str, *, size: int) -> None:
            raise AssertionError(f"{collection} was asked for, of {size} bytes")

    builder, answers = cast("Builder", Refusing()), StoredAnswers(records)
    asyncio.run(finish_changes(settings, builder, TaughtStore(records), scope, answers))


def test_what_is_not_in_the_index_is_indexed(
    settings: Settings, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    encoder = FakeEncoder(name=DEFAULT_ENCODER)
    names = ("current", "behind", "held", "removed", "unbuilt", "empty", "outdated")
    made = {name: replace(library, encoder=encoder, name=server_collection(name)) for name in names}
    for name in ("current", "behind", "held", "removed", "unbuilt"):
        made[name].write("a.txt", "Some text.")
    for name in ("current", "behind", "held", "removed"):
        made[name].build()
    for name in ("behind", "held", "removed"):
        made[name].write("b.txt", "More text.")
    for name in ("held", "removed"):
        made[name].build()
        made[name].collection.roll_back()
    # What was removed since somebody went back to it is answered from no longer.
    (made["removed"].documents / "a.txt").unlink()
    # Can't be listed.
    library.other(server_collection("a-file")).collection.folder.mkdir(parents=True)
    library.other(server_collection("a-file")).documents.write_text("no folder")
    made["empty"].collection.folder.mkdir(parents=True)
    # Its index was made with an encoder that is no longer the one that is set.
    made["outdated"].write("a.txt", "Some text.")
    replace(made["outdated"], encoder=FakeEncoder(name="another")).build()
    built: dict[str, int] = {}
    forgotten: list[tuple[str, str]] = []

    class Noting:
        async def build(self, collection: str, *, size: int) -> None:
            built[collection] = size

    class Forgetting(StoredAnswers):
        def forget_document(self, scope: str, document_id: str) -> None:
            forgotten.append((scope, document_id))

    with closing(Records(settings.records)) as records:
        builder, taught = cast("Builder", Noting()), TaughtStore(records)
        for name in (*names, "a-file"):
            scope = server_collection(name)
            answers = Forgetting(records)
            asyncio.run(finish_changes(settings, builder, taught, scope, answers))
    assert built == {
        server_collection("behind"): 20,
        server_collection("outdated"): 10,
        server_collection("removed"): 10,
        server_collection("unbuilt"): 10,
    }
    assert forgotten == [(server_collection("removed"), "a.txt")]


@pytest.mark.parametrize("is_folder_there", [True, False])
def test_what_was_to_be_forgotten_when_quoth_was_stopped_is_forgotten_at_the_next_start(
    settings: Settings, library: Library, *, is_folder_there: bool
) -> None:
    """Its removal is in the index already. Without the folder nobody knows what was removed."""
    with closing(Records(settings.records)) as records:
        scope = records.collection(7)
        assert scope is not None
        made = replace(library, encoder=FakeEncoder(name=DEFAULT_ENCODER), name=scope)
        made.write("kept.txt", "For fraud 55 were counted.")
        made.build()
        made.write("new.txt", "For theft 66 were counted.")
        if not is_folder_there:
            made.documents.rename(made.documents.with_name("elsewhere"))
        answers = StoredAnswers(records)
        quoted = [
            replace(span(), document_id=name, collection=where)
            for where in (scope, "base")
            for name in ("kept.txt", "new.txt", "removed.txt")
        ]
        answer = found(*quoted[:2], alternatives=tuple(quoted[2:]))
        answers.keep(answer, 1, 7, with_question=False)

        class Building:
            async def build(self, _: str, *, size: int) -> Built:
                return Built(2, size, ())

        builder, taught = cast("Builder", Building()), TaughtStore(records)
        asyncio.run(finish_changes(settings, builder, taught, scope, answers))
        stored = answers.get(answer.id, 1, 7)

    assert stored is not None
    left = [one for one in quoted if not is_folder_there or one != quoted[2]]
    assert [*stored.found.spans, *stored.found.alternatives] == left


@pytest.mark.parametrize(
    ("ends", "left"),
    [
        ([NotBuilt("failed"), NotBuilt("too_many_passages")], {"a.txt": "Some text."}),
        ([Built(2, 2, ()), NotBuilt("too_many_passages")], {"a.txt": "Third.", "b.txt": "More."}),
    ],
)
def test_what_a_kill_left_of_a_change_is_taken_back_if_it_is_refused_before_it_is_built(
    settings: Settings, library: Library, ends: list[Built | NotBuilt], left: dict[str, str]
) -> None:
    scope = server_collection("killed")
    made = replace(library, encoder=FakeEncoder(name=DEFAULT_ENCODER), name=scope)
    made.write("a.txt", "Some text.")
    made.write("gone.txt", "Some text.")
    made.build()
    own = OwnDocuments(made.documents)
    for name, text in (
        ("a.txt", "Another text."),
        ("gone.txt", "Another text."),
        ("b.txt", "More."),
        ("a.txt", "Third."),
    ):
        with own.incoming(name, text.encode()) as path:
            own.keep(path, name)
    # Nothing comes back that was removed afterwards.
    own.remove("gone.txt")
    # As another change does that comes first.
    own.sweep()

    class Ending:
        async def build(self, collection: str, *, size: int) -> Built | NotBuilt:
            return ends.pop(0)

    with closing(Records(settings.records)) as records:
        builder, taught = cast("Builder", Ending()), TaughtStore(records)
        for _ in ends.copy():
            answers = StoredAnswers(records)
            asyncio.run(finish_changes(settings, builder, taught, scope, answers))
    assert ends == []
    assert {path.name: path.read_text() for path in made.documents.iterdir()} == left
