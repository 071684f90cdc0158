"""What stays of documents whose index could not be made at once."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import pytest

from bot.collection_names import server_collection
from bot.database import DatabaseError
from bot.discord_app import document_intake
from bot.discord_app import records as records_module
from bot.discord_app.document_changes import Changes
from bot.discord_app.records import Records
from bot.discord_app.taught_store import TaughtStore
from bot.discord_app.uploads import Upload
from bot.serving.build_process import Built, NotBuilt
from bot.serving.own_documents import OwnDocuments
from bot.settings import Settings
from index.encoder_files import DEFAULT_ENCODER
from tests.conftest import Library
from tests.fakes import FakeEncoder

SCOPE = server_collection("a")
BUILT, FAILED = Built(1, 1, ()), NotBuilt("failed")
REFUSED = NotBuilt("too_many_passages", 9, 5)


class Place:
    """A server whose builds end as it is said."""

    def __init__(self, settings: Settings, taught: TaughtStore) -> None:
        self.own = OwnDocuments(settings.documents(SCOPE))
        self._folder = settings.documents(SCOPE)
        self.tried: list[str] = []
        self.forgotten: list[str] = []
        self.is_away = False
        self.changes = Changes(settings, cast("Any", self), taught, self._forget)
        self._ends: Built | NotBuilt = BUILT

    async def build(self, _: str, **__: Any) -> Built | NotBuilt:
        return self._ends

    def add(self, text: str, ends: Built | NotBuilt, name: str = "a.txt") -> None:
        self._ends = ends
        upload = Upload(name, len(text), text)
        asyncio.run(self.changes.add(SCOPE, [upload], None, lambda _: None, self._note))

    def index(self, ends: Built | NotBuilt) -> None:
        self._ends = ends
        asyncio.run(self.changes.index(SCOPE))

    def remove(self, name: str) -> None:
        asyncio.run(self.changes.remove(SCOPE, name, lambda _: None, self._note))

    async def until_back(self, forgotten: int) -> None:
        """Wait until the records are back, after one more try, and so many are forgotten."""
        before = len(self.tried)
        async with asyncio.timeout(10):
            while len(self.tried) == before:
                await asyncio.sleep(0.001)
            self.is_away = False
            while len(self.forgotten) < forgotten:
                await asyncio.sleep(0.001)

    def _forget(self, _: str, name: str) -> None:
        self.tried.append(name)
        if self.is_away:
            raise DatabaseError(OSError())
        self.forgotten.append(name)

    async def _note(self, *_: str) -> None:
        pass

    def texts(self) -> dict[str, str]:
        return {name: (self._folder / name).read_text() for name in self.own.names()}


@pytest.fixture
def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    async def fetch(upload: Upload, _most: int) -> bytes:
        return upload.url.encode()

    monkeypatch.setattr(document_intake, "fetch", fetch)
    with closing(Records(settings.records)) as records:
        yield Place(settings, TaughtStore(records))


def test_what_was_not_built_can_be_put_back_until_it_is(place: Place) -> None:
    place.add("First.", BUILT)
    assert place.own.unsettled() == []
    place.add("Second.", FAILED)
    place.add("More.", REFUSED, "b.txt")

    assert place.texts() == {"a.txt": "Second."}
    assert [name for name, _ in place.own.unsettled()] == ["a.txt"]
    place.index(BUILT)
    assert place.own.unsettled() == []
    assert place.texts() == {"a.txt": "Second."}


def test_that_another_process_has_settled_what_is_refused_is_no_success(place: Place) -> None:
    place.add("First.", BUILT)
    place.add("Second.", FAILED)
    ((name, before),) = place.own.unsettled()
    place.own.settle(before)

    with pytest.raises(FileNotFoundError):
        place.own.put_back(name, before)


def index_gone(settings: Settings, *names: str) -> None:
    own = Library(settings.data.parent, FakeEncoder(name=DEFAULT_ENCODER), name=SCOPE)
    for name in names or ("gone.txt",):
        own.write(name, "For fraud 55 were counted.")
    own.build()


def test_the_next_change_ends_a_removal_that_was_cut_short_before_its_quotes_were_forgotten(
    place: Place, settings: Settings
) -> None:
    """What is finished after a restart comes after it, and finds nothing to be finished."""
    index_gone(settings)
    place.own.remove("gone.txt")
    place.add("First.", FAILED)
    assert place.forgotten == []
    place.add("First.", BUILT)

    assert place.forgotten == ["gone.txt"]


def test_quotes_that_can_not_be_forgotten_keep_no_change_waiting_and_are_forgotten_later(
    place: Place, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "AGAIN_S", 0.0)
    index_gone(settings, "gone.txt", "gone too.txt")
    for name in ("gone.txt", "gone too.txt"):
        place.own.remove(name)
    place.is_away = True

    async def change() -> None:
        assert await place.changes.index(SCOPE) == BUILT
        # Each may wait for ten seconds.
        assert len(place.tried) == 1
        assert place.forgotten == []
        await place.until_back(2)

    asyncio.run(change())

    assert sorted(place.forgotten) == ["gone too.txt", "gone.txt"]


def test_quotes_that_can_not_be_forgotten_once_a_document_is_removed_are_forgotten_later(
    place: Place, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records_module, "AGAIN_S", 0.0)
    index_gone(settings)

    async def take_back() -> None:
        place.own.remove("gone.txt")
        place.is_away = True
        with pytest.raises(DatabaseError):
            await place.changes.take_back(SCOPE, ["gone.txt"], "Done.", lambda _: None)
        assert place.forgotten == []
        await place.until_back(1)

    asyncio.run(take_back())

    assert place.forgotten == ["gone.txt"]


def test_what_is_quoted_of_a_removed_document_is_forgotten_before_and_after_the_build(
    place: Place, settings: Settings
) -> None:
    """No more often: each time reads all answers of the server."""
    index_gone(settings)
    place.remove("gone.txt")

    assert place.forgotten == ["gone.txt", "gone.txt"]
