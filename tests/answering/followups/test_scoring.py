"""What was said before tells how a passage is asked a follow-up, and what its spans are worth."""

from dataclasses import replace

import pytest

from answering.followups.detection import MAX_EARLIER_CHARS, Cited, FollowUp
from answering.followups.scoring import (
    Antecedent,
    antecedents,
    in_conversation,
    is_denied,
    other_wordings,
)
from index.passages import Passage
from reader.model import PassageText
from reader.spans import Span
from tests.answering.test_candidates import FIRST, candidate
from tests.conftest import FAKE_TUNING


def follow_up(question: str, answer: str | None = None, filled_in: str | None = None) -> FollowUp:
    return FollowUp(question, filled_in, f"before {question}", "before", (), answer)


def wordings(question: str, topic: str) -> list[str]:
    return [one.text for one in other_wordings(follow_up(question), Antecedent(topic, 10, 14))]


def test_a_passage_is_asked_after_its_topic_and_as_typed() -> None:
    assert wordings("and in May?", "812") == ["812 and in May?", "and in May?"]
    assert [one.text for one in other_wordings(follow_up("why?"), None)] == ["why?"]


def test_a_topic_takes_the_place_of_a_pronoun() -> None:
    assert wordings("how old is she?", "Ada Lum") == ["how old is Ada Lum", "how old is she?"]


def test_a_fragment_is_asked_filled_in_instead_of_with_a_topic_and_as_typed() -> None:
    asked = follow_up("and in May?", filled_in="who led in May")

    texts = [one.text for one in other_wordings(asked, Antecedent("Ada", 10, 14))]
    assert texts == ["who led in May"]


@pytest.mark.parametrize(
    ("before", "question", "is_one"),
    [
        ("what can it cut?", "and what must it never cut?", True),
        ("what can it cut?", "and what else can it cut?", False),
        ("what can't it cut?", "and what must it never cut?", False),
    ],
)
def test_what_was_shown_for_what_is_so_is_no_answer_to_what_is_not(
    before: str, question: str, is_one: bool
) -> None:
    shown = candidate(FIRST, 4, 8, "felt", 1.0)
    cited = (Cited("base", FIRST.document_id, 0, 6),)
    asked = replace(follow_up(question), before=before, cited=cited)

    assert is_denied(shown, asked) is is_one
    assert not is_denied(candidate(FIRST, 8, 9, "x", 1.0), asked)


def test_a_person_is_no_number() -> None:
    asked = "what did she study"

    assert wordings(asked, "46") == [asked]
    assert wordings(asked, "Helen Vassallo") == ["what did Helen Vassallo study", asked]


def test_of_a_long_topic_the_end_is_kept() -> None:
    about, _ = wordings("and when?", "x" * 4_000)

    assert len(about) <= MAX_EARLIER_CHARS + len(" and when?")


def test_a_passage_s_topic_is_what_it_says_to_the_question_before() -> None:
    passages = [PassageText(3, "Ada led it."), PassageText(4, "Bo led it."), PassageText(5, "")]
    spans = [Span(3, 0, 3, "Ada", 9, 0), Span(4, 0, 2, "Bo", 5, 0)]

    assert antecedents(follow_up("and since when?"), passages, spans) == {
        3: Antecedent("Ada", 0, 3),
        4: Antecedent("Bo", 0, 2),
    }


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Ada Lum", "Since 1901, ADA LUM, 46, rows.", Antecedent("Ada Lum", 12, 19)),
        ("Ada Lum", "Since 1901, Ada-Lum rows.", Antecedent("Ada Lum", 0, 5)),
        ("Ada Lum", "Since 1901, Ada Lummer rows.", Antecedent("Since", 0, 5)),
        ("1901", "Since 1901, Ada rows.", Antecedent("Since", 0, 5)),
    ],
    ids=["named", "in other marks", "another name", "number"],
)
def test_or_else_it_is_the_last_answer_where_the_passage_names_that(
    answer: str, text: str, expected: Antecedent
) -> None:
    passages = [PassageText(0, "It was led by her."), PassageText(1, text)]
    spans = [Span(0, 14, 17, "her", 9, 0), Span(1, 0, 5, "Since", 5, 0)]

    assert antecedents(follow_up("how old is she?", answer), passages, spans)[1] == expected


TWO_SENTENCES = Passage(0, "a.txt", 0, 50, "", ((0, 15), (16, 50)))
ADA = Antecedent("Ada", 10, 14)


def gain(start: int, antecedent: Antecedent | None = ADA, *, is_near: bool = False) -> float:
    span = candidate(TWO_SENTENCES, start, start + 1, "x", 9.0)
    return in_conversation(span, antecedent, FAKE_TUNING, is_near=is_near).features.margin - 9.0


def test_what_is_near_what_was_shown_gains() -> None:
    assert gain(20, is_near=True) == FAKE_TUNING.near_margin
    assert gain(20, None) == 0.0


def test_what_stands_in_the_sentence_that_answers_the_question_before_gains() -> None:
    assert gain(2) == FAKE_TUNING.same_sentence_gain
    assert gain(16) == 0.0
    # What was said does not stand beside itself.
    assert gain(10) == 0.0
