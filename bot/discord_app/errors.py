"""One handler for whatever goes wrong with a command, a button or a form."""

import logging
from typing import Any

import discord
from discord import app_commands

from bot.database import DatabaseError
from bot.discord_app.delivery import failures_logged
from bot.discord_app.limits import EXPIRED_TOKEN
from bot.discord_app.rendering import notice
from bot.event_log import event

_log = logging.getLogger(__name__)


async def report(interaction: discord.Interaction[Any], error: Exception) -> None:
    """
    Log an error or tell the member, whichever it calls for.

    In this order:
    - the interaction is gone (too late, or its message was deleted): logged; nobody can be told;
    - the command belongs in a server, and this is a direct message: told;
    - Discord does not show Quoth what the command names, such as an archived thread: told;
    - the command is not the one that Discord knows: told that commands have changed;
    - Discord refused what was sent: logged with Discord's code, and told;
    - the records can't be used just now: logged without what was to be written there, and told;
    - anything else: logged with its traceback, and told.
    """
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, discord.NotFound) or (
        isinstance(error, discord.HTTPException) and error.code == EXPIRED_TOKEN
    ):
        event(_log, "too_late", logging.WARNING, code=error.code)
        return
    if isinstance(error, app_commands.NoPrivateMessage):
        text = notice("server_only")
    elif isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        text = notice("commands_changed")
    elif isinstance(error, app_commands.TransformerError):
        text = notice("not_seen")
    elif isinstance(error, discord.HTTPException):
        event(_log, "discord_refused", logging.ERROR, status=error.status, code=error.code)
        text = notice("failed")
    elif isinstance(error, DatabaseError):
        event(_log, "records_away", logging.ERROR, reason=error.reason)
        text = notice("records_away")
    else:
        _log.error("failed", exc_info=error)
        text = notice("failed")
    await _tell(interaction, text)


async def _tell(interaction: discord.Interaction[Any], text: str) -> None:
    with failures_logged(_log, "not_told"):
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True)
        else:
            await interaction.response.send_message(text, ephemeral=True)
