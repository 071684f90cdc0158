"""What the benchmark of tables counts."""

from collections.abc import Sequence

import pytest

from benchmarks.tables import Figures, main
from reader.model import PassageText
from reader.spans import Span
from training.examples import Example


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


def test_a_cell_counts_where_it_is_asked_for_and_nowhere_else() -> None:
    figures = Figures()
    rows = ("Boat: Swan", "Boat: Otter")
    right = (Example("Otter", rows[1], ((6, 11),), "rows"), Example("Otter", rows[0], (), "rows"))
    wrong = (Example("Boat", rows[1], ((6, 11),), "rows"),)

    figures.add(WordReader(), right)
    figures.add(WordReader(), wrong)

    assert str(figures.cells["rows"]) == str(figures.answered["rows"]) == "50.0 % of 2"


def test_a_cell_that_the_question_names_counts_as_answered() -> None:
    figures = Figures()
    row = "Boat: Swan | Year: 1999"

    figures.add(YearReader(), (Example("Which boat?", row, ((6, 10),), "lines"),))

    assert str(figures.cells["lines"]) == "0.0 % of 1"
    assert str(figures.answered["lines"]) == "100.0 % of 1"


def test_what_no_cell_answers_is_refused_or_not() -> None:
    figures = Figures()

    figures.add(WordReader(), (Example("Teal", "Boat: Swan", (), "rows"),))
    figures.add(WordReader(), (Example("Swan", "Boat: Swan", (), "rows"),))

    assert not figures.cells
    assert str(figures.refused) == "50.0 % of 2"


def test_the_shipped_reader_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--tables", "3"])

    printed = capsys.readouterr().out
    assert "cells read" in printed
    assert "refused" in printed
