"""The queue where questions wait: so many are answered at once, so many wait, none for ever."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

from answering.answer import Answer
from answering.followups.detection import Turn
from answering.question import Question
from index.errors import IndexDamagedError

_T = TypeVar("_T")


class BusyError(Exception):
    """As many questions wait as may."""


class TooSlowError(Exception):
    """The time limit is over; the answer is no longer wanted."""


class MendingError(Exception):
    """The time limit is over while an index that turned out damaged is built anew."""


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
    ) -> None:
        """
        Take the answerer, and what builds anew what turns out damaged.

        See `bot.settings.Settings` for the numbers.
        """
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
        """Whether the next question would be refused."""
        return self._taken >= self._capacity

    async def ask(
        self,
        question: Question,
        earlier: tuple[Turn, ...],
        alternatives: int,
        scope: str | None,
        limit_s: float | None = None,
    ) -> Answer:
        """
        Answer a question without holding up the event loop.

        The arguments are those of `ScopedAnswers`, and `limit_s` and the errors those of `do`.
        """
        work = partial(self._answers.answer, question, earlier, alternatives, scope)
        return await self.do(work, limit_s)

    async def do(self, work: Callable[[], _T], limit_s: float | None = None) -> _T:
        """
        Do what takes as long as a question, in its turn, in a worker thread.

        Args:
            work: Called once, or twice if an index turns out damaged and is built anew.
            limit_s: Seconds for which its result is wanted, if they are fewer than the time limit.

        Raises:
            BusyError: At once, if as many questions wait as may; and after the time limit, if it
                passed in waiting alone.
            TooSlowError: If the time limit passed, the time of waiting included.
            MendingError: If it passed while a damaged index was built anew.
            IndexDamagedError: If the index can't be mended.
        """
        if self.is_full:
            raise BusyError
        begun = self._submit(work)
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
                begun = self._submit(work)
                return await asyncio.wrap_future(begun)
        except TimeoutError as error:
            if is_mending:
                raise MendingError from error
            # What can still be called off was never begun: it was the queue that took so long.
            raise (BusyError if begun.cancel() else TooSlowError) from error

    def _submit(self, work: Callable[[], _T]) -> Future[_T]:
        with self._lock:
            self._taken += 1
        begun = self._executor.submit(work)
        # A question that runs too long keeps its worker, so it also keeps its place.
        begun.add_done_callback(self._left)
        return begun

    def _left(self, _: Future[_T]) -> None:
        with self._lock:
            self._taken -= 1

    def close(self) -> None:
        """Take no more questions and forget those that wait."""
        self._executor.shutdown(wait=False, cancel_futures=True)
