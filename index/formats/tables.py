"""A table's rows as lines, each cell after the name of its column if the table has names."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from index.formats.blocks import without_marks
from index.formats.headers import SAMPLED_ROWS, count_of_headers

# Where cells are read by the `csv` module, whose limit is the whole process's.
MAX_CELL_CHARS = 10_000_000

BETWEEN_CELLS = " | "
# Between the name of a column, or a label, and its cell.
AFTER_NAME = ": "
# Every row repeats the names of all columns; longer ones are sentences, and stand once.
_MAX_NAMES_CHARS = 200
# A row repeats the cells that reach into it from above; longer ones are remarks, and stand once.
MAX_REPEATED_CHARS = 200
# A wider table is no table for people, and is written as it stands.
_MAX_COLUMNS = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, in one line, and how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the cells that begin in it, from left to right."""

    cells: tuple[Cell, ...]
    is_header: bool = False
    """Whether it looks like the names of columns."""
    group: int = 0
    """No cell reaches out of its group of rows."""
    is_in_head: bool = False
    """Whether it stands in a part that has nothing but names."""


@dataclass(frozen=True, slots=True)
class _Placed:
    cell: Cell
    column: int
    """Its first one."""

    @property
    def end(self) -> int:
        return self.column + self.cell.columns


@dataclass
class _Header:
    """Rows that name columns together, and where they would stand."""

    at: int
    number: int = 0
    """The place of the first one among the table's rows."""
    rows: list[list[_Placed]] = field(default_factory=list)
    used: set[int] = field(default_factory=set)

    @property
    def covers_several(self) -> bool:
        return any(one.cell.columns > 1 or one.cell.rows > 1 for row in self.rows for one in row)

    @cached_property
    def names(self) -> list[str]:
        """The name of each column, once all rows are there; what covers several is said once."""
        names = [
            [one.cell.text for row in self.rows for one in row if one.column <= column < one.end]
            for column in range(max((one.end for row in self.rows for one in row), default=0))
        ]
        return [" ".join(dict.fromkeys(filter(None, parts))).rstrip(" :") for parts in names]


def lines_of(rows: Sequence[Row]) -> list[str]:
    """Write a table; see `numbered_lines_of`."""
    return [line for _, line in numbered_lines_of(rows)]


def numbered_lines_of(rows: Sequence[Row]) -> list[tuple[int, str]]:
    """
    Write a table, each line with the number of its row, from 0.

    Headers count where they have two names at least: the first one, rows that follow it in its part
    or share its wide cells, and later ones without a figure (a sum is no name). What a header says
    that no row repeats stands once, in its own line.
    """
    placed = _placed(rows)
    if placed is None:
        return [(n, line) for n, row in enumerate(rows) if (line := _plain(row.cells))]
    rows = with_header(rows)
    lines: list[tuple[int, str]] = []
    header = _Header(0)
    # Whether nothing but its names has come yet.
    is_open = False
    for number, (row, cells) in enumerate(zip(rows, placed, strict=True)):
        is_names = _is_names(row, is_first=not header.rows)
        if is_names and not is_open:
            _write_unused(header, lines)
            header, is_open = _Header(len(lines), number, [cells]), True
        elif is_names and (row.is_in_head or header.covers_several):
            header.rows.append(cells)
        elif any(cell.text for cell in row.cells):
            is_open = False
            lines.append((number, _line(cells, header)))
    _write_unused(header, lines)
    return lines


def with_header(rows: Sequence[Row]) -> Sequence[Row]:
    """
    Mark the rows that look like names in a table that marks none, or only the first of them.

    What stands alone in a row above them, such as the table's title, is passed over.
    """
    placed = _placed(rows[: 2 * SAMPLED_ROWS])
    if placed is None:
        return rows
    if any(row.is_header for row in rows):
        return _with_row_below(rows, placed)
    texts = [_in_columns(cells) for cells in placed]
    first = next((at for at, row in enumerate(texts) if sum(map(bool, row)) > 1), len(rows))
    count = count_of_headers(texts[first:], unless=False)
    return [
        replace(row, is_header=True, is_in_head=True) if first <= at < first + count else row
        for at, row in enumerate(rows)
    ]


def _with_row_below(rows: Sequence[Row], placed: Sequence[Sequence[_Placed]]) -> Sequence[Row]:
    """
    Mark the row below a header's only row too, if it goes on with the names.

    It does where it divides a cell of the header, and another cell of the header reaches into it;
    or where it looks like it, as `count_of_headers` tells. Word and Writer mark the first row alone
    by a table's style.
    """
    at = next((n for n, row in enumerate(rows) if row.is_header), len(rows))
    below = at + 1
    if below >= min(len(rows), len(placed)) or rows[below].is_header:
        return rows
    is_divided = any(one.cell.columns > 1 for one in placed[at])
    begun = [cell for cell in rows[below].cells if cell.text]
    is_named = len(begun) > 1 and not any(map(str.isdigit, "".join(cell.text for cell in begun)))
    reaches = is_named and any(one.cell.rows > 1 for one in placed[at])
    texts = [_in_columns(cells) for cells in placed[at:]]
    if not is_divided or not (reaches or count_of_headers(texts, unless=True) > 1):
        return rows
    marked = replace(rows[below], is_header=True, is_in_head=True)
    return [*rows[:below], marked, *rows[below + 1 :]]


def _in_columns(cells: Sequence[_Placed]) -> list[str]:
    """The text of each column, of a wide cell in its first one."""
    texts = [""] * max((one.end for one in cells), default=0)
    for one in cells:
        texts[one.column] = without_marks(one.cell.text)
    return texts


def _is_names(row: Row, *, is_first: bool) -> bool:
    texts = [cell.text for cell in row.cells if cell.text]
    if not row.is_header or len(texts) < 2:  # noqa: PLR2004 - one names nothing
        return False
    return is_first or row.is_in_head or not any(map(str.isdigit, "".join(texts)))


def _placed(rows: Sequence[Row]) -> list[list[_Placed]] | None:
    """Each row's cells in their columns, those from above among them; None if it is too wide."""
    grid: list[list[_Placed]] = []
    reaching: list[_Placed] = []
    group = None
    for row in rows:
        above = reaching if row.group == group else reaching[:0]
        group = row.group
        cells: list[_Placed] = []
        column = 0
        for cell in row.cells:
            while above and above[0].column <= column:
                cells.append(above[0])
                column, above = max(column, above[0].end), above[1:]
            cells.append(_Placed(cell, column))
            column += cell.columns
        cells += above
        if cells and max(one.end for one in cells) > _MAX_COLUMNS:
            return None
        grid.append(cells)
        reaching = _below(cells)
    return grid


def _below(cells: Sequence[_Placed]) -> list[_Placed]:
    """The cells that cover more than one row, as they stand in the next one."""
    reaching = []
    left = MAX_REPEATED_CHARS
    for one in cells:
        if one.cell.rows > 1:
            text = one.cell.text if len(one.cell.text) <= left else ""
            left -= len(text)
            cell = replace(one.cell, text=text, rows=one.cell.rows - 1)
            reaching.append(replace(one, cell=cell))
    return reaching


def _line(cells: Sequence[_Placed], header: _Header) -> str:
    names = header.names
    said = [one for one in cells if one.cell.text]
    # One cell alone, such as "Open air" above the rows that follow, is in no column.
    is_apart = len(said) == 1 and (said[0].column == 0 or said[0].cell.columns > 1)
    if is_apart or sum(map(len, names)) > _MAX_NAMES_CHARS or not any(names):
        return _plain([one.cell for one in cells])
    parts = []
    for one in said:
        columns = range(one.column, min(one.end, len(names)))
        header.used.update(columns)
        name = ", ".join(dict.fromkeys(names[n] for n in columns if names[n]))
        parts.append(f"{name}{AFTER_NAME}{one.cell.text}" if name else one.cell.text)
    return BETWEEN_CELLS.join(parts)


def _write_unused(header: _Header, lines: list[tuple[int, str]]) -> None:
    """Write a header with a name that no row repeats, above its rows."""
    if any(name and column not in header.used for column, name in enumerate(header.names)):
        lines[header.at : header.at] = [
            (number, _plain([one.cell for one in row]))
            for number, row in enumerate(header.rows, header.number)
        ]


def _plain(cells: Sequence[Cell]) -> str:
    """The line of a row without names; an empty cell keeps its place."""
    return BETWEEN_CELLS.join(cell.text for cell in cells).strip(BETWEEN_CELLS)
