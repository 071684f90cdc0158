"""Outcomes -> the figures that are reported."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from answering.calibration import unsure_from
from bot.evaluation.metrics import Graded, Score, Scores, best_threshold, summarise
from bot.evaluation.run import MAX_RANK, GradedCandidate, QuestionOutcome

CALIBRATION_BINS = 10
HIT_RANKS = (1, 5, MAX_RANK)


@dataclass(frozen=True, slots=True)
class RetrievalScore:
    """How often the passage with the answer was found, over the answerable questions."""

    hits: dict[int, float]
    """Percentage of questions for which it is among the first k, by k."""
    mrr: float
    """Mean of 1 / rank over the first `MAX_RANK`, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Outcomes of like confidence."""

    total: int
    confidence: float
    """Their mean."""
    right: float
    """The share of them that is right."""


@dataclass(frozen=True, slots=True)
class UnsureScore:
    """How often Quoth is not sure and shows candidates, which are never counted as an answer."""

    shown: float
    """Percentage of the questions."""
    right: float | None
    """Percentage of those where one of the candidates is right; None if there are none."""
    regained: float | None
    """Percentage of the answerable questions without an answer for which a right candidate is
    shown; None if there are none."""
    unanswerable: float | None
    """Percentage of the unanswerable questions; None if there are none."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one mode gave."""

    mode: str
    threshold: float
    """The confidence below which "no answer" is said."""
    scores: Scores
    """The scores at that threshold."""
    always: Scores
    """The scores if every question were answered, whatever its confidence."""
    best_threshold: float | None
    """The one with the best overall F1, which is only known with the answers at hand; None where
    answering nothing is best."""
    best_f1: float
    shown: float
    """Percentage of the questions that are answered at the threshold."""
    shown_wrong: float | None
    """The share wrong: percentage of those answers that are wrong; None if there are none."""
    risk: float | None
    """Percentage of the questions whose best span is wrong that are answered with it; None if
    there are none."""
    refused: float | None
    """Percentage of the unanswerable questions that get no answer; None if there are none."""
    unsure: UnsureScore | None
    """In open mode: what becomes of the questions without an answer."""
    calibration_error: float
    """Expected calibration error of the confidence in the best span, from 0 to 1."""
    retrieval: RetrievalScore | None
    """In open mode, if a question has an answer."""
    by_word: dict[str, Score]
    """The score of each question word, at the threshold; the most frequent first."""

    def as_json(self) -> dict[str, Any]:
        """The figures for programs; the keys are stable."""
        retrieval = self.retrieval and {
            **{f"hit@{rank}": rounded(share) for rank, share in self.retrieval.hits.items()},
            f"mrr@{MAX_RANK}": rounded(self.retrieval.mrr),
        }
        return {
            "mode": self.mode,
            "threshold": rounded(self.threshold),
            "all": _score_json(self.scores.overall),
            "has_answer": _score_json(self.scores.has_answer),
            "no_answer": _score_json(self.scores.no_answer),
            "always_answer": _score_json(self.always.has_answer),
            "best_threshold": rounded(self.best_threshold),
            "best_f1": rounded(self.best_f1),
            "shown": rounded(self.shown),
            "shown_wrong": rounded(self.shown_wrong),
            "risk": rounded(self.risk),
            "refused": rounded(self.refused),
            "unsure": self.unsure
            and {name: rounded(value) for name, value in asdict(self.unsure).items()},
            "expected_calibration_error": rounded(self.calibration_error),
            "retrieval": retrieval,
            "by_word": {word: _score_json(score) for word, score in self.by_word.items()},
        }


def _score_json(score: Score) -> dict[str, float | int | None]:
    em, f1 = (score.em, score.f1) if score.total else (None, None)
    return {"em": rounded(em), "f1": rounded(f1), "total": score.total}


def rounded(number: float | None) -> float | None:
    """A figure as programs get it, if there is one."""
    return None if number is None else round(number, 4)


def make_report(mode: str, outcomes: Sequence[QuestionOutcome], threshold: float) -> Report:
    """
    Measure outcomes.

    Args:
        mode: What they came from, for the record.
        outcomes: At least one.
        threshold: The confidence from which it answers; 0 answers whatever there is.
    """
    settled = [(outcome, settle(outcome, threshold)) for outcome in outcomes]
    words: dict[str, list[Graded]] = {}
    for outcome, graded in settled:
        words.setdefault(outcome.word, []).append(graded)
    best = best_threshold([(outcome.confidence, outcome.graded) for outcome in outcomes])
    shown = [outcome for outcome in outcomes if is_shown(outcome, threshold)]
    wrong = [outcome for outcome in outcomes if not is_right(outcome)]
    unanswerable = [outcome for outcome in outcomes if not outcome.graded.has_answer]
    return Report(
        mode=mode,
        threshold=threshold,
        scores=summarise(graded for _, graded in settled),
        always=summarise(outcome.graded for outcome in outcomes),
        best_threshold=None if math.isinf(best.value) else best.value,
        best_f1=best.f1,
        shown=100 * len(shown) / len(outcomes),
        shown_wrong=percentage(sum(not is_right(one) for one in shown), len(shown)),
        risk=percentage(sum(is_shown(one, threshold) for one in wrong), len(wrong)),
        refused=percentage(
            sum(not is_shown(one, threshold) for one in unanswerable), len(unanswerable)
        ),
        unsure=_unsure(outcomes, threshold) if mode == "open" else None,
        calibration_error=calibration_error(outcomes),
        retrieval=_retrieval(outcomes) if mode == "open" else None,
        by_word={
            word: summarise(graded).overall
            for word, graded in sorted(words.items(), key=lambda item: -len(item[1]))
        },
    )


def is_shown(outcome: QuestionOutcome, threshold: float) -> bool:
    """Whether the outcome is an answer at a threshold."""
    return bool(outcome.prediction) and outcome.confidence >= threshold


def _is_unsure(outcome: QuestionOutcome, threshold: float) -> bool:
    """Whether the outcome is no answer at a threshold, but candidates."""
    least = unsure_from(threshold)
    return bool(outcome.prediction) and least <= outcome.confidence < threshold


def is_right(outcome: QuestionOutcome | GradedCandidate) -> bool:
    """Whether the (best) span is right; it never is where there is no answer."""
    return outcome.graded.is_right


def settle(outcome: QuestionOutcome, threshold: float) -> Graded:
    """The grade of what is said at a threshold."""
    graded = outcome.graded
    if is_shown(outcome, threshold):
        return graded
    right = float(graded.wordless or not graded.has_answer)
    return replace(graded, em=right, f1=right)


def percentage(part: int, whole: int) -> float | None:
    """`part` of `whole`, from 0 to 100; None of nothing."""
    return 100 * part / whole if whole else None


def reliability(outcomes: Sequence[QuestionOutcome]) -> list[Bin]:
    """Put outcomes into bins of equal width by confidence; empty bins are left out."""
    bins: list[list[QuestionOutcome]] = [[] for _ in range(CALIBRATION_BINS)]
    for outcome in outcomes:
        bins[min(int(outcome.confidence * CALIBRATION_BINS), CALIBRATION_BINS - 1)].append(outcome)
    return [
        Bin(
            total=len(held),
            confidence=sum(one.confidence for one in held) / len(held),
            right=sum(map(is_right, held)) / len(held),
        )
        for held in bins
        if held
    ]


def calibration_error(outcomes: Sequence[QuestionOutcome]) -> float:
    """How much confidence and the share that is right differ, on average over questions."""
    return sum(
        one.total / len(outcomes) * abs(one.confidence - one.right) for one in reliability(outcomes)
    )


def wrong_by_coverage(outcomes: Sequence[QuestionOutcome]) -> list[tuple[float, float]]:
    """
    Follow the threshold from high to low: the risk-coverage curve of the literature.

    What is called risk there is the share wrong here; for Quoth's risk see `Calibration.threshold`.

    Returns:
        For each step, the share of questions that is answered, and the share wrong among these.
    """
    points: list[tuple[float, float]] = []
    wrong = 0
    ranked = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    for place, outcome in enumerate(ranked, start=1):
        wrong += not is_right(outcome)
        # Outcomes of equal confidence are answered together.
        if place == len(ranked) or ranked[place].confidence != outcome.confidence:
            points.append((place / len(ranked), wrong / place))
    return points


def _unsure(outcomes: Sequence[QuestionOutcome], threshold: float) -> UnsureScore:
    unsure = [one for one in outcomes if _is_unsure(one, threshold)]
    with_right = [one for one in unsure if one.is_among_candidates]
    missed = sum(one.graded.has_answer and not is_shown(one, threshold) for one in outcomes)
    without_answer = [one for one in outcomes if not one.graded.has_answer]
    return UnsureScore(
        shown=100 * len(unsure) / len(outcomes),
        right=percentage(len(with_right), len(unsure)),
        regained=percentage(len(with_right), missed),
        unanswerable=percentage(
            sum(_is_unsure(one, threshold) for one in without_answer), len(without_answer)
        ),
    )


def _retrieval(outcomes: Sequence[QuestionOutcome]) -> RetrievalScore | None:
    ranks = [outcome.rank for outcome in outcomes if outcome.graded.has_answer]
    if not ranks:
        return None
    found = [rank for rank in ranks if rank is not None]
    return RetrievalScore(
        hits={most: 100 * sum(rank <= most for rank in found) / len(ranks) for most in HIT_RANKS},
        mrr=sum(1 / rank for rank in found) / len(ranks),
    )
