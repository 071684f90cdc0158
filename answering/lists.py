"""
Questions that ask for several things, and the spans that answer them. Pure functions.

The items of a list stand in one document: a list put together from several would be Quoth's own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from answering.calibration import Calibration
from answering.candidates import Candidate, Judged, judge_again, overlap
from answering.english.quantities import has_number
from answering.english.questions import (
    ASKS_FOR_ONE,
    COUNTS,
    MAY_ASK_FOR_ALL,
    NAMED_COUNT,
    ONE_FOR_EACH,
    SEVERAL,
    SUPERLATIVE,
    asks_for_yes_or_no,
    without_opening,
)
from answering.english.texts import SPAN_SEPARATOR, separators
from answering.english.words import PREPOSITIONS, has_word
from answering.enumerations import FEWEST_ALONE, enumerated, is_asked_by_introduction
from answering.rows import Bounds
from index.formats.tables import BETWEEN_CELLS
from index.passages import Passage

# Spans of each passage, where several are asked for. Decoding more costs next to nothing.
MAX_ITEMS_PER_PASSAGE = 8
# What a person looks through. A longer list is cut, and says so.
MAX_ITEMS = 20


def asks_for_several(question: str) -> bool:
    """Whether a question asks for several things ("which crimes", "name the two cities")."""
    return SEVERAL.search(without_opening(question)) is not None


@dataclass(frozen=True, slots=True)
class ListedItems:
    """The items that answer a question; one, or several of a list."""

    items: tuple[Judged, ...]
    """In the order of the document; each one's lead is that over what is no item."""
    is_partial: bool = False
    """Whether there may be more: it is cut, or the document writes no list of it."""


def listed(
    question: str,
    judged: Sequence[Judged],
    calibration: Calibration,
    around: Callable[[Passage], Passage],
) -> ListedItems:
    """
    Choose the items of a list.

    Args:
        question: As typed.
        judged: All candidates, best first; at least one.
        calibration: What judged them.
        around: Gives a passage with what stands before and after it; see `Retriever.around`.

    Returns:
        The best candidate alone where the question asks for one thing, unless the reader takes
        several items of a list that the document writes for its answer.
    """
    best = judged[0]
    items = _items_written(question, best, judged, around(best.candidate.passage))
    is_written = bool(items)
    if not items:
        if not asks_for_several(question):
            return ListedItems((best,))
        items = _items_found(judged)
    wanted = _count(question)
    distinct = items if ONE_FOR_EACH.search(question) else _distinct(items)
    if len(distinct) < (wanted or 0):
        distinct = items
    shown = distinct[: wanted or MAX_ITEMS]
    rival = max(
        (
            one.evidence
            for one in judged
            if not any(overlap(one.candidate, item.candidate) for item in items)
        ),
        default=0.0,
    )
    return ListedItems(
        tuple(
            judge_again(one, one.evidence - rival, calibration)
            for one in sorted(shown, key=lambda one: one.candidate.start_char)
        ),
        is_partial=len(shown) < (wanted or len(distinct) + (not is_written)),
    )


def _distinct(items: Sequence[Judged]) -> Sequence[Judged]:
    """
    The items, each name of a column of a table once.

    Numbers in a column may well be equal, and a list says the same again where that comes again.
    """
    texts = [item.candidate.span.text for item in items]
    if not all(BETWEEN_CELLS in item.candidate.sentence for item in items):
        return items
    if any(map(has_number, texts)):
        return items
    named: dict[str, Judged] = {}
    for text, item in zip(texts, items, strict=True):
        named.setdefault(text.casefold(), item)
    return list(named.values())


def _items_written(
    question: str, best: Judged, judged: Sequence[Judged], wide: Passage
) -> list[Judged]:
    """
    The items of the list that a candidate is in, as its document writes it, if any.

    What the reader found comes first, by evidence; all have that of the candidate.
    A follow-up is given a list only if it asks for one itself: what the reader takes of it may
    answer the question before.
    """
    own = [
        one
        for one in judged
        if one is best
        or (
            one.candidate.document == best.candidate.document
            and one.candidate.features.margin > 0
            and wide.start_char <= one.candidate.start_char
            and one.candidate.end_char <= wide.end_char
        )
    ]
    spans = [
        (one.candidate.start_char - wide.start_char, one.candidate.end_char - wide.start_char)
        for one in own
    ]
    is_for_all = asks_for_several(question)
    bounds = enumerated(wide, spans, question)
    # A follow-up may be about one item of a list that is spoken of.
    if best.candidate.asked == question and bounds:
        opened = without_opening(question)
        is_for_all |= not _asks_for_one(opened) and _takes_several(spans, bounds)
        is_for_all |= MAY_ASK_FOR_ALL.match(opened) is not None and (
            is_asked_by_introduction(question, wide, bounds)
        )
    if not bounds or not is_for_all:
        return []
    found = []
    for start, end in bounds:
        here = [number for number, span in enumerate(spans) if span[0] < end and start < span[1]]
        part = _with_bounds(replace(best.candidate, passage=wide), start, end)
        found.append((min(here, default=len(own)), replace(best, candidate=part)))
    return [one for _, one in sorted(found, key=lambda pair: pair[0])]


def _asks_for_one(opened: str) -> bool:
    """Whether a question that doesn't say that it asks for several surely asks for one thing."""
    return (
        ASKS_FOR_ONE.match(opened) is not None
        or SUPERLATIVE.search(opened) is not None
        or asks_for_yes_or_no(opened)
    )


def _takes_several(spans: Sequence[Bounds], items: Sequence[Bounds]) -> bool:
    """Whether the reader's spans are two items of a list of three, each from end to end."""
    starts, ends = {start for start, _ in items}, {end for _, end in items}
    inside = [span for span in spans if items[0][0] <= span[0] and span[1] <= items[-1][1]]
    held = [item for item in items if any(a <= item[0] and item[1] <= b for a, b in inside)]
    return (
        len(items) >= FEWEST_ALONE
        and len(held) > 1
        and all(start in starts and end in ends for start, end in inside)
    )


def _items_found(judged: Sequence[Judged]) -> list[Judged]:
    """The best candidate and what beats "no answer" in its document, each taken apart."""
    kept: list[Judged] = []
    for one in judged:
        if one.candidate.document != judged[0].candidate.document:
            continue
        if not kept:
            kept.append(one)
        elif one.candidate.features.margin > 0:
            kept = [_with_rest(item, one) for item in kept]
            if not any(overlap(item.candidate, one.candidate) for item in kept):
                kept.append(one)
    return [replace(one, candidate=part) for one in kept for part in _taken_apart(one.candidate)]


def _with_rest(item: Judged, other: Judged) -> Judged:
    """An item with what says more of it: "Mondays" + "from October", "Tuesday," + "10:00"."""
    first, second = sorted((item.candidate, other.candidate), key=lambda one: one.span.start_char)
    if first.passage != second.passage:
        return item
    between = first.passage.text[first.span.end_char : second.span.start_char].strip()
    is_of_number = between == "," and len({has_word(one.span.text) for one in (first, second)}) > 1
    if between.lower() not in PREPOSITIONS and not is_of_number:
        return item
    return replace(item, candidate=_with_bounds(first, first.span.start_char, second.span.end_char))


def _count(question: str) -> int | None:
    """How many are asked for, if the question says so."""
    said = NAMED_COUNT.search(question)
    return None if said is None else COUNTS.get(said[1].lower()) or int(said[1])


def _taken_apart(candidate: Candidate) -> list[Candidate]:
    """A span that holds a whole enumeration, taken apart; any other as it is."""
    span = candidate.span
    bounds = []
    start = 0
    for separator in separators(SPAN_SEPARATOR, span.text, 0, len(span.text)):
        bounds.append((start, separator.start()))
        start = separator.end()
    bounds.append((start, len(span.text)))
    texts = [span.text[start:end] for start, end in bounds]
    # "3 March, 2014" and "Lyon, 5" are no two things.
    if has_word(span.text) and not all(map(has_word, texts)):
        return [candidate]
    return [
        _with_bounds(candidate, span.start_char + start, span.start_char + end)
        for start, end in bounds
        if end > start
    ]


def _with_bounds(candidate: Candidate, start: int, end: int) -> Candidate:
    """A candidate with other bounds in its passage."""
    text = candidate.passage.text[start:end]
    span = replace(candidate.span, start_char=start, end_char=end, text=text)
    return replace(candidate, span=span)
