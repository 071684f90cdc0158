"""Untrusted text -> text that Discord shows as it is written, within a limit. Pure functions."""

import re
from urllib.parse import quote

from bot.discord_app.limits import MAX_CONTENT
from index.shortening import shorten
from prompts.printing import printable

# Whatever begins or ends formatting, a mention, an emoji, a link, a heading or a quote. Discord
# takes a backslash before any of them as "show the next character".
_SPECIAL = re.compile(r"[\\*_~`|<>@#\[\]()]")
# Only colons that make a link or an emoji, so that times stay readable in a copy.
_COLON = re.compile(r":(?=//|\w+:)")
_LINE_START = re.compile(r"^([^\S\n]*+)(-|\+|\d++(?=\.))", re.MULTILINE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# Characters of addresses that mean nothing to Discord, and the mark of one that is quoted already.
_IN_LINKS = ":/?#@!$&+,;=%-._~"
# A longer address would take the room of an answer.
_MAX_LINK_CHARS = 500
# Discord's marks for a member, a role, a channel and an emoji of a server.
_REFERENCE = re.compile(r"<(?:@[!&]?|#|a?:\w{1,32}:)\d{1,20}>")


def without_references(text: str) -> str:
    """What was typed, without what is no words: mentions, links to channels, and custom emoji."""
    return " ".join(_REFERENCE.sub(" ", text).split())


def escape(text: str) -> str:
    """Escape `text`, so that Discord shows its characters as they are."""
    escaped = _COLON.sub(r"\\:", _SPECIAL.sub(r"\\\g<0>", printable(text)))
    return _LINE_START.sub(
        lambda m: f"{m[1]}{m[2]}\\" if m[2].isdigit() else f"{m[1]}\\{m[2]}", escaped
    )


def unescape(text: str) -> str:
    """What `escape` was given, without what can't be printed."""
    return _ESCAPED.sub(r"\1", text)


def fit(text: str, max_chars: int = MAX_CONTENT) -> str:
    """
    Escape `text`, shortened at a word so that what comes of it has at most `max_chars` characters.
    """
    room = max_chars
    while len(escaped := escape(shorten(text, room))) > max_chars:
        # A character that is dropped takes one backslash with it at most.
        room = max(1, room - (len(escaped) - max_chars + 1) // 2)
    return escaped


def in_link(url: str) -> str | None:
    """An address, written so that it doesn't end the link around it; None if it is too long."""
    quoted = quote(url, safe=_IN_LINKS)
    return quoted if len(quoted) <= _MAX_LINK_CHARS else None


def end_of(text: str, max_chars: int) -> str:
    """The last words of `text`, in at most about `max_chars` characters."""
    if len(text) <= max_chars:
        return text
    return "… " + text[-max_chars:].partition(" ")[2]


def start_of(text: str, max_chars: int) -> str:
    """The first words of `text`, in at most about `max_chars` characters."""
    if len(text) <= max_chars:
        return text
    return text[:max_chars].rpartition(" ")[0] + " …"
