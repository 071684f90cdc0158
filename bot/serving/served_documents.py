"""The documents that are answered from, as people read them: searched, listed, in pieces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from answering.answer import NearestPassage, Quotable
from answering.question import Question
from answering.verbatim import near
from bot.collection_names import BASE_COLLECTION
from bot.serving.open_indexes import SearchSpace
from bot.serving.quote_status import QuoteStatus, quote_status
from bot.serving.scope_documents import DocumentLine, lines_in
from bot.serving.service import AnswerService
from index.formats.base import Place
from index.history import BuildStamp, history

_T = TypeVar("_T")


class NoSuchDocumentError(Exception):
    """There is no such document, or none any more."""

    def __init__(self, document_id: str) -> None:
        """Say which."""
        super().__init__(
            f"There is no document {document_id!r}, or none any more. The list of documents has "
            "the names."
        )


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that was found for a question."""

    passage: NearestPassage
    score: float
    """How near it is to the question."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was found for a question, best first."""

    found: tuple[FoundPassage, ...]
    generation: str


@dataclass(frozen=True, slots=True)
class DocumentList:
    """A stretch of the documents."""

    lines: tuple[DocumentLine, ...]
    total: int
    """How many have the name that is looked for."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of a document's text, around some characters that matter."""

    collection: str
    document: str
    title: str
    dated: str | None
    before: str
    text: str
    """What matters; it may be empty."""
    after: str
    start_char: int
    """Where `text` begins in the document's text."""
    document_chars: int
    """How long the whole document is."""
    place: Place | None
    """The one that `text` begins in."""
    places: tuple[Place, ...]
    """Those that begin in the stretch."""

    @property
    def first_char(self) -> int:
        """Where the stretch begins in the document's text."""
        return self.start_char - len(self.before)

    @property
    def end_char(self) -> int:
        """Where `text` ends, exclusive."""
        return self.start_char + len(self.text)

    @property
    def last_char(self) -> int:
        """Where the stretch ends, exclusive."""
        return self.end_char + len(self.after)


@dataclass(frozen=True, slots=True)
class ServedStatus:
    """What is answered from."""

    generation: str
    documents: int
    passages: int
    built: datetime
    collection: str | None = None
    """The one that is searched with the base, if there is one."""


class ServedDocuments:
    """
    Reads the base that a service has in use, and in a scope that one collection with it.

    Any thread may call it. It can reach no other collection: each method takes what it reads from
    the space of its scope.
    """

    def __init__(self, service: AnswerService, scope: str | None = None) -> None:
        """Read what a service answers from; see `AnswerService` for scopes."""
        self._service = service
        self._scope = scope

    def within(self, scope: str | None) -> "ServedDocuments":
        """The same documents, in another scope."""
        return ServedDocuments(self._service, scope)

    def _read(self, use: Callable[[SearchSpace], _T]) -> _T:
        return self._service.with_space(self._scope, use)

    def search(self, question: Question, count: int) -> Search:
        """
        Find the passages most likely to hold an answer, as the reader is given them.

        Raises:
            FilterError: If the question's filter leaves no document.
        """

        def search(space: SearchSpace) -> Search:
            retriever = space.retriever
            hits = retriever.retrieve(question.text, count, within=question.within).hits
            found = (
                FoundPassage(near(hit.passage, retriever.source(hit.passage)), hit.score)
                for hit in hits
            )
            return Search(tuple(found), space.base.generation.id)

        return self._read(search)

    def listing(self, name: str, start: int, count: int) -> DocumentList:
        """A stretch of the documents with a part of a name, and how many have it."""
        return self._read(
            lambda space: DocumentList(
                tuple(lines_in(space, start, count, name)),
                sum(generation.texts.named(name) for generation in space.generations),
            )
        )

    def piece(
        self,
        document_id: str,
        start_char: int,
        end_char: int,
        *,
        before: int,
        after: int,
        collection: str = BASE_COLLECTION,
    ) -> Stretch:
        """
        A stretch of a document, as far as there is any.

        Args:
            document_id: The document's id.
            start_char: Where what matters begins.
            end_char: Where it ends, exclusive; not below `start_char`.
            before: So many characters before it.
            after: So many characters after it.
            collection: The one that the document is in.

        Raises:
            NoSuchDocumentError: If there is no such document here.
        """

        def read(space: SearchSpace) -> Stretch | None:
            generation = space.generation(collection)
            if generation is None:
                return None
            texts = generation.texts
            try:
                document = texts.document(document_id)
                chars = texts.length(document_id)
                start, end = min(start_char, chars), min(end_char, chars)
                first, last = max(0, start - before), end + after
                text = texts.text(document_id, first, last)
                return Stretch(
                    collection=collection,
                    document=document.id,
                    title=document.title,
                    dated=document.dated.isoformat() if document.dated else None,
                    before=text[: start - first],
                    text=text[start - first : end - first],
                    after=text[end - first :],
                    start_char=start,
                    document_chars=chars,
                    place=texts.place(document_id, start),
                    places=tuple(texts.places(document_id, first, last)),
                )
            except KeyError:
                return None

        # An error in there would speak against the collection, and this one is the asker's.
        piece = self._read(read)
        if piece is None:
            raise NoSuchDocumentError(document_id)
        return piece

    def quote_statuses(self, pieces: Sequence[Quotable]) -> list[QuoteStatus]:
        """What became of pieces of documents that were quoted, in their order."""
        return self._read(
            lambda space: [quote_status(space.base.generation.texts, piece) for piece in pieces]
        )

    def history(self) -> list[BuildStamp]:
        """What builds changed, up to the generation in use, newest first."""

        def read(space: SearchSpace) -> list[BuildStamp]:
            generation = space.base.generation
            return history(generation.folder.parents[1], generation.id)

        return self._read(read)

    def status(self) -> ServedStatus:
        """What is answered from now."""

        def read(space: SearchSpace) -> ServedStatus:
            manifests = [generation.manifest for generation in space.generations]
            base = space.base.generation.manifest
            return ServedStatus(
                base.generation,
                sum(manifest.documents for manifest in manifests),
                sum(manifest.passages for manifest in manifests),
                base.created,
                None if space.own is None else space.own.collection,
            )

        return self._read(read)
