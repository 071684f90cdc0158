"""Numbers, units, times and days, as documents and questions write them."""

import re

from answering.english.words import word_set


def _numbered(text: str) -> dict[str, int]:
    return {word: number for number, word in enumerate(text.split(), start=1)}


NUMBERS = _numbered(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
"""Numbers by their words."""
TENS = {
    word: 10 * number
    for word, number in _numbered(
        "ten twenty thirty forty fifty sixty seventy eighty ninety"
    ).items()
    if number > 1
}
"""The tens by their words."""
HALF = "half"
AND_A = ("and", "a")
"""What "half" follows in "two and a half"."""
INDEFINITE_ARTICLES = word_set("a an")
"""Words that count one thing: "an hour"."""
_HOUR, _MINUTE = r"(?:[01]?\d|2[0-4])", r"[0-5]\d"
CLOCK = (
    rf"(?<![\d.,:])({_HOUR})(?:[:.]({_MINUTE}))?\s?(?:(a)|(p))\.?\s?m\b\.?"
    rf"|(?<![\d.,:])({_HOUR}):({_MINUTE})\b"
)
"""A time of day: hour and minute, before noon or after it; or "22:00"."""
NAMED_HOURS = {"midnight": 0.0, "noon": 12.0, "midday": 12.0}
"""Hours since midnight of times that have names."""
DOTTED_TIME = re.compile(rf"(?<![\d.,:])({_HOUR})\.({_MINUTE})(?![\d:]|[.,]\d)")
"""What may be a time of day, or a number: hour and minute."""
PAST_THE_HOUR = {
    "half": 30,
    "quarter": 15,
    "five": 5,
    "ten": 10,
    "twenty-five": 25,
    "twenty": 20,
}
"""Minutes since the hour in "half past seven"."""
PAST = re.compile(
    rf"\b({'|'.join(PAST_THE_HOUR)})[\s-]past[\s-]({'|'.join(NUMBERS)}|\d{{1,2}})\b", re.IGNORECASE
)
"""A time in words: the minutes' word, and the hour."""
UNITS: dict[str, tuple[str, float]] = {
    word: (unit, scale)
    for unit, scale, words in (
        ("seconds", 1, "s sec secs second seconds"),
        ("seconds", 60, "min mins minute minutes"),
        ("seconds", 3_600, "h hr hrs hour hours"),
        ("seconds", 86_400, "day days"),
        ("seconds", 604_800, "week weeks"),
        ("seconds", 1_209_600, "fortnight fortnights"),
        ("months", 1, "month months"),
        ("months", 12, "year years"),
        ("metres", 0.001, "mm millimetre millimetres millimeter millimeters"),
        ("metres", 0.01, "cm centimetre centimetres centimeter centimeters"),
        ("metres", 1, "m metre metres meter meters"),
        ("metres", 1_000, "km kilometre kilometres kilometer kilometers"),
        ("metres", 0.0254, "inch inches"),
        ("metres", 0.3048, "ft foot feet"),
        ("metres", 1_609.344, "mile miles"),
        ("grams", 1, "g gram grams"),
        ("grams", 1_000, "kg kilo kilos kilogram kilograms"),
        ("grams", 1_000_000, "tonne tonnes"),
        ("grams", 28.35, "oz ounce ounces"),
        ("grams", 453.6, "lb lbs"),
        ("litres", 0.001, "ml millilitre millilitres milliliter milliliters"),
        ("litres", 1, "l litre litres liter liters"),
        ("bytes", 1e6, "mb megabyte megabytes"),
        ("bytes", 1e9, "gb gigabyte gigabytes"),
        ("bytes", 1e12, "tb terabyte terabytes"),
        ("watts", 1, "w watt watts"),
        ("watts", 1_000, "kw kilowatt kilowatts"),
    )
    for word in words.split()
}
"""What a unit counts, and how many of these one of it is."""
COLUMN_UNITS = frozenset(
    word for word, (unit, _) in UNITS.items() if unit not in {"seconds", "months"}
) | word_set("eur euro euros usd dollars gbp pounds chf m2 sqm")
"""Units that stand in the name of a column and are no part of it: "Monthly charge EUR"."""
SHORT_ALIKE = tuple(
    frozenset((UNITS[one], UNITS[other]))
    for one, other in (
        ("metre", "minute"),
        ("metre", "megabyte"),
        ("gram", "gigabyte"),
        ("watt", "week"),
    )
)
"""Units for which the same letter may be short: "5m"."""
SHORT_MINUTES = re.compile(r"\d\s?(?:h|hrs?|hours?)\s?\d{1,2}\s?m\b", re.IGNORECASE)
"""What ends with an "m" for minutes: "1h 5m"."""
SHORT_MILLIONS = re.compile(r"[€£$¥]\s?\d++(?:[.,]\d++)*+\s?m\b", re.IGNORECASE)
"""What ends with an "m" for millions: "£5m"."""
SIGNS = {
    "€": "euro",
    "$": "dollar",
    "usd": "dollar",
    "£": "pound",
    "gbp": "pound",
    "¥": "yen",
    "%": "percent",
}
"""What stands beside a number for a word."""
PER_CENT = re.compile(r"\bper[\s-]cent\b", re.IGNORECASE)
"""The word of "%" as two."""
EVERY_DAY = re.compile(r"\bevery\sday\b", re.IGNORECASE)
"""What "daily" says; "monthly" and "every month" begin alike."""
BELOW_ZERO = re.compile(
    r"(?<![\d)%°]\s)(?<!°[cf]\s)(?<![ap]m\s)(?<!m\.\s)(?<![^\s(])(?:[-−–]|minus\s)(?=\d)",
    re.IGNORECASE,
)
"""What makes a number negative: neither a range's dash nor a list's mark."""
BETWEEN_UNITS = re.compile(r"(?:[\s,]++|and\b)*+")
"""What may stand between an amount in two units: "1 hour, 30 minutes"."""
RANGE = re.compile(r"\s*+(?:to|by|[-–—])\s*+")
"""What stands between two numbers with one unit: "2 to 3 weeks", "60 by 90 cm"."""
BY = re.compile(rf"(?<=\d)((?: ?(?:{'|'.join(UNITS)}))?)( ?)[x×]\2(?=\d)", re.IGNORECASE)
"""The sign between two measures, which is read "by"; group 1 is the unit of the first."""
ORDINAL_ENDING = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.IGNORECASE)
"""What makes a number say which one: "1st"."""
NUMBER_WORDS = frozenset(NUMBERS) | word_set(
    "thirty forty fifty sixty seventy eighty ninety hundred thousand million billion dozen none "
    "half"
)
SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9}
"""What a number before one of these is multiplied by."""
LIKE_NUMBERS = re.compile(
    r"\b(?:an?|free|nothing|noon|midnight|no|once|twice|unlimited|hourly|daily|weekly|fortnightly|"
    r"monthly|yearly|annually)\b",
    re.IGNORECASE,
)
"""What says how much or when as a number does."""
MONTHS = tuple(
    _numbered(
        "january february march april may june july august september october november december"
    )
)
"""In their order."""
MONTH_WORDS = frozenset(MONTHS) | {month[:3] for month in MONTHS} | {"sept"}
"""How months are written, in small letters and without a dot."""
_BEHIND_NO_MONTH = "".join(rf"(?<!\b{month}\s)" for month in sorted(MONTH_WORDS))
_ISO_DAY = re.compile(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])")
_DOTTED_DAY = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?![\d.])")
_DAY_WITH_STROKES = re.compile(r"(?<![\d/])(\d{1,2})/(\d{1,2})/(\d{4})(?![\d/])")
IN_HALF_OF_DAY = re.compile(
    rf"(?<![\d.,:/]){_BEHIND_NO_MONTH}({_HOUR}(?:[:.]{_MINUTE})?)"
    r" in the (?:(morning)|afternoon|evening)\b",
    re.IGNORECASE,
)
"""A time of day and what tells its half; group 1 is the time, group 2 tells the first half."""
WEEKDAYS = word_set(
    "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri "
    "sat sun"
)
"""The days of the week, also in short."""
CALENDAR = {
    word: long
    for long in (*MONTHS, *sorted(word for word in WEEKDAYS if word.endswith("day")))
    for word in MONTH_WORDS | WEEKDAYS
    if long.startswith(word)
}
"""Months and weekdays in full by each way in which they are written, in small letters."""
_MONTH = "|".join(sorted(MONTH_WORDS, reverse=True))
DAY_OF_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\.?(?:\sof)?\s({_MONTH})\b"
    rf"|\b({_MONTH})\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d)",
    re.IGNORECASE,
)
"""A day without its year: day and month, or month and day."""
# After the word for a limit: what it is the limit of, and no other end of a range.
_LIMIT_OF = (
    r"[\s-]++(?!.*(?:\b(?:to|until|till|and)\b|[-–—]))(?:the\s)?[€£$¥]?(?=\d|(?:"
    + "|".join([*NUMBERS, *NAMED_HOURS, *sorted(WEEKDAYS), *sorted(MONTH_WORDS)])
    + r")\b)"
)
LIMITS = (
    re.compile(
        rf"^\W*+(?:before|by|below|under|until|till|up to|at most){_LIMIT_OF}", re.IGNORECASE
    ),
    re.compile(rf"^\W*+(?:above|after|from|over|since|at least){_LIMIT_OF}", re.IGNORECASE),
)
"""How a value begins that is the end of something, and one that is the beginning of something."""
FROM_TO = re.compile(r"\d[^\d\n]{0,14}?(?:\bto\b|[-–—])[^\d\n]{0,4}\d")
"""Two numbers that are the ends of a range: "2 kg to 5 kg"."""
BOUNDED_ABOVE = re.compile(
    r"\s*+(?:(?P<closed>up to|at most|max\.?|maximum|<=|≤)|under|below|less than|<)(?=[\s\d])",
    re.IGNORECASE,
)
"""How a range begins that has no lower end; it holds its end if the group `closed` is there."""
BOUNDED_BELOW = re.compile(
    r"\s*+(?:(?P<closed>from|at least|min\.?|minimum|>=|≥)|over|above|more than|>)(?=[\s\d])",
    re.IGNORECASE,
)
"""How a range begins that has no upper end."""
OPEN_ABOVE = re.compile(
    r"\d ?\w{0,12} ?(?P<closed>\+|and (?:over|older|above|more|up))$", re.IGNORECASE
)
"""How a range ends that has no upper end: "65+"."""
RANGE_WORDS = word_set(
    "up to at most max maximum min minimum under below less than from least over above more and "
    "older"
)
"""What a range says beside its ends and what is counted."""
AGES = word_set("age aged ages")
"""Names of columns of years that people are old."""
SAYS_AGE = re.compile(r"\bolds?\b|\bag(?:e|ed|es)\b|\bof \d+ years?\b", re.IGNORECASE)
"""What tells years that somebody is old from those that a pass is valid."""
YEAR = r"(?:19|20)\d\d"
YEARS = re.compile(rf"(?<!\d){YEAR}(?!\d)")
"""A year of the last century or this one."""
# "2018-21", "2018/2021", "2010s", and not the day "2001-12-05".
_YEARS_TOGETHER = re.compile(rf"(?<!\d)({YEAR})(?: ?[-–/] ?((?:\d\d)?\d\d)(?![-\d])|s\b)")
_SHORT_YEAR = re.compile(r"['’](\d\d)\b")


def with_days_in_words(text: str) -> str:
    """
    A text with "2025-06-01" and "1.6.2025" as "1 june 2025".

    So is "25/6/2025", which in any country is the same day; "1/6/2025" stays.
    """

    def written(day: str, month: str, year: str) -> str:
        name = MONTHS[int(month) - 1] if 0 < int(month) <= len(MONTHS) else month
        return f"{int(day)} {name} {year}"

    def with_strokes(found: re.Match[str]) -> str:
        first, second, year = found.groups()
        if (int(first) > len(MONTHS)) == (int(second) > len(MONTHS)):
            return found[0]
        day, month = (first, second) if int(first) > len(MONTHS) else (second, first)
        return written(day, month, year)

    text = _ISO_DAY.sub(lambda found: written(found[3], found[2], found[1]), text)
    text = _DAY_WITH_STROKES.sub(with_strokes, text)
    return _DOTTED_DAY.sub(lambda found: written(found[1], found[2], found[3]), text)


def years_said(text: str) -> frozenset[str]:
    """The years that a text speaks of, each as four digits; those between two, too."""
    said = {*YEARS.findall(text)}
    for first, last in _YEARS_TOGETHER.findall(text):
        # Two digits belong to the century of the first.
        until = int(f"{first[: -len(last)]}{last}") if last else int(first) + 9
        said.update(map(str, range(int(first), until + 1)))
    said.update(f"{century}{year}" for year in _SHORT_YEAR.findall(text) for century in (19, 20))
    return frozenset(said)


def has_number(text: str) -> bool:
    """Whether a text says a number, in digits or in words."""
    parts = re.split(r"[\s-]+", text.lower())
    return any(map(str.isdigit, text)) or any(part.strip(".,;") in NUMBER_WORDS for part in parts)
