"""What buttons and forms find at the client that an interaction came by."""

from typing import Protocol

from bot.discord_app.asking import Asking
from bot.discord_app.conversation_store import ConversationStore
from bot.discord_app.posts import SupportChannels
from bot.discord_app.records import Records
from bot.serving.service import AnswerService


class Collaborators(Protocol):
    """A part of the client, which knows the buttons, so that they need not know it."""

    asking: Asking
    conversations: ConversationStore
    records: Records
    service: AnswerService
    support: SupportChannels
