"""The common documents as they are read, without an answer: searched, listed, in pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.serving.open_indexes import SearchSpace
from bot.serving.service import AnswerService, DocumentLine
from bot.serving.standing import Quotable, Standing, standing_of
from index.formats.base import Place
from index.generation import Generation
from index.history import BuildStamp, history
from index.retrieve import Hit, Retriever


class NoSuchDocumentError(Exception):
    """There is no such document, or none any more."""

    def __init__(self, document_id: str) -> None:
        """Say which."""
        super().__init__(
            f"There is no document {document_id!r}, or none any more. The list of documents has "
            "the names."
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found for a question."""

    hit: Hit
    """The passage, and how it was found."""
    title: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class Search:
    """What was found for a question, best first."""

    found: tuple[Found, ...]
    generation: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A stretch of the documents."""

    lines: tuple[DocumentLine, ...]
    total: int
    """How many have the name that is looked for."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a document's text, around some characters that matter."""

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
class BaseStatus:
    """What is answered from."""

    generation: str
    documents: int
    passages: int
    built: datetime


class BaseDocuments:
    """
    Reads the base that a service has in use. Any thread may call it.

    It can reach no collection but the base: each method takes what it reads from that space.
    """

    def __init__(self, service: AnswerService) -> None:
        """Read what a service answers from."""
        self._service = service

    def search(self, question: str, count: int) -> Search:
        """Find the passages most likely to hold an answer, as the reader is given them."""

        def search(space: SearchSpace) -> Search:
            generation = space.base.generation
            hits = Retriever(generation, space.base.encoder).retrieve(question, count).hits
            return Search(tuple(_found(generation, hit) for hit in hits), generation.id)

        return self._service.with_base(search)

    def listing(self, name: str, start: int, count: int) -> Listing:
        """A stretch of the documents with a part of a name; see `index.texts.Texts.listed`."""

        def read(space: SearchSpace) -> Listing:
            texts = space.base.generation.texts
            lines = tuple(
                DocumentLine(document_id, title, size, dated.isoformat() if dated else None)
                for document_id, title, size, dated in texts.listed(start, count, name)
            )
            return Listing(lines, texts.named(name))

        return self._service.with_base(read)

    def piece(
        self, document_id: str, start_char: int, end_char: int, *, before: int, after: int
    ) -> Piece:
        """
        A stretch of a document, as far as there is any.

        Args:
            document_id: The document's id.
            start_char: Where what matters begins.
            end_char: Where it ends, exclusive; not below `start_char`.
            before: So many characters before it.
            after: So many characters after it.

        Raises:
            NoSuchDocumentError: If there is no such document.
        """

        def read(space: SearchSpace) -> Piece:
            texts = space.base.generation.texts
            try:
                document = texts.document(document_id)
                chars = texts.length(document_id)
                start, end = min(start_char, chars), min(end_char, chars)
                first, last = max(0, start - before), end + after
                text = texts.text(document_id, first, last)
                return Piece(
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
            except KeyError as error:
                raise NoSuchDocumentError(document_id) from error

        return self._service.with_base(read)

    def standings(self, pieces: Sequence[Quotable]) -> list[Standing]:
        """What became of pieces of documents that were quoted, in their order."""

        def read(space: SearchSpace) -> list[Standing]:
            return [standing_of(space.base.generation.texts, piece) for piece in pieces]

        return self._service.with_base(read)

    def history(self) -> list[BuildStamp]:
        """What builds changed, up to the generation in use, newest first."""

        def read(space: SearchSpace) -> list[BuildStamp]:
            generation = space.base.generation
            return history(generation.folder.parents[1], generation.id)

        return self._service.with_base(read)

    def status(self) -> BaseStatus:
        """What is answered from now."""

        def read(space: SearchSpace) -> BaseStatus:
            manifest = space.base.generation.manifest
            return BaseStatus(
                manifest.generation, manifest.documents, manifest.passages, manifest.created
            )

        return self._service.with_base(read)


def _found(generation: Generation, hit: Hit) -> Found:
    passage = hit.passage
    texts = generation.texts
    title = texts.document(passage.document_id).title
    return Found(hit, title, texts.place(passage.document_id, passage.start_char))
