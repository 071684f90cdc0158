"""
Tables in plain text: with bars between the cells, with tabs, or in columns that spaces align.

Only those count whose header shows: lists, code and verse have gaps in them, too.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.formats.tables import Cell, Row, numbered_lines_of, with_header

# A longer line is no row of a table.
_MAX_LINE_CHARS = 500
# What follows them is left as it stands.
_MAX_ROWS = 10_000
# Header and rows, and columns.
_MIN_ROWS = 2
_MIN_COLUMNS = 2
# Where nothing but their places tells cells from words, it takes more rows.
_MIN_ALIGNED_ROWS = 3
_MAX_HEADER_ROWS = 2
_LINE = re.compile(r"([^\n]*)(?:\n|\Z)")
_RULE = frozenset(" \t|+:-=─━│┃├┤┼┌┐└┘┬┴")
_DASHES = frozenset("-=─━")
_BAR = re.compile(r"(?<!\\)[|│┃]")
_TABS = re.compile(r"\t+")
_TAB_STOP_CHARS = 8
_GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
_MIN_GAP_CHARS = 2
_BELOW = "\n\n"

PieceBounds = tuple[int, int]
"""Start and end, in characters."""


def with_rows(text: str) -> str:
    """Write the tables of a text as those of other formats are written; the rest stays."""
    return "".join(piece for _, piece in pieces_of(text))


def pieces_of(text: str) -> list[tuple[int, str]]:
    """
    Cut a text with its tables written so into their rows and what stands between.

    Returns:
        Each piece with the line of the text on which it begins, from 1; joined, they are all of it.
    """
    pieces: list[tuple[int, str]] = []
    at, line = 0, 1
    for run in _runs(text):
        rows = _rows([content for _, content in run])
        if not rows:
            continue
        start, end = run[0][0][0], run[-1][0][1]
        first = line + text.count("\n", at, start)
        before = text[at:start]
        if before:
            # A row is a paragraph.
            pieces.append((line, before if before.endswith(_BELOW) else f"{before}\n"))
        pieces += [(first + number, f"{row}{_BELOW}") for number, row in rows[:-1]]
        number, last = rows[-1]
        pieces.append((first + number, f"{last}\n" if text[end : end + 2].strip() else last))
        at, line = end, first + len(run) - 1
    return [*pieces, (line, text[at:])] if text[at:] else pieces


def _runs(text: str) -> Iterator[list[tuple[PieceBounds, str]]]:
    """Find lines below each other that may make a table, each with its bounds."""
    run: list[tuple[PieceBounds, str]] = []
    for match in _LINE.finditer(text):
        start, end = match.span(1)
        line = match[1].rstrip() if end - start <= _MAX_LINE_CHARS else ""
        if line and (
            _BAR.search(line) or _GAP.search(line) or "\t" in line.strip() or _is_rule(line)
        ):
            run.append(((start, end), line))
            if len(run) < _MAX_ROWS:
                continue
        if run:
            yield run
            run = []


def _is_rule(line: str) -> bool:
    """Whether a line is a rule, which stands between a header and rows, or between rows."""
    return _RULE.issuperset(line) and not _DASHES.isdisjoint(line)


def _rows(lines: Sequence[str]) -> list[tuple[int, str]]:
    """What is written for lines, each with its number, if they are a table whose header shows."""
    rules = [number for number, line in enumerate(lines) if _is_rule(line)]
    numbers = [number for number, line in enumerate(lines) if not _is_rule(line)]
    content = [lines[number] for number in numbers]
    cells = (_by_bars(content) if rules else None) or _by_tabs(content) or _by_gaps(content)
    if cells is None:
        return []
    rows: Sequence[Row] = [Row(tuple(map(Cell, row))) for row in cells]
    # The lines above the first rule that has some above it.
    above = next((n - before for before, n in enumerate(rules) if n > before), 0)
    if above <= _MAX_HEADER_ROWS and 0 < above < len(rows):
        head = [replace(row, is_header=True, is_in_head=True) for row in rows[:above]]
        rows = [*head, *rows[above:]]
    else:
        rows = with_header(rows)
    if not any(row.is_header for row in rows):
        return []
    return [(numbers[number], line) for number, line in numbered_lines_of(rows)]


def _by_bars(lines: Sequence[str]) -> list[list[str]] | None:
    if not all(map(_BAR.search, lines)):
        return None
    return _table([_BAR.split(_without_frame(line)) for line in lines], _MIN_ROWS)


def _without_frame(line: str) -> str:
    line = line.strip()
    start = 1 if _BAR.match(line) else 0
    return line[start : -1 if len(line) > start and _BAR.match(line, len(line) - 1) else None]


def _by_tabs(lines: Sequence[str]) -> list[list[str]] | None:
    """Cut lines at their runs of tabs, by which people align columns, or else at each tab."""
    if len(lines) < _MIN_ALIGNED_ROWS:
        return None
    together = [_TABS.split(line.strip()) for line in lines]
    apart = [line.split("\t") for line in lines]
    # Where the last cells of a row are empty, the line has lost the tabs before them.
    filled = [row + [""] * (len(apart[0]) - len(row)) for row in apart if len(row) > 1]
    names, *others = map(_places, apart)
    # Runs of tabs that align columns part no empty cells.
    is_aligned = not all(apart[0][1:]) or any(_stands_below_others(row, names) for row in others)
    whole = filled if len(filled) == len(lines) and not is_aligned else []
    return _table(together, _MIN_ALIGNED_ROWS) or _table(whole, _MIN_ALIGNED_ROWS)


def _places(cells: Sequence[str]) -> dict[int, int]:
    """Where the cells between single tabs begin that say something, and which one begins there."""
    places: dict[int, int] = {}
    at = 0
    for number, cell in enumerate(cells):
        if cell.strip():
            places[at] = number
        at += len(cell)
        at += _TAB_STOP_CHARS - at % _TAB_STOP_CHARS
    return places


def _stands_below_others(row: dict[int, int], names: dict[int, int]) -> bool:
    """Whether each cell of a row stands right below a name, and one below another one's."""
    return row.keys() <= names.keys() and any(names[at] != row[at] for at in row)


def _by_gaps(lines: Sequence[str]) -> list[list[str]] | None:
    """Cut lines where all of them have spaces, if each column begins or ends as one."""
    if len(lines) < _MIN_ALIGNED_ROWS or any("\t" in line for line in lines):
        return None
    gaps = [match.span() for match in _GAP.finditer(lines[0])]
    for line in lines[1:]:
        own = [match.span() for match in _GAP.finditer(line)]
        gaps = _shared(gaps, [*own, (len(line), _MAX_LINE_CHARS)])
        if not gaps:
            return None
    columns = list(
        zip([0, *(end for _, end in gaps)], [*(start for start, _ in gaps), None], strict=True)
    )
    cells = [[line[start:end] for start, end in columns] for line in lines]
    if not all(row[0].strip() for row in cells) or not all(
        map(_is_aligned, zip(*cells, strict=True))
    ):
        return None
    return _table(cells, _MIN_ALIGNED_ROWS)


def _shared(gaps: Sequence[PieceBounds], others: Sequence[PieceBounds]) -> list[PieceBounds]:
    """Where both have gaps, of which each is in order."""
    shared: list[PieceBounds] = []
    at = 0
    for start, end in gaps:
        while at < len(others) and others[at][1] <= start:
            at += 1
        for other in others[at:]:
            if other[0] >= end:
                break
            both = max(start, other[0]), min(end, other[1])
            if both[1] - both[0] >= _MIN_GAP_CHARS:
                shared.append(both)
    return shared


def _is_aligned(column: Sequence[str]) -> bool:
    """Whether the cells that say something all begin in one place, or end in one."""
    said = [cell for cell in column if cell.strip()]
    starts = {len(cell) - len(cell.lstrip()) for cell in said}
    ends = {len(cell.rstrip()) for cell in said}
    return min(len(starts), len(ends)) <= 1


def _table(rows: Sequence[Sequence[str]], min_rows: int) -> list[list[str]] | None:
    """The cells as they are written, if there are enough, in as many columns in each row."""
    counts = set(map(len, rows))
    if len(rows) < min_rows or len(counts) > 1 or min(counts) < _MIN_COLUMNS:
        return None
    return [[" ".join(cell.replace("\\|", "|").split()) for cell in row] for row in rows]
