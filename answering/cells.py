"""
Rows as documents write them, and the cell of one that a question names. Pure functions.

A row reads "Vessel: Barge | Per day: 33 euros | Per week: 160 euros", and a labelled line reads
"Port: 1212". The reader often takes another cell of such a row, or the same column of another row,
though the question says the name of the column, or what else stands in the row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TypeVar

from answering.english import COMPARING, FUNCTION_WORDS, NEGATION, words_of
from index.formats.tables import BETWEEN_CELLS
from index.passages import Passage
from reader.spans import Span

_Thing = TypeVar("_Thing")
Bounds = tuple[int, int]
"""Start and end in a passage, in characters."""

_AFTER_NAME = ": "
# What is longer before a colon is a sentence, and no name.
_MAX_NAME_CHARS = 40
# A longer cell holds more than an answer, and the reader chooses from it.
_MAX_CELL_CHARS = 100
# What may follow in a cell that the reader stopped in: "3582" of "3582 W", "the lower" of "the
# lower car park".
_MAX_REST_CHARS = 20


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Exclusive."""
        return self.start + len(self.text)


def lines_of(text: str) -> list[TextLine]:
    """The lines that are not blank."""
    lines, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            lines.append(TextLine(start, line))
        start += len(line) + 1
    return lines


def cells_of(line: TextLine) -> dict[str, Bounds]:
    """
    The cells of a row by the names of their columns; none if it is no row.

    No cell begins or ends with white space; one of a blank is empty.
    """
    cells: dict[str, Bounds] = {}
    start = line.start
    for part in line.text.split(BETWEEN_CELLS):
        name, colon, cell = part.partition(_AFTER_NAME)
        if not colon:
            return {}
        end = start + len(part.rstrip())
        begin = start + len(part) - len(cell.lstrip())
        cells[name] = (min(begin, end), end)
        start += len(part) + len(BETWEEN_CELLS)
    return cells


def around(things: Sequence[_Thing], place: int, kept: Sequence[bool]) -> list[_Thing]:
    """The things next to one another, that of the place among them, that are all kept."""
    before = list(takewhile(lambda one: kept[one], range(place - 1, -1, -1)))
    after = list(takewhile(lambda one: kept[one], range(place, len(things))))
    return [things[one] for one in (*reversed(before), *after)]


def at_named_cell(question: str, span: Span, passage: Passage) -> Span:
    """
    Give a span the place of the cell that a question names by its column, by its row, or by both.

    A column is named if the question holds all words of its name and none of its cells: "which
    machine was bought in 2024" names the machine. A row is named if more words of its other cells
    stand in the question than of any other row's. A question that compares or denies names none.

    Args:
        question: What the reader was asked; of several questions, the last one counts.
        span: What it found.
        passage: Where that stands.
    """
    said = [word.lower() for word in words_of(_last(question))]
    if not COMPARING.isdisjoint(said) or NEGATION.search(question):
        return span
    rows, place = _rows_around(span, passage.text)
    if not rows:
        return span
    asked = _Asked(frozenset(said) - FUNCTION_WORDS, passage.text, rows)
    own = rows[place]
    column = next(name for name, cell in own.items() if _is_within(span, cell))
    wanted = asked.column(column)
    cell = rows[asked.row(place, wanted)][wanted]
    if cell == own[column]:
        cell = _completed(span, cell, passage.text)
    elif not 0 < cell[1] - cell[0] <= _MAX_CELL_CHARS:
        return span
    return replace(span, start_char=cell[0], end_char=cell[1], text=passage.text[slice(*cell)])


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question's words, and the rows that it is asked of; all rows have the same columns."""

    words: frozenset[str]
    text: str
    rows: Sequence[Mapping[str, Bounds]]

    def column(self, column: str) -> str:
        """The one column that is named; the given one if that is, too, or if no one alone is."""
        named = [name for name in self.rows[0] if self._is_named(name)]
        return named[0] if len(named) == 1 else column

    def row(self, place: int, column: str) -> int:
        """Which row the question says most of beside a column; the given one if none is ahead."""
        counts = [self._count(row, column) for row in self.rows]
        most = max(counts)
        return place if counts[place] == most or counts.count(most) > 1 else counts.index(most)

    def _is_named(self, column: str) -> bool:
        name = _words(column)
        cells = (_words(self.text[slice(*row[column])]) for row in self.rows)
        return bool(name) and name <= self.words and not any(c and c <= self.words for c in cells)

    def _count(self, row: Mapping[str, Bounds], column: str) -> int:
        others = (self.text[slice(*cell)] for name, cell in row.items() if name != column)
        return len(self.words & _words(" ".join(others)))


def _last(question: str) -> str:
    return question.rstrip(" ?").rpartition("? ")[2]


def _words(text: str) -> frozenset[str]:
    return frozenset(word.lower() for word in words_of(text)) - FUNCTION_WORDS


def _rows_around(span: Span, text: str) -> tuple[list[dict[str, Bounds]], int]:
    """The rows of the table that a span is in, and which of them it is in; none if in no cell."""
    lines = lines_of(text)
    tables = [cells_of(line) if "\n" not in span.text else {} for line in lines]
    place = next((at for at, line in enumerate(lines) if span.end_char <= line.end), None)
    if place is None or not any(_is_within(span, cell) for cell in tables[place].values()):
        return [], 0
    own = tables[place]
    if len(own) > 1:
        kept = [cells.keys() == own.keys() for cells in tables]
        rows = around(tables, place, kept)
        return rows, next(at for at, row in enumerate(rows) if row is own)
    # Lines with a label each are one row of which every cell has a line.
    kept = [len(cells) == 1 and len(next(iter(cells))) <= _MAX_NAME_CHARS for cells in tables]
    labelled = around(tables, place, kept)
    row = {name: cell for cells in labelled for name, cell in cells.items()}
    return ([row], 0) if kept[place] and len(row) == len(labelled) else ([], 0)


def _is_within(span: Span, cell: Bounds) -> bool:
    return cell[0] <= span.start_char and span.end_char <= cell[1]


def _completed(span: Span, cell: Bounds, text: str) -> Bounds:
    """A span to the end of its cell, if nothing but a few words is left of that."""
    rest = text[span.end_char : cell[1]]
    is_short = len(rest) <= _MAX_REST_CHARS and rest.replace(" ", "").isalpha()
    is_begun = span.start_char == cell[0] and rest[:1] == " "
    return cell if is_begun and is_short else (span.start_char, span.end_char)
