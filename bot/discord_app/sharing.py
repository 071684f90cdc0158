"""The button that shows everybody what Quoth answered in private."""

import asyncio
import re
from typing import Any, Self

import discord
from discord import ui

from bot.discord_app.buttons import answer_buttons
from bot.discord_app.cards import Buttons, MessageCard, card_of, instead, layout
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import acknowledge, deliver, respond_alone, show_response, tell_alone
from bot.discord_app.origins import Audience, origin_of, server_id_of
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.persistent_button import PersistentButton, button_of
from bot.discord_app.rendering import notice
from bot.discord_app.stored_answers import AnswerContents


def private_buttons(answer_id: str, found: AnswerContents, owner: str | None) -> Buttons:
    """
    The buttons under an answer that its asker alone sees.

    Args:
        answer_id: That of the answer.
        found: What it consists of.
        owner: The hash of the asker; none where they may not show it to everybody.
    """
    share = (ShareButton(answer_id, owner),) if owner is not None else ()
    return answer_buttons(answer_id, found, *share, is_private=True)


class ShareButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"quoth:share:(?P<answer_id>[0-9a-f]{32}):(?P<owner>[0-9a-f]{24})",
):
    """Shows an answer to everybody in the channel, for the member who asked."""

    def __init__(self, answer_id: str, owner: str) -> None:
        """Make the button under an answer, for the member of that hash."""
        custom_id = f"quoth:share:{answer_id}:{owner}"
        super().__init__(button_of("share", custom_id, discord.ButtonStyle.primary))
        self._answer_id = answer_id
        self._owner = owner

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["answer_id"], match["owner"])

    async def on_press(self, interaction: discord.Interaction[Any], client: Collaborators) -> None:
        """Show the answer once, and take the button away."""
        message = interaction.message
        shown = card_of(message) if message is not None else None
        refused = self._refusal(interaction, client)
        if refused is not None or message is None or shown is None:
            text = refused or notice("not_yours_to_share")
            await respond_alone(interaction, text)
            return
        if not client.pressed.begin(message.id):
            # A second click may come before the first has taken the button away.
            await acknowledge(interaction.response.defer)
            return
        found = None
        try:
            await acknowledge(lambda: interaction.response.defer(thinking=True))
            found = await self._show(interaction, client, shown)
        finally:
            if found is None:
                client.pressed.take_back(message.id)
        if found is not None:
            left = layout(shown, buttons=private_buttons(self._answer_id, found, None))
            await deliver(lambda: interaction.followup.edit_message(message.id, **instead(left)))

    async def _show(
        self, interaction: discord.Interaction[Any], client: Collaborators, shown: MessageCard
    ) -> AnswerContents | None:
        """Show everybody the answer; None after telling its asker that it is there no more."""
        stored = await asyncio.to_thread(
            client.answers.get, self._answer_id, interaction.user.id, server_id_of(interaction)
        )
        if stored is None or stored.found.removed:
            kind = "forgotten" if stored is None else "quote_removed"
            await tell_alone(interaction, notice(kind, days=ANSWERS_KEPT_DAYS))
            return None
        public = layout(shown, buttons=answer_buttons(self._answer_id, stored.found))
        await show_response(interaction, view=public)
        return stored.found

    def _refusal(self, interaction: discord.Interaction[Any], client: Collaborators) -> str | None:
        """Why an answer is not shown to everybody, if it is not."""
        origin = origin_of(interaction, is_private=True)
        # Nobody else can make the hash of a member.
        is_owner = client.records.hashed(interaction.user.id) == self._owner
        if not is_owner or origin.audience is not Audience.ASKER:
            return notice("not_yours_to_share")
        closed = client.asking.closed_to(origin)
        return closed.text if closed is not None else None
