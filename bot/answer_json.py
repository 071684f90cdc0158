"""
`Answer` -> JSON, the same for every face.

What a key means stands at its type, from which the description of the HTTP API is made.
"""

from typing import Annotated

from pydantic import Field

# The TypedDict of `typing` can't be read by pydantic before Python 3.12.
from typing_extensions import TypedDict

from answering.answer import Answer, AnswerSpan, Kind, NearestPassage, Outcome
from bot.links import NO_LINKS, Links
from index.filters import Narrowed
from index.formats.base import Place, PlaceKind

_Confidence = Annotated[
    float, Field(ge=0, le=1, description="The probability that the span is right.")
]
CollectionField = Annotated[
    str, Field(description='The collection that the document is in: "base" for the common ones.')
]
_Document = Annotated[str, Field(description="The document's file, below the folder of documents.")]
_Start = Annotated[int, Field(ge=0, description="In characters of the document's text.")]
_End = Annotated[int, Field(ge=0, description="As `start_char`; exclusive.")]
_Dated = Annotated[str | None, Field(description="The document's date, as YYYY-MM-DD.")]
_Source = Annotated[str | None, Field(description="The address it was fetched from.")]
_Language = Annotated[
    str | None, Field(description="Of the document; null if that may be English, which is read.")
]
_Introduction = Annotated[
    str | None,
    Field(description="What introduces the list that the quote is an item of, word for word."),
]
_Link = Annotated[
    str | None,
    Field(description="The place on Quoth's page; null unless QUOTH_PUBLIC_URL is set."),
]


class PlaceJson(TypedDict):
    """A part of a document that a person can find."""

    kind: PlaceKind
    name: Annotated[str, Field(description="Such as a page's number, or a heading's words.")]
    line: Annotated[
        int | None,
        Field(description="The line of the file, or the number of its slide, row or message."),
    ]
    within: Annotated[str | None, Field(description="The file inside of the document.")]


class SpanJson(TypedDict):
    """An exact span of a document."""

    answer: Annotated[str, Field(description="The span, word for word.")]
    confidence: _Confidence
    quote: Annotated[str, Field(description="The sentence around it, word for word.")]
    introduction: _Introduction
    collection: CollectionField
    document: _Document
    start_char: _Start
    end_char: _End
    place: PlaceJson | None
    dated: _Dated
    source: _Source
    language: _Language
    link: _Link


class PassageJson(TypedDict):
    """A passage of a document."""

    collection: CollectionField
    document: _Document
    start_char: _Start
    end_char: _End
    text: Annotated[str, Field(description="The passage, word for word.")]
    place: PlaceJson | None
    source: _Source
    language: _Language
    link: _Link


class TimingsJson(TypedDict):
    """Where the time went, in milliseconds."""

    encode: float
    search: float
    read: float
    total: float


class NarrowedJson(TypedDict):
    """How far a filter narrowed the documents."""

    documents: Annotated[int, Field(description="How many are left.")]
    of: Annotated[int, Field(description="How many there are.")]
    undated: Annotated[int, Field(description="How many were left out for having no date.")]


class AnswerJson(TypedDict):
    """
    An answer; the keys are stable.

    Unless `outcome` is "answered", `answer` and all that belongs to it are null, and `confidence`
    is that of the best span that was not good enough.
    """

    id: Annotated[
        str | None,
        Field(description="Of the answer's page, /a/ID; null where the answer is not kept."),
    ]
    permalink: Annotated[
        str | None,
        Field(description="The answer's page; null unless it has one and QUOTH_PUBLIC_URL is set."),
    ]
    question: Annotated[str, Field(description="As it was asked.")]
    understood: Annotated[
        str | None, Field(description="What a follow-up was taken to ask; null if as typed.")
    ]
    goes_on: Annotated[
        bool,
        Field(
            description="Whether it goes on from a question that Quoth was not given, so that "
            "nothing answers it: ask it in full, or send what was asked before."
        ),
    ]
    outcome: Annotated[
        Outcome, Field(description='"unanswered" means that the documents don\'t say.')
    ]
    answered: bool
    answer: Annotated[str | None, Field(description="The span, word for word.")]
    confidence: _Confidence
    quote: Annotated[str | None, Field(description="The sentence around it, word for word.")]
    introduction: _Introduction
    collection: str | None
    document: str | None
    start_char: int | None
    end_char: int | None
    place: PlaceJson | None
    dated: _Dated
    source: _Source
    language: _Language
    link: _Link
    kind: Annotated[
        Kind, Field(description="What several answers are: a list, or documents that disagree.")
    ]
    is_partial: Annotated[bool, Field(description="Whether a list may have more items.")]
    answers: Annotated[list[SpanJson], Field(description="All spans that are the answer.")]
    candidates: Annotated[
        list[SpanJson], Field(description='What may be right, if `outcome` is "unsure".')
    ]
    alternatives: Annotated[list[SpanJson], Field(description="Other answers, best first.")]
    nearest: Annotated[
        list[PassageJson], Field(description='The nearest passages, if it is "unanswered".')
    ]
    narrowed: Annotated[
        NarrowedJson | None, Field(description="Null where all documents were asked.")
    ]
    generation: Annotated[str, Field(description="The id of the index that answered.")]
    timings_ms: TimingsJson


def answer_json(answer: Answer, links: Links = NO_LINKS, kept_id: str | None = None) -> AnswerJson:
    """
    Describe an answer for programs; see `AnswerJson`.

    Args:
        answer: The answer.
        links: Where people find the page.
        kept_id: The id under which it is kept, if it is; see `bot.serving.linked_answers`.
    """
    best = _span_json(answer.spans[0], links) if answer.spans else None
    return {
        "id": kept_id,
        "permalink": links.to_answer(kept_id),
        "question": answer.question,
        "understood": answer.understood,
        "goes_on": answer.goes_on,
        "outcome": answer.outcome,
        "answered": answer.answered,
        "answer": best["answer"] if best else None,
        "confidence": _rounded(answer.confidence),
        "quote": best["quote"] if best else None,
        "introduction": best["introduction"] if best else None,
        "collection": best["collection"] if best else None,
        "document": best["document"] if best else None,
        "start_char": best["start_char"] if best else None,
        "end_char": best["end_char"] if best else None,
        "place": best["place"] if best else None,
        "dated": best["dated"] if best else None,
        "source": best["source"] if best else None,
        "language": best["language"] if best else None,
        "link": best["link"] if best else None,
        "kind": answer.kind,
        "is_partial": answer.is_partial,
        "answers": [_span_json(span, links) for span in answer.spans],
        "candidates": [_span_json(span, links) for span in answer.candidates],
        "alternatives": [_span_json(span, links) for span in answer.alternatives],
        "nearest": [passage_json(passage, links) for passage in answer.nearest],
        "narrowed": _narrowed_json(answer.narrowed),
        "generation": answer.generation,
        "timings_ms": {
            "encode": _rounded(1e3 * answer.timings.encode_s),
            "search": _rounded(1e3 * answer.timings.search_s),
            "read": _rounded(1e3 * answer.timings.read_s),
            "total": _rounded(1e3 * answer.timings.total_s),
        },
    }


def _narrowed_json(narrowed: Narrowed | None) -> NarrowedJson | None:
    if narrowed is None:
        return None
    return {
        "documents": narrowed.documents,
        "of": narrowed.of,
        "undated": narrowed.undated,
    }


def _span_json(span: AnswerSpan, links: Links) -> SpanJson:
    return {
        "answer": span.text,
        "confidence": _rounded(span.confidence),
        "quote": span.quote,
        "introduction": span.introduction.text if span.introduction else None,
        "collection": span.collection,
        "document": span.document_id,
        "start_char": span.start_char,
        "end_char": span.end_char,
        "place": place_json(span.place),
        "dated": span.dated.isoformat() if span.dated else None,
        "source": span.source,
        "language": span.language,
        "link": links.to(span),
    }


def passage_json(passage: NearestPassage, links: Links) -> PassageJson:
    """Describe a passage for programs."""
    return {
        "collection": passage.collection,
        "document": passage.document_id,
        "start_char": passage.start_char,
        "end_char": passage.end_char,
        "text": passage.text,
        "place": place_json(passage.place),
        "source": passage.source,
        "language": passage.language,
        "link": links.to(passage),
    }


def place_json(place: Place | None) -> PlaceJson | None:
    """Describe a place for programs; None where there is none."""
    if place is None:
        return None
    return {
        "kind": place.kind,
        "name": place.name,
        "line": place.line,
        "within": place.within,
    }


def _rounded(number: float) -> float:
    return round(number, 4)
