"""Spans of all passages, compared with each other. Pure functions."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from answering.calibration import Calibration, Features
from index.passages import Passage
from index.retrieve import Hit
from reader.spans import Span


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that the reader found, before it is compared with others."""

    span: Span
    passage: Passage
    collection: str
    """Where its document is: those of two collections may have the same id."""
    features: Features
    asked: str
    """What the reader was asked."""
    sentence_margin: float | None = None
    """The margin of the best span of `sentence` when the reader was given that alone; None where it
    was not."""

    @property
    def document(self) -> tuple[str, str]:
        """Collection and id of the document that it stands in."""
        return self.collection, self.passage.document_id

    @property
    def sentence(self) -> str:
        """The sentences it stands in."""
        start, end = quote_bounds(self.passage.sentences, self.span.start_char, self.span.end_char)
        return self.passage.text[start:end]

    @property
    def start_char(self) -> int:
        """Where the span starts in the document, in characters."""
        return self.passage.start_char + self.span.start_char

    @property
    def end_char(self) -> int:
        """Where the span ends in the document (exclusive), in characters."""
        return self.passage.start_char + self.span.end_char


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate that was compared with the others."""

    candidate: Candidate
    evidence: float
    gap: float
    """How much its evidence exceeds that of the best candidate with another text."""
    confidence: float
    """The probability that it is right."""


def candidates(
    asked: str,
    read: Sequence[Span],
    hits: Sequence[Hit],
    collection_of: Callable[[Passage], str],
) -> tuple[Candidate, ...]:
    """
    Join what the reader and the retriever know of each span.

    Args:
        asked: What the reader was asked.
        read: Spans of the hits' passages.
        hits: All that were found, those that were not read included.
        collection_of: Names the collection that a passage was found in.
    """
    by_passage = {hit.passage.id: hit for hit in hits}
    # Without a shared word there is no score, and no passage is better than another.
    best_bm25 = max((hit.bm25_score or 0.0 for hit in hits), default=0.0) or 1.0
    return tuple(
        Candidate(
            span=span,
            passage=hit.passage,
            collection=collection_of(hit.passage),
            features=Features(
                margin=span.margin,
                cosine=hit.cosine_score,
                lexical=(hit.bm25_score or 0.0) / best_bm25,
            ),
            asked=asked,
        )
        for span in read
        for hit in [by_passage[span.passage_id]]
    )


def judge(found: Sequence[Candidate], calibration: Calibration) -> list[Judged]:
    """Compare candidates of all passages: the distinct ones, the most evidence first."""
    # By identity: a hash is one of all that a candidate holds, its passage's text included.
    evidence = {id(one): calibration.evidence(one.features) for one in found}
    distinct = distinct_candidates(sorted(found, key=lambda candidate: -evidence[id(candidate)]))
    texts = [normalised(candidate.span.text) for candidate in distinct]
    judged = []
    for candidate, text in zip(distinct, texts, strict=True):
        own = evidence[id(candidate)]
        rivals = [
            evidence[id(other)] for other, said in zip(distinct, texts, strict=True) if said != text
        ]
        # Without a rival, it is the reader's belief in no answer that is beaten: an evidence of 0.
        gap = own - max(rivals, default=0.0)
        judged.append(_judged(candidate, own, gap, calibration))
    return judged


def judge_again(one: Judged, gap: float, calibration: Calibration) -> Judged:
    """Judge a candidate again, by its lead over some of the others."""
    return _judged(one.candidate, one.evidence, gap, calibration)


def _judged(candidate: Candidate, evidence: float, gap: float, calibration: Calibration) -> Judged:
    alone = sentence_margin(candidate, calibration)
    return Judged(candidate, evidence, gap, calibration.confidence(evidence, gap, alone))


def sentence_margin(candidate: Candidate, calibration: Calibration) -> float:
    """The margin of a candidate's sentence alone; where that was not read, the expected one."""
    if candidate.sentence_margin is None:
        return calibration.expected_sentence_margin(candidate.features.margin)
    return candidate.sentence_margin


def distinct_candidates(found: Sequence[Candidate]) -> list[Candidate]:
    """
    Drop every candidate that overlaps a better one in the document.

    Neighbouring passages share a sentence, so the reader finds the same words twice.

    Args:
        found: Best first.
    """
    kept: list[Candidate] = []
    for candidate in found:
        if not any(overlap(candidate, other) for other in kept):
            kept.append(candidate)
    return kept


def overlap(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates share characters of a document."""
    return (
        one.document == other.document
        and one.start_char < other.end_char
        and other.start_char < one.end_char
    )


def normalised(text: str) -> str:
    """A text in small letters without punctuation: equal where two spans say the same."""
    return re.sub(r"\W+", " ", text).strip().lower()


def quote_bounds(sentences: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Start and end of the sentences that hold the characters from `start` to `end`."""
    touching = [bounds for bounds in sentences if bounds[0] < end and start < bounds[1]]
    return (
        min([start, *(bounds[0] for bounds in touching)]),
        max([end, *(bounds[1] for bounds in touching)]),
    )
