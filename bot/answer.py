"""
Question -> `Answer`: retrieve, read, choose, check.

Whatever leaves this module as an answer stands in a document, character for character.
"""

import re
import time
import unicodedata
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bot.confidence import Calibration, Clues
from index.documents import Place
from index.passages import Passage
from index.retrieve import Hit, Retrieval, Retriever
from index.texts import Texts
from reader.model import PassageText, Reader
from reader.spans import Span

SPANS_PER_PASSAGE = 3
# What a person will look through; the best that were not good enough.
MAX_NEAREST = 3


class QuestionError(Exception):
    """The question can't be asked: it is blank or too long."""


class VerbatimError(Exception):
    """A span is not what stands in the document. A defect of Quoth, never the asker's."""


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """A span of a document, with what a person needs to judge it."""

    document_id: str
    title: str
    dated: date | None
    start_char: int
    """In the document, as `end_char` (exclusive)."""
    end_char: int
    text: str
    quote: str
    """The sentences it stands in, verbatim."""
    quote_start_char: int
    place: Place | None
    confidence: float
    """The probability in [0, 1] that it is right."""
    collection: str = "base"
    """The one that the document is in."""


@dataclass(frozen=True, slots=True)
class NearestPassage:
    """A passage that was looked through in vain."""

    document_id: str
    title: str
    start_char: int
    end_char: int
    text: str
    place: Place | None
    collection: str = "base"
    """The one that the document is in."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went, in seconds."""

    encode_s: float
    search_s: float
    read_s: float
    total_s: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What Quoth found."""

    id: str
    question: str
    spans: tuple[AnswerSpan, ...]
    """None if the documents don't say."""
    confidence: float
    """Of the best span, also where it was too low to be shown."""
    alternatives: tuple[AnswerSpan, ...]
    """Other spans, best first."""
    nearest: tuple[NearestPassage, ...]
    """The best passages, where the documents don't say."""
    generation: str
    timings: Timings

    @property
    def answered(self) -> bool:
        """Whether the documents say."""
        return bool(self.spans)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that the reader found, before it is compared with others."""

    span: Span
    passage: Passage
    collection: str
    """Where its document is: those of two collections may have the same id."""
    clues: Clues

    @property
    def start_char(self) -> int:
        """In the document."""
        return self.passage.start_char + self.span.start_char

    @property
    def end_char(self) -> int:
        """In the document, exclusive."""
        return self.passage.start_char + self.span.end_char


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate that was compared with the others."""

    candidate: Candidate
    evidence: float
    gap: float
    """By how much its evidence exceeds that of the best candidate with another text."""
    confidence: float
    """The probability that it is right."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What there is to choose an answer from."""

    question: str
    """Cleaned."""
    retrieval: Retrieval
    candidates: tuple[Candidate, ...]
    read_s: float


class Answerer:
    """Answers from one generation; any thread may call it."""

    def __init__(
        self,
        retriever: Retriever,
        reader: Reader,
        calibration: Calibration,
        *,
        passages: int,
        min_confidence: float,
        max_question_chars: int,
    ) -> None:
        """
        Take the parts.

        Args:
            retriever: Where to look.
            reader: Finds spans in what is retrieved.
            calibration: Of that reader.
            passages: See `bot.settings.Settings`, as for `max_question_chars`.
            min_confidence: Below it the documents don't say; see `Calibration.threshold`.
            max_question_chars: Longer questions are refused.
        """
        self._retriever = retriever
        self._reader = reader
        self._calibration = calibration
        self._passages = passages
        self._min_confidence = min_confidence
        self._max_question_chars = max_question_chars

    @property
    def is_calibrated(self) -> bool:
        """Whether confidences come from questions with known answers, or from a plain rule."""
        return self._calibration.is_fitted

    def answer(self, question: str, alternatives: int = 0) -> Answer:
        """
        Answer one question.

        Args:
            question: As typed.
            alternatives: How many other answers, at most.

        Raises:
            QuestionError: If it is blank or too long.
        """
        started = time.perf_counter()
        found = self.find(question)
        judged = judge(found.candidates, self._calibration)
        confidence = judged[0].confidence if judged else 0.0
        answered = bool(judged) and confidence >= self._min_confidence
        shown = judged[: 1 + alternatives] if answered else []
        spans = [self._located(each) for each in shown]
        return Answer(
            id=uuid.uuid4().hex,
            question=found.question,
            spans=tuple(spans[:1]),
            confidence=confidence,
            alternatives=tuple(spans[1:]),
            nearest=() if answered else self._nearest(found.retrieval.hits),
            generation=self._retriever.generation.id,
            timings=Timings(
                encode_s=found.retrieval.encode_s,
                search_s=found.retrieval.search_s,
                read_s=found.read_s,
                total_s=time.perf_counter() - started,
            ),
        )

    def find(self, question: str) -> Findings:
        """
        Retrieve and read, without choosing.

        Args:
            question: As typed.

        Raises:
            QuestionError: If it is blank or too long.
        """
        asked = clean_question(question, self._max_question_chars)
        retrieval = self._retriever.retrieve(asked, self._passages)
        read_from = time.perf_counter()
        passages = [PassageText(hit.passage.id, hit.passage.text) for hit in retrieval.hits]
        read = self._reader.read(asked, passages, SPANS_PER_PASSAGE)
        read_s = time.perf_counter() - read_from
        found = candidates(
            read, retrieval.hits, lambda passage: self._retriever.source(passage).collection
        )
        return Findings(asked, retrieval, found, read_s)

    def _located(self, judged: Judged) -> AnswerSpan:
        """Give a candidate its document and its quote, and check that it stands there."""
        candidate = judged.candidate
        span, passage = candidate.span, candidate.passage
        source = self._retriever.source(passage)
        document = source.texts.document(passage.document_id)
        start, end = candidate.start_char, candidate.end_char
        quote_start, quote_end = quote_bounds(passage.sentences, span.start_char, span.end_char)
        located = AnswerSpan(
            document_id=document.id,
            title=document.title,
            dated=document.dated,
            start_char=start,
            end_char=end,
            text=span.text,
            quote=passage.text[quote_start:quote_end],
            quote_start_char=passage.start_char + quote_start,
            place=place_of(document.places, start),
            confidence=judged.confidence,
            collection=source.collection,
        )
        self._check_verbatim(located, source.texts)
        return located

    def _check_verbatim(self, span: AnswerSpan, texts: Texts) -> None:
        quote_end = span.quote_start_char + len(span.quote)
        quote = texts.text(span.document_id, span.quote_start_char, quote_end)
        within = span.start_char - span.quote_start_char
        if quote != span.quote or quote[within : within + len(span.text)] != span.text:
            raise VerbatimError(
                f"{span.document_id}, characters {span.start_char}-{span.end_char}: "
                "the answer is not what stands there. Please report this."
            )

    def _nearest(self, hits: Sequence[Hit]) -> tuple[NearestPassage, ...]:
        nearest = []
        for hit in hits[:MAX_NEAREST]:
            source = self._retriever.source(hit.passage)
            document = source.texts.document(hit.passage.document_id)
            nearest.append(
                NearestPassage(
                    document_id=document.id,
                    title=document.title,
                    start_char=hit.passage.start_char,
                    end_char=hit.passage.end_char,
                    text=hit.passage.text,
                    place=place_of(document.places, hit.passage.start_char),
                    collection=source.collection,
                )
            )
        return tuple(nearest)


def clean_question(question: str, max_chars: int) -> str:
    """
    Make one line of a question: no control or invisible characters, single spaces.

    Raises:
        QuestionError: If nothing is left, or more than `max_chars` characters are.
    """
    visible = (
        " " if character.isspace() or unicodedata.category(character) == "Cc" else character
        for character in question
        # Format characters (zero-width, direction) and half characters carry no words.
        if unicodedata.category(character) not in {"Cf", "Cs"}
    )
    cleaned = " ".join("".join(visible).split())
    if not any(character.isalnum() for character in cleaned):
        raise QuestionError("The question is empty. Ask something in words.")
    if len(cleaned) > max_chars:
        raise QuestionError(
            f"The question has {len(cleaned):,} characters; at most {max_chars:,} are read. "
            "Ask for one thing at a time."
        )
    return cleaned


def candidates(
    read: Sequence[Span], hits: Sequence[Hit], collection_of: Callable[[Passage], str]
) -> tuple[Candidate, ...]:
    """
    Join what the reader and the retriever know of each span.

    Args:
        read: Spans of the hits' passages.
        hits: All that were read.
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
            clues=Clues(
                margin=span.margin,
                cosine=hit.cosine_score,
                lexical=(hit.bm25_score or 0.0) / best_bm25,
            ),
        )
        for span in read
        for hit in [by_passage[span.passage_id]]
    )


def judge(found: Sequence[Candidate], calibration: Calibration) -> list[Judged]:
    """Compare candidates of all passages: the distinct ones, the most evidence first."""
    evidence = {candidate: calibration.evidence(candidate.clues) for candidate in found}
    distinct = distinct_candidates(sorted(found, key=lambda candidate: -evidence[candidate]))
    texts = {candidate: normalised(candidate.span.text) for candidate in distinct}
    judged = []
    for candidate in distinct:
        rivals = [evidence[other] for other in distinct if texts[other] != texts[candidate]]
        # Without a rival, it is the reader's belief in no answer that is beaten: an evidence of 0.
        gap = evidence[candidate] - max(rivals, default=0.0)
        confidence = calibration.confidence(evidence[candidate], gap)
        judged.append(Judged(candidate, evidence[candidate], gap, confidence))
    return judged


def distinct_candidates(found: Sequence[Candidate]) -> list[Candidate]:
    """
    Drop every candidate that overlaps a better one in the document.

    Neighbouring passages share a sentence, so the reader finds the same words twice.

    Args:
        found: Best first.
    """
    kept: list[Candidate] = []
    for candidate in found:
        if not any(
            (other.collection, other.passage.document_id)
            == (candidate.collection, candidate.passage.document_id)
            and candidate.start_char < other.end_char
            and other.start_char < candidate.end_char
            for other in kept
        ):
            kept.append(candidate)
    return kept


def normalised(text: str) -> str:
    """What two spans that say the same have in common."""
    return re.sub(r"\W+", " ", text).strip().lower()


def quote_bounds(sentences: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """Start and end of the sentences that hold the characters from `start` to `end`."""
    touching = [bounds for bounds in sentences if bounds[0] < end and start < bounds[1]]
    return (
        min([start, *(bounds[0] for bounds in touching)]),
        max([end, *(bounds[1] for bounds in touching)]),
    )


def place_of(places: Sequence[Place], position: int) -> Place | None:
    """The place that a character belongs to."""
    return next((place for place in places if place.start_char <= position < place.end_char), None)
