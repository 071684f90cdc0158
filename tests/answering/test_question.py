"""What a person typed becomes one clean line."""

from hypothesis import given
from hypothesis import strategies as st

from answering.question import QuestionError, clean_question


def test_control_and_invisible_characters_leave_the_question() -> None:
    asked = "how\x1b[31m many\u200b for\u202e theft\r\n\x00?"

    assert clean_question(asked, 100) == "how [31m many for theft ?"


@given(st.text(max_size=50))
def test_a_cleaned_question_is_one_printable_line(question: str) -> None:
    try:
        cleaned = clean_question(question, 100)
    except QuestionError:
        return
    assert cleaned == " ".join(cleaned.split())
    assert not any(ord(character) < 32 for character in cleaned)
    assert clean_question(cleaned, 100) == cleaned
