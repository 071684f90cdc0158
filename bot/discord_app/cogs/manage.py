"""For those who manage a server: `/channels` and `/status`."""

import asyncio
import time

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.rendering import information_embed, notice, uptime
from index.store import Collection

_Channel = discord.TextChannel | discord.Thread | discord.ForumChannel | discord.VoiceChannel


class Manage(commands.Cog):
    """
    Commands of moderators.

    Discord shows them to members who may manage the server, unless the server says otherwise; so
    each asks again.
    """

    channels = app_commands.Group(
        name="channels",
        description="Where I answer in this server.",
        guild_only=True,
        default_permissions=discord.Permissions(manage_guild=True),
    )

    def __init__(self, bot: QuothBot) -> None:
        """Manage one bot."""
        self._bot = bot

    @channels.command(name="allow")
    @app_commands.describe(
        channel="Once one is allowed, the others are not. Without one, all are as at the start."
    )
    @app_commands.checks.has_permissions(manage_guild=True)
    async def allow(
        self, interaction: discord.Interaction[QuothBot], channel: _Channel | None = None
    ) -> None:
        """Answer in a channel, and only in channels that were allowed; or in every one again."""
        if channel is not None:
            await self._set(interaction, channel, is_allowed=True)
            return
        await acknowledge(lambda: interaction.response.defer(ephemeral=True))
        assert interaction.guild_id is not None  # noqa: S101 - only in a server has a member the right
        await asyncio.to_thread(self._bot.channels.clear, interaction.guild_id)
        text = notice("channels", allowed=[], denied=[])
        await deliver(lambda: interaction.edit_original_response(content=text))

    @channels.command(name="deny")
    @app_commands.describe(channel="Mentions and commands there get no answer.")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def deny(self, interaction: discord.Interaction[QuothBot], channel: _Channel) -> None:
        """Stop answering in a channel."""
        await self._set(interaction, channel, is_allowed=False)

    async def _set(
        self, interaction: discord.Interaction[QuothBot], channel: _Channel, *, is_allowed: bool
    ) -> None:
        await acknowledge(lambda: interaction.response.defer(ephemeral=True))
        await asyncio.to_thread(
            self._bot.channels.set, channel.guild.id, channel.id, is_allowed=is_allowed
        )
        kind = "channel_allowed" if is_allowed else "channel_denied"
        text = notice(kind, channel=channel.mention, only=is_allowed)
        await deliver(lambda: interaction.edit_original_response(content=text))

    @channels.command(name="list")
    @app_commands.checks.has_permissions(manage_guild=True)
    async def list(self, interaction: discord.Interaction[QuothBot]) -> None:
        """Say where I answer."""
        rules = self._bot.channels
        text = notice(
            "channels",
            allowed=rules.allowed(interaction.guild_id),
            denied=rules.denied(interaction.guild_id),
        )
        await acknowledge(lambda: interaction.response.send_message(text, ephemeral=True))

    @app_commands.command(name="status")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.checks.has_permissions(manage_guild=True)
    async def status(self, interaction: discord.Interaction[QuothBot]) -> None:
        """How I am: the index, the time I am up, the questions of today."""
        await acknowledge(lambda: interaction.response.defer(ephemeral=True))
        bot = self._bot
        scope = bot.records.collection(interaction.guild_id)
        assert scope is not None  # noqa: S101 - only in a server has a member the right
        today = await asyncio.to_thread(bot.records.today, interaction.guild_id)
        counts = await asyncio.to_thread(bot.service.counts, scope)
        embed = information_embed(
            "status_title",
            "discord/status.md",
            generation=bot.service.generation,
            documents=counts.documents,
            passages=counts.passages,
            own_generation=counts.own_generation,
            own_documents=counts.own_documents,
            own_passages=counts.own_passages,
            is_broken=bot.service.servers.is_broken(scope),
            is_held=Collection(bot.settings.collection(scope)).is_held(),
            collection=scope,
            uptime=uptime(time.monotonic() - bot.started),
            questions=today.questions,
            answered=today.answered,
            median_ms=1e3 * today.median_s,
            waiting=bot.queue.taken,
        )
        await deliver(lambda: interaction.edit_original_response(embed=embed))
