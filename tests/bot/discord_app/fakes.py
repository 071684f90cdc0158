"""Answerers that behave as a test wants them to."""

import threading
import uuid
from dataclasses import dataclass, field, replace

from answering.answer import Answer, AnswerSpan, NearestPassage, Timings
from answering.followups.turns import Turn
from answering.question import Question

_TIMINGS = Timings(encode_s=0.001, search_s=0.002, read_s=0.030, total_s=0.034)


def span(
    text: str = "812", before: str = "For arson ", after: str = " were counted."
) -> AnswerSpan:
    """An answer in its sentence."""
    return AnswerSpan(
        document_id="figures.txt",
        title="Figures of the agency",
        dated=None,
        start_char=100,
        end_char=100 + len(text),
        text=text,
        quote=before + text + after,
        quote_start_char=100 - len(before),
        place=None,
        confidence=0.83,
    )


def found(
    *spans: AnswerSpan,
    question: str = "how many for arson",
    alternatives: tuple[AnswerSpan, ...] = (),
    nearest: tuple[NearestPassage, ...] = (),
    candidates: tuple[AnswerSpan, ...] = (),
) -> Answer:
    """An answer that consists of these."""
    return Answer(
        id="0123456789abcdef0123456789abcdef",
        question=question,
        spans=spans,
        confidence=spans[0].confidence if spans else 0.1,
        alternatives=alternatives,
        nearest=nearest,
        generation="20260101T000000Z-abcdef",
        timings=_TIMINGS,
        candidates=candidates,
    )


class Clock:
    """A time that passes when it is told to, in seconds since 1970."""

    now = 100 * 24 * 60 * 60.0

    def __call__(self) -> float:
        return self.now


class Forgetful:
    """Knows no answer that it gave."""

    def known(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer | None:
        return None


@dataclass
class GatedAnswers(Forgetful):
    """Answers nothing until it is let."""

    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[Question, tuple[Turn, ...]]] = field(default_factory=list)

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        self.asked.append((question, earlier))
        self.gate.wait(30)
        return replace(found(span(), question=question.text), id=uuid.uuid4().hex)


@dataclass
class FixedAnswers(Forgetful):
    """Answers the same, whatever is asked."""

    given: Answer

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        return self.given


class BrokenAnswers(Forgetful):
    """Fails at every question."""

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        raise RuntimeError("the reader broke")
