"""Sheets as people make them: several tables below each other, or one in groups."""

import csv
import io
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse

TABLES = """
Boat|Sail area|2 hours|Half day|Deposit
Wayfarer|11.6 m²|22|38|100
Drascombe Lugger|12.3 m²|28|49|150
Kayak, single||8|13|20
RS Feva|8.6 m²|16|27|60

Service|Up to 6 m|6 to 9 m|Over 9 m
Lift out|85|130|210
Mast up or down|35|45|70
Slip, per tide|15|22|not possible

Place|Per week|Per month
Compound, open|£11.00|£38.00
Boat shed|£24.00|£85.00
Mast rack|£2.00|£7.00

Room|Seats|Morning|Evening
Hall|120|€45|€80
Loft|14|€15|free
Library|30|€20|€35

Course|Starts|Lessons|Fee
Weaving|04/05/2026|8|65 €
Baking|11/05/2026|6|70 €
Latin|12/05/2026|10|90 €
Drawing|by agreement|5|40 €

Species|Minimum size|Bag limit
Bass|42 cm|2
Cod|35 cm|5
Plaice|27 cm|10

Line|First bus|Last bus|Every
1|5:20|23:40|10 min
1E|6:05|20:05|20 min
7|5:50|22:10|15 min

Item|Plan|Actual|Left
Rent|1,200|1,200|0
Heating|400|520|-120
Printing|90|35|55
"""
# In some rows words stand for all of the figures.
IN_WORDS = """
Day|Opens|Closes
Saturday|By appointment|Varies
Sunday|10:00|12:00
Monday|9:00|17:00
Tuesday|9:00|17:00
Wednesday|9:00|16:00
Thursday|9:00|17:00

Name|Mon|Tue|Wed
Cem|Holiday|Training|Sick
Dee|9-17|10-18|9-17
Eve|7-15|7-15|7-15
Ann|9-17|9-17|12-20
Bo|8-16|8-16|8-16

Dish|Small|Large
Bread|Free|With soup
Salad|5.00|8.00
Stew|6.50|9.00
Soup|4.00|6.00
Pie|7.00|11.00

Team|Played|Points
Greens|Withdrawn|None
Golds|12|18
Whites|11|9
Reds|12|30
Blues|12|22

Event|Date|Seats|Fee
Diving|To be agreed|Unlimited|Free
Knots|12/06/2026|10|9
Charts|19/06/2026|12|15
Sailing|04/05/2026|8|65
Rowing|11/05/2026|6|70
"""
TITLES = ("Crane and slip", "Prices of 2026", "Storage ashore:", "SUMMER", "Members only")
GROUPS = ("Crane and slip", "Winter", "Members only")
NOTES = ("All prices include VAT.", "* the deposit is 20, in cash", "Source: the office")

Row = Sequence[str]
Table = tuple[Row, Sequence[Row]]


def _tables(written: str = TABLES) -> list[Table]:
    blocks = [block.splitlines() for block in written.strip().split("\n\n")]
    return [(lines[0].split("|"), [row.split("|") for row in lines[1:]]) for lines in blocks]


def read(rows: Sequence[Row]) -> list[str]:
    """What is read of a sheet, a text for each row."""
    width = max(map(len, rows))
    file = io.StringIO()
    csv.writer(file).writerows([*row, *[""] * (width - len(row))] for row in rows)
    return parse(".csv", file.getvalue().encode()).text.split("\n\n")


def named(names: Row, row: Row) -> str:
    cells = zip(names, row, strict=True)
    return "\n".join(f"{name}: {cell}" for name, cell in cells if cell)


@given(
    tables=st.tuples(
        *(st.sampled_from([t for t in _tables() if len(t[0]) == n]) for n in (5, 4, 3))
    ),
    above=st.lists(st.sampled_from(TITLES), min_size=3, max_size=3, unique=True),
    note=st.sampled_from([None, *NOTES]),
)
def test_narrower_tables_below_titles_have_names_of_their_own(
    tables: Sequence[Table], above: list[str], note: str | None
) -> None:
    sheet: list[Row] = []
    expected: list[str] = []
    for (names, rows), title in zip(tables, above, strict=True):
        sheet += [[], [title], names, *rows]
        expected += [title, *(named(names, row) for row in rows)]

    found = read([*sheet, [], [note]] if note else sheet)

    assert found == [*expected, *([note] if note else [])]


@given(
    tables=st.lists(st.sampled_from(_tables()), min_size=2, max_size=4, unique_by=str),
    above=st.lists(st.sampled_from(TITLES), min_size=4, max_size=4, unique=True),
    blank=st.booleans(),
)
def test_tables_whose_first_column_is_called_alike_have_names_of_their_own(
    tables: list[Table], above: list[str], *, blank: bool
) -> None:
    sheet: list[Row] = []
    expected: list[str] = []
    for ((_, *others), rows), title in zip(tables, above, strict=False):
        names = ["What", *others]
        sheet += [*([[]] if blank else []), [title], names, *rows]
        expected += [title, *(named(names, row) for row in rows)]

    assert read(sheet) == expected


@given(
    table=st.sampled_from([*_tables(), *_tables(IN_WORDS)]),
    groups=st.lists(
        st.tuples(st.permutations(range(3)), st.sampled_from([None, *GROUPS])),
        min_size=1,
        max_size=4,
    ),
    end=st.sampled_from([[], [[], ["Total", "", "12"]], [[], [NOTES[0]]]]),
    blank=st.booleans(),
)
def test_the_names_of_a_table_hold_in_all_of_its_groups(
    table: Table, groups: list[tuple[list[int], str | None]], end: list[Row], *, blank: bool
) -> None:
    names, rows = table
    sheet: list[Row] = [names, *rows[1:]]
    expected = [named(names, row) for row in rows[1:]]
    for order, title in groups:
        group = [rows[at] for at in order]
        sheet += [*([[]] if blank else []), *([[title]] if title else []), *group]
        expected += [named(names, row) for row in group]

    found = read([*sheet, *end])

    assert [row for row in found if row in expected] == expected
