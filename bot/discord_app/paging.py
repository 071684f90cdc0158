"""The list of documents, page by page, and the buttons that turn them."""

import asyncio
import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bot.discord_app.errors import report
from bot.discord_app.rendering import label, sources_embed

if TYPE_CHECKING:
    from bot.discord_app.served import Served

PAGE_DOCUMENTS = 10


async def sources_page(served: "Served", wanted: int) -> dict[str, Any]:
    """What shows page `wanted`, from 0, or the last one if there are fewer."""
    documents, _ = served.counts()
    pages = max(1, -(-documents // PAGE_DOCUMENTS))
    page = min(wanted, pages - 1)
    lines = await asyncio.to_thread(served.documents, page * PAGE_DOCUMENTS, PAGE_DOCUMENTS)
    view = ui.View(timeout=None)
    if page > 0:
        view.add_item(PageButton("earlier", page - 1))
    if page + 1 < pages:
        view.add_item(PageButton("later", page + 1))
    return {"embed": sources_embed(lines, page, pages, documents), "view": view}


class PageButton(
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
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the button that was pressed."""
        return cls(match["direction"], int(match["page"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Show the page in place of the one before."""
        try:
            await interaction.response.defer()
            page = await sources_page(interaction.client.served, self._page)
            await interaction.edit_original_response(**page)
        except Exception as error:
            await report(interaction, error)
