"""
Rows of tables as passages write them, and their cells. Pure functions.

A row reads "Vessel: Barge | Per day: 33 euros | Per week: 160 euros", without a header "Barge | 33
euros | 160 euros", and a labelled line reads "Port: 1212".
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Literal

from answering.english.quantities import (
    CALENDAR,
    DAY_OF_MONTH,
    MONTHS,
    YEARS,
    with_days_in_words,
)
from answering.english.words import FUNCTION_WORDS, LETTER_A, THE_LETTER_A, words_of
from index.contexts import BETWEEN_NAMES
from index.formats.tables import AFTER_NAME, BETWEEN_CELLS
from index.passages import Passage
from reader.spans import Span

Bounds = tuple[int, int]
"""Start and end in a passage, in characters."""

_LINE = re.compile(r"[^\n]+")
# What is longer before a colon is a sentence, and no name.
_MAX_NAME_CHARS = 40
# And a longer line above a table says more than what the table is about.
_MAX_HEADING_WORDS = 10
# A day as `words_said` writes it.
_DAY = re.compile(rf"(?:{'|'.join(MONTHS)})-\d+")
# What stands behind a name in code whose value is all that follows: `"audio": {`.
_OPENING = frozenset("{[(|>")
# Beside the cells of a row whose columns have no names; Markdown's own rows have them outside, too.
_BORDER = re.compile(r"(?<!\S)\|(?!\S)")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Where the line ends in the text (exclusive), in characters."""
        return self.start + len(self.text)


def lines_of(text: str) -> list[TextLine]:
    """The lines that are not blank."""
    return [TextLine(line.start(), line[0]) for line in _LINE.finditer(text) if line[0].strip()]


def cells_of(line: TextLine) -> dict[str, Bounds]:
    """
    The cells of a row by the names of their columns, one of which may have none; else none.

    No cell begins or ends with white space; one of a blank is empty.
    """
    cells: dict[str, Bounds] = {}
    start = line.start
    parts = line.text.split(BETWEEN_CELLS)
    for part in parts:
        name, colon, cell = part.partition(AFTER_NAME)
        if not colon:
            name, cell = "", part
        end = start + len(part.rstrip())
        begin = start + len(part) - len(cell.lstrip())
        cells[name] = (min(begin, end), end)
        start += len(part) + len(BETWEEN_CELLS)
    return cells if len(cells) == len(parts) and any(cells) else {}


# Rows are told apart by identity, so that what they say can be remembered.
@dataclass(frozen=True, eq=False)
class TableRow:
    """A row of a table."""

    passage: Passage
    cells: Mapping[str, Bounds]
    """The cells by the names of their columns, or by their numbers where columns have no names."""
    is_named: bool = True
    """Whether the columns have names."""
    caption: frozenset[str] = frozenset()
    """The years and numbers that are said above its table."""

    @cached_property
    def start(self) -> int:
        """Where its first cell is in the document."""
        return self.passage.start_char + min(start for start, _ in self.cells.values())

    def text(self, column: str) -> str:
        """A cell as it is written."""
        return self.passage.text[slice(*self.cells[column])]

    def words(self, column: str, without: frozenset[str] = FUNCTION_WORDS) -> frozenset[str]:
        """What a cell says."""
        return words_said(self.text(column), without)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """What its cells say."""
        return frozenset[str]().union(*map(self.words, self.cells))

    def is_like(self, other: "TableRow") -> bool:
        """
        Whether both may be rows of one table.

        An empty cell is not written with its name, so a row may lack columns that others have.
        """
        if not (self.is_named and other.is_named):
            return self.is_named == other.is_named and len(self.cells) == len(other.cells)
        own, others = self.cells.keys(), other.cells.keys()
        return own <= others or others <= own or next(iter(own)) == next(iter(others))


def rows_around(span: Span, passage: Passage) -> tuple[list[TableRow], int]:
    """The rows of the table that a span is in, and which of them it is in; none if in no cell."""
    if "\n" in span.text:
        return [], 0
    rows = next((rows for rows in _tables(passage) if any(_holds(row, span) for row in rows)), [])
    place = next((at for at, row in enumerate(rows) if _holds(row, span)), 0)
    return rows, place


def without_name(span: Span, passage: Passage) -> Span:
    """A span without the name of its column, if it begins in that: "1: 06:50" of "Run 1: 06:50"."""
    for row in (row for table in _tables(passage) for row in table if row.is_named):
        (first, _), *others = row.cells.values()
        # "Dune: Part Two" in a line of prose has no column.
        if not others or "\n" in passage.text[first : others[-1][1]]:
            continue
        before = passage.text.rfind("\n", 0, first) + 1
        for start, end in row.cells.values():
            if before <= span.start_char < start < span.end_char <= end:
                text = passage.text[start : span.end_char]
                return replace(span, start_char=start, text=text)
            before = end
    return span


def rows_like(own: TableRow, passages: Iterable[Passage]) -> Iterator[TableRow]:
    """The rows that may be of a row's table, wherever they stand."""
    tables = (table for passage in passages for table in _tables(passage))
    return (row for table in tables for row in table if row.is_like(own))


# The same passages are looked at for each span of a question.
@lru_cache(maxsize=64)
def _tables(passage: Passage) -> list[list[TableRow]]:
    """The tables of a passage, which nobody may change."""
    return list(_read_tables(passage))


def _read_tables(passage: Passage) -> Iterator[list[TableRow]]:
    """The tables of a passage; lines with a label each are one row with a line for every cell."""
    # Where a table goes on from another passage, its heading is the last name of the context. The
    # first is the document's title, which stands above all of its tables.
    _, is_below_title, heading = passage.context.rpartition(BETWEEN_NAMES)
    caption = _numbers(heading) if is_below_title else frozenset[str]()
    formed = ((*_formed(line), line.text) for line in lines_of(passage.text))
    for form, group in groupby(formed, key=itemgetter(0)):
        _, lines, texts = zip(*group, strict=True)
        if form == "labels":
            labelled = {name: cell for cells in lines for name, cell in cells.items()}
            if len(labelled) == len(lines):
                yield [TableRow(passage, labelled, caption=caption)]
        elif form:
            table: list[TableRow] = []
            for cells in lines:
                row = TableRow(passage, cells, is_named=form == "names", caption=caption)
                if table and not row.is_like(table[-1]):
                    yield table
                    table = []
                table.append(row)
            yield table
        else:
            headings = [text for text in texts if _may_be_heading(text)]
            caption = _numbers(" ".join(headings)) if headings else caption


def _formed(line: TextLine) -> tuple[Literal["labels", "names", "cells", ""], dict[str, Bounds]]:
    """What a line of a table is, and its cells."""
    cells = cells_of(line)
    if len(cells) == 1:
        ((name, cell),) = cells.items()
        opens = line.text[cell[0] - line.start :].strip() in _OPENING
        return ("" if opens or len(name) > _MAX_NAME_CHARS else "labels"), cells
    if cells:
        return "names", cells
    borders = [match.span() for match in _BORDER.finditer(line.text)]
    starts = [0, *(end for _, end in borders)]
    ends = [*(start for start, _ in borders), len(line.text)]
    plain = [_stripped(line, start, end) for start, end in zip(starts, ends, strict=True)]
    numbered = {f"{n}": cell for n, cell in enumerate(plain) if cell[0] < cell[1]}
    return ("cells" if len(numbered) > 1 else ""), numbered


def _numbers(text: str) -> frozenset[str]:
    return frozenset(word for word in words_said(text) if any(map(str.isdigit, word)))


def _may_be_heading(text: str) -> bool:
    return len(text.split()) <= _MAX_HEADING_WORDS and not text.rstrip().endswith(".")


def _stripped(line: TextLine, start: int, end: int) -> Bounds:
    text = line.text[start:end]
    start += len(text) - len(text.lstrip())
    return line.start + start, line.start + start + len(text.strip())


def _holds(row: TableRow, span: Span) -> bool:
    return any(is_within(span, cell) for cell in row.cells.values())


# The same is asked of the cells around each span of a question.
@lru_cache(maxsize=4_000)
def words_said(text: str, without: frozenset[str] = FUNCTION_WORDS) -> frozenset[str]:
    """
    The words of a text in small letters, but for some.

    Months and weekdays are in full, a day is a word of its own beside its month, "may-16", and the
    letter of "Zone A" is no article.
    """
    text = LETTER_A.sub(THE_LETTER_A, DAY_OF_MONTH.sub(_day_and_month, with_days_in_words(text)))
    words = (word.lower() for word in words_of(text))
    return frozenset(CALENDAR.get(word, word) for word in words) - without


def _day_and_month(found: re.Match[str]) -> str:
    day, month = found[1] or found[4], CALENDAR[(found[2] or found[3]).lower()]
    return f"{month} {month}-{int(day)}"


@lru_cache(maxsize=4_000)
def is_said(cell: frozenset[str], words: frozenset[str]) -> bool:
    """
    Whether the words of a cell are among others; a day is named without its weekday and its year.

    Not "16 May 2024" by "16 May 2023", though.
    """
    if cell.isdisjoint(words):
        return False
    days = {word for word in cell if _DAY.fullmatch(word)}
    if days:
        others = {word for word in words - cell if YEARS.fullmatch(word)}
        optional = {word for word in cell if YEARS.fullmatch(word)} if not others else set()
        cell -= optional | set(CALENDAR.values())
    return bool(cell) and cell <= words


def is_within(span: Span, cell: Bounds) -> bool:
    """Whether a span stands in a cell."""
    return cell[0] <= span.start_char and span.end_char <= cell[1]
