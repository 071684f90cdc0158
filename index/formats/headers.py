"""
Whether the first rows of a table name its columns, where nothing says so.

A name is a few words without a figure, and unlike what stands below it: over a column of numbers,
dates, or the same few words again and again, it shows.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod

from index.formats.dates import MONTH

# Rows that are looked at.
SAMPLED_ROWS = 50
# A longer text is no name.
_MAX_NAME_CHARS = 80
# A column has a kind if so many of its cells are of it.
_MIN_KIND_SHARE = 0.8
# Words that repeat make a column of values if each stands there so often on the average.
_MIN_REPETITION = 1.5
_MIN_REPEATED_CELLS = 4
# How likely it may be at most that a first row has a new value in each such column by chance.
_MAX_CHANCE = 0.2
MIN_NAMES = 2
# Cells below a name that all have a figure, which it has not; fewer may be so by chance.
_MIN_FIGURED = 3
# Columns whose name is written otherwise than all that stands below it; one may be so by chance.
_MIN_CASED_APART = 2
# Columns of numbers in which some cells say "closed" or the like, and how many of their cells are
# numbers; one column or one number may be so by chance.
_MIN_MIXED = 2
# Numbers with marks, signs and a unit; dates and times in figures.
_QUANTITY = re.compile(
    r"[^\w\s]{0,3} ?(?:[A-Z]{1,3} ?)?\d[\d.,:'/ -]{0,25}"
    r"(?: ?[^\W\d_]{1,12}\.?| ?[%°€$£¥²³/]{1,2}){0,3}[)*]?"
)
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
# One number alone is likely a year only if it is near.
_NEAR_YEAR = re.compile(r"(?:19|20)\d\d")
_CLOCK = r"\d{1,2}(?:[:.]\d\d)?(?: ?[ap]\.?m\.?)?"
_DAY = rf"\d{{1,2}}(?:st|nd|rd|th)? {MONTH}"
# An hour, a time from and to, or a day; a bare number is none, and "9.50" may be a price.
_MOMENT = re.compile(
    rf"\d{{1,2}}:\d\d(?: ?[ap]\.?m\.?)?|\d{{1,2}} ?[ap]\.?m\.?"
    rf"|(?=.*[:.m]){_CLOCK} ?(?:-|–|to|until) ?{_CLOCK}"
    rf"|(?:[a-z]{{2,9}},? )?(?:{_DAY}|{MONTH} \d{{1,2}})(?:,? \d{{4}})?"
    r"|\d{1,2}/\d{1,2}/\d{2,4}|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?|\d{4}-\d\d-\d\d",
    re.IGNORECASE,
)
# Columns of a rota; of fewer places, the first row may say when each one opens.
_MIN_MOMENTS = 3
_MONTH = re.compile(MONTH, re.IGNORECASE)
# What stands for a word over a column of numbers.
_SIGNS = frozenset({"#", "%", "№", "€", "£", "$", "¥"})
_FLAGS = frozenset(
    {"yes", "no", "true", "false", "y", "n", "x", "-", "–", "—", "✓", "✔", "✗", "n/a"}
)
# What columns are called in many tables.
_USUAL = re.compile(
    r"(?:.*[\s_-])?(?:id|no|nr|number|name|title|date|day|time|year|month|price|cost|fee|amount"
    r"|total|type|kind|category|description|status|email|e-mail|phone|address|city|country|code"
    r"|quantity|qty|size|unit|value|role|question|answer|notes?|comments?|key|url|owner|author)s?",
    re.IGNORECASE,
)
_KINDS = ("quantity", "flag")
# What may be the name of each column, and the cells below it that say something.
_Columns = Sequence[tuple[str, Sequence[str]]]


def count_of_headers(rows: Sequence[Sequence[str]], *, unless: bool) -> int:
    """
    How many of a table's first rows name its columns: none, one, or two above each other.

    Args:
        rows: The first ones, as texts; a cell that goes on over several columns has empty ones
            after it.
        unless: What to believe where nothing tells.
    """
    if not rows or not _may_name(rows[0], most=max(map(len, rows))):
        return 0
    if len(rows) == 1:
        return int(unless)
    if _goes_on_below(rows):
        return 2
    others = rows[1:SAMPLED_ROWS]
    tells = _tells(rows[0], others)
    if tells and not unless and _may_be_a_list_of_facts(rows[0], others):
        return 0
    return int(unless if tells is None else tells)


def is_usual(name: str) -> bool:
    """Whether columns of many tables are called so."""
    return bool(_USUAL.fullmatch(name))


def names_of(rows: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns from one header row, or from two above each other."""
    if len(rows) == 1:
        return list(rows[0])
    upper, lower = rows
    width = max(len(upper), len(lower))
    names: list[str] = []
    above = ""
    for column in range(width):
        over, under = (row[column] if column < len(row) else "" for row in (upper, lower))
        # A name over several columns stands in the first of them.
        above = over or (above if under else "")
        names.append(" ".join(dict.fromkeys(filter(None, (above, under)))))
    return names


def _may_name(row: Sequence[str], most: int) -> bool:
    """Whether a row of a table of at most so many columns holds words that may be names."""
    said = [cell for cell in row if cell]
    return len(said) >= min(MIN_NAMES, most) and all(
        len(cell) <= _MAX_NAME_CHARS and (cell in _SIGNS or any(map(str.isalnum, cell)))
        for cell in said
    )


def _goes_on_below(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the second row divides what the first one says over several columns."""
    upper, lower, *below = rows[:SAMPLED_ROWS]
    has_wide = any(
        over and not next_over and under and next_under
        for over, next_over, under, next_under in zip(
            upper, upper[1:], lower, lower[1:], strict=False
        )
    )
    if not has_wide or not below or not upper[-1:] or has_quantity(upper) or has_quantity(lower):
        return False
    # The columns beside the wide ones have their name in the first row, and nothing below.
    filled = [over or under for over, under in zip(upper, lower, strict=False)]
    return all(filled) and any(map(has_quantity, below))


def _may_be_a_list_of_facts(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether each row may be a fact: its first cell the name, the others what is said of it."""
    return (
        max(map(len, (first, *others))) <= MIN_NAMES
        and len(others) < _MIN_REPEATED_CELLS
        and not all(map(is_usual, first))
    )


def has_quantity(row: Sequence[str]) -> bool:
    """Whether a cell of a row is a number, a date or the like; a year alone is none."""
    return any(_kind(cell) == "quantity" and not _YEAR.fullmatch(cell) for cell in row)


def _tells(first: Sequence[str], others: Sequence[Sequence[str]]) -> bool | None:
    """Whether the first row is unlike the others in a way that names are; none if nothing tells."""
    columns = [
        (name, [row[column] for row in others if column < len(row) and row[column]])
        for column, name in enumerate(first)
    ]
    if _are_moments_over_words(columns[1:]):
        return True
    evidence = _cased_apart(columns) + _new_values(columns) + _mixed(first, columns, others)
    # "2 hours" over prices is a name if other columns have one, too. In the first column, it is
    # what its row is about.
    least = 0
    years = sum(1 for name in first if _YEAR.fullmatch(name))
    year = _YEAR if years > 1 else _NEAR_YEAR
    for column, (name, below) in enumerate(columns):
        if _kind(name) == "quantity" and not _names_by_year(name, below, year):
            if column == 0 or not _names_by_unit(name, below):
                return False
            least = 1
            continue
        if not below:
            continue
        if not name:
            # A first column of names needs none itself.
            evidence -= int(column > 0)
            continue
        if name in below:
            return False
        if years > 1 and _YEAR.fullmatch(name) and "quantity" not in map(_kind, below):
            evidence += 1
            continue
        # The second of two columns may hold facts, only some of which are days.
        is_of_facts = column and len(first) < _MIN_MOMENTS
        evidence += _evidence(
            name, below if is_of_facts else [_MONTH.sub("", cell) for cell in below]
        )
    if evidence or least:
        return evidence > least
    usual = sum(1 for name in first if is_usual(name))
    if usual >= MIN_NAMES:
        return True
    return False if _cased_alike(columns) else None


def _are_moments_over_words(columns: _Columns) -> bool:
    """Whether hours or days, each another, stand over names and words alone, as in a rota."""
    return len({name for name, _ in columns}) == len(columns) >= _MIN_MOMENTS and all(
        _MOMENT.fullmatch(name)
        and below
        and "quantity" not in map(_kind, below)
        and "closed" not in map(str.lower, below)
        for name, below in columns
    )


def _evidence(name: str, below: Sequence[str]) -> int:
    kinds = [_kind(cell) for cell in below]
    for kind in _KINDS:
        if kinds.count(kind) >= _MIN_KIND_SHARE * len(kinds) and _is_alike(below):
            return 1 if _kind(name) != kind or _YEAR.fullmatch(name) else -1
    if _kind(name) in _KINDS:
        return -1
    # "Room 23" over others of the kind, or "7 May 2024".
    if "quantity" in kinds or not all(map(_has_figure, below)):
        return 0
    return -1 if _has_figure(name) else int(len(below) >= _MIN_FIGURED)


def _has_figure(text: str) -> bool:
    return any(map(str.isdigit, text))


def _new_values(columns: _Columns) -> int:
    """
    In how many columns of few values the first row has another; 0 if that may well be chance.

    That the next cell of a column has a new value is as likely as that one of its cells has a value
    that no other has (Good and Turing), with half a cell more for what was not seen yet.
    """
    chances = []
    for name, below in columns:
        counts = Counter(below)
        if (
            name
            and "text" in map(_kind, below)
            and len(below) >= max(_MIN_REPEATED_CELLS, _MIN_REPETITION * len(counts))
        ):
            single = sum(1 for count in counts.values() if count == 1)
            chances.append((single + 0.5) / (len(below) + 1))
    return len(chances) if prod(chances) <= _MAX_CHANCE else 0


def _mixed(first: Sequence[str], columns: _Columns, others: Sequence[Sequence[str]]) -> int:
    """
    In how many columns words stand over numbers, some of which the same few words replace.

    Hours are such columns: "10:00-13:00" and "closed". What replaces numbers in one column does so
    in others, too, and no name says it. Bare numbers may count what a row is about: "3" and "none".
    """
    words = Counter(cell for row in others for cell in row[1:] if _kind(cell) == "text")
    named = Counter(first)
    mixed = 0
    for name, below in columns:
        kinds = set(map(_kind, below))
        replaced = [cell for cell in below if _kind(cell) == "text"]
        is_name = bool(name) and _kind(name) == "text" and named[name] == 1
        figures = sum(_kind(cell) == "quantity" and not cell.isdigit() for cell in below)
        is_mixed = figures >= _MIN_MIXED and len(kinds) > 1
        is_alike = name not in words and all(words[cell] > 1 for cell in replaced)
        mixed += is_name and is_mixed and is_alike
    return mixed if mixed >= _MIN_MIXED else 0


def _cased_apart(columns: _Columns) -> int:
    """In how many columns the first row has other capital letters than all rows below have."""
    # Either all names begin with a capital, or none does.
    if len({name[:1].isupper() for name, _ in columns if name}) > 1:
        return 0
    apart = sum(1 for own, below in _cases(columns) if below not in {"", own})
    # One cell alone may be the beginning of what was meant as a sentence.
    return apart if apart >= _MIN_CASED_APART else 0


def _cased_alike(columns: _Columns) -> bool:
    """Whether some cells of the first row begin with a capital, not all, as those below them do."""
    cases = [*_cases(columns)]
    return len({own for own, _ in cases}) > 1 and all(own == below for own, below in cases)


def _cases(columns: _Columns) -> Iterator[tuple[str, str]]:
    """How the first cell of each column of words is written, and how all below it are, if alike."""
    for name, below in columns:
        cases = {*map(_case, below)}
        is_text = bool(name) and "quantity" not in map(_kind, (name, *below))
        if is_text and len(below) >= MIN_NAMES and len(cases) == 1:
            yield _case(name), cases.pop()


def _case(text: str) -> str:
    """Whether a text begins with a small letter, with a capital or is all capitals, or neither."""
    if text.isupper():
        return "capitals"
    return "capital" if text[:1].isupper() else "small" if text[:1].islower() else ""


def _is_alike(below: Sequence[str]) -> bool:
    """Whether the cells of a column have mostly the same unit, if any; those of facts differ."""
    units = [_letters(cell) for cell in below if _kind(cell) != "flag"]
    return not units or max(map(units.count, set(units))) >= _MIN_KIND_SHARE * len(units)


def _names_by_year(name: str, below: Sequence[str], year: re.Pattern[str]) -> bool:
    """Whether a first cell is a year, and names the numbers or words below, which are no years."""
    return bool(year.fullmatch(name)) and not any(map(_YEAR.fullmatch, below))


def _names_by_unit(name: str, below: Sequence[str]) -> bool:
    """Whether a first cell has a unit, and stands over quantities that have none."""
    kinds = [_kind(cell) for cell in below]
    is_apart = bool(_letters(name)) and not any(map(_letters, below))
    return is_apart and kinds.count("quantity") >= _MIN_KIND_SHARE * len(kinds)


def _letters(cell: str) -> str:
    return "".join(filter(str.isalpha, cell)).lower()


def _kind(cell: str) -> str:
    if cell.lower() in _FLAGS:
        return "flag"
    return "quantity" if _QUANTITY.fullmatch(cell) else "text"
