"""
What a value says, and whether two say the same. Pure functions.

"90 minutes" and "an hour and a half", "10 p.m." and "22:00", or "1 June" and "2025-06-01" are one.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from answering.english.quantities import (
    AND_A,
    BELOW_ZERO,
    BETWEEN_UNITS,
    BY,
    CLOCK,
    DOTTED_TIME,
    EVERY_DAY,
    HALF,
    IN_HALF_OF_DAY,
    INDEFINITE_ARTICLES,
    LIMITS,
    MONTH_WORDS,
    NAMED_HOURS,
    NUMBERS,
    ORDINAL_ENDING,
    PAST,
    PAST_THE_HOUR,
    PER_CENT,
    RANGE,
    SCALES,
    SHORT_ALIKE,
    SHORT_MILLIONS,
    SHORT_MINUTES,
    SIGNS,
    TENS,
    UNITS,
    WEEKDAYS,
    YEARS,
    with_days_in_words,
)
from answering.english.words import ARTICLES, LINKING_WORDS, NAME_ENDING, singular, stem_of

_HOUR = 60  # minutes
_DAY = 24 * _HOUR
HALF_A_DAY = 12 * _HOUR
# A mark that is no dash.
_MINUS = "−"
_ONES = "|".join(list(NUMBERS)[:9])
# A number that a letter follows at once is one all the same: 90p.
_TOKEN = re.compile(
    rf"{CLOCK}|(?:(?<![^\s(]){_MINUS})?\d++(?:[.,:]\d++)*+|(?:{'|'.join(TENS)})-(?:{_ONES})\b"
    rf"|[^\W\d_]++(?:['’][^\W\d_]++)*+|[{''.join(sign for sign in SIGNS if not sign.isalpha())}]",
    re.IGNORECASE,
)
# Between the groups of digits of a telephone number.
_BETWEEN_GROUPS = {" ", "-"}
# "4,50" has cents, and "4,500" thousands.
_DECIMAL_COMMA = re.compile(r"\d+,\d\d?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, with its unit if that is a known one."""

    value: float
    """As it is written."""
    unit: str = ""
    """What it is counted in, such as seconds; "" without a known unit."""
    scale: float = 1.0
    """How many of `unit` it counts by: 60 seconds, where it is one of minutes."""
    is_name: bool = False
    """Whether it may be a year or part of a telephone number, which nobody rounds."""

    @property
    def size(self) -> float:
        """The number in `unit`: 7200 for 2 hours, where that is seconds."""
        return self.value * self.scale


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day."""

    minutes: float
    """Since midnight."""
    is_told: bool
    """Whether "a.m." or "p.m." tells which half of the day is meant."""


ValuePart = str | Quantity | Clock
"""Words are as they are written, since names are told by their capital letters."""


def parts_of(text: str) -> list[ValuePart]:
    """A value's numbers and times of day, and its words with a content of their own."""
    text = _written_out(text)
    said: list[ValuePart] = []
    before: list[str] = []
    # Whether a unit may follow the number that was said last.
    is_counting = False
    # Where the last part ends, and what stands between the last number and the part before it.
    end, gap = 0, ""
    for match, part in _tokens(text):
        token = match[0].lower()
        last = said[-1] if said else None
        unit = UNITS.get(token)
        if token == HALF and tuple(before[-2:]) == AND_A and isinstance(last, Quantity):
            said[-1] = replace(last, value=last.value + 0.5)
            is_counting = not last.unit
        elif isinstance(part, Quantity | Clock):
            gap = text[end : match.start()]
            said.append(part)
            _name_groups(said, gap)
            is_counting = isinstance(part, Quantity)
        elif is_counting and isinstance(last, Quantity) and token in SCALES:
            said[-1] = Quantity(last.value * SCALES[token])
        elif is_counting and isinstance(last, Quantity) and unit is not None:
            said[-1] = Quantity(last.value, *unit)
            _join_last(said, gap)
            is_counting = False
        elif unit is not None and not said and not INDEFINITE_ARTICLES.isdisjoint(before[-1:]):
            said.append(Quantity(1.0, *unit))
        elif token not in LINKING_WORDS:
            said.append(SIGNS.get(token, match[0]))
            is_counting = False
        else:
            is_counting = is_counting and before[-1:] == [HALF] and token in ARTICLES
        if token not in LINKING_WORDS:
            end = match.end()
        before.append(token)
    return said


def _name_groups(said: list[ValuePart], gap: str) -> None:
    """Take the last two numbers for groups of a telephone number, if they are written as such."""
    match said[-2:]:
        case [Quantity(unit="") as first, Quantity() as second] if gap in _BETWEEN_GROUPS:
            said[-2:] = [replace(first, is_name=True), replace(second, is_name=True)]


def _join_last(said: list[ValuePart], gap: str) -> None:
    """Make one of "1 hour" and "30 minutes", and give the "2" of "2 to 3 weeks" its unit."""
    match said[-2:]:
        case [Quantity(unit="") as first, Quantity() as last] if RANGE.fullmatch(gap):
            said[-2] = replace(last, value=first.value)
        case [Quantity() as larger, Quantity() as smaller] if (
            larger.unit == smaller.unit
            and larger.scale > max(smaller.scale, smaller.size)
            and BETWEEN_UNITS.fullmatch(gap)
        ):
            said[-2:] = [replace(larger, value=(larger.size + smaller.size) / larger.scale)]


def _written_out(text: str) -> str:
    """A text with days as "1 june 2025", times as "7:30", and with whole units and minus signs."""
    text = with_days_in_words(text)
    text = PAST.sub(
        lambda found: (
            f"{NUMBERS.get(found[2].lower(), found[2])}:{PAST_THE_HOUR[found[1].lower()]:02}"
        ),
        text,
    )
    text = IN_HALF_OF_DAY.sub(
        lambda found: f"{found[1]} {'a.m.' if found[2] else 'p.m.'}",
        text,
    )
    # Later: "the 8th in the morning" is no time.
    text = ORDINAL_ENDING.sub("", text)
    text = PER_CENT.sub("%", text)
    text = BY.sub(r"\1 by ", text)
    text = EVERY_DAY.sub("daily", text)
    text = BELOW_ZERO.sub(_MINUS, text)
    text = SHORT_MINUTES.sub(r"\g<0>in", text)
    return SHORT_MILLIONS.sub(r"\g<0>illion", text)


def _tokens(text: str) -> Iterator[tuple[re.Match[str], ValuePart]]:
    """Each token of a text, and what it says by itself."""
    for match in _TOKEN.finditer(text):
        hour, minute, morning, afternoon, plain_hour, plain_minute = match.groups()
        if morning or afternoon:
            in_half = int(hour) * _HOUR % HALF_A_DAY + (HALF_A_DAY if afternoon else 0)
            yield match, Clock(in_half + int(minute or 0), is_told=True)
        elif plain_hour:
            yield match, Clock(int(plain_hour) * _HOUR + int(plain_minute), is_told=False)
        elif match[0].lower() in NAMED_HOURS:
            yield match, Clock(NAMED_HOURS[match[0].lower()] * _HOUR, is_told=True)
        else:
            number = _number(match[0].lower())
            is_year = YEARS.fullmatch(match[0]) is not None
            yield match, match[0] if number is None else Quantity(number, is_name=is_year)


def _number(token: str) -> float | None:
    if token == HALF:
        return 0.5
    tens, _, ones = token.partition("-")
    if tens in TENS and ones in NUMBERS:
        return float(TENS[tens] + NUMBERS[ones])
    if token in NUMBERS or token in TENS:
        return float(NUMBERS.get(token) or TENS[token])
    commas = "." if _DECIMAL_COMMA.fullmatch(token) else ""
    try:
        return float(token.replace(",", commas).replace(_MINUS, "-"))
    except ValueError:
        return None


def is_amount(text: str) -> bool:
    """Whether a value begins with a number, and not with a day of a month, a time or an address."""
    parts = parts_of(text)
    first, second, *_ = [*(part for part in parts if part not in SIGNS.values()), "", ""]
    return (
        isinstance(first, Quantity)
        and not _is_one_of(second, MONTH_WORDS)
        and not _is_address(parts)
    )


def _is_address(parts: Sequence[ValuePart]) -> bool:
    """Whether parts are a number and a street: words with capitals, none of them a unit."""
    match parts:
        case [Quantity(unit=""), _, _, *_]:
            return all(
                isinstance(name, str)
                and name[0].isupper()
                and singular(name.lower()) not in {*UNITS, *SIGNS.values()}
                for name in parts[1:]
            )
    return False


def _is_one_of(part: ValuePart, words: frozenset[str]) -> bool:
    return isinstance(part, str) and part.lower() in words


def say_the_same(one: str, other: str) -> bool:
    """Whether one of two values holds all parts of the other, and they are no opposite limits."""
    texts = [one, other]
    if any(all(map(re.Pattern.search, limits, texts)) for limits in (LIMITS, LIMITS[::-1])):
        return False
    said = list(map(parts_of, texts))
    if any(isinstance(part, Clock) for parts in said for part in parts):
        said = [parts_of(DOTTED_TIME.sub(r"\1:\2", text)) for text in texts]
    if all(map(_has_day, said)):
        said = [[part for part in parts if not _is_one_of(part, WEEKDAYS)] for parts in said]
    fewer, more = sorted(said, key=len)
    return _holds(more, fewer) and (len(fewer) < len(more) or _holds(fewer, more))


def _has_day(said: Sequence[ValuePart]) -> bool:
    """Whether a value says a day of a month."""
    return any(
        isinstance(number, Quantity) and _is_one_of(month, MONTH_WORDS)
        for pair in pairwise(said)
        for number, month in (pair, reversed(pair))
    )


def _holds(more: Sequence[ValuePart], fewer: Sequence[ValuePart]) -> bool:
    return all(any(_same(part, whole) for whole in more) for part in fewer)


def _same(one: ValuePart, other: ValuePart) -> bool:
    """Whether two words are forms of one, or two numbers equal but for rounding, or two times."""
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return _same_numbers(one, other)
    if isinstance(one, Clock) and isinstance(other, Clock):
        return _same_times(one, other)
    if isinstance(one, str) and isinstance(other, str):
        return _same_words(one, other)
    number, clock = (one, other) if isinstance(one, Quantity) else (other, one)
    if not isinstance(number, Quantity) or not isinstance(clock, Clock) or number.unit:
        return False
    # "At 7" may be in the evening, also beside "19:00".
    minutes = number.value * _HOUR
    dial = _dial(minutes)
    return minutes <= _DAY and minutes % dial == clock.minutes % dial


def _same_words(one: str, other: str) -> bool:
    """
    Whether two words are forms of one.

    Names that begin alike are two, unless they differ in their endings alone ("Company" and
    "Companies"), or one is the whole beginning of the other, as "Sat" is.
    """
    are_names = one[0].isupper() and other[0].isupper()
    words = [word.lower() for word in (one, other)]
    if any(map(str.isdigit, one + other)):
        return words[0] == words[1]
    if are_names and len({NAME_ENDING.sub("", word) for word in words}) == 1:
        return True
    cut = [singular(word) if are_names else stem_of(word) for word in words]
    shorter, longer = sorted(cut, key=len)
    return longer.startswith(shorter)


def _same_times(one: Clock, other: Clock) -> bool:
    """Whether two times are one, as far as it is told which half of the day is meant."""
    untold = [each.minutes for each in (one, other) if not each.is_told]
    dial = _dial(untold[0]) if len(untold) == 1 else _DAY
    return one.minutes % dial == other.minutes % dial


def _dial(minutes: float) -> int:
    """After how many minutes the same time may be meant again: after half a day, or a whole one."""
    return HALF_A_DAY if _HOUR <= minutes < HALF_A_DAY + _HOUR else _DAY


def _same_numbers(one: Quantity, other: Quantity) -> bool:
    units = {(each.unit, each.scale) for each in (one, other)}
    if one.unit and other.unit and len(units) > 1:
        if one.unit == other.unit:
            return math.isclose(one.size, other.size)
        return one.value == other.value and units in SHORT_ALIKE
    rounder, finer = sorted((one.value, other.value), key=lambda value: -_zeros(value))
    zeros = _zeros(rounder)
    # "36,000" rounds 35,927, but "10" rounds no 7: what is left of it says too little.
    return one.value == other.value or (
        not (one.is_name and other.is_name)
        and zeros > 0
        and rounder >= 10 ** (zeros + 1)
        and round(finer, -zeros) == rounder
    )


def _zeros(value: float) -> int:
    """How many zeros a whole number ends with."""
    digits = f"{value:.0f}" if value.is_integer() else ""
    return len(digits) - len(digits.rstrip("0"))
