"""What all buttons have in common: their ids say it all, so they outlive a restart."""

import re
from abc import ABC, abstractmethod
from typing import Any, Self

import discord
from discord import ui

from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import respond_alone
from bot.discord_app.errors import report
from bot.discord_app.origins import server_id_of
from bot.discord_app.rendering import label


def button_of(
    name: str, custom_id: str, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> ui.Button[ui.LayoutView]:
    """A button with the words of a label."""
    return ui.Button(style=style, label=label(name), custom_id=custom_id)


class PersistentButton(ABC):
    """The base of all buttons, which stands before `ui.DynamicItem` among their bases."""

    @classmethod
    @abstractmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""

    @abstractmethod
    async def on_press(self, interaction: discord.Interaction[Any], client: Collaborators) -> None:
        """Do what the button says."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],  # noqa: ARG003 - discord.py's signature
        item: ui.Item[Any],  # noqa: ARG003
        match: re.Match[str],
        /,
    ) -> Self:
        """Make the button that was pressed."""
        return cls.from_match(match)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Do what the button says, and report what goes wrong with it."""
        try:
            unwelcome = interaction.client.asking.unwelcome(server_id_of(interaction))
            if unwelcome is not None:
                await respond_alone(interaction, unwelcome)
                return
            await self.on_press(interaction, interaction.client)
        except Exception as error:
            await report(interaction, error)
