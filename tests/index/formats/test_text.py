"""Headings of plain text, which have lines below them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse

RULES = """\
        HARBOUR OF VELLMAR
All that a guest should know.

------------------------------------------------
A.                 FEES
------------------------------------------------

A vessel pays 35 marks
a night.

Late payment
============
It costs 9 marks.

Boat   Fee  Keys
Swan     4  2
Teal    12  3

------------------------------------------------
B.                 QUAYS
------------------------------------------------
Which quay is free?
===================
Ask us.
"""


def test_underlined_headings_are_places_and_their_lines_are_no_text() -> None:
    loaded = parse(".txt", RULES.encode())

    assert loaded.text.split("\n\n", 2)[1:] == [
        "A.                 FEES",
        "\nA vessel pays 35 marks\na night.\n\nLate payment\n\nIt costs 9 marks.\n\n"
        "Boat: Swan | Fee: 4 | Keys: 2\n\nBoat: Teal | Fee: 12 | Keys: 3\n\n"
        "B.                 QUAYS\n\nWhich quay is free?\n\nAsk us.\n",
    ]
    assert [
        (place.name, place.level, RULES.splitlines()[place.line - 1])
        for place in loaded.places
        if place.line and place.kind == "heading"
    ] == [
        ("A. FEES", 1, "A.                 FEES"),
        ("A. FEES", 1, "A vessel pays 35 marks"),
        ("Late payment", 2, "Late payment"),
        ("Late payment", 2, "It costs 9 marks."),
        ("Late payment", 2, "Swan     4  2"),
        ("Late payment", 2, "Teal    12  3"),
        ("B. QUAYS", 1, "B.                 QUAYS"),
        ("Which quay is free?", 2, "Which quay is free?"),
        ("Which quay is free?", 2, "Ask us."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Fees\n----\n35 marks.\n",
        "A vessel pays.\n-----\nA barge pays.\n-----\n",
        "To the harbour,\nAnn\n-----\nTo the quay,\nBo\n-----\n",
        "Swan   4 euros\n-----\n\nTeal   9 euros\n-----\n",
        "35\n--\n\n9\n-----\n",
        "Fees\n- - -\n\nQuays\n- - -\n",
        "Open from 9 to 5\n---\nPhone: 555 123\n---\nThe clerk is Ann\n---\n",
        "Day\tFee\n-------\nMonday\t2\n\nDay\tFee\n-------\nFriday\t4\n",
    ],
    ids=[
        *("only one", "sentences", "names below a letter", "cells", "numbers", "other lines"),
        *("records", "tabs"),
    ],
)
def test_other_lines_with_a_rule_below_them_are_no_headings(text: str) -> None:
    loaded = parse(".txt", text.encode())

    assert (loaded.text, loaded.places) == (text, ())


def test_a_heading_may_stand_right_below_a_text_and_right_above_a_table() -> None:
    text = (
        "Fees\n====\nA vessel pays 35 marks.\nHours\n=====\nFrom 9 to 5.\n\n"
        "Boats and keys\n==============\nBoat   Fee  Keys\n----   ---  ----\nSwan     4  2\n"
        "Teal    12  3\n"
    )

    loaded = parse(".txt", text.encode())

    assert loaded.text == (
        "Fees\n\nA vessel pays 35 marks.\nHours\n\nFrom 9 to 5.\n\n"
        "Boats and keys\n\nBoat: Swan | Fee: 4 | Keys: 2\n\nBoat: Teal | Fee: 12 | Keys: 3\n"
    )
    assert [place.name for place in loaded.places] == [
        *["Fees"] * 2,
        *["Hours"] * 2,
        *["Boats and keys"] * 3,
    ]


@given(st.text(st.sampled_from("ab. \n-="), max_size=60))
def test_no_word_is_lost_and_every_place_is_on_its_line(text: str) -> None:
    whole = f"Fees\n====\n\n{text}\n\nQuays\n=====\nBye.\n"

    loaded = parse(".txt", whole.encode())

    lines = whole.split("\n")
    said = ["".join(filter(str.isalnum, each)) for each in (whole, loaded.text)]
    assert said[0] == said[1]
    for place in loaded.places:
        assert place.line is not None
        first = loaded.text[place.start_char : place.end_char].split("\n")[0]
        assert first.strip() == lines[place.line - 1].strip()
