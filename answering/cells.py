"""
Rows as documents write them, and the cell of one that a question names. Pure functions.

A row reads "Vessel: Barge | Per day: 33 euros | Per week: 160 euros", without a header "Barge | 33
euros | 160 euros", and a labelled line reads "Port: 1212". The reader often takes another cell of
such a row, or the same column of another row, though the question says the name of the column, or
what else stands in the row.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import groupby, takewhile
from operator import itemgetter
from typing import Literal, TypeVar

from answering.english.cell_kinds import ADDRESS, kinds_of_cells
from answering.english.questions import (
    CARING,
    COMPARING,
    MEASURED,
    SUPERLATIVE,
    SUPERLATIVE_WORD,
    asks_for_judgement,
)
from answering.english.words import (
    ARTICLES,
    FUNCTION_WORDS,
    NEGATION,
    QUESTION_WORDS,
    WORD_ENDING,
    words_of,
)
from index.formats.tables import BETWEEN_CELLS
from index.passages import Passage
from reader.spans import Span

_Thing = TypeVar("_Thing")
_Form = Callable[[frozenset[str]], frozenset[str]]
"""How words are compared: as they stand, or by their stems."""
Bounds = tuple[int, int]
"""Start and end in a passage, in characters."""

_AFTER_NAME = ": "
# What is longer before a colon is a sentence, and no name.
_MAX_NAME_CHARS = 40
# And a longer line above a table says more than what the table is about.
_MAX_HEADING_WORDS = 10
# A longer cell holds more than an answer, and the reader chooses from it.
_MAX_CELL_CHARS = 100
# What may follow in a cell that the reader stopped in: "3582" of "3582 W", "59" of "59 €", "the
# lower" of "the lower car park".
_REST = re.compile(r"(?: [^\W\d_]+)+| ?(?:[€£$¥%]|°[CF]?)")
_MAX_REST_CHARS = 20
# A unit in a column's name: "Length (km)".
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_LETTERS = re.compile(r"[^\W\d_]+")
# In a shorter word, another letter makes another word.
_MIN_MISSPELT_LETTERS = 5
# That of two words of five letters, one of which differs.
_MIN_LIKENESS = 0.8
# Beside the cells of a row whose columns have no names; Markdown's own rows have them outside, too.
_BORDER = re.compile(r"(?<!\S)\|(?!\S)")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a text."""

    start: int
    text: str

    @property
    def end(self) -> int:
        """Where the line ends in the text (exclusive), in characters."""
        return self.start + len(self.text)


def lines_of(text: str) -> list[TextLine]:
    """The lines that are not blank."""
    lines, start = [], 0
    for line in text.split("\n"):
        if line.strip():
            lines.append(TextLine(start, line))
        start += len(line) + 1
    return lines


def cells_of(line: TextLine) -> dict[str, Bounds]:
    """
    The cells of a row by the names of their columns, one of which may have none; else none.

    No cell begins or ends with white space; one of a blank is empty.
    """
    cells: dict[str, Bounds] = {}
    start = line.start
    parts = line.text.split(BETWEEN_CELLS)
    for part in parts:
        name, colon, cell = part.partition(_AFTER_NAME)
        if not colon:
            name, cell = "", part
        end = start + len(part.rstrip())
        begin = start + len(part) - len(cell.lstrip())
        cells[name] = (min(begin, end), end)
        start += len(part) + len(BETWEEN_CELLS)
    return cells if len(cells) == len(parts) and any(cells) else {}


def around(things: Sequence[_Thing], place: int, kept: Sequence[bool]) -> list[_Thing]:
    """The unbroken run of kept things that holds the one at a place; none if that is not kept."""
    before = list(takewhile(lambda one: kept[one], range(place - 1, -1, -1)))
    after = list(takewhile(lambda one: kept[one], range(place, len(things))))
    return [things[one] for one in (*reversed(before), *after)]


def at_named_cell(
    question: str,
    span: Span,
    passage: Passage,
    others: Sequence[Passage] = (),
    beside: Sequence[Span] = (),
) -> Span:
    """
    Give a span the place of the cell that a question names by its column, by its row, or by both.

    A column is named if the question holds all words of its name and none of its cells: "which
    machine was bought in 2024" names the machine. Where none is, and the span's cell can't answer,
    since the question says it, or asks for another kind of thing ("who" of a figure, "how long" of
    a day), another cell counts that can: of several, the one that the reader prefers. A row is
    named if more words of its other cells stand in the question than of any other row's; one that
    does not stand with the span's, such as a row in another passage, only by all words of a cell,
    or by the year or number above its table, if that of the span's has another ("Fees for 2026" and
    "Fees for 2025"). A question that compares or denies names none.

    Args:
        question: What the reader was asked; of several questions, the last one counts, and what it
            does not name is that of those before it.
        span: What it found.
        passage: Where that stands.
        others: What else of the document was read.
        beside: What else the reader found, best first.
    """
    rows, place = _rows_around(span, passage)
    if not rows:
        return span
    own = rows[place]
    table = {row.start: row for row in (*_rows_like(own, (passage, *others)), *rows)}
    asked = _asked(question, tuple(rows), tuple(table.values()))
    if asked.compares or asked.denies:
        return span
    column = next(name for name, cell in own.cells.items() if _is_within(span, cell))
    is_cell = _completed(span, own.cells[column], passage.text) == own.cells[column]
    found = [
        (row is not own, name)
        for one in beside
        for row in table.values()
        if one.passage_id == row.passage.id
        for name, cell in row.cells.items()
        if _is_within(one, cell)
    ]
    preferred = [name for _, name in sorted(found, key=itemgetter(0))]
    wanted = asked.column(own, column, preferred, is_cell=is_cell)
    row = asked.row(own, wanted)
    if wanted not in row.cells:
        return span
    cell = row.cells[wanted]
    if (row, wanted) == (own, column):
        cell = _completed(span, cell, passage.text)
    elif not 0 < cell[1] - cell[0] <= _MAX_CELL_CHARS:
        return span
    text = row.passage.text[slice(*cell)]
    return replace(span, passage_id=row.passage.id, start_char=cell[0], end_char=cell[1], text=text)


# Rows are told apart by identity, so that what they say can be remembered.
@dataclass(frozen=True, eq=False)
class _Row:
    passage: Passage
    cells: Mapping[str, Bounds]
    """The cells by the names of their columns, or by their numbers where columns have no names."""
    is_named: bool = True
    """Whether the columns have names."""
    caption: frozenset[str] = frozenset()
    """The years and numbers that are said above its table."""

    @cached_property
    def start(self) -> int:
        """Where its first cell is in the document."""
        return self.passage.start_char + min(start for start, _ in self.cells.values())

    def text(self, column: str) -> str:
        """A cell as it is written."""
        return self.passage.text[slice(*self.cells[column])]

    def words(self, column: str, without: frozenset[str] = FUNCTION_WORDS) -> frozenset[str]:
        """What a cell says."""
        return _words(self.text(column), without)

    @cached_property
    def all_words(self) -> frozenset[str]:
        """What its cells say."""
        return frozenset[str]().union(*map(self.words, self.cells))

    def is_like(self, other: "_Row") -> bool:
        """
        Whether both may be rows of one table.

        An empty cell is not written with its name, so a row may lack columns that others have.
        """
        if not (self.is_named and other.is_named):
            return self.is_named == other.is_named and len(self.cells) == len(other.cells)
        own, others = self.cells.keys(), other.cells.keys()
        return own <= others or others <= own or next(iter(own)) == next(iter(others))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question's words, and the rows of a table that it is asked of."""

    asking: str
    """What says which column is meant."""
    column_words: frozenset[str]
    """The words by which it may name a column."""
    implied: frozenset[str]
    """What it may call otherwise, if no column shares a word with it: "how long" asks a length."""
    row_words: frozenset[str]
    """The words by which it may name a row, without their endings."""
    said: frozenset[str]
    """These, and what is said with them."""
    as_said: frozenset[str]
    """The same with their endings."""
    captions: frozenset[str]
    """The years and numbers it says that stand above one of the tables and not above another."""
    compares: bool
    """Whether it is answered by comparing rows."""
    denies: bool
    """Whether it says that something is not so."""
    rows: Sequence[_Row]
    """Those of the passage that the reader's span is in."""
    table: Sequence[_Row]
    """All that were read, of other passages, too."""

    @classmethod
    def of(cls, question: str, rows: Sequence[_Row], table: Sequence[_Row]) -> "_Asked":
        """Understand a question."""
        said = frozenset[str]().union(*(row.all_words for row in table))
        shown = frozenset[str]().union(*map(_words, (n for row in rows for n in row.cells)))
        question = _spelt(question, said | shown)
        last = _last(question)
        beside = _without_cells(question, table)
        whole = last if _compares(beside) else question
        words = _stems(_words(last))
        cells = _stems(said)
        # "And the loom?" asks what was asked before, and "and the fee?" asks it of the same row.
        is_row_alone = words <= cells and QUESTION_WORDS.isdisjoint(last.lower().split())
        asking = whole if is_row_alone else last
        naming = whole if words.isdisjoint(cells) else last
        captions = _telling({row.caption for row in table})
        implied = frozenset(n for asks, nouns in MEASURED if asks.search(asking) for n in nouns)
        return cls(
            asking=asking,
            column_words=_words(asking),
            implied=implied if _stems(_words(asking)).isdisjoint(_stems(shown)) else frozenset(),
            row_words=_stems(_words(naming)),
            said=_stems(_words(naming, ARTICLES)),
            as_said=_words(naming, ARTICLES),
            captions=captions & words or captions & _stems(_words(question)),
            compares=_compares(_last(beside)),
            denies=bool(NEGATION.search(beside)),
            rows=rows,
            table=table,
        )

    def column(self, own: _Row, column: str, preferred: Sequence[str], *, is_cell: bool) -> str:
        """
        The one column that is named; the given one if that is, too, or if no one alone is.

        Args:
            own: The row of the reader's span.
            column: The column of that.
            preferred: Columns in which the reader found spans, the best first, those of the given
                row before others.
            is_cell: Whether the span is all of its cell, and no words of a text that has a label.
        """
        named = self._named(self.column_words, frozenset)
        # "Leave" names the column "Leaves" only where none is named by a word as it stands.
        if not named and is_cell:
            named = self._named(_stems(self.column_words), _stems)
        named = named or self._named(self.implied, frozenset)
        if not named and is_cell:
            return self._fitting(own, column, preferred)
        return named[0] if len(named) == 1 else column

    def _named(self, words: frozenset[str], form: _Form) -> list[str]:
        """The columns all of whose name is among some words, and none of whose cells is."""
        names = dict.fromkeys(name for row in self.rows if row.is_named for name in row.cells)
        return [name for name in names if self._is_named(name, words, form)]

    def _is_named(self, column: str, words: frozenset[str], form: _Form) -> bool:
        name = form(_words(_IN_BRACKETS.sub("", column)) or _words(column))
        cells = (form(row.words(column)) for row in self.table if column in row.cells)
        return bool(name) and name <= words and not any(c and c <= words for c in cells)

    def _fitting(self, own: _Row, column: str, preferred: Sequence[str]) -> str:
        """
        The column whose cells may answer, and which is not said, if the given one's can't.

        It is the only one, or the one of several that the reader prefers.
        """
        columns = {
            name: [row.text(name) for row in self.table if name in row.cells]
            for name in own.cells
            if not self._says(own.words(name))
        }
        fitting = list(columns)
        for kind in kinds_of_cells(self.asking):
            # Another row's "no" says nothing against a name in this one.
            if column in columns and kind.fits([own.text(column)]):
                return column
            fitting = [name for name, cells in columns.items() if kind.fits(cells)]
            if fitting:
                break
        if column in fitting:
            return column
        # "Is it free?" may well be answered by the cell that says so.
        is_open = not asks_for_judgement(self.asking)
        best = [name for name in preferred if name in fitting and is_open] or fitting
        return best[0] if best is not fitting or len(fitting) == 1 else column

    def _says(self, cell: frozenset[str]) -> bool:
        """Whether a cell can't be the answer, since the question says it."""
        return bool(cell) and _stems(cell) <= self.row_words

    def row(self, own: _Row, column: str) -> _Row:
        """
        Which row the question says most of beside a column; the given one if none is ahead.

        Where rows are alike in this, the one counts of which it says a whole cell. A row of another
        passage counts only if the question says a whole cell of it, and no such cell of a row that
        has another. If it says the year above another table, it is a row of that.
        """
        elsewhere = self._under_named_caption(own, column)
        if elsewhere is not None:
            return elsewhere
        rows = [
            row
            for row in self.table
            if row is own or (column in row.cells and not self._says(row.words(column)))
        ]
        said = {row.start: self.row_words & _said_beside(row, column) for row in rows}
        whole = {row.start for row in rows if self._names(row, column)}
        here = {row.start for row in self.rows}
        ranks = {at: (len(said[at]), at in whole) for at in said if at in here | whole}
        most = max(ranks.values())
        ahead = [row for row in rows if ranks.get(row.start) == most]
        if len(ahead) != 1 or self._may_be_names(ahead[0]):
            return own
        (first,) = ahead
        is_clear = first.start in here or all(said[at] <= said[first.start] for at in whole)
        return first if is_clear else own

    def _under_named_caption(self, own: _Row, column: str) -> _Row | None:
        """
        The row of a table that the question names by a number above it, if its own has another.

        The question says as much of it as of the given row, and more than of the others there.
        """
        # A table without a number may be the rest of one that has it.
        if not own.caption:
            return None
        # What the row itself says need not be looked for elsewhere.
        named = self.captions - _stems(own.all_words)
        captions = {row.caption for row in self.table}
        most = max(len(named & caption) for caption in captions)
        best = [caption for caption in captions if len(named & caption) == most]
        if len(best) > 1 or best == [own.caption]:
            return None
        said = {
            row.start: self.row_words & _said_beside(row, column)
            for row in self.table
            if column in row.cells and row.caption == best[0]
        }
        least = len(self.row_words & _said_beside(own, column))
        most = max(map(len, said.values()), default=0)
        ahead = [row for row in self.table if len(said.get(row.start, ())) == most]
        return ahead[0] if len(ahead) == 1 and most >= max(least, 1) else None

    def _names(self, row: _Row, column: str) -> bool:
        """Whether the question holds all words of a cell of a row, beside those of a column."""
        cells = (_stems(row.words(name, ARTICLES)) for name in row.cells if name != column)
        return any(cell and cell <= self.said for cell in cells)

    def _may_be_names(self, row: _Row) -> bool:
        """Whether a row may be a header that does not show, and not the row that is asked for."""
        first = row.words(next(iter(row.cells)), ARTICLES)
        return row is self.rows[0] and not row.is_named and not first <= self.as_said


# The spans that were read for one question are mostly in one table.
@lru_cache(maxsize=32)
def _asked(question: str, rows: tuple[_Row, ...], table: tuple[_Row, ...]) -> _Asked:
    return _Asked.of(question, rows, table)


@lru_cache(maxsize=4_000)
def _said_beside(row: _Row, column: str) -> frozenset[str]:
    """What the cells of a row but for one column's say, without the words' endings."""
    words = (row.words(name) for name in row.cells if name != column)
    return _stems(frozenset[str]().union(*words))


@lru_cache(maxsize=100)
def _spelt(question: str, words: frozenset[str]) -> str:
    """A question in which each word that is very like one of a table's is replaced by that."""
    known = _stems(words | FUNCTION_WORDS | COMPARING)

    def spelt(match: re.Match[str]) -> str:
        word = match[0].lower()
        is_known = SUPERLATIVE_WORD.match(word) is not None or _stems(frozenset({word})) <= known
        if len(word) < _MIN_MISSPELT_LETTERS or is_known:
            return match[0]
        as_long = [one for one in words if abs(len(one) - len(word)) <= 1]
        alike = difflib.get_close_matches(word, as_long, n=2, cutoff=_MIN_LIKENESS)
        return alike[0] if len(alike) == 1 else match[0]

    return _LETTERS.sub(spelt, question)


def _without_cells(question: str, rows: Iterable[_Row]) -> str:
    """A question without the cells of several words: "The Last Stand" compares nothing."""
    for cell in {row.text(column) for row in rows for column in row.cells}:
        if " " in cell and cell.lower() in question.lower():
            question = re.sub(
                rf"(?<!\w){re.escape(cell)}(?!\w)", " ", question, flags=re.IGNORECASE
            )
    return question


def _compares(question: str) -> bool:
    said = (word.lower() for word in words_of(CARING.sub("", question)))
    return SUPERLATIVE.search(question) is not None or not COMPARING.isdisjoint(said)


def _telling(captions: Iterable[frozenset[str]]) -> frozenset[str]:
    """The words that some captions say and others don't."""
    all_of_them = list(captions)
    return frozenset[str]().union(*all_of_them) - all_of_them[0].intersection(*all_of_them)


def _last(question: str) -> str:
    return question.rstrip(" ?").rpartition("? ")[2]


# The same is asked of the cells around each span of a question.
@lru_cache(maxsize=4_000)
def _words(text: str, without: frozenset[str] = FUNCTION_WORDS) -> frozenset[str]:
    return frozenset(word.lower() for word in words_of(text)) - without


@lru_cache(maxsize=4_000)
def _stems(words: frozenset[str]) -> frozenset[str]:
    """Words without their endings: "barge" and "barges" are one."""
    return frozenset(WORD_ENDING.sub("", word) for word in words)


def _rows_around(span: Span, passage: Passage) -> tuple[list[_Row], int]:
    """The rows of the table that a span is in, and which of them it is in; none if in no cell."""
    if "\n" in span.text:
        return [], 0
    rows = next((rows for rows in _tables(passage) if any(_holds(row, span) for row in rows)), [])
    place = next((at for at, row in enumerate(rows) if _holds(row, span)), 0)
    return rows, place


def _rows_like(own: _Row, passages: Iterable[Passage]) -> Iterator[_Row]:
    """The rows that may be of a row's table, wherever they stand."""
    tables = (table for passage in passages for table in _tables(passage))
    return (row for table in tables for row in table if row.is_like(own))


# The same passages are looked at for each span of a question.
@lru_cache(maxsize=64)
def _tables(passage: Passage) -> list[list[_Row]]:
    """The tables of a passage, which nobody may change."""
    return list(_read_tables(passage))


def _read_tables(passage: Passage) -> Iterator[list[_Row]]:
    """The tables of a passage; lines with a label each are one row with a line for every cell."""
    # Where a table goes on from another passage, its heading is the last name of the context. The
    # first is the document's title, which stands above all of its tables.
    _, is_below_title, heading = passage.context.rpartition(_AFTER_NAME)
    caption = _numbers(heading) if is_below_title else frozenset[str]()
    formed = ((*_formed(line), line.text) for line in lines_of(passage.text))
    for form, group in groupby(formed, key=itemgetter(0)):
        _, lines, texts = zip(*group, strict=True)
        if form == "labels":
            labelled = {name: cell for cells in lines for name, cell in cells.items()}
            if len(labelled) == len(lines):
                yield [_Row(passage, labelled, caption=caption)]
        elif form:
            table: list[_Row] = []
            for cells in lines:
                row = _Row(passage, cells, is_named=form == "names", caption=caption)
                if table and not row.is_like(table[-1]):
                    yield table
                    table = []
                table.append(row)
            yield table
        else:
            headings = [text for text in texts if _may_be_heading(text)]
            caption = _numbers(" ".join(headings)) if headings else caption


def _formed(line: TextLine) -> tuple[Literal["labels", "names", "cells", ""], dict[str, Bounds]]:
    """What a line of a table is, and its cells."""
    cells = cells_of(line)
    if len(cells) == 1:
        return ("labels" if len(next(iter(cells))) <= _MAX_NAME_CHARS else ""), cells
    if cells:
        return "names", cells
    borders = [match.span() for match in _BORDER.finditer(line.text)]
    starts = [0, *(end for _, end in borders)]
    ends = [*(start for start, _ in borders), len(line.text)]
    plain = [_stripped(line, start, end) for start, end in zip(starts, ends, strict=True)]
    numbered = {f"{n}": cell for n, cell in enumerate(plain) if cell[0] < cell[1]}
    return ("cells" if len(numbered) > 1 else ""), numbered


def _numbers(text: str) -> frozenset[str]:
    return frozenset(word for word in _words(text) if any(map(str.isdigit, word)))


def _may_be_heading(text: str) -> bool:
    return len(text.split()) <= _MAX_HEADING_WORDS and not text.rstrip().endswith(".")


def _stripped(line: TextLine, start: int, end: int) -> Bounds:
    text = line.text[start:end]
    start += len(text) - len(text.lstrip())
    return line.start + start, line.start + start + len(text.strip())


def _holds(row: _Row, span: Span) -> bool:
    return any(_is_within(span, cell) for cell in row.cells.values())


def _is_within(span: Span, cell: Bounds) -> bool:
    return cell[0] <= span.start_char and span.end_char <= cell[1]


def _completed(span: Span, cell: Bounds, text: str) -> Bounds:
    """A span as its whole cell, if that is an address, or if little but an article is left."""
    if ADDRESS.fullmatch(text, *cell):
        return cell
    before, rest = text[cell[0] : span.start_char], text[span.end_char : cell[1]]
    is_begun = not before or (before[-1] == " " and before.strip().lower() in ARTICLES)
    is_short = len(rest) <= _MAX_REST_CHARS and _REST.fullmatch(rest) is not None
    return cell if is_begun and (is_short or not rest) else (span.start_char, span.end_char)
