"""
The tables that Pandoc draws in Markdown.

They look as they would be typed, with a line of dashes below the names, or with a frame.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from markdown_it.rules_block import StateBlock

_FRAME = re.compile(r"\+[-=:+]+\+[ \t]*")
# Below the names of at least two columns.
_DASHES = re.compile(r"-{2,}(?: +-{2,})+[ \t]*")
_LONG_RULE = re.compile(r"-{8,}[ \t]*")
# The most lines of the names of columns, and of a table whose rows have several lines.
_MAX_NAME_LINES = 10
_MAX_LINES = 10_000
# More, most of them empty, are made to fill a memory.
_MAX_CELLS = 100_000
# Names and a row.
_MIN_ROWS = 2

_Columns = Sequence[tuple[int, int | None]]
"""Where the cells of a line begin and end, in characters."""


def drawn_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a table that is drawn for one that is marked; one without names is none."""
    if silent or start + 1 >= end or state.is_code_block(start):
        return False
    # Lines that are none are looked at once, and not from each block among them on.
    seen = state.env.get("undrawn", range(0))
    if start in seen and start != seen.start:
        return False
    last = start
    if _LONG_RULE.fullmatch(_line(state, start)):
        last, rows, columns = _with_long_rows(state, start, end)
    elif _FRAME.fullmatch(_line(state, start)) or _DASHES.fullmatch(_line(state, start + 1)):
        while last < end and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
            last += 1
        is_framed = _line(state, start).startswith("+")
        rows, columns = (_with_frame if is_framed else _with_dashes)(state, start, last)
    else:
        return False
    numbers = [number for row in rows for number in row]
    is_table = len(rows) >= _MIN_ROWS and len(numbers) * len(columns) <= _MAX_CELLS
    if not is_table or not all(_fits(state, number, columns) for number in numbers):
        state.env["undrawn"] = range(start, last)
        return False
    _push(state, start, rows, columns)
    state.line = last
    return True


def _with_long_rows(state: StateBlock, start: int, end: int) -> tuple[int, list[range], _Columns]:
    """
    Find the rows of a table whose rows have several lines, with blank ones between.

    A long line of dashes stands above the names and below the rows.

    Returns:
        The first line behind it, the lines of the names and of each row, and its columns; no rows
        if it is none.
    """
    below = range(start + 1, min(end, start + _MAX_NAME_LINES))
    names = next((n for n in below if _DASHES.fullmatch(_line(state, n))), start)
    if any(state.isEmpty(n) for n in range(start, names + 1)) or names <= start + 1:
        return start + 1, [], []
    ends = range(names + 1, min(end, names + _MAX_LINES))
    last = next((n for n in ends if _LONG_RULE.fullmatch(_line(state, n))), ends.stop)
    if last == ends.stop:
        return last, [], []
    parted = [names, *(n for n in range(names + 1, last) if state.isEmpty(n)), last]
    rows = [range(above + 1, below) for above, below in pairwise(parted)]
    return last + 1, [range(start + 1, names), *filter(None, rows)], _columns(state, names)


def _with_dashes(state: StateBlock, start: int, last: int) -> tuple[list[range], _Columns]:
    """Find the rows of a table that have a line each; one of dashes may stand below them."""
    columns = _columns(state, start + 1)
    if len(_line(state, start)) + state.tShift[start] <= columns[1][0]:
        return [], []
    has_end = _DASHES.fullmatch(_line(state, last - 1)) is not None
    numbers = (start, *range(start + 2, last - has_end))
    return [range(number, number + 1) for number in numbers], columns


def _with_frame(state: StateBlock, start: int, last: int) -> tuple[list[range], _Columns]:
    """Find the rows between the lines of a frame, of which the second is below the names."""
    frames = [n for n in range(start, last) if _FRAME.fullmatch(_line(state, n))]
    has_names = any("=" in _line(state, n) for n in frames[1:2])
    bars = [found.start() for found in re.finditer(r"\+", _whole_line(state, start))]
    columns = [(bar + 1, end) for bar, end in pairwise(bars)]
    if not has_names or frames[-1] != last - 1 or len(columns) == 1:
        return [], []
    return [range(above + 1, below) for above, below in pairwise(frames)], columns


def _columns(state: StateBlock, dashes: int) -> _Columns:
    begins = [found.start() for found in re.finditer("-+", _whole_line(state, dashes))]
    return list(zip(begins, [*begins[1:], None], strict=True))


def _fits(state: StateBlock, number: int, columns: _Columns) -> bool:
    """Whether no word of a line stands over the beginning of a column."""
    line = _whole_line(state, number)
    begins = [begin for begin, _ in columns]
    return not line[: begins[0]].strip("| ") and all(
        line[begin - 1 : begin].strip("| ") == "" for begin in begins
    )


def _push(state: StateBlock, start: int, rows: Sequence[range], columns: _Columns) -> None:
    """Add the table, the names of whose columns are its first row."""
    state.push("table_open", "table", 1).map = [start, rows[-1].stop]
    for row in rows:
        is_head = row is rows[0]
        if is_head:
            state.push("thead_open", "thead", 1)
        state.push("tr_open", "tr", 1).map = [row.start, row.stop]
        lines = [_whole_line(state, number) for number in row]
        for begin, end in columns:
            cell = state.push("inline", "", 0)
            cell.content = " ".join(" ".join(line[begin:end] for line in lines).split())
            cell.map = [row.start, row.stop]
        state.push("tr_close", "tr", -1)
        if is_head:
            state.push("thead_close", "thead", -1)
    state.push("table_close", "table", -1)


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _whole_line(state: StateBlock, number: int) -> str:
    """A line as wide as it is, without the mark of an item that it begins."""
    return " " * state.tShift[number] + _line(state, number)
