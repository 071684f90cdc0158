"""A small HTTP port for whoever watches over the bot: /healthz, /readyz, /metrics."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.discord_app.client import QuothBot
from prompts import render


class PortError(Exception):
    """The port can't be opened; its text is meant for the person who runs Quoth."""


def application(bot: QuothBot) -> web.Application:
    """The three pages."""

    async def healthz(_: web.Request) -> web.Response:
        """The process runs and its event loop turns."""
        return web.Response(text="alive\n")

    async def readyz(_: web.Request) -> web.Response:
        """Questions are taken: Discord is connected, and Quoth is not about to stop."""
        if bot.is_ready() and bot.shards_up and not bot.asking.is_closing:
            return web.Response(text="ready\n")
        return web.Response(text="not ready\n", status=503)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(
            body=bot.metrics.page(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    pages = web.Application()
    pages.router.add_get("/healthz", healthz)
    pages.router.add_get("/readyz", readyz)
    pages.router.add_get("/metrics", metrics)
    return pages


@asynccontextmanager
async def http_port(bot: QuothBot, host: str, port: int) -> AsyncIterator[None]:
    """
    Serve the pages until the block ends.

    Raises:
        PortError: If it is taken.
    """
    runner = web.AppRunner(
        application(bot),
        access_log=None,
        handle_signals=False,
        # aiohttp would unpack whatever anybody sends, in the event loop.
        auto_decompress=False,
    )
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            text = render("discord/port_taken.txt", host=host, port=port, reason=reason)
            raise PortError(text) from error
        yield
    finally:
        await runner.cleanup()
