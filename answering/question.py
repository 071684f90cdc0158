"""What a person typed -> one clean line."""

import unicodedata


class QuestionError(Exception):
    """The question can't be asked: it is blank or too long."""


def clean_question(question: str, max_chars: int) -> str:
    """
    Make one line of a question: no control or invisible characters, single spaces.

    Raises:
        QuestionError: If nothing is left, or more than `max_chars` characters are.
    """
    visible = (
        " " if character.isspace() or unicodedata.category(character) == "Cc" else character
        for character in question
        # Format characters (zero-width, direction) and half characters carry no words.
        if unicodedata.category(character) not in {"Cf", "Cs"}
    )
    cleaned = " ".join("".join(visible).split())
    if not any(character.isalnum() for character in cleaned):
        raise QuestionError("The question is empty. Ask something in words.")
    if len(cleaned) > max_chars:
        raise QuestionError(
            f"The question has {len(cleaned):,} characters; at most {max_chars:,} are read. "
            "Ask for one thing at a time."
        )
    return cleaned
