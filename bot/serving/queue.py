"""The queue where questions wait: so many are answered at once, so many wait, none for ever."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from answering.answer import Answer
from answering.followups.detection import Turn
from answering.question import Question
from index.errors import IndexDamagedError


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
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        """
        Answer a question without holding up the event loop; for the arguments see `ScopedAnswers`.

        Raises:
            BusyError: At once, if as many questions wait as may; and after the time limit, if it
                passed in waiting alone.
            TooSlowError: If the time limit passed, the time of waiting included.
            MendingError: If it passed while a damaged index was built anew.
            IndexDamagedError: If the index can't be mended.
        """
        if self.is_full:
            raise BusyError
        work = self._submit(question, earlier, alternatives, scope)
        is_mending = False
        try:
            async with asyncio.timeout(self._time_limit_s):
                try:
                    return await asyncio.wrap_future(work)
                except IndexDamagedError:
                    # No worker waits for that: others may be answered meanwhile.
                    is_mending = True
                    await self._mend()
                    is_mending = False
                work = self._submit(question, earlier, alternatives, scope)
                return await asyncio.wrap_future(work)
        except TimeoutError as error:
            if is_mending:
                raise MendingError from error
            # What can still be called off was never begun: it was the queue that took so long.
            raise (BusyError if work.cancel() else TooSlowError) from error

    def _submit(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Future[Answer]:
        with self._lock:
            self._taken += 1
        work = self._executor.submit(self._answers.answer, question, earlier, alternatives, scope)
        # A question that runs too long keeps its worker, so it also keeps its place.
        work.add_done_callback(self._left)
        return work

    def _left(self, _: Future[Answer]) -> None:
        with self._lock:
            self._taken -= 1

    def close(self) -> None:
        """Take no more questions and forget those that wait."""
        self._executor.shutdown(wait=False, cancel_futures=True)
