"""What was said before tells how a passage is asked a follow-up, and what its spans are worth."""

from dataclasses import replace

import pytest

from answering.calibration import Features
from answering.candidates import Candidate
from answering.followups.detection import MAX_EARLIER_CHARS, NEAR_GAIN, FollowUp
from answering.followups.scoring import (
    BEFORE_SHARE,
    NEAR_MARGIN,
    OTHER_KIND_LOSS,
    OTHER_WEIGHT,
    SAID_LOSS,
    SAME_SENTENCE_GAIN,
    Antecedent,
    antecedents,
    in_conversation,
    other_wordings,
)
from index.passages import Passage
from reader.model import PassageText, Wording
from reader.spans import Span


def follow_up(question: str, answer: str | None = None, filled_in: str | None = None) -> FollowUp:
    return FollowUp(question, filled_in, f"before {question}", "before", (), 0.0, answer)


def antecedent(topic: str, behind: float = 0.0) -> Antecedent:
    """Said at the end of the first sentence of `said`."""
    return Antecedent(topic, behind, 10, 14)


def wordings(question: str, topic: str) -> list[str]:
    return [one.text for one in other_wordings(follow_up(question), antecedent(topic))]


def test_a_passage_is_asked_after_its_topic_and_as_typed() -> None:
    assert wordings("and in May?", "812") == ["812 and in May?", "and in May?"]
    assert other_wordings(follow_up("why?"), None) == (Wording("why?", OTHER_WEIGHT),)


def test_a_topic_takes_the_place_of_a_pronoun() -> None:
    assert wordings("how old is she?", "Ada Lum") == ["how old is Ada Lum", "how old is she?"]


def test_a_fragment_is_asked_filled_in_instead_of_as_typed() -> None:
    asked = follow_up("and in May?", filled_in="who led in May")

    texts = [one.text for one in other_wordings(asked, antecedent("Ada"))]
    assert texts == ["Ada and in May?", "who led in May"]


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
        3: Antecedent("Ada", 0.0, 0, 3),
        4: Antecedent("Bo", -4.0, 0, 2),
    }


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("Ada Lum", "Since 1901, ADA LUM, 46, rows.", Antecedent("Ada Lum", 0.0, 12, 19)),
        ("Ada Lum", "Since 1901, Ada-Lum rows.", Antecedent("Ada Lum", 0.0, 0, 5)),
        ("Ada Lum", "Since 1901, Ada Lummer rows.", Antecedent("Since", -4.0, 0, 5)),
        ("1901", "Since 1901, Ada rows.", Antecedent("Since", -4.0, 0, 5)),
    ],
    ids=["named", "in other marks", "another name", "number"],
)
def test_or_else_it_is_the_last_answer_where_the_passage_names_that(
    answer: str, text: str, expected: Antecedent
) -> None:
    passages = [PassageText(0, "It was led by her."), PassageText(1, text)]
    spans = [Span(0, 14, 17, "her", 9, 0), Span(1, 0, 5, "Since", 5, 0)]

    assert antecedents(follow_up("how old is she?", answer), passages, spans)[1] == expected


def said(text: str, start: int = 20) -> Candidate:
    """In a passage of two sentences, in the second unless it starts before."""
    passage = Passage(0, "a.txt", 0, 50, "", ((0, 15), (16, 50)))
    return Candidate(Span(0, start, start + 1, text, 9, 0), passage, "base", Features(9, 0, 1), "")


def margin(text: str, asked: FollowUp, about: Antecedent | None, start: int = 20) -> float:
    return in_conversation(said(text, start), asked, about, is_near=False).features.margin


def test_what_was_just_said_counts_less() -> None:
    asked = follow_up("and why?", "35,927")

    assert margin("35 927", asked, antecedent("Ada")) == 9 - SAID_LOSS
    assert margin("35,928", asked, antecedent("Ada")) == 9


def test_what_a_passage_says_to_the_question_before_counts_as_said_if_nothing_was() -> None:
    unanswered, answered = follow_up("and why?"), follow_up("and why?", "Ada")

    assert margin("35 927", unanswered, antecedent("35,927")) == 9 - SAID_LOSS
    assert margin("35 927", answered, antecedent("35,927")) == 9
    assert margin("35 927", unanswered, None) == 9
    reworded = replace(unanswered, before="who leads the inquiry", question="so who leads it")
    assert margin("35 927", reworded, antecedent("35,927")) == 9


def test_what_is_found_in_a_passage_that_is_behind_loses_a_share_of_that() -> None:
    asked = follow_up("and why?")

    assert margin("812", asked, antecedent("Ada", -10.0)) == pytest.approx(9 - 10 * BEFORE_SHARE)
    assert in_conversation(said("812"), asked, None, is_near=False) == said("812")


def test_what_is_near_what_was_shown_gains() -> None:
    asked = replace(follow_up("and why?"), near_gain=NEAR_GAIN)

    near = in_conversation(said("812"), asked, None, is_near=True)
    assert near.features.margin == pytest.approx(9 + NEAR_MARGIN * NEAR_GAIN)


def test_what_stands_in_the_sentence_that_answers_the_question_before_gains() -> None:
    asked = follow_up("and when was that?", "Ada")

    assert margin("812", asked, antecedent("Ada"), start=2) == 9 + SAME_SENTENCE_GAIN
    assert margin("812", asked, antecedent("Ada"), start=16) == 9
    # What was said does not stand beside itself.
    assert margin("Ada", asked, antecedent("Ada"), start=10) == 9 - SAID_LOSS


def test_a_fragment_asks_for_a_number_after_a_number_and_for_none_after_none() -> None:
    fragment, sentence = follow_up("and for arson?", "9"), follow_up("who counts arson?", "9")

    assert margin("theft", fragment, antecedent("812")) == 9 - OTHER_KIND_LOSS
    more = follow_up("what about arson in May?", "9")
    assert margin("theft", more, antecedent("812")) == 9 - OTHER_KIND_LOSS
    assert margin("two dozen", fragment, antecedent("812")) == 9
    assert margin("812", fragment, antecedent("theft")) == 9 - OTHER_KIND_LOSS
    assert margin("theft", sentence, antecedent("812")) == 9
