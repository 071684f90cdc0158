"""A server's own documents: `/documents`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.changes import Show
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.limits import EXPIRED_TOKEN, MAX_CHOICE, MAX_CHOICES
from bot.discord_app.markdown import escape
from bot.discord_app.progress import ProgressMessage
from bot.discord_app.rendering import notice
from bot.discord_app.unanswered import Waiting, noted
from bot.discord_app.uploads import Upload
from prompts.printing import one_line

_Interaction = discord.Interaction[QuothBot]


class Documents(commands.Cog):
    """
    Commands of those who manage a server, about what it is answered from beside the base.

    Discord lets members use them who may manage the server, unless the server says otherwise under
    Integrations: that is left to Discord.
    """

    documents = app_commands.Group(
        name="documents",
        description="The documents that answers in this server come from, beside the common ones.",
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, bot: QuothBot) -> None:
        """Change the documents of one bot's servers."""
        self._bot = bot

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        """Do nothing outside of a server, whatever Discord was made to send."""
        if interaction.guild_id is None:
            raise app_commands.NoPrivateMessage
        return True

    @documents.command(name="add")
    @app_commands.describe(file="It is answered from in this server alone.")
    async def add(self, interaction: _Interaction, file: discord.Attachment) -> None:
        """Add a document to this server, or replace the one of the same name."""
        upload = Upload(file.filename, file.size, file.url)
        changes = self._bot.changes
        await self._change(interaction, lambda scope, show: changes.add(scope, upload, show))

    @documents.command(name="remove")
    @app_commands.describe(name="One of this server's own documents.")
    async def remove(self, interaction: _Interaction, name: str) -> None:
        """Remove one of this server's documents."""
        changes = self._bot.changes
        await self._change(interaction, lambda scope, show: changes.remove(scope, name, show))

    @remove.autocomplete("name")
    async def _names(
        self, interaction: _Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Name the server's documents."""
        scope = self._bot.records.collection(interaction.guild_id)
        if scope is None:
            return []
        names = await asyncio.to_thread(self._bot.changes.names, scope)
        wanted = [
            app_commands.Choice(name=one_line(name), value=name)
            for name in names
            if current.casefold() in name.casefold() and one_line(name) and len(name) <= MAX_CHOICE
        ]
        return wanted[:MAX_CHOICES]

    @documents.command(name="rebuild")
    async def rebuild(self, interaction: _Interaction) -> None:
        """Read and index all of this server's documents again."""
        await self._change(interaction, self._bot.changes.rebuild)

    @documents.command(name="rollback")
    async def rollback(self, interaction: _Interaction) -> None:
        """Answer from this server's documents as they were before the last change."""
        changes = self._bot.changes
        await self._change(interaction, lambda scope, _: changes.roll_back(scope))

    async def _change(
        self, interaction: _Interaction, change: Callable[[str, Show], Awaitable[str]]
    ) -> None:
        """Make one change, and tell the member alone how it goes and what came of it."""
        waiting = Waiting(interaction.id, interaction.channel_id or 0, "change", interaction.token)
        async with noted(waiting, self._bot.records):
            await acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=True))
            await self._changed(interaction, change)

    async def _changed(
        self, interaction: _Interaction, change: Callable[[str, Show], Awaitable[str]]
    ) -> None:
        scope = self._bot.records.collection(interaction.guild_id)
        assert scope is not None  # noqa: S101 - see interaction_check
        with self._bot.asking.in_flight(), self._bot.changes.claim(scope) as is_free:
            text = notice("closing") if self._bot.asking.is_closing else notice("change_under_way")
            if is_free and not self._bot.asking.is_closing:
                message = ProgressMessage(
                    lambda text: interaction.edit_original_response(content=text)
                )
                async with message.running():
                    text = await change(scope, message.show)
            await _tell(interaction, text)


async def _tell(interaction: _Interaction, text: str) -> None:
    """Say what came of a change: in its response, or once that can't be changed, directly."""
    try:
        await deliver(lambda: interaction.edit_original_response(content=text))
    except discord.HTTPException as error:
        if error.code != EXPIRED_TOKEN:
            raise
        server = escape(interaction.guild.name) if interaction.guild else ""
        told = notice("change_ended", server=server, text=text)
        await deliver(lambda: interaction.user.send(told, nonce=str(interaction.id)))
