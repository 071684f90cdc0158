"""Searches, lists and pieces of the documents -> JSON, the same for every face."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from bot.answer_json import CollectionField, PassageJson, PlaceJson, passage_json, place_json
from bot.collection_names import BASE_COLLECTION
from bot.links import Links
from bot.serving.served_documents import DocumentList, FoundPassage, Search, ServedStatus, Stretch


class HitJson(PassageJson):
    """A passage that was found."""

    title: str
    score: Annotated[
        float, Field(description="How near it is to the question; the reader is given the highest.")
    ]


class SearchJson(TypedDict):
    """The passages that are found for a question, best first."""

    question: str
    passages: list[HitJson]
    generation: Annotated[str, Field(description="The id of the index that was searched.")]


class DocumentJson(TypedDict):
    """A document as it is listed."""

    collection: CollectionField
    document: Annotated[str, Field(description="Its file, below the folder of documents.")]
    title: str
    bytes: Annotated[int, Field(description="The size of the file.")]
    dated: Annotated[str | None, Field(description="The document's date, as YYYY-MM-DD.")]


class DocumentsJson(TypedDict):
    """A stretch of the documents of each collection, in the order of their names."""

    documents: list[DocumentJson]
    start: int
    total: Annotated[int, Field(description="How many there are of that name.")]


class ContextJson(TypedDict):
    """A piece of a document, and what stands around it; all of it word for word."""

    collection: CollectionField
    document: str
    title: str
    dated: Annotated[str | None, Field(description="The document's date, as YYYY-MM-DD.")]
    before: str
    text: Annotated[str, Field(description="The characters that were asked for.")]
    after: str
    start_char: Annotated[int, Field(description="Of `text`, in the document's text.")]
    end_char: int
    document_chars: Annotated[int, Field(description="How long the whole document is.")]
    place: PlaceJson | None


class StatusJson(TypedDict):
    """What is answered from."""

    version: Annotated[str, Field(description="Of Quoth.")]
    generation: Annotated[str, Field(description="The id of the index that answers.")]
    built: Annotated[str, Field(description="When its build began.")]
    collection: Annotated[
        str | None,
        Field(
            description="The collection that the token opens beside the base, if it can be used."
        ),
    ]
    documents: int
    passages: int
    waiting: Annotated[int, Field(description="Questions that wait or are being answered.")]


def search_json(question: str, search: Search, links: Links) -> SearchJson:
    """Describe a search."""
    return {
        "question": question,
        "passages": [_hit_json(one, links) for one in search.found],
        "generation": search.generation,
    }


def _hit_json(found: FoundPassage, links: Links) -> HitJson:
    passage = found.passage
    score = round(found.score, 4)
    return {**passage_json(passage, links), "title": passage.title, "score": score}


def documents_json(listing: DocumentList, start: int, scope: str | None) -> DocumentsJson:
    """Describe a stretch of the documents; `scope` is the collection of those that are its own."""
    return {
        "documents": [
            {
                "collection": scope if one.is_own and scope else BASE_COLLECTION,
                "document": one.id,
                "title": one.title,
                "bytes": one.size,
                "dated": one.dated,
            }
            for one in listing.lines
        ],
        "start": start,
        "total": listing.total,
    }


def context_json(piece: Stretch) -> ContextJson:
    """Describe a piece of a document."""
    return {
        "collection": piece.collection,
        "document": piece.document,
        "title": piece.title,
        "dated": piece.dated,
        "before": piece.before,
        "text": piece.text,
        "after": piece.after,
        "start_char": piece.start_char,
        "end_char": piece.end_char,
        "document_chars": piece.document_chars,
        "place": place_json(piece.place),
    }


def status_json(status: ServedStatus, version: str, waiting: int) -> StatusJson:
    """Describe what is answered from."""
    return {
        "version": version,
        "generation": status.generation,
        "built": status.built.isoformat(timespec="seconds"),
        "collection": status.collection,
        "documents": status.documents,
        "passages": status.passages,
        "waiting": waiting,
    }
