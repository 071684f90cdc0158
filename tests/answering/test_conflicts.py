"""Documents disagree where everything speaks for it, and nowhere else."""

import pytest

from answering.calibration import Features
from answering.candidates import Candidate, Judged, judge
from answering.conflicts import versions
from index.passages import Passage
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION

QUESTION = "how many people were deported for drunk driving?"


def said(text: str, sentence: str, number: int, margin: float = 9.0, before: str = "") -> Candidate:
    whole = f"{before}{sentence}"
    bounds = ((0, len(before)), (len(before), len(whole)))
    passage = Passage(number, f"{number}.txt", 0, len(whole), whole, bounds[not before :])
    start = whole.index(text)
    span = Span(number, start, start + len(text), text, margin, 0)
    return Candidate(span, passage, "base", Features(margin, 0.0, 0.0), QUESTION)


FIRST = said("35,927", "Of those deported, 35,927 people left for drunk driving.", 1)


def found(*others: Candidate, min_confidence: float = 0.5) -> list[str]:
    judged: list[Judged] = judge((FIRST, *others), FAKE_CALIBRATION)
    chosen = versions(QUESTION, judged, FAKE_CALIBRATION, min_confidence=min_confidence)
    return [one.candidate.span.text for one in chosen]


def test_another_number_for_the_same_thing_is_shown_beside_the_first() -> None:
    other = said("36,100", "For drunk driving 36,100 people were deported.", 2, 8)

    assert found(other) == ["35,927", "36,100"]


def test_what_a_pronoun_stands_for_is_said_too() -> None:
    before = "Some people were deported for drunk driving. "
    other = said("36,100", "They were 36,100.", 2, 8, before)
    without = said("36,100", "Some say that there were 36,100.", 2, 8, before)

    assert found(other) == ["35,927", "36,100"]
    assert found(without) == ["35,927"]


def test_what_the_best_one_says_before_its_sentence_is_asked_of_no_other() -> None:
    question = QUESTION.replace("?", " in Ohio?")
    judged = judge(
        (
            said("35,927", f"It has {FIRST.sentence}", 1, 9, "This is what Ohio counted. "),
            said("36,100", "For drunk driving 36,100 people were deported.", 2, 8),
        ),
        FAKE_CALIBRATION,
    )

    chosen = versions(question, judged, FAKE_CALIBRATION, min_confidence=0.5)

    assert [one.candidate.span.text for one in chosen] == ["35,927", "36,100"]


def test_they_are_no_rivals_of_each_other() -> None:
    other = said("36,100", "For drunk driving 36,100 people were deported.", 2, 8)
    judged = judge((FIRST, other), FAKE_CALIBRATION)

    chosen = versions(QUESTION, judged, FAKE_CALIBRATION, min_confidence=0.5)

    assert [one.gap for one in chosen] == [9, 8]


@pytest.mark.parametrize(
    "other",
    [
        said("35,927", "For drunk driving 35,927 people were deported.", 2, 8),
        said("36,000", "For drunk driving some 36,000 people were deported.", 2, 8),
        said("1,119", "For homicide 1,119 people were deported.", 2, 8),
        said("36,100", "For drunk driving 36,100 people were deported.", 1, 8),
        said("36 percent", "Of the people deported for drunk driving, 36 percent came back.", 2, 8),
        said("Ada Lum", "Ada Lum had people deported for drunk driving.", 2, 8),
    ],
    ids=["same", "rounded", "another thing", "same document", "unit", "no number"],
)
def test_what_answers_another_question_or_says_the_same_is_no_disagreement(
    other: Candidate,
) -> None:
    if other.span.text == "36 percent":
        first = said("35,927 deaths", "Drunk driving: 35,927 deaths of people deported.", 1)
        judged = judge((first, other), FAKE_CALIBRATION)
        assert len(versions(QUESTION, judged, FAKE_CALIBRATION, min_confidence=0.5)) == 1
        return
    assert found(other) == ["35,927"]


def test_what_would_not_be_shown_alone_does_not_count() -> None:
    other = said("36,100", "For drunk driving 36,100 people were deported.", 2, 6.5)

    assert found(other, min_confidence=0.9) == ["35,927"]
