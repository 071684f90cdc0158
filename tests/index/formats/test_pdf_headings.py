"""The headings of a PDF are known: from its outline, its tags, and how they are set."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from index.contexts import Contexts
from index.documents import Document
from index.formats import parse
from index.formats.base import Loaded
from index.formats.pdf_layout import Piece, arranged
from tests.index.formats.archives import package
from tests.index.formats.test_pdf import pdf_with, placed

TEXT = (
    "Whoever enters the harbour at night waits outside of the boom until",
    "the keeper has raised it, and pays 35 marks for that.",
)
OTHER = (
    "A pilot is taken by every vessel of more than 40 metres, and comes",
    "aboard at the outer buoy of the harbour.",
)
# What is no heading, however it is set.
NO_HEADINGS = (
    "This sentence is set in bold letters.",
    "Effective: 9 May 2021",
    "(Amended in May 2021)",
    "28 September 2021",
    "Figure 3 The harbour at low water",
    "Fig. 3 The harbour",
    "Table A: Dues",
    "Map IV The harbour",
    "Source: the keeper",
    "Notes",
    "harbour dues in marks",
    "Berths ............ 12",
    "35 42 57 81",
    "office@harbour.example",
    "Whoever comes late, leaves early, stays long or sails away without a word pays the keeper",
)


@dataclass(frozen=True)
class Set:
    """A line as a page has it."""

    text: str
    font: str = "F1"
    size: float = 10
    gap: float = 14
    """From the line above, in points."""


def bold(text: str, size: float = 10) -> Set:
    return Set(text, "F2", size, 24)


def drawn(lines: Sequence[str | Set]) -> str:
    """A page of lines, each below the one before."""
    y = 780.0
    found = []
    for line in lines:
        each = line if isinstance(line, Set) else Set(line)
        y -= each.gap
        found.append(placed(72, y, each.text, each.size, each.font))
    return " ".join(found)


def headings_of(loaded: Loaded) -> list[tuple[int, str]]:
    return [(heading.level, heading.name) for heading in loaded.headings]


def context_of(loaded: Loaded, said: str) -> str:
    """What stands above a passage that begins with what is said."""
    document = Document(
        *("a.pdf", "Rules", loaded.text, "0" * 64, datetime.fromtimestamp(0, UTC)),
        places=loaded.places,
        headings=loaded.headings,
    )
    return Contexts(document).context(loaded.text.index(said), said)


def test_large_and_bold_lines_are_headings_and_what_they_say_stays_in_the_text() -> None:
    pages = [
        drawn([bold("Harbour rules", 18), bold("Night"), *TEXT, bold("Pilots"), *OTHER]),
        drawn([*OTHER, Set("Dues of the port", "F1", 18, 30), *TEXT]),
    ]

    loaded = parse(".pdf", pdf_with(pages))

    assert headings_of(loaded) == [
        (1, "Harbour rules"),
        (3, "Night"),
        (3, "Pilots"),
        (2, "Dues of the port"),
    ]
    for heading in loaded.headings:
        assert f"{heading.name}\n\n" in loaded.text[heading.start_char : heading.end_char]
    assert [place.kind for place in loaded.places] == ["page", "page"]
    assert context_of(loaded, "A pilot") == "Rules: Harbour rules: Pilots"


def test_a_passage_on_the_next_page_stands_under_the_heading_of_the_page_before() -> None:
    pages = [drawn([bold("Night"), *TEXT]), drawn(["The keeper sleeps by day.", *TEXT])]

    loaded = parse(".pdf", pdf_with(pages))

    assert context_of(loaded, "The keeper sleeps") == "Rules: Night"


def test_a_heading_of_two_lines_is_one_and_stands_apart_from_the_text_around_it() -> None:
    second = Set("of the harbour by night", "F2")

    loaded = parse(".pdf", pdf_with([drawn([*TEXT, bold("Waiting outside"), second, *OTHER])]))

    assert headings_of(loaded) == [(1, "Waiting outside of the harbour by night")]
    assert loaded.text.split("\n\n") == [
        " ".join(TEXT),
        "Waiting outside of the harbour by night",
        " ".join(OTHER),
    ]


@pytest.mark.parametrize("said", NO_HEADINGS)
def test_not_all_that_is_set_in_bold_is_a_heading(said: str) -> None:
    loaded = parse(".pdf", pdf_with([drawn([*OTHER, bold(said), *TEXT])]))

    assert headings_of(loaded) == []


@pytest.mark.parametrize(
    "said",
    ["Table tennis", "Photo competition", "Notes on hiring the hall", "Maps", "iPhone settings"],
)
def test_a_heading_may_begin_with_the_word_of_a_caption_or_a_name(said: str) -> None:
    loaded = parse(".pdf", pdf_with([drawn([*TEXT, bold(said), *OTHER, bold("Night"), *TEXT])]))

    assert [name for _, name in headings_of(loaded)] == [said, "Night"]


def test_bold_words_within_a_paragraph_are_no_heading() -> None:
    lines: list[str | Set] = [
        "Whoever enters the harbour at night and finds the boom lowered pays",
        Set("Thirty five marks and no less", "F2"),
        "for that, and sails on.",
        *OTHER,
    ]

    assert headings_of(parse(".pdf", pdf_with([drawn(lines)]))) == []


def test_a_document_in_bold_letters_has_no_bold_headings() -> None:
    lines = [each for name in ("Night", "Pilots") for each in (bold(name), *bold_lines(*OTHER))]

    assert headings_of(parse(".pdf", pdf_with([drawn(lines)]))) == []


def bold_lines(*lines: str) -> list[Set]:
    return [Set(line, "F2", gap=24 if line == lines[0] else 14) for line in lines]


def test_a_style_in_which_as_much_is_set_that_is_no_heading_is_none_of_headings() -> None:
    remark = bold_lines(
        "Whoever pays late pays twice what is", "due, and is told so by the keeper."
    )
    with_remarks: list[str | Set] = [bold("Pilots"), *TEXT, *remark, *OTHER, *remark, *TEXT]

    assert headings_of(parse(".pdf", pdf_with([drawn(with_remarks)]))) == []


def test_each_column_has_headings_of_its_own() -> None:
    left = ["Night", *(f"Line {n} of the left column says it all" for n in range(8))]
    right = ["Pilots", *(f"Line {n} of the right column says so" for n in range(8))]
    page = [
        placed(x, 780 - 14 * at, text, 10, "F1" if at else "F2")
        for x, column in ((72, left), (320, right))
        for at, text in enumerate(column)
    ]

    loaded = parse(".pdf", pdf_with([" ".join(page)]))

    assert headings_of(loaded) == [(1, "Night"), (1, "Pilots")]
    assert context_of(loaded, "Line 0 of the right") == "Rules: Pilots"


def test_cells_are_no_headings() -> None:
    rows = [("Vessel", "Marks"), ("Barge", "90"), ("Yacht", "35"), ("Boat", "10")]
    cells = [
        placed(72 + 200 * number, 600 - 14 * at, text, 10, "F1" if at and number else "F2")
        for at, row in enumerate(rows)
        for number, text in enumerate(row)
    ]

    loaded = parse(".pdf", pdf_with([" ".join([drawn([*TEXT, *OTHER]), *cells])]))

    assert "Vessel" in loaded.text
    assert headings_of(loaded) == []


def test_a_heading_may_stand_below_items_and_below_a_table() -> None:
    items = ("a lantern", "two anchors", "the papers of the vessel")
    rows = [("Vessel", "Marks"), ("Barge", "90"), ("Yacht", "35"), ("Boat", "10")]
    page = [
        drawn([bold("Night"), *TEXT, bold("Aboard")]),
        *marked(items, 650),
        placed(72, 580, "Dues", 10, "F2"),
        *(
            placed(72 + 200 * number, 556 - 14 * at, text)
            for at, row in enumerate(rows)
            for number, text in enumerate(row)
        ),
        placed(72, 480, "Pilots", 10, "F2"),
        *(placed(72, 460 - 14 * at, text) for at, text in enumerate(OTHER)),
    ]

    loaded = parse(".pdf", pdf_with([" ".join(page)]))

    names = [name for _, name in headings_of(loaded)]
    assert names == ["Night", "Aboard", "Dues", "Pilots"]


@pytest.mark.parametrize(("gap", "is_heading"), [(12, False), (24, True)])
def test_a_bold_line_right_below_a_table_is_a_part_of_it(gap: int, *, is_heading: bool) -> None:
    rows = [("Vessel", "Marks"), ("Barge", "90"), ("Yacht", "35"), ("Boat", "10")]
    page = [
        drawn([bold("Night"), *TEXT, bold("Dues"), *TEXT]),
        *(
            placed(72 + 200 * number, 556 - 12 * at, text)
            for at, row in enumerate(rows)
            for number, text in enumerate(row)
        ),
        placed(72, 520 - gap, "Marks include the light dues", 10, "F2"),
        *(placed(72, 506 - gap - 12 * at, text) for at, text in enumerate(OTHER)),
    ]

    loaded = parse(".pdf", pdf_with([" ".join(page)]))

    names = [name for _, name in headings_of(loaded)]
    assert names == ["Night", "Dues", *["Marks include the light dues"] * is_heading]


def marked(items: Sequence[str], top: float) -> list[str]:
    """Items, each apart from its mark, the first one at a height of the page."""
    return [
        placed(x, top - 14 * at, text)
        for at, item in enumerate(items)
        for x, text in ((72, "-"), (100, item))
    ]


def test_a_larger_line_near_one_that_ends_no_sentence_is_a_heading() -> None:
    lines = [bold("Harbour rules", 18), Set("9 May, the old customs house", gap=20)]

    loaded = parse(".pdf", pdf_with([drawn([*lines, Set("Night", "F2", 18, 20), *TEXT, *OTHER])]))

    assert [name for _, name in headings_of(loaded)] == ["Harbour rules", "Night"]


def test_a_heading_with_a_number_is_no_item_of_the_list_above_it() -> None:
    page = [
        drawn([bold("7. Aboard"), *TEXT, "Every vessel carries:"]),
        *marked(("a lantern", "two anchors"), 700),
        placed(72, 660, "8. Ashore", 10, "F2"),
        *marked(("no lantern", "no anchors"), 640),
    ]

    loaded = parse(".pdf", pdf_with([" ".join(page)]))

    assert "- two anchors\n\n8. Ashore\n\n" in loaded.text
    assert context_of(loaded, "- no lantern") == "Rules: 8. Ashore"


@pytest.mark.parametrize(
    ("first", "is_number"),
    [("3.2", True), ("XIV", True), ("B.", True), ("LUNCH", False), ("MENU", False)],
)
def test_a_number_alone_stands_apart_before_a_heading(first: str, *, is_number: bool) -> None:
    pieces = [
        Piece(first, 72, 100, 700, 710, ends=(0, 4)),
        Piece("Served at noon", 180, 260, 700, 710, ends=(6, 19)),
    ]

    assert [line.ends is not None for line in arranged(pieces)] == [is_number]


def test_a_header_is_no_heading() -> None:
    pages = [drawn([bold("Port of Vellmar"), *TEXT, *OTHER, str(number)]) for number in range(3)]

    assert headings_of(parse(".pdf", pdf_with(pages))) == []


def test_many_bold_lines_below_each_other_are_a_table_of_contents() -> None:
    names = [bold(name) for name in ("Berths", "Pilots", "Dues", "Night", "Keepers")]

    loaded = parse(".pdf", pdf_with([drawn([*OTHER, *names, *TEXT])]))

    assert headings_of(loaded) == []


@pytest.mark.parametrize(
    ("names", "levels"),
    [
        (("Article IV", "Section 2. Pilots", "Section 3. Dues"), [1, 2, 2]),
        (("3. Pilots", "3.1 Boats", "3.1.2 Oars", "4. Dues"), [1, 2, 3, 1]),
    ],
)
def test_numbers_tell_how_deep_a_heading_stands(names: Sequence[str], levels: list[int]) -> None:
    lines: list[str | Set] = [line for name in names for line in (bold(name), *TEXT)]

    loaded = parse(".pdf", pdf_with([drawn(lines)]))

    assert headings_of(loaded) == list(zip(levels, names, strict=True))


def outlined(pages: Sequence[str], titles: Sequence[str]) -> bytes:
    """A PDF whose outline has some titles, each on its page and below the one before."""
    first = 5 + 2 * len(pages)
    entries = [f"<< /Type /Outlines /First {first + 1} 0 R /Last {first + 1} 0 R >>"]
    for number, title in enumerate(titles):
        parent = first + number
        below = first + number + 2
        children = f"/First {below} 0 R /Last {below} 0 R" if number + 1 < len(titles) else ""
        page = 5 + 2 * min(number, len(pages) - 1)
        entries.append(
            f"<< /Title ({title}) /Parent {parent} 0 R {children} /Dest [{page} 0 R /Fit] >>"
        )
    return pdf_with(pages, f"/Outlines {first} 0 R", entries)


def test_the_outline_names_headings_however_they_are_set() -> None:
    pages = [
        drawn(["CHAPTER", "TWO", *TEXT]),
        drawn([*OTHER, "Sec. 5 Pilots. Every vessel takes one, says the council of the port."]),
    ]

    loaded = parse(".pdf", outlined(pages, ["Chapter two", "Sec. 5 - Pilots", "Not there"]))

    assert headings_of(loaded) == [(1, "CHAPTER TWO"), (2, "Sec. 5 - Pilots")]
    assert "\n\nSec. 5 Pilots. Every vessel takes one" in loaded.text
    assert context_of(loaded, "Every vessel takes") == "Rules: CHAPTER TWO: Sec. 5 - Pilots"


def test_a_number_of_the_outline_is_no_longer_one() -> None:
    pages = [drawn(["Section 12 says nothing of that at all.", *TEXT])]

    assert headings_of(parse(".pdf", outlined(pages, ["Section 1"]))) == []


def test_of_two_places_on_the_page_the_outline_means_the_line_of_its_own() -> None:
    pages = [drawn(["Section 1 says nothing of that at all.", *TEXT, "Section 1", *OTHER])]

    loaded = parse(".pdf", outlined(pages, ["Section 1"]))

    assert loaded.headings[0].start_char > loaded.text.index("Whoever")


def test_a_tagged_heading_is_one_at_its_level() -> None:
    content = " ".join(
        f"/{tag} << /MCID {number} >> BDC {placed(72, 700 - 14 * number, text)} EMC"
        for number, (tag, text) in enumerate(
            [("H2", "Pilots of the port"), *(("P", line) for line in OTHER)]
        )
    )
    others = [
        "<< /Type /StructTreeRoot /K [8 0 R 9 0 R] /ParentTree 10 0 R >>",
        "<< /Type /StructElem /S /H2 /P 7 0 R /Pg 5 0 R /K 0 >>",
        "<< /Type /StructElem /S /P /P 7 0 R /Pg 5 0 R /K [1 2] >>",
        "<< /Nums [0 [8 0 R 9 0 R 9 0 R]] >>",
    ]

    loaded = parse(
        ".pdf", pdf_with([content], "/MarkInfo << /Marked true >> /StructTreeRoot 7 0 R", others)
    )

    assert headings_of(loaded) == [(2, "Pilots of the port")]


def test_a_page_is_read_from_its_top_where_its_headings_were_written_first() -> None:
    night, pilots = placed(72, 700, "Night", 16), placed(72, 600, "Pilots", 16)
    text = [placed(72, 680 - 12 * at, line) for at, line in enumerate(TEXT)]
    other = [placed(72, 580 - 12 * at, line) for at, line in enumerate(OTHER)]

    loaded = parse(".pdf", pdf_with([" ".join([night, pilots, *text, *other])]))

    assert loaded.text.split("\n\n") == ["Night", " ".join(TEXT), "Pilots", " ".join(OTHER)]
    assert context_of(loaded, "A pilot") == "Rules: Pilots"


def test_headings_of_a_pdf_in_an_archive_are_those_of_its_file() -> None:
    inside = pdf_with([drawn([bold("Night"), *TEXT])])

    loaded = parse(".zip", package({"notes.txt": b"Nothing.", "rules.pdf": inside}))

    assert context_of(loaded, "Whoever enters") == "Rules: rules.pdf: Night"
