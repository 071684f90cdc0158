"""Rows of tables, in pages and in Word documents."""

import io
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.table import Table
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.tables import Cell, Row, lines_of

HALLS = (("Hall", "Seats", "Per day"), ("West Room", "87", "40 €"), ("Loft", "12", "15 €"))
NAMED = ["Hall: West Room | Seats: 87 | Per day: 40 €", "Hall: Loft | Seats: 12 | Per day: 15 €"]
# Nothing tells whether the first row is unlike the others.
CREW = (("Ann", "chair", "north"), ("Bo", "clerk", "south"), ("Cy", "cook", "west"))
UNNAMED = [" | ".join(row) for row in HALLS]


def lines_of_page(table: str) -> list[str]:
    return parse(".html", f"<table>{table}</table>".encode()).text.split("\n\n")


def row_of_page(cells: Sequence[str], tag: str = "td") -> str:
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in cells)}</tr>"


def rows_of_page(rows: Sequence[Sequence[str]]) -> str:
    return "".join(map(row_of_page, rows))


@pytest.mark.parametrize(
    "table",
    [
        row_of_page(HALLS[0], "th") + rows_of_page(HALLS[1:]),
        f"<thead>{row_of_page(HALLS[0])}</thead><tbody>{rows_of_page(HALLS[1:])}</tbody>",
        row_of_page([f"<p>{name}:</p>" for name in HALLS[0]], "th") + rows_of_page(HALLS[1:]),
        # The name of a row may be a header, too.
        row_of_page(HALLS[0], "th")
        + "".join(f"<tr><th>{a}</th><td>{b}</td><td>{c}</td></tr>" for a, b, c in HALLS[1:]),
    ],
)
def test_each_cell_of_a_page_stands_after_the_name_of_its_column(table: str) -> None:
    assert lines_of_page(table) == NAMED


BOATS = (("Boat", "Dinghies", "Keelboats"), ("Flares", "none", "2 red"), ("Radio", "none", "fixed"))
NAMED_BOATS = [
    "Boat: Flares | Dinghies: none | Keelboats: 2 red",
    "Boat: Radio | Dinghies: none | Keelboats: fixed",
]


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("", "<b>{}</b>"),
        ("", "<p><span><strong>{}</strong></span></p>"),
        ("", '<p style="font-weight: 700">{}</p>'),
        # As Google Docs writes it.
        (
            ".c0{color:#000}.c1{color:#000;font-weight:700}",
            '<p class="c0"><span class="c1">{}</span>',
        ),
    ],
    ids=["tag", "tag inside", "style", "class"],
)
def test_a_first_row_of_a_page_that_alone_is_bold_names_its_columns(style: str, name: str) -> None:
    names = row_of_page(list(map(name.format, BOATS[0])))
    page = f"<style>{style}</style><table>{names}{rows_of_page(BOATS[1:])}</table>"

    assert parse(".html", page.encode()).text.split("\n\n") == NAMED_BOATS


@pytest.mark.parametrize("bold", [(0, 1, 2), (1,), ()], ids=["all", "another", "none"])
def test_bold_rows_name_nothing_unless_they_stand_out_at_the_head(bold: tuple[int, ...]) -> None:
    rows = [
        [f"<b>{cell}</b>" if number in bold else cell for cell in row]
        for number, row in enumerate(BOATS)
    ]

    assert lines_of_page(rows_of_page(rows)) == [" | ".join(row) for row in BOATS]


@pytest.mark.parametrize(
    "rows",
    [
        [("*Boat A", "*Boat B"), ("red", "blue"), ("*Boat C", "*Boat D"), ("green", "white")],
        [("*Total", "*£500"), ("Boat", "£400"), ("Sails", "£100")],
        [("*1", "*Ann", "*120"), ("2", "Bo", "110"), ("3", "Cy", "90")],
        [("*Opening hours", "*9 to 5"), ("Phone", "12 34"), ("Town", "Wells")],
        [("*Hall", "key"), ("Loft", "code"), ("Shed", "none")],
        [("*Owner", "*Ann"), ("*Town", "Wells"), ("*Colour", "red")],
    ],
    ids=["grid", "sum", "winner", "fact", "one cell", "facts with bold names"],
)
def test_a_bold_first_row_of_data_names_nothing(rows: Sequence[Sequence[str]]) -> None:
    page = [[f"<b>{cell[1:]}</b>" if cell[0] == "*" else cell for cell in row] for row in rows]

    plain = [" | ".join(cell.removeprefix("*") for cell in row) for row in rows]
    assert lines_of_page(rows_of_page(page)) == plain


def test_the_last_row_below_bold_names_may_be_bold_too_and_the_first_column() -> None:
    names, sums = (row_of_page([f"<b>{cell}</b>" for cell in row]) for row in (BOATS[0], BOATS[2]))
    first, *others = BOATS[1]

    assert lines_of_page(names + row_of_page([f"<b>{first}</b>", *others]) + sums) == NAMED_BOATS


def test_a_table_of_a_page_without_a_header_is_as_it_stands() -> None:
    assert lines_of_page(rows_of_page(CREW)) == [" | ".join(row) for row in CREW]
    assert lines_of_page(row_of_page(["a", "", "c"])) == ["a | | c"]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (HALLS, NAMED),
        ((("", "2023", "2024"), ("Loaf", "4", "5"), ("Roll", "1", "2")),
         ["Loaf | 2023: 4 | 2024: 5", "Roll | 2023: 1 | 2024: 2"]),
        ((("Name", "Role"), ("Ann", "chair")), ["Name: Ann | Role: chair"]),
        ((("Hall", "Open"), ("Loft", "yes"), ("Barn", "no"), ("Shed", "no"), ("Den", "yes")),
         ["Hall: Loft | Open: yes", "Hall: Barn | Open: no", "Hall: Shed | Open: no",
          "Hall: Den | Open: yes"]),
        ((("West Room", "87"), ("Loft", "12")), ["West Room | 87", "Loft | 12"]),
        ((("Length", "412 m"), ("Opened", "1931"), ("Lanes", "4")),
         ["Length | 412 m", "Opened | 1931", "Lanes | 4"]),
        ((("Operator", "The city"), ("Opened", "1931"), ("Length", "412 m")),
         ["Operator | The city", "Opened | 1931", "Length | 412 m"]),
        ((("Monday", "9:00-17:00"), ("Tuesday", "10:00-16:00")),
         ["Monday | 9:00-17:00", "Tuesday | 10:00-16:00"]),
        # Capital letters, a sign over numbers, years over words.
        ((("Drink", "Taste", "Served"), ("Kvass", "sour", "cold"), ("Mead", "sweet", "warm")),
         ["Drink: Kvass | Taste: sour | Served: cold",
          "Drink: Mead | Taste: sweet | Served: warm"]),
        ((("part", "maker", "town"), ("Axle", "Holm", "Bergen"), ("Brake", "Lund", "Oslo")),
         ["part: Axle | maker: Holm | town: Bergen", "part: Brake | maker: Lund | town: Oslo"]),
        ((("Land", "Code"), ("Italy", "IT"), ("France", "FR")),
         ["Land | Code", "Italy | IT", "France | FR"]),
        ((("Dish", "#", "€"), ("Stew", "1", "12"), ("Soup", "2", "7")),
         ["Dish: Stew | #: 1 | €: 12", "Dish: Soup | #: 2 | €: 7"]),
        ((("Side", "2023", "2024"), ("Reds", "won", "lost"), ("Blues", "lost", "drew")),
         ["Side: Reds | 2023: won | 2024: lost", "Side: Blues | 2023: lost | 2024: drew"]),
        ((("1790", "1800", "1810"), ("4", "5", "6"), ("7", "8", "9")),
         ["1790: 4 | 1800: 5 | 1810: 6", "1790: 7 | 1800: 8 | 1810: 9"]),
        # A figure in each cell, which the name hasn't; but so have its own rows.
        ((("Course", "Tutor", "When"), ("Weaving", "Ada", "Friday 9:30"),
          ("Baking", "Bo", "Sunday 11:00"), ("Latin", "Cy", "Monday 8:00")),
         ["Course: Weaving | Tutor: Ada | When: Friday 9:30",
          "Course: Baking | Tutor: Bo | When: Sunday 11:00",
          "Course: Latin | Tutor: Cy | When: Monday 8:00"]),
        ((("Weaving", "Ada", "at times"), ("Baking", "Bo", "Sunday 11:00"),
          ("Latin", "Cy", "Monday 8:00")),
         ["Weaving | Ada | at times", "Baking | Bo | Sunday 11:00", "Latin | Cy | Monday 8:00"]),
        # A number that may be a year, years of people, and a value that is new by chance.
        ((("oven", "1687", "Bo"), ("mixer", "354", "Cy"), ("grill", "584", "Di")),
         ["oven | 1687 | Bo", "mixer | 354 | Cy", "grill | 584 | Di"]),
        ((("Ada", "1815", "1852"), ("Bo", "1901", "1977"), ("Cy", "1950", "living")),
         ["Ada | 1815 | 1852", "Bo | 1901 | 1977", "Cy | 1950 | living"]),
        ((("Anna", "Berlin"), ("Bo", "Paris"), ("Cy", "Rome")),
         ["Anna | Berlin", "Bo | Paris", "Cy | Rome"]),
        ((("Anna", "Germany"), ("Bo", "France"), ("Cy", "Italy"), ("Di", "France"),
          ("Ed", "France")),
         ["Anna | Germany", "Bo | France", "Cy | Italy", "Di | France", "Ed | France"]),
        # One of the other rows may have no name, or be a sum; one column has none at all.
        ((("", "Fee", "Keys"), ("Swan", "4", "2"), ("Total", "4", "2")),
         ["Swan | Fee: 4 | Keys: 2", "Total | Fee: 4 | Keys: 2"]),
        ((("Fruit",), ("apple",), ("pear",), ("plum",)), ["Fruit", "apple", "pear", "plum"]),
        ((("Total", "9"), ("Swan", "4"), ("Teal", "5")), ["Total | 9", "Swan | 4", "Teal | 5"]),
        # Words that stand in the place of some numbers.
        ((("Day", "Summer", "Winter"), ("Mon", "closed", "closed"), ("Tue", "10:00", "11:00"),
          ("Sat", "9:30", "closed"), ("Sun", "9:00", "12:00")),
         ["Day: Mon | Summer: closed | Winter: closed", "Day: Tue | Summer: 10:00 | Winter: 11:00",
          "Day: Sat | Summer: 9:30 | Winter: closed", "Day: Sun | Summer: 9:00 | Winter: 12:00"]),
        ((("Mon", "closed", "closed"), ("Tue", "10:00", "11:00"), ("Sat", "9:30", "closed"),
          ("Sun", "9:00", "12:00")),
         ["Mon | closed | closed", "Tue | 10:00 | 11:00", "Sat | 9:30 | closed",
          "Sun | 9:00 | 12:00"]),
        ((("Heating", "gas"), ("Cellar", "none"), ("Balcony", "none"), ("Rooms", "3"),
          ("Floor", "2")),
         ["Heating | gas", "Cellar | none", "Balcony | none", "Rooms | 3", "Floor | 2"]),
        ((("Heating", "gas", "electric"), ("Bedrooms", "3", "2"), ("Garages", "none", "1"),
          ("Balconies", "1", "none"), ("Bathrooms", "2", "1")),
         ["Heating | gas | electric", "Bedrooms | 3 | 2", "Garages | none | 1",
          "Balconies | 1 | none", "Bathrooms | 2 | 1"]),
        # Facts that are mostly prices.
        ((("Colour", "black", "white"), ("Price", "£300", "£500"), ("Monthly", "£30", "£50"),
          ("Warranty", "plus 2 years", "plus 3 years")),
         ["Colour | black | white", "Price | £300 | £500", "Monthly | £30 | £50",
          "Warranty | plus 2 years | plus 3 years"]),
        # A time over prices, among other names; a length among facts, times in the first rows.
        ((("Boat", "2 hours", "Half day", "Deposit"), ("Wayfarer", "22", "38", "100"),
          ("Topper", "12", "20", "40")),
         ["Boat: Wayfarer | 2 hours: 22 | Half day: 38 | Deposit: 100",
          "Boat: Topper | 2 hours: 12 | Half day: 20 | Deposit: 40"]),
        ((("Mast", "12 m", "oak"), ("Crew", "4", "6"), ("Berths", "3", "5")),
         ["Mast | 12 m | oak", "Crew | 4 | 6", "Berths | 3 | 5"]),
        ((("Bus", "20 min", "free", "daily"), ("Train", "1 h", "£5", "2 a day"),
          ("Plane", "2 h", "£50", "1 a day")),
         ["Bus | 20 min | free | daily", "Train | 1 h | £5 | 2 a day",
          "Plane | 2 h | £50 | 1 a day"]),
        ((("1 hour", "free", "free"), ("2", "£2", "£3"), ("3", "£4", "£6")),
         ["1 hour | free | free", "2 | £2 | £3", "3 | £4 | £6"]),
        ((("Sun", "by call", "by call"), ("Mon", "9-12", "closed"), ("Tue", "9-12", "2-5"),
          ("Wed", "closed", "2-5")),
         ["Sun | by call | by call", "Mon | 9-12 | closed", "Tue | 9-12 | 2-5",
          "Wed | closed | 2-5"]),
        # Days of several months below each other; hours and days over names.
        ((("Date", "Tea"), ("23 September", "Bram"), ("7 October", "Dov"), ("4 Nov", "Ines"),
          ("2 December", "Ada")),
         ["Date: 23 September | Tea: Bram", "Date: 7 October | Tea: Dov",
          "Date: 4 Nov | Tea: Ines", "Date: 2 December | Tea: Ada"]),
        ((("Job", "9:00-11:00", "11:00-13:00", "13:00-15:00"), ("Gate", "Ann", "Bo", "Bo"),
          ("Tea", "Cy", "Cy", "nobody yet")),
         ["Job: Gate | 9:00-11:00: Ann | 11:00-13:00: Bo | 13:00-15:00: Bo",
          "Job: Tea | 9:00-11:00: Cy | 11:00-13:00: Cy | 13:00-15:00: nobody yet"]),
        ((("", "7 am", "noon", "6 pm"), ("Hens", "Ann", "Bo", "Cy"), ("Goats", "Di", "Ed", "Di")),
         ["7 am | noon | 6 pm", "Hens | Ann | Bo | Cy", "Goats | Di | Ed | Di"]),
        ((("Who", "Sat 2 May", "Sun 3 May", "Sat 9 May"), ("Ann", "bar", "away", "door"),
          ("Bo", "door", "bar", "bar")),
         ["Who: Ann | Sat 2 May: bar | Sun 3 May: away | Sat 9 May: door",
          "Who: Bo | Sat 2 May: door | Sun 3 May: bar | Sat 9 May: bar"]),
        ((("Slot", "14.30 to 15.00", "15.00 to 15.30", "15.30 to 16.00"), ("Kiln", "Ann", "", "Bo"),
          ("Wheel", "Cy", "Di", "")),
         ["Slot: Kiln | 14.30 to 15.00: Ann | 15.30 to 16.00: Bo",
          "Slot: Wheel | 14.30 to 15.00: Cy | 15.00 to 15.30: Di"]),
        ((("Walk", "Leaves on", "Leader"), ("Moor", "9 May", "Ann"), ("Coast", "3 June", "Bo"),
          ("Fell", "12 July", "Cy")),
         ["Walk: Moor | Leaves on: 9 May | Leader: Ann",
          "Walk: Coast | Leaves on: 3 June | Leader: Bo",
          "Walk: Fell | Leaves on: 12 July | Leader: Cy"]),
        # Hours, scores and shares over words, and days that are facts.
        ((("Weekdays", "9:00-12:00", "13:00-17:00", "18:00-21:00"),
          ("Saturdays", "closed", "families only", "by appointment")),
         ["Weekdays | 9:00-12:00 | 13:00-17:00 | 18:00-21:00",
          "Saturdays | closed | families only | by appointment"]),
        ((("Swans v Teals", "2-1", "3-0", "1-4"), ("Coots v Geese", "later", "off", "walkover")),
         ["Swans v Teals | 2-1 | 3-0 | 1-4", "Coots v Geese | later | off | walkover"]),
        ((("Milk, litres", "1/4", "1/2", "3/4"), ("Flour", "a cup", "two cups", "three cups")),
         ["Milk, litres | 1/4 | 1/2 | 3/4", "Flour | a cup | two cups | three cups"]),
        ((("Tutor", "Marta Quill"), ("Enrolment opens", "9 May"), ("Course begins", "3 September"),
          ("Half-term break", "22 October"), ("Last lesson", "17 December")),
         ["Tutor | Marta Quill", "Enrolment opens | 9 May", "Course begins | 3 September",
          "Half-term break | 22 October", "Last lesson | 17 December"]),
        # Facts of three places, of which two open at the same hour, or one says another number.
        ((("Opens", "9:00", "10:00", "9:00"), ("Boss", "Ann", "Bo", "Cy"),
          ("Floor", "oak", "stone", "oak")),
         ["Opens | 9:00 | 10:00 | 9:00", "Boss | Ann | Bo | Cy", "Floor | oak | stone | oak"]),
        ((("Opens", "9:00", "10:00", "8:30"), ("Boss", "Ann", "Bo", "Cy"),
          ("Seats", "5", "9", "7")),
         ["Opens | 9:00 | 10:00 | 8:30", "Boss | Ann | Bo | Cy", "Seats | 5 | 9 | 7"]),
    ],
    ids=[
        *("numbers", "years", "usual", "flags", "none", "facts", "facts in words", "hours"),
        *("capitals", "small letters", "one column apart", "sign", "years over words", "old years"),
        *("figures", "few figures"),
        *("number", "lives", "places", "countries", "corner and sum", "one column", "sum above"),
        *("hours and days off", "days off without names", "facts that lack numbers"),
        "counts of two flats",
        *("prices of two telephones", "hours over prices", "a length among facts"),
        *("another unit", "a unit in the first cell", "one word for two columns"),
        *("days of several months", "a rota by the hour", "an hour in words", "a rota by the day"),
        *("a rota with gaps", "days in another column", "opening hours", "scores", "shares"),
        "days that are facts",
        *("hours of three places", "hours and seats of three places"),
    ],
)  # fmt: skip
def test_a_first_row_that_is_marked_by_nothing_is_told_by_what_stands_below(
    rows: Sequence[Sequence[str]], lines: list[str]
) -> None:
    assert lines_of_page(rows_of_page(rows)) == lines


def test_two_rows_of_names_and_a_title_above_them_are_told_without_marks() -> None:
    table = (
        '<tr><td colspan="3">Our halls</td></tr>'
        '<tr><td rowspan="2">Hall</td><td colspan="2">Price</td></tr>'
        "<tr><td>day</td><td>week</td></tr>"
    )

    assert lines_of_page(table + rows_of_page([("Loft", "15", "70"), ("Barn", "9", "40")])) == [
        "Our halls",
        "Hall: Loft | Price day: 15 | Price week: 70",
        "Hall: Barn | Price day: 9 | Price week: 40",
    ]


def test_rows_that_have_lost_their_table_are_rows() -> None:
    assert parse(".html", b"<tr><td>a</td><td>b</td></tr>").text == "a | b"


def test_names_above_each_other_name_a_column_together() -> None:
    header = (
        '<tr><th rowspan="2">Hall</th><th colspan="2">Price</th></tr><tr><th>day</th>'
        "<th>week</th></tr>"
    )

    assert lines_of_page(header + row_of_page(["Loft", "15", "70"])) == [
        "Hall: Loft | Price day: 15 | Price week: 70"
    ]


@pytest.mark.parametrize(
    ("below", "prices"),
    [
        (("day", "week"), ("low", "high")),
        (("2023", "2024"), ("15", "70")),
        (("15", "70"), ("20", "90")),
    ],
    ids=["words", "years", "figures"],
)
def test_a_row_that_divides_a_header_names_columns_too_only_where_it_has_names(
    below: tuple[str, str], prices: tuple[str, str]
) -> None:
    """A style of Word, and who repeats one row on each page, mark the first row alone."""
    header = Row((Cell("Pier", rows=2), Cell("Price", columns=2)), is_header=True, is_in_head=True)
    rows = [header, Row(tuple(map(Cell, below))), Row(tuple(map(Cell, ("North", *prices))))]

    lines = lines_of(rows)

    first, second = ("", "") if below[0] == "15" else (f" {below[0]}", f" {below[1]}")
    assert lines[-1] == f"Pier: North | Price{first}: {prices[0]} | Price{second}: {prices[1]}"
    assert len(lines) == 1 if first else 2


def test_a_cell_beside_several_rows_belongs_to_each() -> None:
    rows = (
        '<tr><td rowspan="2">Loft</td><td>Monday</td><td>15</td></tr>'
        '<tr><td colspan="2">closed</td></tr>'
    )

    assert lines_of_page(row_of_page(["Hall", "Day", "Price"], "th") + rows) == [
        "Hall: Loft | Day: Monday | Price: 15",
        "Hall: Loft | Day, Price: closed",
    ]


def test_a_remark_beside_several_rows_is_said_once() -> None:
    remark = "Only for members. " * 15
    rows = f'<tr><td rowspan="2">{remark}</td><td>a</td></tr><tr><td>b</td></tr>'

    named = lines_of_page(row_of_page(["Remark", "Hall"], "th") + rows)

    assert named == [f"Remark: {remark.strip()} | Hall: a", "Hall: b"]


def test_a_cell_alone_in_its_row_is_in_no_column() -> None:
    apart = '<tr><td colspan="3">Upstairs</td></tr>'
    title = '<tr><th colspan="3">Our halls</th></tr>'

    table = title + row_of_page(HALLS[0], "th") + rows_of_page(HALLS[1:2]) + apart
    assert lines_of_page(table) == ["Our halls", NAMED[0], "Upstairs"]


def test_a_second_header_names_what_follows_it() -> None:
    table = "".join(
        row_of_page([name, "Price"], "th") + row_of_page(["one", "5"]) for name in ("Hall", "Boat")
    )

    assert lines_of_page(table) == ["Hall: one | Price: 5", "Boat: one | Price: 5"]


@pytest.mark.parametrize(
    "rows", ["", row_of_page(["", "", ""]), row_of_page(["word " * 90, "word " * 90])]
)
def test_names_that_no_row_repeats_stand_once(rows: str) -> None:
    assert lines_of_page(row_of_page(HALLS[0], "th") + rows)[0] == UNNAMED[0]


def test_names_as_long_as_sentences_stand_once() -> None:
    names = [f"What a member pays for it {'or her ' * 12}", "Whether it has to be booked" * 5]

    assert lines_of_page(row_of_page(names, "th") + row_of_page(["40 €", "yes"])) == [
        " | ".join(name.strip() for name in names),
        "40 € | yes",
    ]


def test_a_table_in_a_table_has_rows_of_its_own_or_is_a_cell() -> None:
    inner = f"<table>{row_of_page(HALLS[0], 'th')}{rows_of_page(HALLS[1:])}</table>"
    around = f"<tr><td>{'word ' * 200}{inner}</td></tr>"

    assert lines_of_page(around)[1:] == NAMED
    assert lines_of_page(row_of_page(["Halls", inner])) == [f"Halls | {NAMED[0]} | {NAMED[1]}"]


@pytest.mark.parametrize("stated", ["0", "-1", "x", "²", "9" * 9, "9" * 5_000, ""])
def test_no_statement_of_what_a_cell_covers_loses_a_cell(stated: str) -> None:
    rows = f'<tr><td rowspan="{stated}" colspan="{stated}">a</td><td>b</td></tr>'

    lines = lines_of_page(row_of_page(["One", "Two"], "th") + rows + row_of_page(["c", "d"]))

    text = " ".join(lines)
    assert all(text.count(cell) == 1 for cell in "bcd")


def test_no_cell_reaches_out_of_its_part() -> None:
    head = "<thead><tr><th rowspan=9>Hall</th><th>Seats</th></tr></thead>"
    parts = ["<tr><td rowspan=0>West</td><td>87</td></tr><tr><td>40</td></tr>"]
    parts += ["<tr><td>Loft</td><td>12</td></tr>"]

    assert lines_of_page(head + "".join(f"<tbody>{part}</tbody>" for part in parts)) == [
        "Hall: West | Seats: 87",
        "Hall: West | Seats: 40",
        "Hall: Loft | Seats: 12",
    ]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("<tr><th>Total</th><th>99</th></tr>", "Hall: Total | Seats: 99"),
        ("<tr><th>Upstairs</th><th></th></tr>", "Upstairs"),
        ("<tr></tr>", None),
        ("<tr><td></td><td>12</td></tr>", "Seats: 12"),
        (
            '<tr><td><a href="/a">A</a> <a href="/b">B</a> <a href="/c">C</a></td><td>3</td></tr>',
            "Hall: A B C | Seats: 3",
        ),
        ('<tr><td class="share">Share</td><td>4</td></tr>', "Hall: Share | Seats: 4"),
        ("<tr><td hidden>No</td><td>5</td></tr>", "Seats: 5"),
        ("<tr hidden><td>No</td><td>5</td></tr>", None),
        (f"<tr><td>{'word ' * 200}</td><td>6</td></tr>", f"Hall: {'word ' * 200}| Seats: 6"),
    ],
    ids=["sum", "title", "nothing", "no name", "links", "class", "hidden", "hidden row", "long"],
)
def test_a_row_of_another_kind_keeps_those_after_it_in_their_columns(
    row: str, line: str | None
) -> None:
    west = '<tr><td rowspan="2">West</td><td>87</td></tr><tr><td>40</td></tr>'
    named = ["Hall: West | Seats: 87", "Hall: West | Seats: 40"]

    table = row_of_page(["Hall", "Seats"], "th") + row + west
    assert lines_of_page(table) == ([line] if line else []) + named


def test_days_over_an_empty_corner_are_names() -> None:
    header = "<tr><td></td><th>Mon</th><th>Tue</th></tr>"

    assert lines_of_page(header + "<tr><th>9:00</th><td>Maths</td><td>Art</td></tr>") == [
        "9:00 | Mon: Maths | Tue: Art"
    ]


def test_rows_that_each_begin_with_a_name_are_as_they_stand() -> None:
    title = '<tr><th colspan="2">Harrow Bridge</th></tr>'
    rows = "<tr><th>Length</th><td>412 m</td></tr><tr><th>Opened</th><td>1931</td></tr>"

    assert lines_of_page(title + rows) == ["Harrow Bridge", "Length | 412 m", "Opened | 1931"]


def test_names_of_columns_that_are_empty_stand_above_their_rows() -> None:
    rows = "".join(row_of_page([name, ""]) for name in ("Ada", "Bo"))

    assert lines_of_page(row_of_page(["Name", "Signature"], "th") + rows) == [
        "Name | Signature",
        "Ada",
        "Bo",
    ]


@pytest.mark.parametrize("outside", ["<tr>Text<td>a</td></tr>", "Text", "<caption>Text</caption>"])
def test_text_beside_the_rows_is_read(outside: str) -> None:
    table = row_of_page(["One", "Two"], "th") + outside + row_of_page(["a", "b"])

    assert any("Text" in line for line in lines_of_page(table))


def test_a_table_can_not_make_its_text_many_times_longer() -> None:
    deep = f"<td rowspan=65534>{'w' * 60}</td>"
    wide = f"<tr>{deep * 5}</tr>" * 200
    tall = f"<tr>{deep * 9}</tr>" + "<tr><td>a</td></tr>" * 2_000

    for rows in (wide, tall):
        table = row_of_page(["One", "Two"], "th") + rows
        assert sum(map(len, lines_of_page(table))) < 30 * len(table)


cells = st.builds(Cell, st.sampled_from(["", "a", "b"]), st.integers(1, 3), st.integers(1, 3))
rows = st.builds(Row, st.lists(cells, max_size=4).map(tuple), st.booleans(), st.integers(0, 1))


@given(st.lists(rows, max_size=6))
def test_every_cell_is_said(table: list[Row]) -> None:
    said = " ".join(lines_of(table))

    assert all(cell.text in said for row in table for cell in row.cells)


def lines_of_word(
    fill: Callable[[Table], None],
    style: str | None = None,
    said: Sequence[Sequence[str]] = HALLS,
) -> list[str]:
    document = docx.Document()
    table = document.add_table(len(said), len(said[0]), style)
    for row, texts in zip(table.rows, said, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    fill(table)
    buffer = io.BytesIO()
    document.save(buffer)
    return parse(".docx", buffer.getvalue()).text.split("\n\n")


def repeat_the_first_row(table: Table) -> None:
    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def embolden(count: int) -> Callable[[Table], None]:
    def fill(table: Table) -> None:
        for row in table.rows[:count]:
            for cell in row.cells:
                cell.paragraphs[0].runs[0].bold = True

    return fill


def as_it_is(_: Table) -> None:
    pass


def without_a_first_row(table: Table) -> None:
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    look.set(qn("w:firstRow"), "0")


def with_older_looks(bits: str) -> Callable[[Table], None]:
    def fill(table: Table) -> None:
        look = table._tbl.tblPr.find(qn("w:tblLook"))
        look.attrib.clear()
        look.set(qn("w:val"), bits)

    return fill


def with_a_style_that_is_based_on_itself(table: Table) -> None:
    style: Any = table.style
    style.base_style = style


@pytest.mark.parametrize(
    ("fill", "style"),
    [
        (repeat_the_first_row, None),
        (embolden(1), "Table Grid"),
        (as_it_is, "Light Grid Accent 1"),
        (with_older_looks("04A0"), "Light Grid Accent 1"),
    ],
)
def test_each_cell_in_word_stands_after_the_name_of_its_column(
    fill: Callable[[Table], None], style: str | None
) -> None:
    assert lines_of_word(fill, style) == NAMED


@pytest.mark.parametrize(
    ("fill", "style"),
    [
        (as_it_is, None),
        (as_it_is, "Table Grid"),
        (with_a_style_that_is_based_on_itself, "Table Grid"),
        (with_older_looks("zz"), "Light Grid Accent 1"),
        (embolden(3), None),
        (without_a_first_row, "Light Grid Accent 1"),
        (with_older_looks("0480"), "Light Grid Accent 1"),
    ],
)
def test_the_first_row_in_word_that_looks_like_any_other_names_nothing(
    fill: Callable[[Table], None], style: str | None
) -> None:
    assert lines_of_word(fill, style, CREW) == [" | ".join(row) for row in CREW]


@pytest.mark.parametrize(("name", "lines"), [("w:gridSpan", UNNAMED), ("w:gridBefore", NAMED)])
def test_a_cell_in_word_covers_no_more_columns_than_there_can_be(
    name: str, lines: list[str]
) -> None:
    """One that said a thousand million took 1.8 GB before it was refused."""

    def fill(table: Table) -> None:
        stated = OxmlElement(name)
        stated.set(qn("w:val"), "1000000000")
        row = table.rows[1]._tr
        properties = row.get_or_add_trPr() if "Before" in name else row.tc_lst[0].get_or_add_tcPr()
        properties.append(stated)

    assert lines_of_word(fill) == lines


def test_a_cell_in_word_may_go_on_through_thousands_of_rows() -> None:
    """It stands in each, if it is short; a remark stands once."""
    document = docx.Document()
    table = document.add_table(1, 3)
    table.rows[0].cells[0].text = "West"
    table.rows[0].cells[1].text = "A remark. " * 50
    for cell in table.rows[0].cells[:2]:
        cell._tc.get_or_add_tcPr().vMerge_val = "restart"
    below = parse_xml(
        f"<w:tr {nsdecls('w')}>"
        + "<w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc>" * 2
        + "<w:tc><w:p><w:r><w:t>12</w:t></w:r></w:p></w:tc></w:tr>"
    )
    for _ in range(2_000):
        table._tbl.append(deepcopy(below))
    buffer = io.BytesIO()
    document.save(buffer)

    first, *others = parse(".docx", buffer.getvalue()).text.split("\n\n")

    assert first == "West | " + "A remark. " * 49 + "A remark."
    assert others == ["West |  | 12"] * 2_000


@pytest.mark.parametrize("stated", ["x", "-1", ""])
def test_a_row_in_word_that_says_nonsense_of_its_start_is_read(stated: str) -> None:
    def fill(table: Table) -> None:
        repeat_the_first_row(table)
        before = OxmlElement("w:gridBefore")
        before.set(qn("w:val"), stated)
        table.rows[1]._tr.get_or_add_trPr().append(before)

    assert lines_of_word(fill) == NAMED


def test_cells_and_rows_in_content_controls_of_word_are_cells_and_rows() -> None:
    """Forms have them: a date that is picked, a row that is repeated."""

    def wrap(table: Table) -> None:
        repeat_the_first_row(table)
        row = table.rows[1]._tr
        for element in (row.tc_lst[1], row):
            control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent/></w:sdt>")
            element.addprevious(control)
            control[0].append(element)

    assert lines_of_word(wrap) == NAMED


def test_the_first_of_two_columns_in_word_may_hold_the_names() -> None:
    document = docx.Document()
    table = document.add_table(2, 2, "Light Grid Accent 1")
    for row, texts in zip(table.rows, (("Name", "Ada"), ("Born", "1815")), strict=True):
        row.cells[0].text, row.cells[1].text = texts
    buffer = io.BytesIO()
    document.save(buffer)

    assert parse(".docx", buffer.getvalue()).text == "Name | Ada\n\nBorn | 1815"


def test_merged_cells_in_word_belong_to_all_that_they_cover() -> None:
    def merge(table: Table) -> None:
        repeat_the_first_row(table)
        table.cell(2, 0).text = ""
        table.cell(1, 0).merge(table.cell(2, 0))
        table.cell(2, 2).text = ""
        table.cell(2, 1).merge(table.cell(2, 2))

    assert lines_of_word(merge) == [NAMED[0], "Hall: West Room | Seats, Per day: 12"]
