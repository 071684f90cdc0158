"""Rows of tables as passages write them."""

import pytest

from answering.rows import TextLine, cells_of, lines_of, rows_around, rows_like
from index.passages import Passage
from reader.spans import Span

FEES = "Fees for 2026\n\nVessel: Dinghy | Per day: 4 euros\n\nVessel: Barge | Per day: 33 euros"
CREW = "Post: Bow | Player: Ann"


def passage(text: str, number: int = 0) -> Passage:
    return Passage(number, "a.md", 0, len(text), text, ((0, len(text)),))


def span_of(words: str, text: str) -> Span:
    start = text.index(words)
    return Span(0, start, start + len(words), words, 1.0, 0.0)


def test_a_blank_line_is_none() -> None:
    assert lines_of("a\n\n  \nbc") == [TextLine(0, "a"), TextLine(6, "bc")]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("Hall: West | Seats: 87", {"Hall": "West", "Seats": "87"}),
        ("Monday | Opens: 9:00", {"": "Monday", "Opens": "9:00"}),
        ("Hall: West | Seats: ", {"Hall": "West", "Seats": ""}),
        ("Port: 1212", {"Port": "1212"}),
        ("West | 87", {}),
        ("It rains.", {}),
    ],
)
def test_a_row_has_its_cells_by_the_names_of_their_columns(
    line: str, cells: dict[str, str]
) -> None:
    found = cells_of(TextLine(7, line))

    assert {name: line[start - 7 : end - 7] for name, (start, end) in found.items()} == cells


def test_a_span_in_a_cell_leads_to_all_rows_of_its_table() -> None:
    rows, place = rows_around(span_of("33 euros", FEES), passage(FEES))

    assert [row.text("Vessel") for row in rows] == ["Dinghy", "Barge"]
    assert rows[place].text("Per day") == "33 euros"
    assert rows[place].caption == {"2026"}
    assert rows_around(span_of("Fees", FEES), passage(FEES)) == ([], 0)


def test_rows_of_a_table_are_found_in_other_passages_and_those_of_others_are_not() -> None:
    (own, _), _ = rows_around(span_of("4 euros", FEES), passage(FEES))
    other = "Vessel: Yacht | Per day: 19 euros"

    like = rows_like(own, [passage(other, 1), passage(CREW, 2)])

    assert [row.text("Vessel") for row in like] == ["Yacht"]
