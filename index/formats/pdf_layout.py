"""
How the lines of a PDF's page stand: in columns, in tables, or below as footnotes.

A page is read in the order in which it was written, unless something on it is set side by side.
Then its characters' boxes tell the columns, the cells and the notes.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from statistics import median
from typing import Any, Literal

from pypdfium2 import raw

from index.formats.nested_items import MARKS
from index.formats.pdf_looks import Typesetting
from index.formats.tables import Cell, Row, lines_of

# More on one page is a drawing of letters, and is read as it was written.
_MAX_CHARS = 100_000
# Between two pieces of a line that are set apart, in heights of its letters.
_GAP = 1.2
# How much higher or lower pieces of one line may stand, as a share of the height of their letters.
_SAME_LINE_SHARE = 0.5
# Rows that a table has at least.
_MIN_ROWS = 3
_MIN_CELLS = 2
# Lines that a column of text has at least, and the share of the page's width that they fill.
_MIN_COLUMN_LINES = 6
_MIN_COLUMN_SHARE = 0.25
# Where the second column may begin, and how many such places are tried.
_MIDDLE = (0.35, 0.65)
_MAX_CANDIDATES = 20
# A cell is shorter on the average than a line of a column.
_MAX_CELL_CHARS = 20
# How many of a table's places for cells are filled at least, as a share.
_MIN_FILLED_SHARE = 0.5
# Letters of a note, as a share of the text's.
_MAX_NOTE_SIZE = 0.92
_NOTE = re.compile(r"(?:\d{1,3}|[*†‡§¶]|\[\d{1,3}\])[ .)]?\s?\w")
# The mark of an item, or the number of a clause, that stands apart from what it says.
_MARK = re.compile(
    rf"{MARKS}|[·–—]|\(?(?:\d{{1,3}}|[A-Za-z]|[ivx]{{2,5}})[.)]|(?:\d{{1,3}}\.){{2,}}\d{{0,3}}"
)
# What stands apart before what a heading says.
_HEADING_NUMBER = re.compile(
    r"(?:\w{3,9} )?(?:§ ?)?(?:\d{1,3}|[IVXLC]{1,7}|[A-Z])(?:[.-]\d{1,4})*[.:]?"
)
_BREAKS = frozenset({0x0A, 0x0D})
# What PDFium gives for the hyphen of a word that a line breaks; it tells no break after that.
BROKEN = ("\ufffe", "\x02")


_Kind = Literal["table", "across", "columns"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line without a gap in it."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    lines: tuple["Piece", ...] = ()
    """The lines of a cell, if words are broken at the ends of some."""
    ends: tuple[int, int] | None = None
    """The numbers of its first and its last character on the page."""

    @property
    def height(self) -> float:
        """The height of its letters, in points."""
        return self.top - self.bottom

    @property
    def middle(self) -> float:
        """From the bottom of the page."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is read."""

    text: str
    part: int = 0
    """Lines of the same part of a page make paragraphs together."""
    is_row: bool = False
    """Whether it is a row of a table, or a note: a paragraph of its own."""
    ends: tuple[int, int] | None = None
    """The numbers of its first and its last character on the page, if nothing stands beside it."""
    look: Typesetting | None = None
    """How it is set, if that is known."""
    bottom: float | None = None
    """Where the last row of the table ends, in points from the bottom of the page."""


def is_side_by_side(textpage: Any) -> bool:
    """Whether two runs of letters stand beside each other with a gap; looked up in no time."""
    handle = textpage.raw
    if raw.FPDFText_CountChars(handle) > _MAX_CHARS:
        return False
    boxes = []
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    for number in range(raw.FPDFText_CountRects(handle, 0, -1)):
        raw.FPDFText_GetRect(handle, number, left, top, right, bottom)
        boxes.append((left.value, right.value, bottom.value, top.value))
    return stand_side_by_side(boxes)


def stand_side_by_side(boxes: Sequence[tuple[float, float, float, float]]) -> bool:
    """Whether two of some boxes do; left, right, bottom and top of each, in points."""
    by_height = sorted(boxes, key=lambda box: (-(box[2] + box[3]), box[0]))
    for one, other in pairwise(by_height):
        height = max(one[3] - one[2], 1.0)
        is_on_line = abs((one[2] + one[3]) - (other[2] + other[3])) / 2 < _SAME_LINE_SHARE * height
        gap = max(other[0] - one[1], one[0] - other[1])
        if is_on_line and gap > _GAP * height:
            return True
    return False


def pieces(textpage: Any) -> list[Piece]:
    """The pieces of a page's lines, in the order in which they were written."""
    found: list[Piece] = []
    lines: list[Piece] = []
    text: list[str] = []
    box = [0.0, 0.0, 0.0, 0.0]
    ends = [0, 0]
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    # Asked for each letter: what pypdfium2 has around the page's text takes as long as the answer.
    handle = textpage.raw

    def end_line() -> None:
        if "".join(text).strip():
            whole = "".join(text).strip()
            lines.append(Piece(whole, box[0], box[1], box[2], box[3], ends=(ends[0], ends[1])))
        text.clear()

    def end() -> None:
        end_line()
        if lines:
            found.append(_whole(lines))
        lines.clear()

    for at in range(raw.FPDFText_CountChars(handle)):
        code = raw.FPDFText_GetUnicode(handle, at)
        if code in _BREAKS:
            end()
            continue
        character = chr(code) if code else ""
        if not character.strip():
            text.append(" " if text else "")
            continue
        raw.FPDFText_GetCharBox(handle, at, left, right, bottom, top)
        values = left.value, right.value, bottom.value, top.value
        if text:
            height = max(box[3] - box[2], values[3] - values[2], 1.0)
            is_apart = values[0] - box[1] > _GAP * height or values[0] < box[0] - height
            if is_apart or abs(values[2] - box[2]) > 2 * height:
                end()
            elif text[-1] in BROKEN and values[3] < box[2]:
                end_line()
        if text:
            box = [min(box[0], values[0]), max(box[1], values[1]),
                   min(box[2], values[2]), max(box[3], values[3])]  # fmt: skip
        else:
            box = list(values)
            ends[0] = at
        ends[1] = at
        text.append(character)
    end()
    return found


def _whole(lines: Sequence[Piece]) -> Piece:
    """The piece that stands on some lines, which broken words go on over."""
    if len(lines) == 1:
        return lines[0]
    return Piece(
        "".join(line.text for line in lines),
        min(line.left for line in lines),
        max(line.right for line in lines),
        min(line.bottom for line in lines),
        max(line.top for line in lines),
        tuple(lines),
        _ends(lines),
    )


def arranged(found: Sequence[Piece]) -> list[Line]:
    """The lines of a page: columns after each other, tables as rows, notes after the text."""
    rows, tables = _rows_and_tables(found)
    gutter = _gutter([row for number, row in enumerate(rows) if number not in tables])
    lines: list[Line] = []
    notes: list[Line] = []
    kinds = _kinds(rows, tables, gutter)
    runs = groupby(zip(kinds, rows, strict=True), itemgetter(0))
    for part, (kind, run) in enumerate(runs):
        part_rows = [row for _, row in run]
        if kind == "table":
            # No cell but those with a "g" or the like goes below its line.
            bottom = max(piece.bottom for piece in part_rows[-1])
            named = _named(part_rows)
            lines += [Line(text, part, is_row=True, bottom=bottom) for text in named]
        elif kind == "across" or gutter is None:
            text, below = _without_notes(part_rows)
            lines += [_line(row, part) for row in text]
            notes += [Line(text, part, is_row=True) for text in _whole_notes(below)]
        else:
            for side in (False, True):
                halves = (
                    [piece for piece in row if (piece.left >= gutter) == side] for row in part_rows
                )
                text, below = _without_notes([half for half in halves if half])
                lines += [_line(row, part) for row in text]
                # The lines of a note belong together, and to no other note.
                notes += [Line(text, part, is_row=True) for text in _whole_notes(below)]
    return lines + notes


def _line(row: Sequence[Piece], part: int) -> Line:
    first = row[0].text
    is_marked = len(row) == _MIN_CELLS and _MARK.fullmatch(first) is not None
    is_alone = len(row) == 1 or is_marked or _HEADING_NUMBER.fullmatch(first) is not None
    return Line(_joined(row), part, ends=_ends(row) if is_alone else None)


def _ends(row: Sequence[Piece]) -> tuple[int, int] | None:
    first, last = row[0].ends, row[-1].ends
    return (first[0], last[1]) if first and last else None


def _kinds(
    rows: Sequence[Sequence[Piece]], tables: frozenset[int], gutter: float | None
) -> list[_Kind]:
    """What each row of a page is part of."""
    kinds: list[_Kind] = [
        "table"
        if number in tables
        else "across"
        if gutter is None or _crosses(row, gutter)
        else "columns"
        for number, row in enumerate(rows)
    ]
    if gutter is None:
        return kinds
    # The last line of what goes across both columns may end before the gutter.
    for _, run in groupby(range(len(rows)), lambda number: kinds[number]):
        numbers = list(run)
        sides = {piece.left >= gutter for number in numbers for piece in rows[number]}
        follows = numbers[0] > 0 and kinds[numbers[0] - 1] == "across"
        if follows and sides == {False} and len(numbers) < _MIN_ROWS:
            for number in numbers:
                kinds[number] = "across"
    return kinds


def _rows_and_tables(
    found: Sequence[Piece],
) -> tuple[list[list[Piece]], frozenset[int]]:
    """The rows of a page, and which are those of tables: a cell may have several lines."""
    with_cells = _rows(found)
    in_tables = _tables(with_cells)
    rows: list[list[Piece]] = []
    tables: set[int] = set()
    for is_table, run in groupby(range(len(with_cells)), lambda at: at in in_tables):
        part = [with_cells[at] for at in run]
        if is_table:
            tables.update(range(len(rows), len(rows) + len(part)))
        else:
            part = _rows([line for row in part for piece in row for line in piece.lines or [piece]])
        rows += part
    return rows, frozenset(tables)


def _tables(rows: Sequence[Sequence[Piece]]) -> frozenset[int]:
    """Which rows are those of tables: several in a row, with short pieces below each other."""
    found: set[int] = set()
    for has_cells, run in groupby(range(len(rows)), lambda at: len(rows[at]) >= _MIN_CELLS):
        numbers = list(run)
        items = _items([rows[at] for at in numbers]) if has_cells else frozenset()
        marks = (number in items for number in range(len(numbers)))
        for is_item, part in groupby(zip(marks, numbers, strict=True), itemgetter(0)):
            apart = [at for _, at in part]
            is_table = has_cells and not is_item and len(apart) >= _MIN_ROWS
            if is_table and _columns([rows[at] for at in apart]):
                found.update(apart)
    return frozenset(found)


def _items(rows: Sequence[Sequence[Piece]]) -> frozenset[int]:
    """Which of some rows are items behind their marks: no other row has cells in their columns."""
    is_marked = [len(row) == _MIN_CELLS and bool(_MARK.fullmatch(row[0].text)) for row in rows]
    marked = [at for at, is_one in enumerate(is_marked) if is_one]
    others = [row for row, is_one in zip(rows, is_marked, strict=True) if not is_one]
    is_short = marked and median(len(rows[at][1].text) for at in marked) <= _MAX_CELL_CHARS
    are_cells = is_short and any(_has_columns(row, rows[marked[0]]) for row in others)
    return frozenset(() if are_cells else marked)


def _has_columns(row: Sequence[Piece], marked: Sequence[Piece]) -> bool:
    """Whether a row has short cells above or below a mark and what stands behind it."""
    mark, said = marked
    name, *others = row
    return (
        all(len(piece.text) <= _MAX_CELL_CHARS for piece in row)
        and _overlaps(name, mark)
        and any(_overlaps(other, said) for other in others)
    )


def _overlaps(one: Piece, other: Piece) -> bool:
    return one.left < other.right and other.left < one.right


def _named(rows: Sequence[Sequence[Piece]]) -> list[str]:
    """The rows of a table with the names of its columns."""
    columns = _columns(rows)
    return lines_of([Row(tuple(map(Cell, _cells(row, columns)))) for row in rows])


def _rows(found: Sequence[Piece]) -> list[list[Piece]]:
    """The pieces that stand on one line, from left to right, from the top of the page down."""
    rows: list[list[Piece]] = []
    for piece in sorted(found, key=lambda piece: -piece.middle):
        if rows and abs(rows[-1][0].middle - piece.middle) < _SAME_LINE_SHARE * max(
            rows[-1][0].height, piece.height
        ):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]


def _gutter(rows: Sequence[Sequence[Piece]]) -> float | None:
    """Where the space between two columns of text is, if there are two."""
    all_pieces = [piece for row in rows for piece in row]
    if not all_pieces:
        return None
    left = min(piece.left for piece in all_pieces)
    width = max(piece.right for piece in all_pieces) - left
    begins = Counter(
        round(piece.left)
        for piece in all_pieces
        if _MIDDLE[0] * width < piece.left - left < _MIDDLE[1] * width
    )
    candidates = [at for at, _ in begins.most_common(_MAX_CANDIDATES)]
    best = max(candidates, key=lambda at: _count_beside(rows, at), default=None)
    if best is None:
        return None
    split = [row for row in rows if _is_split(row, best - 1)]
    crossing = [row for row in rows if _crosses(row, best - 1)]
    halves = [
        [piece for row in split for piece in row if (piece.left >= best - 1) == bool(side)]
        for side in (0, 1)
    ]
    is_text = all(
        len(half) >= _MIN_COLUMN_LINES
        and median(piece.right - piece.left for piece in half) >= _MIN_COLUMN_SHARE * width
        and median(len(piece.text) for piece in half) > _MAX_CELL_CHARS
        for half in halves
    )
    return best - 1 if is_text and len(crossing) <= len(split) else None


def _count_beside(rows: Sequence[Sequence[Piece]], at: float) -> int:
    """How many lines begin a piece there, and have one before that ends before it."""
    return sum(
        any(abs(piece.left - at) <= 1 for piece in row) - _crosses(row, at - 1) for row in rows
    )


def _is_split(row: Sequence[Piece], gutter: float) -> bool:
    """Whether a line has a piece on either side of the gutter, and none across."""
    sides = {piece.left >= gutter for piece in row}
    return len(sides) == _MIN_CELLS and not _crosses(row, gutter)


def _crosses(row: Sequence[Piece], gutter: float) -> bool:
    return any(piece.left < gutter < piece.right for piece in row)


def _without_notes(
    rows: Sequence[list[Piece]],
) -> tuple[Sequence[list[Piece]], Sequence[list[Piece]]]:
    """The lines of a column, and the notes below them in smaller letters."""
    if not rows:
        return rows, []
    usual = median(piece.height for row in rows for piece in row)
    begin = len(rows)
    while begin and max(piece.height for piece in rows[begin - 1]) < _MAX_NOTE_SIZE * usual:
        begin -= 1
    while begin < len(rows) and not _NOTE.match(_joined(rows[begin])):
        begin += 1
    return rows[:begin], rows[begin:]


def _whole_notes(rows: Sequence[Sequence[Piece]]) -> list[str]:
    """The notes below a text, each in one line."""
    notes: list[str] = []
    for text in map(_joined, rows):
        if notes and not _NOTE.match(text):
            notes[-1] += f" {text}"
        else:
            notes.append(text)
    return notes


def _columns(rows: Sequence[Sequence[Piece]]) -> list[tuple[float, float]]:
    """From where to where each column of a table goes; none if the lines are no table."""
    columns: list[tuple[float, float]] = []
    for left, right in sorted((piece.left, piece.right) for row in rows for piece in row):
        if columns and left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], right)
        else:
            columns.append((left, right))
    lengths = [len(piece.text) for row in rows for piece in row]
    filled = sum(map(len, rows)) / (len(rows) * len(columns))
    is_table = (
        len(columns) >= _MIN_CELLS
        and filled >= _MIN_FILLED_SHARE
        and median(lengths) <= _MAX_CELL_CHARS
    )
    return columns if is_table else []


def _cells(row: Sequence[Piece], columns: Sequence[tuple[float, float]]) -> list[str]:
    return [
        " ".join(piece.text for piece in row if left <= piece.left <= right)
        for left, right in columns
    ]


def _joined(row: Sequence[Piece]) -> str:
    return " ".join(piece.text for piece in row)
