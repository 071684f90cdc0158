"""`/audit`: who changed what in a server, page by page."""

import asyncio
import re
from typing import Any, Self

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.markdown import fit
from bot.discord_app.persistent_button import PersistentButton
from bot.discord_app.rendering import information_embed, label, notice

# So many fit a message, however long the names of documents are.
PAGE_ENTRIES = 15
SUBJECT_CHARS = 150


def _page(client: Collaborators, server_id: int, user_id: int, wanted: int) -> dict[str, Any]:
    """What shows page `wanted`, from 0, or the last one if there are fewer."""
    _, total = client.records.actions(server_id, 0, 0)
    pages = max(1, -(-total // PAGE_ENTRIES))
    page = min(wanted, pages - 1)
    entries, _ = client.records.actions(server_id, page * PAGE_ENTRIES, PAGE_ENTRIES)
    lines = [
        {
            "time": int(entry.created),
            "member": entry.member_id,
            "action": entry.action,
            "subject": _shown(entry.subject),
        }
        for entry in entries
    ]
    view = ui.View(timeout=None)
    owner = client.records.hashed(user_id)
    if page > 0:
        view.add_item(AuditButton("earlier", page - 1, owner))
    if page + 1 < pages:
        view.add_item(AuditButton("later", page + 1, owner))
    embed = information_embed("audit_title", "discord/audit.md", entries=lines)
    return {"embed": embed, "view": view}


def _shown(subject: str) -> str:
    """A link of Discord's as it stands, and anything else as a name."""
    is_link = re.fullmatch(r"<(#|@&)\d{1,20}>", subject) is not None
    return subject if is_link or not subject else f"**{fit(subject, SUBJECT_CHARS)}**"


class AuditButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.View]],
    template=r"quoth:audit:(?P<direction>earlier|later):(?P<page>\d{1,6}):(?P<owner>[0-9a-f]{24})",
):
    """Turns to a page, for the member whom Discord let use the command."""

    def __init__(self, direction: str, page: int, owner: str) -> None:
        """Make the button that leads to a page, for the member of that hash."""
        button: ui.Button[ui.View] = ui.Button(
            label=label(direction), custom_id=f"quoth:audit:{direction}:{page}:{owner}"
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
            text = notice("not_your_audit")
            await acknowledge(lambda: interaction.response.send_message(text, ephemeral=True))
            return
        await acknowledge(interaction.response.defer)
        page = await asyncio.to_thread(_page, client, server_id, interaction.user.id, self._page)
        await deliver(lambda: interaction.edit_original_response(**page))


class Audit(commands.Cog):
    """The command that says who changed what."""

    def __init__(self, bot: QuothBot) -> None:
        """List what was done in the servers of one bot."""
        self._bot = bot

    async def cog_load(self) -> None:
        """Have the bot know the buttons that turn pages."""
        self._bot.add_dynamic_items(AuditButton)

    @app_commands.command(name="audit")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def audit(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List who changed the documents and the settings of this server, and when."""
        if interaction.guild_id is None:
            raise app_commands.NoPrivateMessage
        await acknowledge(lambda: interaction.response.defer(ephemeral=True))
        page = await asyncio.to_thread(
            _page, self._bot, interaction.guild_id, interaction.user.id, 0
        )
        await deliver(lambda: interaction.edit_original_response(**page))
