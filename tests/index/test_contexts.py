"""A passage is searched with the title and the headings above it, which are never quoted."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.contexts import MAX_CONTEXT_CHARS, Contexts, sentence_context
from index.documents import Document
from index.formats.base import Place
from index.formats.blocks import Blocks
from index.formats.sheet_tables import add_rows
from index.inspection import verify
from index.retrieve import Retriever
from tests.conftest import Library

GUIDE = (
    "---\ntitle: The guide\n---\n\n# Berths\n\n## North quay\n\nA night costs 35.\n\n"
    "## South quay\n\nA night costs 90.\n\n# Pilots\n\nThey are free.\n"
)


def document(text: str, places: Sequence[Place] = (), title: str = "Harbour") -> Document:
    now = datetime.fromtimestamp(0, UTC)
    return Document("harbour.md", title, text, "0" * 64, now, places=tuple(places))


def heading(start: int, name: str, level: int) -> Place:
    return Place(start, start + 10, "heading", name, level)


def contexts_of(library: Library) -> dict[str, str]:
    texts = library.open().texts
    return {each.text: each.context for each in texts.passages(range(texts.next_id)).values()}


def test_it_is_the_title_and_the_headings_that_hold_the_passage() -> None:
    places = [
        heading(0, "Berths", 1),
        heading(10, "North", 3),
        heading(20, "Fees", 4),
        heading(30, "South", 2),
        Place(40, 50, "heading", "South", 2, 9),
        heading(50, "Pilots", 1),
    ]
    contexts = Contexts(document("x" * 60, places))

    assert [contexts.context(at, "text") for at in (0, 12, 25, 35, 45, 55)] == [
        "Harbour: Berths",
        "Harbour: Berths: North",
        "Harbour: Berths: North: Fees",
        "Harbour: Berths: South",
        "Harbour: Berths: South",
        "Harbour: Pilots",
    ]


def test_what_the_passage_says_itself_is_not_said_twice() -> None:
    contexts = Contexts(document("x" * 60, [heading(0, "Harbour", 1), heading(10, "Fees", 2)]))

    assert contexts.context(15, "Fees are paid at night.") == "Harbour"
    assert contexts.context(16, "The Harbour lies north.") == "Fees"


def test_rows_pages_and_the_names_of_files_are_no_context() -> None:
    places = [Place(0, 30, "row", "7"), Place(30, 60, "page", "2")]

    assert Contexts(document("x" * 60, places, title="harbour.md")).context(45, "text") == ""


def test_slides_sheets_and_messages_are_context_by_their_names_if_somebody_named_them() -> None:
    places = [
        Place(0, 10, "slide", "Fees", 0, 1),
        Place(10, 20, "slide", "", 0, 2),
        Place(20, 30, "sheet", "Sheet1", 0, 7),
        Place(30, 40, "sheet", "Berths", 0, 7),
        Place(40, 50, "message", "Re: Fees", 0, 3),
    ]
    contexts = Contexts(document("x" * 50, places, title="harbour.md"))

    assert [contexts.context(at, "text") for at in (5, 15, 25, 35, 45)] == [
        "Fees",
        "",
        "",
        "Berths",
        "Re: Fees",
    ]


def test_the_title_of_a_table_and_its_divisions_are_context_of_each_row() -> None:
    blocks = Blocks("sheet")

    def begin(number: int) -> None:
        blocks.line = number
        blocks.begin("Prices")

    header, canoes = ["Boat", "Members", "Guests"], ["CANOES", "", ""]
    rows = [["Of 2026"], [], header, canoes, ["Single", "9", "14"], ["BOARDS", "", ""]]
    add_rows(blocks, enumerate(rows, start=1), begin)
    loaded = blocks.loaded()
    contexts = Contexts(replace(document(loaded.text, loaded.places), headings=loaded.headings))

    found = [contexts.context(place.start_char, "text") for place in loaded.places]
    canoes_above, boards_above = (f"Harbour: Prices: Of 2026: {of}" for of in ("CANOES", "BOARDS"))
    assert found == ["Harbour: Prices", canoes_above, canoes_above, boards_above]


def test_a_file_in_a_document_is_context_with_the_headings_inside_of_it() -> None:
    places = [
        heading(0, "Welcome", 1),
        Place(10, 20, "file", "a.md"),
        Place(20, 30, "heading", "Fees", 1, within="a.md"),
        Place(30, 40, "row", "2", within="b.csv"),
        Place(40, 50, "file", "c.txt"),
    ]
    contexts = Contexts(document("x" * 50, places))

    assert [contexts.context(at, "text") for at in (5, 15, 25, 35, 45)] == [
        "Harbour: Welcome",
        "Harbour: a.md",
        "Harbour: a.md: Fees",
        "Harbour: b.csv",
        "Harbour: c.txt",
    ]


@pytest.mark.parametrize(
    ("text", "begins", "context"),
    [
        ("Bring:\n- rope\n- nets", "- nets", "Harbour: Bring"),
        ("Bring:\n1. rope\n10. nets", "10. nets", "Harbour: Bring"),
        ("Bring:\n(a) rope\n(b) nets", "(b) nets", "Harbour: Bring"),
        ("Bring:\na. rope\nb. nets", "b. nets", "Harbour: Bring"),
        ("Bring:\na. rope\nb. nets\n\nc. tar\nd. oil", "c. tar", "Harbour: Bring"),
        ("Bring:\na. rope\ni. long\nii. short\nb. nets", "b. nets", "Harbour: Bring"),
        ("As said:\nv. Jones\nc. 1340", "c. 1340", "Harbour"),
        ("Bring:\n● rope\n● nets", "● nets", "Harbour: Bring"),
        ("Bring:\n(iii) rope\n(iv) nets", "(iv) nets", "Harbour: Bring"),
        ("Leave:\n- soap\n\nBring:\n- rope\n- nets", "- nets", "Harbour: Bring"),
        ("Bring:\n- rope\n\n- nets", "- nets", "Harbour: Bring"),
        ("Bring:\n\n- rope\n- nets", "- nets", "Harbour: Bring"),
        ("Bring:\n- rope\n\n  of hemp\n\n- nets", "- nets", "Harbour: Bring"),
        ("Bring:\n- rope\n\n  * of hemp\n\n- nets", "- nets", "Harbour: Bring"),
        ("Bring:\n9. rope\n\n10. nets", "10. nets", "Harbour: Bring"),
        ("Bring:\n\n1. rope\n\n1. nets", "1. nets", "Harbour: Bring"),
        ("Bring:\n\n1. rope\n\n3. nets", "3. nets", "Harbour: Bring"),
        ("Bring:\n\n2. rope\n\n1. nets", "1. nets", "Harbour"),
        ("Do not bring:\n- dogs\n- radios\n\n1. Arrive", "1. Arrive", "Harbour"),
        ("Do not bring:\n- dogs\n\n1. Arrive\n2. Sign", "2. Sign", "Harbour"),
        ("Do not bring:\n- dogs\n\n\n\n* Tea is at 4", "* Tea", "Harbour"),
        ("Bring:\n- rope\n\nAll else is there.\n\n- nets", "- nets", "Harbour"),
        ("Bring\n- rope\n- nets", "- nets", "Harbour"),
        ("Bring:\n- rope\nand nets", "and nets", "Harbour"),
        ("Bring:\n- rope", "Bring", "Harbour"),
        ("- rope:\n- nets", "- nets", "Harbour"),
        ("- rope\n- nets", "- rope", "Harbour"),
        (f"{'word ' * 30}:\n- rope\n- nets", "- nets", "Harbour"),
        ("Bring:\n- rope\nLeave:\n- soap\n- nets", "- nets", "Harbour: Leave"),
        ("Bring:\n- rope\nLeave\n- soap\n- nets", "- nets", "Harbour"),
        ("The list.\nBring:\n- rope\n  of hemp\n- nets", "- nets", "Harbour: Bring"),
        ("  Bring:\n  - rope\n  Leave:\n  - soap\n  - nets", "  - nets", "Harbour: Leave"),
        ("  Bring:\n  - rope\n  Leave\n  - soap\n  - nets", "  - nets", "Harbour"),
        ("Bring:\n- rope, but no:\n- knots\n- nets", "- nets", "Harbour"),
        ("Bring:\n- rope\n  such as:\n- nets", "- nets", "Harbour"),
    ],
)
def test_what_introduces_a_list_is_context_of_the_items_in_another_passage(
    text: str, begins: str, context: str
) -> None:
    start = text.index(begins)

    assert Contexts(document(text)).context(start, text[start:]) == context


def test_what_introduces_a_list_is_known_in_each_passage_in_turn() -> None:
    text = "Bring:\n- rope\n- nets\n\nLeave:\n- soap\n- salt\n\nNo list.\n\n- tea\n- milk"
    starts = [match.start() for match in re.finditer(r"^\S", text, re.MULTILINE)]
    contexts = Contexts(document(text))

    found = [contexts.context(start, text[start:].partition("\n")[0]) for start in starts]

    bring, leave = ["Harbour: Bring"] * 2, ["Harbour: Leave"] * 2
    assert found == ["Harbour", *bring, "Harbour", *leave, *["Harbour"] * 3]


def test_a_first_line_that_had_to_be_cut_to_a_title_is_no_context() -> None:
    assert Contexts(document("x" * 60, title="The council of Vellmar said…")).context(45, "x") == ""


def test_a_first_line_that_is_a_sentence_is_no_context() -> None:
    lit = "The lighthouse was lit in 1874 by Maud Ferrars."

    assert Contexts(document(f"\n{lit}\n\nBread costs 2.", title=lit)).context(60, "Bread") == ""
    # What else says it is a title, and so is what only ends with an abbreviation.
    assert Contexts(document("Bread costs 2.", title=lit)).context(0, "Bread") == lit
    assert (
        Contexts(document("Bolt Inc.\n\nBread", title="Bolt Inc.")).context(9, "x") == "Bolt Inc."
    )


def test_of_too_many_headings_the_nearest_and_the_title_are_kept() -> None:
    places = [heading(level * 10, f"{level} " + "long " * 12, level) for level in range(1, 6)]
    context = Contexts(document("x" * 80, places)).context(70, "text")

    assert len(context) <= MAX_CONTEXT_CHARS
    assert context.startswith("Harbour: 4 long")
    assert "5 long" in context


@given(
    st.text(max_size=300),
    st.lists(st.tuples(st.text(max_size=300), st.integers(0, 9)), max_size=12),
)
def test_it_is_one_short_line_whatever_the_headings_are(
    title: str, headings: list[tuple[str, int]]
) -> None:
    places = [heading(10 * at, name, level) for at, (name, level) in enumerate(headings)]
    contexts = Contexts(document("x" * 200, places, title=title))

    for start in range(0, 130, 7):
        context = contexts.context(start, "text")
        assert len(context) <= MAX_CONTEXT_CHARS
        assert context == " ".join(context.split())


def test_a_passage_is_found_by_the_heading_and_the_title_above_it(library: Library) -> None:
    for number in range(50):
        library.write(f"{number}.md", f"---\ntitle: Chronicle {number}\n---\n\nWe grew again.\n")
    library.write("party.md", "---\ntitle: 100k members\n---\n\nWe grew again.\n")
    library.write("guide.md", GUIDE)
    library.build()
    retriever = Retriever(library.open(), library.encoder)

    def found(question: str) -> tuple[str, str]:
        passage = retriever.retrieve(question, 1).hits[0].passage
        return passage.document_id, passage.text

    assert found("when did we hit 100k members") == ("party.md", "We grew again.")
    document_id, text = found("what do the pilots of the guide cost")
    assert document_id == "guide.md"
    assert text.endswith("They are free.")


def test_several_collections_are_searched_with_contexts_too(library: Library) -> None:
    library.write("party.md", "---\ntitle: 100k members\n---\n\nWe grew again.\n")
    library.build()
    other = library.other("server-1")
    for number in range(9):
        other.write(f"{number}.md", f"---\ntitle: Chronicle {number}\n---\n\nWe grew again.\n")
    other.build()

    retriever = Retriever(library.open(), library.encoder, other.open())

    best = retriever.retrieve("100k members", 1).hits[0]
    assert best.passage.document_id == "party.md"
    assert (best.bm25_score or 0) > 0


def test_what_is_kept_of_a_passage_is_its_slice_of_the_document_alone(library: Library) -> None:
    library.write("guide.md", GUIDE)
    library.build()

    verify(library.collection)
    assert all(context.startswith("The guide") for context in contexts_of(library).values())
    assert not any("The guide" in text for text in contexts_of(library))


def test_a_new_title_is_searched_and_a_new_file_name_is_not(library: Library) -> None:
    library.write("guide.md", GUIDE)
    library.write("untitled.md", "No heading here.\n")
    library.build()
    (library.documents / "untitled.md").rename(library.documents / "renamed.md")
    library.write("guide.md", GUIDE.replace("The guide", "The manual"))
    library.encoder.encoded.clear()

    library.build()

    assert library.encoder.encoded
    assert all(text.startswith("The manual") for text in library.encoder.encoded)
    assert contexts_of(library)["No heading here."] == ""


@pytest.mark.parametrize(
    ("place", "context", "sentence", "expected"),
    [
        pytest.param(heading(0, "Fees", 1), "", "It is 35.", "Harbour: Fees", id="said by both"),
        pytest.param(
            heading(0, "Fees", 1), "Harbour: Fees", "It is 35.", "Harbour: Fees", id="one"
        ),
        pytest.param(heading(12, "Boats", 2), "Fees", "It is 35.", "Harbour: Boats", id="later"),
        pytest.param(heading(12, "Boats", 2), "", "Boats pay 35.", "Harbour", id="in the sentence"),
        pytest.param(Place(12, 20, "page", "2"), "Fees", "It is 35.", "Harbour: Fees", id="page"),
        pytest.param(Place(12, 20, "sheet", "Sheet1"), "", "It is 35.", "Harbour", id="unnamed"),
        pytest.param(None, "Bring", "- nets", "Harbour: Bring", id="no place"),
    ],
)
def test_a_sentence_that_is_read_alone_has_what_stands_above_it(
    place: Place | None, context: str, sentence: str, expected: str
) -> None:
    assert sentence_context(sentence, document("x" * 60), place, 10, context) == expected


def test_a_title_that_is_the_file_or_the_text_stands_above_no_sentence() -> None:
    named = document("x" * 60, title="harbour.md")
    begun = document("The harbour is closed in winter. It opens in May.", title="The harbour is …")

    assert sentence_context("It is 35.", named, None, 10, "") == ""
    assert sentence_context("It opens in May.", begun, None, 0, "") == ""
