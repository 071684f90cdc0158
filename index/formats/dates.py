"""
The date that a document states for itself.

A date somewhere in a text is a date that it tells of; only a dateline, a byline or metadata say
when it was written.
"""

import re
from datetime import date, datetime

_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_NAMES_OF_MONTHS = "|".join([*_MONTHS, "jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec"])
MONTH = rf"(?:{_NAMES_OF_MONTHS})\.?"
"""The name of a month, long or short."""
_MONTH = rf"(?P<month>{_NAMES_OF_MONTHS})\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
# As ISO 8601 writes it, with or without seconds and the zone.
_TIME = r"\d\d:\d\d(?::\d\d(?:[.,]\d++)?)?(?:\s?(?:Z\b|[+-]\d\d:?\d\d\b))?"
# Between its parts stands white space of any length. No two of these patterns' neighbours take the
# same characters, so that none has to share them out.
_WRITTEN = (
    rf"(?:{_MONTH}\s++{_DAY}(?:\s*+,)?\s++{_YEAR})",
    rf"(?:{_DAY}\s++(?:of\s++)?{_MONTH}(?:\s*+,)?\s++{_YEAR})",
    rf"(?:(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d))(?:[T ]{_TIME})?",
)
_LABEL = (
    r"(?:(?:date|dated|published|posted|updated|issued|released|last updated|effective)"
    r"\s*+(?:(?:on|:)\s*+)?)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\s*+(?:,\s*+)?)?"
)
# A line that says nothing but a date, perhaps with a label, a weekday and a time.
_DATE_LINE = tuple(
    re.compile(
        rf"^\W*+{_LABEL}{written}\W*+"
        r"(?:(?:at\s++)?\d\d?:\d\d(?:\s*+[ap]\.?m\.?)?(?:\s*+[A-Z]{2,4})?\W*+)?$",
        re.IGNORECASE,
    )
    for written in _WRITTEN
)
_CAPITALS = r"[A-Z.'\-]++"
# "WASHINGTON, Oct. 18, 2011 (Reuters) -": the place in capitals, then the date, then a dash.
_DATELINE = tuple(
    re.compile(
        rf"^[A-Z](?:{_CAPITALS}(?:\ ++{_CAPITALS})*|(?:\ ++{_CAPITALS})+)"
        r"(?:\ *+,\s[A-Z][\w.]*+)*"
        rf"(?:\ *+,)?\s++(?:\([^)\n]{{1,40}}\),?\s++)?(?i:{written})"
        r"\s*+(?:\([^)\n]{1,40}\)\s*+)?[-–—:]"
    )
    for written in _WRITTEN
)
# What a heading says of a text that tells of one day: "Minutes of the committee, 9 March 2026".
# "20 minutes" are none, and "the minutes" are others.
_RECORD = r"(?<!\d\W)(?<!\bthe\W)\b(?:minutes|newsletter|bulletin|circular)\b"
_SPEAKS_OF_RECORD = re.compile(_RECORD, re.IGNORECASE)
# Behind "of" or "on", the date may be that of another text or of an event: "Reply to the circular
# of 4 May 2020". In "Minutes of 4 May 2020", and "of the meeting held on" that day, it is not.
_ENDS_WITH_DATE = tuple(
    re.compile(
        rf"(?:[-–—,:(]|^{_RECORD}(?:\s++(?:of|on)|.*\b(?:held|meeting)\s++on)\b)\s*+"
        rf"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day\s*+(?:,\s*+)?)?{written}\)?$",
        re.IGNORECASE,
    )
    for written in _WRITTEN
)
# In a file's name: with hyphens, underscores, dots, spaces or nothing between its parts.
_NUMBERS_IN_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<between>[-_. ]?)"
    r"(?P<month>\d\d)(?P=between)(?P<day>\d\d)(?!\d)"
)
_WORDS_IN_NAME = tuple(
    re.compile(rf"(?<![a-z\d]){written}(?!\d)", re.IGNORECASE) for written in _WRITTEN[:2]
)
# A date stands at the head of a document, or it is not the document's.
_HEAD_LINES = 8
_MAX_LINE_CHARS = 300
_MAX_FIELD_CHARS = 100


def stated_date(text: str) -> date | None:
    """The date in a text's dateline, on a line of its own at its head, or in its heading."""
    lines = [line.strip() for line in text[:5_000].split("\n") if line.strip()]
    for line in lines[:_HEAD_LINES]:
        for pattern in (*_DATE_LINE, *_DATELINE):
            match = pattern.match(line[:_MAX_LINE_CHARS])
            if match and (found := _date(match)):
                return found
    heading = lines[0][:_MAX_LINE_CHARS] if lines else ""
    ends = (
        pattern.search(heading) for pattern in _ENDS_WITH_DATE if _SPEAKS_OF_RECORD.search(heading)
    )
    return next((found for match in ends if match and (found := _date(match))), None)


def parse_date(text: str) -> date | None:
    """The date that a field of metadata holds: ISO 8601, or with the month's name."""
    # The patterns take the square of a field that is full of spaces.
    text = text.strip()[:_MAX_FIELD_CHARS]
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    for written in _WRITTEN:
        if (match := re.match(written, text, re.IGNORECASE)) and (found := _date(match)):
            return found
    return None


def date_in_name(name: str) -> date | None:
    """The date that a file's name, without its ending, holds; none if there are several."""
    spaced = re.sub(r"[-_.]+", " ", name)
    matches = [
        *_NUMBERS_IN_NAME.finditer(name),
        *(match for written in _WORDS_IN_NAME for match in written.finditer(spaced)),
    ]
    found = {stated for match in matches if (stated := _date(match))}
    return found.pop() if len(found) == 1 else None


def _date(match: re.Match[str]) -> date | None:
    # The long s of old prints is one, too.
    month = match["month"].casefold()
    number = int(month) if month.isdigit() else 1 + [name[:3] for name in _MONTHS].index(month[:3])
    try:
        return date(int(match["year"]), number, int(match["day"]))
    except ValueError:
        return None
