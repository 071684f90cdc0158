"""
The buttons under an answer, and the forms that they open.

All that a button needs stands in its id, so that it outlives a restart.
"""

import asyncio
import re
from typing import Any, Self

import discord
from discord import ui

from answering.answer import whose_context
from bot.discord_app.cards import Buttons, layout, row
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import acknowledge, deliver, load_alone, show_response
from bot.discord_app.forms import Form, Forms, open_form
from bot.discord_app.limits import MAX_MODAL_INPUT
from bot.discord_app.origins import server_id_of
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.persistent_button import PersistentButton, button_of
from bot.discord_app.rendering import (
    context_cards,
    document_name,
    label,
    notice,
    others_card,
)
from bot.discord_app.solving import mark_solved
from bot.discord_app.stored_answers import AnswerContents, StoredAnswer
from bot.discord_app.voting import vote
from bot.evaluation.gaps import Complaint
from bot.serving.scope_documents import Surroundings, surroundings

EXPECTED_CHARS = 1_000
_Interaction = discord.Interaction[Any]

_ACTIONS = ("context", "others", "follow", "right", "wrong", "delete")
_STYLES = {
    "right": discord.ButtonStyle.success,
    "wrong": discord.ButtonStyle.danger,
}
_COMPLAINTS: tuple[Complaint, ...] = ("wrong", "outdated", "incomplete")
_FIRST_ROW = 3
_ANSWER_ID = re.compile(r"quoth:[a-z]+:([0-9a-f]{32})")


def answer_buttons(
    answer_id: str,
    found: AnswerContents,
    *more: ui.DynamicItem[ui.Button[ui.LayoutView]],
    is_private: bool = False,
) -> Buttons:
    """The buttons below an answer, and `more`; an answer to its asker alone has no Delete."""
    shown = {
        "context": bool(found.shown or found.nearest),
        "others": bool(found.alternatives),
        # Where Quoth is not sure, there is no answer that could be right.
        "right": bool(found.spans) or not found.candidates,
        # Discord itself lets a member dismiss what is shown to them alone.
        "delete": not is_private,
    }
    first, second = (
        [AnswerButton(action, answer_id) for action in actions if shown.get(action, True)]
        for actions in (_ACTIONS[:_FIRST_ROW], _ACTIONS[_FIRST_ROW:])
    )
    return row(*first), row(*second, *more)


def answer_id_of(message: discord.Message) -> str | None:
    """The answer that a message of Quoth's shows, read from its buttons."""
    for component in message.components:
        if isinstance(component, discord.ActionRow):
            for item in component.children:
                found = _ANSWER_ID.fullmatch(getattr(item, "custom_id", None) or "")
                if found:
                    return found[1]
    return None


class AnswerButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"quoth:(?P<action>{'|'.join(_ACTIONS)}):(?P<answer_id>[0-9a-f]{{32}})",
):
    """Any of the buttons; which one, and of which answer, says its id."""

    def __init__(self, action: str, answer_id: str) -> None:
        """Make the button for one action."""
        style = _STYLES.get(action, discord.ButtonStyle.secondary)
        super().__init__(button_of(action, f"quoth:{action}:{answer_id}", style))
        self._action = action
        self._answer_id = answer_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["action"], match["answer_id"])

    async def on_press(self, interaction: _Interaction, client: Collaborators) -> None:
        """Do what the button says."""
        handle = {
            "context": self._context,
            "others": self._others,
            "follow": self._follow,
            "right": self._right,
            "wrong": self._wrong,
            "delete": self._delete,
        }[self._action]
        await handle(interaction, client)

    async def _stored(
        self, interaction: _Interaction, client: Collaborators
    ) -> StoredAnswer | None:
        """The answer, once Discord has been told to wait; None after saying that it is gone."""
        await load_alone(interaction)
        stored = await _answer(interaction, client, self._answer_id)
        if stored is None:
            await show_response(interaction, content=notice("forgotten", days=ANSWERS_KEPT_DAYS))
        return stored

    async def _context(self, interaction: _Interaction, client: Collaborators) -> None:
        stored = await self._stored(interaction, client)
        if stored is None:
            return
        pieces = whose_context(stored.found.shown, stored.found.nearest)
        if not pieces:
            # An answer that never had any has no button for it, so the id was forged.
            kind = "quote_removed" if stored.found.removed else "no_context"
            await show_response(interaction, content=notice(kind))
            return
        service = client.service
        scope = client.records.collection(server_id_of(interaction))

        def look_up() -> list[Surroundings]:
            return [
                surroundings(service, scope, piece, document_name(piece.title, piece.document_id))
                for piece in pieces
            ]

        await show_response(
            interaction, view=layout(*context_cards(await asyncio.to_thread(look_up)))
        )

    async def _others(self, interaction: _Interaction, client: Collaborators) -> None:
        stored = await self._stored(interaction, client)
        if stored is None:
            return
        if stored.found.alternatives:
            others = others_card(stored.found.alternatives, client.settings.links)
            await show_response(interaction, view=layout(others))
        else:
            kind = "quote_removed" if stored.found.removed else "no_others"
            await show_response(interaction, content=notice(kind))

    async def _follow(
        self,
        interaction: _Interaction,
        client: Collaborators,  # noqa: ARG002 - as all actions have it
    ) -> None:
        await open_form(interaction, _FollowUpForm(self._answer_id))

    async def _right(self, interaction: _Interaction, client: Collaborators) -> None:
        stored = await self._stored(interaction, client)
        if stored is not None:
            thanks = await vote(client, interaction, stored)
            solved = await mark_solved(interaction, client)
            await show_response(interaction, content=f"{thanks} {solved}" if solved else thanks)

    async def _wrong(self, interaction: _Interaction, client: Collaborators) -> None:
        await open_form(interaction, _WrongForm(self._answer_id))
        # The vote counts even if the form is closed unfilled.
        stored = await _answer(interaction, client, self._answer_id)
        if stored is not None:
            await vote(client, interaction, stored, complaint="wrong", is_button_alone=True)

    async def _delete(self, interaction: _Interaction, client: Collaborators) -> None:
        await acknowledge(interaction.response.defer)
        stored = await _answer(interaction, client, self._answer_id)
        asker = client.records.hashed(interaction.user.id)
        is_asker = stored is not None and stored.asker == asker
        # In its direct messages nobody else is there.
        is_alone = interaction.context.dm_channel
        if is_asker or is_alone or interaction.permissions.manage_messages:
            await deliver(interaction.delete_original_response)
        else:
            kind = "not_yours" if stored is not None else "owner_forgotten"
            text = notice(kind, days=ANSWERS_KEPT_DAYS)
            await interaction.followup.send(text, ephemeral=True)


async def _answer(
    interaction: _Interaction, client: Collaborators, answer_id: str
) -> StoredAnswer | None:
    """The answer with an id, if whoever made the interaction may know it there."""
    return await asyncio.to_thread(
        client.answers.get, answer_id, interaction.user.id, server_id_of(interaction)
    )


class _AnswerForm(Form):
    """A form with a field, about an answer."""

    def __init__(
        self,
        name: str,
        answer_id: str,
        field: "ui.TextInput[_AnswerForm]",
        *above: "ui.Label[_AnswerForm]",
    ) -> None:
        super().__init__(label(f"{name}_title"), f"quoth:form:{name}:{answer_id}")
        self.answer_id = answer_id
        self.field = field
        field.custom_id = name
        for item in (*above, ui.Label(text=label(f"{name}_field"), component=field)):
            self.add_item(item)


class _WrongForm(_AnswerForm):
    """Asks what is wrong, and for the right answer."""

    def __init__(self, answer_id: str) -> None:
        """Make an empty form."""
        field: ui.TextInput[_AnswerForm] = ui.TextInput(
            required=False,
            max_length=EXPECTED_CHARS,
            style=discord.TextStyle.paragraph,
        )
        # The first is what the button alone says.
        self.complaint: ui.RadioGroup[_AnswerForm] = ui.RadioGroup(
            custom_id="complaint",
            required=False,
            options=[
                discord.RadioGroupOption(
                    label=label(f"is_{value}"), value=value, default=value == "wrong"
                )
                for value in _COMPLAINTS
            ],
        )
        choice: ui.Label[_AnswerForm] = ui.Label(text=label("complaint"), component=self.complaint)
        super().__init__("wrong", answer_id, field, choice)

    async def on_submit(self, interaction: _Interaction) -> None:
        """Keep the right answer with the vote."""
        await load_alone(interaction)
        client: Collaborators = interaction.client
        stored = await _answer(interaction, client, self.answer_id)
        if stored is None:
            text = notice("forgotten", days=ANSWERS_KEPT_DAYS)
        else:
            expected = self.field.value.strip() or None
            # Discord offers no others, and a forged one is none.
            chosen = [one for one in _COMPLAINTS if one == self.complaint.value]
            text = await vote(
                client, interaction, stored, complaint=(*chosen, "wrong")[0], expected=expected
            )
        await show_response(interaction, content=text)


class _FollowUpForm(_AnswerForm):
    """Asks the next question."""

    def __init__(self, answer_id: str) -> None:
        """Make an empty form."""
        field: ui.TextInput[_AnswerForm] = ui.TextInput(max_length=MAX_MODAL_INPUT)
        super().__init__("follow", answer_id, field)

    async def on_submit(self, interaction: _Interaction) -> None:
        """Answer it, as a turn after the one that the button belongs to."""
        client: Collaborators = interaction.client
        channel_id = interaction.channel_id or 0
        is_private = interaction.message is not None and interaction.message.flags.ephemeral
        await client.asking.answer_interaction(
            interaction,
            self.field.value,
            earlier=lambda: client.conversations.until(
                self.answer_id, channel_id, is_private=is_private
            ),
            goes_on=True,
        )


def add_answer_forms(forms: Forms) -> None:
    """Have the forms that buttons open known."""
    answer_id = "([0-9a-f]{32})"
    forms.add(f"quoth:form:wrong:{answer_id}", lambda match: _WrongForm(match[1]))
    forms.add(f"quoth:form:follow:{answer_id}", lambda match: _FollowUpForm(match[1]))
