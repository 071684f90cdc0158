"""
The queue where questions wait: so many are answered at once, so many wait, none for ever.

Servers take turns, and their members do. Where the queue is full, whoever has few waiting takes the
last place of whoever has most.
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from answering.answer import Answer
from answering.followups.detection import Turn
from answering.question import Question
from bot.serving.fair_line import ANYBODY, Asker, FairLine
from index.errors import IndexDamagedError, SearchServerError

_T = TypeVar("_T")


class BusyError(Exception):
    """As many questions wait as may."""


class TooSlowError(Exception):
    """The time limit is over; the answer is no longer wanted."""


class MendingError(Exception):
    """The time limit is over while an index that turned out damaged is built anew."""


class NodesAwayError(Exception):
    """Questions are left to other processes, and none of them can take one."""


UNHARMED = (BusyError, TooSlowError, MendingError, NodesAwayError, SearchServerError)
"""What keeps a question from an answer though nothing is wrong with what it is answered from."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """What waits for a worker."""

    begun: Future[Any]
    work: Callable[[], Any]
    since: float


class ScopedAnswers(Protocol):
    """What a face asks of an answerer."""

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        """
        Answer one question; called in a worker thread.

        Args:
            question: What is asked.
            earlier: The turns before it, oldest first.
            alternatives: How many other answers, at most.
            scope: The collection of the server where it is asked; none in direct messages.

        Raises:
            IndexDamagedError: If what it is answered from turns out damaged.
        """
        ...


class AnswerQueue:
    """Hands questions to worker threads; its own methods belong to the event loop."""

    def __init__(
        self,
        answers: ScopedAnswers,
        mend: Callable[[], Awaitable[None]],
        *,
        workers: int,
        max_waiting: int,
        time_limit_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Take the answerer, and what builds anew what turns out damaged.

        See `bot.settings.Settings` for the numbers; the clock counts seconds.
        """
        self._clock = clock
        self._line: FairLine[_Waiting] = FairLine()
        self._answers = answers
        self._mend = mend
        self._capacity = workers + max_waiting
        self._time_limit_s = time_limit_s
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="answer")
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Questions that wait or are being answered."""
        return self._taken

    @property
    def is_full(self) -> bool:
        """Whether the next question would be refused, or take the place of another."""
        return self._taken >= self._capacity

    def refuses(self, asker: Asker) -> bool:
        """Whether the next question of an asker would be refused."""
        with self._lock:
            return self.is_full and not self._line.may_push_out(asker)

    async def ask(
        self,
        question: Question,
        earlier: tuple[Turn, ...],
        alternatives: int,
        scope: str | None,
        limit_s: float | None = None,
        asker: Asker = ANYBODY,
    ) -> Answer:
        """
        Answer a question without holding up the event loop.

        The arguments are those of `ScopedAnswers`, and the others and the errors those of `do`.
        """
        work = partial(self._answers.answer, question, earlier, alternatives, scope)
        return await self.do(work, limit_s, asker)

    async def do(
        self, work: Callable[[], _T], limit_s: float | None = None, asker: Asker = ANYBODY
    ) -> _T:
        """
        Do what takes as long as a question, in its turn, in a worker thread.

        Args:
            work: Called once, or twice if an index turns out damaged and is built anew.
            limit_s: Seconds for which its result is wanted, if they are fewer than the time limit.
            asker: Whose turn it takes.

        Raises:
            BusyError: At once, if as many questions wait as may; when somebody with fewer takes the
                place; and after the time limit, if it passed in waiting alone.
            TooSlowError: If the time limit passed, the time of waiting included.
            MendingError: If it passed while a damaged index was built anew.
            IndexDamagedError: If the index can't be mended.
        """
        if self.is_full and not self._make_room(asker):
            raise BusyError
        begun = self._submit(work, asker)
        is_mending = False
        try:
            async with asyncio.timeout(min(limit_s or self._time_limit_s, self._time_limit_s)):
                try:
                    return await asyncio.wrap_future(begun)
                except IndexDamagedError:
                    # No worker waits for that: others may be answered meanwhile.
                    is_mending = True
                    await self._mend()
                    is_mending = False
                begun = self._submit(work, asker)
                return await asyncio.wrap_future(begun)
        except TimeoutError as error:
            if is_mending:
                raise MendingError from error
            # What can still be called off was never begun: it was the queue that took so long.
            raise (BusyError if begun.cancel() else TooSlowError) from error

    def _make_room(self, asker: Asker) -> bool:
        """Refuse somebody else who has more waiting, if there is one."""
        with self._lock:
            pushed_out = self._line.push_out(asker)
        if pushed_out is None:
            return False
        pushed_out.begun.set_exception(BusyError())
        return True

    def _submit(self, work: Callable[[], _T], asker: Asker) -> Future[_T]:
        begun: Future[_T] = Future()
        waiting = _Waiting(begun, work, self._clock())
        with self._lock:
            self._taken += 1
            self._line.put(asker, waiting)
        # A question that runs too long keeps its worker, so it also keeps its place.
        begun.add_done_callback(lambda _: self._left(asker, waiting))
        # As many calls as questions, but none is bound to one: whoever's turn it is then is served.
        self._executor.submit(self._serve_next)
        return begun

    def _serve_next(self) -> None:
        late = self._clock() - self._time_limit_s / 2
        with self._lock:
            waiting = self._line.take(lambda one: one.since < late)
        if waiting is None or not waiting.begun.set_running_or_notify_cancel():
            # It was called off.
            return
        try:
            result = waiting.work()
        except BaseException as error:
            waiting.begun.set_exception(error)
        else:
            waiting.begun.set_result(result)

    def _left(self, asker: Asker, waiting: "_Waiting") -> None:
        with self._lock:
            self._taken -= 1
            self._line.discard(asker, waiting)

    def close(self) -> None:
        """Take no more questions and forget those that wait."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        while True:
            with self._lock:
                waiting = self._line.take(lambda _: False)
            if waiting is None:
                return
            waiting.begun.cancel()
