"""Answers to questions that are asked again, kept while the index that they are from is in use."""

import hashlib
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from answering.answer import Answer, Timings
from answering.followups.detection import Turn, Understanding, understand
from answering.question import Question

# Of each answerer. An answer takes a few kilobytes, and what many ask, they ask soon.
MAX_KEPT = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer without the question: nobody agreed to that being kept."""

    answer: Answer
    is_follow_up: bool
    """Whether it was understood together with the question that began the subject."""


class AnswersUnderstood(Protocol):
    """Answers questions that were understood; see `Answerer.answer_understood`."""

    def answer_understood(
        self, question: Question, understanding: Understanding, alternatives: int
    ) -> Answer:
        """Answer one question."""
        ...


class AnswerCache:
    """
    Asks an answerer, but for the same question in the same context only once.

    An answerer reads in generations that never change, so what it said once it would say again. A
    new index and another server's collection have an answerer of their own, and with it a memory
    of their own. Any thread may call it.
    """

    def __init__(self, answerer: AnswersUnderstood) -> None:
        """Begin without any answer; `answerer` is asked what was not asked before."""
        self._answerer = answerer
        self._lock = threading.Lock()
        # The one that was asked for longest ago comes first.
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()

    def answer(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer:
        """See `Answerer.answer`; each answer has an id and timings of its own."""
        started = time.perf_counter()
        understanding = understand(question.text, earlier)
        joined = understanding.follow_up.joined if understanding.follow_up else None
        key = _key(question, understanding, alternatives)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is None:
            answer = self._answerer.answer_understood(question, understanding, alternatives)
            self._keep(key, answer)
            return answer
        return replace(
            kept.answer,
            id=uuid.uuid4().hex,
            question=question.text,
            understood=joined if kept.is_follow_up else None,
            timings=Timings(0.0, 0.0, 0.0, time.perf_counter() - started),
        )

    def _keep(self, key: bytes, answer: Answer) -> None:
        without = replace(answer, question="", understood=None)
        with self._lock:
            self._kept[key] = _Kept(without, is_follow_up=answer.understood is not None)
            while len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)


def _key(question: Question, understanding: Understanding, alternatives: int) -> bytes:
    """
    What an answer depends on, beside the index and the settings.

    The turns before it count only as far as the question was understood to lean on them.
    """
    return hashlib.sha256(repr((question, understanding, alternatives)).encode()).digest()
