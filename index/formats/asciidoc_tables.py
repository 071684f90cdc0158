"""The tables of AsciiDoc: what stands between `|===` and `|===`, as rows."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.formats.asciidoc_inline import style_of
from index.formats.tables import BETWEEN_CELLS, Cell, Row, numbered_lines_of

# What stands before the mark of a cell: how many columns and rows it covers or how often it is
# repeated, how it is aligned, and how it is to be read.
_SPECIFICATION = re.compile(r"(?:(\d{1,3})?(?:\.(\d{1,3}))?([*+]))?[<^>]?(?:\.[<^>])?[adehlmsv]?")
_MAX_SPECIFICATION_CHARS = 20
_COUNT = re.compile(r"\d{1,3}")
_REPEATED_COLUMN = re.compile(r"(\d{1,3})\*")
# The separators of formats whose cells stand between these, not after them.
_SEPARATORS = {"csv": ",", "tsv": "\t", "dsv": ":"}
_FORMATS = {",": "csv", ":": "dsv"}
# A table in a cell, below what is said of it.
_NESTED = re.compile(r"(?:^\[([^\n]*)\]\n)?^!===\n(.*?)^!===$", re.MULTILINE | re.DOTALL)
# A table that is wider is none for people.
_MAX_COLUMNS = 1_000
_MAX_REPETITIONS = 100


@dataclass(frozen=True, slots=True)
class _Placed:
    """A cell, and on which of the table's lines it begins, from 0."""

    line: int
    cell: Cell


def table_lines(
    lines: Sequence[str], mark: str, style: Mapping[str, str], shown: Callable[[str], str]
) -> Iterator[tuple[int, str]]:
    """
    Write a table, each row as a line in which cells stand after their columns' names.

    Args:
        lines: What stands between its delimiters.
        mark: The character that its delimiters begin with.
        style: What is said of it above it, by names in lower case.
        shown: What the reader of a cell sees, in one line.

    Yields:
        The number among `lines` on which each row begins, and the row.
    """
    usual = _SEPARATORS.get(style.get("format", _FORMATS.get(mark, "")))
    separator = style.get("separator", "")
    if len(separator) != 1 or separator == '"':
        separator = usual or mark
    cells = _of_csv(lines, separator) if usual else _after_marks(lines, separator)
    stated = _stated_width(style.get("cols", ""))
    first = (one.cell.columns for one in cells if one.line == cells[0].line)
    width = min(stated or sum(first), _MAX_COLUMNS)

    def shown_cell(text: str) -> str:
        return shown(_NESTED.sub(_nested, text))

    rows, numbers = _rows(cells, width, shown_cell)
    if rows and _has_header(lines, style.get("options", ""), numbers):
        rows[0] = Row(rows[0].cells, is_header=True, is_in_head=True)
    for number, line in numbered_lines_of(rows):
        yield numbers[number], line


def _nested(match: re.Match[str]) -> str:
    """A table within a cell, as its rows one after the other."""
    lines = table_lines(match[2].split("\n"), "!", style_of(match[1] or ""), str.strip)
    return "; ".join(line.replace(BETWEEN_CELLS, ", ") for _, line in lines)


def _stated_width(columns: str) -> int:
    """How many columns are stated, as in `1,2a,3`, `3*`, `,,` or `3`; 0 where none are."""
    if not columns:
        return 0
    parts = [part.strip() for part in columns.replace(";", ",").split(",")]
    if len(parts) == 1 and _COUNT.fullmatch(parts[0]):
        return int(parts[0])
    repeated = (_REPEATED_COLUMN.match(part) for part in parts)
    return sum(int(match[1]) if match else 1 for match in repeated)


def _has_header(lines: Sequence[str], options: str, numbers: Sequence[int]) -> bool:
    if "header" in options:
        return "noheader" not in options
    # Else it is a row on the first line, with a blank line below.
    is_alone = len(lines) > 1 and bool(lines[0].strip()) and not lines[1].strip()
    return is_alone and numbers[1:2] != [0]


def _of_csv(lines: Sequence[str], separator: str) -> list[_Placed]:
    # The limit is the whole process's; it is never lowered here.
    csv.field_size_limit(max(csv.field_size_limit(), sum(map(len, lines)) + len(lines)))
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=separator, skipinitialspace=True)
    cells: list[_Placed] = []
    at = 0
    for row in reader:
        cells += (_Placed(at, Cell(text)) for text in row)
        at = reader.line_num
    return cells


def _after_marks(lines: Sequence[str], mark: str) -> list[_Placed]:
    cells: list[_Placed] = []
    pieces = "\n".join(lines).replace(f"\\{mark}", "\0").split(mark)
    line = pieces[0].count("\n")
    _, stated = _before_mark(f" {pieces[0]}")
    for piece in pieces[1:]:
        text, follows = _before_mark(piece)
        match = _SPECIFICATION.fullmatch(stated)
        columns, rows, kind = match.groups() if match else (None, None, None)
        covered = Cell(text.replace("\0", mark))
        times = 1
        if kind == "*":
            times = min(int(columns or 1), _MAX_REPETITIONS)
        elif kind == "+":
            covered = Cell(covered.text, max(1, int(columns or 1)), max(1, int(rows or 1)))
        cells += [_Placed(line, covered)] * times
        line += piece.count("\n")
        stated = follows
    return cells


def _before_mark(piece: str) -> tuple[str, str]:
    """The text of a cell, and what stands at its end for the next one."""
    tail = piece[-_MAX_SPECIFICATION_CHARS:]
    begin = max(map(tail.rfind, " \t\n")) + 1
    stated = tail[begin:]
    if begin and stated and _SPECIFICATION.fullmatch(stated):
        return piece[: -len(stated)], stated
    return piece, ""


def _rows(
    cells: Sequence[_Placed], width: int, shown: Callable[[str], str]
) -> tuple[list[Row], list[int]]:
    """The cells in rows of so many columns, and on which line each row begins."""
    rows: list[Row] = []
    numbers: list[int] = []
    # For each column, in how many rows from this one on a cell from above stands there.
    reaching = [0] * width
    here: list[_Placed] = []
    at = 0

    def end_row() -> None:
        nonlocal reaching, at
        begun = [Cell(shown(one.cell.text), one.cell.columns, one.cell.rows) for one in here]
        rows.append(Row(tuple(begun)))
        numbers.append(here[0].line)
        reaching = [max(0, count - 1) for count in reaching]
        here.clear()
        at = 0

    for one in cells:
        if here and not any(count == 0 for count in reaching[at:]):
            end_row()
        if not here and all(reaching):
            # Rows that only cells from above stand in are none.
            reaching = [count - min(reaching) for count in reaching]
        while at < width and reaching[at]:
            at += 1
        here.append(one)
        end = min(width, at + one.cell.columns)
        reaching[at:end] = [one.cell.rows] * (end - at)
        at = end
    if here:
        end_row()
    return rows, numbers
