"""Tables: a row is a passage that names its columns."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats import parse
from tests.conftest import Library


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".csv", 'name,fee\nBread,4\n\n"Rolls,\nbrown",1\n'),
        (".csv", 'name;fee\nBread;4\n\n"Rolls,\nbrown";1\n'),
        (".tsv", 'name\tfee\nBread\t4\n\n"Rolls,\nbrown"\t1\n'),
        (".jsonl", '\n{"name": "Bread", "fee": 4}\n\n{"name": "Rolls,\\nbrown", "fee": 1}\n'),
    ],
)
def test_each_row_carries_its_columns_names(suffix: str, content: str) -> None:
    loaded = parse(suffix, content.encode())

    assert loaded.text == "name: Bread\nfee: 4\n\nname: Rolls, brown\nfee: 1"
    assert [(place.kind, place.name) for place in loaded.places] == [("row", "2"), ("row", "4")]


def test_cells_without_a_column_and_columns_without_a_cell_are_no_error() -> None:
    assert parse(".csv", b"a,b\n1\n1,2,3\n,,\n").text == "a: 1\n\na: 1\nb: 2\ncolumn 3: 3"


def test_names_of_very_many_columns_stand_once() -> None:
    """Each row would repeat them; a table of 2 MB became one of 300 MB."""
    names = [f"column {number}" for number in range(1_000)]
    row = ["", *map(str, range(1, 1_000))]
    content = "\n".join(",".join(line) for line in (names, row, row))

    loaded = parse(".csv", content.encode())

    values = " | ".join(row[1:])
    assert loaded.text == "\n\n".join([" | ".join(names), values, values])
    assert [place.name for place in loaded.places] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("content", "row"),
    [
        ("a;b\n1,5;2,5\n", "a: 1,5\nb: 2,5"),
        ("a|b\n1, 2|x; y\n", "a: 1, 2\nb: x; y"),
        ('"a","b"\n"1; 2","3"\n', "a: 1; 2\nb: 3"),
        ("a\tb\n1,5\t2;5\n", "a: 1,5\nb: 2;5"),
        ('a, b\n1, "2, 3"\n', "a: 1\nb: 2, 3"),
        ("a,b\nO'Brien,'tis\n", "a: O'Brien\nb: 'tis"),
        ("a\nalone\n", "a: alone"),
        ("Fees\n\na;b;c\n1,5;2;3\n4;5;6\n", "Fees\n\na: 1,5\nb: 2\nc: 3\n\na: 4\nb: 5\nc: 6"),
        ("text\nYes, sir\nNo\n", "text: Yes, sir\n\ntext: No"),
    ],
)
def test_the_delimiter_is_the_one_that_makes_columns(content: str, row: str) -> None:
    assert parse(".csv", content.encode()).text == row


@pytest.mark.parametrize(
    ("rows", "is_header"),
    [
        (("Weaving,Friday 9:30", "Baking,Sunday 11:00", "Latin,Monday 8:00"), False),
        (("Weaving,Room 3", "Baking,Room 1"), False),
        (("Coast,red dot,the mill", "Ridge,blue dot,the quay", "Moor,owl,the inn"), False),
        # Nothing tells, or the first row is not written as the others.
        (("Ada,Holm", "Bo,Lund", "Cy,Berg"), True),
        (("Walk,marker,start", "ridge,Blue Dot,the quay", "moor,Owl,the mill"), True),
        # What many columns are called, however it is written.
        (("name,Role,email", "ada,Chair,x@y.example", "bo,Clerk,z@y.example"), True),
    ],
    ids=["times", "rooms", "small and capital", "nothing tells", "otherwise", "usual"],
)
def test_a_first_row_like_those_below_it_names_nothing(
    rows: tuple[str, ...], *, is_header: bool
) -> None:
    text = parse(".csv", "\n".join(rows).encode()).text

    assert text.startswith(rows[0].replace(",", " | ")) is not is_header


def test_a_quote_within_quotes_is_no_end_wherever_it_stands() -> None:
    plain = "".join(f'Item {i},"cheap, and good",{i}\n' for i in range(2_000))

    loaded = parse(".csv", f'name,remark,fee\n{plain}Last,"so ""cheap"", and bad",9\n'.encode())

    assert loaded.text.endswith('\n\nname: Last\nremark: so "cheap", and bad\nfee: 9')


def test_half_a_character_is_marked(library: Library) -> None:
    """JSON can say it, and nothing can write it down."""
    library.write("a.jsonl", '{"text": "half \\ud83c, whole \\ud83c\\udf5e"}\n')
    library.build()

    assert [document.text for document in library.open().texts.documents()] == [
        "text: half \ufffd, whole 🍞"
    ]


def test_values_within_values_are_named_by_their_path() -> None:
    row = {"who": {"name": "Ann", "tags": ["x", 1, True]}, "kids": [{"age": 3}], "none": None}

    assert parse(".jsonl", json.dumps(row).encode()).text == (
        "who.name: Ann\nwho.tags: x, 1, true\nkids.1.age: 3"
    )


def test_a_line_that_is_no_json_is_named() -> None:
    with pytest.raises(DocumentError, match="line 2: it is not JSON"):
        parse(".jsonl", b'{"a": 1}\n{"a": \n')


def test_no_passage_holds_two_rows(library: Library) -> None:
    library.write("fees.csv", "name,fee\n" + "".join(f"Item {i},{i} marks\n" for i in range(50)))
    library.build()

    ((document, passages),) = library.open().texts.documents_with_passages()

    assert [passage.text for passage in passages] == [
        f"name: Item {i}\nfee: {i} marks" for i in range(50)
    ]
    assert document.title == "fees.csv"


def test_a_short_row_is_quoted_whole_since_a_cell_alone_does_not_say_whose_it_is(
    library: Library,
) -> None:
    library.write("a.csv", f'name,fee,text\nA,5,x\nB,7,"{"So it is. " * 40}"\n')
    library.build()

    ((_, (short, *long)),) = library.open().texts.documents_with_passages()

    assert short.text == "name: A\nfee: 5\ntext: x"
    assert short.sentences == ((0, len(short.text)),)
    assert len(long[0].sentences) > 2


def test_a_long_row_is_split_and_shares_nothing_with_the_next(library: Library) -> None:
    long = "One two three four five six. " * 60
    library.write("a.csv", f'name,text\nA,"{long}"\nB,short\n')
    library.build()

    ((_, passages),) = library.open().texts.documents_with_passages()

    assert len(passages) > 2
    assert passages[-1].text == "name: B\ntext: short"


# Halves of characters among them, which JSON can hold.
_WORDS = st.text(st.characters(exclude_categories=()), max_size=12)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _WORDS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(_WORDS, values, max_size=3),
    max_leaves=8,
)


@given(st.lists(_VALUES, max_size=4))
def test_any_values_are_rows_that_can_be_written_down(values: list[object]) -> None:
    content = "\n".join(json.dumps(value) for value in values).encode()

    loaded = parse(".jsonl", content)

    loaded.text.encode()
    for place in loaded.places:
        assert int(place.name) <= len(values)


@given(st.lists(st.lists(st.text(max_size=12), min_size=1, max_size=4), min_size=1, max_size=6))
def test_any_table_is_rows_or_refused(rows: list[list[str]]) -> None:
    content = "\n".join(",".join(cells) for cells in rows).encode("utf-8", "replace")
    try:
        loaded = parse(".csv", content)
    except DocumentError:
        return
    ends = [0, *(place.end_char for place in loaded.places)]
    for end, place in zip(ends, loaded.places, strict=False):
        assert place.start_char == end
    assert ends[-1] == len(loaded.text)


_RENTED = (
    "Prices of 2026,,\n\nBoat,Members,Guests\nCANOES,,\nSingle,9,14\nDouble,14,20\nBOARDS,,\n"
    "Board,8,12\n\n* the deposit is 20,,\n"
)


def test_rows_of_one_cell_divide_a_table_and_are_headings_of_what_follows() -> None:
    loaded = parse(".csv", _RENTED.encode())

    assert loaded.text.split("\n\n") == [
        "Prices of 2026",
        "CANOES",
        "Boat: Single\nMembers: 9\nGuests: 14",
        "Boat: Double\nMembers: 14\nGuests: 20",
        "BOARDS",
        "Boat: Board\nMembers: 8\nGuests: 12",
        "* the deposit is 20",
    ]
    at = loaded.text.index("Board\n")
    above = [one.name for one in loaded.headings if one.start_char <= at < one.end_char]
    assert above == ["Prices of 2026: BOARDS"]


def test_a_row_of_one_cell_in_a_narrow_table_or_further_right_is_a_row_as_any_other() -> None:
    narrow = parse(".csv", b"name,fee\nBread,4\nRolls,\n").text
    right = parse(".csv", b"name,fee,from\nBread,4,May\n,,June\n").text

    assert narrow.endswith("name: Rolls")
    assert right.endswith("from: June")


def test_a_table_below_a_blank_row_has_names_of_its_own() -> None:
    rows = "Tool,Place,State\nDrill,hall,ok\nSaw,yard,ok\n\nLent out\nTool,Who,Back\n"
    loaded = parse(".csv", f"{rows}Tiler,Rossi,2026-03-08\nLadder,Maja,2026-03-09\n".encode())

    assert loaded.text.split("\n\n")[2:4] == [
        "Lent out",
        "Tool: Tiler\nWho: Rossi\nBack: 2026-03-08",
    ]


def test_rows_below_a_blank_row_that_shows_no_names_go_on() -> None:
    loaded = parse(
        ".csv", b"Item,Plan,Actual\n\nRent,12,12\n\nEXPENSES,,\nHeating,4,5\n\nSum,16,17\n"
    )

    assert loaded.text.split("\n\n") == [
        "Item: Rent\nPlan: 12\nActual: 12",
        "EXPENSES",
        "Item: Heating\nPlan: 4\nActual: 5",
        "Item: Sum\nPlan: 16\nActual: 17",
    ]


def test_facts_above_a_table_are_no_names() -> None:
    content = "Account;GB00 1234\nCurrency;EUR\n\nDate;Name;Amount\n05.01.2026;City;-84,20\n"

    assert parse(".csv", content.encode()).text.split("\n\n") == [
        "Account | GB00 1234",
        "Currency | EUR",
        "Date: 05.01.2026\nName: City\nAmount: -84,20",
    ]


def test_a_form_with_a_title_has_no_header() -> None:
    content = "Application,,\n\nSession:,April,May\nYour name,,\nName:,First,Last\n"

    assert "Session: | April | May" in parse(".csv", content.encode()).text
