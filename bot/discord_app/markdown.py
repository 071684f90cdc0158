"""Untrusted text -> text that Discord shows as it is written, within a limit. Pure functions."""

import re

from bot.discord_app.limits import MAX_CONTENT
from index.documents import shorten

# Whatever begins or ends formatting, a mention, an emoji, a link, a heading or a quote. Discord
# takes a backslash before any of them as "show the next character".
_SPECIAL = re.compile(r"[\\*_~`|<>@#\[\]()]")
# Of the colon only the ones that make a link or an emoji, so that times stay readable in a copy.
_COLON = re.compile(r":(?=//|\w+:)")
_LINE_START = re.compile(r"^(\s*)(-|\+|\d+(?=\.))", re.MULTILINE)
# Direction marks can make a text read as another one; the rest can't be seen.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u180e\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def escape(text: str) -> str:
    """`text` so that Discord shows its characters, and nothing else comes of them."""
    visible = _INVISIBLE.sub("", text)
    escaped = _COLON.sub(r"\\:", _SPECIAL.sub(r"\\\g<0>", visible))
    return _LINE_START.sub(
        lambda m: f"{m[1]}{m[2]}\\" if m[2].isdigit() else f"{m[1]}\\{m[2]}", escaped
    )


def plain(text: str) -> str:
    """`text` as one line without what can't be seen, for places that know no formatting."""
    return " ".join(_INVISIBLE.sub("", text).split())


def fit(text: str, max_chars: int = MAX_CONTENT) -> str:
    """
    Escape `text`, shortened at a word so that what comes of it has at most `max_chars` characters.
    """
    kept = max_chars
    while len(escaped := escape(shorten(text, kept))) > max_chars:
        # A character that is dropped takes one backslash with it at most.
        kept = max(1, kept - (len(escaped) - max_chars + 1) // 2)
    return escaped


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
