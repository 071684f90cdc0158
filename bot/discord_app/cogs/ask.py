"""Asking by command: `/ask`, and the menu of a message."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import acknowledge
from bot.discord_app.markdown import without_references
from bot.discord_app.rendering import notice

MENU_NAME = "Ask Quoth"


class Ask(commands.Cog):
    """The commands that answer."""

    def __init__(self, bot: QuothBot) -> None:
        """Add the menu; unlike commands, a cog does not do so by itself."""
        self._bot = bot
        bot.tree.add_command(app_commands.ContextMenu(name=MENU_NAME, callback=self._ask_message))

    @app_commands.command(name="ask")
    @app_commands.describe(question="What do you want to know?")
    async def ask(self, interaction: discord.Interaction[QuothBot], question: str) -> None:
        """Find the answer in the documents, word for word."""
        await self._bot.asking.answer_interaction(interaction, question)

    async def _ask_message(
        self, interaction: discord.Interaction[QuothBot], message: discord.Message
    ) -> None:
        if without_references(message.content):
            await self._bot.asking.answer_interaction(interaction, message.content)
        else:
            await acknowledge(
                lambda: interaction.response.send_message(notice("no_text"), ephemeral=True)
            )
