"""
Earlier turns and a new question -> what to look for, and what to ask the reader. Pure functions.

A question that stands alone is asked as it is. One that leans on what was said before ("and for
arson?", "when did she resign") is asked together with the question that began the subject, and in
the best passages with the last answer before it and as typed, too. One that may be either is asked
both ways. docs/conversation.md says what else was tried.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bot.answer import Answer
from bot.candidates import Candidate, normalised
from bot.words import (
    ASKING_WORDS,
    AUXILIARIES,
    BARE_WORDS,
    COMMON_WORDS,
    POINTING_WORDS,
    PRONOUNS,
    is_small_talk,
    words_of,
)
from reader.model import Wording

# Earlier turns that are looked at; nobody leans on what was said before that.
MAX_TURNS = 10
# Of an earlier question or answer: its end, where the question stands. The reader keeps 64 tokens
# of what it is asked, and the new question needs its share.
MAX_EARLIER_CHARS = 200
# What a span that says the last answer again loses, in the reader's logits: it likes to answer the
# first question once more. A champion can win twice, so the words are not shut out.
SAID_LOSS = 6.0
# What a passage near what was just shown gains, as a cosine: where the question surely leans on it,
# and where it may stand alone. The conversation may have nothing to do with it then.
NEAR_GAIN = 0.25
NEAR_GAIN_IF_MAYBE = 0.12
# What each other wording of a follow-up weighs beside the joined one.
OTHER_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Cited:
    """A range of a document that was shown."""

    collection: str
    document_id: str
    start_char: int
    end_char: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and what was answered."""

    question: str
    answer: str | None
    """None where the documents didn't say."""
    cited: tuple[Cited, ...] = ()
    """Where the answer stands, or else the nearest passages."""
    follows: bool = False
    """Whether it was understood through the turns before it."""


def turn_of(answer: Answer) -> Turn:
    """What is remembered of an answer."""
    shown = answer.spans or answer.nearest
    return Turn(
        question=answer.question,
        answer=answer.spans[0].text if answer.spans else None,
        cited=tuple(
            Cited(one.collection, one.document_id, one.start_char, one.end_char) for one in shown
        ),
        follows=answer.understood is not None,
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
    others: tuple[Wording, ...]
    """After the last answer, if there was one, and as typed: asked of the best passages besides."""
    cited: tuple[Cited, ...]
    """Where to look first."""
    near_gain: float
    """What passages near there gain, as a cosine."""
    said: str | None
    """The last answer, normalised, which is hardly asked for again."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """How a question is asked."""

    alone: bool
    """As it was typed."""
    follow_up: FollowUp | None
    """And, or only, so."""


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
        return Understanding(alone=True, follow_up=None)
    last = turns[-1]
    topic = _topic(question, turns)
    others = (*([f"{_end_of(topic)} {question}"] if topic else []), question)
    follow_up = FollowUp(
        joined=" ".join([*map(_end_of, _subject(turns)), question]),
        others=tuple(Wording(other, OTHER_WEIGHT) for other in others),
        cited=last.cited,
        near_gain=NEAR_GAIN if leans is Leaning.YES else NEAR_GAIN_IF_MAYBE,
        said=normalised(last.answer) if last.answer else None,
    )
    return Understanding(alone=leans is Leaning.MAYBE, follow_up=follow_up)


def _chain(turns: Sequence[Turn]) -> list[Turn]:
    """The turns of the last one's subject, newest first: up to the one that began it."""
    chain = []
    for turn in reversed(turns):
        chain.append(turn)
        if not turn.follows:
            break
    return chain


def _subject(turns: Sequence[Turn]) -> list[str]:
    """
    What a question goes on from: the one that began the subject, and the last one.

    "and in May?" after "who led the inquiry?" and "how much did it cost?" is about both.
    """
    last, *_ = chain = _chain(turns)
    return [chain[-1].question, last.question] if len(chain) > 1 else [last.question]


def _topic(question: str, turns: Sequence[Turn]) -> str | None:
    """
    What a pronoun stands for: the last answer.

    A person or thing is no number: "how old is she" after "46" means the name before that.
    """
    answers = [turn.answer for turn in _chain(turns) if turn.answer]
    if _PERSONAL.search(question):
        names = [answer for answer in answers if any(map(str.isalpha, answer))]
        return names[0] if names else None
    return answers[0] if answers else None


def _end_of(text: str) -> str:
    """The end of a text, from the start of a word."""
    if len(text) <= MAX_EARLIER_CHARS:
        return text
    end = text[-MAX_EARLIER_CHARS:]
    # A text without spaces is cut where it is too long.
    return end.partition(" ")[2] or end


def leaning(question: str) -> Leaning:
    """
    Tell from a question's words alone whether it needs those before it.

    It does if it begins by going on ("and", "what about"), has nothing of its own but a question
    word ("when", "by how much"), or has a pronoun without a name that it could stand for. It may if
    it has a pronoun or hardly a word of its own. A question that names something stands alone, and
    so does small talk.
    """
    if is_small_talk(question):
        return Leaning.NO
    asked = question.strip().rstrip("?!. ")
    rest = _GOING_ON.sub("", asked)
    words = words_of(rest)
    lowered = [word.lower() for word in words]
    own = [word for word in lowered if word not in COMMON_WORDS]
    if len(rest) < len(asked) or all(word in BARE_WORDS for word in lowered):
        return Leaning.YES
    names = [place for place, word in enumerate(words) if place and not word[0].islower()]
    pronoun = next((place for place in range(len(words)) if _is_pronoun(lowered, place)), None)
    if pronoun is not None and not any(place < pronoun for place in names):
        return Leaning.YES if len(own) <= _FEW_OF_ITS_OWN else Leaning.MAYBE
    if names:
        return Leaning.NO
    if len(words) == 1:
        return Leaning.YES
    is_fragment = (
        not any(word in ASKING_WORDS for word in lowered) and len(words) <= _FRAGMENT_WORDS
    )
    return Leaning.MAYBE if is_fragment or len(own) <= _HARDLY_ANY else Leaning.NO


# Content words. "what did she think of the verdict" has two, and still needs somebody.
_FEW_OF_ITS_OWN = 3
_HARDLY_ANY = 2
_FRAGMENT_WORDS = 3

_GOING_ON = re.compile(
    r"^(?:(?:and|but|so|ok|okay|also|or|then|what about|how about|how abt|what of|same for|n)\b"
    r"[\s,]*|&\s*)+",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:he|she|him|her|hers|his|they|them|their|theirs|it|its)\b", re.I)


def _is_pronoun(words: Sequence[str], place: int) -> bool:
    """Whether the word there stands for something that was said."""
    word = words[place]
    if word not in PRONOUNS:
        return False
    follower = words[place + 1] if place + 1 < len(words) else None
    if word == "there":
        # "how many are there", "is there a vaccine".
        return place == 0 or words[place - 1] not in AUXILIARIES
    if word in POINTING_WORDS:
        # "that year", "those who left" carry a noun or a clause; "what does that mean" none.
        return follower is None or follower in COMMON_WORDS
    if word == "one":
        # "one of", "one per cent" count.
        return follower not in {"of", "per", "percent", "in"}
    return True


def less_if_said(candidate: Candidate, follow_up: FollowUp) -> Candidate:
    """The candidate, weaker by `SAID_LOSS` if it says what the last answer said."""
    if normalised(candidate.span.text) != follow_up.said:
        return candidate
    clues = replace(candidate.clues, margin=candidate.clues.margin - SAID_LOSS)
    return replace(candidate, clues=clues)
