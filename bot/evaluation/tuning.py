"""
Questions with known answers -> the numbers of `answering.tuning.Tuning`.

Numbers are chosen one after the other, each with the others as they are by then. A number counts if
what is gained over the neutral value on one half of the passages, by the value that is best on the
other, exceeds `GAINED` standard errors; otherwise it becomes neutral. One that only saves time is
set where it saves most, as long as no more than `LOST` standard errors are lost.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from answering.answerer import Answerer
from answering.calibration import Calibration
from answering.followups.detection import Leaning, leaning
from answering.followups.turns import turn_of
from answering.tuning import FORMAT_VERSION, StoredTuning, Tuning, numbers
from bot.evaluation.caching import CachingReader, CachingRetriever
from bot.evaluation.conversations import first_answer, outcome_of
from bot.evaluation.questions import (
    FollowUpQuestion,
    Misfits,
    QuestionedPassage,
    read_questions,
)
from bot.evaluation.report import settle
from bot.evaluation.run import QuestionOutcome, ask_open, searchable
from bot.settings import Settings
from index.encoder import SentenceEncoder
from index.reporting import Reporter, SilentReporter
from index.retrieve import Retriever

GAINED = 1.0
"""Standard errors that a gain has to exceed. Several numbers gain between one and two, and without
all of them more than chance is lost."""
LOST = 2.0
"""Standard errors that may be lost where time is saved."""
CHANGES_OF_SUBJECT = 50
"""Questions that may lean on others, and are asked after that of another passage."""
SINGLES = 650
"""Questions that stand alone, at most: each is read in all passages that are found."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What is tried for a number."""

    number: str
    measure: str
    """Which questions it is measured on; see `Tuner.measures`."""
    values: tuple[float, ...]
    """Beside the neutral one."""
    saves_time: bool = False
    """Whether the values are the cheaper the later they stand, and none is to be better."""


SWEEPS = (
    Sweep("far_behind", "singles", (0.25, 0.15, 0.08), saves_time=True),
    Sweep("far_behind_unsure", "singles", (0.3, 0.25, 0.2), saves_time=True),
    Sweep("near_margin", "follow-ups", (1.5, 3.0)),
    Sweep("near_gain", "follow-ups", (0.12, 0.25)),
    Sweep("named_margin", "singles", (1.5, 3.0)),
)


@dataclass(frozen=True, slots=True)
class Worth:
    """What one question gave."""

    passage_key: str
    """The key of the passage that it was written for."""
    points: float
    """From 0 to 1."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What became of a number."""

    number: str
    measure: str
    neutral: float
    """Points with the neutral value, from 0 to 100."""
    tried: Mapping[float, float]
    """Points by the value."""
    value: float
    """The one that was chosen."""
    gain: float
    """Points over the neutral value: cross-fitted, unless the number saves time."""
    error: float
    """The standard error of that."""
    questions: int


@dataclass(frozen=True, slots=True)
class Tuned:
    """Numbers that were chosen, and how."""

    stored: StoredTuning
    table: tuple[Swept, ...]


class Tuner:
    """Asks questions under one tuning after the other; what was read once is not read again."""

    def __init__(
        self,
        files: Sequence[Path],
        settings: Settings,
        encoder: SentenceEncoder,
        reader: CachingReader,
        calibration: Calibration,
        reporter: Reporter,
    ) -> None:
        """
        Name what is asked.

        Args:
            files: What is asked, among all of their passages.
            settings: How many passages are read, and where vectors are kept.
            encoder: Retrieves.
            reader: Reads.
            calibration: What was fitted for that reader and encoder.
            reporter: Told of progress.

        Raises:
            QuestionsError: If a file can't be used.
        """
        self._fitted_on = ", ".join(path.name for path in files)
        self._settings = settings
        self._encoder = encoder
        self._reader = reader
        self._calibration = calibration
        self._reporter = reporter
        self._passages = list(
            chain.from_iterable(read_questions(path, Misfits()) for path in files)
        )
        self._singly_asked = _some(self._passages, SINGLES)
        self._retriever: Retriever | None = None
        self._open = ExitStack()
        self.measures: dict[str, Callable[[Tuning], Iterator[Worth]]] = {
            "singles": self._singles,
            "follow-ups": self._follow_ups,
        }

    def tune(self, start: Tuning, names: Sequence[str] = ()) -> Tuned:
        """
        Choose numbers.

        Args:
            start: What each number is until it is chosen.
            names: Which are chosen; without, all.

        Raises:
            IndexingError: If the passages can't be indexed.
        """
        chosen = [sweep for sweep in SWEEPS if sweep.number in (names or numbers())]
        tuning = start
        table = []
        self._reporter.stage("tune", sum(1 + len(sweep.values) for sweep in chosen))
        with self._open:
            for sweep in chosen:
                swept = self._sweep(sweep, tuning)
                tuning = _with(tuning, sweep.number, swept.value)
                table.append(swept)
        stored = StoredTuning(
            format_version=FORMAT_VERSION,
            reader_sha256=self._reader.sha256,
            encoder_sha256=self._encoder.sha256,
            fitted_on=self._fitted_on,
            numbers=tuning,
        )
        return Tuned(stored, tuple(table))

    def _sweep(self, sweep: Sweep, tuning: Tuning) -> Swept:
        def points(value: float) -> list[Worth]:
            worths = list(self.measures[sweep.measure](_with(tuning, sweep.number, value)))
            self._reporter.advance(1)
            return worths

        neutral = numbers()[sweep.number].neutral
        before = points(neutral)
        # Files without such questions tune nothing on them.
        tried = {value: points(value) for value in sweep.values if before}
        choose = cheapest_value if sweep.saves_time else best_value
        value, after = choose(neutral, before, tried)
        gain, error = _difference(before, after)
        return Swept(
            number=sweep.number,
            measure=sweep.measure,
            neutral=_mean(before),
            tried={one: _mean(worths) for one, worths in tried.items()},
            value=value,
            gain=gain,
            error=error,
            questions=len(before),
        )

    def _singles(self, tuning: Tuning) -> Iterator[Worth]:
        """Questions that stand alone, from all passages."""
        retriever = self._searching()
        answerer = self._answerer(retriever, tuning)
        outcomes = ask_open(
            self._singly_asked,
            answerer,
            searched=retriever.passages,
            max_question_chars=self._settings.max_question_chars,
            keep_candidates=False,
        )
        return (_worth(one, answerer.min_confidence) for one in outcomes)

    def _follow_ups(self, tuning: Tuning) -> Iterator[Worth]:
        """Follow-ups, each after its first question; and questions after another subject."""
        retriever = self._searching()
        answerer = self._answerer(retriever, tuning)
        most = self._settings.max_question_chars
        for passage in (*self._passages, *_changes_of_subject(self._passages)):
            for one in passage.followups:
                first = first_answer(one, answerer, most)
                earlier = () if first is None else (turn_of(first),)
                outcome = outcome_of(passage, one, answerer, one.elliptical, earlier, most)
                yield _worth(outcome, answerer.min_confidence)

    def _searching(self) -> Retriever:
        """The passages of all files, indexed when they are first searched."""
        if self._retriever is None:
            self._retriever = self._open.enter_context(
                searchable(
                    self._passages,
                    self._encoder,
                    self._settings.vectors,
                    # The stage that is told of is the tuning.
                    SilentReporter(),
                    CachingRetriever,
                )
            )
        return self._retriever

    def _answerer(self, retriever: Retriever, tuning: Tuning) -> Answerer:
        return Answerer(
            retriever,
            self._reader,
            self._calibration,
            tuning,
            passages=self._settings.passages,
            max_risk=self._settings.max_risk,
        )


def _worth(outcome: QuestionOutcome, threshold: float) -> Worth:
    """F1 at the threshold; where there is an answer, the mean of that and of F1 always."""
    settled = settle(outcome, threshold)
    counted = [settled.f1, outcome.graded.f1] if settled.has_answer else [settled.f1]
    return Worth(outcome.passage_key, sum(counted) / len(counted))


def _with(tuning: Tuning, name: str, value: float) -> Tuning:
    changed: dict[str, Any] = {name: value}
    return replace(tuning, **changed)


def _some(passages: Sequence[QuestionedPassage], most: int) -> list[QuestionedPassage]:
    """All passages, with some of the questions of each."""
    total = sum(len(passage.questions) for passage in passages)
    step = max(1, math.ceil(total / most))
    return [replace(passage, questions=passage.questions[::step]) for passage in passages]


def _changes_of_subject(passages: Sequence[QuestionedPassage]) -> Iterator[QuestionedPassage]:
    """Single questions that may lean on others, each as the follow-up of another passage's."""
    firsts = [one.first for passage in passages for one in passage.followups]
    leaning_ones = [
        (passage, question)
        for passage in passages
        for question in passage.questions
        if leaning(question.text) is not Leaning.NO
    ]
    if not firsts:
        return
    step = max(1, len(leaning_ones) // CHANGES_OF_SUBJECT)
    for number, (passage, question) in enumerate(leaning_ones[::step]):
        own = {one.first for one in passage.followups}
        # A stride that is no divisor reaches all of them.
        first = next(
            (one for one in firsts[7 * number % len(firsts) :] + firsts if one not in own), None
        )
        if first is not None:
            asked = FollowUpQuestion(first, question.text, question.text, question.answers)
            yield replace(passage, questions=(), followups=(asked,))


def best_value(
    neutral: float, before: Sequence[Worth], tried: Mapping[float, Sequence[Worth]]
) -> tuple[float, list[Worth]]:
    """The value that gains most, if that exceeds `GAINED`; and the cross-fitted points."""
    halves = _halves(before)
    every = {neutral: before, **tried}
    crossed = list(before)
    for half in (0, 1):
        here = [place for place, its in enumerate(halves) if its != half]
        value = max(every, key=lambda one: sum(every[one][place].points for place in here))
        for place, its in enumerate(halves):
            if its == half:
                crossed[place] = every[value][place]
    gain, error = _difference(before, crossed)
    best = max(every, key=lambda one: _mean(every[one]))
    return (best if gain > GAINED * error else neutral), crossed


def cheapest_value(
    neutral: float, before: Sequence[Worth], tried: Mapping[float, Sequence[Worth]]
) -> tuple[float, list[Worth]]:
    """The last value before one that loses more than `LOST`; and its points."""
    value, points = neutral, list(before)
    for cheaper, worths in tried.items():
        gain, error = _difference(before, worths)
        if gain < -LOST * error:
            break
        value, points = cheaper, list(worths)
    return value, points


def _halves(worths: Sequence[Worth]) -> list[int]:
    """In which half each question is, by passage."""
    half = {key: place % 2 for place, key in enumerate(sorted({one.passage_key for one in worths}))}
    return [half[one.passage_key] for one in worths]


def _difference(before: Sequence[Worth], after: Sequence[Worth]) -> tuple[float, float]:
    """What is gained, in points, and its standard error; those of one passage go together."""
    gains = [new.points - old.points for old, new in zip(before, after, strict=True)]
    mean = sum(gains) / max(1, len(gains))
    by_passage: dict[str, float] = {}
    for one, gain in zip(before, gains, strict=True):
        by_passage[one.passage_key] = by_passage.get(one.passage_key, 0.0) + gain - mean
    error = math.sqrt(sum(total**2 for total in by_passage.values())) / max(1, len(gains))
    return 100 * mean, 100 * error


def _mean(worths: Sequence[Worth]) -> float:
    return 100 * sum(one.points for one in worths) / max(1, len(worths))
