"""What Quoth finds: the values that are shown. `answering.answerer` makes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from index.formats.base import Place


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """A span of a document, with what a person needs to judge it."""

    document_id: str
    title: str
    dated: date | None
    start_char: int
    """In the document, as `end_char` (exclusive)."""
    end_char: int
    text: str
    quote: str
    """The sentences it stands in, verbatim."""
    quote_start_char: int
    place: Place | None
    confidence: float
    """The probability in [0, 1] that it is right."""
    collection: str = "base"
    """The one that the document is in."""


@dataclass(frozen=True, slots=True)
class NearestPassage:
    """A passage near the question, where none that was read answers it."""

    document_id: str
    title: str
    start_char: int
    end_char: int
    text: str
    place: Place | None
    collection: str = "base"
    """The one that the document is in."""


def whose_context(
    spans: Sequence[AnswerSpan], nearest: Sequence[NearestPassage]
) -> list[AnswerSpan | NearestPassage]:
    """
    What is shown in its context: the first span of each document, or else the nearest passage.

    Documents that disagree each have a context that may say why.
    """
    first: dict[tuple[str, str], AnswerSpan] = {}
    for span in spans:
        first.setdefault((span.collection, span.document_id), span)
    return [*first.values()] or [*nearest[:1]]


@dataclass(frozen=True, slots=True)
class Timings:
    """Where the time went, in seconds."""

    encode_s: float
    search_s: float
    read_s: float
    total_s: float


Kind = Literal["one", "list", "disagreement"]
"""What several spans are: the items of a list, or what documents that disagree say instead of each
other, the newest first where all of them are dated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Quoth found."""

    id: str
    question: str
    spans: tuple[AnswerSpan, ...]
    """None if the documents don't say."""
    confidence: float
    """Of the best span, also where it was too low to be shown."""
    alternatives: tuple[AnswerSpan, ...]
    """Other spans, best first."""
    nearest: tuple[NearestPassage, ...]
    """The best passages, where the documents don't say."""
    generation: str
    timings: Timings
    kind: Kind = "one"
    """"one" wherever there are fewer than two spans."""
    understood: str | None = None
    """What it was taken to ask, leaning on those before it; None if it was understood as typed."""

    @property
    def answered(self) -> bool:
        """Whether the documents say."""
        return bool(self.spans)

    @property
    def is_by_date(self) -> bool:
        """Whether the spans of a disagreement stand in the order of their documents' dates."""
        return all(span.dated for span in self.spans)
