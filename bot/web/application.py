"""The page and the API as one application, from its start to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler, Middleware

from bot.access import Access, AddressError, address_of
from bot.chosen_database import database_of
from bot.event_log import event
from bot.serving import linked_answers
from bot.serving.page_pictures import PagePictures
from bot.serving.program_requests import MAX_BODY_BYTES
from bot.serving.served_documents import ServedDocuments
from bot.serving.service import AnswerService
from bot.serving.slow_clients import SlowClients, peer_of
from bot.serving.upkeep import beside, queue_of, when_told_to_stop
from bot.settings import Settings
from bot.web.answer_page import add_answer_page
from bot.web.api import add_api
from bot.web.changes_page import add_changes_page
from bot.web.files import add_files
from bot.web.guards import add_headers, check_host, check_secret, refuse
from bot.web.node_api import add_node_api
from bot.web.openapi import add_description
from bot.web.pages import add_pages
from bot.web.site import SITE, Site

_log = logging.getLogger(__name__)

# What aiohttp reports of its own work.
_server_log = logging.getLogger("bot.web.server")

# The longest address, with its question and those before it.
MAX_LINE_BYTES = 65_536
# The longest header; a browser sends less.
MAX_HEADER_BYTES = 16_384
# After being told to stop, what is under way has so long beyond the time limit of questions.
_LAST_S = 2.0


def _is_no_request(record: logging.LogRecord) -> bool:
    """Whether a record is of something else than a request that can't be read, which it quotes."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError)


# A question stands in the address, and a password in a header.
_server_log.addFilter(_is_no_request)


def application(site: Site) -> web.Application:
    """The page and the API."""
    app = web.Application(
        middlewares=[refuse, check_host, check_secret], client_max_size=MAX_BODY_BYTES
    )
    app[SITE] = site
    app.on_response_prepare.append(add_headers)
    add_api(app)
    # Without a token, anybody would be let in.
    if site.access.nodes:
        add_node_api(app)
    add_description(app)
    add_pages(app)
    add_answer_page(app)
    add_changes_page(app)
    add_files(app)
    app.router.add_get("/healthz", _healthz)
    return app


async def _healthz(_: web.Request) -> web.Response:
    """The process runs and its event loop turns."""
    return web.Response(text="alive\n")


def _in_time(clients: SlowClients) -> Middleware:
    @web.middleware
    async def in_time(request: web.Request, handler: Handler) -> web.StreamResponse:
        with clients.request(peer_of(request.transport)):
            return await handler(request)

    return in_time


@asynccontextmanager
async def listening(site: Site, host: str, port: int) -> AsyncIterator[str]:
    """
    Answer until the block ends, and then what is under way.

    Yields:
        The address, such as `http://127.0.0.1:7868`.

    Raises:
        AddressError: If it can't be listened at.
    """
    app = application(site)
    clients = SlowClients(
        lambda: [one.transport for one in runner.server.connections] if runner.server else [],
        site.settings.time_limit_s,
    )
    app.middlewares.insert(0, _in_time(clients))
    runner = web.AppRunner(
        app,
        access_log=None,
        logger=_server_log,
        handle_signals=False,
        # Whoever hangs up is not answered; a question that waits leaves the queue.
        handler_cancellation=True,
        shutdown_timeout=site.settings.time_limit_s + _LAST_S,
        # aiohttp would unpack whatever anybody sends, also what is refused, in the event loop.
        auto_decompress=False,
        max_line_size=MAX_LINE_BYTES,
        max_field_size=MAX_HEADER_BYTES,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, OverflowError, UnicodeError) as error:
            raise AddressError(host, port, error) from error
        async with beside(clients.watch()):
            yield address_of(host, runner.addresses[0][1])
    finally:
        site.is_closing = True
        await runner.cleanup()


async def serve(
    settings: Settings,
    service: AnswerService,
    access: Access,
    *,
    ready: Callable[[str], None],
    away: Callable[[str], None],
) -> None:
    """
    Serve the page and the API until SIGTERM or SIGINT.

    Args:
        settings: Where to listen.
        service: What is answered from.
        access: What has to be shown.
        ready: Told the address once it can be asked.
        away: Told why no answers are kept, where their database can't be reached.

    Raises:
        AddressError: If the address can't be listened at.
        RecordsError: If the file of answers that are kept can't be used.
    """
    stop = asyncio.Event()
    when_told_to_stop(stop.set)
    async with AsyncExitStack() as stack:
        queue = await stack.enter_async_context(queue_of(service, settings))
        place = database_of(
            settings, settings.linked_answers, linked_answers.STEPS, may_be_away=True
        )
        linked = linked_answers.LinkedAnswers(place, settings.answers_kept_days)
        stack.callback(linked.close)
        if linked.why_away:
            away(linked.why_away)
        await stack.enter_async_context(beside(linked.stay_tidy()))
        documents = ServedDocuments(service)
        pictures = PagePictures(service, settings.seeds)
        site = Site(settings, service, service, queue, documents, pictures, access, linked)
        async with listening(site, settings.web_host, settings.web_port) as address:
            ready(address)
            await stop.wait()
            event(_log, "stopping", questions=queue.taken)
