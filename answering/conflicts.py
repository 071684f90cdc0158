"""
Documents that say different numbers for the same thing. Pure functions.

Two spans disagree only where everything speaks for it, since most of what differs answers
different questions: both are numbers of one kind, each would have been shown without the other,
and what is said of each holds as many of the question's own words as what is said of the other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from answering.calibration import Calibration
from answering.candidates import Candidate, Judged, normalised
from answering.english import COMMON_WORDS, NUMBER_WORDS, PERSONAL_PRONOUNS, has_number, words_of

MAX_VERSIONS = 3
# Letters by which the forms of a word are told to be one.
_STEM = 5


@dataclass(frozen=True, slots=True)
class _Said:
    """A number as it stands in a sentence."""

    value: str
    unit: frozenset[str]
    """The words around the number within the span."""


def versions(
    question: str,
    judged: Sequence[Judged],
    calibration: Calibration,
    *,
    min_confidence: float,
) -> tuple[Judged, ...]:
    """
    Find what other documents say instead.

    Args:
        question: As the reader was asked.
        judged: All candidates, best first; at least one.
        calibration: That judged them.
        min_confidence: From which a span is shown.

    Returns:
        The best candidate, and one of each document that disagrees, by evidence; each one's lead
        is that over what none of them says. Only the best where nothing disagrees.
    """
    best = judged[0]
    first = _said(best)
    if first is None:
        return (best,)
    own = _stems(question)
    held = own & _stems(best.candidate.sentence)
    said_of_best = own & _stems(_said_of(best.candidate))
    found = [best]
    for one in judged[1:]:
        if len(found) == MAX_VERSIONS:
            break
        said = _said(one)
        if said is None or any(
            one.candidate.document == other.candidate.document for other in found
        ):
            continue
        if _agree(said.value, first.value) or not (
            said.unit <= first.unit or first.unit <= said.unit
        ):
            continue
        shared = said_of_best & _stems(_said_of(one.candidate))
        if shared and shared >= held:
            found.append(one)
    return _without_each_other(found, judged, calibration, min_confidence)


def _without_each_other(
    found: Sequence[Judged],
    judged: Sequence[Judged],
    calibration: Calibration,
    min_confidence: float,
) -> tuple[Judged, ...]:
    texts = {normalised(one.candidate.span.text) for one in found}
    others = [one.evidence for one in judged if normalised(one.candidate.span.text) not in texts]
    rival = max(others, default=0.0)
    apart = [
        replace(
            one,
            gap=one.evidence - rival,
            confidence=calibration.confidence(one.evidence, one.evidence - rival),
        )
        for one in found
    ]
    shown = tuple(one for one in apart if one.confidence >= min_confidence)
    return shown if len(shown) > 1 else (judged[0],)


def _said(judged: Judged) -> _Said | None:
    text = judged.candidate.span.text
    if not has_number(text):
        return None
    words = words_of(text.lower())
    numbers = [word for word in words if has_number(word)]
    # Several numbers are a range, a date or a sentence; what they would disagree about is unclear.
    if len(numbers) != 1:
        return None
    unit = frozenset(word[:_STEM] for word in words if word not in COMMON_WORDS | {numbers[0]})
    return _Said(re.sub(r"\W", "", numbers[0]), unit - NUMBER_WORDS)


def _said_of(candidate: Candidate) -> str:
    """The sentence it stands in, after the one before where a pronoun may speak of that one's."""
    sentence = candidate.sentence
    if PERSONAL_PRONOUNS.isdisjoint(words_of(sentence.lower())):
        return sentence
    return f"{candidate.sentence_before} {sentence}"


def _agree(one: str, other: str) -> bool:
    """Whether two numbers are the same, or one is the other rounded: 36,000 and 35,927."""
    if not (one.isdecimal() and other.isdecimal()):
        return one == other
    rounder, finer = sorted((int(one), int(other)), key=lambda value: -_zeros(value))
    return round(finer, -_zeros(rounder)) == rounder


def _zeros(value: int) -> int:
    digits = str(value)
    return len(digits) - len(digits.rstrip("0"))


def _stems(text: str) -> frozenset[str]:
    return frozenset(
        re.sub(r"\W", "", word)[:_STEM]
        for word in words_of(text.lower())
        if word not in COMMON_WORDS
    )
