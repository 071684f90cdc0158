"""
EM and F1 as SQuAD counts them (Rajpurkar et al., 2016 and 2018).

Where the two published scripts differ, on empty answers, version 2.0 is followed: an empty
prediction is right exactly where an empty answer is wanted.
"""

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# A span that shares so much with an accepted answer is right; the rest of it stands in the quote.
RIGHT_F1 = 0.5
_ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, English articles and repeated white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def exact_match(prediction: str, gold: str) -> float:
    """1.0 where prediction and gold are equal once normalised, else 0.0."""
    return float(normalise(prediction) == normalise(gold))


def f1(prediction: str, gold: str) -> float:
    """
    Harmonic mean of precision and recall over normalised words, each counted as often as it occurs.

    If either has no words left, it is 1.0 where both have none and 0.0 otherwise.
    """
    predicted, wanted = normalise(prediction).split(), normalise(gold).split()
    if not predicted or not wanted:
        return float(predicted == wanted)
    shared = sum((Counter(predicted) & Counter(wanted)).values())
    if shared == 0:
        return 0.0
    precision, recall = shared / len(predicted), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def set_f1(predictions: Sequence[str], golds: Sequence[str]) -> float:
    """
    F1 of a set of answers: each is worth its `f1` with the gold that it is paired with.

    If either set is empty, it is 1.0 where both are.
    """
    if not predictions or not golds:
        return float(not predictions and not golds)
    return 2 * sum(pairs(predictions, golds)) / (len(predictions) + len(golds))


def pairs(predictions: Sequence[str], golds: Sequence[str]) -> list[float]:
    """
    The `f1` of each pair of a prediction and a gold, the best first.

    Pairs are made greedily; each prediction and each gold is in one at most.
    """
    scores = sorted(
        (
            (f1(prediction, gold), -place, -other)
            for place, prediction in enumerate(predictions)
            for other, gold in enumerate(golds)
        ),
        reverse=True,
    )
    taken: set[tuple[str, int]] = set()
    made = []
    for score, place, other in scores:
        if taken.isdisjoint({("prediction", place), ("gold", other)}):
            taken |= {("prediction", place), ("gold", other)}
            made.append(score)
    return made


@dataclass(frozen=True, slots=True)
class Graded:
    """One question's scores."""

    em: float
    f1: float
    has_answer: bool
    """Whether there is an accepted answer at all."""
    wordless: bool = False
    """Whether there is one, but normalisation leaves nothing of any: saying nothing is right."""

    @property
    def is_right(self) -> bool:
        """Whether it is near enough to an accepted answer; it never is where there is none."""
        return self.has_answer and self.f1 >= RIGHT_F1


def grade(prediction: str, golds: Iterable[str]) -> Graded:
    """
    Score a prediction against the accepted answer that suits it best.

    Args:
        prediction: The answer's text; "" for "no answer".
        golds: Accepted answers. Those that normalise to nothing are left out; where none remains,
            an empty prediction is right.
    """
    given = list(golds)
    accepted = [gold for gold in given if normalise(gold)]
    compared = accepted or [""]
    return Graded(
        em=max(exact_match(prediction, gold) for gold in compared),
        f1=max(f1(prediction, gold) for gold in compared),
        # As in the script's `make_qid_to_has_ans`, whatever the answers are.
        has_answer=bool(given),
        wordless=bool(given) and not accepted,
    )


@dataclass(frozen=True, slots=True)
class Score:
    """EM and F1 over questions, from 0 to 100."""

    em: float
    f1: float
    total: int
    """Questions; with none, EM and F1 are 0."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores over all questions, those that have an answer, and those that have none."""

    overall: Score
    has_answer: Score
    no_answer: Score


def summarise(graded: Iterable[Graded]) -> Scores:
    """Average over questions, also split by whether they have an answer."""
    every = list(graded)
    return Scores(
        overall=_mean(every),
        has_answer=_mean([one for one in every if one.has_answer]),
        no_answer=_mean([one for one in every if not one.has_answer]),
    )


def _mean(graded: Sequence[Graded]) -> Score:
    total = len(graded)
    if not total:
        return Score(em=0.0, f1=0.0, total=0)
    return Score(
        em=100 * sum(one.em for one in graded) / total,
        f1=100 * sum(one.f1 for one in graded) / total,
        total=total,
    )


@dataclass(frozen=True, slots=True)
class Threshold:
    """A point below which "no answer" is said."""

    value: float
    f1: float
    """Overall F1 there, from 0 to 100."""


def best_threshold(answered: Sequence[tuple[float, Graded]]) -> Threshold:
    """
    Find the threshold on confidence that gives the best overall F1.

    Args:
        answered: For each question, the confidence in its best span, on any scale where higher is
            surer, and that span's grade. A question is answered if its confidence is at least the
            threshold.

    Returns:
        The highest such threshold; infinity, where answering nothing is best.
    """
    ranked = sorted(answered, key=lambda pair: -pair[0])
    # Refusing everything is right for all that have no answer.
    total = float(sum(not graded.has_answer for _, graded in ranked))
    best, value = total, float("inf")
    for place, (confidence, graded) in enumerate(ranked):
        # A question without an answer costs its point once it is answered; an empty prediction,
        # which still scores it, answers nothing.
        total += graded.f1 if graded.has_answer else graded.f1 - 1.0
        next_differs = place + 1 == len(ranked) or ranked[place + 1][0] != confidence
        if next_differs and total > best:
            best, value = total, confidence
    return Threshold(value=value, f1=100 * best / max(1, len(ranked)))
