"""
What a value says, and whether two say the same. Pure functions.

"90 minutes" and "an hour and a half", "10 p.m." and "22:00", or "1 June" and "2025-06-01" are one.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from answering.english import (
    AND_A,
    ARTICLES,
    CLOCK,
    HALF,
    INDEFINITE_ARTICLES,
    LINKING_WORDS,
    MONTHS,
    NAMED_HOURS,
    NUMBERS,
    SCALES,
    TENS,
    UNITS,
    stem_of,
)

# Hours.
_DAY, _HALF_A_DAY = 24, 12
# A number that a letter follows at once is one all the same: 90p.
_TOKEN = re.compile(
    rf"{CLOCK}|\d++(?:[.,:]\d++)*+|(?:{'|'.join(TENS)})-[a-z]++|[^\W\d_]++(?:['’][^\W\d_]++)*+"
)
# "4,50" has cents, and "4,500" thousands.
_DECIMAL_COMMA = re.compile(r"\d+,\d\d?")
_ISO_DAY = re.compile(r"(?<![\d-])(\d{4})-(\d\d)-(\d\d)(?![\d-])")
_DOTTED_DAY = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})\.(\d{4})(?![\d.])")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, with its unit if that is a known one."""

    value: float
    """As it is written."""
    unit: str = ""
    """What it is counted in, such as seconds; "" without a known unit."""
    scale: float = 1.0
    """How many of `unit` it counts by: 60 seconds, where it is one of minutes."""

    @property
    def size(self) -> float:
        """How many of `unit` it is."""
        return self.value * self.scale


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day."""

    hours: float
    """Since midnight."""
    is_told: bool
    """Whether "a.m." or "p.m." tells which half of the day is meant."""


ValuePart = str | Quantity | Clock


def parts_of(text: str) -> list[ValuePart]:
    """A value's numbers and times of day, and its words with a content of their own."""
    said: list[ValuePart] = []
    before: list[str] = []
    # Whether a unit may follow the number that was said last.
    is_counting = False
    for token, part in _tokens(_with_words(text.lower())):
        last = said[-1] if said else None
        unit = UNITS.get(token)
        if isinstance(part, Quantity | Clock):
            said.append(part)
            is_counting = isinstance(part, Quantity)
        elif token == HALF and tuple(before[-2:]) == AND_A and isinstance(last, Quantity):
            said[-1] = replace(last, value=last.value + 0.5)
            is_counting = not last.unit
        elif token == HALF:
            said.append(Quantity(0.5))
            is_counting = True
        elif is_counting and isinstance(last, Quantity) and token in SCALES:
            said[-1] = Quantity(last.value * SCALES[token])
        elif is_counting and isinstance(last, Quantity) and unit is not None:
            said[-1:] = [Quantity(last.value, *unit)]
            _join_last(said)
            is_counting = False
        elif unit is not None and not said and not INDEFINITE_ARTICLES.isdisjoint(before[-1:]):
            said.append(Quantity(1.0, *unit))
        elif token not in LINKING_WORDS:
            said.append(token)
            is_counting = False
        else:
            is_counting = is_counting and before[-1:] == [HALF] and token in ARTICLES
        before.append(token)
    return said


def _join_last(said: list[ValuePart]) -> None:
    """Make one of "1 hour" and "30 minutes"."""
    if len(said) > 1:
        larger, smaller = said[-2:]
        if (
            isinstance(larger, Quantity)
            and isinstance(smaller, Quantity)
            and larger.unit == smaller.unit
            and larger.scale > smaller.scale
        ):
            said[-2:] = [replace(larger, value=(larger.size + smaller.size) / larger.scale)]


def _with_words(text: str) -> str:
    """A text whose days in figures are written as "1 june 2025"."""

    def written(day: str, month: str, year: str) -> str:
        name = MONTHS[int(month) - 1] if 0 < int(month) <= len(MONTHS) else month
        return f"{int(day)} {name} {year}"

    text = _ISO_DAY.sub(lambda found: written(found[3], found[2], found[1]), text)
    return _DOTTED_DAY.sub(lambda found: written(found[1], found[2], found[3]), text)


def _tokens(text: str) -> Iterator[tuple[str, ValuePart]]:
    """Each token of a text in small letters, and what it says by itself."""
    for match in _TOKEN.finditer(text):
        hour, minute, morning, afternoon, plain_hour, plain_minute = match.groups()
        if morning or afternoon:
            in_half = int(hour) % _HALF_A_DAY + (_HALF_A_DAY if afternoon else 0)
            yield match[0], Clock(in_half + int(minute or 0) / 60, is_told=True)
        elif plain_hour:
            yield match[0], Clock(int(plain_hour) + int(plain_minute) / 60, is_told=False)
        elif match[0] in NAMED_HOURS:
            yield match[0], Clock(NAMED_HOURS[match[0]], is_told=True)
        else:
            number = _number(match[0])
            yield match[0], match[0] if number is None else Quantity(number)


def _number(token: str) -> float | None:
    tens, _, ones = token.partition("-")
    if tens in TENS and ones in NUMBERS:
        return float(TENS[tens] + NUMBERS[ones])
    if token in NUMBERS or token in TENS:
        return float(NUMBERS.get(token) or TENS[token])
    commas = "." if _DECIMAL_COMMA.fullmatch(token) else ""
    try:
        return float(token.replace(",", commas))
    except ValueError:
        return None


def is_amount(said: Sequence[ValuePart]) -> bool:
    """Whether a value begins with a number, and not with a day of a month or a time."""
    first, second, *_ = [*said, "", ""]
    return isinstance(first, Quantity) and second not in MONTHS


def say_the_same(one: Sequence[ValuePart], other: Sequence[ValuePart]) -> bool:
    """Whether one of two values holds all parts of the other."""
    fewer, more = sorted((one, other), key=len)
    return all(any(_same(part, whole) for whole in more) for part in fewer)


def _same(one: ValuePart, other: ValuePart) -> bool:
    """Whether two words are forms of one, or two numbers equal but for rounding, or two times."""
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return _same_numbers(one, other)
    if isinstance(one, Clock) and isinstance(other, Clock):
        return _same_times(one, other)
    if isinstance(one, str) and isinstance(other, str):
        shorter, longer = sorted(map(stem_of, (one, other)), key=len)
        return longer.startswith(shorter)
    number, clock = (one, other) if isinstance(one, Quantity) else (other, one)
    if not isinstance(number, Quantity) or not isinstance(clock, Clock):
        return False
    # "At 7" may be in the evening.
    dial = _HALF_A_DAY if number.value <= _HALF_A_DAY else _DAY
    return number.value % dial == clock.hours % dial


def _same_times(one: Clock, other: Clock) -> bool:
    """Whether two times are one, as far as it is told which half of the day is meant."""
    untold = [each.hours for each in (one, other) if not each.is_told]
    if len(untold) == 1 and untold[0] <= _HALF_A_DAY:
        return one.hours % _HALF_A_DAY == other.hours % _HALF_A_DAY
    return one.hours % _DAY == other.hours % _DAY


def _same_numbers(one: Quantity, other: Quantity) -> bool:
    if one.unit and other.unit and (one.unit, one.scale) != (other.unit, other.scale):
        return one.unit == other.unit and math.isclose(one.size, other.size)
    rounder, finer = sorted((one.value, other.value), key=lambda value: -_zeros(value))
    zeros = _zeros(rounder)
    # "36,000" rounds 35,927, but "10" rounds no 7: what is left of it says too little.
    return one.value == other.value or (
        zeros > 0 and rounder >= 10 ** (zeros + 1) and round(finer, -zeros) == rounder
    )


def _zeros(value: float) -> int:
    """How many zeros a whole number ends with."""
    digits = f"{value:.0f}" if value.is_integer() else ""
    return len(digits) - len(digits.rstrip("0"))
