"""The page of an answer that was given before: what it said, and whether that still stands."""

import asyncio
from typing import Any

from aiohttp import web

from bot.web.refusals import failures_refused, refusal
from bot.web.rendering import answer_values, asking_path, pieces_of
from bot.web.site import SITE, page


def add_answer_page(app: web.Application) -> None:
    """Give an application this page."""
    app.router.add_get("/a/{id:[0-9a-f]{32}}", _answer)


async def _answer(request: web.Request) -> web.Response:
    site = request.app[SITE]
    with failures_refused():
        kept = await asyncio.to_thread(site.linked_answers.answer, request.match_info["id"])
    if kept is None:
        raise refusal(404, "forgotten")
    answer = kept.answer

    def read() -> dict[str, Any]:
        pieces = pieces_of(answer)
        statuses = site.documents.quote_statuses(pieces)
        return {
            "answer": answer_values(answer, statuses=dict(zip(pieces, statuses, strict=True))),
            "has_changed": not all(status.stands for status in statuses),
        }

    return page(
        "answer",
        None,
        question=answer.question,
        given=kept.given.strftime("%Y-%m-%d %H:%M"),
        again=asking_path(answer.understood or answer.question, ()),
        max_question_chars=site.settings.max_question_chars,
        # Beside the event loop: to compare two long sentences takes half a second.
        **await site.read(read),
    )
