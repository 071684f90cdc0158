"""
The cell of a table that a question names. Pure functions.

The reader often takes another cell of a row, or the same column of another row, though the question
says the name of the column, or what else stands in the row.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter

from answering.english.cell_kinds import ADDRESS, kinds_of_cells
from answering.english.quantities import COLUMN_UNITS, SAYS_AGE
from answering.english.questions import (
    ASKING_WHEN,
    COMPARING,
    ENDS_OF_TIMES,
    MEASURED,
    NOT_COMPARING,
    SUPERLATIVE,
    SUPERLATIVE_WORD,
    asks_for_judgement,
)
from answering.english.words import (
    ARTICLES,
    FUNCTION_WORDS,
    NEGATION,
    QUESTION_WORDS,
    THE_LETTER_A,
    WORD_ENDING,
    words_of,
)
from answering.ranges import amounts_of, is_within_hours, range_of, times_of
from answering.rows import (
    Bounds,
    TableRow,
    is_said,
    is_within,
    rows_around,
    rows_like,
    without_name,
    words_said,
)
from answering.values import HALF_A_DAY, Quantity
from index.passages import Passage
from reader.spans import Span

_Form = Callable[[frozenset[str]], frozenset[str]]
"""How words are compared: as they stand, or by their stems."""

# A longer cell holds more than an answer, and the reader chooses from it.
_MAX_CELL_CHARS = 100
# What may follow in a cell that the reader stopped in: "3582" of "3582 W", "59" of "59 €", "the
# lower" of "the lower car park".
_REST = re.compile(r"(?: [^\W\d_]+)+| ?(?:[€£$¥%]|°[CF]?)")
_MAX_REST_CHARS = 20
# A unit in a column's name: "Length (km)".
_IN_BRACKETS = re.compile(r"\([^()]*\)")
_LETTERS = re.compile(r"[^\W\d_]+")
_DASHES = " -–—−"
# In a shorter word, another letter makes another word.
_MIN_MISSPELT_LETTERS = 5
# How alike two words of five letters are, one of which differs.
_MIN_LIKENESS = 0.8


def at_named_cell(
    question: str,
    span: Span,
    passage: Passage,
    others: Sequence[Passage] = (),
    beside: Sequence[Span] = (),
) -> Span | None:
    """
    Give a span the place of the cell that a question names by its column, by its row, or by both.

    A column is named if the question holds all words of its name and none of its cells: "which
    machine was bought in 2024" names the machine. Where none is, and the span's cell can't answer,
    since the question says it, or asks for another kind of thing ("who" of a figure, "how long" of
    a day), another cell counts that can: of several, the one that the reader prefers. A row is
    named if more words of its other cells stand in the question than of any other row's; one that
    does not stand with the span's, such as a row in another passage, only by all words of a cell,
    or by the year or number above its table, if that of the span's has another ("Fees for 2026" and
    "Fees for 2025"). A day is said however it is written, and an amount names the row in whose
    range it lies. Where no column is named in full, a part of a name is enough, if it is the only
    one, or hours in which a time lies. A question that compares or denies names none.

    Args:
        question: What the reader was asked; of several questions, the last one counts, and what it
            does not name is that of those before it.
        span: What it found.
        passage: Where that stands.
        others: What else of the document was read.
        beside: What else the reader found, best first.

    Returns:
        The span; none if nothing but a dash is in the cell, or if the question names a row by a
        cell, and a column that is empty there.
    """
    span = without_name(span, passage)
    cell_asked = _cell_asked(question, span, passage, others)
    if cell_asked is None:
        return span if span.text.strip(_DASHES) else None
    asked, own, column = cell_asked
    is_cell = _completed(span, own.cells[column], passage.text) == own.cells[column]
    found = [
        (row is not own, name)
        for one in beside
        for row in asked.table
        if one.passage_id == row.passage.id
        for name, cell in row.cells.items()
        if is_within(one, cell)
    ]
    preferred = [name for _, name in sorted(found, key=itemgetter(0))]
    wanted = asked.column(own, column, preferred, is_cell=is_cell)
    row = asked.row(own, wanted)
    empty = asked.row_without(wanted)
    if empty is not None:
        # What another cell of it says of that column is an answer all the same: "length 7 m".
        is_told = not _stems(words_said(wanted)).isdisjoint(_stems(own.words(column)))
        return span if empty is own and is_told else None
    if wanted not in row.cells:
        return span
    cell = row.cells[wanted]
    if (row, wanted) == (own, column):
        cell = _completed(span, cell, passage.text)
    elif not 0 < cell[1] - cell[0] <= _MAX_CELL_CHARS:
        return span
    text = row.passage.text[slice(*cell)]
    if not text.strip(_DASHES):
        return None
    return replace(span, passage_id=row.passage.id, start_char=cell[0], end_char=cell[1], text=text)


def is_named_cell(
    question: str, span: Span, passage: Passage, others: Sequence[Passage] = ()
) -> bool:
    """
    Whether a span is in the one cell that a question names by its column and by its row.

    The question says the column's name and all words of a cell of the row, more of it than of any
    other row's, and no number and no letter that stand nowhere near.

    Args:
        question: As in `at_named_cell`, as the others are.
        span: Where `at_named_cell` put it.
        passage: Where that stands.
        others: What else of the document was read.
    """
    cell_asked = _cell_asked(question, span, passage, others)
    if cell_asked is None:
        return False
    asked, own, column = cell_asked
    return asked.names(own, column)


def _cell_asked(
    question: str, span: Span, passage: Passage, others: Sequence[Passage]
) -> "tuple[_TableQuestion, TableRow, str] | None":
    """A question as it is asked of the table that a span is in, and the span's row and column."""
    rows, place = rows_around(span, passage)
    if not rows:
        return None
    own = rows[place]
    table = {row.start: row for row in (*rows_like(own, (passage, *others)), *rows)}
    asked = _TableQuestion.of(question, tuple(rows), tuple(table.values()))
    if asked.compares or asked.denies:
        return None
    column = next(name for name, cell in own.cells.items() if is_within(span, cell))
    return asked, own, column


@dataclass(frozen=True, slots=True)
class _TableQuestion:
    """A question's words, and the rows of the table that it is asked of."""

    asking: str
    """The part that says which column is meant."""
    column_words: frozenset[str]
    """The words by which it may name a column."""
    implied: frozenset[str]
    """Columns that it may ask for in other words, if none shares a word with it: "length" for "how
    long"."""
    row_words: frozenset[str]
    """The words by which it may name a row, without their endings."""
    all_row_words: frozenset[str]
    """These with function words, but for articles."""
    all_row_words_whole: frozenset[str]
    """The same with their endings."""
    naming: str
    """The part that says which row is meant."""
    captions: frozenset[str]
    """The years and numbers it says that stand above one of the tables and not above another."""
    compares: bool
    """Whether it is answered by comparing rows."""
    denies: bool
    """Whether it says that something is not so."""
    rows: Sequence[TableRow]
    """Those of the passage that the reader's span is in."""
    table: Sequence[TableRow]
    """All that were read, of other passages, too."""
    ranks: dict[tuple[int, str], tuple[int, bool]] = field(default_factory=dict, compare=False)
    """What was found of a row, by where it starts, beside a column."""

    @classmethod
    # The spans that were read for one question are mostly in one table.
    @lru_cache(maxsize=32)
    def of(
        cls, question: str, rows: tuple[TableRow, ...], table: tuple[TableRow, ...]
    ) -> "_TableQuestion":
        """Understand a question."""
        said = frozenset[str]().union(*(row.all_words for row in table))
        shown = frozenset[str]().union(*map(words_said, (n for row in rows for n in row.cells)))
        question = _spelt(question, (said | shown) - {THE_LETTER_A})
        last = _last_question(question)
        beside = _without_cells(question, table)
        whole = last if _compares(beside) else question
        words = _stems(words_said(last))
        cells = _stems(said)
        # "And the loom?" asks what was asked before, and "and the fee?" asks it of the same row.
        is_row_alone = words <= cells and QUESTION_WORDS.isdisjoint(last.lower().split())
        asking = whole if is_row_alone else last
        naming = whole if words.isdisjoint(cells) else last
        captions = _telling({row.caption for row in table})
        implied = frozenset(n for asks, nouns in MEASURED if asks.search(asking) for n in nouns)
        return cls(
            asking=asking,
            column_words=words_said(asking),
            implied=implied
            if _stems(words_said(asking)).isdisjoint(_stems(shown))
            else frozenset(),
            row_words=_stems(words_said(naming)) - _said_as_amounts(naming, table),
            all_row_words=_stems(words_said(naming, ARTICLES)),
            all_row_words_whole=words_said(naming, ARTICLES),
            naming=naming,
            captions=captions & words or captions & _stems(words_said(question)),
            compares=_compares(_last_question(beside)),
            denies=bool(NEGATION.search(beside)),
            rows=rows,
            table=table,
        )

    def column(self, own: TableRow, column: str, preferred: Sequence[str], *, is_cell: bool) -> str:
        """
        Choose the column that the question names; the given one unless it names exactly one.

        Where it names none, and the span is a whole cell, the kinds of cells decide (`_fitting`).

        Args:
            own: The row of the reader's span.
            column: The column of that span.
            preferred: Columns in which the reader found spans, the best first, those of the given
                row before others.
            is_cell: Whether the span is all of its cell, and no words of a text that has a label.
        """
        named = self._columns(is_cell=is_cell)
        if not named and is_cell:
            return self._fitting(own, column, preferred)
        return named[0] if len(named) == 1 else column

    def names(self, row: TableRow, column: str) -> bool:
        """Whether it names a cell by its column, and by all words of another cell of its row."""
        # What "version 3.4" asks for is in no row of 3.3, nor in the rest of its table.
        around = words_said(f"{row.passage.context} {' '.join(row.cells)}", frozenset())
        within = {f"{one.value:g}" for name in row.cells for one in self._amounts_within(row, name)}
        codes = [
            word
            for word in self.all_row_words_whole - FUNCTION_WORDS
            if _is_code(word) and not (times_of(word) and self._at_hour() == [column])
        ]
        return (
            self._columns(is_cell=True) == [column]
            and not self._says_half(column)
            and self.names_row(row, column)
            and (row.all_words | around | within).issuperset(codes)
        )

    def _says_half(self, column: str) -> bool:
        """Whether it says a part of a column's name alone, as "late fee" does of "Daily fee"."""
        is_whole = _stems(_name_of(column)) <= _stems(self.column_words)
        return self._half_named() == [column] and not is_whole

    def row_without(self, column: str) -> TableRow | None:
        """The row that it names, if it names the column, too, and nothing stands there."""
        if self._columns(is_cell=True) != [column]:
            return None
        # Another table may begin with a column of the same name.
        names = {name for row in self.table if column in row.cells for name in row.cells}
        rows = (row for row in self.table if row.cells.keys() <= names - {column})
        return next((row for row in rows if self.names_row(row, column)), None)

    def names_row(self, row: TableRow, column: str) -> bool:
        """Whether it says all words of a cell beside a column, and no more of any other row."""
        ranks = {other.start: self._rank(other, column) for other in self.table}
        own = ranks.pop(row.start)
        return (
            row.is_named and self._names(row, column) and all(own > rank for rank in ranks.values())
        )

    def _rank(self, row: TableRow, column: str) -> tuple[int, bool]:
        """How much of a row it says beside a column, and whether it names the row."""
        key = row.start, column
        if key not in self.ranks:
            said = self.row_words & _said_beside(row, column)
            self.ranks[key] = len(said), self._names(row, column)
        return self.ranks[key]

    def _columns(self, *, is_cell: bool) -> list[str]:
        """The columns that are named."""
        named = self._end_asked() or self._of_kind(self._named(self.column_words, frozenset))
        # "Leave" names the column "Leaves" only where none is named by a word as it stands.
        if not named and is_cell:
            named = self._of_kind(self._named(_stems(self.column_words), _stems))
        named = named or (self._at_hour() if is_cell else [])
        if not named and is_cell:
            says_time = bool(times_of(self.asking))
            # The "00" of another time names no hours.
            found = self._half_named() or self._ranging()
            named = [name for name in found if not (says_time and times_of(name))]
        return named or self._named(self.implied, frozenset)

    def _named(self, words: frozenset[str], form: _Form) -> list[str]:
        """The columns all of whose name is among some words, and none of whose cells is."""
        return [one for one in self._names_of_columns() if self._is_named(one, words, form)]

    def _half_named(self) -> list[str]:
        """
        The column a part of whose name the question says, if it is the only one and no cell's.

        So "the key" names the column "Key holder".
        """
        words = _stems(self.column_words) - _stems(
            frozenset[str]().union(*(row.all_words for row in self.table))
        )
        said = [
            name
            for name in self._names_of_columns()
            if not words.isdisjoint(_stems(words_said(name)))
        ]
        is_asked = len(said) == 1 and not self._says_a_cell(said[0], self.row_words, _stems)
        return self._fits_kind(said) if is_asked else []

    def _end_asked(self) -> list[str]:
        """The column of when things begin or end, if the question asks for that."""
        nouns = next((nouns for asks, nouns in ENDS_OF_TIMES if asks.search(self.asking)), None)
        if nouns is None:
            return []
        names = self._names_of_columns()
        ends = [name for name in names if not nouns.isdisjoint(words_of(name.lower()))]
        # "From" may be a place.
        ends = self._fits_kind(ends)
        return ends if len(ends) == 1 else []

    def _of_kind(self, named: list[str]) -> list[str]:
        """Named columns; none if they can't say when, which is asked for, and another can."""
        if ASKING_WHEN.search(self.asking) is None:
            return named
        fitting = self._fits_kind(self._names_of_columns())
        return named if not fitting or not set(named).isdisjoint(fitting) else []

    def _names_of_columns(self) -> list[str]:
        """Those of the table that have one, also where the row of the reader's span has no cell."""
        return list(dict.fromkeys(name for row in self.table if row.is_named for name in row.cells))

    def _at_hour(self) -> list[str]:
        """The columns of hours in which the one time of day lies that the question says."""
        times = times_of(self.asking)
        names = self._names_of_columns()
        # A rota that says "13:00" or "1 pm" means no other time by a dial, which has 12:59 at most.
        is_dial = all(
            one.minutes < HALF_A_DAY + 60 and not one.is_told
            for name in names
            for one in times_of(name)
        )
        return [
            name
            for name in names
            if len(times) == 1 and is_within_hours(times[0], name, is_dial=is_dial)
        ]

    def _ranging(self) -> list[str]:
        """The columns whose names are ranges in which an amount of the question lies."""
        ranges = {
            name: among
            for name in self._names_of_columns()
            if (among := range_of(name)) is not None
            # Only ages have a unit that their name says in no bracket.
            and (among.column_unit is None or SAYS_AGE.search(self.asking))
        }
        amounts = amounts_of(self.asking)
        return [name for name, among in ranges.items() if any(map(among.holds, amounts))]

    def _fits_kind(self, columns: Sequence[str]) -> list[str]:
        """Those of some columns whose cells are of the kind that is asked for, if one tells."""
        kinds = kinds_of_cells(self.asking)[:1]
        return [
            name
            for name in columns
            for cells in [[row.text(name) for row in self.table if name in row.cells]]
            if all(kind.fits(cells) for kind in kinds)
        ]

    def _is_named(self, column: str, words: frozenset[str], form: _Form) -> bool:
        name = form(_name_of(column))
        return bool(name) and name <= words and not self._says_a_cell(column, words, form)

    def _says_a_cell(self, column: str, words: frozenset[str], form: _Form) -> bool:
        """Whether all words of a cell of a column are among some words."""
        cells = (form(row.words(column)) for row in self.table if column in row.cells)
        return any(is_said(cell, words) for cell in cells)

    def _fitting(self, own: TableRow, column: str, preferred: Sequence[str]) -> str:
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
        return is_said(_stems(cell), self.row_words)

    def row(self, own: TableRow, column: str) -> TableRow:
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
        whole = {row.start for row in rows if self._rank(row, column)[1]}
        here = {row.start for row in self.rows}
        # "Repair pontoon B" in another passage, for "pontoon B" and "Repair pontoon A" in this one.
        here |= {at for at, words in said.items() if words > said[own.start] != frozenset()}
        ranks = {at: (len(said[at]), at in whole) for at in said if at in here | whole}
        most = max(ranks.values())
        ahead = [row for row in rows if ranks.get(row.start) == most]
        if len(ahead) != 1 or self._may_be_names(ahead[0]):
            return own
        (first,) = ahead
        is_clear = first.start in here or all(said[at] <= said[first.start] for at in whole)
        return first if is_clear else own

    def _under_named_caption(self, own: TableRow, column: str) -> TableRow | None:
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

    def _names(self, row: TableRow, column: str) -> bool:
        """Whether the question holds all words of a cell of a row, beside those of a column."""
        return any(self._holds(row, name) for name in row.cells if name != column)

    def _holds(self, row: TableRow, column: str) -> bool:
        is_whole = is_said(_stems(row.words(column, ARTICLES)), self.all_row_words)
        return is_whole or bool(self._amounts_within(row, column))

    def _amounts_within(self, row: TableRow, column: str) -> list[Quantity]:
        """The amounts in the question that a cell holds between its ends: 4 kg in "2 to 5 kg"."""
        amounts = amounts_of(self.naming)
        among = range_of(row.text(column), column) if amounts else None
        if among is None or not _stems(among.counted) <= self.all_row_words:
            return []
        return [one for one in amounts if among.holds(one)]

    def _may_be_names(self, row: TableRow) -> bool:
        """Whether a row may be a header that does not show, and not the row that is asked for."""
        first = row.words(next(iter(row.cells)), ARTICLES)
        return row is self.rows[0] and not row.is_named and not first <= self.all_row_words_whole


@lru_cache(maxsize=4_000)
def _said_beside(row: TableRow, column: str) -> frozenset[str]:
    """What the cells of a row but for one column's say, without the words' endings."""
    words = (row.words(name) for name in row.cells if name != column)
    return _stems(frozenset[str]().union(*words))


def _said_as_amounts(question: str, table: Iterable[TableRow]) -> frozenset[str]:
    """
    The numbers in a question that lie within a range of a table, and name no row by themselves.

    The 3 of "3 kg", where there are 1 to 5 kg, is not the 3 of "3 euros".
    """
    cells = [(row.text(name), name) for row in table for name in row.cells]
    ranges = [(cell, among) for cell, name in cells if (among := range_of(cell, name)) is not None]
    ends = frozenset[str]().union(*(words_said(cell) for cell, _ in ranges))
    ends |= frozenset(cell for row in table for cell in map(row.text, row.cells) if cell.isdigit())
    amounts = amounts_of(question)
    within = [one for one in amounts if any(among.holds(one) for _, among in ranges)]
    return frozenset(f"{one.value:g}" for one in within) - ends


@lru_cache(maxsize=100)
def _spelt(question: str, words: frozenset[str]) -> str:
    """A question in which each word that is very like one of a table's is replaced by that."""
    known = _stems(words | FUNCTION_WORDS | COMPARING)

    def spelt(match: re.Match[str]) -> str:
        word = match[0].lower()
        # "The closest room" asks for no closet.
        is_known = SUPERLATIVE_WORD.match(word) is not None or _stems(frozenset({word})) <= known
        if len(word) < _MIN_MISSPELT_LETTERS or is_known:
            return match[0]
        as_long = [one for one in words if abs(len(one) - len(word)) <= 1]
        alike = difflib.get_close_matches(word, as_long, n=2, cutoff=_MIN_LIKENESS)
        return alike[0] if len(alike) == 1 else match[0]

    return _LETTERS.sub(spelt, question)


def _name_of(column: str) -> frozenset[str]:
    """The words of a column's name without its unit, unless that is all of it."""
    words = words_said(_IN_BRACKETS.sub("", column)) or words_said(column)
    return words - COLUMN_UNITS or words


def _is_code(word: str) -> bool:
    """Whether a word is a number, or one letter: "3.4", "b"."""
    return len(word) == 1 or word == THE_LETTER_A or any(map(str.isdigit, word))


def _without_cells(question: str, rows: Iterable[TableRow]) -> str:
    """A question without the cells of several words: "The Last Stand" compares nothing."""
    for cell in {row.text(column) for row in rows for column in row.cells}:
        if " " in cell and cell.lower() in question.lower():
            question = re.sub(
                rf"(?<!\w){re.escape(cell)}(?!\w)", " ", question, flags=re.IGNORECASE
            )
    return question


def _compares(question: str) -> bool:
    said = (word.lower() for word in words_of(NOT_COMPARING.sub("", question)))
    return SUPERLATIVE.search(question) is not None or not COMPARING.isdisjoint(said)


def _telling(captions: Iterable[frozenset[str]]) -> frozenset[str]:
    """The words that some captions say and others don't."""
    all_of_them = list(captions)
    return frozenset[str]().union(*all_of_them) - all_of_them[0].intersection(*all_of_them)


def _last_question(question: str) -> str:
    return question.rstrip(" ?").rpartition("? ")[2]


@lru_cache(maxsize=4_000)
def _stems(words: frozenset[str]) -> frozenset[str]:
    """Words without their endings: "barge" and "barges" are one."""
    return frozenset(WORD_ENDING.sub("", word) for word in words)


def _completed(span: Span, cell: Bounds, text: str) -> Bounds:
    """A span as its whole cell, if that is an address, or if little but an article is left."""
    if ADDRESS.fullmatch(text, *cell):
        return cell
    before, rest = text[cell[0] : span.start_char], text[span.end_char : cell[1]]
    is_begun = not before or (before[-1] == " " and before.strip().lower() in ARTICLES)
    is_short = len(rest) <= _MAX_REST_CHARS and _REST.fullmatch(rest) is not None
    return cell if is_begun and (is_short or not rest) else (span.start_char, span.end_char)
