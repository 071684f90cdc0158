"""Documents disagree where each of them answers the question by itself, and not alike."""

import re

import pytest

from answering.calibration import Features
from answering.candidates import Candidate, Judged, judge
from answering.conflicts import versions
from index.passages import Passage
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION

QUESTION = "what does a single ticket to the castle cost?"


def said(text: str, sentence: str, document: int, margin: float = 9.0) -> Candidate:
    passage = Passage(
        document, f"{document}.txt", 0, len(sentence), sentence, ((0, len(sentence)),)
    )
    start = sentence.index(text)
    span = Span(document, start, start + len(text), text, margin, 0)
    return Candidate(span, passage, "base", Features(margin, 0.0, 0.0), QUESTION)


FIRST = said("8 pounds", "A single ticket to the castle costs 8 pounds.", 1)


def versions_of(*candidates: Candidate, min_confidence: float = 0.5) -> tuple[Judged, ...]:
    judged = judge(candidates, FAKE_CALIBRATION)
    return versions(QUESTION, judged, FAKE_CALIBRATION, min_confidence=min_confidence)


def found(*others: Candidate, first: Candidate = FIRST) -> list[str]:
    return [one.candidate.span.text for one in versions_of(first, *others)]


def shown(asked: str, *sentences: str) -> int:
    """How many versions are shown of sentences whose values stand in braces."""
    candidates = [
        said(
            sentence[sentence.index("{") + 1 : sentence.index("}")],
            re.sub("[{}]", "", sentence),
            document,
        )
        for document, sentence in enumerate(sentences, start=1)
    ]
    judged = judge(candidates, FAKE_CALIBRATION)
    return len(versions(asked, judged, FAKE_CALIBRATION, min_confidence=0.5))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8 pounds", "9.50 pounds"),
        ("8 pounds", "nothing"),
        ("5 pounds", "5.20 pounds"),
        ("ten days", "seven days"),
        ("8:30", "9:30"),
        ("11 May", "11 June"),
        ("five million", "4.2 million"),
        ("Einar Vik", "Solveig Lunde"),
        ("every month", "every two weeks"),
        ("8 days", "a week"),
        ("rebuilt", "not rebuilt"),
        ("11 May", "the end of May"),
        ("every 14 days", "monthly"),
        ("14 days", "once"),
        ("31 Jan", "the last Friday"),
        ("1st June", "Whit Sunday"),
    ],
)
def test_another_value_is_shown_beside_the_first_whatever_its_kind(one: str, other: str) -> None:
    first = said(one, f"A ticket to the castle: {one}.", 1)

    assert found(said(other, f"The castle: {other} a ticket.", 2, 8), first=first) == [one, other]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("8 pounds", "8 pounds"),
        ("8 pounds", "£8"),
        ("eight pounds", "8 pounds a head"),
        ("90 pence", "90p"),
        ("3,000", "3000"),
        ("2 million", "2,000,000"),
        ("36,000", "35,927"),
        ("412 metres", "some 410 m"),
        ("Ana Duarte", "Duarte"),
        ("the Rope Loft", "in the Rope Loft"),
        ("90 minutes", "an hour and a half"),
        ("22 to 7", "10 p.m. to 7 a.m."),
        ("a week", "one week (7 days)"),
    ],
)
def test_the_same_value_in_other_words_is_no_conflict(one: str, other: str) -> None:
    first = said(one, f"A ticket to the castle: {one}.", 1)

    assert found(said(other, f"The castle: {other} a ticket.", 2, 8), first=first) == [one]


@pytest.mark.parametrize(
    "other",
    [
        said("9 pounds", "A single ticket to the castle costs 9 pounds.", 1, 8),
        said("9 pounds", "A single ticket to the castle costs 9 pounds.", 2, -3),
        said("90 pounds", "The season ticket to the castle costs 90 pounds.", 2, 8),
        said("30", "Whoever parks at night is fined 30.", 2, 8),
    ],
    ids=["the same document", "a weak one", "another kind", "another subject"],
)
def test_what_answers_another_question_is_no_conflict(other: Candidate) -> None:
    assert found(other) == ["8 pounds"]


def test_a_branch_that_is_named_elsewhere_in_the_passage_is_another_subject() -> None:
    asked = "which coin does a locker at the South Pool take?"

    def of_branch(branch: str, coin: str, document: int) -> Candidate:
        sentence = f"Each locker takes a coin of {coin}."
        text = f"The {branch} has lockers. {sentence}"
        passage = Passage(
            document,
            f"{document}.txt",
            0,
            len(text),
            text,
            ((0, len(text) - len(sentence) - 1), (len(text) - len(sentence), len(text))),
        )
        start = text.index(coin)
        span = Span(document, start, start + len(coin), coin, 9.0, 0)
        return Candidate(span, passage, "base", Features(9.0, 0.0, 0.0), asked)

    def shown(other: str) -> int:
        pair = [of_branch("South Pool", "2 euros", 1), of_branch(other, "1 euro", 2)]
        judged = judge(pair, FAKE_CALIBRATION)
        return len(versions(asked, judged, FAKE_CALIBRATION, min_confidence=0.5))

    assert shown("North Pool") == 1
    assert shown("South Pool") == 2


@pytest.mark.parametrize(
    ("asked", "sentence", "other"),
    [
        (
            "what is a year's membership?",
            "A year's membership of the club costs {26 euros}.",
            "Membership of the club costs {20 euros} a year.",
        ),
        (
            "how much do new members get?",
            "From today new members get {26 euros} of the club.",
            "Whoever is new can get {20 euros} of the club.",
        ),
    ],
    ids=["an owner", "a verb"],
)
def test_words_together_tell_a_kind_only_where_they_name_one(
    asked: str, sentence: str, other: str
) -> None:
    assert shown(asked, sentence, other) == 2


@pytest.mark.parametrize(
    ("sentence", "other", "is_shown"),
    [
        ("The summer fair is on {21 June}.", "The fair is on {28 June}, at the school.", True),
        ("The summer fair is on {21 June}.", "Be at the school fair on {28 June}.", False),
        (
            "The summer fair is on {21 June}, before the winter fair.",
            "The fair is on {28 June}, at the school.",
            False,
        ),
        ("The summer fair is on {21 June}.", "This summer, fair weather or not: {28 June}.", True),
    ],
    ids=["no other kind", "another kind", "another kind beside it", "the word itself"],
)
def test_what_is_not_told_apart_is_one_kind(sentence: str, other: str, *, is_shown: bool) -> None:
    assert (shown("when is the summer fair?", sentence, other) > 1) is is_shown


@pytest.mark.parametrize(
    ("asked", "sentence", "other"),
    [
        (
            "when is the evening class?",
            "The evening class begins at {19:00}.",
            "The class for pupils begins at {10:00}.",
        ),
        (
            "when does the junior team train?",
            "The junior team trains on {Monday}.",
            "The team of seniors trains on {Friday}.",
        ),
        (
            "where is the main office?",
            "The main office is in {Bergen}.",
            "The office of the firm in the north is in {Kiruna}.",
        ),
        (
            "who leads the youth choir?",
            "The youth choir is led by {Ada Bell}.",
            "The choir of the elders is led by {Tom Reed}.",
        ),
        (
            "what is the size of the small room?",
            "The small room is {8 m} wide.",
            "The room at the top is {20 m} wide.",
        ),
        (
            "when does the morning market open?",
            "The morning market opens at {6:00}.",
            "The market in the evening opens at {17:00}.",
        ),
        (
            "where is the back entrance?",
            "The back entrance is in {Mill Lane}.",
            "The entrance of the hall for cars is in {Dock Road}.",
        ),
    ],
)
def test_a_kind_may_be_told_behind_a_word(asked: str, sentence: str, other: str) -> None:
    assert shown(asked, sentence, other) == 1


def test_what_stands_in_two_lines_of_a_wrapped_text_is_a_kind() -> None:
    first = "A single\nticket to the castle costs {8 pounds}."

    assert shown(QUESTION, first, "A season\nticket to the castle costs {90 pounds}.") == 1
    assert shown(QUESTION, first, "A single\nticket to the castle costs {9 pounds}.") == 2
    # Neither the items of a list nor paragraphs are one phrase.
    assert shown(QUESTION, first, "To the castle:\n- season\n- ticket: {9 pounds}.") == 2
    assert shown(QUESTION, first, "The castle, last season\n\nTicket: {9 pounds}.") == 2


def test_a_short_word_is_known_where_it_means_several() -> None:
    row = "Item: Cinnamon knot | Weight: 110 g | Price: {2.40 €}"

    assert shown("how much is a cinnamon knot?", row, "Cinnamon knots are {2.70 euros}.") == 2


def test_a_word_with_the_letter_of_a_plural_is_known_where_it_means_several() -> None:
    row = "Item: Evening class | Price: {20 euros}"

    assert shown("how much is an evening class?", row, "Evening classes are {25 euros}.") == 2


def test_it_is_enough_that_one_version_is_sure() -> None:
    # The first one has a rival in its own document, so the second is surer, by itself.
    calibration = FAKE_CALIBRATION.model_copy(update={"gap_weight": 0.3})
    sentence = "A single ticket to the castle costs 8 pounds."
    first, rival = said("8 pounds", sentence, 1, 2.0), said("A single ticket", sentence, 1, 1.9)
    second = said("9 pounds", "A single ticket to the castle costs 9 pounds.", 2, 1.5)

    def shown(min_confidence: float) -> int:
        judged = judge([first, rival, second], calibration)
        return len(versions(QUESTION, judged, calibration, min_confidence=min_confidence))

    # They are sure by 0.65 and 0.71.
    assert shown(0.68) == 2
    assert shown(0.75) == 1


def test_another_value_needs_less_confidence_than_the_first() -> None:
    # A margin of 0 is a confidence of 0.5 here, from which an answer is shown.
    weak = said("9 pounds", "A single ticket to the castle costs 9 pounds.", 2, -0.4)
    weaker = said("7 pounds", "A single ticket to the castle costs 7 pounds.", 3, -0.5)

    assert found(weak) == ["8 pounds", "9 pounds"]
    assert found(weaker, first=weak) == ["9 pounds"]


def test_a_version_needs_some_confidence_even_where_all_is_answered() -> None:
    weak = said("9 pounds", "A single ticket to the castle costs 9 pounds.", 2, -0.3)
    weaker = said("7 pounds", "A single ticket to the castle costs 7 pounds.", 3, -1)

    assert len(versions_of(FIRST, weak, min_confidence=0.0)) == 2
    assert len(versions_of(FIRST, weaker, min_confidence=0.0)) == 1


def test_what_is_counted_is_said_of_both() -> None:
    asked = "how many benches does the castle have?"
    first = "At most {25} benches stand in the castle."

    assert shown(asked, first, "The castle has {60} rooms.") == 1
    assert shown(asked, first, "At the castle are {60} benches.") == 2


@pytest.mark.parametrize(
    ("asked", "one", "other"),
    [
        (
            "how much is a day ticket?",
            "A day ticket is {12 euros}.",
            "Day tickets cost {14 euros}.",
        ),
        (
            "how much is it to park?",
            "To park at the castle is {5 euros}.",
            "Who parks at the castle pays {6 euros}.",
        ),
        (
            "how many km is the walk?",
            "The walk is {8 km} long.",
            "The walk has a length of {10 kilometres}.",
        ),
        (
            "how many litres does the tank hold?",
            "The tank holds {40 litres}.",
            "The tank holds {50 l} of water.",
        ),
        (
            "how many minutes does the tour take?",
            "The tour takes {50 minutes}.",
            "The tour takes {an hour}.",
        ),
        (
            "how many days of leave do we get?",
            "We get {25 days} of leave.",
            "Leave is {five weeks} for everybody.",
        ),
    ],
)
def test_what_is_measured_may_be_said_in_other_words(asked: str, one: str, other: str) -> None:
    assert shown(asked, one, other) == 2


def test_a_year_that_is_asked_about_is_said_of_both() -> None:
    asked = "what did a ticket to the castle cost in 2023?"
    first = "In 2023 a ticket to the castle cost {8 pounds}."

    assert shown(asked, first, "In 2024 a ticket to the castle cost {9 pounds}.") == 1
    assert shown(asked, first, "A ticket to the castle (2023) is {9 pounds}.") == 2


@pytest.mark.parametrize(
    ("sentence", "is_shown"),
    [
        ("Day: Thursday | Boat: Teal | Gym hours: {9:00}", False),
        ("Crew: Seniors | Boat: Teal | Thursday: {9:00}", True),
        ("The seniors' boat, Teal, leaves at {9:00} on Thursday.", True),
        ("On Thursday the boat Teal leaves at {9:00}.", False),
    ],
)
def test_what_a_row_is_about_is_said_of_both(sentence: str, *, is_shown: bool) -> None:
    asked = "when do the seniors train on thursday"
    first = "Crew: Seniors | Boat: Teal | Thursday: {8:00}"

    assert (shown(asked, first, sentence) > 1) is is_shown


@pytest.mark.parametrize(
    ("asked", "row", "other"),
    [
        (
            "when do the seniors train on thursday",
            "Group: Seniors | Day: Thursday | Time: {8:00}",
            "Group: Seniors | Day: Thu | Time: {9:00}",
        ),
        (
            "when can an adult buy a ticket at the desk",
            "Ticket: Adult | From: {8:00} | Sold at: the desk",
            "Ticket: Adult | From: {9:00}",
        ),
    ],
)
def test_a_row_need_not_say_what_another_cell_says(asked: str, row: str, other: str) -> None:
    assert shown(asked, row, other) == 2


def test_a_number_and_a_word_are_no_conflict() -> None:
    first = said("3 mm", "A sheet to the castle: 3 mm.", 1)

    assert found(said("cardboard", "The castle: cardboard a sheet.", 2, 8), first=first) == ["3 mm"]
    assert found(first, first=said("cardboard", "The castle: cardboard a sheet.", 2)) == [
        "cardboard"
    ]


def test_what_runs_over_sentences_is_no_value() -> None:
    text = "The castle: 9 pounds a ticket. Ask there."
    passage = Passage(2, "2.txt", 0, len(text), text, ((0, 30), (31, len(text))))
    span = Span(2, 12, len(text), text[12:], 8.0, 0)

    assert found(Candidate(span, passage, "base", Features(8.0, 0, 0), QUESTION)) == ["8 pounds"]


def test_each_document_is_judged_as_if_it_were_the_only_one() -> None:
    other = said("9 pounds", "A single ticket to the castle costs 9 pounds.", 2, 8)

    assert [one.gap for one in versions_of(FIRST, other)] == [9, 8]


def test_three_versions_at_most_are_shown() -> None:
    others = [
        said(f"1{number}", f"A single ticket to the castle costs 1{number}.", number, 8)
        for number in range(2, 6)
    ]

    assert len(found(*others)) == 3
