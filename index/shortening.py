"""Texts and titles, cut between words where they are too long."""

import re

# Ends what was shortened.
ELLIPSIS = "…"
MAX_TITLE_CHARS = 100
# A title is made of so much of its line: a line can be the whole document.
_MAX_FIRST_LINE_CHARS = 10_000

_NOT_BLANK = re.compile(r"\S")
_WORD = re.compile(r"\S+")


def shorten(text: str, max_chars: int) -> str:
    """Cut `text` between words so that it has at most `max_chars`, an ellipsis included."""
    text = _beginning(text, max_chars + 1)
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars - 1]
    head = cut.rpartition(" ")[0] if not text[max_chars - 1].isspace() else cut
    return (head or cut).rstrip(" ,;:.") + ELLIPSIS


def _beginning(text: str, min_chars: int) -> str:
    """The first words of a text, joined by single spaces, up to at least so many characters."""
    # Word by word: a text that is one line of hundreds of megabytes is never split as a whole.
    words: list[str] = []
    length = -1
    for word in _WORD.finditer(text):
        words.append(text[word.start() : min(word.end(), word.start() + min_chars)])
        length += 1 + len(words[-1])
        if length >= min_chars:
            break
    return " ".join(words)


def first_line(text: str) -> str | None:
    """The first line that is not blank, shortened to a title; none if it holds no word."""
    first = _NOT_BLANK.search(text)
    if first is None:
        return None
    end = text.find("\n", first.start(), first.start() + _MAX_FIRST_LINE_CHARS)
    line = text[first.start() : end if end >= 0 else first.start() + _MAX_FIRST_LINE_CHARS]
    has_word = any(character.isalnum() for character in line)
    return shorten(line, MAX_TITLE_CHARS) if has_word else None
