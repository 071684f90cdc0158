"""
What a passage has to do with what was said before -> how a follow-up is asked of it, and what its
spans are worth. Pure functions.

What a passage says to the question before tells how likely it is the one that is spoken of, what a
pronoun stands for there, and where in it people are. docs/lab/conversation.md says what else was
tried.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answering.candidates import Candidate, normalised, quote_bounds
from answering.english import PERSONAL_PRONOUNS, content_words, has_number, words_of
from answering.followups.detection import FollowUp, end_of
from answering.followups.rewriting import is_fragment, with_topic
from reader.model import PassageText, Wording
from reader.spans import Span

# What each other wording of a follow-up weighs beside the joined one.
OTHER_WEIGHT = 0.5
# All of these are in the reader's logits, or of them.
# Of the margin by which a passage answers the question before worse than another one does, what its
# spans lose.
BEFORE_SHARE = 0.3
# What a span that answers the question before once more loses, since the reader likes to do that. A
# champion can win twice, so the words are not shut out.
SAID_LOSS = 3.0
# What a span gains in the sentence that answers the question before. Of train's follow-ups, 70 %
# are answered there, as 5 % of its other questions are: by Bayes' rule that is 2.7 over others.
SAME_SENTENCE_GAIN = 2.0
# What a span loses that answers a fragment with no number after a number, or the other way round:
# "and for arson?" asks for what the question before asked for.
OTHER_KIND_LOSS = 2.0
# What spans near what was just shown gain, for each cosine that their passages do. With what the
# calibration makes of that, it is the 4 logits that were chosen; alone, that changes with each
# calibration (docs/lab/conversation.md).
NEAR_MARGIN = 12.0


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What a passage has to do with what was asked and answered before."""

    topic: str
    """What a pronoun may stand for there: the last answer if the passage names it, or else the
    passage's own answer to the previous question."""
    behind: float
    """How far the margin with which the passage answers the previous question is behind that of the
    passage that answers it best: 0, or less. 0 if the passage names the last answer: "how old is
    she" may be answered anywhere."""
    start_char: int
    """Start of the topic in the passage, or of the passage's own answer to the previous question if
    the punctuation differs."""
    end_char: int
    """Exclusive."""


def antecedents(
    follow_up: FollowUp, passages: Sequence[PassageText], before: Sequence[Span]
) -> dict[int, Antecedent]:
    """
    Tell how likely each passage is the one that is spoken of.

    Args:
        follow_up: What is asked.
        passages: Where.
        before: Their best spans for `follow_up.before`; a passage without words has none.

    Returns:
        By the passage's id; nothing for one without words.
    """
    texts = {passage.id: passage.text for passage in passages}
    ahead = max((span.margin for span in before), default=0.0)
    answer = follow_up.answer or ""
    # A number may stand anywhere.
    is_name = any(map(str.isalpha, answer))
    found = {}
    for span in before:
        text = texts[span.passage_id]
        names_it = is_name and f" {normalised(answer)} " in f" {normalised(text)} "
        named = re.search(re.escape(answer), text, re.IGNORECASE) if names_it else None
        start_char, end_char = named.span() if named else (span.start_char, span.end_char)
        found[span.passage_id] = Antecedent(
            topic=answer if names_it else span.text,
            behind=0.0 if names_it else span.margin - ahead,
            start_char=start_char,
            end_char=end_char,
        )
    return found


def other_wordings(follow_up: FollowUp, antecedent: Antecedent | None) -> tuple[Wording, ...]:
    """
    What else a passage is asked: the question with its topic, and filled in or else as typed.

    The topic takes the place of a pronoun, or else stands before the question.
    A person or thing is no number: "how old is she" is not asked of "46".

    Args:
        follow_up: What is asked.
        antecedent: The passage's; None if it has no words.
    """
    wordings = [Wording(follow_up.filled_in or follow_up.question, OTHER_WEIGHT)]
    if antecedent is not None:
        is_of_person = not PERSONAL_PRONOUNS.isdisjoint(words_of(follow_up.question.lower()))
        if any(map(str.isalpha, antecedent.topic)) or not is_of_person:
            topic = end_of(antecedent.topic)
            about = with_topic(follow_up.question, topic) or f"{topic} {follow_up.question}"
            wordings.insert(0, Wording(about, OTHER_WEIGHT))
    return tuple(wordings)


def in_conversation(
    candidate: Candidate, follow_up: FollowUp, antecedent: Antecedent | None, *, is_near: bool
) -> Candidate:
    """
    The candidate, weaker or stronger by what was said before.

    Weaker if its passage is hardly the one that is spoken of, if it was just said, or if it is of
    another kind than what was; stronger if it stands beside that, or near what was shown.
    Where nothing was answered, what its passage says to the question before counts as said, unless
    the new one asks for that in other words.

    Args:
        candidate: Found for `follow_up`.
        follow_up: What was asked.
        antecedent: Its passage's; None if the passage was not asked the question before.
        is_near: Whether its passage is near what was just shown.
    """
    margin, said = candidate.features.margin, follow_up.answer
    if said is None and antecedent is not None and not _is_reworded(follow_up):
        said = antecedent.topic
    is_said = said is not None and normalised(candidate.span.text) == normalised(said)
    if is_said:
        margin -= SAID_LOSS
    if is_near:
        margin += NEAR_MARGIN * follow_up.near_gain
    if antecedent is not None:
        margin += BEFORE_SHARE * antecedent.behind
        # What was said does not stand beside itself.
        if _in_same_sentence(candidate, antecedent) and not is_said:
            margin += SAME_SENTENCE_GAIN
        is_other_kind = has_number(antecedent.topic) != has_number(candidate.span.text)
        if is_other_kind and is_fragment(follow_up.question):
            margin -= OTHER_KIND_LOSS
    return replace(candidate, features=replace(candidate.features, margin=margin))


def _in_same_sentence(candidate: Candidate, antecedent: Antecedent) -> bool:
    """Whether it begins in a sentence that says something to the question before."""
    start, end = quote_bounds(
        candidate.passage.sentences, antecedent.start_char, antecedent.end_char
    )
    return start <= candidate.span.start_char < end


def _is_reworded(follow_up: FollowUp) -> bool:
    """Whether it says a word of the question before."""
    return not set(content_words(follow_up.before)).isdisjoint(content_words(follow_up.question))
