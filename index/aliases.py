"""
Names and their short forms, where a document defines them: "Harbour Authority (HA)".

A passage that has one of both is found by the other, too.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# A short form in brackets: letters, of which the first is a capital, and another one is.
_SHORT = r"(?=[A-Z][a-z&]{0,8}[A-Z])[A-Za-z&]{2,10}"
_DEFINED = re.compile(rf"\s\(({_SHORT})\)")
# The other way round; what is in brackets has to be all of the name.
_EXPLAINED = re.compile(rf"\b({_SHORT})\s\(([^()]{{4,120}})\)")
_USED = re.compile(rf"\b{_SHORT}\b")
_WORD = re.compile(r"(?:[^\W\d_]\.)+|[^\W\d_][\w'’]*")
# What may stand between two words of a name.
_BETWEEN = re.compile(r",?\s+|-|\s?&\s?")
# Words of a name that its short form may leave out.
_LEFT_OUT = frozenset({"a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the"})
_LEFT_OUT |= {"to", "under", "with"}
# A text is made of these, as a name is: words, spaces, and every other character by itself.
_PIECE = re.compile(r"\w+|\s+|[^\w\s]")
_LETTER = re.compile(r"\w")
# Before a bracket, where a name is looked for: ten words and those between them.
_NAME_CHARS = 150
# A glossary has as many. A passage is compared with all of them at once.
MAX_ALIASES = 200


class Aliases:
    """The short forms that a text defines."""

    def __init__(self, text: str) -> None:
        """Find the short forms; of several names for one, the first counts."""
        self._names: dict[str, str] = {}
        for short, name in _definitions(text):
            if len(self._names) == MAX_ALIASES:
                break
            self._names.setdefault(short, " ".join(name.split()))
        self._written = _Written(map(_plain, self._names.values()))

    def missing(self, passage: str) -> list[str]:
        """The other form of each name that a passage has in one form alone, short or long."""
        if not self._names:
            return []
        used = _USED.findall(passage)
        shorts = {*used, *(short.removesuffix("s") for short in used)}
        names = self._written.found_in(_plain(passage))
        return [
            name if short in shorts else short
            for short, name in self._names.items()
            if (short in shorts) != (_plain(name) in names)
        ]


@dataclass(slots=True)
class _Beginning:
    """What may follow the beginning of a name, piece by piece."""

    next: dict[str, "_Beginning"] = field(default_factory=dict)
    name: str | None = None
    """The name that ends here, if one does."""


class _Written:
    """
    Names that a text is searched for, all at once.

    A pattern of all of them would compare each word of a text with each name that begins like it,
    and somebody can write 200 names that do. Here, the words from a place on are looked up one by
    one, as far as any name goes: the number of names makes no difference.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._first = _Beginning()
        for name in names:
            at = self._first
            for piece in _PIECE.findall(name):
                at = at.next.setdefault(piece, _Beginning())
            at.name = name

    def found_in(self, text: str) -> set[str]:
        """The names that stand in a text, without those that are part of a longer one."""
        pieces = [*_PIECE.findall(text), ""]
        found = set()
        start = 0
        while start < len(pieces):
            name, start = self._longest_at(pieces, start)
            if name is not None:
                found.add(name)
        return found

    def _longest_at(self, pieces: list[str], start: int) -> tuple[str | None, int]:
        """The longest name that stands at a place, if one does, and where to look next."""
        name, after = None, start + 1
        at, end = self._first, start
        while pieces[end] in at.next:
            at = at.next[pieces[end]]
            end += 1
            # "U.S." does not stand in "U.S.A".
            if at.name is not None and not _LETTER.match(pieces[end]):
                name, after = at.name, end
        return name, after


def _definitions(text: str) -> Iterator[tuple[str, str]]:
    for match in _DEFINED.finditer(text):
        before = text[max(0, match.start() - _NAME_CHARS) : match.start()]
        # No name goes on over a bracket. So no part of a text is looked at for two short forms.
        before = before[1 + max(before.rfind("("), before.rfind(")")) :]
        # Several are named together: "large language models (LLMs)".
        for short in dict.fromkeys((match[1], match[1].removesuffix("s"))):
            if name := _name_before(before, short):
                yield short, name
                break
    for match in _EXPLAINED.finditer(text):
        if _name_before(match[2], match[1]) == match[2]:
            yield match[1], match[2]


def _name_before(text: str, short: str) -> str | None:
    """The words at the end of a text whose initials a short form is made of, if they are."""
    letters = [letter for letter in short.lower() if letter != "&"]
    end = len(text)
    for word in reversed([*_WORD.finditer(text)]):
        if word.end() != end and not _BETWEEN.fullmatch(text, word.end(), end):
            return None
        end = word.start()
        lower = word[0].lower()
        may_be_left_out = lower in _LEFT_OUT
        if lower[0] == letters[-1] and not (may_be_left_out and len(letters) == 1):
            letters.pop()
            if not letters:
                return text[word.start() :]
        elif not may_be_left_out:
            return None
    return None


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
