"""CSV and JSON Lines: each row is a passage that carries its columns' names."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from index.documents import decode
from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.tables import BETWEEN_CELLS

# A delimiter is told from this much. Python's own sniffer takes seconds for some such texts, and
# doubled quotes for ends of cells where its sample has none.
_SNIFFED_CHARS = 20_000
# Of those that fit alike the first; a comma also stands in numbers and in sentences.
_DELIMITERS = "\t;|,"
_MAX_FIELD_CHARS = 10_000_000
# Of all columns together, which each row repeats; with longer ones, they stand once, at the head.
_MAX_NAMES_CHARS = 5_000


def load_csv(suffix: str, content: bytes) -> Loaded:
    """Read a table whose first row names its columns; a row's name is its number in the file."""
    text = decode(content)
    csv.field_size_limit(_MAX_FIELD_CHARS)
    reader = _reader(text, _delimiter(suffix, text))
    blocks = Blocks("row")
    try:
        header = [_one_line(name) for name in next(reader, [])]
        is_repeated = sum(map(len, header)) <= _MAX_NAMES_CHARS
        if not is_repeated:
            _add_row(blocks, 1, [("", BETWEEN_CELLS.join(filter(None, header)))])
        for number, row in enumerate(reader, start=2):
            if is_repeated:
                names = header + [f"column {i}" for i in range(len(header) + 1, len(row) + 1)]
                _add_row(blocks, number, zip(names, row, strict=False))
            else:
                _add_row(blocks, number, [("", BETWEEN_CELLS.join(filter(None, row)))])
    except csv.Error as error:
        raise DocumentError(f"line {reader.line_num}: {error}") from error
    # A cell is no title, and a date in one is not the table's.
    return replace(blocks.loaded(), title=None, dated=None)


def _reader(text: str, delimiter: str) -> Any:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)


def _delimiter(suffix: str, text: str) -> str:
    """The one that cuts the first rows into columns as the header has them, into the most."""
    if suffix == ".tsv":
        return "\t"

    def fit(delimiter: str) -> tuple[float, int]:
        counts = [len(row) for row in _reader(text[:_SNIFFED_CHARS], delimiter) if row]
        # The last row may be cut.
        counts = counts[:-1] or counts
        if not counts or counts[0] == 1:
            return 0.0, 1
        return counts.count(counts[0]) / len(counts), counts[0]

    return max(_DELIMITERS, key=fit)


def load_jsonl(_suffix: str, content: bytes) -> Loaded:
    """Read one JSON value per line; a row's name is its line's number."""
    blocks = Blocks("row")
    for number, line in enumerate(decode(content).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise DocumentError(f"line {number}: it is not JSON ({error})") from error
        _add_row(blocks, number, _fields("", value))
    # A cell is no title, and a date in one is not the table's.
    return replace(blocks.loaded(), title=None, dated=None)


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    """The leaves of a JSON value, each with the path to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _fields(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, list):
        if any(isinstance(inner, dict | list) for inner in value):
            for number, inner in enumerate(value, start=1):
                yield from _fields(f"{name}.{number}" if name else str(number), inner)
        else:
            yield name, ", ".join(_scalar(inner) for inner in value)
    else:
        yield name, _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _add_row(blocks: Blocks, number: int, fields: Iterable[tuple[str, str]]) -> None:
    lines = []
    for name, value in fields:
        shown = _one_line(value)
        if shown:
            lines.append(f"{_one_line(name)}: {shown}" if name.strip() else shown)
    if lines:
        blocks.begin(f"{number}")
        blocks.add("\n".join(lines))


def _one_line(text: str) -> str:
    return " ".join(text.split())
