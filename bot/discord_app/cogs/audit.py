"""`/audit`: who changed what in a server, page by page."""

import re

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.cards import MessageCard
from bot.discord_app.client import QuothBot
from bot.discord_app.list_cards import information_card
from bot.discord_app.list_pages import page_among, show_list
from bot.discord_app.markdown import fit

# So many fit a message, however long the names of documents are.
PAGE_ENTRIES = 15
SUBJECT_CHARS = 150


def _shown(subject: str) -> str:
    """A link of Discord's as it stands, and anything else as a name."""
    is_link = re.fullmatch(r"<(#|@&)\d{1,20}>", subject) is not None
    return subject if is_link or not subject else f"**{fit(subject, SUBJECT_CHARS)}**"


class Audit(commands.Cog):
    """The command that says who changed what."""

    def __init__(self, bot: QuothBot) -> None:
        """List what was done in the servers of one bot."""
        self._bot = bot
        bot.lists["audit"] = self._page

    @app_commands.command(name="audit")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def audit(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List who changed the documents and the settings of this server, and when."""
        await show_list(interaction, self._bot, "audit")

    def _page(self, server_id: int, wanted: int) -> tuple[MessageCard, int, int]:
        _, total = self._bot.audit.newest(server_id, 0, 0)
        page, pages = page_among(wanted, total, PAGE_ENTRIES)
        entries, _ = self._bot.audit.newest(server_id, page * PAGE_ENTRIES, PAGE_ENTRIES)
        lines = [
            {
                "time": int(entry.created),
                "member": entry.member_id,
                "action": entry.action,
                "subject": _shown(entry.subject),
            }
            for entry in entries
        ]
        return information_card("audit_title", "discord/audit.md", entries=lines), page, pages
