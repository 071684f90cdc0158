"""What the handlers of the page and of the API share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from bot.access import Access
from bot.serving.excuses import excuse
from bot.serving.linked_answers import LinkedAnswers
from bot.serving.page_pictures import PagePictures
from bot.serving.program_api import ProgramApi
from bot.serving.program_requests import MAX_OFFSET
from bot.serving.queue import AnswerQueue, ScopedAnswers
from bot.serving.served_documents import ServedDocuments
from bot.serving.service import AnswerService
from bot.settings import Settings
from bot.web.files import FILES
from bot.web.refusals import excused, failures_refused
from prompts import render_page

_T = TypeVar("_T")


@dataclass(slots=True)
class Site:
    """The collaborators of every handler."""

    settings: Settings
    service: AnswerService
    answers: ScopedAnswers
    """What questions are answered by: the service."""
    queue: AnswerQueue
    documents: ServedDocuments
    pictures: PagePictures
    access: Access
    linked_answers: LinkedAnswers
    is_closing: bool = False
    """Whether no more questions are taken."""

    def program_api(self, scope: str | None) -> ProgramApi:
        """What programs can ask for in the scope that their token opens."""
        return ProgramApi(self.settings, self.queue, self.documents, self.linked_answers, scope)

    def take_questions(self) -> None:
        """Go on where questions are taken; raises `RefusedRequest` if Quoth is about to stop."""
        if self.is_closing:
            raise excused("closing", excuse("closing").message)

    async def read(self, work: Callable[[], _T]) -> _T:
        """
        Read in the documents, which takes no time worth waiting in turn for.

        Raises:
            RefusedRequest: If it can't be done.
        """
        with failures_refused():
            return await asyncio.to_thread(work)


SITE = web.AppKey("quoth_site", Site)
SCOPE: web.RequestKey[str | None] = web.RequestKey("quoth_scope", str)
"""The collection that a program's token opens beside the base, if there is one."""


def page(template: str, here: str | None, **values: object) -> web.Response:
    """A page of a template in `prompts/web/`."""
    text = render_page(template, files=FILES, here=here, **values)
    return web.Response(text=text, content_type="text/html")


def number_in(request: web.Request, name: str) -> int:
    """A number of an address; 0 where there is none that can be used."""
    text = request.query.get(name, "")
    # `int` takes more than digits, and any number of them.
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_OFFSET))
    return min(int(text), MAX_OFFSET) if is_number else 0
