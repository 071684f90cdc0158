"""
What a passage has to do with what was said before -> how a follow-up is asked of it, and what its
spans are worth. Pure functions.

What a passage says to the question before is what a pronoun stands for there, and tells where in it
people are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answering.candidates import Candidate, normalised, quote_bounds
from answering.english import NEGATION, PERSONAL_PRONOUNS, words_of
from answering.followups.detection import FollowUp, end_of
from answering.followups.rewriting import with_topic
from answering.tuning import Tuning
from reader.model import PassageText, Wording
from reader.spans import Span

# Of each other wording: both together weigh as much as the joined one.
_OTHER_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Antecedent:
    """What a passage says of what was asked and answered before."""

    topic: str
    """What a pronoun may stand for there: the last answer if the passage names it, or else the
    passage's own answer to the question before."""
    start_char: int
    """Start of that answer in the passage, or of the passage's own if the marks in it differ."""
    end_char: int
    """Exclusive."""


def antecedents(
    follow_up: FollowUp, passages: Sequence[PassageText], before: Sequence[Span]
) -> dict[int, Antecedent]:
    """
    Tell what each passage says of what was said before.

    Args:
        follow_up: What is asked.
        passages: Where.
        before: Their best spans for `follow_up.before`; a passage without words has none.

    Returns:
        By the passage's id; nothing for one without words.
    """
    texts = {passage.id: passage.text for passage in passages}
    answer = follow_up.answer or ""
    # A number may stand anywhere.
    is_name = any(map(str.isalpha, answer))
    found = {}
    for span in before:
        text = texts[span.passage_id]
        names_it = is_name and f" {normalised(answer)} " in f" {normalised(text)} "
        named = re.search(re.escape(answer), text, re.IGNORECASE) if names_it else None
        place = named.span() if named else (span.start_char, span.end_char)
        found[span.passage_id] = Antecedent(answer if names_it else span.text, *place)
    return found


def other_wordings(follow_up: FollowUp, antecedent: Antecedent | None) -> tuple[Wording, ...]:
    """
    What else a passage is asked: the question filled in, or else with its topic and as typed.

    The topic takes the place of a pronoun, or else stands before the question.
    A person or thing is no number: "how old is she" is not asked of "46".

    Args:
        follow_up: What is asked.
        antecedent: The passage's; None if it has no words.
    """
    if follow_up.filled_in is not None:
        # It is whole: with a topic before it, it would ask of the thing that was asked of before.
        return (Wording(follow_up.filled_in, 2 * _OTHER_WEIGHT),)
    wordings = [Wording(follow_up.question, _OTHER_WEIGHT)]
    if antecedent is not None:
        is_of_person = not PERSONAL_PRONOUNS.isdisjoint(words_of(follow_up.question.lower()))
        if any(map(str.isalpha, antecedent.topic)) or not is_of_person:
            topic = end_of(antecedent.topic)
            about = with_topic(follow_up.question, topic) or f"{topic} {follow_up.question}"
            wordings.insert(0, Wording(about, _OTHER_WEIGHT))
    return tuple(wordings)


def in_conversation(
    candidate: Candidate,
    antecedent: Antecedent | None,
    tuning: Tuning,
    *,
    is_near: bool,
) -> Candidate:
    """
    The candidate, stronger if it stands near what was shown, or beside what was spoken of.

    Args:
        candidate: A span that was found for a follow-up.
        antecedent: Its passage's; None if the passage was not asked the question before.
        tuning: What each of the two is worth.
        is_near: Whether its passage is near what was just shown.
    """
    gain = tuning.near_margin if is_near else 0.0
    if antecedent is not None and _is_beside(candidate, antecedent):
        gain += tuning.same_sentence_gain
    features = candidate.features
    return replace(candidate, features=replace(features, margin=features.margin + gain))


def is_denied(candidate: Candidate, follow_up: FollowUp) -> bool:
    """
    Whether a follow-up asks for what is not so, and a candidate was just shown for what is.

    "What must it never cut?" after "what can it cut?".
    """
    return (
        NEGATION.search(follow_up.question) is not None
        and NEGATION.search(follow_up.before) is None
        and any(
            candidate.document == (one.collection, one.document_id)
            and candidate.start_char < one.end_char
            and one.start_char < candidate.end_char
            for one in follow_up.cited
        )
    )


def _is_beside(candidate: Candidate, antecedent: Antecedent) -> bool:
    """Whether it begins in the sentence of an antecedent, and is not the antecedent."""
    span = candidate.span
    start, end = quote_bounds(
        candidate.passage.sentences, antecedent.start_char, antecedent.end_char
    )
    is_itself = span.start_char < antecedent.end_char and antecedent.start_char < span.end_char
    return start <= span.start_char < end and not is_itself
