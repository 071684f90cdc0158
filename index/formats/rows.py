"""CSV and JSON Lines: each row is a passage that carries its columns' names."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace

from index.documents import Loaded, decode
from index.errors import DocumentError
from index.formats.blocks import Blocks

# A delimiter is told from this much.
_SNIFFED_CHARS = 20_000
_MAX_FIELD_CHARS = 10_000_000


def load_csv(suffix: str, content: bytes) -> Loaded:
    """Read a table whose first row names its columns; a row's name is its number in the file."""
    text = decode(content)
    csv.field_size_limit(_MAX_FIELD_CHARS)
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(suffix, text), skipinitialspace=True
    )
    blocks = Blocks("row")
    try:
        header = [_one_line(name) for name in next(reader, [])]
        for number, row in enumerate(reader, start=2):
            names = header + [f"column {i}" for i in range(len(header) + 1, len(row) + 1)]
            _add_row(blocks, number, zip(names, row, strict=False))
    except csv.Error as error:
        raise DocumentError(f"line {reader.line_num}: {error}") from error
    # A cell is no title, and a date in one is not the table's.
    return replace(blocks.loaded(), title=None, dated=None)


def _delimiter(suffix: str, text: str) -> str:
    if suffix == ".tsv":
        return "\t"
    try:
        # Of what it tells, this alone: where the first rows have no quote within quotes, it takes
        # later ones for the ends of their cells.
        return csv.Sniffer().sniff(text[:_SNIFFED_CHARS], ",;\t|").delimiter
    except csv.Error:
        return ","


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
