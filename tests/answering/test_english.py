"""What the words of a text say about it."""

import json

import pytest

from answering.english import asks_for_judgement, is_question, small_talk
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("hello", "greeting"),
        ("Good morning!", "greeting"),
        ("hi there, bot", "greeting"),
        ("thanks, that helped", "thanks"),
        ("thank you so much for your help", "thanks"),
        ("Ok, thanks!", "thanks"),
        ("bye", "farewell"),
        ("thanks, bye", "farewell"),
        ("ok", "other"),
        ("lol", "other"),
    ],
)
def test_small_talk_has_a_kind(text: str, kind: str) -> None:
    assert small_talk(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "good?",
        "hello world program",
        "thanks to whom was it built",
        "is that ok",
        "help",
        "evening",
        "who said hello",
        "that helped",
        "",
    ],
)
def test_what_asks_something_is_no_small_talk(text: str) -> None:
    assert small_talk(text) is None


def test_no_question_that_quoth_was_measured_with_is_small_talk() -> None:
    lines = (ROOT / "training" / "data" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [qa["q"] for line in lines for qa in json.loads(line)["qas"]]

    assert [question for question in questions if small_talk(question)] == []


@pytest.mark.parametrize(
    "question",
    [
        "is the pool open on Sundays?",
        "Can I park here",
        "does it cost more",
        "doesn't it cost more",
        "and can I park there?",
        "how do I apply for a visa?",
        "how to renew a card",
        "how should we report it",
    ],
)
def test_yes_or_no_and_how_to_ask_for_more_than_a_span(question: str) -> None:
    assert asks_for_judgement(question)


@pytest.mark.parametrize(
    "question",
    [
        "how many were deported",
        "how did he die",
        "how do whales catch their food",
        "who is it",
        "which cans are there",
        "May 2012",
        "what does it cost",
        "canals in Venice",
        "isolated cases",
        "",
    ],
)
def test_other_questions_are_answered_by_a_span(question: str) -> None:
    assert not asks_for_judgement(question)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("and for theft?", True),
        ("how many were counted", True),
        ("and who said so", True),
        ("Can I bring a dog", True),
        ("lunch?  ", True),
        ("haha yes", False),
        ("👍", False),
        ("that is a lot", False),
        ("thanks, that helped", False),
        ("", False),
    ],
)
def test_a_question_is_told_by_its_mark_or_its_first_word(text: str, asks: bool) -> None:
    assert is_question(text) is asks
