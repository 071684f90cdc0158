"""The buttons under an answer. All they need stands in their ids, so they outlive a restart."""

import asyncio
import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from answering.answer import Answer, whose_context
from bot.discord_app.delivery import acknowledge, deliver
from bot.discord_app.forms import FollowUpForm, WrongForm, open_form
from bot.discord_app.persistent_button import PersistentButton
from bot.discord_app.records import ANSWERS_KEPT_DAYS
from bot.discord_app.rendering import (
    context_embeds,
    label,
    notice,
    others_embed,
)
from bot.discord_app.stored_answers import StoredAnswer
from bot.serving.service import Surroundings

if TYPE_CHECKING:
    from bot.discord_app.client import QuothBot

_ACTIONS = ("context", "others", "follow", "right", "wrong", "delete")
_STYLES = {
    "right": discord.ButtonStyle.success,
    "wrong": discord.ButtonStyle.danger,
}
_FIRST_ROW = 3
_ANSWER_ID = re.compile(r"quoth:[a-z]+:([0-9a-f]{32})")


def answer_buttons(answer: Answer) -> ui.View:
    """The buttons that go with an answer."""
    view = ui.View(timeout=None)
    shown = {
        "context": bool(answer.shown or answer.nearest),
        "others": bool(answer.alternatives),
        # Where Quoth is not sure, there is no answer that could be right.
        "right": answer.outcome != "unsure",
    }
    for action in _ACTIONS:
        if shown.get(action, True):
            row = 0 if action in _ACTIONS[:_FIRST_ROW] else 1
            view.add_item(AnswerButton(action, answer.id, row))
    return view


def answer_id_of(message: discord.Message) -> str | None:
    """The answer that a message of Quoth's shows, read from its buttons."""
    for row in message.components:
        if isinstance(row, discord.ActionRow):
            for item in row.children:
                found = _ANSWER_ID.fullmatch(getattr(item, "custom_id", None) or "")
                if found:
                    return found[1]
    return None


class AnswerButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.View]],
    template=rf"quoth:(?P<action>{'|'.join(_ACTIONS)}):(?P<answer_id>[0-9a-f]{{32}})",
):
    """Any of the buttons; which one, and of which answer, says its id."""

    def __init__(self, action: str, answer_id: str, row: int | None = None) -> None:
        """Make the button for one action."""
        button: ui.Button[ui.View] = ui.Button(
            style=_STYLES.get(action, discord.ButtonStyle.secondary),
            label=label(action),
            custom_id=f"quoth:{action}:{answer_id}",
            row=row,
        )
        super().__init__(button)
        self._action = action
        self._answer_id = answer_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["action"], match["answer_id"])

    async def pressed(self, interaction: "discord.Interaction[QuothBot]") -> None:
        """Do what the button says."""
        handle = {
            "context": self._context,
            "others": self._others,
            "follow": self._follow,
            "right": self._right,
            "wrong": self._wrong,
            "delete": self._delete,
        }[self._action]
        await handle(interaction)

    async def _kept(self, interaction: "discord.Interaction[QuothBot]") -> StoredAnswer | None:
        """The answer, once Discord has been told to wait; None after saying that it is gone."""
        await acknowledge(lambda: interaction.response.defer(ephemeral=True, thinking=True))
        kept = await asyncio.to_thread(
            interaction.client.records.answer, self._answer_id, interaction.guild_id
        )
        if kept is None:
            await _show(interaction, content=notice("forgotten", days=ANSWERS_KEPT_DAYS))
        return kept

    async def _context(self, interaction: "discord.Interaction[QuothBot]") -> None:
        kept = await self._kept(interaction)
        if kept is None:
            return
        places = whose_context(kept.found.shown, kept.found.nearest)
        if not places:
            # Such an answer has no button for it, so the id was forged.
            await _show(interaction, content=notice("no_context"))
            return
        service = interaction.client.service
        scope = interaction.client.records.collection(interaction.guild_id)

        def look_up() -> list[Surroundings]:
            return [
                service.surroundings(
                    scope,
                    place.collection,
                    place.document_id,
                    place.title,
                    place.start_char,
                    place.text,
                )
                for place in places
            ]

        await _show(interaction, embeds=context_embeds(await asyncio.to_thread(look_up)))

    async def _others(self, interaction: "discord.Interaction[QuothBot]") -> None:
        kept = await self._kept(interaction)
        if kept is None:
            return
        if kept.found.alternatives:
            await _show(interaction, embed=others_embed(kept.found.alternatives))
        else:
            await _show(interaction, content=notice("no_others"))

    async def _follow(self, interaction: "discord.Interaction[QuothBot]") -> None:
        await open_form(interaction, FollowUpForm(self._answer_id))

    async def _right(self, interaction: "discord.Interaction[QuothBot]") -> None:
        kept = await self._kept(interaction)
        if kept is not None:
            text = await interaction.client.vote(interaction, kept, is_right=True)
            await _show(interaction, content=text)

    async def _wrong(self, interaction: "discord.Interaction[QuothBot]") -> None:
        await open_form(interaction, WrongForm(self._answer_id))
        # The vote counts even if the form is closed unfilled.
        kept = await asyncio.to_thread(
            interaction.client.records.answer, self._answer_id, interaction.guild_id
        )
        if kept is not None:
            await interaction.client.vote(interaction, kept, is_right=False, is_thanked=False)

    async def _delete(self, interaction: "discord.Interaction[QuothBot]") -> None:
        await acknowledge(interaction.response.defer)
        records = interaction.client.records
        kept = await asyncio.to_thread(records.answer, self._answer_id, interaction.guild_id)
        is_asker = kept is not None and kept.asker == records.hashed(interaction.user.id)
        # In a direct conversation nobody else is there.
        is_alone = interaction.guild_id is None
        if is_asker or is_alone or interaction.permissions.manage_messages:
            await deliver(interaction.delete_original_response)
        else:
            kind = "not_yours" if kept is not None else "owner_forgotten"
            text = notice(kind, days=ANSWERS_KEPT_DAYS)
            await interaction.followup.send(text, ephemeral=True)


async def _show(interaction: "discord.Interaction[QuothBot]", **contents: Any) -> None:
    """Fill in the private message that Discord shows as loading."""
    await deliver(lambda: interaction.edit_original_response(**contents))
