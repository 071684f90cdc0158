"""What the comparison measures -> the figures that it reports. Pure functions of numbers."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict

from bot.evaluation.metrics import Graded, best_threshold, grade, summarise

QUOTH = "quoth"
COMMAND = "quoth ask"
"""Quoth as the command line, which only answers from a cold process."""


class _Measured(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PeerScores(_Measured):
    """How good the replies to the graded questions are, from 0 to 100."""

    em: float
    """Over all questions, by what the system says."""
    f1: float
    """The same of the other one."""
    always_f1: float
    """Over the answerable questions, by the system's best span."""
    best_f1: float
    """Over all questions, at the threshold on the score that is best for just these questions."""
    answered: float
    """Percentage of the questions to which it says something."""


class MeasuredSystem(_Measured):
    """What was measured of one system; lists have a number, or a list, per round."""

    installed_bytes: int | None = None
    index_bytes: int | None = None
    import_s: list[float] = []
    build_s: list[float] = []
    cold_s: list[float] = []
    """The whole process, from its start to its end."""
    cold_peak_bytes: list[int] = []
    warm_s: list[list[float]] = []
    """The time of each question."""
    warm_wall_s: list[float] = []
    """The time of a round's questions, asked one after the other."""
    warm_peak_bytes: int | None = None
    crowd_wall_s: dict[str, list[float]] = {}
    """The time of a round's questions, asked by many, by the crew that answers them."""
    scores: PeerScores | None = None


class PeerComparison(_Measured):
    """All that was measured, and on what."""

    made: str
    machine: str
    versions: dict[str, str]
    asked: str
    """The file of the questions."""
    distractors: str
    """The file of the passages in the way."""
    documents: int
    passages: int
    graded: int
    crowd: list[int]
    """Questions in each round of many askers."""
    askers: int
    systems: dict[str, MeasuredSystem]
    """Each system by its name; Quoth's command line is `COMMAND`."""


@dataclass(frozen=True, slots=True)
class PeerTarget:
    """What Quoth wants to reach against the best peer."""

    name: str
    wanted: str
    """In words."""
    least: float
    """The least that the ratio has to be."""
    rounds: Callable[[MeasuredSystem], Sequence[float]]
    """The figure of each round."""
    unit: str
    """The unit of the figure times `factor`."""
    factor: float = 1.0
    is_rate: bool = False
    """Whether more is better; else less is."""
    of: str = QUOTH
    """Which figures of Quoth's are compared."""


def _rates(count: Sequence[int], walls: Sequence[float]) -> list[float]:
    return [n / wall for n, wall in zip(count, walls, strict=True)]


def warm_rates(measured: MeasuredSystem) -> list[float]:
    """Questions a second of one asker, per round."""
    return _rates([len(block) for block in measured.warm_s], measured.warm_wall_s)


def crowd_rates(comparison: PeerComparison, measured: MeasuredSystem) -> list[float]:
    """Questions a second of many askers, per round, with the best crew; none without a crew."""
    crew = best_crew(measured)
    return [] if crew is None else _rates(comparison.crowd, measured.crowd_wall_s[crew])


def best_crew(measured: MeasuredSystem) -> str | None:
    """The crew that answers fastest, if there is any."""
    walls = measured.crowd_wall_s
    return min(walls, key=lambda crew: statistics.median(walls[crew]), default=None)


def build_rates(comparison: PeerComparison, measured: MeasuredSystem) -> list[float]:
    """Passages a second, per round."""
    return [comparison.passages / seconds for seconds in measured.build_s]


def targets(comparison: PeerComparison) -> list[PeerTarget]:
    """The targets, of which all but F1 are ratios."""
    return [
        PeerTarget(
            "cold `quoth ask` on a built index, whole process",
            "at least 10 times faster",
            10,
            lambda one: one.cold_s,
            unit="s",
            of=COMMAND,
        ),
        PeerTarget(
            "warm question, median",
            "at least 4 times faster",
            4,
            lambda one: [statistics.median(block) for block in one.warm_s],
            unit="ms",
            factor=1e3,
        ),
        PeerTarget(
            "index rate",
            "at least 1.5 times",
            1.5,
            lambda one: build_rates(comparison, one),
            unit="passages a second",
            is_rate=True,
        ),
        PeerTarget(
            "peak memory answering",
            "at least 3 times less",
            3,
            lambda one: [] if one.warm_peak_bytes is None else [one.warm_peak_bytes],
            unit="MB",
            factor=1e-6,
        ),
        PeerTarget(
            f"questions a second, {comparison.askers} askers",
            "at least 4 times",
            4,
            lambda one: crowd_rates(comparison, one),
            unit="questions a second",
            is_rate=True,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times better Quoth is than the best peer, round by round."""

    peer: str
    median: float
    low: float
    high: float


def ratio(target: PeerTarget, systems: Mapping[str, MeasuredSystem]) -> Ratio:
    """
    Compare Quoth with the peer that is best in the median over all rounds.

    Each round's figures were taken in turn, so they are compared with each other; the median of the
    rounds' ratios counts.
    """
    ours = target.rounds(systems[target.of])
    peers = {
        name: target.rounds(measured)
        for name, measured in systems.items()
        if name not in {QUOTH, COMMAND}
    }
    choose = max if target.is_rate else min
    best = choose(peers, key=lambda name: statistics.median(peers[name]))
    ratios = [
        mine / theirs if target.is_rate else theirs / mine
        for mine, theirs in zip(ours, peers[best], strict=True)
    ]
    return Ratio(best, statistics.median(ratios), min(ratios), max(ratios))


def percentile(values: Sequence[float], percent: float) -> float:
    """Interpolated linearly, as numpy does."""
    return float(np.percentile(values, percent))


def score(
    replies: Sequence[tuple[str, str, float]], accepted: Sequence[Sequence[str]]
) -> PeerScores:
    """
    Score a system's replies with Quoth's EM and F1.

    Args:
        replies: For each question what the system says ("" for no answer), its best span, and the
            score of that span.
        accepted: For each question the accepted answers; none where it has no answer.
    """
    said: list[Graded] = []
    best: list[Graded] = []
    for (text, span, _), answers in zip(replies, accepted, strict=True):
        said.append(grade(text, answers))
        best.append(grade(span, answers))
    scores = summarise(said).overall
    ranked = [(one[2], graded) for one, graded in zip(replies, best, strict=True)]
    return PeerScores(
        em=scores.em,
        f1=scores.f1,
        always_f1=summarise(best).has_answer.f1,
        best_f1=best_threshold(ranked).f1,
        answered=100 * sum(bool(text) for text, _, _ in replies) / len(replies),
    )
