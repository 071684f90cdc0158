"""The routes of an answering node: other processes of Quoth leave their questions to it."""

import asyncio
from functools import partial

from aiohttp import web
from pydantic import ValidationError

from bot.serving import scope_documents
from bot.serving.node_messages import ANSWER, ASK_PATH, HEALTH_PATH, Health, NodeQuestion
from bot.serving.program_requests import faults
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
        asked = NodeQuestion.model_validate_json(await request.read())
    except ValidationError as error:
        raise RefusedRequest(400, "bad_request", faults(error)) from error
    reader = site.service.reader_sha256
    # One that leaves its questions to others has none: two could name each other.
    if not reader or asked.reader not in {None, reader}:
        raise refusal(409, "reader")
    if asked.collection is not None:
        counts = await asyncio.to_thread(scope_documents.counts, site.service, asked.collection)
        if counts.own_generation is None:
            raise refusal(404, "no_documents")
    work = partial(
        site.service.answer,
        asked.question,
        asked.earlier,
        asked.alternatives,
        asked.collection,
        is_alone=asked.is_alone,
    )
    # Members of one crowd may be in different processes.
    same = asked.model_copy(update={"reader": reader})
    with failures_refused():
        answer = await site.queue.share(work, same)
    return web.Response(body=ANSWER.dump_json(answer), content_type="application/json")


async def _health(request: web.Request) -> web.Response:
    site = request.app[SITE]
    site.take_questions()
    service = site.service
    health = Health(reader=service.reader_sha256, generation=service.generation)
    return web.json_response(health.model_dump())
