"""Questions that ask for several things get all of them, and single ones one."""

import re
from dataclasses import replace

import pytest

from answering.calibration import Features
from answering.candidates import Candidate, judge
from answering.lists import MAX_ITEMS, ListedItems, asks_for_several, listed
from index.passages import Passage
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION

TEXT = "Robbery 14, arson 9 and theft 7. The town has 900 people."
PASSAGE = Passage(0, "a.txt", 0, len(TEXT), TEXT, ((0, 32), (33, len(TEXT))))
OTHER = Passage(1, "b.txt", 0, len(TEXT), TEXT, ((0, 32), (33, len(TEXT))))


def candidate(text: str, margin: float, passage: Passage = PASSAGE, asked: str = "q") -> Candidate:
    start = passage.text.index(text)
    span = Span(passage.id, start, start + len(text), text, margin, 0)
    return Candidate(span, passage, "base", Features(margin, 0.0, 0.0), asked)


def shown(question: str, *found: Candidate) -> ListedItems:
    judged = judge(found, FAKE_CALIBRATION)
    return listed(question, judged, FAKE_CALIBRATION, lambda passage: passage)


def items(question: str, *found: Candidate) -> list[str]:
    return [one.candidate.span.text for one in shown(question, *found).items]


@pytest.mark.parametrize(
    "question",
    [
        *("which crimes were listed and how many for each", "Name the two cities."),
        *("who are the people quoted", "Which lines have no trains?", "sales per year"),
        *("What are the final totals?", "people mentioned by name", "What two sites were shown?"),
        *("how many cases and how many deaths", "who were sacked over it", "fines by each council"),
        *("Who founded the club, and who runs it now?", "Which coal plants were shut?"),
        "how old are the captain, the cook and the pilot",
        "ages of the youngest and the oldest rider",
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
        *("population per year", "what was in the boxes", "what does that pay"),
        *("whats in it", "what is wrong if two towns are neighbours of each other"),
        "Besides cats, dogs and birds, what is sold there?",
    ],
)
def test_questions_for_one_thing(question: str) -> None:
    assert not asks_for_several(question)


def test_a_list_has_the_items_in_the_order_of_the_document() -> None:
    found = (candidate("14", 4), candidate("9", 8), candidate("7", 6))

    assert items("which crimes were there", *found) == ["14", "9", "7"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("which keepers are there", ["Ann", "Bo"]),
        ("who is the keeper of each hive", ["Ann", "Bo", "ann"]),
        ("what are the weights of the hives", ["20 kg", "24 kg", "20 kg"]),
        ("name the two keepers", ["Ann", "Bo"]),
        ("name the three keepers", ["Ann", "Bo", "ann"]),
    ],
)
def test_a_name_is_one_item_however_often_a_column_says_it(
    question: str, answer: list[str]
) -> None:
    text = (
        "hive: Ada | keeper: Ann | weight: 20 kg\n\nhive: Grace | keeper: Bo | weight: 24 kg\n\n"
        "hive: Hedy | keeper: ann | weight: 20 kg"
    )
    table = Passage(0, "hives.md", 0, len(text), text, ((0, len(text)),))

    assert items(question, candidate(answer[0], 8, table)) == answer
    assert not shown(question, candidate(answer[0], 8, table)).is_partial


def test_a_list_says_the_same_again_where_that_comes_again() -> None:
    text = "Stops of line 7:\n\n- Station\n\n- Market\n\n- Mill\n\n- Station"
    line = Passage(0, "line.md", 0, len(text), text, ((0, len(text)),))

    assert items("which stops are there", candidate("Market", 8, line)) == [
        *("Station", "Market", "Mill", "Station"),
    ]


def test_what_the_reader_does_not_believe_in_is_no_item() -> None:
    assert items("which crimes were there", candidate("9", 8), candidate("900", -1)) == ["9"]
    assert items("which crimes were there", candidate("9", -1), candidate("900", -2)) == ["9"]


def test_no_list_is_put_together_from_several_documents() -> None:
    assert items("which crimes were there", candidate("9", 8), candidate("7", 8, OTHER)) == ["9"]


def test_an_enumeration_is_taken_apart() -> None:
    assert items("which crimes were there", candidate("Robbery 14, arson 9 and theft 7", 8)) == [
        *("Robbery 14", "arson 9", "theft 7"),
    ]


def test_an_enumeration_is_not_cut_in_brackets() -> None:
    text = "The jury: Juniper (Asia and Oceania), Moss"
    jury = Passage(0, "jury.md", 0, len(text), text, ((0, len(text)),))

    assert items(
        "which people sit there", candidate("Juniper (Asia and Oceania), Moss", 8, jury)
    ) == [
        *("Juniper (Asia and Oceania)", "Moss"),
    ]
    assert items("Who chairs?", candidate("Juniper (Asia and Oceania)", 8, jury)) == [
        "Juniper (Asia and Oceania)"
    ]


def test_numbers_stay_with_what_they_number() -> None:
    text = "Buses 7 and 12 do not run."
    buses = Passage(0, "bus.md", 0, len(text), text, ((0, len(text)),))

    assert items("which buses are cut", candidate("Buses 7 and 12", 8, buses)) == ["Buses 7 and 12"]


@pytest.mark.parametrize("mark", ["-", "*", "•", "2.", "2)"])
def test_the_mark_of_a_line_is_no_part_of_an_item(mark: str) -> None:
    text = f"600 g rye\n  {mark} 250 g wheat"
    lines = Passage(0, "bread.md", 0, len(text), text, ((0, len(text)),))

    assert items("which flours are used", candidate(text, 8, lines)) == ["600 g rye", "250 g wheat"]


def test_so_many_as_are_asked_for() -> None:
    found = (candidate("14", 4), candidate("9", 8), candidate("7", 6))

    assert items("name the two numbers", *found) == ["9", "7"]


def test_the_items_are_no_rivals_of_each_other() -> None:
    chosen = shown("which crimes were there", candidate("14", 7), candidate("9", 8))

    assert [one.gap for one in chosen.items] == [7, 8]


SALE = "They sell rope, nets and hooks.\nBo sells figs."


def sentence(text: str) -> Passage:
    return Passage(5, "e.txt", 0, len(text), text, ((0, len(text)),))


SHOP = Passage(2, "c.txt", 0, len(SALE), SALE, ((0, 31), (32, len(SALE))))


def test_one_item_of_a_written_list_leads_to_all() -> None:
    assert items("which things do they sell", candidate("rope", 8, SHOP)) == [
        *("rope", "nets", "hooks"),
    ]


def test_a_question_for_one_thing_gets_a_list_where_the_reader_takes_several_items() -> None:
    question = "what do they sell"
    rope, nets, figs = (
        candidate(text, margin, SHOP, asked=question)
        for text, margin in (("rope", 8), ("nets", 1), ("figs", 9))
    )

    assert items(question, rope) == ["rope"]
    assert items(question, rope, nets) == ["rope", "nets", "hooks"]
    assert items(question, figs, nets) == ["figs"]


@pytest.mark.parametrize(
    ("question", "is_for_one"),
    [
        ("what's the number of the stall", True),
        ("so, whats our opening time", True),
        ("What is the stall's phone number?", True),
        ("What is the cheapest thing there?", True),
        ("what sells best", True),
        ("what is of interest there", False),
        ("what is at the summerfest", False),
        ("what does Ernest keep in Bucharest", False),
        ("what is the safest thing there", True),
        ("what are the club's two fastest boats made of", True),
        ("Who is the owner?", True),
        ("who was the fair's first director, then", True),
        ("what's the stock list", False),
        ("what's the equipment", False),
        ("What is the full range?", False),
        ("What is the line-up?", False),
        ("whats the price list", False),
        ("what's the stock by price", False),
        ("what is the name and the price", False),
        ("who is the crew", False),
        ("do they sell a rope", True),
        ("So, can we buy nets there?", True),
        ("can you say what they sell", False),
        ("could anyone tell me what is sold", False),
    ],
)
def test_a_question_that_names_one_value_gets_no_list_unasked(
    question: str, *, is_for_one: bool
) -> None:
    found = (
        candidate(text, margin, SHOP, asked=question) for text, margin in (("rope", 8), ("nets", 1))
    )

    assert items(question, *found) == (["rope"] if is_for_one else ["rope", "nets", "hooks"])


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("and in May?", ["rope"]),
        ("and what is for sale?", ["rope"]),
        ("and which things do they sell?", ["rope", "nets", "hooks"]),
    ],
)
def test_a_follow_up_gets_a_list_only_if_it_asks_for_several_itself(
    question: str, shown: list[str]
) -> None:
    asked = f"which tools do they have? {question}"
    found = (candidate("rope", 8, SHOP, asked), candidate("nets", 1, SHOP, asked))

    assert items(question, *found) == shown


@pytest.mark.parametrize(
    ("text", "found", "shown"),
    [
        ("Closed on Mondays from October.", ("Mondays", "October"), "Mondays from October"),
        ("Open from Tuesday, 10:00 to 21:00.", ("10:00 to 21:00", "Tuesday"), None),
        ("Open from Tuesday, 10:00 to 21:00.", ("Tuesday, 10:00 to 21:00",), None),
    ],
)
def test_what_is_said_of_an_item_is_no_other_item(
    text: str, found: tuple[str, ...], shown: str | None
) -> None:
    read = [candidate(one, 8 - at, sentence(text)) for at, one in enumerate(found)]

    assert items("on which days is it open", *read) == [shown or "Tuesday, 10:00 to 21:00"]


def test_a_list_goes_on_beyond_its_passage() -> None:
    text = "- rope\n- nets\n- hooks"
    whole = Passage(3, "d.md", 0, len(text), text, ((0, len(text)),))
    part = Passage(3, "d.md", 0, 6, "- rope", ((0, 6),))
    judged = judge((candidate("rope", 8, part),), FAKE_CALIBRATION)

    chosen = listed("which things are there", judged, FAKE_CALIBRATION, lambda _: whole)

    assert [one.candidate.span.text for one in chosen.items] == ["rope", "nets", "hooks"]


PACKING = (
    "Bring on your first day:\n- a towel\n- a letter from your doctor\n\n"
    "Help\n- Ada, on Mondays\n- Bo, on Fridays"
)


@pytest.mark.parametrize(
    ("question", "found", "answer"),
    [
        ("what must I bring?", "a towel", ["a towel", "a letter from your doctor"]),
        ("and what do I bring on the first day", "a letter", ["a letter"]),
        ("what must I bring from the doctor", "a letter from your doctor", None),
        ("what does one dry oneself with", "a towel", None),
        ("which thing must I bring", "a towel", None),
        ("who is there to help", "Ada", None),
        ("where do I get help", "Ada, on Mondays", ["Ada, on Mondays", "Bo, on Fridays"]),
    ],
)
def test_what_an_introduction_is_asked_for_is_all_that_it_introduces(
    question: str, found: str, answer: list[str] | None
) -> None:
    passage = sentence(PACKING)

    one = candidate(found, 8, passage, asked=question)

    assert items(question, one) == (answer or [found])


@pytest.mark.parametrize(
    ("context", "answer"),
    [
        ("The doctor: What to bring", ["a towel", "a letter from your doctor"]),
        ("The bath: What to bring", ["a letter from your doctor"]),
    ],
)
def test_a_word_of_the_heading_is_no_items_own(context: str, answer: list[str]) -> None:
    question = "what must I bring to the doctor"
    passage = replace(sentence(PACKING), context=context)

    one = candidate("a letter from your doctor", 8, passage, asked=question)

    assert items(question, one) == answer


SYSTEMS = (
    "You need:\n- Linux\n- Linux: a kernel\n- Linux: a disk\n- On a Mac, bring:\n"
    "- On a Mac, bring: a cable\n- On a Mac, bring: a purse"
)


@pytest.mark.parametrize(
    ("question", "found", "answer"),
    [
        ("what must I bring to a Mac?", "a cable", ["a cable", "a purse"]),
        # A mere name introduces nothing.
        ("what does Linux need", "a kernel", ["a kernel"]),
        ("what do you need", "Linux", ["Linux", "On a Mac, bring:"]),
    ],
)
def test_an_item_introduces_those_in_it_if_it_says_so(
    question: str, found: str, answer: list[str]
) -> None:
    assert items(question, candidate(found, 8, sentence(SYSTEMS), asked=question)) == answer


MINUTES = (
    "Place: Gate House, Mill Lane, Dordrecht\nPresent: Ada Lund (chair), Bo Frank, Ida Moss\n"
    "Contact: Ada Lund, head of parks, town hall"
)
ALL = ["Ada Lund (chair)", "Bo Frank", "Ida Moss"]


@pytest.mark.parametrize(
    ("question", "found", "answer"),
    [
        ("who was present?", "Ada Lund (chair), Bo Frank", ALL),
        ("who was present?", "Bo Frank", None),
        ("which members are present?", "Bo Frank", ALL),
        ("which members are present?", "Bo Frank, Ida Moss\nContact: Ada Lund", ALL),
        ("where was it?", "Gate House, Mill Lane", None),
        ("who do I ask?", "Ada Lund, head of parks", None),
    ],
)
def test_what_a_label_names_is_a_list_where_names_or_several_things_are_asked_for(
    question: str, found: str, answer: list[str] | None
) -> None:
    one = candidate(found, 8, lines_apart(MINUTES), asked=question)

    assert items(question, one) == (answer or [found])


def lines_apart(text: str) -> Passage:
    ends = [match.end() for match in re.finditer(r"[^\n]+", text)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return replace(sentence(text), sentences=tuple(zip(starts, ends, strict=True)))


@pytest.mark.parametrize("mark", ["-", "1."])
def test_a_heading_with_a_number_introduces_a_list(mark: str) -> None:
    text = f"7. What to bring\n\n{mark} a towel\n\n{mark.replace('1', '2')} a letter"

    one = candidate("a towel", 8, sentence(text), asked="what must I bring")

    assert items("what must I bring", one) == ["a towel", "a letter"]


def test_a_list_says_whether_there_may_be_more() -> None:
    text = "\n".join(f"- item{number}" for number in range(MAX_ITEMS + 1))
    long = Passage(3, "d.md", 0, len(text), text, ((0, len(text)),))

    assert not shown("which things are there", candidate("rope", 8, SHOP)).is_partial
    assert shown("which crimes were there", candidate("14", 4), candidate("9", 8)).is_partial
    assert not shown("name the two", candidate("14", 4), candidate("9", 8)).is_partial
    assert shown("name the three", candidate("14", 4), candidate("9", 8)).is_partial
    cut = shown("which things are there", candidate("item0", 8, long))
    assert cut.is_partial
    assert len(cut.items) == MAX_ITEMS
