"""
The documents that are answered from in a scope: counted, listed, named, and around what was quoted.

Where a server has turned the base off and nothing is left, there are none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from answering.answer import Quotable
from bot.serving.open_indexes import SearchSpace
from bot.serving.quote_status import place_now
from bot.serving.service import AnswerService, NothingToAnswerFromError
from index.texts import Texts

_T = TypeVar("_T")

# Characters to either side of a piece of a document, for whoever shows it in its surroundings.
SURROUNDINGS_CHARS = 1_400


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to answer from."""

    documents: int
    """Those of the base, as `passages` are."""
    passages: int
    own_documents: int = 0
    """Those of the server, beside those of the base."""
    own_passages: int = 0
    own_generation: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document as it is listed."""

    id: str
    title: str
    size: int
    """In bytes."""
    dated: str | None
    is_own: bool = False
    """Whether it was added in the server where it is listed."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """A piece of a document around the characters that matter."""

    title: str
    before: str
    text: str
    after: str
    document_changed: bool = False
    """The document no longer says so; what is shown is what was quoted."""


def _read(
    service: AnswerService, scope: str | None, use: Callable[[SearchSpace], _T], nothing: _T
) -> _T:
    """What is read in a scope; `nothing` where nothing is left to answer from."""
    try:
        return service.with_space(scope, use)
    except NothingToAnswerFromError:
        return nothing


def counts(service: AnswerService, scope: str | None) -> Counts:
    """How many documents and passages there are."""

    def count(space: SearchSpace) -> Counts:
        base = space.base.generation.manifest
        common = (0, 0) if space.is_alone else (base.documents, base.passages)
        if space.own is None:
            return Counts(*common)
        own = space.own.manifest
        return Counts(*common, own.documents, own.passages, own.generation)

    return _read(service, scope, count, Counts(0, 0))


def documents(
    service: AnswerService, scope: str | None, start: int, count: int
) -> list[DocumentLine]:
    """A stretch of the documents; see `lines_in`."""
    return _read(service, scope, lambda space: lines_in(space, start, count), [])


def lines_in(space: SearchSpace, start: int, count: int, name: str = "") -> list[DocumentLine]:
    """
    A stretch of a space's documents: the server's own, then the base's, each in order of id.

    Args:
        space: What the documents are in.
        start: How many documents are left out before the stretch.
        count: How many documents are listed at most.
        name: A part of their names; see `index.texts.Texts.listed`.
    """
    lines: list[DocumentLine] = []
    for generation in space.generations:
        is_own = generation is space.own
        for document_id, title, size, dated in generation.texts.listed(
            start, count - len(lines), name
        ):
            day = dated.isoformat() if dated else None
            lines.append(DocumentLine(document_id, title, size, day, is_own))
        start = max(0, start - generation.texts.named(name))
    return lines


def names(service: AnswerService, scope: str | None) -> list[str]:
    """Folders and documents that a filter may name, the server's own first."""

    def read(space: SearchSpace) -> list[str]:
        return [name for generation in space.generations for name in generation.names()]

    return _read(service, scope, read, [])


def days(service: AnswerService, scope: str | None) -> list[str]:
    """Years that documents are dated, then months, then days; of each the latest first."""

    def read(space: SearchSpace) -> list[str]:
        found = frozenset[str]().union(*(generation.days() for generation in space.generations))
        return sorted(sorted(found, reverse=True), key=len)

    return _read(service, scope, read, [])


def surroundings(
    service: AnswerService, scope: str | None, found: Quotable, title: str
) -> Surroundings:
    """
    What stands around a piece of a document, if its sentence still stands there.

    What was written or deleted above it since may have moved it.

    Args:
        service: What is answered from.
        scope: That of the server where it is shown; to it, another server's document is gone.
        found: The piece; it may come from an older generation.
        title: What the document is called.
    """

    def read(space: SearchSpace) -> Surroundings | None:
        generation = space.generation(found.collection)
        if generation is None:
            return None
        try:
            return surroundings_in(generation.texts, found, title)
        except KeyError:
            return None

    around = _read(service, scope, read, None)
    return around or Surroundings(title, "", found.text, "", document_changed=True)


def surroundings_in(texts: Texts, found: Quotable, title: str) -> Surroundings:
    """
    What stands around a piece of a document.

    Args:
        texts: Those of the generation that holds the document.
        found: The piece; it may come from an older generation.
        title: What the document is called.

    Raises:
        KeyError: If there is no such document.
    """

    def text(start: int, end: int) -> str:
        return texts.text(found.document_id, max(0, start), end)

    start = place_now(texts, found)
    if start is None:
        return Surroundings(title, "", found.text, "", document_changed=True)
    end = start + len(found.text)
    before = text(start - SURROUNDINGS_CHARS, start) if start else ""
    return Surroundings(title, before, found.text, text(end, end + SURROUNDINGS_CHARS))
