"""
What short questions leave out: "and for homicide?" after "how many were deported for drunk
driving?" is "how many were deported for homicide", and "how old is she" about Helen is "how old is
Helen".

Nothing is parsed. What a fragment takes the place of is the last phrase that begins with the same
preposition or article; where none does, the fragment stays as it is. What takes the place of a
pronoun is the topic, whatever it is. Both are wrong now and then, so what they make is asked beside
other wordings, and shown to nobody.
"""

import re
from collections.abc import Sequence

from answering.english import (
    AFTER_OBJECTS,
    ARTICLES,
    BARE_WORDS,
    BEFORE_SUBJECTS,
    IN_SENTENCES,
    OPENING,
    PHRASE_BOUNDARIES,
    POINTING_WORDS,
    POSSESSIVE_PRONOUNS,
    PREPOSITIONS,
    QUESTION_WORDS,
    REPLACEABLE_PRONOUNS,
    VERBS,
    is_pronoun,
)

_ARTICLE_AND_NOUN = 2


def without_opening(question: str) -> str:
    """A question without "and", "what about" and the like, and without its end mark."""
    return OPENING.sub("", question.strip().rstrip("?!. "))


def is_fragment(question: str) -> bool:
    """Whether a question is no sentence, so that it asks for what the question before asked for."""
    words = [_bare(word) for word in without_opening(question).split()]
    return any(words) and (QUESTION_WORDS | VERBS).isdisjoint(words)


def filled_in(question: str, before: str) -> str | None:
    """
    Write a fragment into the question before it.

    Args:
        question: As typed.
        before: A question that is none.

    Returns:
        None if it is no fragment, or finds no place.
    """
    fragment, whole = without_opening(question).split(), before.strip().rstrip("?!. ").split()
    new, old = ([_plain(word) for word in words] for words in (fragment, whole))
    if not new or not IN_SENTENCES.isdisjoint(new):
        return None
    place = _beginning_alike(new, old) or (
        _subject(old) if PHRASE_BOUNDARIES.isdisjoint(new) else None
    )
    if place is None:
        return None
    start, end = place
    return " ".join((*whole[:start], *fragment, *whole[end:]))


def with_topic(question: str, topic: str) -> str | None:
    """
    Write a topic in the place of a question's first pronoun.

    Args:
        question: As typed.
        topic: A person, a thing or a place; not blank.

    Returns:
        None if it has none that a topic is put in the place of, as it is not for "himself", "then",
        "the ones" and "she's".
    """
    words = question.strip().rstrip("?!. ").split()
    plain = [_bare(word) for word in words]
    named = " ".join(topic.split())
    for place, word in enumerate(plain):
        before, *_ = (*plain[place - 1 : place], "")
        after, *_ = (*plain[place + 1 :], "")
        # "That year", "that it cost" are not about the topic.
        is_followed = word in POINTING_WORDS and after
        if word in REPLACEABLE_PRONOUNS and is_pronoun(plain, place) and not is_followed:
            # "Her" is an object, too: "who went with her to Rome".
            is_owner = word in POSSESSIVE_PRONOUNS - {"her"} or (
                word == "her" and bool(after) and after not in AFTER_OBJECTS
            )
            needs_in = word == "there" and PREPOSITIONS.isdisjoint(
                (before, _bare(named.partition(" ")[0]))
            )
            written = f"{named}'s" if is_owner else f"in {named}" if needs_in else named
            return " ".join((*words[:place], written, *words[place + 1 :]))
    return None


def _beginning_alike(new: Sequence[str], old: Sequence[str]) -> tuple[int, int] | None:
    """Start and end of the last phrase that begins with a fragment's article or preposition."""
    first = new[0]
    if first not in old or first not in ARTICLES | PREPOSITIONS:
        return None
    # Of "the capital of the country", either may be meant; mostly it is the last.
    start = len(old) - 1 - old[::-1].index(first)
    end = _end_of_phrase(old, start + 1)
    return start, _end_of_thing(new, old, start, end) if first in ARTICLES else end


def _subject(old: Sequence[str]) -> tuple[int, int] | None:
    """Start and end of "a lost key" in "what does a lost key cost"."""
    start = next((at for at, word in enumerate(old, 1) if word in BEFORE_SUBJECTS), len(old))
    # The last word is the verb.
    end = _end_of_phrase(old, start) - 1
    return (start, end) if start < end and BARE_WORDS.issuperset(old[: start - 1]) else None


def _plain(word: str) -> str:
    word = _bare(word)
    # "An adult" may take the place of "a child".
    return "a" if word == "an" else word


def _bare(word: str) -> str:
    return re.sub(r"^\W+|(?<!\W)\W+$", "", word).lower()


def _end_of_thing(new: Sequence[str], old: Sequence[str], start: int, end: int) -> int:
    """Where the phrase of an article ends, if it ends at `end` at the latest."""
    has_verb = start > 0 and old[start - 1] in BEFORE_SUBJECTS
    if has_verb and end > start + _ARTICLE_AND_NOUN:
        end -= 1
    # "The ministry of plenty" takes the place of "the ministry of love".
    while end + 1 < len(old) and old[end] in PREPOSITIONS and old[end] in new:
        end += 2
    return end


def _end_of_phrase(words: Sequence[str], first: int) -> int:
    """Where a phrase ends that has one word at least."""
    after = range(first + 1, len(words))
    return next((place for place in after if words[place] in PHRASE_BOUNDARIES), len(words))
