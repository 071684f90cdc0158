"""Tables of chance, written into the kinds of files that people write tables in."""

import csv
import html
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

from index.documents import Document
from index.formats import parse
from training.examples import Example, Group
from training.sources import Chars
from training.tables import TableLayout, kind_of

_ROWS, _LABELLED = kind_of("rows"), kind_of("labelled lines")
_LINE = re.compile(r"[^\n]+")
_CELL = re.compile(r"[^|\s](?:[^|\n]*[^|\s])?")
_RULE = re.compile(r"[|-]+")
_NAME = re.compile(r".*?: ")
_MARK = "# "

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table, and a question about it."""

    question: str
    title: str
    """Empty if there is none."""
    header: Cells
    rows: tuple[Cells, ...]
    answers: frozenset[tuple[int, int]]
    """Row and column of each cell that answers it; none if it can't be answered."""


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file."""

    layout: TableLayout
    """Which tables are written so; each of a layout of training is, in several kinds of files."""
    suffix: str
    write: Callable[[Table], str]
    has_header: bool = True


def table_of(group: Group) -> Table:
    """The table that a question of training is asked of."""
    is_named = group[0].kind in {_ROWS, _LABELLED}
    lines = [(one, line) for one in group for line in _lines(one)]
    title = "" if group[0].kind == _ROWS else lines.pop(0)[1][0][1].removeprefix(_MARK)
    header = tuple(cell for _, cell in lines[0][1])
    if is_named:
        header = tuple(_name(cell).removesuffix(": ") for cell in header)
        lines = [(one, [_without_name(*cell) for cell in line]) for one, line in lines]
    else:
        lines = lines[1:]
    answers = frozenset(
        (row, column)
        for row, (one, line) in enumerate(lines)
        for column, (at, cell) in enumerate(line)
        if (at, at + len(cell)) in one.spans
    )
    rows = tuple(tuple(cell for _, cell in line) for _, line in lines)
    return Table(group[0].question, title, header, rows, answers)


def _lines(example: Example) -> list[list[tuple[int, str]]]:
    """The cells of each line, and where they begin; of a row of CSV, its lines are cells."""
    lines = [(match.start(), match[0]) for match in _LINE.finditer(example.context)]
    if example.kind == _ROWS:
        return [lines]
    return [
        [(at + cell.start(), cell[0]) for cell in _CELL.finditer(line)]
        for at, line in lines
        if not _RULE.fullmatch(line)
    ]


def _name(cell: str) -> str:
    found = _NAME.match(cell)
    return found[0] if found else ""


def _without_name(at: int, cell: str) -> tuple[int, str]:
    name = _name(cell)
    return at + len(name), cell.removeprefix(name)


def document_of(table: Table, kind: FileKind) -> tuple[Document, dict[tuple[int, int], Chars]]:
    """
    Write a table into a file, and read that as an index does.

    Returns:
        The document, and where it has the table's cells, by row and column; a row that was taken
        for the names of the columns has none.
    """
    name = f"table{kind.suffix}"
    loaded = parse(kind.suffix, kind.write(table).encode())
    document = Document(
        id=name,
        title=loaded.title or name,
        text=loaded.text,
        sha256="",
        modified=datetime(2026, 1, 1, tzinfo=UTC),
        places=loaded.places,
    )
    return document, dict(_places(loaded.text, table.rows))


def _places(text: str, rows: Sequence[Cells]) -> Iterator[tuple[tuple[int, int], Chars]]:
    """Find each row behind the one before it."""
    at = 0
    for number, row in enumerate(rows):
        found = _found(text, row, at)
        if found:
            at = found[-1][1]
        yield from (((number, column), place) for column, place in enumerate(found))


def _found(text: str, row: Cells, at: int) -> list[Chars]:
    """Where a row's cells stand from a place on, one behind the other; none if one doesn't."""
    found: list[Chars] = []
    for cell in row:
        bounded = rf"(?:^|: |\| |  ){re.escape(cell)}(?= +\||  |$)"
        match = re.compile(bounded, re.MULTILINE).search(text, at)
        if match is None:
            return []
        at = match.end()
        found.append((at - len(cell), at))
    return found


def _csv(rows: Sequence[Cells]) -> str:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue()


def _html(title: str, rows: Sequence[Cells], first: str = "td") -> str:
    lines = (
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for row, tag in zip(rows, [first, *["td"] * len(rows)], strict=False)
    )
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<h1>{html.escape(title)}</h1><table>{body}</table>"


def _markdown(header: Cells, rows: Sequence[Cells]) -> str:
    lines = (header, ("---",) * len(header), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _columns(rows: Sequence[Cells]) -> str:
    """Aligned by spaces."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


KINDS: Mapping[str, FileKind] = MappingProxyType(
    {
        "CSV": FileKind("rows", ".csv", lambda one: _csv((one.header, *one.rows))),
        "CSV without a header": FileKind(
            "rows", ".csv", lambda one: _csv(one.rows), has_header=False
        ),
        "HTML": FileKind(
            "labelled lines", ".html", lambda one: _html(one.title, (one.header, *one.rows), "th")
        ),
        "HTML, header not marked": FileKind(
            "lines", ".html", lambda one: _html(one.title, (one.header, *one.rows))
        ),
        "HTML without a header": FileKind(
            "lines", ".html", lambda one: _html(one.title, one.rows), has_header=False
        ),
        "Markdown": FileKind(
            "markdown",
            ".md",
            lambda one: f"{_MARK}{one.title}\n\n{_markdown(one.header, one.rows)}",
        ),
        "Markdown without a header": FileKind(
            "markdown",
            ".md",
            lambda one: f"{_MARK}{one.title}\n\n{_markdown(('',) * len(one.header), one.rows)}",
            has_header=False,
        ),
        "text, Markdown's marks": FileKind(
            "markdown", ".txt", lambda one: f"{one.title}\n\n{_markdown(one.header, one.rows)}"
        ),
        "text, in columns": FileKind(
            "markdown", ".txt", lambda one: f"{one.title}\n\n{_columns((one.header, *one.rows))}"
        ),
    }
)
