"""
Question -> `Answer`: retrieve, read, choose, check.

Whatever leaves this module as an answer stands in a document, character for character.
"""

import re
import time
import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.confidence import Calibration
from index.documents import Place
from index.passages import Passage
from index.retrieve import Hit, Retriever
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
class _Judged:
    """A span and the probability that it is right."""

    span: Span
    confidence: float


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
        """Take the parts; see `bot.settings.Settings` for the numbers."""
        self._retriever = retriever
        self._reader = reader
        self._calibration = calibration
        self._passages = passages
        self._min_confidence = min_confidence
        self._max_question_chars = max_question_chars

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
        asked = clean_question(question, self._max_question_chars)
        retrieval = self._retriever.retrieve(asked, self._passages)
        read_from = time.perf_counter()
        passages = [PassageText(hit.passage.id, hit.passage.text) for hit in retrieval.hits]
        read = self._reader.read(asked, passages, SPANS_PER_PASSAGE)
        read_s = time.perf_counter() - read_from
        hits = {hit.passage.id: hit for hit in retrieval.hits}
        judged = self._judge(read, hits)
        confidence = judged[0].confidence if judged else 0.0
        answered = bool(judged) and confidence >= self._min_confidence
        shown = judged[: 1 + alternatives] if answered else []
        spans = [self._located(each, hits[each.span.passage_id].passage) for each in shown]
        return Answer(
            id=uuid.uuid4().hex,
            question=asked,
            spans=tuple(spans[:1]),
            confidence=confidence,
            alternatives=tuple(spans[1:]),
            nearest=() if answered else self._nearest(retrieval.hits),
            generation=self._retriever.generation.id,
            timings=Timings(
                encode_s=retrieval.encode_s,
                search_s=retrieval.search_s,
                read_s=read_s,
                total_s=time.perf_counter() - started,
            ),
        )

    def _judge(self, read: Sequence[Span], hits: dict[int, Hit]) -> list[_Judged]:
        """Order the spans of all passages by their evidence, each with its confidence."""
        evidence = {
            span: self._calibration.evidence(span.margin, hits[span.passage_id].cosine_score)
            for span in read
        }
        ordered = sorted(evidence, key=lambda span: -evidence[span])
        distinct = self._distinct(ordered, {i: hit.passage for i, hit in hits.items()})
        judged: list[_Judged] = []
        for span in distinct:
            rivals = [
                evidence[other]
                for other in distinct
                if normalised(other.text) != normalised(span.text)
            ]
            gap = evidence[span] - max(rivals, default=0.0)
            judged.append(_Judged(span, self._calibration.confidence(evidence[span], gap)))
        return judged

    def _distinct(self, spans: Sequence[Span], passages: dict[int, Passage]) -> list[Span]:
        """See `distinct_spans`; documents of two collections may have the same id."""
        sources = {i: self._retriever.source(passage) for i, passage in passages.items()}
        kept = {
            span
            for source in set(sources.values())
            for span in distinct_spans(
                [span for span in spans if sources[span.passage_id] is source], passages
            )
        }
        return [span for span in spans if span in kept]

    def _located(self, judged: _Judged, passage: Passage) -> AnswerSpan:
        """Give a span its document and its quote, and check that it stands there."""
        span = judged.span
        source = self._retriever.source(passage)
        document = source.texts.document(passage.document_id)
        start, end = passage.start_char + span.start_char, passage.start_char + span.end_char
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


def distinct_spans(spans: Sequence[Span], passages: dict[int, Passage]) -> list[Span]:
    """
    Drop every span that overlaps a better one in the document.

    Neighbouring passages share a sentence, so the reader finds the same words twice.

    Args:
        spans: Best first.
        passages: By id.
    """
    kept: list[Span] = []
    taken: list[tuple[str, int, int]] = []
    for span in spans:
        passage = passages[span.passage_id]
        start, end = passage.start_char + span.start_char, passage.start_char + span.end_char
        if any(
            document == passage.document_id and start < other_end and other_start < end
            for document, other_start, other_end in taken
        ):
            continue
        taken.append((passage.document_id, start, end))
        kept.append(span)
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
