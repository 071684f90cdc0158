"""
Earlier turns and a new question -> what to look for, and what to ask the reader. Pure functions.

A question that stands alone is asked as it is. One that leans on what was said before ("and for
arson?", "when did she resign") is asked together with the question that began the subject, as the
reader was taught. One that may be either is asked both ways. docs/lab/conversation.md says more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from answering.english import is_small_talk, years_asked
from answering.followups.detection import Leaning, goes_on, leaning
from answering.followups.turns import MAX_TURNS, Cited, Turn

# How much is repeated of what was asked before: the ends of the questions, which share it. The
# reader keeps 64 tokens of what it is asked, and the new question needs its share.
MAX_EARLIER_CHARS = 200


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question as it is understood after others."""

    joined: str
    """After the question that began the subject, and after the last one: looked for, and asked of
    every passage."""
    cited: tuple[Cited, ...]
    """Where to look first: where the last answer stands, if it surely leans on that."""
    years: frozenset[str]
    """Those that the new question itself asks about."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a question is asked."""

    alone: bool
    """As it was typed."""
    follow_up: FollowUp | None
    """How it is asked after others: besides, or only so; None if it stands alone."""
    goes_on: bool = False
    """Whether it goes on from a question before it, and there is none."""


def understand(question: str, earlier: Sequence[Turn]) -> Understanding:
    """
    Decide how to ask a question.

    Args:
        question: Cleaned.
        earlier: The turns before it, oldest first; those before the last `MAX_TURNS` don't count,
            nor does small talk.
    """
    turns = [turn for turn in earlier[-MAX_TURNS:] if not is_small_talk(turn.question)]
    leans = leaning(question) if turns else Leaning.NO
    if leans is Leaning.NO:
        return Understanding(alone=True, follow_up=None, goes_on=not turns and goes_on(question))
    follow_up = FollowUp(
        joined=f"{_subject(turns)} {question}",
        cited=turns[-1].cited if leans is Leaning.YES else (),
        years=years_asked(question),
    )
    return Understanding(alone=leans is Leaning.MAYBE, follow_up=follow_up)


def _subject(turns: Sequence[Turn]) -> str:
    """
    What a question goes on from: the one that began the subject, and the last one.

    "and in May?" after "who led the inquiry?" and "how much did it cost?" is about both. Each ends
    with a question mark, also where nobody typed it: by that the questions are told apart.
    """
    last = turns[-1]
    began = next((turn for turn in reversed(turns) if turn.understood is None), turns[0])
    if began is last:
        return f"{_end_of(last.question)}?"
    return " ".join(f"{_end_of(one.question, MAX_EARLIER_CHARS // 2)}?" for one in (began, last))


def _end_of(text: str, most: int = MAX_EARLIER_CHARS) -> str:
    """The end of a text without its mark, from the start of a word, in so many characters."""
    text = text.rstrip("?!. ")
    if len(text) <= most:
        return text
    end = text[-most:]
    # A text without spaces is cut where it is too long.
    return end.partition(" ")[2] or end
