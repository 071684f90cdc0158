"""Addresses of places in documents, and of answers, on the page that `quoth serve` shows."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from bot.collection_names import BASE_COLLECTION

if TYPE_CHECKING:
    from answering.answer import AnswerSpan, NearestPassage

# The element that an address jumps to.
PLACE_ID = "place"
# The hash of the words in an address, in hexadecimal: enough to tell that others stand there now.
_MARK_CHARS = 12


def document_path(document_id: str) -> str:
    """The page of a document."""
    return f"/d/{quote(document_id, safe='/', errors='surrogateescape')}"


def place_path(document_id: str, start_char: int, end_char: int, words: str | None = None) -> str:
    """
    The place of some words in the page of their document.

    A server never sees what stands behind "#" in an address, so the place stands before it, too.

    Args:
        document_id: The document's id.
        start_char: Where the words begin in the document's text.
        end_char: Where they end, exclusive.
        words: What stands there now, so that the page can tell whether it still does.
    """
    query = {"start": str(start_char), "end": str(end_char)}
    if words is not None:
        query["words"] = mark_of(words)
    return f"{document_path(document_id)}?{urlencode(query)}#{PLACE_ID}"


def answer_path(answer_id: str) -> str:
    """The page of an answer that is kept."""
    return f"/a/{answer_id}"


def mark_of(words: str) -> str:
    """What tells some words from others, in an address."""
    return sha256(words.encode("utf-8", "surrogateescape")).hexdigest()[:_MARK_CHARS]


@dataclass(frozen=True, slots=True)
class Links:
    """Where people find the page, if it is known."""

    public_url: str | None = None
    """Without a slash at its end; see `bot.settings.Settings`."""

    def to(self, found: "AnswerSpan | NearestPassage") -> str | None:
        """The address of a place; None if nobody serves it, such as a Discord server's own."""
        if self.public_url is None or found.collection != BASE_COLLECTION:
            return None
        path = place_path(found.document_id, found.start_char, found.end_char, found.text)
        return self.public_url + path

    def to_answer(self, answer_id: str | None) -> str | None:
        """The address of an answer; None if it is not kept, or nobody knows where."""
        if self.public_url is None or answer_id is None:
            return None
        return self.public_url + answer_path(answer_id)


NO_LINKS = Links()
