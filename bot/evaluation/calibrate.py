"""
Outcomes -> a calibration, cross-fitted by passage.

Each question is judged by weights that were fitted without the questions of its passage, so that
the thresholds and the calibration error hold for questions that nothing was fitted on.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

from answering.calibration import (
    FORMAT_VERSION,
    RISK_STEPS,
    Calibration,
    PassageCalibration,
    uncalibrated,
)
from answering.candidates import Judged, judge, sentence_margin
from bot.evaluation.errors import CalibrationError
from bot.evaluation.metrics import best_threshold
from bot.evaluation.report import calibration_error, is_right
from bot.evaluation.run import QuestionOutcome, judged_by

FOLDS = 5
# Fewer say too little about seven numbers.
MIN_QUESTIONS = 50
# Each is asked twice and keeps all its spans, some 30 kB; a dozen numbers gain nothing from more.
MAX_QUESTIONS = 10_000
# Ridge on standardised weights: next to nothing for hundreds of questions, a hold for few.
_RIDGE = 1.0
# A confidence that is further off, on average, is told with a warning.
MAX_CALIBRATION_ERROR = 0.05
# What two made-up outcomes count for, beside ones that count 1.
_NEXT_TO_NOTHING = 1e-3
# When the fit ends: more exactly than its numbers are kept.
_TOLERANCE = 1e-8
_LEAST_VARIATION = 1e-6
# So many of each fitted number stand in the file.
_DECIMALS = 4

_Floats = npt.NDArray[np.float64]
_Fitted = TypeVar("_Fitted")

Doubt = Literal["error", "folds"]
"""Why a calibration may mean little: the cross-fitted calibration error is above
`MAX_CALIBRATION_ERROR`, from all passages or from few, or there were too few passages to judge each
by the others."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What a calibration gives, and its outcomes with cross-fitted confidences."""

    calibration: Calibration
    given: list[QuestionOutcome]
    open: list[QuestionOutcome]
    among_few: list[QuestionOutcome]

    @property
    def error_among_few(self) -> float:
        """The expected calibration error among few passages; the calibration holds the other."""
        return calibration_error(self.among_few)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """Why the calibration may mean little."""
        doubts: list[Doubt] = []
        error = self.calibration.expected_calibration_error
        if max(error, self.error_among_few) > MAX_CALIBRATION_ERROR:
            doubts.append("error")
        if not _has_folds(self.open):
            doubts.append("folds")
        return tuple(doubts)


@dataclass(frozen=True, slots=True)
class _Weights:
    intercept: float
    weights: tuple[float, ...]


def calibrate(
    given: Sequence[QuestionOutcome],
    opened: Sequence[QuestionOutcome],
    among_few: Sequence[QuestionOutcome],
    *,
    reader_sha256: str,
    encoder_sha256: str,
    fitted_on: str,
) -> Calibrated:
    """
    Fit all weights and thresholds.

    Args:
        given: Outcomes of the questions when the passage is given.
        opened: Outcomes of the same questions from all passages, with their candidates.
        among_few: Outcomes of the same questions from fewer passages, likewise.
        reader_sha256: The hash of the reader, which goes into the calibration.
        encoder_sha256: The hash of the encoder, which goes into it, too.
        fitted_on: See `Fitted`.

    Raises:
        CalibrationError: If none or all are answered rightly, or margins mislead.
    """
    _check(given, "given the passage")
    _check(opened, "from all passages")
    base = uncalibrated(reader_sha256)
    given_crossed = _cross_fit(given, _fit_given, _judge_given)
    given_all = _fit_given(given)
    both = [*opened, *among_few]
    both_crossed = _cross_fit(both, lambda some: _fit_open(some, base), _judge_open)
    open_crossed = both_crossed[: len(opened)]
    calibration = _fit_open(both, base)
    best = best_threshold([(one.confidence, one.graded) for one in given_crossed])
    return Calibrated(
        calibration=calibration.model_copy(
            update={
                "format_version": FORMAT_VERSION,
                "encoder_sha256": encoder_sha256,
                "fitted_on": fitted_on,
                "thresholds": thresholds(
                    [
                        replace(one, confidence=calibration.among_one(one.confidence, one.passages))
                        for one in both_crossed
                    ]
                ),
                # Infinite where refusing everything is best.
                "given_passage": given_all.model_copy(
                    update={"min_confidence": _rounded(min(best.value, 1.0))}
                ),
                "expected_calibration_error": _rounded(calibration_error(open_crossed)),
            }
        ),
        given=given_crossed,
        open=open_crossed,
        among_few=both_crossed[len(opened) :],
    )


def _check(outcomes: Sequence[QuestionOutcome], where: str) -> None:
    right = sum(map(is_right, outcomes))
    if not 0 < right < len(outcomes):
        raise CalibrationError(
            f"{len(outcomes):,} questions, of which the reader gets {right:,} right {where}, are "
            "no ground for a calibration. Give some that it gets right, and some that it does not."
        )


def thresholds(outcomes: Sequence[QuestionOutcome]) -> tuple[float, ...]:
    """
    Find the threshold for each accepted risk.

    Returns:
        For 0, 1, ... 100 %, the lowest confidence at which no larger share of the outcomes whose
        best span is wrong would be shown.
    """
    wrong = sorted((one.confidence for one in outcomes if not is_right(one)), reverse=True)
    found = []
    for step in range(RISK_STEPS + 1):
        allowed = len(wrong) * step // RISK_STEPS
        # Just above the first one that must not be shown.
        found.append(_rounded(wrong[allowed]) + 10**-_DECIMALS if allowed < len(wrong) else 0.0)
    return tuple(round(min(threshold, 1.0), _DECIMALS) for threshold in found)


def _cross_fit(
    outcomes: Sequence[QuestionOutcome],
    fit: Callable[[Sequence[QuestionOutcome]], _Fitted],
    judge_by: Callable[[Sequence[QuestionOutcome], _Fitted], Sequence[QuestionOutcome]],
) -> list[QuestionOutcome]:
    folds = _folds(outcomes)
    crossed = list(outcomes)
    for fold in set(folds):
        fitted = fit([one for one, its in zip(outcomes, folds, strict=True) if its != fold])
        places = [place for place, its in enumerate(folds) if its == fold]
        judged = judge_by([outcomes[place] for place in places], fitted)
        for place, one in zip(places, judged, strict=True):
            crossed[place] = one
    return crossed


def _folds(outcomes: Sequence[QuestionOutcome]) -> list[int]:
    """The fold of each outcome, by passage; by question where there are too few passages."""
    by_passage = _has_folds(outcomes)
    keys = [one.passage_key if by_passage else one.question_id for one in outcomes]
    fold = {key: place % FOLDS for place, key in enumerate(sorted(set(keys)))}
    return [fold[key] for key in keys]


def _has_folds(outcomes: Sequence[QuestionOutcome]) -> bool:
    """Whether there are enough passages for folds by passage."""
    return len({one.passage_key for one in outcomes}) >= FOLDS


def _fit_given(outcomes: Sequence[QuestionOutcome]) -> PassageCalibration:
    fitted = _fit_logistic([[one.margin] for one in outcomes], [is_right(one) for one in outcomes])
    _check_margin(fitted.weights[0], "given the passage")
    return PassageCalibration(
        intercept=_rounded(fitted.intercept),
        margin_weight=_rounded(fitted.weights[0]),
        min_confidence=0.0,
    )


def _judge_given(
    outcomes: Sequence[QuestionOutcome], fitted: PassageCalibration
) -> list[QuestionOutcome]:
    return [replace(one, confidence=fitted.confidence(one.margin)) for one in outcomes]


def _fit_open(outcomes: Sequence[QuestionOutcome], base: Calibration) -> Calibration:
    """Fit evidence on all candidates, then confidence on the best of each question."""
    candidates = [one for outcome in outcomes for one in outcome.candidates]
    features = [one.candidate.features for one in candidates]
    fitted = _fit_logistic(
        [[one.margin, one.cosine, one.lexical] for one in features],
        [is_right(one) for one in candidates],
    )
    margin_weight, cosine_weight, lexical_weight = fitted.weights
    _check_margin(margin_weight, "from all passages")
    # Evidence counts in the reader's logits, whatever its scale.
    ranking = base.model_copy(
        update={
            "cosine_weight": _rounded(cosine_weight / margin_weight),
            "lexical_weight": _rounded(lexical_weight / margin_weight),
        }
    )
    # Which is the best hangs on evidence alone, and is not looked for again below.
    best = [_best(one, ranking) for one in outcomes]
    ranking = ranking.model_copy(update=_fit_sentences([one for one in best if one is not None]))
    confidence = _fit_confidence(
        [_features_of_best(*each, ranking) for each in zip(outcomes, best, strict=True)],
        [_is_best_right(*each) for each in zip(outcomes, best, strict=True)],
    )
    evidence_weight, gap_weight, sentence_weight, passages_weight = confidence.weights
    return ranking.model_copy(
        update={
            "intercept": _rounded(confidence.intercept),
            "evidence_weight": _rounded(evidence_weight),
            "gap_weight": _rounded(gap_weight),
            "sentence_weight": _rounded(sentence_weight),
            "passages_weight": _rounded(passages_weight),
            "fewest_passages": min(one.passages for one in outcomes),
            "most_passages": max(one.passages for one in outcomes),
        }
    )


def _best(outcome: QuestionOutcome, ranking: Calibration) -> Judged | None:
    """The best candidate of a question, if there is one."""
    return next(iter(judge([one.candidate for one in outcome.candidates], ranking)), None)


def _fit_sentences(best: Sequence[Judged]) -> dict[str, float]:
    """Fit the margin that a sentence read alone is expected to have by that in its passage."""
    known = [
        (one.candidate.features.margin, one.candidate.sentence_margin)
        for one in best
        if one.candidate.sentence_margin is not None
    ]
    if not known:
        return {}
    margins, alone = np.asarray(known).T
    varies = np.ptp(margins) > _LEAST_VARIATION
    slope, intercept = np.polyfit(margins, alone, 1) if varies else (0.0, alone.mean())
    return {"sentence_slope": _rounded(slope), "sentence_intercept": _rounded(intercept)}


def _is_best_right(outcome: QuestionOutcome, best: Judged | None) -> bool:
    """Whether the best candidate is right; if there is none, whether to give none is."""
    if best is None:
        return is_right(outcome)
    return any(is_right(one) for one in outcome.candidates if one.candidate is best.candidate)


def _features_of_best(
    outcome: QuestionOutcome, best: Judged | None, ranking: Calibration
) -> list[float]:
    """Evidence, gap, the sentence's margin and the logarithm of how many passages there are."""
    passages = math.log(max(outcome.passages, 1))
    if best is None:
        return [0.0, 0.0, 0.0, passages]
    return [best.evidence, best.gap, sentence_margin(best.candidate, ranking), passages]


def _fit_confidence(features: Sequence[Sequence[float]], right: Sequence[bool]) -> _Weights:
    """
    Fit the probability of being right.

    Among more passages a span is never surer, and never because its sentence says less: that is
    chance, and such a feature is left out.
    """
    design = np.asarray(features, dtype=np.float64)
    fitted = _fit_logistic(design.tolist(), right)
    for place, sign in ((-1, 1), (-2, -1)):
        if fitted.weights[place] * sign > 0:
            design[:, place] = 0.0
            fitted = _fit_logistic(design.tolist(), right)
    return fitted


def _check_margin(weight: float, where: str) -> None:
    if weight <= 0:
        raise CalibrationError(
            "The larger the reader's margin over no answer, the less often it is right on these "
            f"questions {where}. Use a reader that was trained with unanswerable questions."
        )


def _judge_open(
    outcomes: Sequence[QuestionOutcome], calibration: Calibration
) -> list[QuestionOutcome]:
    """The outcomes as they would have been under another calibration."""
    # Thousands of questions share a few numbers of passages.
    among = {passages: calibration.among(passages) for passages in {o.passages for o in outcomes}}
    return [
        judged_by(
            among[outcome.passages],
            outcome,
            {one.candidate: one.graded for one in outcome.candidates},
        )
        for outcome in outcomes
    ]


def _fit_logistic(features: Sequence[Sequence[float]], right: Sequence[bool]) -> _Weights:
    """Fit a logistic regression on standardised features."""
    # Only where something is fitted: it takes a second to import.
    from sklearn.linear_model import LogisticRegression

    raw: _Floats = np.asarray(features, dtype=np.float64)
    # A feature that never varies gets no weight; what is left of it is the mean's rounding error.
    varies = np.ptp(raw, axis=0) > _LEAST_VARIATION
    raw = np.where(varies, raw, 0.0)
    centre, scale = raw.mean(axis=0), np.where(varies, raw.std(axis=0), 1.0)
    # Two more, one right and one wrong and next to weightless, keep the intercept finite where all
    # are right, or none.
    design = np.vstack([(raw - centre) / scale, np.zeros((2, raw.shape[1]))])
    weights = np.append(np.ones(len(raw)), [_NEXT_TO_NOTHING] * 2)
    fitted = LogisticRegression(C=1 / _RIDGE, solver="newton-cholesky", tol=_TOLERANCE).fit(
        design, [*right, True, False], weights
    )
    slopes = fitted.coef_[0] / scale
    intercept = fitted.intercept_[0] - slopes @ centre
    return _Weights(float(intercept), tuple(float(slope) for slope in slopes))


def _rounded(number: float) -> float:
    return round(float(number), _DECIMALS)
