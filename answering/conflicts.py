"""
Documents that say different things about the same. Pure functions.

Most of what differs answers different questions. So each of two documents has to answer the
question by itself, as if the other did not exist: the first one surely enough to be shown, the
others nearly so, since the question is known to have an answer by then. And what they say is of the
same kind, and neither the same in other words nor said of something else.
"""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from answering.calibration import Calibration, shifted
from answering.candidates import Candidate, Judged, judge_again, normalised
from answering.english import (
    COMMON_WORDS,
    COUNTED,
    GENERAL_VERBS,
    LIKE_NUMBERS,
    NEGATION,
    YEARS,
    content_stems,
    has_number,
    stem_of,
    words_of,
)
from answering.values import is_amount, say_the_same

# What a person compares at a glance.
MAX_VERSIONS = 3
# The odds from which another version is shown, as a share of those from which an answer is; and its
# confidence at least, where answers are shown from a low one on, as in large folders.
LESS_SURE = 0.6
LEAST_SURE = 0.45
# Of the words of the shorter passage, those that the other one has, too.
MIN_SHARED_WORDS = 0.15
_OWNING = re.compile(r"['’]s?$")


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
    best, *others = (_by_itself(one, judged, calibration) for one in _best_of_each_document(judged))
    found = [best]
    sure_enough = max(LEAST_SURE, shifted(min_confidence, math.log(LESS_SURE)))
    for one in others:
        if (
            one.confidence >= sure_enough
            and _are_of_one_kind(best.candidate.span.text, one.candidate.span.text)
            and not any(_agree(one.candidate, other.candidate) for other in found)
            and not _runs_on(one.candidate)
            and _share_a_subject(best.candidate, one.candidate)
            and not _speaks_of_another(question, best.candidate, one.candidate)
        ):
            found.append(one)
    disagree = len(found) > 1 and best.confidence >= min_confidence
    return tuple(found[:MAX_VERSIONS]) if disagree else (judged[0],)


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


def _agree(one: Candidate, other: Candidate) -> bool:
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


def _share_a_subject(one: Candidate, other: Candidate) -> bool:
    """Whether two passages have so many words in common that they speak of the same."""
    words = [content_stems(each.passage.searched) for each in (one, other)]
    return len(words[0] & words[1]) >= MIN_SHARED_WORDS * min(map(len, words))


def _speaks_of_another(question: str, best: Candidate, other: Candidate) -> bool:
    """
    Whether a sentence says something of another kind or branch than the question asks about.

    It, or its passage, holds only the second of two words that the question and what is said of the
    best one hold together: "season ticket" for "single ticket". Or the best one's passage speaks of
    the year that is asked about, or its sentence of what is counted, and the other's doesn't.
    """
    years = set(YEARS.findall(question)).intersection(YEARS.findall(best.passage.searched))
    if not years.issubset(YEARS.findall(other.passage.searched)):
        return True
    pairs = pairwise(_stems(question))
    asked = [pair for pair in pairs if (COMMON_WORDS | GENERAL_VERBS).isdisjoint(pair)]
    said = tuple(_stems(f"{one.passage.context}\n{one.sentence}") for one in (best, other))
    whole = tuple(_stems(one.passage.searched) for one in (best, other))
    counted = COUNTED.search(question)
    if counted is not None and stem_of(counted[1].lower()) in set(said[0]).difference(said[1]):
        return True
    return any(
        pair in set(pairwise(of_best)) and pair[1] in of_other and pair[0] not in of_other
        for of_best, of_other in (said, whole)
        for pair in asked
    )


def _stems(text: str) -> list[str]:
    """The stems of a text's words, those of owners as of what they are: "year's" as "year"."""
    return [stem_of(_OWNING.sub("", word)) for word in words_of(text.lower())]
