"""Question -> `Answer`: retrieve, read, choose, check."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answer import Answer, AnswerSpan, NearestPassage, Timings
from bot.candidates import Candidate, Judged, candidates, judge
from bot.confidence import Calibration
from bot.locating import located, near
from bot.question import clean_question
from index.retrieve import Hit, Retrieval, Retriever
from reader.model import PassageText, Reader

SPANS_PER_PASSAGE = 3
# What a person will look through; the best that were not good enough.
MAX_NEAREST = 3


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
        return located(judged, self._retriever.source(judged.candidate.passage))

    def _nearest(self, hits: Sequence[Hit]) -> tuple[NearestPassage, ...]:
        return tuple(
            near(hit.passage, self._retriever.source(hit.passage)) for hit in hits[:MAX_NEAREST]
        )
