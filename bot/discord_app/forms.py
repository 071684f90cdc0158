"""Forms: the id of each says what it is about, so that what was typed outlives a restart."""

import re
from collections.abc import Callable
from typing import Any

import discord
from discord import ui

from bot.discord_app.delivery import acknowledge
from bot.discord_app.errors import report

_Interaction = discord.Interaction[Any]


class Form(ui.Modal):
    """A form that reports what goes wrong with it."""

    def __init__(self, title: str, custom_id: str) -> None:
        """Make an empty form; `Forms` can make it anew from its id."""
        super().__init__(title=title, custom_id=custom_id, timeout=None)

    async def on_error(  # type: ignore[override]  # as Modal has it
        self, interaction: _Interaction, error: Exception, /
    ) -> None:
        """Report what went wrong, and tell who filled it in."""
        await report(interaction, error)


class Forms:
    """Makes forms anew from their ids when they are filled in, whichever process opened them."""

    def __init__(self) -> None:
        """Know no form yet."""
        self._known: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Form]]] = []

    def add(self, template: str, make: Callable[[re.Match[str]], Form]) -> None:
        """Know the forms whose ids match a template, and what makes one."""
        self._known.append((re.compile(template), make))

    async def fill_in(self, interaction: _Interaction) -> None:
        """Take what was typed into a form."""
        if interaction.type is not discord.InteractionType.modal_submit:
            return
        data: dict[str, Any] = {**(interaction.data or {})}
        for template, make in self._known:
            found = template.fullmatch(data.get("custom_id", ""))
            if found is not None:
                typed, chosen = data["components"], data.get("resolved", {})
                await make(found)._dispatch_submit(interaction, typed, chosen)
                return


async def open_form(interaction: _Interaction, form: Form) -> None:
    """Open a form as the response to a command or a button; `Forms` takes what is typed there."""
    # discord.py keeps no form that is over, so that it hands on what is typed to nobody else.
    form.stop()
    await acknowledge(lambda: interaction.response.send_modal(form))
