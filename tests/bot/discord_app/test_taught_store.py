"""What servers were taught: rows, in either database, and the documents that are made of them."""

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.database import RecordsError
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.servers import SERVER_GRACE_DAYS, Servers
from bot.discord_app.shards import Shards
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.settings import Settings
from tests.bot.discord_app.fakes import Clock
from tests.conftest import Place

SERVER, OTHER = 7, 8
AUTHOR = 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def records(place: Place, clock: Clock) -> Iterator[Records]:
    with closing(Records(place(), clock)) as opened:
        yield opened


@pytest.fixture
def store(records: Records) -> TaughtStore:
    return TaughtStore(records)


def scope(records: Records, server: int = SERVER) -> str:
    found = records.collection(server)
    assert found is not None
    return found


def lesson(records: Records, message: int, server: int = SERVER, author: int = AUTHOR) -> Taught:
    return Taught(
        MessageAt(server, 2**62, message),
        f"Where is desk {message}?",
        "In the **north** wing.\n\n> Bring a photo.",
        date(2026, 3, 1),
        records.hashed(author),
        "its author agreed",
        records.clock(),
    )


def written(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*")}


def test_what_a_server_is_taught_is_kept_changed_and_removed_apart_from_others(
    records: Records, store: TaughtStore
) -> None:
    first, second, elsewhere = lesson(records, 1), lesson(records, 2**62), lesson(records, 3, OTHER)
    for one in (first, second, elsewhere):
        store.keep(one)
    here, there = scope(records), scope(records, OTHER)

    assert store.all(here) == [second, first]
    assert store.messages(there) == [elsewhere.message]
    assert store.scopes_among([there, scope(records, SERVER + OTHER)]) == [there]
    assert store.scopes_among([]) == []
    assert store.find(here, first.message.document) == first
    assert store.find(here, elsewhere.message.document) is None

    changed = replace(first, question="Where?", text="Elsewhere.", agreed=records.clock() + 1)
    store.keep(changed)
    assert store.find(here, first.message.document) == changed

    store.remove(here, [second.message.document, elsewhere.message.document, "notes.md"])
    assert store.all(here) == [changed]
    assert store.all(there) == [elsewhere]


def test_a_name_that_no_message_can_have_names_nothing(
    records: Records, store: TaughtStore
) -> None:
    largest = f"taught-1-1-{2**64 - 1}.md"
    assert store.find(scope(records), largest) is None
    store.remove(scope(records), [largest, "taught-1-1-x.md"])


def test_who_is_forgotten_is_quoted_nowhere_and_what_comes_late_is_not_kept(
    records: Records, store: TaughtStore, clock: Clock
) -> None:
    here, elsewhere, anothers = (
        lesson(records, 1),
        lesson(records, 2, OTHER),
        lesson(records, 3, author=2),
    )
    assert all(store.keep(one) for one in (here, elsewhere, anothers))
    late = replace(lesson(records, 4), agreed=clock.now)
    clock.now += 1
    forgotten = records.forget(AUTHOR)
    assert not store.keep(late)
    assert not store.keep(here)

    assert sorted(forgotten.taught, key=lambda one: one.id) == [here.message, elsewhere.message]
    assert store.all(scope(records)) == [anothers]
    assert store.all(scope(records, OTHER)) == []
    # Who agrees afterwards is quoted again.
    clock.now += 1
    store.keep(lesson(records, 5))
    assert {one.id for one in store.messages(scope(records))} == {3, 5}


def test_what_a_server_was_taught_goes_with_the_server(
    records: Records, store: TaughtStore
) -> None:
    kept = lesson(records, 3, OTHER)
    for one in (lesson(records, 1), kept):
        store.keep(one)
    Servers(records).delete(records.hashed(SERVER))

    assert store.all(scope(records)) == []
    assert store.all(scope(records, OTHER)) == [kept]


def test_a_server_that_was_only_taught_something_is_noted_as_left(
    records: Records, store: TaughtStore, clock: Clock
) -> None:
    for server in (SERVER, OTHER):
        store.keep(lesson(records, server, server))
    servers = Servers(records)
    servers.note_present({OTHER}, [], Shards(1, frozenset({0})))
    clock.now += (SERVER_GRACE_DAYS + 1) * DAY_S

    assert servers.departed() == [records.hashed(SERVER)]
    # Nothing is built of what it was taught.
    both = [scope(records, server) for server in (SERVER, OTHER)]
    assert store.scopes_among(both) == both[1:]


def test_documents_are_what_the_rows_say_and_others_stay(
    records: Records, store: TaughtStore, settings: Settings
) -> None:
    store.take_up(settings)
    here = scope(records)
    folder = settings.documents(here)
    first, second = lesson(records, 1), lesson(records, 2)
    store.keep(first)
    store.keep(second)
    store.write_documents(here, folder)
    assert written(folder) == {one.message.document: one.file() for one in (first, second)}

    before = (folder / second.message.document).stat()
    others = {
        "notes.md": b"A moderator's.",
        # They are named as what is taught, and are no such thing.
        f"taught-{SERVER}-1-9.md": b"A moderator's.",
        lesson(records, 3, OTHER).message.document: lesson(records, 3, OTHER).file(),
    }
    for name, content in others.items():
        (folder / name).write_bytes(content)
    # The file of a row that another process has deleted.
    (folder / f"taught-{SERVER}-1-8.md").write_bytes(first.file())
    store.remove(here, [first.message.document])
    store.write_documents(here, folder)

    assert written(folder) == {second.message.document: second.file(), **others}
    assert (folder / second.message.document).stat() == before


def test_rows_that_are_out_of_date_write_over_no_newer_document(
    records: Records, store: TaughtStore, settings: Settings
) -> None:
    """Two processes share the folder, one of which starts while the other is taught something."""
    store.take_up(settings)
    here = scope(records)
    folder = settings.documents(here)
    first, second = lesson(records, 1), lesson(records, 2)
    store.keep(first)

    def teach() -> None:
        store.keep(second)
        store.write_documents(here, folder)

    teaching = threading.Thread(target=teach)

    class Starting(TaughtStore):
        def all(self, scope: str) -> list[Taught]:
            found = super().all(scope)
            teaching.start()
            teaching.join(0.2)
            return found

    Starting(records).write_documents(here, folder)
    teaching.join()
    assert written(folder) == {one.message.document: one.file() for one in (first, second)}


def test_what_was_taught_before_there_were_rows_becomes_rows_once(
    records: Records, store: TaughtStore, settings: Settings, clock: Clock
) -> None:
    here, there = scope(records), scope(records, OTHER)
    # Not every disk knows parts of a second.
    agreed = float(int(records.clock()))
    first, second, forgotten, elsewhere, copied = (
        replace(one, agreed=agreed)
        for one in (
            lesson(records, 1),
            lesson(records, 2),
            lesson(records, 3, author=2),
            lesson(records, 4, OTHER),
            lesson(records, 5, OTHER),
        )
    )
    files = [(here, first), (here, second), (here, forgotten), (there, elsewhere), (here, copied)]
    for name, one in files:
        path = settings.documents(name) / one.message.document
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.file())
        os.utime(path, (agreed, agreed))
    (settings.documents(here) / f"taught-{SERVER}-1-9.md").write_bytes(b"A moderator's.")
    for number, odd in ((10, '"\\ud800"'), (11, "[" * 100_000)):
        like_one = first.file().replace(b'"Where is desk 1?"', odd.encode())
        (settings.documents(here) / f"taught-{SERVER}-1-{number}.md").write_bytes(like_one)
    (settings.collections / "mine").mkdir()
    before = written(settings.documents(here))
    clock.now += 1
    records.forget(2)

    # Until then the documents count.
    store.write_documents(here, settings.documents(here))
    assert written(settings.documents(here)) == before

    store.take_up(settings)
    assert store.all(here) == [second, first]
    assert store.all(there) == [elsewhere]
    store.write_documents(here, settings.documents(here))
    # Whose author had themselves forgotten is not there any more.
    del before[forgotten.message.document]
    assert written(settings.documents(here)) == before

    store.remove(here, [first.message.document])
    store.take_up(settings)
    assert store.all(here) == [second]


def test_what_can_not_be_read_is_taken_up_later(
    records: Records, store: TaughtStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = scope(records)
    folder = settings.documents(here)
    folder.mkdir(parents=True)
    first, second = lesson(records, 1), lesson(records, 2)
    for one in (first, second):
        (folder / one.message.document).write_bytes(one.file())
    read = Path.read_bytes

    def refuse_the_second(path: Path) -> bytes:
        if path.name == second.message.document:
            raise OSError(5, "Input/output error", str(path))
        return read(path)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_bytes", refuse_the_second)
        with pytest.raises(RecordsError, match="Input/output error"):
            store.take_up(settings)
    assert store.all(here) == []

    store.take_up(settings)
    assert [one.message.id for one in store.all(here)] == [2, 1]
