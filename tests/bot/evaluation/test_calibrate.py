"""Weights and thresholds from outcomes."""

import hashlib
import math
import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.calibration import Calibration, Features, logistic
from answering.candidates import Candidate
from bot.evaluation.calibrate import MAX_CALIBRATION_ERROR, Calibrated, calibrate, thresholds
from bot.evaluation.errors import CalibrationError
from bot.evaluation.metrics import Graded, grade
from bot.evaluation.run import GradedCandidate, QuestionOutcome
from index.passages import Passage
from reader.spans import Span

RIGHT = Graded(1.0, 1.0, has_answer=True)
WRONG = Graded(0.0, 0.0, has_answer=True)


FEW, MANY = 20, 5_000


@cache
def simulated(count: int, *, passages: int = MANY) -> list[QuestionOutcome]:
    """
    Outcomes whose candidates are right by a logistic of margin, cosine and words.

    Among many passages they are so less often.
    """
    chance = random.Random(passages)  # noqa: S311 - a simulation
    made = []
    for number in range(count):
        candidates = []
        for place in range(3):
            features = Features(chance.gauss(0, 3), chance.uniform(0.2, 0.8), chance.random())
            logit = (
                0.5 * features.margin
                + 5 * features.cosine
                + features.lexical
                - 0.4 * math.log(passages)
            )
            graded = RIGHT if chance.random() < logistic(logit) else WRONG
            passage = Passage(place, f"{place}.txt", 0, 9, "", ())
            span = Span(place, 0, 5, f"text {place}", features.margin, 0.0)
            candidates.append(
                GradedCandidate(Candidate(span, passage, "base", features, "a"), graded)
            )
        made.append(
            QuestionOutcome(
                question_id=str(number),
                passage_key=hashlib.sha256(str(number // 4).encode()).hexdigest(),
                word="who",
                prediction="text 0",
                confidence=0.0,
                graded=candidates[0].graded,
                margin=candidates[0].candidate.features.margin,
                passages=passages,
                candidates=tuple(candidates),
            )
        )
    return made


def calibrated(
    outcomes: list[QuestionOutcome], among_few: list[QuestionOutcome] | None = None
) -> Calibrated:
    few = simulated(len(outcomes), passages=FEW) if among_few is None else among_few
    return calibrate(
        outcomes, outcomes, few, reader_sha256="r", encoder_sha256="e", fitted_on="a simulation"
    )


@pytest.fixture(scope="module")
def result() -> Calibrated:
    return calibrated(simulated(1_000))


def test_the_weights_that_made_the_outcomes_are_found(result: Calibrated) -> None:
    fitted = result.calibration

    assert fitted.cosine_weight == pytest.approx(10, rel=0.25)
    assert fitted.lexical_weight == pytest.approx(2, rel=0.4)
    assert fitted.passages_weight < -0.1
    assert fitted.given_passage.margin_weight == pytest.approx(0.5, rel=0.25)
    assert (fitted.reader_sha256, fitted.encoder_sha256) == ("r", "e")


def test_cross_fitted_confidence_is_calibrated(result: Calibrated) -> None:
    assert result.calibration.expected_calibration_error < 0.05
    assert result.error_among_few < 0.05
    for outcomes in (result.given, result.open, result.among_few):
        assert [one.question_id for one in outcomes] == [str(number) for number in range(1_000)]


def test_questions_about_one_passage_calibrate_too() -> None:
    many, few = (
        [replace(one, passage_key="a" * 64) for one in simulated(200, passages=passages)]
        for passages in (MANY, FEW)
    )

    fitted = calibrated(many, few)

    assert 0 < fitted.calibration.expected_calibration_error < 0.2
    assert "folds" in fitted.doubts


@pytest.mark.parametrize("count", [60, 120])
@pytest.mark.parametrize("passages", [1, 7, 20])
def test_where_the_number_of_passages_never_varies_it_counts_for_nothing(
    count: int, passages: int
) -> None:
    same = simulated(count, passages=passages)

    fitted = calibrated(same, same).calibration

    assert fitted.passages_weight == 0
    assert fitted.among(1_000) == fitted.among(passages)


def test_more_passages_never_make_a_span_surer() -> None:
    """Whatever chance says, and here it says so loudly."""
    swapped = {MANY: FEW, FEW: MANY}
    many, few = (
        [replace(one, passages=swapped[passages]) for one in simulated(200, passages=passages)]
        for passages in (MANY, FEW)
    )

    fitted = calibrated(many, few).calibration

    assert fitted.passages_weight == 0
    assert (fitted.fewest_passages, fitted.most_passages) == (FEW, MANY)


def test_a_calibration_that_is_far_off_is_doubted(result: Calibrated) -> None:
    fitted = calibrated(simulated(60))

    assert fitted.calibration.expected_calibration_error > MAX_CALIBRATION_ERROR
    assert fitted.doubts == ("error",)
    assert result.doubts == ()


def test_a_calibration_survives_its_file(result: Calibrated) -> None:
    fitted = result.calibration

    assert Calibration.model_validate_json(fitted.model_dump_json(indent=2)) == fitted


def test_the_threshold_lets_the_accepted_share_of_wrong_answers_through(
    result: Calibrated,
) -> None:
    wrong = [one for one in (*result.open, *result.among_few) if one.graded.f1 < 0.5]

    for risk in (0.05, 0.2, 0.5):
        thresholds = {
            passages: result.calibration.among(passages).threshold(risk) for passages in (FEW, MANY)
        }
        shown = sum(one.confidence >= thresholds[one.passages] for one in wrong) / len(wrong)
        assert shown == pytest.approx(risk, abs=0.005)
        assert shown <= risk


@given(st.lists(st.tuples(st.floats(0, 0.9998), st.booleans()), max_size=30))
def test_thresholds_never_let_more_through(drawn: list[tuple[float, bool]]) -> None:
    outcomes = [
        replace(outcome, confidence=confidence, graded=RIGHT if right else WRONG)
        for outcome in simulated(1)
        for confidence, right in drawn
    ]
    found = thresholds(outcomes)
    wrong = [one.confidence for one in outcomes if one.graded == WRONG]

    assert list(found) == sorted(found, reverse=True)
    for step, threshold in enumerate(found):
        assert 100 * sum(confidence >= threshold for confidence in wrong) <= step * len(wrong)


def with_sentences(outcomes: list[QuestionOutcome], sign: int) -> list[QuestionOutcome]:
    """As if sentences were read alone, with a margin that speaks for what is right, or against."""
    chance = random.Random(5)  # noqa: S311 - a simulation
    return [
        replace(
            outcome,
            candidates=tuple(
                replace(
                    one,
                    candidate=replace(
                        one.candidate,
                        sentence_margin=sign * (2 if one.graded == RIGHT else -2)
                        + chance.gauss(0, 2),
                    ),
                )
                for one in outcome.candidates
            ),
        )
        for outcome in outcomes
    ]


def test_what_a_sentence_says_alone_counts_where_it_tells_right_from_wrong() -> None:
    def weight(sign: int) -> float:
        many, few = (
            with_sentences(simulated(200, passages=passages), sign) for passages in (MANY, FEW)
        )
        return calibrated(many, few).calibration.sentence_weight

    assert weight(1) > 0.2
    assert weight(-1) == 0


def test_where_no_sentence_was_read_alone_nothing_hangs_on_it(result: Calibrated) -> None:
    assert result.calibration.sentence_weight == 0


def test_questions_that_are_all_wrong_are_no_ground() -> None:
    with pytest.raises(CalibrationError, match="gets 0 right"):
        calibrated([replace(one, graded=grade("cow", ["bee"])) for one in simulated(100)])


def test_margins_that_mislead_are_refused() -> None:
    def misled(one: GradedCandidate) -> GradedCandidate:
        features = one.candidate.features
        turned = replace(one.candidate, features=replace(features, margin=-features.margin))
        return replace(one, candidate=turned)

    many, few = (
        [replace(one, candidates=tuple(map(misled, one.candidates))) for one in some]
        for some in (simulated(300), simulated(300, passages=FEW))
    )

    with pytest.raises(CalibrationError, match=r"less often it is right .* from all passages"):
        calibrated(many, few)


def test_margins_that_mislead_given_the_passage_are_refused_too() -> None:
    outcomes = [replace(one, margin=-one.margin) for one in simulated(300)]

    with pytest.raises(CalibrationError, match=r"less often it is right .* given the passage"):
        calibrated(outcomes)
