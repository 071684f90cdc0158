"""CSV and JSON Lines: each row is a passage that carries its columns' names."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any

from index.documents import decode
from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.headers import SAMPLED_ROWS, count_of_headers, names_of
from index.formats.tables import AFTER_NAME, BETWEEN_CELLS, MAX_CELL_CHARS

# A delimiter is told from this much. Python's own sniffer takes seconds for some such texts, and
# doubled quotes for ends of cells where its sample has none.
_SNIFFED_CHARS = 20_000
# Of those that fit alike the first; a comma also stands in numbers and in sentences.
_DELIMITERS = "\t;|,"
# Of all columns together, which each row repeats; with longer ones, they stand once, at the head.
_MAX_NAMES_CHARS = 5_000


def load_csv(suffix: str, content: bytes) -> Loaded:
    """Read a table; a row's name is its number in the file."""
    text = decode(content)
    csv.field_size_limit(MAX_CELL_CHARS)
    reader = _reader(text, _delimiter(suffix, text))
    blocks = Blocks("row")
    rows = ([one_line(cell) for cell in row] for row in reader)
    try:
        for number, row in written_rows(enumerate(rows, start=1)):
            blocks.begin(f"{number}")
            blocks.add(row)
    except csv.Error as error:
        raise DocumentError(f"line {reader.line_num}: {error}") from error
    # A cell is no title, and a date in one is not the table's.
    return replace(blocks.loaded(), title=None, dated=None)


def written_rows(rows: Iterable[tuple[int, Sequence[str]]]) -> Iterator[tuple[int, str]]:
    """
    Write rows, each cell on a line of its own after the name of its column.

    The first row, or the first two, name the columns unless they look like those that follow. Rows
    of one cell above them are a title. A table that names nothing has its rows as they stand.

    Args:
        rows: The number of each, and its cells in one line.

    Yields:
        The number of each row that says something, and what it says.
    """
    waiting = iter((number, row) for number, row in rows if any(row))
    ahead = list(islice(waiting, SAMPLED_ROWS))
    while len(ahead) > 1 and _is_title(ahead[0][1], [row for _, row in ahead[1:]]):
        number, row = ahead.pop(0)
        yield number, next(filter(None, row))
    count = count_of_headers([row for _, row in ahead], unless=True)
    header, ahead = ahead[:count], ahead[count:]
    names = names_of([row for _, row in header]) if header else []
    is_repeated = 0 < sum(map(len, names)) <= _MAX_NAMES_CHARS
    if not is_repeated or not ahead:
        yield from ((number, _plain(row)) for number, row in header)
    for number, row in chain(ahead, waiting):
        if is_repeated:
            more = (f"column {place}" for place in range(len(names) + 1, len(row) + 1))
            yield number, _named(zip(chain(names, more), row, strict=False))
        else:
            yield number, _plain(row)


def _is_title(row: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a row says something of the whole table that follows it."""
    said = [sum(map(bool, each)) for each in below]
    return sum(map(bool, row)) == 1 and min(said) > 1


def _plain(row: Iterable[str]) -> str:
    return BETWEEN_CELLS.join(filter(None, row))


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
        blocks.begin(f"{number}")
        blocks.add(_named((one_line(name), one_line(said)) for name, said in _fields("", value)))
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


def _named(fields: Iterable[tuple[str, str]]) -> str:
    """What has a value, each on a line of its own after its name."""
    return "\n".join(
        f"{name}{AFTER_NAME}{value}" if name else value for name, value in fields if value
    )


def one_line(text: str) -> str:
    """A cell as it is written."""
    return " ".join(text.split())
