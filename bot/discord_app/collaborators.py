"""What buttons and forms find at the client that an interaction came by."""

from collections.abc import Callable
from typing import Protocol

from bot.discord_app.asking import Asking
from bot.discord_app.audit import AuditTrail
from bot.discord_app.cards import MessageCard
from bot.discord_app.conversation_store import Conversations
from bot.discord_app.document_changes import Changes
from bot.discord_app.once import Once
from bot.discord_app.posts import SupportChannels
from bot.discord_app.records import Records
from bot.discord_app.stored_answers import StoredAnswers
from bot.discord_app.teaching import Teaching
from bot.serving.service import AnswerService
from bot.settings import Settings

ListPage = Callable[[int, int], tuple[MessageCard, int, int]]
"""A server and a page of a list, from 0, or the last one -> the page, its number, how many."""


class Collaborators(Protocol):
    """A part of the client, which knows the buttons, so that they need not know it."""

    answers: StoredAnswers
    asking: Asking
    audit: AuditTrail
    changes: Changes
    conversations: Conversations
    lists: dict[str, ListPage]
    """The lists whose pages buttons turn, by name; each page is made anew, which may block."""
    pressed: Once
    """The messages whose button was pressed that does something once."""
    records: Records
    service: AnswerService
    settings: Settings
    support: SupportChannels
    teaching: Teaching
