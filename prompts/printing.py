"""
What is printed, made harmless: names, titles, quotes and questions come from outside.

A terminal obeys escape sequences and control characters, and marks of direction make one text read
as another. What is stored, searched and quoted stays as it is; only what is printed goes through
here.
"""

import json
import re
import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
# Neither letters nor marks that anybody sees, though Python calls them printable: fillers, and what
# selects a variant of the character before. The two that select how an emoji looks are not here.
_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE0E)))
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
)
# Everything that need not be looked at: newlines, and what ASCII prints.
_SUSPECT = re.compile(r"[^\n -~]")
# The characters of a pair in JSON's escapes.
_FIRST_OF_PAIR, _SECOND_OF_PAIR = 0xD800, 0xDC00
_BEYOND_16_BITS = 0x10000


class Shown(str):
    """
    Text that is printed as it stands, because all that came from outside was made harmless.

    It may have several lines and be styled; of any other text a template makes one plain line.
    """

    __slots__ = ()


def printable(text: str) -> str:
    """
    Take out what steers a terminal, or makes a text read as another.

    White space becomes a space, but for newlines. What can't be seen goes, such as marks that turn
    the direction of writing; the joiner of emoji stays. Control characters become "�", so the rest
    of an escape sequence is seen for what it is.
    """
    return _SUSPECT.sub(_harmless, text)


def _harmless(found: re.Match[str]) -> str:
    character = found[0]
    if character in _UNSEEN:
        return ""
    if character.isprintable() or character == _ZERO_WIDTH_JOINER:
        return character
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) == "Cf" else "�"


def one_line(text: str) -> str:
    """`printable`, with every run of white space as one space."""
    return " ".join(printable(text).split())


def in_template(value: object) -> str:
    """What a template writes for a value: `Shown` as it stands, all else as one harmless line."""
    return value if isinstance(value, Shown) else printable(str(value)).replace("\n", " ")


def json_text(values: object) -> str:
    """
    JSON on one line, in which all that can't be seen is written as an escape.

    A program reads the same text from it; a terminal, or a person, is not misled by it.
    """
    # Within strings only: everything else that JSON consists of is seen.
    return _SUSPECT.sub(_escaped, json.dumps(values, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable() and character not in _UNSEEN:
        return character
    return escape(character)


def escape(character: str) -> str:
    """A character as JSON writes it where it may not stand itself."""
    code = ord(character)
    if code < _BEYOND_16_BITS:
        return f"\\u{code:04x}"
    first, second = divmod(code - _BEYOND_16_BITS, 0x400)
    return f"\\u{_FIRST_OF_PAIR + first:04x}\\u{_SECOND_OF_PAIR + second:04x}"
