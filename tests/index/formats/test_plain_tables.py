"""Tables in plain text become rows, and what is none stays as it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.plain_tables import pieces_of, with_rows

ROWS = "Boat: Swan | Per day: 4 euros | Seats: 3\n\nBoat: Mute Teal | Per day: 12 euros | Seats: 12"
MARKDOWN = """\
| Boat | Per day | Seats |
|:--|--:|---|
| Swan | 4 euros | 3 |
| Mute Teal | 12 euros | 12 |"""
PSQL = """\
 Boat      | Per day  | Seats
-----------+----------+------
 Swan      | 4 euros  | 3
 Mute Teal | 12 euros | 12"""
GRID = """\
+-----------+----------+-------+
| Boat      | Per day  | Seats |
+===========+==========+=======+
| Swan      | 4 euros  | 3     |
+-----------+----------+-------+
| Mute Teal | 12 euros | 12    |
+-----------+----------+-------+"""
FRAME = """\
┌───────────┬──────────┬───────┐
│ Boat      │ Per day  │ Seats │
├───────────┼──────────┼───────┤
│ Swan      │ 4 euros  │ 3     │
│ Mute Teal │ 12 euros │ 12    │
└───────────┴──────────┴───────┘"""
TABS = "Boat\tPer day\tSeats\nSwan\t4 euros\t3\nMute Teal\t12 euros\t12"
LEFT = """\
Boat       Per day   Seats
Swan       4 euros   3
Mute Teal  12 euros  12"""
RIGHT = """\
     Boat   Per day  Seats
     Swan   4 euros      3
Mute Teal  12 euros     12"""
RULED = """\
  Boat        Per day  Seats
  ----        -------  -----
  Swan        4 euros  3
  Mute Teal  12 euros  12"""


@pytest.mark.parametrize("table", [MARKDOWN, PSQL, GRID, FRAME, TABS, LEFT, RIGHT, RULED])
def test_a_row_has_the_names_of_its_columns(table: str) -> None:
    assert with_rows(table) == ROWS
    assert with_rows(f"Fees\n{table}\nAsk us.\n") == f"Fees\n\n{ROWS}\n\nAsk us.\n"
    assert with_rows(f"Fees\n\n{table}\n\n\n") == f"Fees\n\n{ROWS}\n\n\n"
    assert with_rows(f"{table}\n\n{table}") == f"{ROWS}\n\n{ROWS}"


def test_a_file_of_text_is_read_so_and_a_place_is_its_line() -> None:
    file = "Fees\n2026\n\n\nBoat   Fee  Keys\nSwan     4  2\nTeal    12  3\nAsk us.\n\nBye.\n"

    loaded = parse(".txt", file.encode())

    assert loaded.text == (
        "Fees\n2026\n\n\nBoat: Swan | Fee: 4 | Keys: 2\n\nBoat: Teal | Fee: 12 | Keys: 3\n\n"
        "Ask us.\n\nBye.\n"
    )
    assert loaded.title == "Fees"
    lines = file.splitlines()
    placed = [
        (loaded.text[place.start_char : place.end_char], lines[place.line - 1])
        for place in loaded.places
        if place.line
    ]
    assert placed == [
        ("Fees\n2026", "Fees"),
        ("Boat: Swan | Fee: 4 | Keys: 2", "Swan     4  2"),
        ("Boat: Teal | Fee: 12 | Keys: 3", "Teal    12  3"),
        ("Ask us.", "Ask us."),
        ("Bye.", "Bye."),
    ]


def test_a_file_of_text_without_a_table_is_what_its_characters_say() -> None:
    file = "Swan  4 euros\nTeal  9 euros\n\n| a | b |\n"

    loaded = parse(".txt", file.encode())

    assert (loaded.text, loaded.places) == (file, ())


@given(st.text(st.sampled_from("ab \n|-\t"), max_size=60))
def test_every_piece_of_a_text_begins_on_its_line(text: str) -> None:
    table = "A | B\n---|---\nx | 1\ny | 2"
    whole = f"{text}\n\n{table}\n\n{text}"

    pieces = pieces_of(whole)

    assert "".join(piece for _, piece in pieces) == with_rows(whole)
    rows = {piece.strip(): line for line, piece in pieces if piece.startswith("A: ")}
    first = whole[: whole.index("\nx | 1")].count("\n") + 2
    assert rows == {"A: x | B: 1": first, "A: y | B: 2": first + 1}


def test_an_empty_cell_is_none_and_an_escaped_bar_is_no_border() -> None:
    empty = "Boat  Fee  Deck\nSwan    4  tar\nTeal       tar\nCoot   12\n"
    tabs = "Boat\tFee\tDeck\nSwan\t4\ttar\nTeal\t\ttar\nCoot\t12\t\n"
    escaped = "Key | Means\n---|---\na\\|b | either"

    assert with_rows(empty) == (
        "Boat: Swan | Fee: 4 | Deck: tar\n\nBoat: Teal | Deck: tar\n\nBoat: Coot | Fee: 12\n"
    )
    assert with_rows(tabs) == with_rows(empty)
    assert with_rows(escaped) == "Key: a|b | Means: either"


@pytest.mark.parametrize(
    "text",
    [
        # No header shows.
        "Swan  4 euros\nTeal  9 euros\nCoot  12 euros",
        "2024-01-01  INFO  started\n2024-01-02  INFO  stopped\n2024-01-03  WARN  failed",
        "int  x;  // first\nchar y;  // second\nlong z;  // third",
        "-a, --all    show all\n-b           show less\n-c, --count  count",
        # Gaps, but not in the same places, or not with the same number of cells.
        "He left.  She did not.\nIt was a late hour.  Nobody came.\nSo what?  Who knows.",
        "Boat    Fee\nSwan  4 euros\nMute Teal or Coot  9 euros",
        "Boat | Fee\n---|---\nSwan | 4 | 5",
        # Tabs align columns, and a last cell is empty.
        "Boat\t\tLength\tFee\nEsmeralda\t9\t40\nBea\t\t7\t35\nWanderlust\t11\nCoot\t\t6\t30",
        "Id\t\t\tLength\tFee\nEsmeralda\t9\t40\nBea\t\t\t7\t35\nWanderlust\t11\nCoot\t\t\t6\t30",
        "Boat or vessel\tLength\tFee\nBea\t\t9\nCoot\t\t7\nWanderlust III\t11\t40\nTeal, old\t6\t3",
        # What goes on below is no row of its own.
        "Name  Fee\nSwan  4\n      euros\nTeal  9",
        "cat a | grep b\ncat b | grep c",
        "Title\n=====\n\nText.\n-----\n",
        "",
    ],
)
def test_what_is_no_table_with_a_header_stays(text: str) -> None:
    assert with_rows(text) == text


CELLS = st.text(st.sampled_from("ab1 .é"), max_size=6).map(str.strip)


@given(
    st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=5),
    st.sampled_from(["|", "  ", "\t", "   "]),
    st.sampled_from(["---|---", "----", "", "+--+--+"]),
    st.text(st.sampled_from("x \n|-\t"), max_size=20),
)
def test_no_word_is_lost_or_made(rows: list[list[str]], gap: str, rule: str, around: str) -> None:
    first, *others = (gap.join(row) for row in rows)
    text = "\n".join([around, first, rule, *others, around])

    kept = with_rows(text)

    def words(text: str) -> set[str]:
        return {word for word in text.replace(":", " ").replace("|", " ").split() if word.isalnum()}

    assert words(kept) <= words(text)
    for row in others:
        assert words(row) <= words(kept)
