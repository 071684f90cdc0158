"""From start to end: the first connection is tried again, a hopeless one ends with a reason."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import aiohttp
import discord

from bot.chosen_database import leases_of
from bot.database import DatabaseError
from bot.discord_app.client import QuothBot
from bot.discord_app.cogs import cogs_for
from bot.discord_app.housekeeping import delete_departed, tidy
from bot.discord_app.http_port import http_port
from bot.discord_app.records import Records
from bot.event_log import event
from bot.serving.mending import make_mender
from bot.serving.remote_builder import builder_of
from bot.serving.service import AnswerService
from bot.serving.upkeep import beside, cancel, upkeep, when_told_to_stop
from bot.settings import Settings
from prompts import render

_log = logging.getLogger(__name__)

# Between two tries to connect, in seconds: doubled each time, up to the most.
FIRST_PAUSE_S = 2.0
MAX_PAUSE_S = 300.0
# Without a single shard by then a try has failed. discord.py itself tries each shard for ever, one
# call inside the other, and would end in a RecursionError.
CONNECT_S = 300.0
# Close codes of the gateway that no second try changes, from Discord's documentation.
_HOPELESS = {
    4004: "token",
    4010: "shard",
    4011: "sharding",
    4012: "version",
    4013: "intents",
    4014: "intents",
}
# What a connection that fails for now looks like. AttributeError is discord.py's own: its client
# trips over the socket that never opened (its issue 10520).
_PASSING = (
    OSError,
    aiohttp.ClientError,
    asyncio.TimeoutError,
    discord.HTTPException,
    discord.GatewayNotFound,
    discord.ConnectionClosed,
    AttributeError,
    # The records are shared, and away.
    DatabaseError,
)


class HopelessError(Exception):
    """Discord will not let this bot in; its text is meant for the person who runs Quoth."""


def reason_of(error: BaseException) -> HopelessError | None:
    """Why another try is useless, if it is."""
    if isinstance(error, discord.LoginFailure):
        return HopelessError(render("discord/hopeless.txt", reason="token", code=401))
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return HopelessError(render("discord/hopeless.txt", reason="intents", code=4014))
    if isinstance(error, discord.ConnectionClosed) and error.code in _HOPELESS:
        reason = _HOPELESS[error.code]
        return HopelessError(render("discord/hopeless.txt", reason=reason, code=error.code))
    return None


async def supervise(
    make_bot: Callable[[], QuothBot],
    token: str,
    *,
    living: Callable[[QuothBot], Coroutine[Any, Any, None]],
    stop: asyncio.Event,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """
    Run a bot, with a new one each time that it could not connect, until it is stopped.

    Args:
        make_bot: Makes a bot that was never started.
        token: The token of the bot.
        living: Runs beside the bot, and in the pause after it; when it returns, the bot has
            stopped, and there is no next one.
        stop: Ends it while there is no bot, since the records are away.
        sleep: Waits between two tries.

    Raises:
        HopelessError: If another try is useless.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            bot = make_bot()
        except DatabaseError as away:
            event(_log, "records_away", logging.WARNING, reason=away.reason, again_s=pause_s)
            stopping = asyncio.create_task(stop.wait())
            try:
                if await _ends_before(stopping, sleep(pause_s)):
                    return
            finally:
                await cancel(stopping)
            continue
        beside = asyncio.create_task(living(bot))
        running = asyncio.create_task(_start(bot, token))
        try:
            error = await _outcome(bot, beside, running)
            if error is None:
                return
            hopeless = reason_of(error)
            if hopeless is not None:
                raise hopeless from None
            if not isinstance(error, _PASSING):
                raise error
            if bot.is_ready():
                pause_s = FIRST_PAUSE_S
            reason = type(error).__name__
            event(_log, "not_connected", logging.WARNING, error=reason, again_s=pause_s)
            await cancel(running)
            # Not all bots that an outage threw off come back in the same second.
            pause = sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
            if await _ends_before(beside, pause):
                return
        finally:
            await cancel(beside, running)
            bot.queue.close()
        pause_s = min(MAX_PAUSE_S, 2 * pause_s)


async def _outcome(
    bot: QuothBot, beside: "asyncio.Task[None]", running: "asyncio.Task[None]"
) -> BaseException | None:
    """What ended the connection; None if the bot was stopped. Raises what ended `beside`."""
    both = {beside, running}
    await asyncio.wait(both, timeout=CONNECT_S, return_when=asyncio.FIRST_COMPLETED)
    if bot.shards or bot.stands_by:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if beside.done():
        beside.result()
        return None
    return running.exception() if running.done() else TimeoutError()


async def _ends_before(beside: "asyncio.Task[Any]", pause: Awaitable[None]) -> bool:
    """Wait for a pause; whether `beside`, which goes on meanwhile, has ended before."""
    pausing = asyncio.ensure_future(pause)
    try:
        await asyncio.wait({beside, pausing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        pausing.cancel()
    if not beside.done():
        return False
    beside.result()
    return True


def _in_short(record: logging.LogRecord) -> bool:
    """Have discord.py log the name of an error instead of its whole traceback."""
    if record.exc_info and record.exc_info[0] is not None:
        record.msg = f"{record.getMessage()} ({record.exc_info[0].__name__})"
        record.args, record.exc_info = (), None
    return True


async def _start(bot: QuothBot, token: str) -> None:
    async with bot:
        await bot.start(token)


async def run(
    settings: Settings,
    service: AnswerService,
    records: Records,
    *,
    say: Callable[[str], None],
) -> None:
    """
    Run Quoth in Discord until SIGTERM or SIGINT.

    Args:
        settings: With a token.
        service: What it answers from.
        records: What it remembers.
        say: Tells the person who runs it, such as the invite link.

    Raises:
        HopelessError: If Discord will not let it in.
        PortError: If the HTTP port is taken.
    """
    assert settings.discord_token is not None  # noqa: S101 - the command has checked
    stop = asyncio.Event()
    # They warn that there is no voice; Quoth has no use for any.
    discord.VoiceClient.warn_nacl = False
    discord.VoiceClient.warn_dave = False
    for logger in ("discord.client", "discord.shard"):
        logging.getLogger(logger).addFilter(_in_short)
    when_told_to_stop(stop.set)

    async def living(bot: QuothBot) -> None:
        async with _duties(bot, settings, service, records, say):
            await stop.wait()
            event(_log, "stopping", questions=bot.queue.taken)
            await bot.stop()

    builder = builder_of(settings)
    # Whether Discord can be reached or not: a build goes on when a connection fails.
    mender = make_mender(service, settings, builder)
    lasting = [tidy(settings, records), *upkeep(service, settings, builder, mender)]
    cogs = cogs_for(settings)
    async with beside(*lasting):
        await supervise(
            lambda: QuothBot(
                settings, service, records, builder, mender, cogs, leases_of(settings)
            ),
            settings.discord_token.get_secret_value(),
            living=living,
            stop=stop,
        )


@asynccontextmanager
async def _duties(
    bot: QuothBot,
    settings: Settings,
    service: AnswerService,
    records: Records,
    say: Callable[[str], None],
) -> AsyncIterator[None]:
    """What goes on beside the answers of one bot, until the block ends."""
    async with AsyncExitStack() as stack:
        if settings.http_port:
            await stack.enter_async_context(http_port(bot, settings.http_host, settings.http_port))
        departed = delete_departed(settings, service, records, bot.servers_noted)
        await stack.enter_async_context(beside(_introduce(bot, say), _follow_others(bot), departed))
        yield


async def _introduce(bot: QuothBot, say: Callable[[str], None]) -> None:
    await bot.logged_in.wait()
    say(render("discord/invite.txt", link=bot.invite_link))


async def _follow_others(bot: QuothBot) -> None:
    """Read clock, rules and who was forgotten, whenever another process may have changed that."""
    async with aclosing(bot.records.database.changes()) as changes:
        async for _ in changes:
            try:
                await asyncio.to_thread(bot.records.follow_clock)
                await asyncio.to_thread(bot.read_rules)
                await bot.conversations.follow_forgotten()
            except DatabaseError as error:
                event(_log, "rules_not_read", logging.WARNING, reason=error.reason)
