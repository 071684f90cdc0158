"""What the benchmark of tables counts."""

from collections.abc import Sequence

import pytest

from benchmarks.table_files import KINDS, Table, document_of, table_of
from benchmarks.tables import CellFigures, main
from reader.model import PassageText
from reader.spans import Span
from training.tables import epoch_of_tables, read_kinds

BOATS = Table(
    question="Otter",
    title="Boats",
    header=("Boat", "Year", "Kept by"),
    rows=(("Swan", "1999", "Ada"), ("Otter", "2004", "Bo"), ("Teal", "2011", "Ada")),
    answers=frozenset({(1, 0)}),
)


class WordReader:
    """Finds a word, or at its end believes in nothing."""

    sha256 = "0" * 64

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        return [
            Span(one.id, start, start + len(question), question, 5.0, 0.0)
            for one in passages
            for start in [one.text.find(question)]
            if start >= 0
        ] or [Span(0, 0, 1, passages[0].text[0], 0.0, 5.0)]


class YearReader(WordReader):
    """Finds 1999, whatever it is asked."""

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        return super().read("1999", passages, spans_per_passage)


def word_offsets(texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
    return [[(0, len(text))] for text in texts]


def asked(question: str, *answers: tuple[int, int]) -> Table:
    return Table(question, BOATS.title, BOATS.header, BOATS.rows, frozenset(answers))


@pytest.mark.parametrize("kind", KINDS)
def test_each_cell_is_found_in_each_kind_of_file(kind: str) -> None:
    document, places = document_of(BOATS, KINDS[kind])

    found = {cell: document.text[start:end] for cell, (start, end) in places.items()}
    assert found == {
        (row, column): cell
        for row, cells in enumerate(BOATS.rows)
        for column, cell in enumerate(cells)
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_counts_where_it_is_asked_for_and_nowhere_else(kind: str) -> None:
    figures = CellFigures()

    figures.add(WordReader(), word_offsets, asked("Otter", (1, 0)), kind)
    figures.add(WordReader(), word_offsets, asked("2011", (1, 1)), kind)

    assert str(figures.cells) == str(figures.answered) == "50.0 % of 2"
    assert len(figures.missed) == 1


def test_a_cell_that_the_question_names_counts_as_answered() -> None:
    figures = CellFigures()

    figures.add(YearReader(), word_offsets, asked("Which boat?", (0, 0)), "Markdown")

    assert str(figures.cells) == "0.0 % of 1"
    assert str(figures.answered) == "100.0 % of 1"


def test_what_no_cell_answers_is_refused_or_not() -> None:
    figures = CellFigures()

    figures.add(WordReader(), word_offsets, asked("Coot"), "CSV")
    figures.add(WordReader(), word_offsets, asked("Swan"), "CSV")

    assert figures.cells.asked == 0
    assert str(figures.refused) == "50.0 % of 2"


def test_what_names_a_column_is_not_asked_where_columns_have_no_names() -> None:
    figures = CellFigures()

    figures.add(WordReader(), word_offsets, asked("year of Otter", (1, 1)), "CSV without a header")
    assert figures.cells.asked == 0

    figures.add(WordReader(), word_offsets, asked("year of Otter", (1, 1)), "CSV")
    assert figures.cells.asked == 1


def test_a_first_row_that_is_taken_for_names_has_no_cells_that_are_found() -> None:
    figures = CellFigures()
    rows = (("Swan", "Ada", "oak"), ("Teal", "Bo", "tin"))

    for question, answer in (("Ada", (0, 1)), ("Bo", (1, 1))):
        table = Table(question, "", ("Boat", "Keeper", "Hull"), rows, frozenset({answer}))
        figures.add(WordReader(), word_offsets, table, "CSV without a header")

    assert str(figures.answered) == "50.0 % of 2"


def test_a_table_is_that_of_the_question() -> None:
    for group in epoch_of_tables(read_kinds("dev"), 40, seed=1):
        table = table_of(group)
        cells = {table.rows[row][column] for row, column in table.answers}
        assert cells == {one.context[start:end] for one in group for start, end in one.spans}
        assert {len(row) for row in table.rows} == {len(table.header)}
        assert all(name in one.context for one in group for name in table.header)


@pytest.mark.stress
def test_the_shipped_reader_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--tables", "1", "--only", "Markdown", "CSV", "HTML", "--each", "--missed"])

    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in printed if "of 4 cells read" in line] == [
        "Markdown",
        "CSV",
        "HTML",
    ]
