"""
The tables that Pandoc draws in Markdown.

They look as they would be typed, with a line of dashes below the names, or with a frame.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from markdown_it.rules_block import StateBlock

from index.formats.plain_tables import with_rows

_FRAME = re.compile(r"\+[-=:+]+\+[ \t]*")
# Below the names of at least two columns.
_DASHES = re.compile(r"-{2,}(?: +-{2,})+[ \t]*")
_LONG_RULE = re.compile(r"-{8,}[ \t]*")
# Of the names of columns; of a table whose rows have several lines.
_MAX_NAME_LINES = 10
_MAX_LINES = 10_000


def drawn_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Take a table that is drawn for code without a language, as one that is aligned in code."""
    if silent or start + 1 >= end or state.is_code_block(start):
        return False
    # Lines that are none are looked at once, and not from each block among them on.
    seen = state.env.get("undrawn", range(0))
    if start in seen and start != seen.start:
        return False
    if _LONG_RULE.fullmatch(_line(state, start)):
        last, drawn = _with_long_rows(state, start, end)
    elif _FRAME.fullmatch(_line(state, start)) or _DASHES.fullmatch(_line(state, start + 1)):
        last = start
        while last < end and not state.isEmpty(last) and state.sCount[last] >= state.blkIndent:
            last += 1
        drawn = state.getLines(start, last, state.blkIndent, False)
    else:
        return False
    if with_rows(drawn) == drawn:
        state.env["undrawn"] = range(start, last)
        return False
    token = state.push("fence", "code", 0)
    token.content, token.map = drawn, [start, last]
    state.line = last
    return True


def _with_long_rows(state: StateBlock, start: int, end: int) -> tuple[int, str]:
    """
    Draw a table with bars whose rows have several lines, with blank ones between.

    A long line of dashes stands above the names and below the rows.

    Returns:
        The first line behind it, and the table; "" if it is none.
    """
    below = range(start + 1, min(end, start + _MAX_NAME_LINES))
    names = next((n for n in below if _DASHES.fullmatch(_line(state, n))), start)
    if any(state.isEmpty(n) for n in range(start, names + 1)) or names <= start + 1:
        return start + 1, ""
    ends = range(names + 1, min(end, names + _MAX_LINES))
    last = next((n for n in ends if _LONG_RULE.fullmatch(_line(state, n))), ends.stop)
    if last == ends.stop:
        return last, ""
    begins = [dashes.start() for dashes in re.finditer("-+", _whole_line(state, names))]
    columns = [*pairwise([0, *begins[1:]]), (begins[-1], None)]
    rows = [_cells(state, range(start + 1, names), columns)]
    first = names + 1
    for number in range(first, last + 1):
        if number == last or state.isEmpty(number):
            rows.append(_cells(state, range(first, number), columns))
            first = number + 1
    head, *others = (" | ".join(row) for row in rows if any(row))
    return last + 1, "\n".join((head, " | ".join("---" for _ in columns), *others))


def _cells(state: StateBlock, lines: range, columns: Sequence[tuple[int, int | None]]) -> list[str]:
    """What stands in each column of some lines."""
    whole = [_whole_line(state, number) for number in lines]
    return [
        " ".join(" ".join(line[begin:stop] for line in whole).split()).replace("|", "\\|")
        for begin, stop in columns
    ]


def _whole_line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] : state.eMarks[number]]


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
