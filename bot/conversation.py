"""
Earlier turns and a new question -> what to look for, and what to ask the reader. Pure functions.

A question that stands alone is asked as it is. One that leans on what was said before ("and for
arson?", "when did she resign") is asked together with the question that began the subject. What a
passage says to the question before tells how likely it is the one that is spoken of; in the best
passages, the new question is asked after that, and filled in from the one before it or as typed,
too. One that may be either is asked both ways. docs/conversation.md says what else was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bot.answer import Answer
from bot.candidates import Candidate, normalised
from bot.ellipsis import filled_in, without_opening
from bot.words import (
    ASKING_WORDS,
    AUXILIARIES,
    BARE_WORDS,
    COMMON_WORDS,
    PERSONAL_PRONOUNS,
    POINTING_WORDS,
    PRONOUNS,
    content_words,
    is_small_talk,
    words_of,
)
from reader.model import PassageText, Wording
from reader.spans import Span

# Earlier turns that are looked at; nobody leans on what was said before that.
MAX_TURNS = 10
# Of what was asked or answered before, shared by those that are repeated: the ends, where questions
# stand. The reader keeps 64 tokens of what it is asked, and the new question needs its share.
MAX_EARLIER_CHARS = 200
# What a span that answers the question before once more loses, in the reader's logits, since the
# reader likes to do that. A champion can win twice, so the words are not shut out.
SAID_LOSS = 3.0
# What a passage near what was just shown gains, as a cosine: where the question surely leans on it,
# and where it may stand alone. The conversation may have nothing to do with it then.
NEAR_GAIN = 0.25
NEAR_GAIN_IF_MAYBE = 0.12
# What each other wording of a follow-up weighs beside the joined one.
OTHER_WEIGHT = 0.5
# Of the margin by which a passage answers the question before worse than another one does, what its
# spans lose.
BEFORE_SHARE = 0.3


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
    understood: str | None = None
    """How it was asked after the turns before it; None if it was understood as typed."""

    @property
    def asked(self) -> str:
        """What was asked of the documents."""
        return self.question if self.understood is None else self.understood


def turn_of(answer: Answer) -> Turn:
    """What is remembered of an answer."""
    shown = answer.spans or answer.nearest
    return Turn(
        question=answer.question,
        answer=answer.spans[0].text if answer.spans else None,
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

    question: str
    """As typed."""
    filled_in: str | None
    """A fragment written into a question before it; None if it has no place in one."""
    joined: str
    """After the question that began the subject, and after the last one: looked for, and asked of
    every passage."""
    before: str
    """The last question, as it was asked: asked of the best passages, too."""
    cited: tuple[Cited, ...]
    """Where to look first."""
    near_gain: float
    """What passages near there gain, as a cosine."""
    answer: str | None
    """The last one, which is hardly asked for again; None if there was none."""


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
    follow_up = FollowUp(
        question=question,
        filled_in=_filled_in(question, turns),
        joined=f"{_subject(turns)} {question}",
        before=_end_of(last.asked),
        cited=last.cited,
        near_gain=NEAR_GAIN if leans is Leaning.YES else NEAR_GAIN_IF_MAYBE,
        answer=last.answer,
    )
    return Understanding(alone=leans is Leaning.MAYBE, follow_up=follow_up)


def _chain(turns: Sequence[Turn]) -> list[Turn]:
    """The turns of the last one's subject, newest first: up to the one that began it."""
    chain = []
    for turn in reversed(turns):
        chain.append(turn)
        if turn.understood is None:
            break
    return chain


def _subject(turns: Sequence[Turn]) -> str:
    """
    What a question goes on from: the one that began the subject, and the last one.

    "and in May?" after "who led the inquiry?" and "how much did it cost?" is about both.
    """
    last, *between = _chain(turns)
    if not between:
        return _end_of(last.question)
    both = (between[-1].question, last.question)
    return " ".join(_end_of(text, MAX_EARLIER_CHARS // 2) for text in both)


def _filled_in(question: str, turns: Sequence[Turn]) -> str | None:
    """The question written into the last one of the subject that has a place for it."""
    *between, root = (_end_of(turn.question) for turn in _chain(turns))
    wholes = [text for text in between if not ASKING_WORDS.isdisjoint(words_of(text.lower()))]
    return next(filter(None, (filled_in(question, text) for text in (*wholes, root))), None)


@dataclass(frozen=True, slots=True)
class Recall:
    """What a passage has to do with what was asked and answered before."""

    topic: str
    """What a pronoun may stand for there: the last answer if the passage names it, or else what it
    says itself to the question before."""
    behind: float
    """What the margin by which it answers the question before has more than that of the passage
    that answers it best; at most 0. 0 if it names the last answer: "how old is she" may be answered
    anywhere."""


def recall(
    follow_up: FollowUp, passages: Sequence[PassageText], before: Sequence[Span]
) -> dict[int, Recall]:
    """
    Tell how likely each passage is the one that is spoken of.

    Args:
        follow_up: What is asked.
        passages: Where.
        before: Their best spans for `follow_up.before`; a passage without words has none.

    Returns:
        By the passage's id; nothing for one without words.
    """
    texts = {passage.id: normalised(passage.text) for passage in passages}
    ahead = max((span.margin for span in before), default=0.0)
    answer = follow_up.answer or ""
    # A number may stand anywhere.
    is_name = any(map(str.isalpha, answer))
    found = {}
    for span in before:
        names_it = is_name and f" {normalised(answer)} " in f" {texts[span.passage_id]} "
        found[span.passage_id] = (
            Recall(answer, 0.0) if names_it else Recall(span.text, span.margin - ahead)
        )
    return found


def other_wordings(follow_up: FollowUp, recalled: Recall | None) -> tuple[Wording, ...]:
    """
    What else a passage is asked: the question after its topic, and filled in or else as typed.

    A person or thing is no number: "how old is she" is not asked after "46".

    Args:
        follow_up: What is asked.
        recalled: Of the passage; None if it has no words.
    """
    wordings = [Wording(follow_up.filled_in or follow_up.question, OTHER_WEIGHT)]
    if recalled is not None:
        is_of_person = not PERSONAL_PRONOUNS.isdisjoint(words_of(follow_up.question.lower()))
        if any(map(str.isalpha, recalled.topic)) or not is_of_person:
            after = f"{_end_of(recalled.topic)} {follow_up.question}"
            wordings.insert(0, Wording(after, OTHER_WEIGHT))
    return tuple(wordings)


def in_conversation(
    candidate: Candidate, follow_up: FollowUp, recalled: Recall | None
) -> Candidate:
    """
    The candidate, weaker if its passage is hardly the one that is spoken of, or it was just said.

    Where nothing was answered, what its passage says to the question before counts as said, unless
    the new one asks for that in other words.
    Only who is ahead depends on the passage, not how sure one is that answers both questions.

    Args:
        candidate: Found for `follow_up`.
        follow_up: What was asked.
        recalled: Of its passage; None if that was not asked the question before.
    """
    margin = candidate.clues.margin
    if recalled is not None:
        margin += BEFORE_SHARE * recalled.behind
    said = follow_up.answer
    if said is None and recalled is not None and not _is_reworded(follow_up):
        said = recalled.topic
    if said is not None and normalised(candidate.span.text) == normalised(said):
        margin -= SAID_LOSS
    return replace(candidate, clues=replace(candidate.clues, margin=margin))


def _is_reworded(follow_up: FollowUp) -> bool:
    """Whether it says a word of the question before."""
    return not set(content_words(follow_up.before)).isdisjoint(content_words(follow_up.question))


def _end_of(text: str, most: int = MAX_EARLIER_CHARS) -> str:
    """The end of a text, from the start of a word, in at most so many characters."""
    if len(text) <= most:
        return text
    end = text[-most:]
    # A text without spaces is cut where it is too long.
    return end.partition(" ")[2] or end


def leaning(question: str) -> Leaning:
    """
    Tell from a question's words alone whether it needs those before it.

    It does if it begins by going on ("and", "what about"), has nothing of its own but a question
    word ("when", "by how much"), or has a pronoun without a name that it could stand for. It may if
    it has a pronoun or hardly a word of its own, or few and speaks of "the" thing. A question that
    names something stands alone, and so does small talk.
    """
    if is_small_talk(question):
        return Leaning.NO
    asked = question.strip().rstrip("?!. ")
    rest = without_opening(question)
    words = words_of(rest)
    lowered = [word.lower() for word in words]
    own = content_words(rest)
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
    few = _FEW_OF_ITS_OWN if "the" in lowered else _HARDLY_ANY
    return Leaning.MAYBE if is_fragment or len(own) <= few else Leaning.NO


# Content words. "what did she think of the verdict" has two, and still needs somebody; "who will
# lead the new talks" has three, and may need to be told which talks.
_FEW_OF_ITS_OWN = 3
_HARDLY_ANY = 2
_FRAGMENT_WORDS = 3


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
