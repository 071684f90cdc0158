"""The list of documents, page by page, and the buttons that turn them."""

import asyncio
import re
from typing import TYPE_CHECKING, Any, Self

from discord import ui

from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.persistent_button import PersistentButton
from bot.discord_app.rendering import label, sources_embed

if TYPE_CHECKING:
    import discord

    from bot.discord_app.client import QuothBot
    from bot.serving.service import AnswerService

PAGE_DOCUMENTS = 10


async def sources_page(service: "AnswerService", scope: str | None, wanted: int) -> dict[str, Any]:
    """What shows page `wanted`, from 0, or the last one if there are fewer."""
    counts = await asyncio.to_thread(service.counts, scope)
    documents = counts.documents + counts.own_documents
    pages = max(1, -(-documents // PAGE_DOCUMENTS))
    page = min(wanted, pages - 1)
    start = page * PAGE_DOCUMENTS
    lines = await asyncio.to_thread(service.documents, scope, start, PAGE_DOCUMENTS)
    view = ui.View(timeout=None)
    if page > 0:
        view.add_item(PageButton("earlier", page - 1))
    if page + 1 < pages:
        view.add_item(PageButton("later", page + 1))
    return {"embed": sources_embed(lines, page, pages, documents), "view": view}


class PageButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.View]],
    template=r"quoth:page:(?P<direction>earlier|later):(?P<page>\d{1,6})",
):
    """Turns to a page."""

    def __init__(self, direction: str, page: int) -> None:
        """Make the button that leads to a page."""
        button: ui.Button[ui.View] = ui.Button(
            label=label(direction), custom_id=f"quoth:page:{direction}:{page}"
        )
        super().__init__(button)
        self._page = page

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["direction"], int(match["page"]))

    async def pressed(self, interaction: "discord.Interaction[QuothBot]") -> None:
        """Show the page in place of the one before."""
        await acknowledge(interaction.response.defer)
        bot = interaction.client
        scope = bot.records.collection(interaction.guild_id)
        page = await sources_page(bot.service, scope, self._page)
        await deliver(lambda: interaction.edit_original_response(**page))
