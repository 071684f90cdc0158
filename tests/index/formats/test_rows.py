"""Tables: a row is a passage that names its columns."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats import headers, parse
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


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=|"])
def test_a_first_line_that_tells_excel_the_delimiter_is_no_row(line: str) -> None:
    mark = line.strip('"')[-1]
    content = f"{line}\r\nName{mark}Fee, a night\r\nAnn{mark}5,50\r\nBo{mark}7,00\r\n"

    loaded = parse(".csv", content.encode())

    assert loaded.text == "Name: Ann\nFee, a night: 5,50\n\nName: Bo\nFee, a night: 7,00"
    assert [place.name for place in loaded.places] == ["3", "4"]


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
        ("text\nYes,sir,no\nNo\nNever\n", "text: Yes,sir,no\n\ntext: No\n\ntext: Never"),
        ("note\na, b, c\nd, e, f\n-\n", "note: a, b, c\n\nnote: d, e, f\n\nnote: -"),
        ("a;b\nx;12 A St, York, UK\n\n", "a: x\nb: 12 A St, York, UK"),
        ("text\nYes,sir\nNo,sir\nOh,sir\n", "text: Yes,sir\n\ntext: No,sir\n\ntext: Oh,sir"),
        (
            "a;b;c\n" + 3 * "x;1,5;0,1;y\n",
            "\n\n".join(3 * ["a: x\nb: 1,5\nc: 0,1\ncolumn 4: y"]),
        ),
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
        ".csv",
        b"Item,Plan,Actual\n\nINCOME,,\nRent,12,12\n\nEXPENSES,,\nHeating,4,5\n\nSum,16,17\n",
    )

    assert loaded.text.split("\n\n") == [
        "INCOME",
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


def _rows(content: str) -> list[str]:
    return parse(".csv", content.encode()).text.split("\n\n")


def _headings(content: str) -> set[str]:
    return {one.name for one in parse(".csv", content.encode()).headings if one.name}


@pytest.mark.parametrize(
    "content",
    [
        "Name,Email,Phone\nEva Fox,,\nFay Gum,f@x.org,555-0105\n",
        "Body,Head,Phone\nUNICEF,,\nOxfam,Bo,22\nRed Cross,Ann,33\n",
        "Body,Head,Phone\nOxfam,Bo,22\nUNICEF,,\nUNESCO,,\nRed Cross,Ann,33\n",
        "Code,Head,Phone\nUN,,\nFAO,,\nWHO,Ann,33\n",
        "Boat,Members,Guests\nSingle,9,3\n\nKayak,,\nBoard,8,5\n",
    ],
)
def test_a_row_of_one_cell_without_a_sign_divides_nothing(content: str) -> None:
    name = content.partition(",")[0]

    assert _headings(content) == set()
    assert all(row.startswith(f"{name}: ") for row in _rows(content))


def test_a_colon_is_a_sign_of_a_division() -> None:
    content = "Boat,Members,Guests\nCanoes:,,\nSingle,9,3\nBoards:,,\nBoard,8,5\n"

    assert _headings(content) == {"Canoes:", "Boards:"}


def test_names_in_capitals_leave_capitals_a_sign() -> None:
    content = "BOAT,MEMBERS,GUESTS\nCANOES,,\nSingle,9,14\nBOARDS,,\nBoard,8,12\n"

    assert _headings(content) == {"CANOES", "BOARDS"}


def test_a_column_without_a_name_is_no_name_that_is_repeated() -> None:
    head = "Service,Duration,Price,\nShave,15 min,12,\n\nConsultation,by agreement,free,\n"

    assert _rows(f"{head}Nails,60 min,50,\nFeet,40 min,40,\n")[-1].startswith("Service: Feet\n")


def test_a_section_ends_at_a_blank_row() -> None:
    content = "Item,Plan,Actual\nIncome:,,\nRent,12,12\n\nSum,16,17\nRest,16,17\n"
    loaded = parse(".csv", content.encode())

    at = loaded.text.index("Item: Sum")
    assert {one.name for one in loaded.headings if one.start_char <= at < one.end_char} <= {""}


@pytest.mark.parametrize(
    ("names", "below"),
    [
        ("Service,Duration,Price", "Consultation,by agreement,free"),
        ("Service,Duration,Price", "Facial,,\nConsultation,by agreement,free"),
        ("Service,Duration,Price", "Trim,Ann,York\n\nConsultation,by agreement,free"),
        ("Service,Price", "Consultation,free"),
    ],
)
def test_rows_below_a_blank_row_are_of_the_table_unless_they_are_its_names_again(
    names: str, below: str
) -> None:
    rest = [line.split(",") for line in ("Massage,60 min,50", "Nails,40 min,40", "Feet,30 min,20")]
    width = names.count(",") + 1
    table = [["Haircut", "30 min", "25"], ["Shave", "15 min", "12"]]
    lines = [",".join([row[0], *row[-width + 1 :]]) for row in (*table, *rest)]

    rows = _rows("\n".join([names, *lines[:2], "", below, *lines[2:]]))

    assert all(row.startswith("Service: ") for row in rows)


@pytest.mark.parametrize(
    "head",
    [
        "Tool,Who,Back",
        "Who,Date,Amount",
        "Who,Place lent to,Back,Paid",
        "Lent:,,\nWho,To,Back",
        "Bo,Ann,ok\n\nWho,Date,Amount",
    ],
)
def test_names_below_a_blank_row_show_by_what_they_are(head: str) -> None:
    names = head.splitlines()[-1].split(",")
    lines = [",".join([tool, *"789"[: len(names) - 1]]) for tool in ("Tiler", "Ladder")]

    rows = _rows("\n".join(["Tool,Place,State", "Drill,hall,ok", "Saw,yard,ok", "", head, *lines]))

    assert rows[-1].startswith(f"{names[0]}: Ladder\n{names[1]}: 7\n")


def test_a_narrower_table_below_a_title_of_its_own_has_names_of_its_own() -> None:
    table = "Crane,,,\nService,Small,Large,Huge\nLift,85,130,210\nMast,35,45,70\n"

    loaded = parse(".csv", f"{table}\nStorage,,,\nPlace,A week,A month,\nShed,24,85,\n".encode())

    assert loaded.text.endswith("\n\nStorage\n\nPlace: Shed\nA week: 24\nA month: 85")
    assert loaded.headings[-1].name == "Storage"


def test_a_price_in_words_below_a_title_is_no_name_of_one_column() -> None:
    children = "Children,\nUnder 5,Free\nUp to 7,3\nUp to 9,4\nUp to 12,5\nUp to 17,6\n"

    assert _rows(f"Guest,Entry\nAdult,9\nSenior,7\n\n{children}")[-5] == (
        "Guest: Under 5\nEntry: Free"
    )


@pytest.mark.parametrize("blank", ["", "\n"])
def test_a_title_whose_table_repeats_a_name_needs_no_blank_row(blank: str) -> None:
    first = "Division 1,,\nTeam,Played,Points\nReds,12,30\nBlues,12,22\n"
    second = "Division 2,,\nTeam,Won,Lost\nGolds,8,3\nGreens,Withdrawn,\n"

    loaded = parse(".csv", f"{first}{blank}{second}".encode())

    assert loaded.text.split("\n\n")[3:] == [
        "Division 2",
        "Team: Golds\nWon: 8\nLost: 3",
        "Team: Greens\nWon: Withdrawn",
    ]
    assert {one.name for one in loaded.headings} == {"Division 1", "Division 2", ""}


def test_a_row_of_one_cell_among_the_others_is_no_title_of_a_row_in_words() -> None:
    rows = _rows("Name,Phone,Room\nAnn,22 13,12\nCem,,\nDee,Ask Ann,Hall\nEve,45 11,3\n")

    assert rows[1:] == ["Name: Cem", "Name: Dee\nPhone: Ask Ann\nRoom: Hall", rows[-1]]
    assert rows[-1] == "Name: Eve\nPhone: 45 11\nRoom: 3"


@pytest.mark.parametrize(
    ("note", "first"),
    [
        ("", "Tea,Free,On tap"),
        ("Free", "Water,Free,On tap"),
        ("hot", "Water,free,none"),
        ("hot", "Water,Free,Free"),
    ],
    ids=["a row above again", "a value of a row above", "small letters", "one word twice"],
)
def test_rows_below_a_title_are_no_names_of_another_table(note: str, first: str) -> None:
    table = f"Item,Small,Large,Note\nTea,2,3,{note}\nCoffee,3,4,with milk\n"

    loaded = parse(".csv", f"{table}\nCold,,,\n{first},\nJuice,2,3,\nCola,2,3,\n".encode())

    assert loaded.text.endswith("\n\nItem: Cola\nSmall: 2\nLarge: 3")


def test_a_part_between_blank_rows_that_names_nothing_has_its_own_title() -> None:
    rows = "9,14,20\n8,12,19\n"

    assert _headings(f"Canoes,,\n{rows}\nBoards,,\n{rows}") == {"Canoes", "Boards"}


def test_a_row_of_one_cell_keeps_its_name_in_a_narrow_table_also_below_a_blank_row() -> None:
    assert _rows("name,fee\nBread,4\n\nRolls,\n")[-1] == "name: Rolls"


def test_names_of_two_columns_are_no_facts_above_rows_as_wide() -> None:
    rows = _rows(
        "boat,seats\nSingle,9\nDouble,14\n\nBoard,eight\nSail,20\nSurf,30\nKite,1\nRaft,6\n"
    )

    assert rows[0] == "boat: Single\nseats: 9"


def test_a_division_in_the_second_row_is_no_part_of_the_names() -> None:
    content = "Boat,Price,\nCANOES,,\n,Members,Guests\nSingle,9,14\nDouble,14,20\n"

    assert "Boat: Single" in _rows(content)[-2]


def test_rows_of_one_cell_are_no_title_where_most_rows_are_such() -> None:
    assert _headings("Task,\nBuy,\nFix,Ann\nPaint,\nSweep,\n") == set()


def test_a_long_note_above_a_table_is_no_heading() -> None:
    content = f"Prices,,\n{'Long. ' * 20},,\nBoat,Members,Guests\nSingle,9,14\nDouble,14,20\n"

    assert _headings(content) == {"Prices"}


def test_twice_the_columns_are_compared_twice_as_often() -> None:
    """Comparing each name with each other one takes minutes for 100,000 columns."""
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    first = [Name(f"column {number}") for number in range(200)]
    rows = [[str(number) for number in range(200)]] * 3

    headers._mixed(first, list(zip(first, zip(*rows, strict=True), strict=True)), rows)

    assert compared < 2_000
