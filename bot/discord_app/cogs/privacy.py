"""What is kept of a member, and deleting it."""

import asyncio
from dataclasses import asdict

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import load_alone, show_response
from bot.discord_app.origins import everywhere
from bot.discord_app.rendering import notice


class Privacy(commands.Cog):
    """The commands about one's own data."""

    privacy = everywhere(app_commands.Group(name="privacy", description="What I keep of you."))

    def __init__(self, bot: QuothBot) -> None:
        """Serve the members of one bot."""
        self._bot = bot

    @privacy.command(name="forget-me")
    async def forget_me(self, interaction: discord.Interaction[QuothBot]) -> None:
        """Delete the answers, questions, votes and taught messages that I keep of you."""
        await load_alone(interaction)
        forgotten = await asyncio.to_thread(self._bot.records.forget, interaction.user.id)
        await self._bot.conversations.forget(interaction.user.id)
        self._bot.teaching.forget_documents(forgotten.taught)
        counts = asdict(forgotten) | {"taught": len(forgotten.taught)}
        await show_response(interaction, content=notice("forgotten_you", **counts))
