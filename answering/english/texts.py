"""What lists in texts look like, and what says nothing by itself."""

import re
from collections.abc import Iterable, Sequence

from answering.english.quantities import NUMBERS
from answering.english.words import FUNCTION_WORDS, PREPOSITIONS, YES_AND_NO, word_set, words_of

_SMALL_WORDS = (FUNCTION_WORDS | word_set("above below")) - frozenset(NUMBERS)
# A separator is looked for where its white space begins: at every place in a run of white space it
# would take the square of the run's length. The mark of a line in a list is no part of an item.
SPAN_SEPARATOR = re.compile(
    r"(?:(?<!\s)\s++)?[,;]\s++(?:(?:and|or)\s++)?"
    r"|(?<!\s)(?:\s++and\s++|[^\S\n]*+\n\s*+(?:(?:[-*•]|\d{1,3}[.)])\s++)?)"
)
"""Between the items of a list within a span."""
# White space is looked for where it begins, as above.
PART_SEPARATOR = re.compile(r"[,;]\s++(?:(and|or)\s++)?|(?<!\s)\s++(and|or)\s++")
"""Between the parts of a sentence that may be items; a group holds the word that joins the last."""
_JOINING = frozenset({"and", "or"})
_NO_PREPOSITION = rf"(?!(?:{'|'.join(sorted(PREPOSITIONS))})\b)"
_NUMBER_AFTER_NAME = re.compile(rf"\b{_NO_PREPOSITION}[^\W\d_]++\W++\d[\d\W]*+$", re.IGNORECASE)
_NUMBER_BEFORE_NAME = re.compile(rf"\W*+\d[\d\W]*+\b{_NO_PREPOSITION}[^\W\d_]", re.IGNORECASE)
_ENCLOSED = re.compile(r"\([^()]*+\)|\[[^\[\]]*+\]|“[^“”]*+”|(?<!\w)\"[^\"]*+\"")
BARE_ANSWER = re.compile(rf"(?:^|\?\s)\W*+(?:{'|'.join(sorted(YES_AND_NO))})\W*+$", re.IGNORECASE)
"""A sentence that only says yes or no, by itself or behind the question."""


def separators(pattern: re.Pattern[str], text: str, start: int, end: int) -> list[re.Match[str]]:
    """What separates the parts of a text, but for what brackets or quotation marks enclose."""
    enclosed = {
        place for one in _ENCLOSED.finditer(text, start, end) for place in range(*one.span())
    }
    return _between_items(
        [one for one in pattern.finditer(text, start, end) if one.start() not in enclosed]
    )


def _between_items(found: list[re.Match[str]]) -> list[re.Match[str]]:
    """
    Leave out what stands within an item, where the list is closed by "; and" or ", and".

    "A; B; and C and D" has three items. So has "A, B and C, D, and E" a second one that is "B and
    C", but "A, B and C, and they go home" has not.
    """
    marks = [one[0].split() or [""] for one in found]
    for own in (";", ","):
        closing = [at for at, mark in enumerate(marks) if mark[0] == own and mark[1:]]
        others = [at for at, mark in enumerate(marks) if mark == [own]]
        if not closing or not others:
            continue
        last = others[-1] if own == "," else len(marks)
        return [
            one
            for at, (one, mark) in enumerate(zip(found, marks, strict=True))
            if not others[0] < at < last or mark[0] not in _JOINING
        ]
    return found


def are_numbers_of_one(texts: Sequence[str]) -> bool:
    """Whether parts are numbers, and one names what they all number: "Buses 7 | 12"."""
    *all_but_last, last = texts
    first, *others = texts
    return (_NUMBER_AFTER_NAME.search(first) is not None and _have_no_letter(others)) or (
        _NUMBER_BEFORE_NAME.match(last) is not None and _have_no_letter(all_but_last)
    )


def _have_no_letter(texts: Iterable[str]) -> bool:
    return not any(map(str.isalpha, "".join(texts)))


def says_nothing(text: str) -> bool:
    """
    Whether a text is made of small words alone: "between", but not "May", "IT", "one".

    A mark without a word, such as a tick, may be what a cell says.
    """
    words = words_of(text)
    return bool(words) and _SMALL_WORDS.issuperset(words)
