"""
Documents that say different things about the same. Pure functions.

Most of what differs answers different questions. So each of two documents has to answer the
question by itself, as if the other did not exist: one of them surely enough to be shown, the others
nearly so, since the question is known to have an answer by then. And what they say is of the same
kind, and neither the same in other words nor said of something else.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from answering.calibration import Calibration, shifted
from answering.candidates import Candidate, Judged, judge_again, normalised
from answering.english.quantities import LIKE_NUMBERS, YEARS, has_number
from answering.english.questions import COUNTED
from answering.english.words import (
    COMMON_WORDS,
    GENERAL_VERBS,
    NEGATION,
    PREPOSITIONS,
    content_stems,
    stem_of,
    words_of,
)
from answering.rows import TextLine, cells_of
from answering.values import is_amount, say_the_same

# What a person compares at a glance.
MAX_VERSIONS = 3
# The odds from which another version is shown, as a share of those from which an answer is; and its
# confidence at least, where answers are shown from a low one on, as in large folders.
LESS_SURE = 0.6
LEAST_SURE = 0.45
# The least share of the shorter passage's words that the other passage has, too.
MIN_SHARED_WORDS = 0.15
# What parts words that do not belong together: "last year. Tickets". A single line break parts
# them only before the mark of a list: text may be wrapped anywhere.
_BETWEEN_PHRASES = re.compile(r"[^\w\s'’-]+|\n[^\S\n]*+(?:\n|-\s)")


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
        calibration: What judged them.
        min_confidence: From which a span is shown.

    Returns:
        The best candidate, and the best one of each document that disagrees, by evidence; each is
        judged as if its document were the only one. Only the best where nothing disagrees.
    """
    sure_enough = max(LEAST_SURE, shifted(min_confidence, math.log(LESS_SURE)))
    best, *others = (_by_itself(one, judged, calibration) for one in _best_of_each_document(judged))
    if best.confidence < sure_enough:
        return (judged[0],)
    subject = _subject_of(question, best.candidate)
    found = [best]
    for one in others:
        if (
            one.confidence >= sure_enough
            and _are_of_one_kind(best.candidate.span.text, one.candidate.span.text)
            and not any(agree(one.candidate, other.candidate) for other in found)
            and not _runs_on(one.candidate)
            and _speaks_of(subject, one.candidate)
        ):
            found.append(one)
    shown = tuple(found[:MAX_VERSIONS])
    disagree = len(shown) > 1 and max(one.confidence for one in shown) >= min_confidence
    return shown if disagree else (judged[0],)


def _best_of_each_document(judged: Sequence[Judged]) -> list[Judged]:
    first: dict[tuple[str, str], Judged] = {}
    for one in judged:
        first.setdefault(one.candidate.document, one)
    return list(first.values())


def _by_itself(one: Judged, judged: Sequence[Judged], calibration: Calibration) -> Judged:
    """Judge a candidate as if its document were the only one."""
    text = normalised(one.candidate.span.text)
    rivals = [
        other.evidence
        for other in judged
        if other.candidate.document == one.candidate.document
        and normalised(other.candidate.span.text) != text
    ]
    gap = one.evidence - max(rivals, default=0.0)
    return judge_again(one, gap, calibration)


def agree(one: Candidate, other: Candidate) -> bool:
    """Whether two spans say the same: one of them holds all numbers and words of the other."""
    texts = one.span.text, other.span.text
    if len({NEGATION.search(text) is None for text in texts}) > 1:
        return False
    return say_the_same(*texts)


def _are_of_one_kind(*texts: str) -> bool:
    """Whether no span is an amount, such as "3 mm", while another says no number at all."""
    numbers = [has_number(text) or LIKE_NUMBERS.search(text) is not None for text in texts]
    return all(numbers) or not any(map(is_amount, texts))


def _runs_on(candidate: Candidate) -> bool:
    """Whether a span runs over the end of a sentence, which no value does."""
    span = candidate.span
    return any(span.start_char < end < span.end_char for _, end in candidate.passage.sentences)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What the best candidate speaks of, and which part of it the question asks about."""

    words: frozenset[str]
    """The stems of its passage."""
    years: frozenset[str]
    counted: str | None
    """The stem of what is counted."""
    kinds: frozenset[tuple[str, str]]
    """The stems of two words together that name a kind or a branch, in its sentence."""
    kinds_around: frozenset[tuple[str, str]]
    """The same in its passage."""
    told_apart: frozenset[tuple[str, str]]
    """Those beside which its passage names another kind: "single ticket", beside "day ticket"."""
    row: frozenset[str]
    """The stems of the question's words that its first cell says, if it is a row of a table."""


def _subject_of(question: str, best: Candidate) -> _Subject:
    passage, told = _around(best), _told_by(best)
    counted = COUNTED.search(question)
    stem = stem_of(counted[1].lower()) if counted else None
    kinds = frozenset(_kinds(question))
    around = kinds.intersection(_kinds(passage))
    return _Subject(
        words=content_stems(passage),
        years=frozenset(YEARS.findall(question)).intersection(YEARS.findall(passage)),
        counted=stem if stem in _stems(told) else None,
        kinds=kinds.intersection(_kinds(told)),
        kinds_around=around,
        told_apart=frozenset(kind for kind in around if _names_beside(kind, passage)),
        row=content_stems(question) & content_stems(_first_cell(best.sentence)),
    )


def _speaks_of(subject: _Subject, candidate: Candidate) -> bool:
    """
    Whether a candidate speaks of the same.

    Its passage has enough words in common with the best one's. What the question asks about and the
    best one speaks of, it speaks of, too: its passage of the year, its sentence of what is counted,
    and another row, its headings or a passage without rows of what the row of a table is about.
    Neither its sentence nor its passage speaks of another kind: of a "season ticket" where a
    "single ticket" is asked for.
    """
    passage, told = _around(candidate), _told_by(candidate)
    words = content_stems(passage)
    return (
        len(subject.words & words) >= MIN_SHARED_WORDS * min(len(subject.words), len(words))
        and subject.years.issubset(YEARS.findall(passage))
        and (subject.counted is None or subject.counted in _stems(told))
        and subject.row <= content_stems(told if _first_cell(candidate.sentence) else passage)
        and not any(_is_of_another(kind, told, subject) for kind in subject.kinds)
        and not any(_is_of_another(kind, passage, subject) for kind in subject.kinds_around)
    )


def _is_of_another(kind: tuple[str, str], text: str, subject: _Subject) -> bool:
    """
    Whether a text speaks of another kind: it holds the second of two words and not the first.

    "The fair" may be the summer fair, unless one of the two passages knows another one, or the
    text tells which one it means: "the fair for children".
    """
    first, second = kind
    words = _stems(text)
    if second not in words or first in words:
        return False
    return kind in subject.told_apart or _names_beside(kind, text) or _is_told_behind(second, text)


def _names_beside(kind: tuple[str, str], text: str) -> bool:
    """Whether a text names another kind: "season ticket" where the kind is "single ticket"."""
    return any(one[1] == kind[1] and one != kind for one in _kinds(text))


def _is_told_behind(stem: str, text: str) -> bool:
    """Whether a preposition follows a word and may tell which is meant: "class for pupils"."""
    return any(
        stem_of(word) == stem and following in PREPOSITIONS
        for phrase in _phrases(text)
        for word, following in pairwise(phrase)
    )


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    """The stems of each two words together that may name a kind."""
    for phrase in _phrases(text):
        for pair in pairwise(phrase):
            if (COMMON_WORDS | GENERAL_VERBS).isdisjoint(pair):
                first, second = map(stem_of, pair)
                yield first, second


def _phrases(text: str) -> Iterator[list[str]]:
    """The words that belong together, in small letters."""
    for phrase in _BETWEEN_PHRASES.split(text):
        yield words_of(phrase.lower())


def _first_cell(sentence: str) -> str:
    """What a row is about, without the name of the column; "" of another sentence."""
    cells = cells_of(TextLine(0, sentence))
    return sentence[slice(*next(iter(cells.values())))] if len(cells) > 1 else ""


def _around(candidate: Candidate) -> str:
    """A candidate's passage with the headings above it."""
    return f"{candidate.passage.context}\n\n{candidate.passage.text}"


def _told_by(candidate: Candidate) -> str:
    """The headings above a span and its sentence, which tell what the span is said of."""
    return f"{candidate.passage.context}\n\n{candidate.sentence}"


def _stems(text: str) -> list[str]:
    """The stems of a text's words."""
    return [stem_of(word) for word in words_of(text.lower())]
