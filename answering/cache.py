"""Answers to questions that are asked again, kept while the index that they are from is in use."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from answering.answer import Answer
from answering.followups.rewriting import Understanding, understand
from answering.followups.turns import Turn
from answering.question import Question

# Answers of each answerer. One takes a few kilobytes, and what many ask, they ask soon.
MAX_STORED = 200


@dataclass(frozen=True, slots=True)
class _StoredAnswer:
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
    of their own. Any thread may call it; one that asks what another one is just having answered
    waits for that answer.
    """

    def __init__(self, answerer: AnswersUnderstood) -> None:
        """Begin without any answer; `answerer` is asked what was not asked before."""
        self._answerer = answerer
        self._lock = threading.Lock()
        # The one that was asked for longest ago comes first.
        self._stored: OrderedDict[bytes, _StoredAnswer] = OrderedDict()
        # What is being answered now; each event is set when that has ended, well or not. Where a
        # queue is in front, it has equal questions of one face, or of all gateways, share a reading
        # before they take a thread; the threads that meet here are those that it can't see: of a
        # face and of gateways at one node, of a page's earlier questions, and of programs that use
        # Quoth as a library.
        self._under_way: dict[bytes, threading.Event] = {}

    def answer(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer:
        """See `Answerer.answer`; each answer has an id and timings of its own."""
        started = time.perf_counter()
        understanding = understand(question.text, earlier)
        key = _key(question, understanding, alternatives)
        while True:
            with self._lock:
                stored = self._look_up(key)
                others = self._under_way.get(key)
                if stored is None and others is None:
                    ended = self._under_way[key] = threading.Event()
                    break
            if stored is not None:
                return _again(stored, question, understanding, started)
            # Where the other one fails, whoever wakes up first tries it next.
            assert others is not None  # noqa: S101 - neither stored nor under way leaves the loop
            others.wait()
        try:
            answer = self._answerer.answer_understood(question, understanding, alternatives)
            self._store(key, answer)
            return answer
        finally:
            with self._lock:
                del self._under_way[key]
            ended.set()

    def known(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer | None:
        """The answer, if it was given before; None if it would have to be found."""
        started = time.perf_counter()
        understanding = understand(question.text, earlier)
        with self._lock:
            stored = self._look_up(_key(question, understanding, alternatives))
        return None if stored is None else _again(stored, question, understanding, started)

    def _look_up(self, key: bytes) -> _StoredAnswer | None:
        stored = self._stored.get(key)
        if stored is not None:
            self._stored.move_to_end(key)
        return stored

    def _store(self, key: bytes, answer: Answer) -> None:
        without = replace(answer, question="", understood=None)
        with self._lock:
            self._stored[key] = _StoredAnswer(without, is_follow_up=answer.understood is not None)
            while len(self._stored) > MAX_STORED:
                self._stored.popitem(last=False)


def _again(
    stored: _StoredAnswer, question: Question, understanding: Understanding, started: float
) -> Answer:
    """An answer that was given before, for whoever asks now."""
    follow_up = understanding.follow_up
    return replace(
        stored.answer.for_another(time.perf_counter() - started),
        question=question.text,
        understood=follow_up.wording.asked if follow_up and stored.is_follow_up else None,
    )


def _key(question: Question, understanding: Understanding, alternatives: int) -> bytes:
    """
    What an answer depends on, beside the index and the settings.

    The turns before it count only as far as the question was understood to lean on them.
    """
    return hashlib.sha256(repr((question, understanding, alternatives)).encode()).digest()
