"""
The queue where questions wait: so many are answered at once, so many wait, none for ever.

Servers take turns, and their members do. Where the queue is full, whoever has few waiting takes the
last place of whoever has most. Those who wait for an answer to the same words in the same scope
have one place together, and get it together: all who wait when it begins share one reading, and who
comes meanwhile waits for its end, while other questions are served. An answer that is known waits
for no turn.
"""

import asyncio
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar

from answering.answer import Answer
from answering.followups.turns import Turn
from answering.question import Question
from bot.serving.fair_queue import ANYBODY, Asker, FairQueue
from index.errors import IndexDamagedError, SearchServerError
from index.filters import FilterError

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


# What is told of a question to all who asked it before it was tried; else the next of them tries.
_TELLING = (FilterError, *UNHARMED)
# The newest answer's share in the mean of the seconds that the last few took.
_NEWEST_SHARE = 0.2
# Looking up what is known takes milliseconds; what takes longer is not known.
_LOOKUP_S = 0.5
# The niceness of threads that answer, above that of the event loop.
_GIVEN_WAY = 5


def _give_way() -> None:
    """
    Have the kernel run the event loop before this thread, and those that it starts.

    On a busy machine whoever asks hears in time that Quoth is at it, or that it is too busy.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(
            os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _GIVEN_WAY
        )


@dataclass(frozen=True, slots=True)
class _Work:
    """What is to be done."""

    do: Callable[[], Any]
    same: Hashable
    """Equal to that of other work if the result of one serves both."""
    known: Callable[[], Any] | None = None
    """Gives the result if it is known, without waiting; else None. None if it never is."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """What waits for a worker."""

    begun: Future[Any]
    work: _Work
    asker: Asker
    since: float


def _has_not_begun(waiting: _Waiting) -> bool:
    return not waiting.begun.running() and not waiting.begun.done()


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

    def known(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer | None:
        """As `answer`, without waiting; None where the answer would have to be found."""
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
        self._line: FairQueue[_Waiting] = FairQueue(self._stands_for_a_place)
        self._answers = answers
        self._mend = mend
        self._workers = workers
        self._capacity = workers + max_waiting
        self._time_limit_s = time_limit_s
        self._executor = ThreadPoolExecutor(
            workers, thread_name_prefix="answer", initializer=_give_way
        )
        # Looks up what is known while all workers are busy, since files may be read for it.
        self._lookups = ThreadPoolExecutor(1, thread_name_prefix="known")
        # Those that wait or are being answered, by what is the same for all whom one result serves.
        self._taken: dict[Hashable, list[_Waiting]] = {}
        # The same of those that are being answered.
        self._under_way: set[Hashable] = set()
        self._answer_s: float | None = None
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Questions that wait or are being answered; the same one counts once."""
        return len(self._taken)

    @property
    def is_full(self) -> bool:
        """Whether the next question would be refused, or take the place of another."""
        return self.taken >= self._capacity

    @property
    def wait_s(self) -> float | None:
        """In how many seconds all that wait now will be answered; None before the first answer."""
        if self._answer_s is None:
            return None
        return self._answer_s * self.taken / self._workers

    async def refuses(
        self,
        question: Question,
        earlier: tuple[Turn, ...],
        alternatives: int,
        scope: str | None,
        asker: Asker,
    ) -> bool:
        """Whether `ask` would refuse a question at once; that takes moments."""
        with self._lock:
            if not self.is_full or self._line.may_push_out(asker):
                return False
        asked = (question, earlier, alternatives, scope)
        return asked not in self._taken and await self._known(asked) is None

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
        asked = (question, earlier, alternatives, scope)
        if self.is_full and asked not in self._taken:
            known = await self._known(asked)
            if known is not None:
                return known
        work = _Work(
            partial(self._answers.answer, *asked), asked, partial(self._answers.known, *asked)
        )
        answer: Answer = await self._do(work, limit_s, asker)
        return answer

    async def share(self, find: Callable[[], Answer], same: Hashable) -> Answer:
        """
        Find an answer as `do` does, once for all who wait for the same.

        Args:
            find: Finds it.
            same: Equal where the answer is the same.
        """
        answer: Answer = await self._do(_Work(find, same), None, ANYBODY)
        return answer

    async def _known(
        self, asked: tuple[Question, tuple[Turn, ...], int, str | None]
    ) -> Answer | None:
        looked_up = self._lookups.submit(self._answers.known, *asked)
        try:
            async with asyncio.timeout(_LOOKUP_S):
                return await asyncio.wrap_future(looked_up)
        except TimeoutError:
            return None

    async def do(self, work: Callable[[], _T], limit_s: float | None = None) -> _T:
        """
        Do what takes as long as a question, in its turn, in a worker thread.

        Args:
            work: Called once, or twice if an index turns out damaged and is built anew.
            limit_s: Seconds for which its result is wanted, if they are fewer than the time limit.

        Raises:
            BusyError: At once, if as many questions wait as may; when somebody with fewer takes the
                place; and after the time limit, if it passed in waiting alone.
            TooSlowError: If the time limit passed, the time of waiting included.
            MendingError: If it passed while a damaged index was built anew.
            IndexDamagedError: If the index can't be mended.
        """
        result: _T = await self._do(_Work(work, object()), limit_s, ANYBODY)
        return result

    async def _do(self, work: _Work, limit_s: float | None, asker: Asker) -> Any:
        """See `do`."""
        if self.is_full and work.same not in self._taken and not self._make_room(asker):
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
            # What can still be called off was never begun, neither for others who wait for the
            # same: it was the queue that took so long.
            was_waiting = begun.cancel() and work.same not in self._under_way
            raise (BusyError if was_waiting else TooSlowError) from error

    def _stands_for_a_place(self, waiting: _Waiting) -> bool:
        """
        Whether something that waits is what a place is counted by, and may be lost with.

        That is the first of those who wait for the same; of what is being done, nobody may be lost,
        since that would make no room.
        """
        same = self._taken[waiting.work.same]
        return waiting is same[0] and all(_has_not_begun(one) for one in same)

    def _make_room(self, asker: Asker) -> bool:
        """Refuse somebody else who has more places, and whoever shares the last one, if any has."""
        with self._lock:
            pushed_out = self._line.push_out(asker)
            if pushed_out is None:
                return False
            refused = tuple(self._taken[pushed_out.work.same])
            for one in refused:
                self._line.discard(one.asker, one)
        for one in refused:
            one.begun.set_exception(BusyError())
        return True

    def _submit(self, work: _Work, asker: Asker) -> Future[Any]:
        begun: Future[Any] = Future()
        waiting = _Waiting(begun, work, asker, self._clock())
        with self._lock:
            self._taken.setdefault(work.same, []).append(waiting)
            self._line.put(asker, waiting)
        # A question that runs too long keeps its worker, so it also keeps its place.
        begun.add_done_callback(lambda _: self._left(waiting))
        # As many calls as questions, but none is bound to one: whoever's turn it is then is served.
        self._executor.submit(self._serve_next)
        if work.known is not None and self.taken > self._workers:
            # What is known waits for no turn.
            self._lookups.submit(self._serve_same, work.same)
        return begun

    def _serve_next(self) -> None:
        began = self._clock()
        with self._lock:
            waiting = self._begin_next(began)
            if waiting is None:
                return
            same = waiting.work.same
            self._under_way.add(same)
            # Their own readings would have begun no earlier, and found nothing newer.
            sharing = tuple(one for one in self._taken[same] if one is not waiting)
        try:
            result = waiting.work.do()
        except BaseException as error:
            waiting.begun.set_exception(error)
            if isinstance(error, _TELLING):
                for one in self._take_out(sharing):
                    one.set_exception(error)
        else:
            seconds = self._clock() - began
            self._note_pace(seconds)
            waiting.begun.set_result(result)
            for one in self._take_out(sharing):
                one.set_result(result.for_another(seconds))
            self._serve_same(same)
        finally:
            self._serve_those_passed_over(same)

    def _begin_next(self, now: float) -> _Waiting | None:
        """What a worker is to do; None if nothing waits but for what another worker is doing."""
        late = now - self._time_limit_s / 2
        while True:
            waiting = self._line.take(
                lambda one: one.since < late, lambda one: one.work.same not in self._under_way
            )
            # Else it was called off.
            if waiting is None or waiting.begun.set_running_or_notify_cancel():
                return waiting

    def _take_out(self, waiting: Iterable[_Waiting]) -> Iterator[Future[Any]]:
        """Take those who still wait out of the line; yields the future of each, which has begun."""
        for one in waiting:
            with self._lock:
                is_ours = (
                    self._line.discard(one.asker, one) and one.begun.set_running_or_notify_cancel()
                )
            if is_ours:
                yield one.begun

    def _serve_those_passed_over(self, same: Hashable) -> None:
        """Have those served who came for the same meanwhile, whom a worker had passed over."""
        with self._lock:
            self._under_way.discard(same)
            is_wanted = any(map(_has_not_begun, self._taken.get(same, ())))
        if is_wanted:
            # Else the queue was closed.
            with suppress(RuntimeError):
                self._executor.submit(self._serve_next)

    def _note_pace(self, seconds: float) -> None:
        with self._lock:
            before = seconds if self._answer_s is None else self._answer_s
            self._answer_s = before + _NEWEST_SHARE * (seconds - before)

    def _serve_same(self, same: Hashable) -> None:
        """
        Serve those who wait for the same, if it is known.

        Each has it looked up: after it was found for one, the documents may have changed.
        """
        with self._lock:
            others = tuple(self._taken.get(same, ()))
        for other in others:
            known = other.work.known and other.work.known()
            if known is None:
                return
            # None if a worker has just begun with it.
            for begun in self._take_out([other]):
                begun.set_result(known)

    def _left(self, waiting: _Waiting) -> None:
        with self._lock:
            same = self._taken[waiting.work.same]
            same.remove(waiting)
            if not same:
                del self._taken[waiting.work.same]
            self._line.discard(waiting.asker, waiting)

    def close(self) -> None:
        """Take no more questions and forget those that wait."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        self._lookups.shutdown(wait=False, cancel_futures=True)
        while True:
            with self._lock:
                waiting = self._line.take(lambda _: False)
            if waiting is None:
                return
            waiting.begun.cancel()
