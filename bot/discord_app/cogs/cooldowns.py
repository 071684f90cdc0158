"""`/cooldown`: how often members may ask, by role and by channel."""

import asyncio

import discord
from discord import app_commands

from bot.discord_app.client import QuothBot
from bot.discord_app.cogs.manage import Channel
from bot.discord_app.cooldowns import Cooldown
from bot.discord_app.delivery import load_alone, respond_alone, show_response
from bot.discord_app.moderators import MANAGERS, ServerCog, required_server_id
from bot.discord_app.rendering import notice

MAX_QUESTIONS = 1_000
DAY_S = 24 * 60 * 60


class CooldownCommands(ServerCog):
    """Commands of moderators, who themselves may ask as often as they like."""

    cooldown = app_commands.Group(
        name="cooldown",
        description="How often one member may ask; moderators always may.",
        guild_only=True,
        default_permissions=MANAGERS,
    )

    def __init__(self, bot: QuothBot) -> None:
        """Manage one bot."""
        self._bot = bot

    @cooldown.command(name="set")
    @app_commands.describe(
        questions="So many questions of one member ...",
        seconds="... within so many seconds.",
        role="For members of this role; the role that lets a member ask most counts.",
        channel="For all in this channel or category who have no role with a cooldown.",
    )
    async def set(
        self,
        interaction: discord.Interaction[QuothBot],
        questions: app_commands.Range[int, 1, MAX_QUESTIONS],
        seconds: app_commands.Range[int, 1, DAY_S],
        role: discord.Role | None = None,
        channel: Channel | None = None,
    ) -> None:
        """Give a role or a channel a cooldown of its own."""
        target = await self._target(interaction, role, channel)
        if target is None:
            return
        await load_alone(interaction)
        await asyncio.to_thread(
            self._bot.cooldowns.set,
            target.guild.id,
            target.id,
            Cooldown(questions, seconds),
            is_role=role is not None,
        )
        await self._bot.audit.note(interaction, "cooldown_set", target.mention)
        await self._tell(interaction)

    @cooldown.command(name="clear")
    @app_commands.describe(role="A role with a cooldown.", channel="A channel with a cooldown.")
    async def clear(
        self,
        interaction: discord.Interaction[QuothBot],
        role: discord.Role | None = None,
        channel: Channel | None = None,
    ) -> None:
        """Take the cooldown of a role or a channel away."""
        target = await self._target(interaction, role, channel)
        if target is None:
            return
        await load_alone(interaction)
        if await asyncio.to_thread(self._bot.cooldowns.clear, target.guild.id, target.id):
            await self._bot.audit.note(interaction, "cooldown_cleared", target.mention)
        await self._tell(interaction)

    @cooldown.command(name="list")
    async def list(self, interaction: discord.Interaction[QuothBot]) -> None:
        """Say how often members may ask."""
        await load_alone(interaction)
        await self._tell(interaction)

    async def _target(
        self,
        interaction: discord.Interaction[QuothBot],
        role: discord.Role | None,
        channel: Channel | None,
    ) -> discord.Role | Channel | None:
        """The role or the channel that was named; None after asking for exactly one of them."""
        if (role is None) == (channel is None):
            await respond_alone(interaction, notice("cooldown_of_what"))
            return None
        return role if role is not None else channel

    async def _tell(self, interaction: discord.Interaction[QuothBot]) -> None:
        text = notice(
            "cooldowns",
            everybody=self._bot.cooldowns.everybody,
            rules=self._bot.cooldowns.listed(required_server_id(interaction)),
        )
        await show_response(interaction, content=text)
