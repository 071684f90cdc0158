"""The routes of an answering node: other processes of Quoth leave their questions to it."""

from functools import partial

from aiohttp import web
from pydantic import ValidationError

from bot.serving.node_messages import ANSWER, ASK_PATH, HEALTH_PATH, Asked, Health
from bot.serving.sent import faults
from bot.web.refusals import RefusedRequest, failures_refused, refusal
from bot.web.site import SITE


def add_node_api(app: web.Application) -> None:
    """Give an application the routes of a node."""
    app.router.add_post(ASK_PATH, _ask)
    app.router.add_get(HEALTH_PATH, _health)


async def _ask(request: web.Request) -> web.Response:
    site = request.app[SITE]
    site.take_questions()
    try:
        asked = Asked.model_validate_json(await request.read())
    except ValidationError as error:
        raise RefusedRequest(400, "bad_request", faults(error)) from error
    if asked.reader not in {None, site.service.reader_sha256}:
        raise refusal(409, "reader")
    work = partial(
        site.service.answer,
        asked.question,
        asked.earlier,
        asked.alternatives,
        asked.collection,
        is_alone=asked.is_alone,
    )
    with failures_refused():
        answer = await site.queue.do(work)
    return web.Response(body=ANSWER.dump_json(answer), content_type="application/json")


async def _health(request: web.Request) -> web.Response:
    site = request.app[SITE]
    site.take_questions()
    service = site.service
    health = Health(reader=service.reader_sha256, generation=service.generation)
    return web.json_response(health.model_dump())
