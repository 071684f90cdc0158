"""Questions that ask for several things get all of them, and single ones one."""

import pytest

from answering.calibration import Features
from answering.candidates import Candidate, judge
from answering.lists import asks_for_several, listed, says_how_often
from index.passages import Passage
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION

TEXT = "Robbery 14, arson 9 and theft 7. The town has 900 people."
PASSAGE = Passage(0, "a.txt", 0, len(TEXT), TEXT, ((0, 32), (33, len(TEXT))))
OTHER = Passage(1, "b.txt", 0, len(TEXT), TEXT, ((0, 32), (33, len(TEXT))))


def candidate(text: str, margin: float, passage: Passage = PASSAGE) -> Candidate:
    start = passage.text.index(text)
    span = Span(passage.id, start, start + len(text), text, margin, 0)
    return Candidate(span, passage, "base", Features(margin, 0.0, 0.0), "q")


def items(question: str, *found: Candidate) -> list[str]:
    judged = judge(found, FAKE_CALIBRATION)
    return [one.candidate.span.text for one in listed(question, judged, FAKE_CALIBRATION)]


@pytest.mark.parametrize(
    "question",
    [
        *("which crimes were listed and how many for each", "Name the two cities."),
        *("who are the people quoted", "Which lines have no trains?", "deaths by type"),
        *("What are the final totals?", "people mentioned by name", "What two sites were shown?"),
        *("how many cases and how many deaths", "who were sacked over it", "fines by each council"),
        *("Who founded the club, and who runs it now?", "Which coal plants were shut?"),
        *("how old are the captain, the cook and the pilot", "songs he wrote in prison"),
        *("ages of the youngest and the oldest rider", "mayor and deputy mayor of Torva"),
        *("Between which two towns?", "What languages must they speak?", "Name the three judges"),
    ],
)
def test_questions_for_several_things(question: str) -> None:
    assert asks_for_several(question)


@pytest.mark.parametrize(
    "question",
    [
        *("how many were deported for drunk driving?", "which president preceded Obama"),
        *("Which animal shows how feeble the whistle is?", "who won", "what is the boss called"),
        *("which bus goes there", "What does the firm have in the bank?", "when did it start"),
        *("Name the person in charge of the bank", "arrests on the island", "whats bus fare"),
        "Besides cats, dogs and birds, what is sold there?",
    ],
)
def test_questions_for_one_thing(question: str) -> None:
    assert not asks_for_several(question)


def test_a_list_has_the_items_in_the_order_of_the_document() -> None:
    found = (candidate("14", 4), candidate("9", 8), candidate("7", 6))

    assert items("which crimes", *found) == ["14", "9", "7"]


def test_what_the_reader_does_not_believe_in_is_no_item() -> None:
    assert items("which crimes", candidate("9", 8), candidate("900", -1)) == ["9"]
    assert items("which crimes", candidate("9", -1), candidate("900", -2)) == ["9"]


def test_no_list_is_put_together_from_several_documents() -> None:
    assert items("which crimes", candidate("9", 8), candidate("7", 8, OTHER)) == ["9"]


def test_an_enumeration_is_taken_apart() -> None:
    assert items("which crimes", candidate("Robbery 14, arson 9 and theft 7", 8)) == [
        *("Robbery 14", "arson 9", "theft 7"),
    ]


@pytest.mark.parametrize("mark", ["-", "*", "•", "2.", "2)"])
def test_the_mark_of_a_line_is_no_part_of_an_item(mark: str) -> None:
    text = f"600 g rye\n  {mark} 250 g wheat"
    lines = Passage(0, "bread.md", 0, len(text), text, ((0, len(text)),))

    assert items("which flours", candidate(text, 8, lines)) == ["600 g rye", "250 g wheat"]


def test_so_many_as_are_asked_for() -> None:
    found = (candidate("14", 4), candidate("9", 8), candidate("7", 6))

    assert items("name the two numbers", *found) == ["9", "7"]


def test_the_items_are_no_rivals_of_each_other() -> None:
    judged = judge((candidate("14", 7), candidate("9", 8)), FAKE_CALIBRATION)

    chosen = listed("which crimes", judged, FAKE_CALIBRATION)

    assert [one.gap for one in chosen] == [7, 8]


@pytest.mark.parametrize(
    ("question", "text", "sentence", "fits"),
    [
        ("how many people are quoted", "Ada Lum", "Ada Lum said so.", False),
        ("how many people are quoted", "14", "14 people live there.", False),
        ("how many people are quoted", "14", "The report quotes 14 people.", True),
        ("how many suspects are named", "Three", "Three suspects are named in it.", True),
        ("how many people live there", "Ada Lum", "Ada Lum lives there.", True),
    ],
)
def test_counting_what_is_mentioned_is_left_to_the_document(
    question: str, text: str, sentence: str, *, fits: bool
) -> None:
    assert says_how_often(question, text, sentence) is fits
