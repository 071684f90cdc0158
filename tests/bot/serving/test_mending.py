"""An index that turns out damaged is built anew, and the question is answered from that."""

import asyncio
import errno
import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import pytest

from answering.question import Question
from bot.serving.mending import AGAIN_S, Mender
from bot.serving.queue import AnswerQueue
from bot.serving.service import AnswerService
from index import generation_folders
from index.errors import IndexDamagedError
from index.postgres.server import PostgresSearch
from tests.bot.conftest import opener
from tests.conftest import Library
from tests.damage import change_in_document

OWN = "server-aaaa"


class Place:
    """What is answered from, and who mends it."""

    def __init__(self, library: Library, service: AnswerService) -> None:
        self.service = service
        self.library = library
        self.built: list[str] = []
        self.now = 1_000.0
        self.can_build = True
        self.can_list = True
        self.mender = Mender(
            service,
            collection=library.collection_named,
            names=self._names,
            build=self._build,
            clock=lambda: self.now,
        )

    def _names(self) -> Sequence[str]:
        if not self.can_list:
            raise PermissionError(errno.EACCES, "Permission denied")
        return ("base", OWN)

    async def _build(self, name: str) -> bool:
        self.built.append(name)
        if self.can_build:
            self.library.other(name).build()
        return self.can_build

    def ask(self, *words: str, scope: str | None = None) -> list[str | BaseException]:
        """Ask for several numbers at once."""
        queue = AnswerQueue(
            self.service, self.mender.mend, workers=2, max_waiting=9, time_limit_s=60
        )

        async def ask_all() -> list[str | BaseException]:
            answers = await asyncio.gather(
                *(queue.ask(Question(f"how many for {word}"), (), 0, scope) for word in words),
                return_exceptions=True,
            )
            return [
                answer if isinstance(answer, BaseException) else answer.spans[0].text
                for answer in answers
            ]

        try:
            return asyncio.run(ask_all())
        finally:
            queue.close()


@pytest.fixture
def place(library: Library, service: AnswerService) -> Place:
    return Place(library, service)


def test_all_who_ask_wait_for_one_build(place: Place) -> None:
    change_in_document(place.library, b"arson 812", b"arson 999")

    assert place.ask("arson", "theft", "arson") == ["812", "3,204", "812"]
    assert place.built == ["base"]
    assert place.service.suspects == set()


def test_a_server_is_answered_from_its_own_documents_after_they_were_mended(place: Place) -> None:
    own = place.library.other(OWN)
    own.write("own.txt", "For fraud 55 were counted.")
    own.build()
    change_in_document(own, b"fraud 55", b"fraud 77")

    assert place.ask("fraud", "fraud", "arson", scope=OWN) == ["55", "55", "812"]
    assert place.built == [OWN]


def test_what_can_not_be_mended_is_not_tried_with_every_question(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    change_in_document(place.library, b"arson 812", b"arson 999")
    place.can_build = False
    for _ in range(3):
        (failed,) = place.ask("arson")
        assert isinstance(failed, IndexDamagedError)
    assert place.built == ["base"]
    place.now += AGAIN_S + 1
    place.can_build = True

    assert place.ask("arson") == ["812"]


def test_a_sound_index_is_not_built_for_a_defect_of_quoth(place: Place) -> None:
    place.service.suspect("base")
    asyncio.run(place.mender.mend())

    assert place.built == []
    assert place.service.suspects == set()


def test_damage_that_nobody_asked_for_is_found_also_after_a_look_that_failed(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(generation_folders, "CHECKED_BYTES", 0)
    caplog.set_level(logging.INFO)
    change_in_document(place.library, b"arson 812", b"arson 999")

    async def check() -> None:
        place.can_list = False
        await place.mender.check()
        place.can_list = True
        await place.mender.check()
        await place.mender.mend()

    asyncio.run(check())

    assert place.built == ["base"]
    assert place.service.answer(Question("how many for arson"), (), 0, None).spans[0].text == "812"
    assert "index_damaged" in [record.getMessage() for record in caplog.records]


def test_what_was_never_published_is_told_of_in_the_log_and_published(
    service: AnswerService,
    library: Library,
    empty_database: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    own = library.other(OWN)
    own.write("own.txt", "For fraud 55 were counted.")
    own.build()
    with closing(PostgresSearch(empty_database, "here")) as server:
        searched = replace(library, server=server)
        opening = replace(opener(library), collection=searched.collection_named)
        with closing(AnswerService(opening)) as serving:
            place = Place(searched, serving)
            place.ask("arson", scope=OWN)
            asyncio.run(place.mender.mend())

            assert place.built == [OWN]
            assert place.ask("fraud", scope=OWN) == ["55"]
    assert "index_unpublished" in [record.getMessage() for record in caplog.records]
