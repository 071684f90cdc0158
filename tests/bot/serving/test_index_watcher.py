"""Changed documents are indexed while questions are answered."""

import asyncio

import pytest

from answering.question import Question
from bot.serving.index_watcher import MAX_PAUSE_S, IndexWatcher
from bot.serving.service import AnswerService
from index.errors import NoDocumentsError
from index.folder_changes import is_up_to_date
from tests.bot.conftest import ARTICLE
from tests.conftest import Library
from tests.waiting import until_in_loop


def follower(library: Library, service: AnswerService, *, succeeds: bool = True) -> IndexWatcher:
    async def build() -> bool:
        if succeeds:
            library.build()
        return succeeds

    def is_outdated() -> bool:
        return not is_up_to_date(library.collection.made_of(), library.documents, without=None)

    return IndexWatcher(service, is_outdated=is_outdated, build=build, pause_s=0.01)


def test_a_new_document_is_answered_from(library: Library, service: AnswerService) -> None:
    library.write("more.txt", "For fraud 55 were counted.")
    asyncio.run(follower(library, service).look())

    assert service.answer(Question("how many for fraud"), (), 0, None).spans[0].text == "55"


def test_a_generation_that_another_process_published_is_taken_over(
    library: Library, service: AnswerService
) -> None:
    library.write("figures.txt", ARTICLE.replace("812", "813"))
    library.build()
    before = service.generation
    asyncio.run(follower(library, service).look())

    assert service.generation != before


def test_a_build_that_fails_leaves_what_is_served(library: Library, service: AnswerService) -> None:
    library.write("more.txt", "For fraud 55 were counted.")
    before = service.generation
    asyncio.run(follower(library, service, succeeds=False).look())

    assert service.generation == before
    assert service.answer(Question("how many for arson"), (), 0, None).spans


def test_a_folder_that_is_gone_is_followed_again_when_it_is_back(
    library: Library, service: AnswerService
) -> None:
    away = library.folder / "away"
    library.documents.rename(away)
    following = follower(library, service)
    asyncio.run(following.look())
    assert service.answer(Question("how many for arson"), (), 0, None).spans
    away.rename(library.documents)
    library.write("more.txt", "For fraud 55 were counted.")
    asyncio.run(following.look())

    assert service.answer(Question("how many for fraud"), (), 0, None).spans


def test_it_looks_again_and_again_until_it_is_stopped(
    library: Library, service: AnswerService
) -> None:
    looks = 0

    def is_outdated() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise NoDocumentsError("gone for a moment")
        return False

    async def build() -> bool:
        raise AssertionError

    async def make_index_watcher() -> None:
        following = IndexWatcher(service, is_outdated=is_outdated, build=build, pause_s=0.001)
        task = asyncio.create_task(following.run())
        await until_in_loop(lambda: looks >= 4)
        task.cancel()

    asyncio.run(make_index_watcher())


@pytest.mark.parametrize(
    ("usual_s", "expected"), [(10.0, [10.0, 20.0, 40.0, 80.0]), (3_600.0, [3_600.0] * 4)]
)
def test_however_long_it_fails_it_goes_on(
    service: AnswerService,
    monkeypatch: pytest.MonkeyPatch,
    usual_s: float,
    expected: list[float],
) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1_100:
            raise asyncio.CancelledError

    def is_outdated() -> bool:
        raise NoDocumentsError("gone for days")

    async def build() -> bool:
        raise AssertionError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    watcher = IndexWatcher(service, is_outdated=is_outdated, build=build, pause_s=usual_s)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(watcher.run())

    assert pauses[:4] == expected
    assert set(pauses[10:]) == {max(MAX_PAUSE_S, usual_s)}
