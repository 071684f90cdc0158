"""What the words of a text say about it."""

import pytest

from answering.english import is_question


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
