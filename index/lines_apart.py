"""
Lines right below each other that each say something of their own, though nothing marks them.

They are facts after their labels ("Hours: 24 a week", "Pay: 15 euros an hour"), or rows in columns
that name none. Taken for wrapped prose, they would be one sentence.
"""

import re
from collections.abc import Iterator, Sequence

# A few words that begin with a capital and end no sentence: "Closing date: 8 May".
_LABELLED = re.compile(r"[ \t]*+(?![a-z\d_])\w[^\n:.!?;,]{1,40}:[ \t]++\S")
_GAP = re.compile(r"(?<=\S) {2,}+(?=\S)")
# Fewer lines may have a gap in the same place by chance.
_MIN_ROWS = 3


def labelled(lines: Sequence[str]) -> list[bool]:
    """Tell of each line whether it begins with a label, as the first line that says anything."""
    begins = [_LABELLED.match(line) is not None for line in lines]
    first = next((begun for line, begun in zip(lines, begins, strict=True) if line.strip()), False)
    return [begun and first for begun in begins]


def cut_apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """
    Cut a part of a text before each line that says something of its own.

    Yields:
        Start and end of each piece, in order; together, they are the part.
    """
    lines = text[start:end].split("\n")
    begins = [*map(any, zip(labelled(lines), _in_columns(lines), strict=True))]
    at = start
    for line, is_begun in zip(lines, begins, strict=True):
        if is_begun and text[start:at].strip():
            yield start, at
            start = at
        at += len(line) + 1
    yield start, end


def _in_columns(lines: Sequence[str]) -> list[bool]:
    """
    Tell of each line whether it is a row of several, whose second columns begin in the same place.

    A line that begins in that place goes on with the row above it; the next other one is apart from
    the rows.
    """
    begins = [False] * (len(lines) + 1)
    rows: list[int] = []
    column = 0
    for number, line in enumerate([*lines, ""]):
        gap = _GAP.search(line)
        is_row = gap is not None and gap.end() == column
        if is_row:
            rows.append(number)
        if is_row or (rows and len(line) - len(line.lstrip()) == column):
            continue
        if len(rows) >= _MIN_ROWS:
            for row in (*rows, number):
                begins[row] = True
        rows, column = ([number], gap.end()) if gap is not None else ([], 0)
    return begins[:-1]
