"""
Tables that are put together by chance, with questions about their cells.

`training/data/tables.json` says what kinds of things there are, what a table may say of them, and
how people ask for it. The layouts are those that `index.formats` gives tables: a row of a CSV file
is a passage of its own; one of a page or a Word document is a line, with the names of its columns
where the table has a header.
"""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator

from training.chance import seeded
from training.errors import SourceError
from training.examples import NOISE_SHARE, Example, Group
from training.noise import noisy
from training.sources import DATA_FOLDER, Chars

TABLES_NAME = "tables.json"
QUESTIONS_PER_TABLE = 5
RIVAL_ROWS = 2
"""Other rows of the table, each a passage, that a question about a CSV file's row is asked of."""
_MIN_ROWS = 3
_MAX_ROWS = 8
_MIN_COLUMNS = 2
_MAX_COLUMNS = 5

# Shares of the questions; the others ask for a cell.
UNANSWERED_SHARE = 0.2
BACKWARDS_SHARE = 0.12
"""The share of questions that name a cell and ask what it belongs to."""
FOLLOWUP_SHARE = 0.25
"""The share of a cell's questions that follow one for another cell of its row or column."""
GENERIC_SHARE = 0.25
"""The share of a cell's questions that say the column's header instead of other words."""

TableLayout = Literal["rows", "labelled lines", "lines", "markdown"]
"""The layouts of a CSV file, of HTML and Word with a header and without one, and of Markdown."""
LAYOUTS: tuple[TableLayout, ...] = ("rows", "labelled lines", "lines", "markdown")

_RANGE = re.compile(r"\{(\d+):(\d+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """What a table may say of each thing."""

    headers: tuple[str, ...]
    pattern: tuple[str, ...] = ()
    """One for the whole table; {2:40} stands for a number of that range."""
    values: tuple[str, ...] = ()
    """If there is no pattern, one for each thing."""
    asks: tuple[str, ...]
    """Questions for a cell; {name} stands for the thing."""

    @model_validator(mode="after")
    def _has_cells(self) -> Self:
        if bool(self.pattern) == bool(self.values):
            raise ValueError(f"{self.headers}: a column has either a pattern or values.")
        return self


class TableKind(_Strict):
    """A kind of thing that tables are about."""

    kind: str
    """What one is called."""
    split: Literal["train", "dev"]
    titles: tuple[str, ...]
    names: tuple[str, ...]
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, and the cells that answer it: row and column, the first column holding names."""

    text: str
    cells: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Table:
    kind: TableKind
    title: str
    columns: tuple[Column, ...]
    header: tuple[str, ...]
    """The column of names, and each other column."""
    rows: tuple[tuple[str, ...], ...]


def read_kinds(split: str, folder: Path = DATA_FOLDER) -> list[TableKind]:
    """
    Read the kinds of a split, "train" or "dev".

    Raises:
        SourceError: If the file is missing, or not what it should be.
    """
    path = folder / TABLES_NAME
    try:
        kinds = TypeAdapter(list[TableKind]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise SourceError(f"{path}: it holds no kinds of tables ({error}).") from error
    return [kind for kind in kinds if kind.split == split]


def epoch_of_tables(kinds: Sequence[TableKind], n_tables: int, seed: int) -> list[Group]:
    """
    Questions about tables, `QUESTIONS_PER_TABLE` for each.

    Args:
        kinds: At least one.
        n_tables: How many tables; each is of a kind drawn at random.
        seed: Decides everything.
    """
    rng = seeded(seed)
    groups: list[Group] = []
    for _ in range(n_tables):
        table = _drawn(rng.choice(kinds), rng)
        layout = rng.choice(LAYOUTS)
        groups += [_group(table, layout, rng) for _ in range(QUESTIONS_PER_TABLE)]
    return groups


def _drawn(kind: TableKind, rng: random.Random) -> _Table:
    count = min(len(kind.columns), rng.randint(_MIN_COLUMNS, _MAX_COLUMNS))
    columns = tuple(rng.sample(kind.columns, count))
    size = min(len(kind.names) - 1, rng.randint(_MIN_ROWS, _MAX_ROWS))
    names = rng.sample(kind.names, size)
    fills = [_fill(column, rng) for column in columns]
    return _Table(
        kind=kind,
        title=rng.choice(kind.titles),
        columns=columns,
        header=(
            rng.choice((kind.kind.capitalize(), "Name")),
            *(rng.choice(c.headers) for c in columns),
        ),
        rows=tuple((name, *(fill() for fill in fills)) for name in names),
    )


def _fill(column: Column, rng: random.Random) -> Callable[[], str]:
    """Makes the column's cells."""
    if not column.pattern:
        return lambda: rng.choice(column.values)
    pattern = rng.choice(column.pattern)

    def number(match: re.Match[str]) -> str:
        return str(rng.randint(int(match[1]), int(match[2])))

    return lambda: _RANGE.sub(number, pattern)


def _group(table: _Table, layout: TableLayout, rng: random.Random) -> Group:
    """
    A question with the table, or with some rows of it that are passages.

    Where no cell answers it, these are any rows: that of the thing that is asked about may be
    missing, and so may the thing.
    """
    asked = _question(table, rng, single=layout == "rows")
    wording = noisy(asked.text, rng) if rng.random() < NOISE_SHARE else asked.text
    if layout != "rows":
        text, places = _text(table, layout)
        spans = tuple(places[cell] for cell in sorted(asked.cells))
        return (Example(wording, text, spans, kind_of(layout)),)
    own = asked.cells[0][0] if asked.cells else rng.randrange(len(table.rows))
    others = [row for row in range(len(table.rows)) if row != own]
    chosen = [own, *rng.sample(others, min(RIVAL_ROWS, len(others)))]
    records = [_record(table, row) for row in chosen]
    return tuple(
        Example(
            wording,
            text,
            tuple(places[column] for row, column in asked.cells if row == number),
            kind_of(layout),
        )
        for number, (text, places) in zip(chosen, records, strict=True)
    )


def kind_of(layout: TableLayout) -> str:
    """The kind of its examples."""
    return f"table in {layout}"


def _question(table: _Table, rng: random.Random, *, single: bool) -> _Asked:
    """
    Ask something.

    Args:
        table: What is asked about.
        rng: Decides.
        single: Whether one cell at most may answer.
    """
    row, column = rng.randrange(len(table.rows)), rng.randrange(len(table.columns))
    if rng.random() < UNANSWERED_SHARE:
        return _Asked(_unanswered(table, row, column, rng), ())
    if rng.random() < BACKWARDS_SHARE:
        value = table.rows[row][column + 1]
        same = [n for n, cells in enumerate(table.rows) if cells[column + 1] == value]
        if not single or len(same) == 1:
            which = table.kind.kind if len(same) == 1 else f"{table.kind.kind}s"
            header = table.header[column + 1].lower()
            return _Asked(f"which {which} with {header} {value}", tuple((n, 0) for n in same))
    asks = _asking(table, column, rng)
    if rng.random() >= FOLLOWUP_SHARE:
        return _Asked(asks.format(name=table.rows[row][0]), ((row, column + 1),))
    if rng.getrandbits(1):
        before, then = rng.sample(range(len(table.rows)), 2)
        first = asks.format(name=table.rows[before][0])
        return _Asked(f"{first}? and {table.rows[then][0]}?", ((then, column + 1),))
    beside = rng.choice([n for n in range(len(table.columns)) if n != column])
    first = _asking(table, beside, rng).format(name=table.rows[row][0])
    return _Asked(f"{first}? and the {table.header[column + 1].lower()}?", ((row, column + 1),))


def _unanswered(table: _Table, row: int, column: int, rng: random.Random) -> str:
    """Ask for a thing or for a column that the table doesn't have."""
    missing = [one for one in table.kind.columns if one not in table.columns]
    if missing and rng.getrandbits(1):
        return rng.choice(rng.choice(missing).asks).format(name=table.rows[row][0])
    present = {cells[0] for cells in table.rows}
    name = rng.choice([name for name in table.kind.names if name not in present])
    return _asking(table, column, rng).format(name=name)


def _asking(table: _Table, column: int, rng: random.Random) -> str:
    """A question for a cell of the column, with {name} in it."""
    if rng.random() >= GENERIC_SHARE:
        return rng.choice(table.columns[column].asks)
    header = table.header[column + 1].lower()
    generic = (
        "{{name}} {}",
        "what is the {} of {{name}}",
        "{} {{name}}",
        "what {} does {{name}} have",
    )
    return rng.choice(generic).format(header)


def _record(table: _Table, row: int) -> tuple[str, list[Chars]]:
    """A row as a passage of its own, and where its cells stand."""
    lines: list[str] = []
    places = []
    at = 0
    for header, cell in zip(table.header, table.rows[row], strict=True):
        line = f"{header}: {cell}"
        places.append((at + len(line) - len(cell), at + len(line)))
        lines.append(line)
        at += len(line) + 1
    return "\n".join(lines), places


def _text(table: _Table, layout: TableLayout) -> tuple[str, dict[tuple[int, int], Chars]]:
    """The whole table, and where its cells stand, by row and column."""
    opening, closing, between = ("| ", " |", "\n") if layout == "markdown" else ("", "", "\n\n")
    is_labelled = layout == "labelled lines"
    text = f"# {table.title}\n" if layout == "markdown" else table.title
    places: dict[tuple[int, int], Chars] = {}
    lines = table.rows if is_labelled else (table.header, *table.rows)
    for number, cells in enumerate(lines, start=len(table.rows) - len(lines)):
        text += between + opening
        for column, cell in enumerate(cells):
            if column:
                text += " | "
            if is_labelled:
                text += f"{table.header[column]}: "
            places[number, column] = (len(text), len(text) + len(cell))
            text += cell
        text += closing
        if layout == "markdown" and number < 0:
            text += "\n|" + "---|" * len(cells)
    return text, places
