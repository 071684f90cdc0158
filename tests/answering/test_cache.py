"""A question that is asked again is answered at once, and never from another index."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from answering import cache
from answering.answer import Answer, Timings
from answering.answerer import Answerer
from answering.cache import AnswerCache
from answering.followups.rewriting import Understanding
from answering.followups.turns import turn_of
from answering.question import Question
from index.filters import Filter
from tests.conftest import Library
from tests.waiting import until

NO_TIME = Timings(0.0, 0.0, 0.0, 0.0)


class Counted:
    """Counts what an answerer is asked."""

    def __init__(self, answerer: Answerer) -> None:
        self.asked: list[str] = []
        self.fails = False
        self.gate = threading.Event()
        self.gate.set()
        self._answerer = answerer

    def answer_understood(
        self, question: Question, understanding: Understanding, alternatives: int
    ) -> Answer:
        self.asked.append(question.text)
        self.gate.wait(30)
        if self.fails:
            raise OSError("a page of the disk")
        return self._answerer.answer_understood(question, understanding, alternatives)


@pytest.fixture
def counted(library: Library) -> Counted:
    library.write("fines.txt", "Fines for theft 35, for arson 90. Nobody was fined for singing.")
    library.write("tolls.txt", "Tolls for lorries 12, for buses 8. Nobody paid for bicycles.")
    library.build()
    return Counted(library.answerer())


@pytest.fixture
def asked(counted: Counted) -> AnswerCache:
    return AnswerCache(counted)


def without_id(answer: Answer) -> Answer:
    return replace(answer, id="", timings=NO_TIME)


def test_the_same_question_is_looked_for_once_and_answered_alike(
    asked: AnswerCache, counted: Counted
) -> None:
    for question in ("how many for arson", "how many for piracy"):
        first, again = (asked.answer(Question(question), (), 2) for _ in range(2))

        assert without_id(again) == without_id(first)
        assert again.id != first.id
        assert again.timings.read_s == 0 < again.timings.total_s
    assert counted.asked == ["how many for arson", "how many for piracy"]


def test_what_would_be_answered_otherwise_is_another_question(
    asked: AnswerCache, counted: Counted
) -> None:
    assert asked.answer(Question("how many for arson"), (), 0).alternatives == ()
    assert asked.answer(Question("how many for arson"), (), 3).alternatives
    assert asked.answer(Question("How many for ARSON"), (), 3).question == "How many for ARSON"
    tolls = Question("how many for arson", Filter.given(["tolls*"]))
    assert not asked.answer(tolls, (), 3).answered

    assert len(counted.asked) == 4


def test_a_follow_up_is_the_same_only_after_the_same_turns(
    asked: AnswerCache, counted: Counted
) -> None:
    theft, lorries = (
        asked.answer(Question(f"how many for {word}")) for word in ("theft", "lorries")
    )
    counted.asked.clear()
    first, other, again = (
        asked.answer(Question("and for buses?"), earlier=(turn_of(before),))
        for before in (theft, lorries, theft)
    )

    assert counted.asked == ["and for buses?"] * 2
    assert first.understood == "how many for theft and for buses?"
    assert other.understood == "how many for lorries and for buses?"
    assert without_id(again) == without_id(first)


def test_turns_that_a_question_does_not_lean_on_make_no_difference(
    asked: AnswerCache, counted: Counted
) -> None:
    before = asked.answer(Question("how many for theft"))
    asked.answer(Question("how many people were fined in court for committing arson"))

    asked.answer(
        Question("how many people were fined in court for committing arson"), (turn_of(before),)
    )

    assert len(counted.asked) == 2


def test_so_many_answers_are_kept_and_those_asked_for_last(
    asked: AnswerCache, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "MAX_STORED", 2)
    for word in ("theft", "arson", "theft", "buses", "theft", "arson"):
        asked.answer(Question(f"how many for {word}"))

    assert [question.split()[-1] for question in counted.asked] == [
        *("theft", "arson", "buses", "arson"),
    ]


def test_the_text_of_questions_is_not_kept(asked: AnswerCache) -> None:
    before = asked.answer(Question("how many for theft"))
    asked.answer(Question("and for buses?"), earlier=(turn_of(before),))

    assert "how many" not in repr(asked._stored)
    assert "buses?" not in repr(asked._stored)


def test_a_failure_is_not_kept(asked: AnswerCache, counted: Counted) -> None:
    counted.fails = True
    with pytest.raises(OSError, match="page"):
        asked.answer(Question("how many for arson"))
    counted.fails = False

    assert asked.answer(Question("how many for arson")).answered


def test_who_asks_what_is_just_being_answered_shares_that_answer(
    asked: AnswerCache, counted: Counted
) -> None:
    counted.gate.clear()
    with ThreadPoolExecutor(4) as threads:
        answers = [threads.submit(asked.answer, Question("how many for arson")) for _ in range(3)]
        other = threads.submit(asked.answer, Question("how many for theft"))
        until(lambda: len(counted.asked) == 2)
        counted.gate.set()
        found = [answer.result(30) for answer in answers]

    assert sorted(counted.asked) == ["how many for arson", "how many for theft"]
    assert {without_id(answer) for answer in found} == {without_id(found[0])}
    assert len({answer.id for answer in found}) == 3
    assert other.result().question == "how many for theft"


def test_who_waits_for_an_answer_that_fails_asks_for_it_again(
    asked: AnswerCache, counted: Counted
) -> None:
    counted.fails = True
    counted.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        answers = [threads.submit(asked.answer, Question("how many for arson")) for _ in range(2)]
        until(lambda: counted.asked != [])
        counted.gate.set()
        errors = [answer.exception(30) for answer in answers]

    assert [type(error) for error in errors] == [OSError, OSError]
    assert len(counted.asked) == 2


def test_only_what_was_answered_is_known(asked: AnswerCache, counted: Counted) -> None:
    theft = Question("how many for theft")
    assert asked.known(theft) is None
    answer = asked.answer(theft)
    known = asked.known(theft)

    assert known is not None
    assert without_id(known) == without_id(answer)
    assert known.id != answer.id
    assert asked.known(theft, (), 1) is None
    assert asked.known(Question("and for buses?"), (turn_of(answer),)) is None
    assert counted.asked == ["how many for theft"]
