"""Amounts that a question says, and cells that hold a range of such. Pure functions."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from answering.english.quantities import (
    AGES,
    BOUNDED_ABOVE,
    BOUNDED_BELOW,
    FROM_TO,
    MONTH_WORDS,
    OPEN_ABOVE,
    RANGE_WORDS,
    UNITS,
    WEEKDAYS,
)
from answering.english.words import singular
from answering.values import HALF_A_DAY, Clock, Quantity, parts_of

# A telephone number, a day, or the like.
_LEADING_ZERO = re.compile(r"(?<![\d.,])0\d")
_DASH = re.compile(r"(?<=\d) ?[-–—] ?(?=\d)")
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class AmountRange:
    """All amounts between two, such as "2 to 5 kg", "up to 8 m", "over 65"."""

    lowest: Quantity | None
    highest: Quantity | None
    counted: frozenset[str]
    """What is counted where that is no known unit: "nights"."""
    is_closed: bool = True
    """Whether it holds its ends: "under 5" and "over 65" don't."""
    column_unit: tuple[str, float] | None = None
    """The unit that its column names, as in `UNITS`, where the ends have none."""

    def holds(self, amount: Quantity) -> bool:
        """Whether an amount is in it, in units that can be compared."""
        ends = [end for end in (self.lowest, self.highest) if end is not None]
        if amount.unit and self.column_unit is not None:
            unit, scale = self.column_unit
            ends = [replace(end, unit=unit, scale=scale) for end in ends]
        if any(end.unit != amount.unit for end in ends):
            return False
        sizes = [end.size for end in ends]
        low = self.lowest is None or sizes[0] <= amount.size
        high = self.highest is None or amount.size <= sizes[-1]
        return low and high and (self.is_closed or amount.size not in sizes)


@lru_cache(maxsize=200)
def amounts_of(question: str) -> tuple[Quantity, ...]:
    """The amounts that a question says, but for years and telephone numbers."""
    said = (part for part in parts_of(question) if isinstance(part, Quantity))
    return tuple(one for one in said if not one.is_name)


@lru_cache(maxsize=4_000)
def times_of(text: str) -> tuple[Clock, ...]:
    """The times of day that a text says."""
    return tuple(part for part in parts_of(_DASH.sub(" to ", text)) if isinstance(part, Clock))


def is_within_hours(time: Clock, hours: str, *, is_dial: bool) -> bool:
    """
    Whether a time lies in the hours that a text holds and nothing else: 2 p.m. in "14:00-15:30".

    When they end, the next ones begin.

    Args:
        time: It may be one after noon where nothing tells.
        hours: They may go on after midnight: "22:00-06:00".
        is_dial: Whether they are those of a dial of twelve hours: "11:00-1:00".
    """
    words = [part for part in parts_of(_DASH.sub(" to ", hours)) if not isinstance(part, Clock)]
    match times_of(hours):
        case [begin, end] if all(f"{word}".lower() in RANGE_WORDS for word in words):
            day = HALF_A_DAY if is_dial else 2 * HALF_A_DAY
            meant = [time.minutes]
            if not time.is_told and time.minutes < HALF_A_DAY:
                meant.append(time.minutes + HALF_A_DAY)
            length = (end.minutes - begin.minutes) % day
            return any((one - begin.minutes) % day < length for one in meant)
    return False


# The same cells are looked at for each span of a question.
@lru_cache(maxsize=4_000)
def range_of(cell: str, column: str = "") -> AmountRange | None:
    """
    The range that a cell holds and nothing else; none if it holds none.

    Args:
        cell: Its text.
        column: The name of its column, which may say the unit: "Length (m)".
    """
    if _LEADING_ZERO.search(cell):
        return None
    parts = parts_of(_DASH.sub(" to ", cell))
    ends = [part for part in parts if isinstance(part, Quantity) and not part.is_name]
    words = [part.lower() for part in parts if isinstance(part, str)]
    if len(ends) + len(words) < len(parts) or not {*MONTH_WORDS, *WEEKDAYS}.isdisjoint(words):
        return None
    is_bare = not any(end.unit for end in ends)
    is_age = is_bare and not AGES.isdisjoint(words)
    unit = UNITS["years"] if is_age else _unit_of(column) if is_bare else None
    counted = frozenset(singular(word) for word in words if word not in RANGE_WORDS)
    match ends:
        case [low, high] if FROM_TO.search(cell) and low.unit == high.unit and low.size < high.size:
            return AmountRange(low, high, counted, column_unit=unit)
        case [end] if found := BOUNDED_ABOVE.match(cell):
            return AmountRange(None, end, counted, found["closed"] is not None, unit)
        case [end] if found := BOUNDED_BELOW.match(cell) or OPEN_ABOVE.search(cell):
            return AmountRange(end, None, counted, found["closed"] is not None, unit)
    return None


def _unit_of(column: str) -> tuple[str, float] | None:
    """The unit that the name of a column says in brackets; ages are in years."""
    named = _IN_BRACKETS.search(column)
    if named is not None:
        return UNITS.get(named[1].strip().lower())
    return UNITS["years"] if column.strip().lower() in AGES else None
