"""PDF: words that lines break, letters drawn as one, headers and footers."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.pdf import whole_words, without_running_lines
from index.formats.pdf_layout import Line


def pdf_of(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF of pages of lines, each below the one before."""
    return pdf_with(
        [
            f"BT /F1 11 Tf 14 TL 72 770 Td {' '.join(f'({line}) Tj T*' for line in lines)} ET"
            for lines in pages
        ]
    )


def pdf_at(*pieces: tuple[float, float, str], size: float = 10) -> bytes:
    """A PDF of one page, with pieces of text at places, in their order."""
    return pdf_with([" ".join(placed(x, y, text, size) for x, y, text in pieces)])


def placed(x: float, y: float, text: str, size: float = 10, font: str = "F1") -> str:
    return f"BT /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET"


def pdf_with(pages: Sequence[str], catalog: str = "", others: Sequence[str] = ()) -> bytes:
    """
    A PDF of pages, each of what it draws, written by hand.

    Args:
        pages: Number N, from 0, is object 5 + 2 * N; F1 is Helvetica and F2 the same in bold.
        catalog: More of the catalog.
        others: The objects behind the pages.
    """
    kids = " ".join(f"{5 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R {catalog} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding "
        "<< /BaseEncoding /WinAnsiEncoding /Differences [1 /fi /fl] >> >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    ]
    for number, stream in enumerate(pages):
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /StructParents "
            f"{number} /Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> "
            f"/Contents {6 + 2 * number} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    objects += others
    written = "%PDF-1.4\n"
    starts = []
    for number, content in enumerate(objects, start=1):
        starts.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return (written + end).encode("cp1252")


def without_margins(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    kept = without_running_lines([list(map(Line, lines)) for lines in pages])
    return [[line.text for line in lines] for lines in kept]


def test_a_page_is_read_without_its_header_footer_and_broken_words() -> None:
    pages = [
        [
            f"Harbour rules, page {number} of 4",
            f"A vessel of up to 1{number} metres pays 35 marks for each night at the har-",
            f"bour quay, and longer ones pay {number} marks more, says the well-",
            "known council. It is well-known to all.",
            f"Berth {number} lies in the north.",
            "Office of the port",
            f"{number}",
        ]
        for number in range(1, 5)
    ]

    loaded = parse(".pdf", pdf_of(pages))

    first, second = (
        loaded.text[place.start_char : place.end_char].strip() for place in loaded.places[:2]
    )
    assert second == (
        "A vessel of up to 12 metres pays 35 marks for each night at the harbour quay, and longer "
        "ones pay 2 marks more, says the well-known council. It is well-known to all.\n\n"
        "Berth 2 lies in the north."
    )
    assert first.startswith("Harbour rules, page 1 of 4\n\nA vessel")
    assert first.endswith("Office of the port")


HYPHENATED = (
    "Whoever comes at night has to wait outside of the har-",
    "bour-side, until the bridge is raised by the keeper, who",
    "takes a quarter of an hour and is done at the full hour",
    "alone.",
)


@pytest.mark.parametrize("beside", [(), ((72, 600, "North"), (300, 600, "South"))])
def test_a_word_that_a_line_breaks_leaves_the_other_lines_of_its_page_as_long_as_they_are(
    beside: tuple[tuple[float, float, str], ...],
) -> None:
    lines = [(72, 700 - 12 * number, line) for number, line in enumerate(HYPHENATED)]

    loaded = parse(".pdf", pdf_at(*lines, *beside))

    whole = " ".join(HYPHENATED).replace("har- bour", "harbour")
    assert loaded.text.split("\n\n")[0] == whole


def test_letters_that_are_drawn_as_one_are_read_as_two_and_words_stay_apart() -> None:
    loaded = parse(".pdf", pdf_of([["The of\\001ce on the second", "\\002oor is the harbour's."]]))

    assert loaded.text == "The office on the second floor is the harbour's."


@pytest.mark.parametrize(
    ("broken", "others", "whole"),
    [
        ("har\u00ad\nbour", "", "harbour"),
        ("har\u00adbour", "har bour harbour", "harbour"),
        ("well\u00adknown", "It is well known.", "well-known"),
        ("Well\u00adknown", "It is well-known.", "Well-known"),
        ("1\u00ad2", "", "1\u00ad2"),
    ],
)
def test_the_document_tells_whose_a_hyphen_is(broken: str, others: str, whole: str) -> None:
    assert whole_words([broken, others])[0] == whole


def test_numbers_that_do_not_count_with_the_pages_are_kept() -> None:
    pages = [
        ["Week 1", "Total 35", "one", "a", "b"],
        ["Week 2", "Total 90", "two", "c", "d"],
        ["Week 3", "Total 12", "three", "e", "f"],
        ["7", "Total 90", "four", "g", "h"],
    ]

    assert without_margins(pages) == pages


def test_a_line_on_two_pages_or_on_short_ones_is_no_header() -> None:
    pages = [
        ["Fees", "one", "a", "b", "c"],
        ["Fees", "two", "d", "e", "f"],
        *[["Question", "Your answer", "Name"]] * 5,
    ]

    assert without_margins(pages) == pages


@given(st.lists(st.lists(st.sampled_from(["Fees", "1", "2", "3", "a b", "", "c"]), max_size=6)))
def test_every_line_with_a_letter_is_kept_once_at_least(pages: list[list[str]]) -> None:
    kept = without_margins(pages)

    assert len(kept) == len(pages)
    assert {line for lines in kept for line in lines if line.isalpha()} == {
        line for lines in pages for line in lines if line.isalpha()
    }


def test_lines_in_the_middle_of_a_page_are_never_left_out() -> None:
    page = ["a", "b", "same", "c", "d"]

    assert without_margins([page] * 4)[3] == ["same"]


LEFT = [
    "A vessel of up to twelve metres pays 35",
    "marks for each night at the quay, and a",
    "longer one pays more for every metre that",
    "it has. Lifeboats pay nothing at all, and",
    "fishing boats of the town pay half of it,",
    "which the council has agreed upon in May",
    "of the year 1901 and never changed since.",
]
RIGHT = [
    "Between ten at night and six no engine may",
    "run for longer than it takes to leave the",
    "berth. Whoever breaks this rule is fined by",
    "the master, who collects 120 marks before",
    "the vessel may sail, and gives half of what",
    "he has collected to the widows of the town",
    "on the first Sunday of the following month.",
]


@pytest.mark.parametrize("is_by_line", [True, False])
def test_columns_are_read_one_after_the_other_however_they_were_written(is_by_line: bool) -> None:
    left = [(72, 700 - 12 * n, line) for n, line in enumerate(LEFT)]
    right = [(310, 700 - 12 * n, line) for n, line in enumerate(RIGHT)]
    title = (
        72,
        730,
        "The statutes of the harbour of Vellmar, as they hold in all of its berths today",
    )
    end = (
        72,
        600,
        "This line goes over both of the columns again, and says that nothing else holds.",
    )
    rows = [each for pair in zip(left, right, strict=True) for each in pair]

    loaded = parse(".pdf", pdf_at(title, *(rows if is_by_line else [*left, *right]), end))

    assert loaded.text.split("\n\n") == [title[2], " ".join([*LEFT, *RIGHT]), end[2]]


def test_a_note_below_a_column_stands_after_the_text_of_both() -> None:
    right = [(310, 700 - 12 * n, line) for n, line in enumerate(RIGHT)]
    texts = [(72, 700 - 12 * n, line) for n, line in enumerate(LEFT)]
    stream = " ".join(placed(*each) for each in (*texts, *right))
    notes = placed(72, 604, "1 Of any size, says the", 7) + placed(72, 596, "law of the sea.", 7)

    loaded = parse(".pdf", pdf_with([f"{stream} {notes}"]))

    assert loaded.text.split("\n\n")[-1] == "1 Of any size, says the law of the sea."
    assert loaded.text.index("1 Of any") > loaded.text.index(RIGHT[-1])


def test_a_table_is_rows_whose_cells_stand_apart() -> None:
    rows = [("Berth", "Depth", "Fee"), ("North", "6.5 m", "35"), ("South", "4.2 m", "39")]
    rows += [("Fish quay", "", "17"), ("Old quay", "3.0 m", "")]
    pieces = [
        (x, 700 - 14 * n, text)
        for n, row in enumerate(rows)
        for x, text in zip((72, 200, 300), row, strict=True)
        if text
    ]
    around = (
        (72, 730, "All berths of the harbour, and what a night at them costs."),
        (72, 600, "End."),
    )

    loaded = parse(".pdf", pdf_at(around[0], *pieces, around[1]))

    assert loaded.text.split("\n\n")[-4:-1] == [
        "Berth: South | Depth: 4.2 m | Fee: 39",
        "Berth: Fish quay | Fee: 17",
        "Berth: Old quay | Depth: 3.0 m",
    ]


CLAUSES = (
    ("2.1.", "Each vessel pays."),
    ("2.2.", "Whoever comes at night shows:"),
    ("(a)", "a licence;"),
    ("(b)", "the papers; and"),
    ("(iv)", "a lamp."),
    ("2.3.", "Nobody else pays."),
)


def test_the_mark_of_an_item_or_a_clause_is_no_cell_though_it_stands_apart() -> None:
    pieces = [
        (x, 700 - 14 * n, text)
        for n, clause in enumerate(CLAUSES)
        for x, text in zip((72, 110), clause, strict=True)
    ]

    loaded = parse(".pdf", pdf_at((72, 730, "The rules of the harbour of Vellmar:"), *pieces))

    assert loaded.text == (
        "The rules of the harbour of Vellmar:\n\n2.1. Each vessel pays.\n\n"
        "2.2. Whoever comes at night shows:\n(a) a licence;\n(b) the papers; and\n(iv) a lamp."
        "\n\n"
        "2.3. Nobody else pays."
    )


def test_numbered_items_are_a_list_only_below_the_line_that_introduces_them() -> None:
    clauses = [
        "1. The lessee pays the master of the harbour 35 marks for the berth.",
        "2. The lessor keeps the quay of the harbour, and the rings along it.",
    ]
    listed = ["3. Bring:", "1. rope", "2. nets", "(a) of hemp", "(b) of wool"]

    loaded = parse(".pdf", pdf_of([[*clauses, *listed, "", "End.", *clauses]]))

    assert loaded.text.split("\n\n") == [*clauses, "\n".join(listed), "End.", *clauses]


def test_items_with_letters_stand_below_the_line_that_introduces_them() -> None:
    listed = ["1.2. Whoever comes shows:", "a. a licence", "i. of the port", "b. the papers"]
    others = ["1.3. Nobody else pays in the harbour of Vellmar.", "a. Nor does a guest."]

    loaded = parse(".pdf", pdf_of([[*listed, *others]]))

    assert loaded.text.split("\n\n") == ["\n".join(listed), *others]


def test_nothing_goes_on_over_the_end_of_a_page() -> None:
    first = ["The fees are these:", "1. Each vessel pays 35 marks", "Office of the port of Vellmar"]
    second = ["master of the harbour", "Agenda of the council, in May:"]
    third = ["1. Fees"]

    loaded = parse(".pdf", pdf_of([first, second, third]))

    assert "Vellmar\n\nmaster" in loaded.text
    assert "May:\n\n1. Fees" in loaded.text


@pytest.mark.parametrize("column", [0, 1])
def test_a_broken_word_in_a_cell_is_whole_and_leaves_its_table(column: int) -> None:
    rows = [("Name", "Price", "Berth"), ("", "35", "North"), ("Tug", "17", "South")]
    rows += [("Barge", "12", "East")]
    columns = (72, 200, 320)
    drawn = []
    for number, row in enumerate(rows):
        cells = list(row)
        y = 700 - 30 * number
        if number == 1:
            cells[0], cells[column] = "Fees", "The har-"
        for x, text in zip(columns, cells, strict=True):
            drawn.append((x, y, text))
            if text == "The har-":
                drawn.append((x, y - 12, "bour fee"))

    loaded = parse(".pdf", pdf_at(*drawn))

    broken = ["Fees", "35", "North"]
    broken[column] = "The harbour fee"
    assert loaded.text.split("\n\n")[-3:] == [
        " | ".join(f"{name}: {cell}" for name, cell in zip(rows[0], row, strict=True))
        for row in (broken, *rows[2:])
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [("Discount", "Price"), ("5%", "35"), ("-", "39"), ("10%", "17"), ("-", "12")],
        [("Grade", "Points"), ("A.", "90"), ("B.", "75"), ("C.", "60")],
        [("-", "35"), ("5%", "39"), ("-", "17"), ("-", "12")],
        [("Rank", "Name"), ("1.", "Keller"), ("2.", "Torva"), ("3.", "Vellmar")],
    ],
)
def test_a_table_may_have_marks_for_cells(rows: list[tuple[str, str]]) -> None:
    pieces = [
        (x, 700 - 14 * n, text)
        for n, row in enumerate(rows)
        for x, text in zip((72, 160), row, strict=True)
    ]

    found = parse(".pdf", pdf_at(*pieces)).text.split("\n\n")

    (first, second), (mark, said) = rows[0], rows[-1]
    assert len(found) in {len(rows) - 1, len(rows)}
    assert found[-1] in {f"{first}: {mark} | {second}: {said}", f"{mark} | {said}"}


def test_a_clause_begins_a_paragraph_after_a_full_line() -> None:
    lines = ["2.9. Each vessel pays 35 marks.", "2.10.1. Barges pay half of that."]

    assert parse(".pdf", pdf_of([lines])).text == "\n\n".join(lines)


@pytest.mark.parametrize("number", ["seventy-two", "one hundred eighty", "fourteen"])
def test_figures_that_repeat_a_number_begin_no_item(number: str) -> None:
    lines = [f"1. The harbour master may close a quay for up to {number}", "(72) hours."]

    assert parse(".pdf", pdf_of([lines])).text == " ".join(lines)


def test_an_item_in_brackets_begins_a_paragraph_behind_other_words() -> None:
    lines = ["Whoever comes to the quay of Vellmar shows the harbour master", "(1) a licence"]

    assert parse(".pdf", pdf_of([lines])).text == "\n\n".join(lines)


CONTENTS = [
    "Fees 2",
    "1 Berths . . . . . . . . . . . 2",
    "1.1 Late payment ............. 2",
    "3 Barges . . . . . 3 1.2 Cranes . . . . . . 3",
]


def test_a_table_of_contents_is_left_out_for_the_headings_that_it_names() -> None:
    text = ["Fees", "1 Berths", "A berth costs 35 marks.", "1.1 Late payment", "It costs 9 marks."]
    rest = ["3 Barges", "A barge pays half.", "1.2 Cranes", "A crane is free."]

    loaded = parse(".pdf", pdf_of([["Contents", *CONTENTS], text, rest]))

    assert loaded.text.split() == " ".join(["Contents", *text, *rest]).split()


def test_a_heading_that_is_broken_where_it_stands_is_left_out_of_the_contents_too() -> None:
    text = ["Fees", "1 Berths", "A berth costs 35 marks.", "1.1 Late payment", "It costs 9 marks."]
    rest = [
        "3 Barges",
        "1.2 Cranes",
        "A crane is free.",
        "1.3 The quay of",
        "the fishermen",
        "Old.",
    ]
    contents = [*CONTENTS, "1.3 The quay of the fishermen ...... 3"]
    prices = ["A buoy ...... 3.50"]

    loaded = parse(".pdf", pdf_of([["Contents", *contents, *prices], text, rest]))

    assert loaded.text.split() == " ".join(["Contents", *prices, *text, *rest]).split()


@pytest.mark.parametrize(
    "others",
    [
        ["Everything is fresh."],
        ["1 Berths", "1.1 Late payment", "A berth costs 35 marks."],
        ["Coffee", "From our own beans.", "Tea", "In cups.", "Cake", "With cream."],
    ],
)
def test_a_list_of_prices_with_dots_is_kept(others: list[str]) -> None:
    prices = ["Coffee ............ 3", "Tea . . . . . . . 2", "Cake .............. 4"]

    text = parse(".pdf", pdf_of([[*prices, *CONTENTS[1:2]], others])).text

    assert [line for line in prices if line not in text] == []


# Letters in the same place are one letter.
_PLACES = st.tuples(
    st.sampled_from([60, 160, 300, 420]),
    st.integers(3, 40).map(lambda line: 20 * line),
    st.sampled_from(["a", "bc d", "1 e", "a longer text"]),
)


@given(st.lists(_PLACES, min_size=1, max_size=30, unique_by=lambda place: place[:2]))
def test_no_word_is_lost_wherever_it_stands(pieces: list[tuple[int, int, str]]) -> None:
    letters = Counter("".join(text for *_, text in pieces).replace(" ", ""))

    # The names of a table's columns are said more often than they stand there.
    assert letters <= Counter(parse(".pdf", pdf_at(*pieces)).text)
