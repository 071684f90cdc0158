"""What comes after an answer in a support channel: it is solved, or a person is asked."""

import asyncio
import logging
import re
from contextlib import suppress
from typing import Any, Self

import discord
from discord import ui

from bot.database import DatabaseError
from bot.discord_app.cards import layout
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.delivery import (
    UNREACHED,
    deliver,
    load_alone,
    may_not_write,
    show_response,
)
from bot.discord_app.origins import server_id_of
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.persistent_button import PersistentButton, button_of
from bot.discord_app.posts import SupportChannel, solved_tag
from bot.discord_app.rendering import notice, passages_card
from bot.event_log import event

_log = logging.getLogger(__name__)

# Discord's own limit.
MAX_TAGS = 5


async def mark_solved(interaction: discord.Interaction[Any], client: Collaborators) -> str | None:
    """
    Give a forum's post its tag, if its author has called an answer right.

    Returns:
        What to tell the author; None where there is nothing to mark, or no right to.
    """
    thread = interaction.channel
    if not isinstance(thread, discord.Thread) or thread.owner_id != interaction.user.id:
        return None
    tag = solved_tag(thread.parent)
    if client.support.get(thread.parent_id) is None or tag is None:
        return None
    if not interaction.app_permissions.manage_threads:
        return None
    try:
        # What came with the button may lack tags, which would be taken away.
        post = await interaction.client.fetch_channel(thread.id)
        if tag.id not in {one.id for one in post.applied_tags}:
            if len(post.applied_tags) >= MAX_TAGS:
                return None
            await post.add_tags(tag)
    except (discord.DiscordException, *UNREACHED) as error:
        event(_log, "not_tagged", logging.WARNING, error=type(error).__name__)
        return None
    return notice("solved", tag=tag.name)


class PersonButton(
    PersistentButton,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=r"quoth:person:(?P<answer_id>[0-9a-f]{32})",
):
    """Asks a person into a thread, where the answer did not help."""

    def __init__(self, answer_id: str) -> None:
        """Make the button under an answer."""
        super().__init__(button_of("person", f"quoth:person:{answer_id}"))
        self._answer_id = answer_id

    @classmethod
    def from_match(cls, match: re.Match[str]) -> Self:
        """Make the button with an id."""
        return cls(match["answer_id"])

    async def on_press(self, interaction: discord.Interaction[Any], client: Collaborators) -> None:
        """Ping the chosen role, once in each thread, and say what the documents have nearby."""
        await load_alone(interaction)
        await show_response(interaction, content=await self._ask(interaction, client))

    async def _ask(self, interaction: discord.Interaction[Any], client: Collaborators) -> str:
        thread, server_id = interaction.channel, server_id_of(interaction)
        stored = await asyncio.to_thread(
            client.answers.get, self._answer_id, interaction.user.id, server_id
        )
        if stored is None:
            return notice("forgotten", days=ANSWERS_KEPT_DAYS)
        is_author = stored.asker == client.records.hashed(interaction.user.id)
        if not is_author and not interaction.permissions.manage_messages:
            return notice("not_yours_to_ask")
        channel = (
            client.support.get(thread.parent_id) if isinstance(thread, discord.Thread) else None
        )
        nobody = await _nobody_to_ask(channel, interaction, client)
        if nobody is not None:
            return nobody
        assert channel is not None  # noqa: S101 - else there is nobody to ask
        assert isinstance(thread, discord.Thread)  # noqa: S101 - it has a support channel
        wanted = notice("person_wanted", role=channel.role_id)
        shown = layout(wanted, passages_card(stored.found))
        assert interaction.message is not None  # noqa: S101 - a button stands under one
        if not client.pressed.begin(interaction.message.id):
            return notice("person_asked_before")
        try:
            await deliver(lambda: thread.send(view=shown, **_pinging(channel, interaction.id)))
        except (discord.DiscordException, *UNREACHED) as error:
            client.pressed.take_back(interaction.message.id)
            if may_not_write(error):
                event(_log, "not_sent", logging.WARNING, error=type(error).__name__)
                return notice("can_not_post", channel=thread.mention)
            raise
        # Only now: if Quoth is stopped before, somebody may be asked twice, and not never.
        with suppress(DatabaseError):
            await asyncio.to_thread(client.support.note_call, channel.server_id, thread.id)
        event(_log, "person_asked", answer=self._answer_id)
        return notice("person_asked")


async def _nobody_to_ask(
    channel: SupportChannel | None, interaction: discord.Interaction[Any], client: Collaborators
) -> str | None:
    """Why nobody is to be asked by way of a support channel, if nobody is."""
    if channel is None or channel.role_id is None:
        return notice("nobody_to_ask")
    assert interaction.channel is not None  # noqa: S101 - it has a support channel
    if await asyncio.to_thread(client.support.is_person_called, interaction.channel.id):
        return notice("person_asked_before")
    role = interaction.guild.get_role(channel.role_id) if interaction.guild is not None else None
    if role is not None and not may_ping(role, interaction.app_permissions):
        event(_log, "may_not_ping", logging.WARNING)
        return notice("can_not_ping", role=role.mention)
    return None


def may_ping(role: discord.Role, permissions: discord.Permissions) -> bool:
    """Whether Discord lets Quoth ping a role where it has these permissions."""
    return role.mentionable or permissions.mention_everyone


def _pinging(channel: SupportChannel, nonce: int) -> dict[str, Any]:
    """Let a message ping one role, and nobody else whatever stands in it."""
    assert channel.role_id is not None  # noqa: S101 - else there is nobody to ask
    role = discord.Object(channel.role_id, type=discord.Role)
    return {"allowed_mentions": discord.AllowedMentions(roles=[role]), "nonce": str(nonce)}
