"""
The HTTP API: `POST /v1/ask` and its like.

`ROUTES` is the one list of what there is; the server is made of it, and its description is, too.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.answer_json import AnswerJson
from bot.serving.program_api import ProgramApi
from bot.serving.program_requests import AskBody, ContextBody, DocumentsQuery, SearchBody, faults
from bot.serving.served_json import ContextJson, DocumentsJson, SearchJson, StatusJson
from bot.web.refusals import RefusedRequest, failures_refused, refusal
from bot.web.site import SCOPE, SITE
from prompts.printing import json_text

TIMEOUT_HEADER = "Quoth-Timeout"
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that programs can ask for."""

    method: str
    path: str
    summary: str
    handle: Callable[[ProgramApi, Any, float | None], Awaitable[object]]
    """Takes what was sent, checked, and for how many seconds the result is wanted, if that is
    said."""
    result: type
    sent: type[BaseModel] | None = None
    """The body of a POST, or what stands behind "?" of a GET."""
    refusals: tuple[int, ...] = ()
    """Statuses besides those that every route has."""


_WAITING = (429, 503, 504)
ROUTES = (
    Route(
        "POST",
        "/v1/ask",
        "Answer a question",
        lambda api, sent, limit_s: api.ask(sent, limit_s),
        AnswerJson,
        AskBody,
        (*_WAITING, 413, 415),
    ),
    Route(
        "POST",
        "/v1/search",
        "Find the passages nearest to a question",
        lambda api, sent, limit_s: api.search(sent, limit_s),
        SearchJson,
        SearchBody,
        (*_WAITING, 413, 415),
    ),
    Route(
        "POST",
        "/v1/context",
        "Read what stands around a piece of a document",
        lambda api, sent, _: api.context(sent),
        ContextJson,
        ContextBody,
        (404, 413, 415, 503),
    ),
    Route(
        "GET",
        "/v1/documents",
        "List the documents",
        lambda api, sent, _: api.list_documents(sent),
        DocumentsJson,
        DocumentsQuery,
        (503,),
    ),
    Route(
        "GET",
        "/v1/status",
        "Say what is answered from",
        lambda api, *_: api.status(),
        StatusJson,
        refusals=(503,),
    ),
)


def add_api(app: web.Application) -> None:
    """Give an application the routes of the API."""
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(route))


def _handler(route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        site = request.app[SITE]
        site.take_questions()
        sent = await _sent(route, request)
        with failures_refused():
            api = site.program_api(request[SCOPE])
            result = await route.handle(api, sent, _limit_s(request))
        return web.json_response(result, dumps=json_text)

    return handle


async def _sent(route: Route, request: web.Request) -> BaseModel | None:
    """What was sent, checked; raises `RefusedRequest` where it is not what it should be."""
    if route.sent is None:
        return None
    try:
        if route.method == "GET":
            return route.sent.model_validate(dict(request.query))
        # A page of another site may not send this without being let.
        coding = request.headers.get("Content-Encoding", "").strip().lower()
        if request.content_type != _JSON or coding not in {"", "identity"}:
            raise refusal(415, "media_type")
        return route.sent.model_validate_json(await request.read())
    except ValidationError as error:
        raise RefusedRequest(400, "bad_request", faults(error)) from error


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
