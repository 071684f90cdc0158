"""Candidates that were judged -> those that are shown, and what they are together. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from answering.answer import AnswerSpan, Kind
from answering.calibration import Calibration, unsure_from
from answering.candidates import Candidate, Judged, normalised, overlap
from answering.conflicts import agree, versions
from answering.english.texts import says_nothing
from answering.lists import asks_for_several, listed
from answering.rows import cells_of, lines_of
from index.passages import Passage

# Spans that are shown where Quoth is not sure: what a person reads at a glance.
MAX_CANDIDATES = 3
# How likely each of them is at least: one in fifty. What is less likely means nothing.
MIN_CANDIDATE_CONFIDENCE = 0.02


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown of all that was found."""

    chosen: tuple[Judged, ...]
    """Empty if nothing is good enough."""
    candidates: tuple[Judged, ...]
    """What may be right, likeliest first, where nothing is good enough but something comes near."""
    kind: Kind
    confidence: float
    """The confidence of the best candidate, chosen or not; 0 if there is none."""
    rest: tuple[Judged, ...]
    """What was not chosen, best first."""
    is_partial: bool = False
    """Whether a list may have more items."""


NOTHING_CHOSEN = Selection((), (), "one", 0.0, ())


def select(
    question: str,
    judged: Sequence[Judged],
    calibration: Calibration,
    min_confidence: float,
    around: Callable[[Passage], Passage],
) -> Selection:
    """
    Choose what is shown.

    Args:
        question: As typed, cleaned.
        judged: All candidates, best first.
        calibration: What judged them.
        min_confidence: Below it nothing is an answer; see also `unsure_from`.
        around: As in `answering.lists.listed`.
    """
    if not judged:
        return NOTHING_CHOSEN
    kind: Kind
    items = listed(question, judged, calibration, around)
    kind, chosen = "list", items.items
    if not asks_for_several(question):
        said = _versions_beside(chosen, judged, calibration, min_confidence)
        # A list that was not asked for tells less than what another document says instead.
        if len(chosen) == 1 or len(said) > 1:
            kind, chosen = "conflict", said
    confidence = max(one.confidence for one in chosen)
    if confidence < min_confidence:
        candidates = likely(judged) if confidence >= unsure_from(min_confidence) else ()
        rest = tuple(one for one in judged if one not in candidates)
        return Selection((), candidates, "one", confidence, rest)
    return Selection(
        chosen=chosen,
        candidates=(),
        kind=kind if len(chosen) > 1 else "one",
        confidence=confidence,
        rest=tuple(
            one
            for one in judged
            if not any(overlap(one.candidate, shown.candidate) for shown in chosen)
        ),
        is_partial=kind == "list" and items.is_partial,
    )


def _versions_beside(
    items: Sequence[Judged],
    judged: Sequence[Judged],
    calibration: Calibration,
    min_confidence: float,
) -> tuple[Judged, ...]:
    """The best candidate, and what other documents say instead of it and of the items beside it."""
    asked = judged[0].candidate.asked
    first, *others = versions(asked, judged, calibration, min_confidence=min_confidence)
    if len(items) > 1:
        others = [
            one for one in others if not any(agree(one.candidate, item.candidate) for item in items)
        ]
    return (first, *others)


def likely(judged: Sequence[Judged]) -> tuple[Judged, ...]:
    """
    The candidates that are shown where Quoth is not sure, the likeliest first.

    What several say is shown once, and what can't be an answer isn't shown.

    Args:
        judged: Best first.
    """
    meant: dict[str, Judged] = {}
    for one in judged:
        if one.confidence >= MIN_CANDIDATE_CONFIDENCE and _may_answer(one.candidate):
            meant.setdefault(normalised(one.candidate.span.text), one)
    # Only the best one's sentence was read by itself, so it may be less likely than another.
    shown = list(meant.values())[:MAX_CANDIDATES]
    return tuple(sorted(shown, key=lambda one: one.confidence, reverse=True))


def _may_answer(candidate: Candidate) -> bool:
    """Whether a span says something, and is no question and not just the name of a column."""
    span = candidate.span
    rows = [
        cells
        for line in lines_of(candidate.passage.text)
        if line.start <= span.start_char and span.end_char <= line.end and (cells := cells_of(line))
    ]
    touched = [
        candidate.passage.text[start:end]
        for cells in rows
        for start, end in cells.values()
        if start < span.end_char and span.start_char < end
    ]
    is_in_cell = all(len(cells) == 1 for cells in rows) or bool(touched)
    # What follows a question is one sentence with it where it answers it on the same line.
    is_asking = any(said.rstrip().endswith("?") for said in touched or [candidate.sentence])
    return is_in_cell and not is_asking and not says_nothing(span.text)


def newest_first(spans: Sequence[AnswerSpan]) -> tuple[AnswerSpan, ...]:
    """Order what documents say by their own dates; it stays as it is if one of them has none."""
    dates = {span.dated for span in spans}
    if None in dates:
        return tuple(spans)
    return tuple(sorted(spans, key=lambda span: span.dated or date.min, reverse=True))
