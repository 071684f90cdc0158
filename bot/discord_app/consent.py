"""
A message that somebody wants to teach, shown to its author, who agrees or does not.

What is to be taught stands in that message of Quoth's and nowhere else, so that it outlives a
restart, and nothing is kept of what nobody agreed to.
"""

import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

import discord
from discord import ui

from bot.discord_app.audit import Action
from bot.discord_app.cards import MessageCard, card_of, instead, layout, row
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import (
    acknowledge,
    deliver,
    may_not_write,
    respond_alone,
    show_response,
)
from bot.discord_app.limits import INVALID_FORM, MAX_LAYOUT_TEXT
from bot.discord_app.markdown import escape, unescape
from bot.discord_app.persistent_button import PersistentButton, button_of
from bot.discord_app.rendering import notice
from bot.discord_app.taught import MessageAt, Taught

_Interaction = discord.Interaction[Any]


def _consent_request(
    author_id: int, message_id: int, question: str, text: str
) -> dict[str, Any] | None:
    """What asks the author of a message, and pings nobody else; None if it has no room for that."""
    asked = notice("consent", author=author_id)
    # The text as it is: it is read back when the author agrees.
    card = MessageCard((escape(question), text))
    if len("".join((asked, *card.texts))) > MAX_LAYOUT_TEXT:
        return None
    choices = (ConsentButton(choice, message_id, author_id) for choice in ("yes", "no"))
    author = discord.Object(author_id, type=discord.User)
    return {
        "view": layout(asked, card, buttons=(row(*choices),)),
        "allowed_mentions": discord.AllowedMentions(users=[author]),
    }


class ConsentButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"quoth:teach:(?P<choice>yes|no):(?P<message>\d{1,20}):(?P<author>\d{1,20})",
):
    """Agrees to be quoted, or does not, as the author of a message."""

    def __init__(self, choice: str, message_id: int, author_id: int) -> None:
        """Make one of the two buttons."""
        is_yes = choice == "yes"
        custom_id = f"quoth:teach:{choice}:{message_id}:{author_id}"
        style = discord.ButtonStyle.success if is_yes else discord.ButtonStyle.secondary
        super().__init__(button_of(f"consent_{choice}", custom_id, style))
        self._is_yes = is_yes
        self._message_id = message_id
        self._author_id = author_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["choice"], int(match["message"]), int(match["author"]))

    async def on_press(self, interaction: _Interaction, client: Collaborators) -> None:
        """Teach the message if its author agrees; take the request away if not."""
        is_author = interaction.user.id == self._author_id
        may_refuse = not self._is_yes and interaction.permissions.manage_messages
        if not is_author and not may_refuse:
            await respond_alone(interaction, notice("not_yours_to_agree"))
            return
        await acknowledge(interaction.response.defer)
        assert interaction.message is not None  # noqa: S101 - a button stands under one
        request_id = interaction.message.id
        # A second click may come before the first has taken the buttons away.
        is_first = client.pressed.begin(request_id)
        if not self._is_yes:
            await deliver(interaction.delete_original_response)
            if not is_first:
                self._forget(interaction, client)
        if not self._is_yes or not is_first:
            return
        is_over = False
        try:
            is_over = await self._teach(interaction, client)
        finally:
            if not is_over:
                client.pressed.take_back(request_id)

    async def _teach(self, interaction: _Interaction, client: Collaborators) -> bool:
        """Teach the message; False after telling its author that it has to be tried again."""
        taught = self._taught(interaction, client)
        scope = client.records.collection(interaction.guild_id)
        # Where a server may have no documents, nobody can teach any more.
        if (
            client.settings.max_documents == 0
            or taught is None
            or scope is None
            or await client.teaching.is_gone(taught.message)
        ):
            await deliver(interaction.delete_original_response)
            return True
        is_taught = False

        async def note(action: Action, subject: str) -> None:
            nonlocal is_taught
            is_taught = True
            await client.audit.note(interaction, action, subject, began=taught.agreed)

        with client.asking.in_flight():
            async with client.changes.claim(scope, waits=True) as is_free:
                if client.asking.is_closing or not is_free:
                    text = notice("closing" if client.asking.is_closing else "change_under_way")
                else:
                    text = await client.teaching.teach(scope, taught, lambda _: None, note)
        if is_taught:
            told = instead(layout(text))
            try:
                await show_response(interaction, **told)
            except discord.NotFound:
                # Its author, or a moderator, has said no meanwhile.
                self._forget(interaction, client)
        elif await client.teaching.is_gone(taught.message):
            # It shows what was deleted, and nobody can agree to that any more.
            with suppress(discord.NotFound):
                await deliver(interaction.delete_original_response)
            return True
        else:
            # The request stays, so that its author can agree again.
            await interaction.followup.send(text, ephemeral=True)
        return is_taught

    def _forget(self, interaction: _Interaction, client: Collaborators) -> None:
        assert interaction.guild_id is not None  # noqa: S101 - requests stand in servers
        message_id = self._message_id
        client.teaching.forget_messages(interaction.guild_id, lambda one: one.id == message_id)

    def _taught(self, interaction: _Interaction, client: Collaborators) -> Taught | None:
        """What the request shows, as it will be taught."""
        shown = interaction.message
        card = card_of(shown) if shown is not None else None
        if card is None or interaction.guild_id is None or interaction.channel_id is None:
            return None
        question, text = card.texts
        message = MessageAt(interaction.guild_id, interaction.channel_id, self._message_id)
        return Taught(
            message,
            unescape(question),
            text,
            discord.utils.snowflake_time(message.id).date(),
            client.records.hashed(self._author_id),
            notice("consent_of_author", day=today()),
            client.records.clock(),
        )


def today() -> str:
    """The day, UTC."""
    return datetime.now(UTC).date().isoformat()


def message_text(message: discord.Message) -> str:
    """What a message says, with members and channels by their names."""
    # discord.py puts an invisible space behind each @, so that it could be sent again.
    return message.clean_content.replace("@\u200b", "@")


async def ask_author(
    message: discord.Message,
    question: str,
    nonce: str,
    noted: Callable[[discord.Message], Awaitable[None]],
) -> str:
    """
    Ask the author of a message whether it may be taught.

    Args:
        message: The message.
        question: What it answers.
        nonce: Discord takes a message with the same nonce once.
        noted: Writes down that the author was asked, by a message of Quoth's.

    Returns:
        What to tell who wants it taught.
    """
    request = _consent_request(message.author.id, message.id, question, message_text(message))
    if request is None:
        return notice("too_long_to_ask")
    try:
        asked = await deliver(
            lambda: message.channel.send(
                reference=message.to_reference(fail_if_not_exists=True),
                mention_author=False,
                nonce=nonce,
                **request,
            )
        )
    except discord.HTTPException as error:
        # A channel may be deleted before anybody hears of it.
        if may_not_write(error) or isinstance(error, discord.NotFound):
            return notice("can_not_ask_author")
        if error.code == INVALID_FORM:
            # There is no message any more to which it would reply.
            return notice("teach_again", question=escape(question))
        raise
    await noted(asked)
    return notice("author_asked")
