"""
Earlier turns and a new question -> what to look for, and what to ask the reader. Pure functions.

A question that stands alone is asked as it is. One that leans on what was said before ("and for
arson?", "when did she resign") is asked together with the question that began the subject, as the
reader was taught. One that may be either is asked both ways. docs/lab/conversation.md says more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from answering.english.questions import is_small_talk, years_asked
from answering.followups.detection import Leaning, goes_on, leaning
from answering.followups.turns import MAX_TURNS, Cited, Turn

# How much is repeated of what was asked before: the ends of the questions, which share it. The
# reader keeps 64 tokens of what it is asked, and the new question needs its share.
MAX_EARLIER_CHARS = 200
# What a question may end with.
_MARKS = "?!. "


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a question, behind those of the questions that it leans on."""

    asked: str
    """As they are looked for, and asked of every passage."""
    parted: str
    """The same with a question mark after each question but the new one, also where nobody typed
    it: by that the cell is found that the new question names. The reader is not given these marks:
    people type few, and so do the questions that it was taught with."""

    @classmethod
    def of(cls, questions: Sequence[str]) -> "Wording":
        """The wording of some questions, the new one last."""
        *before, new = questions
        return cls(" ".join(questions), "? ".join([*(one.rstrip(_MARKS) for one in before), new]))


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question as it is understood after others."""

    wording: Wording
    """After the question that began the subject, and after the last one."""
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
        wording=Wording.of([*_subject(turns), question]),
        cited=turns[-1].cited if leans is Leaning.YES else (),
        years=years_asked(question),
    )
    return Understanding(alone=leans is Leaning.MAYBE, follow_up=follow_up)


def _subject(turns: Sequence[Turn]) -> list[str]:
    """
    What a question goes on from: the one that began the subject, and the last one.

    "and in May?" after "who led the inquiry?" and "how much did it cost?" is about both.
    """
    last = turns[-1]
    began = next((turn for turn in reversed(turns) if turn.understood is None), turns[0])
    if began is last:
        return [_end_of(last.question)]
    return [_end_of(one.question, MAX_EARLIER_CHARS // 2) for one in (began, last)]


def _end_of(text: str, most: int = MAX_EARLIER_CHARS) -> str:
    """The end of a text, from the start of a word, in at most so many characters."""
    if len(text) <= most:
        return text
    end = text[-most:]
    # A text without spaces is cut where it is too long.
    return end.partition(" ")[2] or end
