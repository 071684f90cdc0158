"""CSV and JSON Lines: each row is a passage that carries its columns' names."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.charsets import decode
from index.formats.sheet_tables import add_rows, named
from index.formats.tables import MAX_CELL_CHARS

# A delimiter is told from this much. Python's own sniffer takes seconds for some such texts, and
# doubled quotes for ends of cells where its sample has none.
_SNIFFED_CHARS = 20_000
# If several fit alike, the first one counts: a comma also stands in numbers and in sentences.
_DELIMITERS = "\t;|,"
# What Excel looks for in the first line; no row of the table.
_STATED = re.compile(r'"?sep=([^"\r\n])"?(?:\n|\Z)', re.IGNORECASE)
# A comma cuts a sentence into a pair of cells.
_PAIR = 2


def load_csv(suffix: str, content: bytes) -> Loaded:
    """Read a table; a row's name is its number in the file."""
    text = decode(content)
    csv.field_size_limit(MAX_CELL_CHARS)
    stated = _STATED.match(text)
    text = text[stated.end() :] if stated else text
    reader = _reader(text, stated[1] if stated else _delimiter(suffix, text))
    blocks = Blocks("row")
    rows = ([one_line(cell) for cell in row] for row in reader)
    try:
        add_rows(
            blocks,
            enumerate(rows, start=2 if stated else 1),
            lambda number: blocks.begin(f"{number}"),
        )
    except csv.Error as error:
        raise DocumentError(f"line {reader.line_num}: {error}") from error
    # A cell is no title, and a date in one is not the table's.
    return replace(blocks.loaded(), title=None, dated=None)


def _reader(text: str, delimiter: str, *, skips_spaces: bool = True) -> Any:
    lines = io.StringIO(text, newline="")
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=skips_spaces)


def _delimiter(suffix: str, text: str) -> str:
    """The one that cuts the first rows into columns as the header has them, into the most."""
    if suffix == ".tsv":
        return "\t"
    sample = text[:_SNIFFED_CHARS]
    # The last row may be cut.
    counts = {
        delimiter: _but_last([len(row) for row in _reader(sample, delimiter) if row])
        for delimiter in _DELIMITERS
    }
    # A title may stand above the table.
    has_title = all(columns[:1] == [1] for columns in counts.values())

    def fit(delimiter: str) -> tuple[float, int]:
        rows = counts[delimiter]
        columns = _columns_below(sample, delimiter, rows) if has_title else rows[0] if rows else 1
        return (rows.count(columns) / len(rows), columns) if columns > 1 else (0.0, 1)

    return max(_DELIMITERS, key=fit)


def _columns_below(sample: str, delimiter: str, counts: Sequence[int]) -> int:
    """How many columns most rows below a title have; 1 if these may be sentences."""
    columns = max((count for count in counts if count > _PAIR), key=counts.count, default=1)
    rows = _reader(sample, delimiter, skips_spaces=False)
    is_text = any(cell.startswith(" ") for row in rows for cell in row[1:])
    return 1 if is_text or counts.count(columns) <= len(counts) / 2 else columns


def _but_last(counts: list[int]) -> list[int]:
    return counts[:-1] or counts


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
        blocks.begin(f"{number}")
        blocks.add(named((one_line(name), one_line(said)) for name, said in _fields("", value)))
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


def one_line(text: str) -> str:
    """A cell as it is written."""
    return " ".join(text.split())
