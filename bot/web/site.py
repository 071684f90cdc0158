"""What the handlers of the page and of the API share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from bot.access import Access
from bot.serving.base_documents import BaseDocuments
from bot.serving.queue import AnswerQueue, ScopedAnswers
from bot.serving.service import AnswerService
from bot.settings import Settings
from bot.web.refusals import failures_refused

_T = TypeVar("_T")


@dataclass(slots=True)
class Site:
    """The collaborators of every handler."""

    settings: Settings
    service: AnswerService
    answers: ScopedAnswers
    """What questions are answered by: the service."""
    queue: AnswerQueue
    documents: BaseDocuments
    access: Access
    is_closing: bool = False
    """Whether no more questions are taken."""

    async def read(self, work: Callable[[], _T]) -> _T:
        """
        Read in the documents, which takes no time worth waiting in turn for.

        Raises:
            Refusal: If it can't be done.
        """
        with failures_refused():
            return await asyncio.to_thread(work)


SITE = web.AppKey("quoth_site", Site)
