"""A visitor of the page and of the API, over real sockets; fakes stand for models."""

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from bot.access import access_of
from bot.chosen_database import database_of
from bot.serving.linked_answers import STEPS, LinkedAnswers
from bot.serving.page_pictures import PagePictures
from bot.serving.queue import AnswerQueue, ScopedAnswers
from bot.serving.served_documents import ServedDocuments
from bot.serving.service import AnswerService
from bot.settings import load_settings
from bot.web.application import listening
from bot.web.site import Site

_T = TypeVar("_T")


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Visitor:
    """Asks a server that runs in a thread of its own."""

    def __init__(
        self, service: AnswerService, answers: ScopedAnswers, folder: Path, **settings: object
    ) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._stack = AsyncExitStack()
        self.site: Site
        self.address = ""
        self.do(self._open(service, answers, folder, settings))

    async def _open(
        self, service: AnswerService, answers: ScopedAnswers, folder: Path, given: dict[str, Any]
    ) -> None:
        settings = load_settings(**{"data": folder, **given})
        place = database_of(settings, settings.linked_answers, STEPS)
        kept = LinkedAnswers(place, settings.answers_kept_days)
        self._stack.callback(kept.close)
        queue = AnswerQueue(
            answers,
            _mend,
            workers=settings.workers,
            max_waiting=settings.max_waiting,
            time_limit_s=settings.time_limit_s,
        )
        self._stack.callback(queue.close)
        self.site = Site(
            settings,
            service,
            answers,
            queue,
            ServedDocuments(service),
            PagePictures(service, settings.seeds),
            access_of(settings),
            kept,
        )
        self.address = await self._stack.enter_async_context(listening(self.site, "127.0.0.1", 0))

    def start(self, work: Coroutine[Any, Any, _T]) -> Callable[[], _T]:
        """Begin something; what is returned waits for its end."""
        begun = asyncio.run_coroutine_threadsafe(work, self._loop)
        return lambda: begun.result(60)

    def do(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self.start(work)()

    async def request(self, method: str, path: str, **options: Any) -> Reply:
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, self.address + path, allow_redirects=False, **options
            ) as response,
        ):
            text = (await response.read()).decode()
            return Reply(response.status, dict(response.headers), text)

    async def fetch(self, path: str) -> bytes:
        """The bytes of a file."""
        async with aiohttp.ClientSession() as session, session.get(self.address + path) as reply:
            return await reply.read()

    def get(self, path: str, **options: Any) -> Reply:
        return self.do(self.request("GET", path, **options))

    def post(self, path: str, body: object, **options: Any) -> Reply:
        return self.do(self.request("POST", path, json=body, **options))

    async def stop_listening(self) -> None:
        await self._stack.aclose()

    def close(self) -> None:
        self.do(self.stop_listening())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()


async def _mend() -> None:
    """Nothing is damaged here."""
    raise AssertionError


MakeVisitor = Callable[..., Visitor]


@pytest.fixture
def visit(service: AnswerService, tmp_path: Path) -> Iterator[MakeVisitor]:
    """Makes visitors of servers with other settings, or with other answers."""
    made: list[Visitor] = []

    def make(answers: ScopedAnswers | None = None, **settings: object) -> Visitor:
        made.append(Visitor(service, answers or service, tmp_path / "data", **settings))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def visitor(visit: MakeVisitor) -> Visitor:
    return visit()
