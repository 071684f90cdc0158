"""The forms that buttons open."""

import asyncio
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.errors import report
from bot.discord_app.limits import INTERACTION_S, MAX_MODAL_INPUT
from bot.discord_app.records import ANSWERS_KEPT_DAYS
from bot.discord_app.rendering import label, notice

if TYPE_CHECKING:
    from bot.discord_app.client import QuothBot

EXPECTED_CHARS = 1_000


class _Form(ui.Modal):
    """A form with one field, about one answer. After a quarter of an hour it is forgotten."""

    def __init__(self, name: str, answer_id: str, field: "ui.TextInput[_Form]") -> None:
        super().__init__(title=label(f"{name}_title"), timeout=INTERACTION_S)
        self.answer_id = answer_id
        self.field = field
        self.add_item(field)

    async def on_error(  # type: ignore[override]  # as Modal has it
        self, interaction: discord.Interaction[Any], error: Exception, /
    ) -> None:
        """Report what went wrong, and tell who filled it in."""
        await report(interaction, error)


async def open_form(interaction: discord.Interaction[Any], form: _Form) -> None:
    """Open a form as the response to a button."""
    # discord.py does so once it hears that Discord took the form; should that word be lost, what is
    # filled in would find nobody.
    interaction.client._connection.store_view(form)
    await acknowledge(lambda: interaction.response.send_modal(form))


class WrongForm(_Form):
    """Asks for the right answer."""

    def __init__(self, answer_id: str) -> None:
        """Make an empty form."""
        field: ui.TextInput[_Form] = ui.TextInput(
            label=label("wrong_field"),
            required=False,
            max_length=EXPECTED_CHARS,
            style=discord.TextStyle.paragraph,
        )
        super().__init__("wrong", answer_id, field)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Keep the right answer with the vote."""
        await acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=True))
        bot: QuothBot = interaction.client
        kept = await asyncio.to_thread(bot.records.answer, self.answer_id, interaction.guild_id)
        if kept is None:
            text = notice("forgotten", days=ANSWERS_KEPT_DAYS)
        else:
            expected = self.field.value.strip() or None
            text = await bot.vote(interaction, kept, is_right=False, expected=expected)
        await deliver(lambda: interaction.edit_original_response(content=text))


class FollowUpForm(_Form):
    """Asks the next question."""

    def __init__(self, answer_id: str) -> None:
        """Make an empty form."""
        field: ui.TextInput[_Form] = ui.TextInput(
            label=label("follow_field"), max_length=MAX_MODAL_INPUT
        )
        super().__init__("follow", answer_id, field)

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        """Answer it, as a turn after the one that the button belongs to."""
        bot: QuothBot = interaction.client
        earlier = bot.conversations.until(self.answer_id, interaction.channel_id or 0)
        await bot.answer_interaction(interaction, self.field.value, earlier)
