"""What a person typed -> a `Question`, cleaned once. Every later step takes that value."""

import unicodedata
from dataclasses import dataclass
from typing import Self

from answering.english.words import with_straight_apostrophes
from answering.language import is_foreign
from index.filters import EVERYTHING, Filter


class QuestionError(Exception):
    """The question can't be asked: it is blank, too long or not in English."""


def in_one_line(text: str) -> str:
    """
    Clean what a person typed.

    It has no control or invisible characters, single spaces, and straight apostrophes, which are
    those that the reader was taught with.
    """
    visible = (
        " " if character.isspace() or unicodedata.category(character) == "Cc" else character
        for character in text
        # Format characters (zero-width, direction) and half characters carry no words.
        if unicodedata.category(character) not in {"Cf", "Cs"}
    )
    return with_straight_apostrophes(" ".join("".join(visible).split()))


@dataclass(frozen=True, slots=True)
class Question:
    """A question that can be asked."""

    text: str
    """As `in_one_line` cleans it."""
    within: Filter = EVERYTHING
    """Which documents it may be answered from; a follow-up has its own."""

    @classmethod
    def typed(cls, text: str, max_chars: int, within: Filter = EVERYTHING) -> Self:
        """
        Clean what a person typed.

        Args:
            text: What was typed.
            max_chars: So long it may be.
            within: Which documents it may be answered from.

        Raises:
            QuestionError: If nothing is left, more than `max_chars` characters are, or it is surely
                not in English.
        """
        cleaned = in_one_line(text)
        if not any(character.isalnum() for character in cleaned):
            raise QuestionError("The question is empty. Ask something in words.")
        if len(cleaned) > max_chars:
            raise QuestionError(
                f"The question has {len(cleaned):,} characters; at most {max_chars:,} are read. "
                "Ask for one thing at a time."
            )
        if is_foreign(cleaned):
            raise QuestionError(
                "This does not seem to be English, the only language that Quoth reads: please ask "
                "in English."
            )
        return cls(cleaned, within)
