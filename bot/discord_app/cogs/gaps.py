"""`/gaps`: what members of a server ask and the documents don't say, for its moderators."""

import asyncio
import re
import time
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.periods import ANSWERS_KEPT_DAYS, GAPS_DAYS
from bot.discord_app.persistent_button import PersistentButton
from bot.discord_app.rendering import ShownGap, gaps_embed, label, notice
from bot.evaluation.gaps import find_gaps, last_days

# So many fit a message, whatever stands in them.
PAGE_GAPS = 3
# Of a server, the newest; each takes some milliseconds each time that a page is shown.
MAX_QUESTIONS = 500


def _page(client: Collaborators, server_id: int, user_id: int, wanted: int) -> dict[str, Any]:
    """
    What shows page `wanted`, from 0, or the last one if there are fewer.

    Nothing is kept from one page to the next, so that what a member has deleted is gone at once.
    """
    period = last_days(GAPS_DAYS, time.time(), ANSWERS_KEPT_DAYS)
    questions = client.records.open_questions(period.begins_before, server_id)
    newest = sorted(questions, key=lambda one: -one.asked)[:MAX_QUESTIONS]
    gaps = find_gaps(newest, client.service.encode, period)
    pages = max(1, -(-len(gaps) // PAGE_GAPS))
    page = min(wanted, pages - 1)
    scope = client.records.collection(server_id)
    shown = []
    for gap in gaps[page * PAGE_GAPS : (page + 1) * PAGE_GAPS]:
        around = client.service.surroundings(scope, gap.nearest, "") if gap.nearest else None
        shown.append(ShownGap(gap, around is not None and around.document_changed))
    view = ui.View(timeout=None)
    owner = client.records.hashed(user_id)
    if page > 0:
        view.add_item(GapsButton("earlier", page - 1, owner))
    if page + 1 < pages:
        view.add_item(GapsButton("later", page + 1, owner))
    return {"embed": gaps_embed(shown, page, pages, GAPS_DAYS), "view": view}


class GapsButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.View]],
    template=r"quoth:gaps:(?P<direction>earlier|later):(?P<page>\d{1,6}):(?P<owner>[0-9a-f]{24})",
):
    """Turns to a page, for the member whom Discord let use the command."""

    def __init__(self, direction: str, page: int, owner: str) -> None:
        """Make the button that leads to a page, for the member of that hash."""
        button: ui.Button[ui.View] = ui.Button(
            label=label(direction), custom_id=f"quoth:gaps:{direction}:{page}:{owner}"
        )
        super().__init__(button)
        self._page = page
        self._owner = owner

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["direction"], int(match["page"]), match["owner"])

    async def on_press(self, interaction: discord.Interaction[Any], client: Collaborators) -> None:
        """Show the page in place of the one before."""
        server_id = interaction.guild_id
        # Nobody else can make the hash of a member.
        if server_id is None or client.records.hashed(interaction.user.id) != self._owner:
            text = notice("not_your_gaps")
            await acknowledge(lambda: interaction.response.send_message(text, ephemeral=True))
            return
        await acknowledge(interaction.response.defer)
        page = await asyncio.to_thread(_page, client, server_id, interaction.user.id, self._page)
        await deliver(lambda: interaction.edit_original_response(**page))


class Gaps(commands.Cog):
    """The command that says what the documents should say next."""

    def __init__(self, bot: QuothBot) -> None:
        """List what was asked of one bot."""
        self._bot = bot

    async def cog_load(self) -> None:
        """Have the bot know the buttons that turn pages."""
        self._bot.add_dynamic_items(GapsButton)

    @app_commands.command(name="gaps")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def gaps(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List what members asked here that the documents don't say, or say wrongly."""
        if interaction.guild_id is None:
            raise app_commands.NoPrivateMessage
        await acknowledge(lambda: interaction.response.defer(ephemeral=True))
        page = await asyncio.to_thread(
            _page, self._bot, interaction.guild_id, interaction.user.id, 0
        )
        await deliver(lambda: interaction.edit_original_response(**page))
