"""A table's rows as paragraphs, each cell after the name of its column if the table has names."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.formats.blocks import Blocks

BETWEEN_CELLS = " | "
# Of all columns together. Every row repeats them; longer ones are sentences, and stand once.
_MAX_NAMES_CHARS = 200
# A cell beside several rows is repeated in each; a longer one is a remark, and stands once.
_MAX_REPEATED_CHARS = 100


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell, in one line, and how many columns and rows it covers."""

    text: str
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class _Placed:
    cell: Cell
    column: int
    """Its first one."""

    @property
    def end(self) -> int:
        return self.column + self.cell.columns


class TableRows:
    """Writes one table, from the top."""

    def __init__(self, blocks: Blocks) -> None:
        """Begin a table, whose paragraphs go to `blocks`."""
        self._blocks = blocks
        self._header: list[list[_Placed]] = []
        self._is_header_used = True
        self._reaching: list[_Placed] = []
        """The cells that cover a part of the next row, from left to right."""

    def add(self, cells: Sequence[Cell], *, is_header: bool) -> None:
        """
        Add a row.

        Args:
            cells: From left to right, without those that reach into it from above.
            is_header: Whether they name their columns; a single one names none. Header rows
                that follow each other do so together.
        """
        row = self._place(cells)
        if is_header and len(row) > 1:
            if self._is_header_used:
                self._header = []
            self._is_header_used = False
            self._header.append(row)
        elif any(cell.text for cell in cells):
            self._write(row)

    def end(self) -> None:
        """Write a header that no row has repeated."""
        if not self._is_header_used:
            self._is_header_used = True
            for row in self._header:
                self._blocks.add(_line(row))

    def _place(self, cells: Sequence[Cell]) -> list[_Placed]:
        """Find the columns of a row's cells, those from above among them."""
        above = deque(self._reaching)
        row: list[_Placed] = []
        column = 0
        for cell in cells:
            while above and above[0].column <= column:
                row.append(above.popleft())
                column = max(column, row[-1].end)
            row.append(_Placed(cell, column))
            column += cell.columns
        row += above
        self._reaching = [_below(placed) for placed in row if placed.cell.rows > 1]
        return row

    def _write(self, row: Sequence[_Placed]) -> None:
        names = "".join(name for header in self._header for name in _texts(header))
        if len(names) > _MAX_NAMES_CHARS:
            self.end()
        # One cell alone, such as "Open air" above the rows that follow, is in no column.
        elif names and len(_texts(row)) > 1:
            self._is_header_used = True
            named = [self._named(placed) for placed in row if placed.cell.text]
            self._blocks.add(BETWEEN_CELLS.join(named))
            return
        self._blocks.add(_line(row))

    def _named(self, placed: _Placed) -> str:
        """A cell after the names of its columns."""
        names = (
            ", ".join(_texts([n for n in row if n.column < placed.end and placed.column < n.end]))
            for row in self._header
        )
        # A name that covers several rows of the header is in each of them.
        name = " ".join(dict.fromkeys(filter(None, names))).rstrip(" :")
        return f"{name}: {placed.cell.text}" if name else placed.cell.text


def _line(row: Sequence[_Placed]) -> str:
    """Without names; a cell that is empty keeps its place."""
    return BETWEEN_CELLS.join(placed.cell.text for placed in row).strip(BETWEEN_CELLS)


def _texts(row: Sequence[_Placed]) -> list[str]:
    return [placed.cell.text for placed in row if placed.cell.text]


def _below(placed: _Placed) -> _Placed:
    """A cell that covers more than one row, as it stands in the next one."""
    text = placed.cell.text if len(placed.cell.text) <= _MAX_REPEATED_CHARS else ""
    return replace(placed, cell=replace(placed.cell, text=text, rows=placed.cell.rows - 1))
