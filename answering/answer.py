"""What Quoth finds: the values that are shown. `answering.answerer` makes them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from answering.calibration import SURE_FROM
from answering.english.questions import asks_for_judgement
from index.filters import Narrowed
from index.formats.base import ROWS, Place
from index.formats.tables import BETWEEN_CELLS
from index.shortening import ELLIPSIS

# So many a face asks for that shows other answers by itself.
OTHER_ANSWERS = 4
# Others that are less likely are not shown: as a percentage they would be none.
MIN_OTHER_CONFIDENCE = 0.005


@dataclass(frozen=True, slots=True)
class Introduction:
    """The line that introduces a list: "You may not bring:"."""

    text: str
    """Verbatim."""
    start_char: int
    """In the document."""
    is_above: bool
    """Whether the quoted item is the first one, right below it."""


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
    source: str | None = None
    """The address that the document was fetched from."""
    language: str | None = None
    """The English name of the document's language; None if that may be English."""
    introduction: Introduction | None = None
    """What introduces the list that the quote is an item of, if anything does."""


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
    source: str | None = None
    """The address that the document was fetched from."""
    language: str | None = None
    """The English name of the document's language; None if that may be English."""


Quotable = AnswerSpan | NearestPassage
"""What is shown of a document, and may be looked for there again."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote that is shown once, and the spans in it."""

    spans: tuple[AnswerSpan, ...]
    """At least one, in the order of the document."""
    introduction: Introduction | None = None
    """What is shown before the quote, if that is an item of a list."""

    @property
    def pieces(self) -> tuple[str, ...]:
        """
        The quote, cut at the bounds of its spans: they are the second piece, the fourth ...

        What stands between them is as it is shown: the lines of a table's row beside each other.
        """
        place = self.spans[0].place
        is_row = place is not None and place.kind in ROWS
        return tuple(
            piece.replace("\n", BETWEEN_CELLS) if is_row and number % 2 == 0 else piece
            for number, piece in enumerate(self._pieces)
        )

    @property
    def lead(self) -> str:
        """What is shown before the quote, and never cut: what introduces it; "" if nothing does."""
        if self.introduction is None:
            return ""
        return f"{self.introduction.text}{' ' if self.introduction.is_above else f' {ELLIPSIS} '}"

    @property
    def _pieces(self) -> tuple[str, ...]:
        pieces, reached = [], self.spans[0].quote_start_char
        quote, first = self.spans[0].quote, reached
        for span in self.spans:
            pieces += [quote[reached - first : span.start_char - first], span.text]
            reached = span.end_char
        return (*pieces, quote[reached - first :])


def quoted(spans: Sequence[AnswerSpan]) -> list[Quoted]:
    """
    Put spans of the same quote together; quotes stand in the order of their first span.

    What introduces several items, one after the other, is shown before the first of them.
    """
    found: dict[tuple[str, str, int, str], list[AnswerSpan]] = {}
    for span in spans:
        place = (span.collection, span.document_id, span.quote_start_char, span.quote)
        together = found.setdefault(place, [])
        if all(
            span.end_char <= one.start_char or one.end_char <= span.start_char for one in together
        ):
            together.append(span)
    quotes: list[Quoted] = []
    shown = None
    for together in found.values():
        first = together[0]
        line = first.introduction.start_char if first.introduction else None
        introduced_at = (first.collection, first.document_id, line)
        introduction = first.introduction if introduced_at != shown else None
        shown = introduced_at
        ordered = sorted(together, key=lambda span: span.start_char)
        quotes.append(Quoted(tuple(ordered), introduction))
    return quotes


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


Outcome = Literal["answered", "unsure", "unanswered"]
"""What became of a question: the documents say; they may say, and Quoth is not sure; they don't
say."""

Kind = Literal["one", "list", "conflict"]
"""What several spans are: the items of a list, or what documents that disagree say instead of each
other, the newest first where all of them are dated."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Quoth found."""

    id: str
    question: str
    spans: tuple[AnswerSpan, ...]
    """Empty unless the question is answered."""
    confidence: float
    """The best span's confidence, also where it was too low for the span to be shown."""
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
    candidates: tuple[AnswerSpan, ...] = ()
    """Spans that may be the answer, best first, where Quoth is not sure. They are no answer."""
    goes_on: bool = False
    """Whether the question goes on from one that was not given, so that it can't be understood and
    nothing answers it."""
    is_partial: bool = False
    """Whether a list may have more items: it is long, or no document writes it in one place."""
    narrowed: Narrowed | None = None
    """How far its filter narrowed the documents; None where it was asked of all."""

    def for_another(self, total_s: float) -> "Answer":
        """
        The same answer, with an id of its own, for somebody else who asked the question.

        Args:
            total_s: How long that person waited; nothing was encoded, searched or read for it.
        """
        return replace(self, id=uuid.uuid4().hex, timings=Timings(0.0, 0.0, 0.0, total_s))

    @property
    def outcome(self) -> Outcome:
        """Which of the three outcomes it has: answered, unsure or unanswered."""
        if self.spans:
            return "answered"
        return "unsure" if self.candidates else "unanswered"

    @property
    def shown(self) -> tuple[AnswerSpan, ...]:
        """The answer, or else what may be it."""
        return self.spans or self.candidates

    @property
    def others(self) -> tuple[AnswerSpan, ...]:
        """The other spans that are likely enough to be shown unasked."""
        return tuple(one for one in self.alternatives if one.confidence >= MIN_OTHER_CONFIDENCE)

    @property
    def answered(self) -> bool:
        """Whether the documents say."""
        return self.outcome == "answered"

    @property
    def is_sure(self) -> bool:
        """Whether the confidence is so high that people need not be warned."""
        return self.confidence >= SURE_FROM

    @property
    def is_in_sentence(self) -> bool:
        """
        Whether the sentence is the answer, and the span in it only marked.

        A question that wants a yes or a no, or to be told how, is not answered by a few words.
        """
        return self.kind == "one" and asks_for_judgement(self.question)

    @property
    def is_by_date(self) -> bool:
        """Whether the spans of a conflict stand in the order of their documents' dates."""
        return all(span.dated for span in self.spans)
