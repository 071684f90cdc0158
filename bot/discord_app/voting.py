"""What members say of an answer."""

import asyncio
import logging
from typing import Any

import discord

from bot.discord_app.cards import card_of
from bot.discord_app.collaborators import Collaborators
from bot.discord_app.markdown import unescape
from bot.discord_app.rendering import notice
from bot.discord_app.stored_answers import StoredAnswer
from bot.evaluation.gaps import Complaint
from bot.event_log import event

_log = logging.getLogger(__name__)


async def vote(
    client: Collaborators,
    interaction: discord.Interaction[Any],
    stored: StoredAnswer,
    *,
    complaint: Complaint | None = None,
    expected: str | None = None,
    is_button_alone: bool = False,
) -> str:
    """
    Remember a vote, for the answer where there is no complaint; return the thanks.

    The question is kept with it if its asker votes and will read the thanks, which say so; one that
    leaned on others is not, since it says nothing without them, nor one that was asked in private
    or in direct messages.
    """
    question = None
    is_asker = stored.asker == client.records.hashed(interaction.user.id)
    in_server = interaction.guild_id is not None
    if in_server and is_asker and not is_button_alone and not stored.found.leans:
        question = _question_shown(interaction.message)
    await asyncio.to_thread(
        client.answers.vote,
        stored,
        interaction.user.id,
        complaint=complaint,
        expected=expected,
        question=question,
        is_button_alone=is_button_alone,
        voted=client.records.clock(),
    )
    event(_log, "vote", answer=stored.id, right=complaint is None)
    thanks = notice("right" if complaint is None else "wrong")
    return f"{thanks} {notice('question_kept')}" if question else thanks


def _question_shown(message: discord.Message | None) -> str | None:
    """The question as it stands over an answer that others see; none if not all of it does."""
    card = card_of(message) if message is not None and not message.flags.ephemeral else None
    shown = unescape(card.texts[0]) if card is not None else None
    return shown if shown and not shown.endswith("…") else None
