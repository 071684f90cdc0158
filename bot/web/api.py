"""
The HTTP API: `POST /v1/ask` and its like.

`ROUTES` is the one list of what there is; the server is made of it, and its description is, too.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from answering.question import Question
from bot import __version__
from bot.answer_json import AnswerJson, answer_json
from bot.serving.base_json import (
    ContextJson,
    DocumentsJson,
    SearchJson,
    StatusJson,
    context_json,
    documents_json,
    search_json,
    status_json,
)
from bot.web.bodies import AskBody, ContextBody, DocumentsQuery, SearchBody
from bot.web.refusals import Refusal, failures_refused, refusal
from bot.web.site import SITE, Site
from prompts.printing import json_text

# Of a body: the longest question with ten long answers before it, and as much again.
MAX_BODY_BYTES = 1_000_000
TIMEOUT_HEADER = "Quoth-Timeout"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that programs can ask for."""

    method: str
    path: str
    summary: str
    handle: Callable[[Site, Any, float | None], Awaitable[Mapping[str, Any]]]
    """Takes what was sent, checked, and for how many seconds the result is wanted, if that is
    said."""
    result: type
    sent: type[BaseModel] | None = None
    """The body of a POST, or what stands behind "?" of a GET."""
    refusals: tuple[int, ...] = ()
    """Statuses besides those that every route has."""


async def _ask(site: Site, sent: AskBody, limit_s: float | None) -> Mapping[str, Any]:
    question = Question.typed(sent.question, site.settings.max_question_chars)
    earlier = tuple(one.turn() for one in sent.earlier)
    answer = await site.queue.ask(question, earlier, sent.alternatives, None, limit_s)
    return answer_json(answer, site.settings.links)


async def _search(site: Site, sent: SearchBody, limit_s: float | None) -> Mapping[str, Any]:
    question = Question.typed(sent.question, site.settings.max_question_chars)
    found = await site.queue.do(lambda: site.documents.search(question.text, sent.count), limit_s)
    return search_json(question.text, found, site.settings.links)


async def _context(site: Site, sent: ContextBody, _: float | None) -> Mapping[str, Any]:
    piece = await site.read(
        lambda: site.documents.piece(
            sent.document, sent.start_char, sent.end_char, before=sent.chars, after=sent.chars
        )
    )
    return context_json(piece)


async def _documents(site: Site, sent: DocumentsQuery, _: float | None) -> Mapping[str, Any]:
    listing = await site.read(lambda: site.documents.listing(sent.name, sent.start, sent.count))
    return documents_json(listing, sent.start)


async def _status(site: Site, _: None, __: float | None) -> Mapping[str, Any]:
    status = await site.read(site.documents.status)
    return status_json(status, __version__, site.queue.taken)


_WAITING = (429, 503, 504)
ROUTES = (
    Route("POST", "/v1/ask", "Answer a question", _ask, AnswerJson, AskBody, (*_WAITING, 413, 415)),
    Route(
        "POST",
        "/v1/search",
        "Find the passages nearest to a question",
        _search,
        SearchJson,
        SearchBody,
        (*_WAITING, 413, 415),
    ),
    Route(
        "POST",
        "/v1/context",
        "Read what stands around a piece of a document",
        _context,
        ContextJson,
        ContextBody,
        (404, 413, 415, 503),
    ),
    Route(
        "GET",
        "/v1/documents",
        "List the documents",
        _documents,
        DocumentsJson,
        DocumentsQuery,
        (503,),
    ),
    Route("GET", "/v1/status", "Say what is answered from", _status, StatusJson, refusals=(503,)),
)


def add_api(app: web.Application) -> None:
    """Give an application the routes of the API."""
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route))


def _handler(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        site = request.app[SITE]
        if site.is_closing:
            raise refusal(503, "closing", retry_after_s=5)
        sent = await _sent(route, request)
        with failures_refused():
            result = await route.handle(site, sent, _limit_s(request))
        return web.json_response(result, dumps=json_text)

    return handle


async def _sent(route: Route, request: web.Request) -> BaseModel | None:
    """What was sent, checked; raises `Refusal` where it is not what it should be."""
    if route.sent is None:
        return None
    try:
        if route.method == "GET":
            return route.sent.model_validate(dict(request.query))
        # A page of another site may not send this without being let.
        if request.content_type != _JSON:
            raise refusal(415, "media_type")
        return route.sent.model_validate_json(await request.read())
    except ValidationError as error:
        raise Refusal(400, "bad_request", _faults(error)) from error


def _faults(error: ValidationError) -> str:
    """What is wrong with a body, without a word of what was sent."""
    found = [
        f"{'.'.join(map(str, fault['loc'])) or 'the body'}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False, include_context=False)
    ]
    return "; ".join(found[:5]) + "."


def _limit_s(request: web.Request) -> float | None:
    """For how long the answer is wanted; None where the request does not say."""
    header = request.headers.get(TIMEOUT_HEADER)
    if header is None:
        return None
    try:
        limit_s = float(header)
    except ValueError:
        limit_s = math.nan
    if not 0 < limit_s < math.inf:
        raise refusal(400, "timeout")
    return limit_s
