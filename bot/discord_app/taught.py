"""A message that was taught, and the document of its server that is made of it."""

import json
import re
from dataclasses import dataclass
from datetime import date

from index.shortening import MAX_TITLE_CHARS

# A longer question could not be a document's title, which is searched with its text.
MAX_QUESTION_CHARS = MAX_TITLE_CHARS
# Discord's ids are signed numbers of 64 bits, as databases have them.
_MAX_ID = 2**63
_NAME = re.compile(r"taught-(\d{1,20})-(\d{1,20})-(\d{1,20})\.md")
_FENCE = "---\n"
# Names of front matter; the first two are those that the index reads.
_FIELDS = ("title", "date", "message", "author", "consent")


@dataclass(frozen=True, slots=True)
class MessageAt:
    """Where a message stands in Discord."""

    server_id: int
    channel_id: int
    id: int

    @property
    def link(self) -> str:
        """Its address in Discord."""
        return f"https://discord.com/channels/{self.server_id}/{self.channel_id}/{self.id}"

    @property
    def channel(self) -> str:
        """Its channel, as Discord links it."""
        return f"<#{self.channel_id}>"

    @property
    def document(self) -> str:
        """The name of the document that is made of it."""
        return f"taught-{self.server_id}-{self.channel_id}-{self.id}.md"


@dataclass(frozen=True, slots=True)
class Taught:
    """A message with the question that it answers."""

    message: MessageAt
    question: str
    """On one line, of at most `MAX_QUESTION_CHARS`."""
    text: str
    """The text of the message, word for word."""
    written: date
    author: str
    """The hash of whoever wrote it."""
    consent: str
    """Who agreed to its use, and when, in words."""
    agreed: float
    """When that was, in seconds since 1970; it stands in no document."""

    def file(self) -> bytes:
        """The document: its question is its title, which is searched and never quoted."""
        values = (self.question, str(self.written), self.message.link, self.author, self.consent)
        # JSON texts are YAML's too.
        lines = [
            f"{name}: {json.dumps(value, ensure_ascii=False)}\n"
            for name, value in zip(_FIELDS, values, strict=True)
        ]
        return (_FENCE + "".join(lines) + _FENCE + "\n" + self.text + "\n").encode()


def message_of(document_id: str) -> MessageAt | None:
    """The taught message that a document was made of, if it was made of one."""
    match = _NAME.fullmatch(document_id)
    ids = [*map(int, match.groups())] if match else []
    return MessageAt(*ids) if ids and max(ids) < _MAX_ID else None


def read_taught(name: str, content: bytes, agreed: float) -> Taught | None:
    """
    Read a document back; None if it is no taught answer.

    A moderator may have added a document of such a name.

    Args:
        name: The name of the document.
        content: All of it.
        agreed: When its author agreed at the latest, in seconds since 1970.
    """
    message = message_of(name)
    opening, _, rest = content.decode(errors="replace").partition(_FENCE)
    matter, fence, text = rest.partition(f"\n{_FENCE}\n")
    if message is None or opening or not fence:
        return None
    try:
        entries = {
            key: json.loads(value)
            for key, _, value in (line.partition(": ") for line in matter.split("\n"))
        }
        question, written, _, author, consent = (str(entries[field]) for field in _FIELDS)
        # Half a pair of surrogates can't be kept.
        f"{question}{text}{author}{consent}".encode()
        day = date.fromisoformat(written)
        return Taught(message, question, text.rstrip("\n"), day, author, consent, agreed)
    except (ValueError, KeyError, RecursionError):
        return None
