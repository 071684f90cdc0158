"""Questions wait in a bounded queue."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

import pytest

from answering.answer import Answer
from answering.followups.detection import Turn
from answering.question import Question
from bot.serving.fair_line import Asker
from bot.serving.queue import AnswerQueue, BusyError, MendingError, TooSlowError
from index.errors import IndexDamagedError
from tests.bot.discord_app.fakes import GatedAnswers


async def mend() -> None:
    """Nothing is damaged here."""
    raise AssertionError


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_every_question_that_was_taken_is_answered() -> None:
    gated = GatedAnswers()
    queue = AnswerQueue(gated, mend, workers=2, max_waiting=3, time_limit_s=30)

    async def ask() -> None:
        waiting = [asyncio.create_task(queue.ask(Question(f"q{n}"), (), 0, None)) for n in range(5)]
        await asyncio.sleep(0)
        assert queue.is_full
        with pytest.raises(BusyError):
            await queue.ask(Question("one too many"), (), 0, None)
        gated.gate.set()
        answers = await asyncio.gather(*waiting)
        assert [answer.question for answer in answers] == [f"q{n}" for n in range(5)]

    run(ask())
    queue.close()
    assert queue.taken == 0


def test_a_question_that_is_given_up_while_waiting_is_never_read() -> None:
    gated = GatedAnswers()
    queue = AnswerQueue(gated, mend, workers=1, max_waiting=1, time_limit_s=0.05)

    async def ask() -> None:
        slow = [asyncio.create_task(queue.ask(Question(f"q{n}"), (), 0, None)) for n in range(2)]
        results = await asyncio.gather(*slow, return_exceptions=True)
        assert [type(result) for result in results] == [TooSlowError, BusyError]
        # The one that is being read still holds its worker.
        assert queue.taken == 1
        gated.gate.set()

    run(ask())
    queue.close()
    assert [question.text for question, _ in gated.asked] == ["q0"]


class DamagedAnswers(GatedAnswers):
    """Answers once the index was mended."""

    def __init__(self) -> None:
        super().__init__()
        self.gate.set()
        self.is_damaged = True

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        if self.is_damaged:
            raise IndexDamagedError("damaged")
        return super().answer(question, earlier, alternatives, scope)


def test_a_question_waits_for_a_damaged_index_and_no_worker_with_it() -> None:
    answers = DamagedAnswers()
    began, mended = asyncio.Event(), asyncio.Event()

    async def mend() -> None:
        began.set()
        await mended.wait()

    queue = AnswerQueue(answers, mend, workers=1, max_waiting=9, time_limit_s=30)

    async def ask() -> None:
        first = asyncio.create_task(queue.ask(Question("first"), (), 0, None))
        await began.wait()
        answers.is_damaged = False
        assert (await queue.ask(Question("second"), (), 0, None)).question == "second"
        assert not first.done()
        mended.set()
        assert (await first).question == "first"

    run(ask())
    queue.close()
    assert queue.taken == 0


def test_who_asks_while_the_index_is_mended_for_long_is_told_so() -> None:
    async def mend() -> None:
        await asyncio.sleep(30)

    queue = AnswerQueue(DamagedAnswers(), mend, workers=1, max_waiting=1, time_limit_s=0.05)

    async def ask() -> None:
        with pytest.raises(MendingError):
            await queue.ask(Question("why"), (), 0, None)

    run(ask())
    queue.close()


def test_an_index_that_can_not_be_mended_is_tried_twice() -> None:
    mended = 0

    async def mend() -> None:
        nonlocal mended
        mended += 1

    queue = AnswerQueue(DamagedAnswers(), mend, workers=1, max_waiting=1, time_limit_s=30)

    async def ask() -> None:
        with pytest.raises(IndexDamagedError):
            await queue.ask(Question("why"), (), 0, None)

    run(ask())
    queue.close()
    assert mended == 1


def test_work_whose_result_is_wanted_sooner_is_given_up_sooner() -> None:
    held = threading.Event()
    queue = AnswerQueue(GatedAnswers(), mend, workers=1, max_waiting=5, time_limit_s=60)

    async def ask() -> None:
        with pytest.raises(TooSlowError):
            await queue.do(held.wait, 0.05)
        held.set()

    run(ask())
    queue.close()


def test_a_server_that_asks_much_keeps_no_other_waiting_nor_out() -> None:
    gated = GatedAnswers()
    queue = AnswerQueue(gated, mend, workers=1, max_waiting=4, time_limit_s=30)
    loud, quiet = Asker("loud", "a"), Asker("quiet", "b")

    async def ask() -> None:
        def asked(text: str, asker: Asker) -> asyncio.Task[Answer]:
            return asyncio.create_task(queue.ask(Question(text), (), 0, None, asker=asker))

        crowd = [asked(f"loud {number}", loud) for number in range(5)]
        await asyncio.sleep(0)
        assert queue.refuses(loud)
        assert not queue.refuses(quiet)
        guest = asked("quiet", quiet)
        await asyncio.sleep(0)
        # The last of the crowd hears so at once.
        with pytest.raises(BusyError):
            await crowd[-1]
        gated.gate.set()
        await asyncio.gather(guest, *crowd[:-1])

    run(ask())
    queue.close()
    assert queue.taken == 0
    order = [question.text for question, _ in gated.asked]
    assert order.index("quiet") <= 2
    assert "loud 4" not in order


def test_once_the_wait_is_hopeless_the_newest_is_answered_first() -> None:
    gated = GatedAnswers()
    now = [0.0]
    queue = AnswerQueue(
        gated, mend, workers=1, max_waiting=9, time_limit_s=30, clock=lambda: now[0]
    )

    async def ask() -> None:
        waiting = []
        for number in range(4):
            # Nothing of the time limit has passed, by the clock of the event loop.
            waiting.append(asyncio.create_task(queue.ask(Question(f"q{number}"), (), 0, None)))
            await asyncio.sleep(0)
            while not gated.asked:
                await asyncio.sleep(0.001)
        now[0] = 16.0
        gated.gate.set()
        await asyncio.gather(*waiting)

    run(ask())
    queue.close()
    assert [question.text for question, _ in gated.asked] == ["q0", "q3", "q2", "q1"]
