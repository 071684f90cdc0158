"""
What is answered from: the base, and in a server its own documents with it.

Generations are exchanged for the next between two questions.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.answer import Answer
from bot.collections import BASE_COLLECTION
from bot.conversation import Turn
from bot.discord_app.rendering import CONTEXT_CHARS, DocumentLine, Surroundings
from bot.discord_app.shelves import ServerShelves, Shelf, Shelves, open_base
from bot.question import QuestionError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is to answer from."""

    documents: int
    """Of the base, as `passages`."""
    passages: int
    own_documents: int = 0
    """Of the server, beside the base's."""
    own_passages: int = 0
    own_generation: str | None = None


class Served:
    """
    The shelves in use. Any thread may call it; each call that takes a scope may open a collection.

    A scope is the name of a server's collection: what is asked there is answered from the base and
    from that collection, and without a scope from the base alone.
    """

    def __init__(self, shelves: Shelves) -> None:
        """
        Open the base.

        Raises:
            IndexingError: If there is none that can be opened.
        """
        self._shelves = shelves
        self._current = shelves.collection(BASE_COLLECTION).current
        self._lock = threading.Lock()
        self._base = open_base(shelves)
        self.servers = ServerShelves(shelves)

    def answer(
        self, question: str, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer:
        """Answer a question; see `AnswersInTurn`."""
        return self._with(
            scope, lambda shelf: shelf.answerer.answer(question, alternatives, earlier)
        )

    def _with(self, scope: str | None, use: Callable[[Shelf], _T]) -> _T:
        """Use a server's shelf, or the base's where the server's collection turns out broken."""
        with self._base_in_use() as base:
            own = self.servers.borrow(scope, base) if scope is not None else None
            if scope is None or own is None or own.own is None:
                return use(base)
            try:
                return use(own)
            except QuestionError:
                raise
            except Exception as error:
                self.servers.note_broken(scope, own.own.id, error)
            finally:
                own.lent.give_back()
            return use(base)

    @contextmanager
    def _base_in_use(self) -> Iterator[Shelf]:
        """The shelf of the base, which stays open until the block ends."""
        with self._lock:
            shelf = self._base
            shelf.lent.lend()
        try:
            yield shelf
        finally:
            shelf.lent.give_back()

    def refresh(self) -> bool:
        """
        Change to the published base if it is another; questions under way keep the old one.

        Returns:
            Whether it was another.

        Raises:
            IndexingError: If it can't be opened; the old one goes on.
        """
        if self._current() == self.generation:
            return False
        fresh = open_base(self._shelves)
        with self._lock:
            old, self._base = self._base, fresh
        # Those of servers are opened again with the new base when they are asked for.
        self.servers.close_all()
        old.lent.give_back()
        return True

    @property
    def generation(self) -> str:
        """The id of the base's generation in use."""
        return self._base.base.generation.id

    def counts(self, scope: str | None) -> Counts:
        """How many documents and passages there are."""

        def count(shelf: Shelf) -> Counts:
            base = shelf.base.generation.manifest
            if shelf.own is None:
                return Counts(base.documents, base.passages)
            own = shelf.own.manifest
            return Counts(
                base.documents, base.passages, own.documents, own.passages, own.generation
            )

        return self._with(scope, count)

    def documents(self, scope: str | None, start: int, count: int) -> list[DocumentLine]:
        """A stretch of the documents: the server's own, then the base's, each in order of id."""

        def lines(shelf: Shelf) -> list[DocumentLine]:
            found: list[DocumentLine] = []
            skipped = start
            for generation in (shelf.own, shelf.base.generation):
                if generation is None:
                    continue
                is_own = generation is shelf.own
                for name, title, size, dated in generation.texts.listed(
                    skipped, count - len(found)
                ):
                    day = dated.isoformat() if dated else None
                    found.append(DocumentLine(name, title, size, day, is_own))
                skipped = max(0, skipped - generation.manifest.documents)
            return found

        return self._with(scope, lines)

    def surroundings(
        self,
        scope: str | None,
        collection: str,
        document_id: str,
        title: str,
        start_char: int,
        text: str,
    ) -> Surroundings:
        """
        What stands around a piece of a document, if it still stands there.

        Args:
            scope: Of the server where it is shown.
            collection: The one that the document is in; another server's is as good as gone.
            document_id: Of an answer that may come from an older generation.
            title: Shown if the document is gone.
            start_char: Where the piece began.
            text: The piece.
        """
        end_char = start_char + len(text)
        begin = max(0, start_char - 2 * CONTEXT_CHARS)

        def read(shelf: Shelf) -> str:
            generation = shelf.generation(collection)
            if generation is None:
                return ""
            try:
                return generation.texts.text(document_id, begin, end_char + 2 * CONTEXT_CHARS)
            except KeyError:
                return ""

        shown = self._with(scope, read)
        within = start_char - begin
        if shown[within : within + len(text)] != text:
            return Surroundings(title, "", text, "", document_changed=True)
        return Surroundings(title, shown[:within], text, shown[within + len(text) :])

    def close(self) -> None:
        """Close every shelf when its last question is answered."""
        self.servers.close_all()
        self._base.lent.give_back()
