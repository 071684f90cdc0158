"""A network's EM and F1 on questions about our passages."""

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.metrics import Graded, Scores, best_threshold, grade, summarise
from bot.evaluation.run import given_parts
from index.passages import TokenOffsets
from reader.model import MAX_TOKENS, Reader
from reader.spans import Logits, Span, best_spans, from_character
from training.chance import seeded
from training.features import NO_ANSWER, Encoded, collate, encode, row_of
from training.models import Network, autocast
from training.sources import TrainingPassage, TrainingQuestion

BATCH_TOKENS = 6_000
"""Positions computed at once when only reading."""

TokenLogits = tuple[np.ndarray, np.ndarray]
"""Logits of starts and of ends, float32, shape (tokens of the example,)."""


@dataclass(frozen=True, slots=True)
class DevReport:
    """What dev says of a network."""

    always: Scores
    """When every question is answered: its `has_answer` part is EM and F1 of the answerable."""
    best_f1: float
    """Overall F1 at the threshold that suits dev best, from 0 to 100."""
    threshold: float
    """That threshold, on the margin over no answer."""
    refused: float
    """Percentage of the unanswerable that it refuses."""
    answered: float
    """Percentage of the answerable that it still answers."""

    def figures(self) -> dict[str, float]:
        """The figures by name, for the log; without an infinite threshold, which JSON can't say."""
        figures = {
            "dev_em": self.always.has_answer.em,
            "dev_f1": self.always.has_answer.f1,
            "dev_best_f1": self.best_f1,
            "dev_threshold": self.threshold,
            "dev_refused": self.refused,
            "dev_answered": self.answered,
        }
        return {name: value for name, value in figures.items() if math.isfinite(value)}

    def __str__(self) -> str:
        answerable = self.always.has_answer
        return (
            f"HasAns EM {answerable.em:.1f} F1 {answerable.f1:.1f} ({answerable.total}); "
            f"best F1 {self.best_f1:.1f} at {self.threshold:+.2f}, refusing "
            f"{self.refused:.1f} % of {self.always.no_answer.total} unanswerable and answering "
            f"{self.answered:.1f} % of the answerable"
        )


def questions_of(
    passages: Sequence[TrainingPassage],
) -> list[tuple[TrainingPassage, TrainingQuestion]]:
    """Each question with its passage, those with several answers left out."""
    return [
        (passage, question)
        for passage in passages
        for question in passage.questions
        if len(question.spans) <= 1
    ]


def sample(
    asked: Sequence[tuple[TrainingPassage, TrainingQuestion]], size: int
) -> list[tuple[TrainingPassage, TrainingQuestion]]:
    """The same questions at every call, so that figures can be compared."""
    return seeded(0).sample(list(asked), min(size, len(asked)))


class DevExam:
    """Questions about passages that are given as `quoth eval --mode reader` gives them."""

    def __init__(
        self, asked: Sequence[tuple[TrainingPassage, TrainingQuestion]], token_offsets: TokenOffsets
    ) -> None:
        self.asked = tuple(asked)
        passages = {passage.id: passage for passage, _ in asked}
        self._parts = {
            identifier: given_parts(passage.title, passage.text, token_offsets)
            for identifier, passage in passages.items()
        }

    def measure(self, network: Network) -> DevReport:
        """Ask every question of its passage; of a passage in parts, the highest margin answers."""
        parts = [
            (number, part)
            for number, (passage, _) in enumerate(self.asked)
            for part in self._parts[passage.id]
        ]
        rows = [
            encode(network.tokenizer, self.asked[number][1].text, part.whole, MAX_TOKENS)
            for number, part in parts
        ]
        chosen: dict[int, Span] = {}
        for index, (starts, ends) in read(network, rows):
            number, part = parts[index]
            offsets, logits = from_character(
                part.text_start, rows[index].offsets, _logits(rows[index], starts, ends)
            )
            for span in best_spans(number, part.text, offsets, logits, 1):
                if number not in chosen or span.margin > chosen[number].margin:
                    chosen[number] = span
        return self._grade([chosen[number] for number in range(len(self.asked))])

    def measure_reader(self, reader: Reader) -> DevReport:
        """The same for a reader as it ships."""
        spans = [
            reader.read(question.text, self._parts[passage.id], 1)[0]
            for passage, question in self.asked
        ]
        return self._grade(spans)

    def _grade(self, spans: Sequence[Span]) -> DevReport:
        graded = [
            (span.margin, grade(span.text, [passage.text[start:end] for start, end in asked.spans]))
            for span, (passage, asked) in zip(spans, self.asked, strict=True)
        ]
        return report_of(graded)


def _logits(row: Encoded, starts: np.ndarray, ends: np.ndarray) -> Logits:
    """No answer and the context, without question, separators and padding."""
    kept = [NO_ANSWER, *range(row.context_at, row.context_at + len(row.offsets))]
    return Logits(start=starts[kept], end=ends[kept])


def report_of(graded: Sequence[tuple[float, Graded]]) -> DevReport:
    """Summarise the confidence in each answer, and its grade."""
    threshold = best_threshold(graded)
    unanswerable = [margin for margin, one in graded if not one.has_answer]
    answerable = [margin for margin, one in graded if one.has_answer]
    return DevReport(
        always=summarise(one for _, one in graded),
        best_f1=threshold.f1,
        threshold=threshold.value,
        refused=_percentage([margin < threshold.value for margin in unanswerable]),
        answered=_percentage([margin >= threshold.value for margin in answerable]),
    )


def _percentage(flags: Sequence[bool]) -> float:
    return 100 * sum(flags) / max(1, len(flags))


def read(network: Network, rows: Sequence[Encoded]) -> Iterator[tuple[int, TokenLogits]]:
    """
    Run the network over examples, in whatever order is fastest.

    Yields:
        Each example's index with its logits.
    """
    import torch

    network.model.train(mode=False)
    nothing = {NO_ANSWER: 1.0}
    order = sorted(range(len(rows)), key=lambda index: len(rows[index].ids))
    for indices in _by_tokens(order, rows):
        batch = collate([row_of(rows[index], (nothing, nothing)) for index in indices])
        with torch.inference_mode(), autocast():
            starts, ends = network.logits(batch)
        for index, start, end in zip(
            indices, starts.float().numpy(), ends.float().numpy(), strict=True
        ):
            length = len(rows[index].ids)
            yield index, (start[:length], end[:length])


def _by_tokens(order: Sequence[int], rows: Sequence[Encoded]) -> Iterator[list[int]]:
    batch: list[int] = []
    for index in order:
        # Sorted by length, so the newest is the longest.
        if batch and (len(batch) + 1) * len(rows[index].ids) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def say(text: str) -> None:
    """Report progress to whoever watches."""
    print(text, file=sys.stderr, flush=True)
