"""What a person typed becomes one clean line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.question import Question, QuestionError


def test_control_and_invisible_characters_leave_the_question() -> None:
    asked = "how\x1b[31m many\u200b for\u202e theft\r\n\x00?"

    assert Question.typed(asked, 100).text == "how [31m many for theft ?"


def test_the_apostrophes_of_phones_are_those_of_keyboards() -> None:
    assert Question.typed("so what’s the O’Brien cup, and who isnʼt in it", 100).text == (
        "so what's the O'Brien cup, and who isn't in it"
    )


@given(st.text(max_size=50))
def test_a_cleaned_question_is_one_printable_line(question: str) -> None:
    try:
        cleaned = Question.typed(question, 100).text
    except QuestionError:
        return
    assert cleaned == " ".join(cleaned.split())
    assert not any(ord(character) < 32 for character in cleaned)
    assert Question.typed(cleaned, 100).text == cleaned


@pytest.mark.parametrize("question", ["", "   \n", "\x00\x1b", "\u200b\u202e", "???", "…"])
def test_a_question_without_words_is_refused(question: str) -> None:
    with pytest.raises(QuestionError, match="empty"):
        Question.typed(question, 100)


def test_a_question_that_is_too_long_is_refused_with_both_numbers() -> None:
    with pytest.raises(QuestionError, match=r"10,000 characters; at most 4,000"):
        Question.typed("a" * 10_000, 4_000)
