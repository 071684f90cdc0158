"""Asking by command: `/ask`, and the menu of a message."""

import asyncio
from collections.abc import Callable

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.choices import choices
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import respond_alone
from bot.discord_app.markdown import without_references
from bot.discord_app.origins import everywhere, server_id_of
from bot.discord_app.rendering import notice, refused_question
from bot.discord_app.sharing import ShareButton
from bot.serving import scope_documents
from bot.serving.service import AnswerService
from index.filters import Filter, FilterError

MENU_NAME = "Ask Quoth"


class Ask(commands.Cog):
    """The commands that answer."""

    def __init__(self, bot: QuothBot) -> None:
        """Add the menu; unlike commands, a cog does not do so by itself."""
        self._bot = bot
        bot.tree.add_command(app_commands.ContextMenu(name=MENU_NAME, callback=self._ask_message))

    async def cog_load(self) -> None:
        """Have the bot know the button that shows an answer to everybody."""
        self._bot.add_dynamic_items(ShareButton)

    @everywhere
    @app_commands.command(name="ask")
    @app_commands.rename(name="in")
    @app_commands.describe(
        question="What do you want to know?",
        private="Show the answer to you alone; a button then shows it to everybody.",
        name='A document or a folder to look in, or a pattern such as "rules/*".',
        since="Look in documents of this day or later alone, such as 2024-01-31 or 2024.",
    )
    async def ask(
        self,
        interaction: discord.Interaction[QuothBot],
        question: str,
        private: bool = False,
        name: str = "",
        since: str = "",
    ) -> None:
        """Find the answer in the documents, word for word."""
        try:
            within = Filter.given([name] if name.strip() else [], since)
        except FilterError as error:
            await respond_alone(interaction, refused_question(error))
            return
        await self._bot.asking.answer_interaction(
            interaction, question, is_private=private, within=within
        )

    @ask.autocomplete("name")
    async def _names(
        self, interaction: discord.Interaction[QuothBot], current: str
    ) -> list[app_commands.Choice[str]]:
        """Name folders and documents."""
        return await self._offered(interaction, current, scope_documents.names)

    @ask.autocomplete("since")
    async def _days(
        self, interaction: discord.Interaction[QuothBot], current: str
    ) -> list[app_commands.Choice[str]]:
        """Name years, months and days of documents."""
        return await self._offered(interaction, current, scope_documents.days)

    async def _offered(
        self,
        interaction: discord.Interaction[QuothBot],
        current: str,
        read: Callable[[AnswerService, str | None], list[str]],
    ) -> list[app_commands.Choice[str]]:
        server_id = server_id_of(interaction)
        if self._bot.asking.unwelcome(server_id) is not None:
            return []
        scope = self._bot.records.collection(server_id)
        return choices(await asyncio.to_thread(read, self._bot.service, scope), current)

    @everywhere
    async def _ask_message(
        self, interaction: discord.Interaction[QuothBot], message: discord.Message
    ) -> None:
        if without_references(message.content):
            await self._bot.asking.answer_interaction(interaction, message.content)
        else:
            await respond_alone(interaction, notice("no_text"))
