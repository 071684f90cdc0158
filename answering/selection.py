"""Candidates that were judged -> those that are shown, and what they are together. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from answering.answer import AnswerSpan, Kind
from answering.calibration import Calibration
from answering.candidates import Judged, overlap
from answering.conflicts import versions
from answering.lists import asks_for_several, listed, says_how_often


@dataclass(frozen=True, slots=True)
class Selection:
    """What is shown of all that was found."""

    chosen: tuple[Judged, ...]
    """None if nothing is good enough."""
    kind: Kind
    confidence: float
    """Of the best candidate, chosen or not; 0 if there is none."""
    rest: tuple[Judged, ...]
    """What was not chosen, best first."""


def select(
    question: str,
    judged: Sequence[Judged],
    calibration: Calibration,
    min_confidence: float,
) -> Selection:
    """
    Choose what is shown.

    Args:
        question: As typed, cleaned.
        judged: All candidates, best first.
        calibration: That judged them.
        min_confidence: Below it the documents don't say.
    """
    fitting = [
        one
        for one in judged
        if says_how_often(question, one.candidate.span.text, one.candidate.sentence)
    ]
    if not fitting:
        return Selection((), "one", 0.0, tuple(judged))
    several: Kind
    if asks_for_several(question):
        several, chosen = "list", listed(question, fitting, calibration)
    else:
        several = "disagreement"
        chosen = versions(
            fitting[0].candidate.asked,
            fitting,
            calibration,
            min_confidence=min_confidence,
        )
    confidence = max(one.confidence for one in chosen)
    if confidence < min_confidence:
        return Selection((), "one", confidence, tuple(judged))
    return Selection(
        chosen=chosen,
        kind=several if len(chosen) > 1 else "one",
        confidence=confidence,
        rest=tuple(
            one
            for one in judged
            if not any(overlap(one.candidate, shown.candidate) for shown in chosen)
        ),
    )


def newest_first(spans: Sequence[AnswerSpan]) -> tuple[AnswerSpan, ...]:
    """Order what documents say by their own dates; as it is where one of them has none."""
    dates = {span.dated for span in spans}
    if None in dates:
        return tuple(spans)
    return tuple(sorted(spans, key=lambda span: span.dated or date.min, reverse=True))
