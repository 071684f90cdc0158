"""What is sent to Discord arrives once, also where Discord stumbles."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import aiohttp
import discord

from bot.discord_app.limits import ACKNOWLEDGED_S, ALREADY_ACKNOWLEDGED, NOT_WRITABLE
from bot.event_log import event

_log = logging.getLogger(__name__)

# discord.py tries five times, but not after a 503 or a lost connection; this is on top of it. Its
# pauses take 7 s, and with those of discord.py about two minutes, without waits for rate limits.
TRIES = 4
FIRST_PAUSE_S = 1.0
# Before a first response is tried again: its time is short.
ACKNOWLEDGE_PAUSE_S = 0.1
# What says that Discord can't be reached, or that it says nothing for five minutes.
UNREACHED = (aiohttp.ClientError, TimeoutError)
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500

_T = TypeVar("_T")


async def deliver(send: Callable[[], Awaitable[_T]]) -> _T:
    """
    Send something, again and again while Discord is at fault; once again after it said nothing.

    Discord knows a nonce for some minutes only: what it took and said nothing of for five may then
    stand there twice. No try ends sooner, since discord.py may be waiting for its turn in it.

    Args:
        send: Sends it; to be sent twice must come to the same: an edit, a deletion, or a message
            with a nonce.

    Raises:
        discord.HTTPException: If Discord refuses it, or is at fault to the end.
        aiohttp.ClientError, TimeoutError: If it could not be reached to the end.
    """
    pause_s = FIRST_PAUSE_S
    for _ in range(TRIES - 1):
        try:
            return await send()
        except (discord.HTTPException, discord.RateLimited, *UNREACHED) as error:
            if not _may_pass(error):
                raise
            event(_log, "sent_again", logging.WARNING, error=type(error).__name__)
            is_silent = _is_silent(error)
        await asyncio.sleep(pause_s)
        pause_s *= 2
        if is_silent:
            break
    return await send()


def _is_silent(error: Exception) -> bool:
    """Whether Discord said nothing for five minutes; where it can't be connected to takes less."""
    return isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, discord.HTTPException):
        return error.status == _TOO_MANY_REQUESTS or error.status >= _SERVER_ERRORS
    return True


def may_not_write(error: Exception) -> bool:
    """Whether Discord lets Quoth write nothing there, until a moderator changes that."""
    return isinstance(error, discord.Forbidden) or (
        isinstance(error, discord.HTTPException) and error.code in NOT_WRITABLE
    )


@contextmanager
def failures_logged(log: logging.Logger, name: str) -> Iterator[None]:
    """Log what keeps something from being sent, for good: nobody can be told."""
    try:
        yield
    except discord.HTTPException as error:
        event(log, name, logging.WARNING, status=error.status, code=error.code)
    except (discord.RateLimited, *UNREACHED) as error:
        event(log, name, logging.WARNING, error=type(error).__name__)


async def acknowledge(respond: Callable[[], Awaitable[object]]) -> None:
    """
    Respond to an interaction for the first time, within the seconds that Discord waits for it.

    Where its receipt was lost, discord.py sends it again, and Discord says that it has it already:
    then all is well.

    Args:
        respond: Makes the response.

    Raises:
        discord.HTTPException: If Discord refuses it, or is at fault to the end.
        aiohttp.ClientError, TimeoutError: If it could not be reached to the end.
    """
    ends = time.monotonic() + ACKNOWLEDGED_S
    while True:
        try:
            await respond()
            return
        except (discord.HTTPException, *UNREACHED) as error:
            if isinstance(error, discord.HTTPException) and error.code == ALREADY_ACKNOWLEDGED:
                event(_log, "acknowledged_before", logging.WARNING)
                return
            if not _may_pass(error) or time.monotonic() > ends:
                raise
        await asyncio.sleep(ACKNOWLEDGE_PAUSE_S)


async def respond_alone(interaction: discord.Interaction[Any], text: str) -> None:
    """Respond to an interaction at once, by a text that its member alone sees."""
    await acknowledge(lambda: interaction.response.send_message(text, ephemeral=True))


async def load_alone(interaction: discord.Interaction[Any]) -> None:
    """Respond to an interaction by what its member alone sees loading, for `show_response`."""
    await acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=True))


async def show_response(interaction: discord.Interaction[Any], **contents: Any) -> None:
    """Show something in the response to an interaction, in place of what it showed or loaded."""
    await deliver(lambda: interaction.edit_original_response(**contents))


async def tell_alone(interaction: discord.Interaction[Any], text: str) -> None:
    """Tell a member alone, in place of a response that everybody sees loading."""
    # What is sent while it loads would take its place, for everybody.
    with suppress(discord.NotFound):
        await deliver(interaction.delete_original_response)
    await deliver(lambda: interaction.followup.send(text, ephemeral=True))
