"""What the commands of moderators share: they belong to a server, and to who manages it."""

from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

MANAGERS = discord.Permissions(manage_guild=True)
"""Who may use them, unless a server says otherwise under Integrations; that is left to Discord."""


def required_server_id(interaction: discord.Interaction[Any]) -> int:
    """
    The id of the server that something was done in.

    Raises:
        discord.app_commands.NoPrivateMessage: If it was outside of one, whatever Discord was made
            to send.
    """
    if interaction.guild_id is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild_id


class ServerCog(commands.Cog):
    """Commands that do nothing outside of a server."""

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """See `required_server_id`."""
        required_server_id(interaction)
        return True


def add_menu(
    bot: commands.AutoShardedBot,
    name: str,
    callback: Callable[[Any, discord.Message], Awaitable[None]],
) -> None:
    """
    Add an entry to the menu of messages, as a cog does not.

    What is done in a server alone calls `required_server_id` in its `callback`.
    """
    menu: app_commands.ContextMenu = app_commands.ContextMenu(
        name=name,
        callback=callback,  # type: ignore[arg-type]
    )
    menu.guild_only = True
    menu.default_permissions = MANAGERS
    bot.tree.add_command(menu)
