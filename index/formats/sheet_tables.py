"""The tables of a sheet or of a file of rows: what names their columns, and what stands above."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, dropwhile, groupby, islice, takewhile

from index.formats.blocks import Blocks
from index.formats.headers import (
    MIN_NAMES,
    SAMPLED_ROWS,
    count_of_headers,
    has_quantity,
    is_usual,
    names_of,
)
from index.formats.tables import AFTER_NAME, BETWEEN_CELLS

# Each row repeats the names of all columns; if these are longer, they stand once, at the head.
_MAX_NAMES_CHARS = 5_000
# A heading has at most so many characters.
_MAX_HEADING_CHARS = 100
# A fact has two cells: what it is about, and what it says.
_FACT = 2
# In a narrower table, a row of one cell may be an ordinary row.
_MIN_DIVIDED_COLUMNS = 3
# More rows of one cell below each other are no title.
_MAX_TITLE_ROWS = 3
# Cells that are remembered of a table: what they say is hardly the name of a column further below.
_MAX_SAID = 1_000

NumberedRow = tuple[int, Sequence[str]]
"""The number of a row, and its cells in one line."""


@dataclass
class _Table:
    """What is known of a table whose rows come."""

    names: Sequence[str]
    """The names of its columns; none if it has none, or they are too long to stand in each row."""
    title: str
    narrowest: int = 0
    """How many columns the narrowest of its rows fills that came so far, its names among them."""
    said: set[str] = field(default_factory=set)
    """What its cells say that came so far; of a long table not of all rows."""
    section: str | None = None
    """What the last row says that divided it; None before the first one."""

    @property
    def heading(self) -> str:
        """The title and the division that its next row stands below."""
        return AFTER_NAME.join(filter(None, (self.title, self.section)))

    def is_apart(self, cells: Sequence[str]) -> bool:
        """Whether a row has nothing but its first cell, which may belong to no column."""
        is_wide = _filled(self.names) >= _MIN_DIVIDED_COLUMNS
        return is_wide and bool(cells[0]) and _is_alone(cells)

    def ends_above(self, head: Sequence[NumberedRow], *, is_titled: bool) -> bool:
        """Whether the first row of a part below a blank row names the columns of another table."""
        names = head[0][1]
        usual = sum(map(is_usual, names))
        is_narrower = max(_width(cells) for _, cells in head) < self.narrowest
        # A first row in words alone, such as "Saturday | By appointment", looks like names, too.
        return (
            usual >= MIN_NAMES
            or any(name and name in self.names for name in names)
            or _width(names) > _width(self.names)
            or (
                is_titled
                and is_narrower
                and self._may_call(names)
                and sum(has_quantity(cells) for _, cells in head[1:]) > len(head[1:]) / 2
            )
        )

    def _may_call(self, cells: Sequence[str]) -> bool:
        """Whether no cell begins with a small letter, and each says what no cell of it says."""
        said = [cell for cell in cells if cell]
        is_new = len({*said}) == len(said) and self.said.isdisjoint(said)
        return is_new and not any(cell[0].islower() for cell in said)

    def written(self, cells: Sequence[str]) -> str:
        """What is written for a row."""
        self.narrowest = min(self.narrowest, _width(cells))
        if len(self.said) < _MAX_SAID:
            self.said.update(filter(None, cells))
        more = (f"column {place}" for place in range(len(self.names) + 1, len(cells) + 1))
        return (
            named(zip(chain(self.names, more), cells, strict=False))
            if self.names
            else _plain(cells)
        )


def add_rows(
    blocks: Blocks,
    rows: Iterable[NumberedRow],
    begin: Callable[[int], None],
    wide: Container[int] = (),
) -> None:
    """
    Add rows, each cell on a line of its own after the name of its column.

    The first row, or the first two, name the columns unless they look like the rows below them.
    Below a blank row, another table may begin, with names of its own: these are what columns of
    many tables are called, repeat a name, go further to the right, or stand over figures in a
    narrower table with a title. It may begin at a title without a blank row if a name stands in its
    column again. The rows of a table without names are added as they stand. Rows of one cell above
    a table are its title. Such a row below the names, or below a blank row, divides the table if it
    has a sign of that: a colon, capitals, or a cell over several columns. Titles and divisions are
    headings of the rows that follow.

    Args:
        blocks: What they are added to.
        rows: All of them, blank ones too.
        begin: Begins the place of the row with this number.
        wide: The numbers of the rows whose first cell covers several columns.
    """
    before = ""
    for number, text, heading in _written(iter(rows), wide):
        begin(number)
        # The place of a row ends the headings before it.
        if heading or before:
            blocks.add_heading(heading, 1)
        before = heading
        blocks.add(text)


@dataclass(frozen=True)
class _Sheet:
    """What the first rows of a sheet tell of all of it."""

    wide: Container[int]
    """The numbers of the rows whose first cell covers several columns."""
    has_table_later: bool
    """Whether a table begins below its first part, which may be facts then."""
    may_be_form: bool
    """Whether rows of one cell stand among the others, as in forms with a title."""
    has_capitals: bool
    """Whether rows of one cell, and no others, begin in capitals: several of them, since a single
    one may hold a name that is always written so, such as UNICEF."""

    @classmethod
    def of(cls, first: Sequence[NumberedRow], wide: Container[int]) -> "_Sheet":
        """Look at the first rows."""
        has_table_later = any(
            _count(head, unless=False) and _filled(head[0][1]) > _FACT
            for _, head, _ in list(_parts(first))[1:]
        )
        below = list(dropwhile(lambda row: _filled(row[1]) <= 1, first))
        capitals = [_is_alone(cells) for _, cells in below[1:] if cells and cells[0].isupper()]
        return cls(
            wide,
            has_table_later,
            may_be_form=any(_is_alone(cells) for _, cells in below),
            has_capitals=len(capitals) > 1 and all(capitals),
        )

    def divides(self, table: _Table, number: int, cells: Sequence[str]) -> bool:
        """Whether a row divides a table: it is apart, and has a sign of that."""
        has_sign = number in self.wide or cells[0].endswith(":")
        return table.is_apart(cells) and (has_sign or (self.has_capitals and cells[0].isupper()))

    def shows_names(self, above: Sequence[NumberedRow], head: Sequence[NumberedRow]) -> bool:
        """Whether the first part is taken for a table with names unless its rows look alike."""
        may_be_facts = self.has_table_later and all(_filled(cells) <= _FACT for _, cells in head)
        return not (above and self.may_be_form) and not may_be_facts


def _written(rows: Iterator[NumberedRow], wide: Container[int]) -> Iterator[tuple[int, str, str]]:
    """The number of each row that says something, what is written for it, and its heading."""
    rows = _parted(rows)
    first = list(islice(rows, SAMPLED_ROWS))
    sheet = _Sheet.of(first, wide)
    table = _Table([], "")
    is_first = True
    for above, head, rest in _parts(chain(first, rows)):
        count = _count(head, unless=is_first and sheet.shows_names(above, head))
        has_title = any(sheet.divides(table, *row) for row in above)
        is_other = has_title or (count > 0 and table.ends_above(head, is_titled=bool(above)))
        if table.names and not is_other:
            count = 0
        is_new = is_first or count > 0 or (not table.names and bool(above))
        is_first = False
        if is_new:
            names = names_of([cells for _, cells in head[:count]]) if count else []
            is_repeated = sum(map(len, names)) <= _MAX_NAMES_CHARS
            table = _Table(names if is_repeated else [], _title(above), _width(names))
            yield from ((number, _plain(cells), "") for number, cells in above)
            if not table.names or len(head) == count:
                yield from (
                    (number, _plain(cells), table.heading) for number, cells in head[:count]
                )
            others = chain(head[count:], rest)
        else:
            table.section = None if table.section is None else ""
            others = chain(above, head, rest)
        for place, (number, cells) in enumerate(others):
            is_plain = not head and table.is_apart(cells)
            if (place == 0 or table.section is not None) and sheet.divides(table, number, cells):
                table.section = _plain(cells)
                is_plain = True
            yield number, _plain(cells) if is_plain else table.written(cells), table.heading


def _parted(rows: Iterable[NumberedRow]) -> Iterator[NumberedRow]:
    """The rows, and a blank one above a title below which a name stands in its column again."""
    names: Sequence[str] = ()
    titles: list[NumberedRow] = []
    for filled, run in groupby(rows, key=lambda row: min(_filled(row[1]), MIN_NAMES)):
        rest = iter(run)
        head = list(islice(rest, SAMPLED_ROWS))
        if filled == 1 and names and len(head) <= _MAX_TITLE_ROWS:
            titles = head
            continue
        has_names = filled == MIN_NAMES and _count(head, unless=False) > 0
        is_again = has_names and bool(titles) and _repeats(names, head[0][1])
        if is_again:
            yield titles[0][0], ()
        yield from chain(titles, head, rest)
        titles = []
        if filled < MIN_NAMES:
            names = ()
        elif has_names and (is_again or not names):
            names = head[0][1]
    yield from titles


def _parts(
    rows: Iterable[NumberedRow],
) -> Iterator[tuple[list[NumberedRow], list[NumberedRow], Iterator[NumberedRow]]]:
    """
    The parts that blank rows leave: rows of one cell above a part, its first rows, and the rest.

    Rows of one cell at the end are above nothing, unless there are no others.
    """
    above: list[NumberedRow] = []
    waiting: list[NumberedRow] = []
    is_first = True
    for _, part in groupby(rows, key=lambda row: any(row[1])):
        rest = (row for row in part if any(row[1]))
        head = [*waiting, *islice(rest, SAMPLED_ROWS)]
        lead = list(takewhile(lambda row: _is_alone(row[1]), head))
        if len(lead) == len(head) < SAMPLED_ROWS:
            above += lead
        elif is_first and len(head) < SAMPLED_ROWS and len(head) - len(lead) == 1:
            # One row alone may name the columns of what follows.
            above, waiting = [*above, *lead], head[len(lead) :]
        else:
            lead = lead if _is_wide(head) else []
            yield [*above, *lead], head[len(lead) :], rest
            above, waiting, is_first = [], [], False
    if above or waiting:
        yield ([], above, iter(())) if is_first and not waiting else (above, waiting, iter(()))


def _count(rows: Sequence[NumberedRow], *, unless: bool) -> int:
    """How many rows of a part name its columns; in a wider part, rows of one cell don't count."""
    is_wide = _is_wide(rows)
    count = count_of_headers(
        [cells for _, cells in rows if not (is_wide and _is_alone(cells))], unless=unless
    )
    return min(count, 1) if is_wide and any(_is_alone(cells) for _, cells in rows[:2]) else count


def _is_wide(rows: Sequence[NumberedRow]) -> bool:
    """Whether most rows have several cells."""
    return sum(not _is_alone(cells) for _, cells in rows) > len(rows) / 2


def _is_alone(cells: Sequence[str]) -> bool:
    return _filled(cells) == 1


def _filled(cells: Sequence[str]) -> int:
    """How many cells of a row say something."""
    return sum(map(bool, cells))


def _width(cells: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(cells, start=1) if cell), default=0)


def _repeats(names: Sequence[str], cells: Sequence[str]) -> bool:
    """Whether a cell is the name of its column."""
    return any(name and name == cell for name, cell in zip(names, cells, strict=False))


def _title(rows: Iterable[NumberedRow]) -> str:
    """What the rows above a table say together, without those that make it too long a heading."""
    title = ""
    for _, cells in rows:
        longer = f"{title}{AFTER_NAME}{_plain(cells)}" if title else _plain(cells)
        title = longer if len(longer) <= _MAX_HEADING_CHARS else title
    return title


def _plain(cells: Iterable[str]) -> str:
    return BETWEEN_CELLS.join(filter(None, cells))


def named(fields: Iterable[tuple[str, str]]) -> str:
    """Write the values that are there, each on a line of its own after its name."""
    return "\n".join(
        f"{name}{AFTER_NAME}{value}" if name else value for name, value in fields if value
    )
