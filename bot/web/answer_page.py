"""The page of an answer that was given before: what it said, and whether that still stands."""

import asyncio

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
    pieces = pieces_of(answer)
    statuses = await site.read(lambda: site.documents.quote_statuses(pieces))
    return page(
        "answer",
        None,
        question=answer.question,
        given=kept.given.strftime("%Y-%m-%d %H:%M"),
        answer=answer_values(answer, statuses=dict(zip(pieces, statuses, strict=True))),
        has_changed=not all(status.stands for status in statuses),
        again=asking_path(answer.understood or answer.question, ()),
        max_question_chars=site.settings.max_question_chars,
    )
