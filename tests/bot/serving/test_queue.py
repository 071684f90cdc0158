"""Questions wait in a bounded queue."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from answering.question import Question
from bot.serving.queue import AnswerQueue, BusyError, TooSlowError
from tests.bot.discord_app.fakes import GatedAnswers


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


def test_every_question_that_was_taken_is_answered() -> None:
    gated = GatedAnswers()
    queue = AnswerQueue(gated, workers=2, max_waiting=3, time_limit_s=30)

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
    queue = AnswerQueue(gated, workers=1, max_waiting=1, time_limit_s=0.05)

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
