"""
Earlier turns and a new question -> what to look for, and what to ask the reader. Pure functions.

A question that stands alone is asked as it is. One that leans on what was said before ("and for
arson?", "when did she resign") is asked together with the question that began the subject, as the
reader was taught. One that may be either is asked both ways. docs/lab/conversation.md says more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from answering.answer import Answer
from answering.english import (
    ABOUT,
    BARE_WORDS,
    content_words,
    is_fragment,
    is_pronoun,
    is_small_talk,
    without_opening,
    words_of,
    years_asked,
)

# Earlier turns that are looked at; nobody leans on what was said before that.
MAX_TURNS = 10
# Of what was asked before, shared by the questions that are repeated: their ends. The reader keeps
# 64 tokens of what it is asked, and the new question needs its share.
MAX_EARLIER_CHARS = 200


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


class Leaning(Enum):
    """Whether a question leans on what was said before it."""

    NO = "no"
    MAYBE = "maybe"
    YES = "yes"


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

    "and in May?" after "who led the inquiry?" and "how much did it cost?" is about both.
    """
    last = turns[-1]
    began = next((turn for turn in reversed(turns) if turn.understood is None), turns[0])
    if began is last:
        return _end_of(last.question)
    return " ".join(_end_of(one.question, MAX_EARLIER_CHARS // 2) for one in (began, last))


def _end_of(text: str, most: int = MAX_EARLIER_CHARS) -> str:
    """The end of a text, from the start of a word, in at most so many characters."""
    if len(text) <= most:
        return text
    end = text[-most:]
    # A text without spaces is cut where it is too long.
    return end.partition(" ")[2] or end


def goes_on(question: str) -> bool:
    """
    Whether a question says that it goes on ("and in May?", "until when?") and nothing that it asks.

    "What about parking?" may be how somebody begins, and asks for whatever is said of it.
    Eight of the 101,320 questions in the files of training do, which were written to stand alone.
    """
    if is_small_talk(question):
        return False
    rest = without_opening(question)
    lowered = [word.lower() for word in words_of(rest)]
    if all(word in BARE_WORDS for word in lowered):
        return True
    if ABOUT.search(question) and content_words(rest):
        return False
    return len(rest) < len(question.strip().rstrip("?!. ")) and is_fragment(question)


def leaning(question: str) -> Leaning:
    """
    Tell from a question's words alone whether it needs those before it.

    It does if it has nothing of its own but a question word ("when", "by how much"), begins by
    going on ("and", "what about"), or has a pronoun without a name that it could stand for. In a
    sentence with more than a few words of its own ("and when does the help desk open on Saturdays")
    the last two only tell that it may, as it may if it has no more than a few. A question that
    names something stands alone, and so does small talk.
    """
    if is_small_talk(question):
        return Leaning.NO
    asked = question.strip().rstrip("?!. ")
    rest = without_opening(question)
    words = words_of(rest)
    lowered = [word.lower() for word in words]
    own = content_words(rest)
    if all(word in BARE_WORDS for word in lowered):
        return Leaning.YES
    names = [place for place, word in enumerate(words) if place and not word[0].islower()]
    pronoun = next((place for place in range(len(words)) if is_pronoun(lowered, place)), None)
    says_so = len(rest) < len(asked)
    if says_so or (pronoun is not None and not any(place < pronoun for place in names)):
        is_short = len(own) <= _FEW_OF_ITS_OWN or (says_so and is_fragment(question))
        return Leaning.YES if is_short else Leaning.MAYBE
    if names:
        return Leaning.NO
    if len(words) == 1:
        return Leaning.YES
    return Leaning.MAYBE if len(own) <= _FEW_OF_ITS_OWN else Leaning.NO


# Content words: "what did she think of the verdict" has two, and still needs somebody.
_FEW_OF_ITS_OWN = 2
