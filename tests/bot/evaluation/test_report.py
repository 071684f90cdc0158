"""From outcomes to figures."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation.metrics import grade
from bot.evaluation.report import (
    calibration_error,
    make_report,
    reliability,
    settle,
    wrong_by_coverage,
)
from bot.evaluation.run import QuestionOutcome


def outcome(
    prediction: str,
    answer: str | None,
    confidence: float,
    *,
    rank: int | None = None,
    word: str = "who",
    is_among_candidates: bool = False,
) -> QuestionOutcome:
    return QuestionOutcome(
        question_id="q",
        passage_key="0" * 64,
        word=word,
        prediction=prediction,
        confidence=confidence,
        graded=grade(prediction, [] if answer is None else [answer]),
        margin=0.0,
        rank=rank,
        is_among_candidates=is_among_candidates,
    )


SOME = [
    outcome("cat", "cat", 0.9, rank=1),
    outcome("dog", "black dog", 0.7, rank=4, word="what"),
    outcome("cow", "bee", 0.6, rank=None),
    outcome("ant", None, 0.5),
    outcome("elk", None, 0.1),
    outcome("", "fox", 0.0, rank=10),
]


def test_at_the_threshold_answers_below_it_are_refusals() -> None:
    report = make_report("open", SOME, threshold=0.4)

    assert report.scores.overall.em == pytest.approx(100 * 2 / 6)
    assert report.scores.has_answer.f1 == pytest.approx(100 * (1 + 2 / 3) / 4)
    assert report.scores.no_answer.f1 == report.refused == 50
    assert report.shown == pytest.approx(100 * 4 / 6)
    assert report.shown_wrong == 50
    assert report.risk == 50
    assert (report.by_word["what"].total, report.by_word["who"].total) == (1, 5)


def test_with_the_threshold_set_aside_every_span_is_an_answer() -> None:
    report = make_report("reader", SOME, threshold=0.0)

    assert report.refused == 0
    assert report.scores.no_answer.f1 == 0
    assert report.always == report.scores


def test_what_is_unsure_is_counted_apart_and_never_as_an_answer() -> None:
    some = [
        outcome("cat", "cat", 0.9, is_among_candidates=True),
        outcome("cow", "bee", 0.3, is_among_candidates=True),
        outcome("dog", "dog", 0.2),
        outcome("ant", None, 0.2),
        outcome("elk", None, 0.01),
        outcome("owl", "fox", 0.01),
    ]

    report = make_report("open", some, threshold=0.4)

    unsure = report.unsure
    assert unsure is not None
    assert (unsure.shown, unsure.unanswerable) == (50, 50)
    assert unsure.right == unsure.regained == pytest.approx(100 / 3)
    assert report.refused == 100
    assert report.shown == pytest.approx(100 / 6)
    assert make_report("open", some, threshold=0.0).as_json()["unsure"]["shown"] == 0
    assert make_report("reader", some, threshold=0.4).as_json()["unsure"] is None


def test_hits_count_the_answerable_questions() -> None:
    retrieval = make_report("open", SOME, threshold=0.4).as_json()["retrieval"]

    assert retrieval == {"hit@1": 25, "hit@5": 50, "hit@10": 75, "mrr@10": 0.3375}
    assert make_report("reader", SOME, threshold=0.4).retrieval is None


def test_the_share_wrong_grows_with_coverage_where_confidence_is_worth_something() -> None:
    points = wrong_by_coverage(SOME)

    assert points[0] == (1 / 6, 0.0)
    assert points[-1] == (1.0, 4 / 6)


def test_outcomes_of_equal_confidence_are_answered_together() -> None:
    tied = [outcome("cat", "cat", 0.5), outcome("cow", "bee", 0.5)]

    assert wrong_by_coverage(tied) == [(1.0, 0.5)]


def test_the_calibration_error_weighs_bins_by_their_questions() -> None:
    some = [outcome("cat", "cat", 0.85)] * 3 + [outcome("cow", "bee", 0.25)]

    assert [one.total for one in reliability(some)] == [1, 3]
    assert calibration_error(some) == pytest.approx(0.75 * 0.15 + 0.25 * 0.25)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_every_outcome_is_in_one_bin(drawn: list[tuple[float, bool]]) -> None:
    some = [outcome("cat", "cat" if right else "bee", confidence) for confidence, right in drawn]

    assert sum(one.total for one in reliability(some)) == len(some)
    assert 0 <= calibration_error(some) <= 1


def test_of_nothing_there_is_no_figure() -> None:
    """Neither 0, which reads as bad, nor 100."""
    answerable = make_report("open", [outcome("cat", "cat", 0.2)], threshold=0.4).as_json()
    unanswerable = make_report("open", [outcome("cat", None, 0.9)], threshold=0.4).as_json()

    assert (answerable["refused"], answerable["shown_wrong"], answerable["risk"]) == (None,) * 3
    assert answerable["no_answer"] == {"em": None, "f1": None, "total": 0}
    assert unanswerable["has_answer"] == {"em": None, "f1": None, "total": 0}
    assert unanswerable["retrieval"] is None
    assert (unanswerable["refused"], unanswerable["risk"]) == (0, 100)


def test_saying_nothing_is_right_where_the_accepted_answer_has_no_words() -> None:
    """So that the figures are those of the official script on the predictions."""
    refused = settle(outcome("cat", "the", 0.1), threshold=0.4)

    assert (refused.f1, refused.has_answer) == (1.0, True)
    assert settle(outcome("cat", "the", 0.9), threshold=0.4).f1 == 0.0


def test_json_has_no_infinity() -> None:
    """Where refusing everything is best, there is no threshold to name."""
    report = make_report("open", [outcome("cow", None, 0.5), outcome("cow", "bee", 0.2)], 0.4)

    assert report.best_threshold is None
    assert not math.isinf(report.best_f1)
    assert json.dumps(report.as_json(), allow_nan=False)


def test_the_keys_that_programs_rely_on_stay() -> None:
    report = make_report("open", SOME, threshold=0.4)

    assert list(report.as_json()) == [
        *("mode", "threshold", "all", "has_answer", "no_answer", "always_answer"),
        *("best_threshold", "best_f1", "shown", "shown_wrong", "risk", "refused"),
        *("unsure", "expected_calibration_error", "retrieval", "by_word"),
    ]
