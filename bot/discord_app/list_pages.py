"""Lists for moderators, page by page, each shown to one member alone."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, Self

import discord
from discord import ui

from bot.discord_app.cards import MessageCard, instead, layout, row
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import acknowledge, load_alone, respond_alone, show_response
from bot.discord_app.moderators import required_server_id
from bot.discord_app.persistent_button import PersistentButton, button_of
from bot.discord_app.rendering import notice


def page_among(wanted: int, items: int, size: int) -> tuple[int, int]:
    """The page that is shown for the one that was wanted, from 0, and how many there are."""
    pages = max(1, -(-items // size))
    return min(wanted, pages - 1), pages


def page_of(
    card: MessageCard,
    page: int,
    pages: int,
    button: Callable[[str, int], ui.DynamicItem[ui.Button[ui.LayoutView]]],
) -> dict[str, Any]:
    """The arguments by which an edited message shows a page, with buttons to those beside it."""
    beside = {"earlier": page - 1, "later": page + 1}
    turning = [button(name, to) for name, to in beside.items() if 0 <= to < pages]
    return instead(layout(card, buttons=(row(*turning),) if turning else ()))


async def _list_page(
    client: Collaborators, name: str, server_id: int, user_id: int, wanted: int
) -> dict[str, Any]:
    """
    What shows a page of a list to a member.

    Nothing is kept from one page to the next, so that what was deleted is gone at once.
    """
    card, page, pages = await asyncio.to_thread(client.lists[name], server_id, wanted)
    owner = client.records.hashed(user_id)
    return page_of(card, page, pages, lambda direction, to: ListButton(name, direction, to, owner))


async def show_list(
    interaction: discord.Interaction[Any], client: Collaborators, name: str
) -> None:
    """Show a list's first page, as the response to a command in a server."""
    server_id = required_server_id(interaction)
    await load_alone(interaction)
    page = await _list_page(client, name, server_id, interaction.user.id, 0)
    await show_response(interaction, **page)


class ListButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"quoth:(?P<name>gaps|stale|taught|audit):(?P<direction>earlier|later)"
    r":(?P<page>\d{1,6}):(?P<owner>[0-9a-f]{24})",
):
    """Turns to a page, for the member whom Discord let use the command."""

    def __init__(self, name: str, direction: str, page: int, owner: str) -> None:
        """Make the button that leads to a page of a list, for the member of that hash."""
        super().__init__(button_of(direction, f"quoth:{name}:{direction}:{page}:{owner}"))
        self._name = name
        self._page = page
        self._owner = owner

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["name"], match["direction"], int(match["page"]), match["owner"])

    async def on_press(self, interaction: discord.Interaction[Any], client: Collaborators) -> None:
        """Show the page in place of the one before."""
        server_id, user_id = interaction.guild_id, interaction.user.id
        # Nobody else can make the hash of a member.
        if server_id is None or client.records.hashed(user_id) != self._owner:
            await respond_alone(interaction, notice("not_your_list"))
            return
        await acknowledge(interaction.response.defer)
        page = await _list_page(client, self._name, server_id, user_id, self._page)
        await show_response(interaction, **page)
