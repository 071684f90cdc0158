"""Questions wait in a bounded queue."""

import asyncio
import os
import sys
import threading
import uuid
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from answering.answer import Answer
from answering.followups.turns import Turn
from answering.question import Question
from bot.serving.fair_queue import Asker
from bot.serving.queue import (
    AnswerQueue,
    BusyError,
    MendingError,
    NodesAwayError,
    TooSlowError,
)
from index.errors import IndexDamagedError
from tests.bot.discord_app.fakes import GatedAnswers, found, span
from tests.waiting import pass_time, until_in_loop


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
    queue = AnswerQueue(gated, mend, workers=1, max_waiting=1, time_limit_s=30)

    async def ask() -> None:
        slow = [asyncio.create_task(queue.ask(Question(f"q{n}"), (), 0, None)) for n in range(2)]
        await until_in_loop(lambda: bool(gated.asked))
        pass_time(30)
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
        pass_time(30)
        await asyncio.sleep(30)

    queue = AnswerQueue(DamagedAnswers(), mend, workers=1, max_waiting=1, time_limit_s=30)

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
    begun, held = threading.Event(), threading.Event()
    queue = AnswerQueue(GatedAnswers(), mend, workers=1, max_waiting=5, time_limit_s=60)

    def work() -> None:
        begun.set()
        held.wait()

    async def ask() -> None:
        asked = asyncio.create_task(queue.do(work, 30))
        await until_in_loop(begun.is_set)
        pass_time(30)
        with pytest.raises(TooSlowError):
            await asked
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
        assert await queue.refuses(Question("one more"), (), 0, None, loud)
        assert not await queue.refuses(Question("one more"), (), 0, None, quiet)
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
            await until_in_loop(lambda: bool(gated.asked))
        now[0] = 16.0
        gated.gate.set()
        await asyncio.gather(*waiting)

    run(ask())
    queue.close()
    assert [question.text for question, _ in gated.asked] == ["q0", "q3", "q2", "q1"]


@dataclass
class Remembered(GatedAnswers):
    """Answers nothing until it is let, and knows what it answered until it is made to forget."""

    answers: dict[str, Answer] = field(default_factory=dict)

    def answer(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        answer = super().answer(question, earlier, alternatives, scope)
        self.answers[f"{scope} {question.text}"] = answer
        return answer

    def known(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer | None:
        answer = self.answers.get(f"{scope} {question.text}")
        return answer and replace(answer, id=uuid.uuid4().hex)

    @property
    def read(self) -> list[str]:
        """Which questions were read, in order."""
        return [question.text for question, _ in self.asked]


class Waiting:
    """Questions in a queue of one worker, whose turn is one of somebody else."""

    def __init__(self, answers: Remembered, max_waiting: int = 9) -> None:
        self.queue = AnswerQueue(answers, mend, workers=1, max_waiting=max_waiting, time_limit_s=30)
        self._answers = answers

    def ask(
        self, text: str, member: str = "", scope: str | None = "here"
    ) -> "asyncio.Task[Answer]":
        asked = self.queue.ask(Question(text), (), 0, scope, asker=Asker(scope or "", member))
        return asyncio.create_task(asked)

    async def begin(self) -> "asyncio.Task[Answer]":
        first = self.ask("first")
        await until_in_loop(lambda: bool(self._answers.asked))
        return first


def test_the_same_question_of_many_is_read_once_and_answered_to_each() -> None:
    answers = Remembered()
    waiting = Waiting(answers)

    async def ask() -> None:
        first = await waiting.begin()
        loud = [waiting.ask(f"loud {number}", "loud") for number in range(3)]
        same = [waiting.ask("why", f"member {number}") for number in range(20)]
        same += [waiting.ask("why", "loud")]
        await until_in_loop(lambda: waiting.queue.taken >= 5)
        answers.gate.set()
        found = await asyncio.gather(*same)
        assert {answer.question for answer in found} == {"why"}
        assert len({answer.id for answer in found}) == 21
        await asyncio.gather(first, *loud)

    run(ask())
    waiting.queue.close()
    # All of them take the turn of the first who has one.
    assert answers.read == ["first", "loud 0", "why", "loud 1", "loud 2"]
    assert waiting.queue.taken == 0


def test_the_same_question_in_another_server_is_another() -> None:
    answers = Remembered()
    waiting = Waiting(answers)

    async def ask() -> None:
        first = await waiting.begin()
        asked = [waiting.ask("why", scope=scope) for scope in ("here", "there", "here", None)]
        await until_in_loop(lambda: waiting.queue.taken >= 4)
        answers.gate.set()
        await asyncio.gather(first, *asked)

    run(ask())
    waiting.queue.close()
    assert answers.read == ["first", "why", "why", "why"]


def test_what_waits_already_or_is_known_is_taken_by_a_full_queue() -> None:
    answers = Remembered()
    answers.answers["here known"] = replace(found(span()), question="known")
    waiting = Waiting(answers, max_waiting=1)
    full = Asker("here", "other")

    async def ask() -> None:
        first = await waiting.begin()
        second = waiting.ask("why")
        await asyncio.sleep(0.01)
        queue = waiting.queue
        assert await queue.refuses(Question("else"), (), 0, "here", full)
        assert not await queue.refuses(Question("why"), (), 0, "here", full)
        assert not await queue.refuses(Question("known"), (), 0, "here", full)
        assert await queue.refuses(Question("known"), (), 0, "there", Asker("here"))
        # It waits for nobody who is read.
        assert (await waiting.ask("known", "other")).question == "known"
        third = waiting.ask("why", "other")
        await asyncio.sleep(0.01)
        with pytest.raises(BusyError):
            await waiting.ask("else", "other")
        answers.gate.set()
        await asyncio.gather(first, second, third)

    run(ask())
    waiting.queue.close()
    assert answers.read == ["first", "why"]


def test_a_crowd_that_asks_everything_twice_keeps_no_other_server_out() -> None:
    answers = Remembered()
    waiting = Waiting(answers, max_waiting=3)

    async def ask() -> None:
        first = await waiting.begin()
        crowd = [waiting.ask(f"loud {number}", member) for number in range(3) for member in "ab"]
        # What is being answered is shared, too, and nobody who waits for that is refused.
        also_first = waiting.ask("first", "c")
        await asyncio.sleep(0.01)
        guest = waiting.ask("quiet", scope="there")
        await asyncio.sleep(0.01)
        for one in crowd[-2:]:
            with pytest.raises(BusyError):
                await one
        answers.gate.set()
        await asyncio.gather(first, also_first, guest, *crowd[:-2])

    run(ask())
    waiting.queue.close()
    assert answers.read == ["first", "loud 0", "quiet", "loud 1"]
    assert waiting.queue.taken == 0


def test_who_asked_the_same_is_served_although_the_first_gives_up_or_fails() -> None:
    class Failing(Remembered):
        def answer(
            self,
            question: Question,
            earlier: tuple[Turn, ...],
            alternatives: int,
            scope: str | None,
        ) -> Answer:
            is_first = question.text not in self.read
            answer = super().answer(question, earlier, alternatives, scope)
            if question.text == "breaks" and is_first:
                self.answers.clear()
                raise OSError("a page of the disk")
            return answer

    answers = Failing()
    waiting = Waiting(answers)

    async def ask() -> None:
        first = await waiting.begin()
        given_up = waiting.ask("why", "a")
        kept = waiting.ask("why", "b")
        breaks = [waiting.ask("breaks", member) for member in "ab"]
        await until_in_loop(lambda: waiting.queue.taken >= 3)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        answers.gate.set()
        assert (await kept).question == "why"
        results = await asyncio.gather(*breaks, return_exceptions=True)
        assert [isinstance(one, OSError) for one in results] == [True, False]
        await first

    run(ask())
    waiting.queue.close()
    assert waiting.queue.taken == 0


def test_what_changed_while_it_was_read_is_read_again_for_who_asked_later() -> None:
    class Changing(Remembered):
        """Its documents change during the first reading, so that no more is known of it."""

        def answer(
            self,
            question: Question,
            earlier: tuple[Turn, ...],
            alternatives: int,
            scope: str | None,
        ) -> Answer:
            answer = super().answer(question, earlier, alternatives, scope)
            if len(self.asked) == 1:
                self.answers.clear()
            return answer

    answers = Changing()
    waiting = Waiting(answers)

    async def ask() -> None:
        first = await waiting.begin()
        again = waiting.ask("first", "b")
        await asyncio.sleep(0.01)
        answers.gate.set()
        await asyncio.gather(first, again)

    run(ask())
    waiting.queue.close()
    assert answers.read == ["first", "first"]


def test_who_asks_what_is_under_way_takes_no_worker_from_other_questions() -> None:
    gates = {name: threading.Event() for name in ("slow", "else")}

    class Gated(Remembered):
        def answer(
            self,
            question: Question,
            earlier: tuple[Turn, ...],
            alternatives: int,
            scope: str | None,
        ) -> Answer:
            self.gate = gates[question.text]
            return super().answer(question, earlier, alternatives, scope)

    answers = Gated()
    queue = AnswerQueue(answers, mend, workers=2, max_waiting=9, time_limit_s=30)

    async def ask() -> None:
        def asked(text: str) -> asyncio.Task[Answer]:
            return asyncio.create_task(queue.ask(Question(text), (), 0, None))

        slow = [asked("slow") for _ in range(3)]
        await asyncio.sleep(0)
        gates["else"].set()
        assert (await asked("else")).question == "else"
        assert not any(one.done() for one in slow)
        gates["slow"].set()
        await asyncio.gather(*slow)

    run(ask())
    queue.close()
    assert sorted(answers.read) == ["else", "slow"]
    assert queue.taken == 0


def test_where_no_answer_is_known_those_who_ask_the_same_share_what_they_waited_for() -> None:
    answers = GatedAnswers()
    queue = AnswerQueue(answers, mend, workers=1, max_waiting=1, time_limit_s=30)

    async def ask() -> None:
        def asked(text: str) -> asyncio.Task[Answer]:
            return asyncio.create_task(queue.ask(Question(text), (), 0, None))

        first = asked("first")
        await until_in_loop(lambda: bool(answers.asked))
        early = [asked("why") for _ in range(50)]
        await asyncio.sleep(0)
        # They have one place, and nobody may ask anything else.
        with pytest.raises(BusyError):
            await asked("else")
        answers.gate.set()
        assert len({answer.id for answer in await asyncio.gather(first, *early)}) == 51

        answers.gate.clear()
        begun = asked("again")
        await until_in_loop(lambda: len(answers.asked) >= 3)
        # What they are told may be newer than what is being read.
        later = [asked("again") for _ in range(50)]
        await asyncio.sleep(0)
        answers.gate.set()
        assert len({answer.id for answer in await asyncio.gather(begun, *later)}) == 51

    run(ask())
    queue.close()
    assert [question.text for question, _ in answers.asked] == ["first", "why", "again", "again"]
    assert queue.taken == 0


@pytest.mark.parametrize("error", [BusyError(), TooSlowError(), NodesAwayError()])
def test_what_keeps_one_from_an_answer_is_told_to_all_who_waited_for_it(error: Exception) -> None:
    class Away(GatedAnswers):
        def answer(
            self,
            question: Question,
            earlier: tuple[Turn, ...],
            alternatives: int,
            scope: str | None,
        ) -> Answer:
            super().answer(question, earlier, alternatives, scope)
            raise error

    answers = Away()
    queue = AnswerQueue(answers, mend, workers=1, max_waiting=9, time_limit_s=30)

    async def ask() -> None:
        asked = [
            asyncio.create_task(queue.ask(Question(text), (), 0, None))
            for text in ("first", *["why"] * 50)
        ]
        await until_in_loop(lambda: bool(answers.asked))
        answers.gate.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(one) for one in told} == {type(error)}

    run(ask())
    queue.close()
    assert len(answers.asked) == 2
    assert queue.taken == 0


def test_who_shares_a_reading_that_takes_too_long_is_told_that_it_did() -> None:
    answers = GatedAnswers()
    queue = AnswerQueue(answers, mend, workers=1, max_waiting=9, time_limit_s=30)

    async def ask() -> None:
        asked = [asyncio.create_task(queue.ask(Question("why"), (), 0, None)) for _ in range(3)]
        await until_in_loop(lambda: bool(answers.asked))
        pass_time(30)
        told = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(one) for one in told} == {TooSlowError}
        answers.gate.set()

    run(ask())
    queue.close()
    assert len(answers.asked) == 1


def test_a_crowd_that_shares_a_reading_keeps_nobody_from_being_served() -> None:
    """However it goes on, each question is served: those that were passed over, too."""
    answers = GatedAnswers()
    answers.gate.set()
    queue = AnswerQueue(answers, mend, workers=3, max_waiting=9, time_limit_s=30)

    async def ask() -> None:
        async def member(number: int) -> None:
            for turn in range(20):
                text = f"q{(number * turn) % 5}"
                asker = Asker(str(number % 4), str(number))
                assert (await queue.ask(Question(text), (), 0, None, asker=asker)).question == text

        await asyncio.gather(*map(member, range(40)))

    run(ask())
    queue.close()
    assert queue.taken == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_whoever_answers_gives_way_to_the_event_loop() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def with_help() -> tuple[int, int]:
        """The priorities of the thread, and of one that helps it."""
        with ThreadPoolExecutor(1) as helpers:
            return priority(), helpers.submit(priority).result()

    queue = AnswerQueue(GatedAnswers(), mend, workers=1, max_waiting=9, time_limit_s=30)

    async def ask() -> None:
        before = priority()
        own, helping = await queue.do(with_help)
        assert own == helping > before == priority()

    run(ask())
    queue.close()


def test_the_wait_is_told_by_the_pace_of_the_last_answers() -> None:
    now = [0.0]

    class Slow(GatedAnswers):
        def answer(self, *asked: Any) -> Answer:
            now[0] += 3.0
            return super().answer(*asked)

    answers = Slow()
    answers.gate.set()
    queue = AnswerQueue(
        answers, mend, workers=1, max_waiting=9, time_limit_s=30, clock=lambda: now[0]
    )

    told: list[float | None] = []

    async def ask() -> None:
        told.append(queue.wait_s)
        await queue.ask(Question("first"), (), 0, None)
        answers.gate.clear()
        waiting = [asyncio.create_task(queue.ask(Question(f"q{n}"), (), 0, None)) for n in range(4)]
        await until_in_loop(lambda: queue.taken >= 4)
        told.append(queue.wait_s)
        answers.gate.set()
        await asyncio.gather(*waiting)

    run(ask())
    queue.close()
    told.append(queue.wait_s)
    assert told == [None, 4 * 3.0, 0.0]
