import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.metrics import (
    Graded,
    Threshold,
    best_threshold,
    exact_match,
    f1,
    grade,
    normalise,
    set_f1,
    summarise,
)

WORDS = st.lists(st.sampled_from(["the", "Cat", "sat", "35,927", "U.S.", "é"]), max_size=6).map(
    " ".join
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat,\tsat.", "cat sat"),
        ("35,927", "35927"),
        ("U.S.", "us"),
        ("an apple a day", "apple day"),
        ("another theatre", "another theatre"),
        ("«Zürich»", "«zürich»"),
        ("The", ""),
        ("", ""),
    ],
)
def test_normalisation_is_squads(text: str, expected: str) -> None:
    """Case, ASCII punctuation, whole-word articles and spaces go; other characters stay."""
    assert normalise(text) == expected


def test_f1_counts_shared_words_as_often_as_they_occur() -> None:
    assert f1("New York New York", "New York") == pytest.approx(2 * 0.5 * 1 / 1.5)


def test_f1_without_shared_words_is_zero() -> None:
    assert f1("cats", "dogs") == 0.0


@pytest.mark.parametrize(
    ("prediction", "gold", "expected"),
    [("", "", 1.0), ("", "cat", 0.0), ("cat", "", 0.0), ("the", "", 1.0), ("the", "a", 1.0)],
)
def test_empty_answers_are_right_only_against_empty_ones(
    prediction: str, gold: str, expected: float
) -> None:
    """Version 2.0's rule, also for texts of which normalisation leaves nothing."""
    assert f1(prediction, gold) == expected
    assert exact_match(prediction, gold) == expected


@given(WORDS, WORDS)
def test_f1_is_symmetric_and_at_least_em(one: str, other: str) -> None:
    assert f1(one, other) == pytest.approx(f1(other, one))
    assert exact_match(one, other) <= f1(one, other) <= 1.0


def test_the_accepted_answer_that_suits_best_counts() -> None:
    assert grade("about 30 boats", ["30", "about 30 boats"]) == Graded(1.0, 1.0, has_answer=True)


def test_each_measure_takes_its_own_best_answer() -> None:
    graded = grade("red", ["blue", "red car"])

    assert graded.em == 0.0
    assert graded.f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize("golds", [[], [""], ["the", "..."]])
def test_where_no_accepted_answer_has_words_saying_nothing_is_right(golds: list[str]) -> None:
    """It is one of the questions with an answer, as in `evaluate-v2.0.py`."""
    there = {"has_answer": bool(golds), "wordless": bool(golds)}

    assert grade("", golds) == Graded(1.0, 1.0, **there)
    assert grade("cat", golds) == Graded(0.0, 0.0, **there)


def test_an_empty_accepted_answer_beside_a_real_one_is_left_out() -> None:
    """Saying nothing is wrong where an annotator found an answer."""
    assert grade("", ["", "cat"]) == Graded(0.0, 0.0, has_answer=True)


def test_scores_are_split_by_whether_there_is_an_answer() -> None:
    answered = [("cat", ["cat"]), ("black dog", ["dog"]), ("", []), ("bird", [])]
    scores = summarise(grade(text, accepted) for text, accepted in answered)

    assert (scores.overall.em, scores.overall.total) == (50.0, 4)
    assert (scores.has_answer.em, scores.has_answer.total) == (50.0, 2)
    assert scores.has_answer.f1 == pytest.approx(100 * (1 + 2 / 3) / 2)
    assert (scores.no_answer.em, scores.no_answer.f1, scores.no_answer.total) == (50.0, 50.0, 2)


def test_no_questions_score_zero() -> None:
    scores = summarise([])

    assert (scores.overall.em, scores.overall.f1, scores.overall.total) == (0.0, 0.0, 0)


RIGHT = Graded(1.0, 1.0, has_answer=True)
WRONG = Graded(0.0, 0.0, has_answer=True)
ANSWERED_IN_VAIN = Graded(0.0, 0.0, has_answer=False)
NOTHING_FOUND = Graded(1.0, 1.0, has_answer=False)


def test_the_best_threshold_lies_between_right_answers_and_vain_ones() -> None:
    threshold = best_threshold([(3.0, RIGHT), (2.0, WRONG), (1.0, RIGHT), (-1.0, ANSWERED_IN_VAIN)])

    assert threshold.value == 1.0
    assert threshold.f1 == 75.0


def test_refusing_everything_may_be_best() -> None:
    threshold = best_threshold([(3.0, WRONG), (2.0, ANSWERED_IN_VAIN)])

    assert math.isinf(threshold.value)
    assert threshold.f1 == 50.0


def test_an_empty_prediction_costs_nothing_where_there_is_no_answer() -> None:
    """As in `evaluate-v2.0.py`, which would give 50 if it cost a point."""
    threshold = best_threshold([(0.5, NOTHING_FOUND), (0.0, RIGHT)])

    assert threshold == Threshold(value=0.0, f1=100.0)


@given(
    st.lists(
        st.tuples(
            st.integers(-3, 3).map(float),
            st.sampled_from(
                [
                    *(RIGHT, WRONG, ANSWERED_IN_VAIN, NOTHING_FOUND),
                    Graded(0.0, 0.5, has_answer=True),
                ]
            ),
        ),
        min_size=1,
    )
)
def test_no_threshold_beats_the_best(answered: list[tuple[float, Graded]]) -> None:
    """Compared with trying every confidence, and infinity, one by one."""

    def overall(threshold: float) -> float:
        credit = [
            graded.f1 if confidence >= threshold else float(not graded.has_answer)
            for confidence, graded in answered
        ]
        return 100 * sum(credit) / len(answered)

    found = best_threshold(answered)
    tried = [overall(value) for value in [math.inf, *(confidence for confidence, _ in answered)]]

    assert found.f1 == pytest.approx(max(tried))
    assert overall(found.value) == pytest.approx(found.f1)


@pytest.mark.parametrize(
    ("predictions", "golds", "score"),
    [
        ((), (), 1.0),
        (("a rye",), (), 0.0),
        ((), ("rye",), 0.0),
        (("rye", "oat"), ("oat", "rye"), 1.0),
        (("rye",), ("rye", "oat", "spelt"), 0.5),
        (("rye", "rye"), ("rye",), 2 / 3),
        (("rye bread",), ("rye",), 2 / 3),
    ],
)
def test_the_f1_of_a_set_pairs_each_answer_once(
    predictions: tuple[str, ...], golds: tuple[str, ...], score: float
) -> None:
    assert set_f1(predictions, golds) == pytest.approx(score)
