"""Looking around: `/sources`, page by page, and `/help`."""

import asyncio
import re
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.discord_app.cards import MessageCard, layout
from bot.discord_app.client import QuothBot
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import acknowledge, load_alone, respond_alone, show_response
from bot.discord_app.list_cards import information_card, sources_card
from bot.discord_app.list_pages import page_among, page_of
from bot.discord_app.origins import everywhere, server_id_of
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.persistent_button import PersistentButton, button_of
from bot.serving import scope_documents
from bot.serving.service import AnswerService

PAGE_DOCUMENTS = 10


async def _sources_page(service: AnswerService, scope: str | None, wanted: int) -> dict[str, Any]:
    """What shows page `wanted`, from 0, or the last one if there are fewer."""
    counts = await asyncio.to_thread(scope_documents.counts, service, scope)
    documents = counts.documents + counts.own_documents
    page, pages = page_among(wanted, documents, PAGE_DOCUMENTS)
    start = page * PAGE_DOCUMENTS
    lines = await asyncio.to_thread(
        scope_documents.documents, service, scope, start, PAGE_DOCUMENTS
    )
    return page_of(sources_card(lines, page, pages, documents), page, pages, PageButton)


class PageButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"quoth:page:(?P<direction>earlier|later):(?P<page>\d{1,6})",
):
    """Turns to a page."""

    def __init__(self, direction: str, page: int) -> None:
        """Make the button that leads to a page."""
        super().__init__(button_of(direction, f"quoth:page:{direction}:{page}"))
        self._page = page

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["direction"], int(match["page"]))

    async def on_press(self, interaction: discord.Interaction[Any], client: Collaborators) -> None:
        """Show the page in place of the one before."""
        await acknowledge(interaction.response.defer)
        scope = client.records.collection(server_id_of(interaction))
        page = await _sources_page(client.service, scope, self._page)
        await show_response(interaction, **page)


def help_card(bot: QuothBot) -> MessageCard:
    """How to use Quoth, and what it keeps."""
    return information_card(
        "help_title",
        "discord/help.md",
        mention=bot.user.mention if bot.user else "",
        direct_messages=bot.settings.direct_messages,
        may_add=bot.settings.max_documents > 0,
        logs_questions=bot.settings.log_questions,
        days=bot.settings.log_questions_days,
        answer_days=ANSWERS_KEPT_DAYS,
    )


class Read(commands.Cog):
    """The commands that show what there is."""

    def __init__(self, bot: QuothBot) -> None:
        """Show what one bot has."""
        self._bot = bot

    async def cog_load(self) -> None:
        """Have the bot know the buttons that turn pages."""
        self._bot.add_dynamic_items(PageButton)

    @everywhere
    @app_commands.command(name="sources")
    async def sources(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List the documents that answers come from."""
        unwelcome = self._bot.asking.unwelcome(server_id_of(interaction))
        if unwelcome is not None:
            await respond_alone(interaction, unwelcome)
            return
        await load_alone(interaction)
        scope = self._bot.records.collection(server_id_of(interaction))
        page = await _sources_page(self._bot.service, scope, 0)
        await show_response(interaction, **page)

    @everywhere
    @app_commands.command(name="help")
    async def help(self, interaction: discord.Interaction[QuothBot]) -> None:
        """How to ask, and what is kept of it."""
        view = layout(help_card(self._bot))
        await acknowledge(lambda: interaction.response.send_message(view=view, ephemeral=True))
