"""Looking around: `/sources` and `/help`."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.paging import sources_page
from bot.discord_app.records import ANSWERS_KEPT_DAYS
from bot.discord_app.rendering import information_embed


def help_embed(bot: QuothBot) -> discord.Embed:
    """How to use Quoth, and what it keeps."""
    return information_embed(
        "help_title",
        "discord/help.md",
        mention=bot.user.mention if bot.user else "",
        logs_questions=bot.settings.log_questions,
        days=bot.settings.log_questions_days,
        answer_days=ANSWERS_KEPT_DAYS,
    )


class Read(commands.Cog):
    """The commands that show what there is."""

    def __init__(self, bot: QuothBot) -> None:
        """Show what one bot has."""
        self._bot = bot

    @app_commands.command(name="sources")
    async def sources(self, interaction: discord.Interaction[QuothBot]) -> None:
        """List the documents that answers come from."""
        await acknowledge(lambda: interaction.response.defer(ephemeral=True))
        scope = self._bot.records.collection(interaction.guild_id)
        page = await sources_page(self._bot.service, scope, 0)
        await deliver(lambda: interaction.edit_original_response(**page))

    @app_commands.command(name="help")
    async def help(self, interaction: discord.Interaction[QuothBot]) -> None:
        """How to ask, and what is kept of it."""
        embed = help_embed(self._bot)
        await acknowledge(lambda: interaction.response.send_message(embed=embed, ephemeral=True))
