"""What is remembered of a question and its answer, for the questions after it."""

from dataclasses import dataclass

from answering.answer import Answer

# Earlier turns that are looked at; nobody leans on what was said before that.
MAX_TURNS = 10


@dataclass(frozen=True, slots=True)
class Cited:
    """A range of a document that was shown."""

    collection: str
    document_id: str
    start_char: int
    end_char: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and where it was answered."""

    question: str
    cited: tuple[Cited, ...] = ()
    """Where the answer stands, or else what may be it, or the nearest passages."""
    understood: str | None = None
    """How it was asked after the turns before it; None if it was understood as typed."""


def turn_of(answer: Answer) -> Turn:
    """What is remembered of an answer."""
    shown = answer.shown or answer.nearest
    return Turn(
        question=answer.question,
        cited=tuple(
            Cited(one.collection, one.document_id, one.start_char, one.end_char) for one in shown
        ),
        understood=answer.understood,
    )
