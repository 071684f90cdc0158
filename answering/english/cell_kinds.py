"""The kinds of cells of a table that may answer a question."""

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from answering.english.quantities import MONTHS, NUMBER_WORDS, UNITS, YEAR
from answering.english.words import QUESTION_WORDS

_MONTH = "(?:" + "|".join(rf"{m[:3]}(?:t?\b\.?|{m[3:]})" for m in map(str.capitalize, MONTHS)) + ")"
_DAY_OF_MONTH = rf"(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}}\b)"
_WEEKDAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?"
# "2012" alone may be a room, too.
_DAY_ONLY = rf"{_DAY_OF_MONTH}|{_MONTH} {YEAR}|\d{{4}}-\d\d-\d\d|\b{_WEEKDAY}\b"
_CLOCK = r"\d:\d\d|\d ?[ap]\.?m\b"
_TIME_ONLY = rf"{_DAY_ONLY}|{_CLOCK}"
_DAY = rf"{_DAY_ONLY}|^{YEAR}(?:-\d\d)?$|^\d{{1,2}}[./]\d{{1,2}}[./](?:\d\d)?\d\d$"
_TIME = rf"{_DAY}|{_CLOCK}"
_NOTHING_BUT_A_DAY = rf"(?:{_DAY_OF_MONTH})?,? ?(?:{YEAR})?$"
_CURRENCY = "(?:euros?|dollars?|pounds?|pence|cents?|francs?|EUR|USD|GBP|CHF)"
_MONEY = rf"[€£$¥]|\d {_CURRENCY}\b|^[Ff]ree\b"
# Neither "3D Systems" nor "1st Brigade" begins with one.
_FIGURE = r"\W{0,2}\d[\d.,:/-]*(?!\w)"
_AMOUNT = rf"\W{{0,2}}\d|(?:an?|{'|'.join(sorted(NUMBER_WORDS))})\b"
# What is written in figures; a length may be "half a day", and a size "large".
_IN_FIGURES = (
    "altitude|capacity|depth|distance|height|population|power|running time|speed|weight|width"
)
# Only right behind such words is it what is asked for: "which hall has a capacity of 200" asks for
# the hall, and "what kind of power does it use" for a word.
_OPENING_OF_A_MEASURE = (
    r"(?:how much |(?:what|which)(?:'s| is| are| was)? )?(?:the )?"
    r"(?:(?:average|current|full|max|maximum|min|minimum|real|seating|top|total) )?"
)
_FIGURES = rf"^(?!{_NOTHING_BUT_A_DAY}|.*(?:{_MONEY}))\W{{0,2}}\d"
# A letter counts only as it stands: something may be in room "12 S", and lasts "12 s".
_UNIT = "|".join(unit if len(unit) == 1 else f"(?i:{unit})" for unit in UNITS)
# Something may be in room "12", "12A" or "3.07", and nowhere in "7.6 km" or "£3".
_NO_PLACE = rf"^(?:[€£$¥] ?\d[\d.,-]*+|\W?\d[\d.,:/-]*+ ?(?:{_UNIT}|{_CURRENCY}|[%€£$¥]))$"
# Neither "–" nor "-" is among them: in a column of names they are nobody.
_YES_OR_NOT = r"^(?:[Yy]es|YES|[Nn]o|NO|[Tt]rue|TRUE|[Ff]alse|FALSE|[xX✓✔✗])$"
# How somebody is reached, as it is asked for, and as it is written; "101-103" are rooms or pages.
_MAIL, _PAGE = r"\w@\w", r"://|\bwww\."
_PHONE = r"^(?!\d{3}-\d{3}$)\+?(?:[ ()/.-]{0,2}\d){6,20}$"
_CONTACTS = (
    (r"e-?mail(?: address)?", _MAIL),
    (r"(?:home ?page|url|web ?address|web ?page|web ?site)", _PAGE),
    (r"(?:fax|mobile|(?:tele)?phone)(?: number)?", _PHONE),
)
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|[^\s@]+@[^\s@]+")
"""A page or a mail box, which is one thing however it is cut into words."""
_WHAT_COUNTS_ALIKE = [
    "|".join(word for word, other in UNITS.items() if other == unit)
    for unit in dict.fromkeys(UNITS.values())
]
_FIRST_QUESTION_WORD = re.compile(rf"\b(?:{'|'.join(sorted(QUESTION_WORDS))})\b", re.IGNORECASE)
NOTHING_THERE = re.compile(
    r"\W*+(?:not\b.*+|(?:closed|n/?a|never|nil|no(?: one)?|nobody|none|nothing|"
    r"sold out|unavailable)\b)?+\W*+",
    re.IGNORECASE,
)
"""A cell of a table that says that something is not there, or not so: "none", "not offered"."""


class CellKind(NamedTuple):
    """What tells the columns of a table that may answer a question from those that can't."""

    some: re.Pattern[str]
    """What at least one cell of such a column says."""
    none: re.Pattern[str]
    """What none of its cells says."""

    def fits(self, cells: Sequence[str]) -> bool:
        """Whether a column may answer, by its cells that say more than that nothing is there."""
        telling = [cell for cell in cells if not NOTHING_THERE.fullmatch(cell)] or cells
        return any(map(self.some.search, telling)) and not any(map(self.none.search, telling))


_NOTHING = r"(?!)"
_NO_TIME = rf"^(?!.*(?:{_TIME_ONLY}))"
# A mail address or a number answers "who do I call" and "where do I write to", and not "who gives
# the talk".
_REACHING = (
    r"(?:apply|ask|call|contact|e-?mail|message|phone|reach|register|report|ring|send|speak|talk|tell|"
    r"write)(?:e?d)?\b"
)
_WHO_IS_REACHED = (
    r"(?:who|whom|whose \w+) (?:(?:is |are )?to|do|does|can|could|may|must|shall|should|will|would)"
    rf"\b.*\b(?:{_REACHING}|(?:get|go|help|see|turn)\b)"
)


@cache
def _asked_and_answering() -> tuple[tuple[re.Pattern[str], CellKind], ...]:
    """What is asked, and which cells answer it; compiled where there is a table to look at."""
    return tuple(
        (re.compile(asked, re.IGNORECASE), CellKind(re.compile(some), re.compile(none)))
        for asked, some, none in (
            (
                rf"^(?!{_WHO_IS_REACHED})(?:who|whom|whose)\b",
                rf"^(?!{_FIGURE})",
                rf"{_YES_OR_NOT}|{_MAIL}|{_PAGE}|{_PHONE}",
            ),
            (r"^(?:what|which) year\b", r"(?<!\d)(?:1\d|20|21)\d\d(?!\d)", _NOTHING),
            (r"^(?:what|which) (?:day|date)\b", _DAY, _NOTHING),
            (r"^(?:when|(?:what|which) time)\b", _TIME, _NOTHING),
            # Something is sent to a mail address, and nothing else is there.
            (
                rf"^where\b(?!.*\b{_REACHING})",
                _NO_TIME,
                rf"{_YES_OR_NOT}|{_NO_PLACE}|{_PHONE}|{_MAIL}",
            ),
            (r"^where\b", _NO_TIME, rf"{_YES_OR_NOT}|{_NO_PLACE}"),
            *(
                (rf"^how many (?:{words})\b", rf"\d ?(?i:{words})\b", _NOTHING)
                for words in _WHAT_COUNTS_ALIKE
            ),
            (
                r"^(?!who|when|where).*\b(?:costs?|prices?|fees?|fares?|pays?|paid)\b",
                _MONEY,
                _NOTHING,
            ),
            *(
                (
                    rf"^{_OPENING_OF_A_MEASURE}{words} |['’]s {words}\W*$",
                    cell,
                    _NOTHING,
                )
                for words, cell in _CONTACTS
            ),
            (
                r"^how (?:long|high|tall|wide|broad|deep|heavy|far|fast|big|large)\b|"
                rf"^{_OPENING_OF_A_MEASURE}(?:duration|length) (?:of|does|do|is)\b",
                rf"^(?!{_NOTHING_BUT_A_DAY}|.*(?:{_MONEY}))(?:{_AMOUNT})",
                _NOTHING,
            ),
            (rf"^{_OPENING_OF_A_MEASURE}(?:{_IN_FIGURES}) (?:of|does|do|is)\b", _FIGURES, _NOTHING),
            # Between a fee and a number, "how many" asks for the number.
            (
                rf"^how many (?!{_CURRENCY}\b)",
                rf"^(?!{_NOTHING_BUT_A_DAY}|.*(?:{_MONEY}))(?:{_AMOUNT})",
                _NOTHING,
            ),
            (r"^how (?:many|much)\b", rf"^(?!{_NOTHING_BUT_A_DAY})(?:{_AMOUNT})", _NOTHING),
        )
    )


def kinds_of_cells(question: str) -> list[CellKind]:
    """The kinds of cells that may answer a question, the nearest first; none if nothing tells."""
    word = _FIRST_QUESTION_WORD.search(question)
    asked = question[word.start() :] if word else question
    return [kind for asks, kind in _asked_and_answering() if asks.search(asked)]
