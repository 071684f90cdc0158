"""What was taught is deleted with its message in a few tries, whatever fails meanwhile."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any, cast

import pytest

from bot.database import DatabaseError
from bot.discord_app import records as records_module
from bot.discord_app import teaching as teaching_module
from bot.discord_app.document_changes import Changes
from bot.discord_app.records import Records
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.discord_app.teaching import Teaching
from bot.serving.build_process import Built, NotBuilt
from bot.serving.build_queue import Builder
from bot.serving.own_documents import OwnDocuments
from bot.settings import Settings
from tests.waiting import PATIENCE_S

MESSAGE = MessageAt(7, 8, 9)
BUILT = Built(0, 0, ())
FAILED = NotBuilt("failed")


class Builds:
    """Ends builds with these in turn, then well."""

    def __init__(self, *ends: NotBuilt) -> None:
        self.ends = list(ends)
        self.begun = 0

    async def build(self, collection: str, **_: Any) -> Built | NotBuilt:
        self.begun += 1
        return self.ends.pop(0) if self.ends else BUILT


class Quoted:
    """Forgets what is quoted, but for the first times."""

    def __init__(self, fails: int = 0) -> None:
        self.fails = fails
        self.forgotten: list[str] = []

    def forget(self, scope: str, name: str) -> None:
        if self.fails:
            self.fails -= 1
            raise DatabaseError(TimeoutError())
        self.forgotten.append(name)


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_module, "AGAIN_S", 0.0)
    monkeypatch.setattr(teaching_module, "DELETE_AGAIN_S", (0.0, 0.0, 0.0))


@pytest.fixture
def records(settings: Settings) -> Iterator[Records]:
    with closing(Records(settings.records)) as opened:
        yield opened


def delete(settings: Settings, records: Records, builds: Builds, quoted: Quoted) -> list[str]:
    """Teach a message, delete it, and return the names of the documents that are left."""
    taught = TaughtStore(records)
    taught.take_up(settings)
    taught.keep(Taught(MESSAGE, "Where?", "Here.", date.min, "", "agreed", records.clock()))
    scope = records.scope_of(MESSAGE.server_id)
    taught.write_documents(scope, settings.documents(scope))
    changes = Changes(settings, cast("Builder", builds), taught, quoted.forget)
    teaching = Teaching(records, taught, changes, cast("Any", None))

    async def deleted() -> None:
        teaching.forget_documents([MESSAGE])
        begun = asyncio.all_tasks() - {cast("Any", asyncio.current_task())}
        await asyncio.wait_for(asyncio.gather(*begun), PATIENCE_S)

    asyncio.run(deleted())
    assert taught.all(scope) == []
    return changes.names(scope)


def test_nothing_is_built_again_while_quotes_can_not_be_forgotten(
    settings: Settings, records: Records
) -> None:
    builds, quoted = Builds(), Quoted(fails=4)

    assert delete(settings, records, builds, quoted) == []
    assert quoted.forgotten == [MESSAGE.document]
    assert builds.begun == 1


@pytest.mark.parametrize(
    ("ends", "begun"), [([FAILED] * 3, 4), ([FAILED] * 9, 4), ([NotBuilt("closed")], 1)]
)
def test_an_index_that_can_not_be_made_is_given_up(
    settings: Settings,
    records: Records,
    caplog: pytest.LogCaptureFixture,
    ends: list[NotBuilt],
    begun: int,
) -> None:
    caplog.set_level(logging.INFO)
    builds = Builds(*ends)

    assert delete(settings, records, builds, Quoted()) == []
    assert builds.begun == begun
    assert ("not_forgotten" in caplog.messages) == bool(builds.ends)


def test_a_file_that_can_not_be_deleted_is_tried_again(
    settings: Settings, records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove, fails = OwnDocuments.remove, [OSError(5, "Input/output error")] * 2

    def failing(self: OwnDocuments, name: str) -> bool:
        if fails:
            raise fails.pop()
        return remove(self, name)

    monkeypatch.setattr(OwnDocuments, "remove", failing)

    assert delete(settings, records, Builds(), Quoted()) == []
