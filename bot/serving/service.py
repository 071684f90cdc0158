"""
Questions in a scope -> answers: from the base, and in a server from its own documents, too.

Generations are exchanged for newer ones between two questions.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from answering.answer import Answer
from answering.followups.turns import Turn
from answering.question import Question
from bot.collection_names import BASE_COLLECTION
from bot.serving.open_indexes import SearchSpace, ServerSpaces, SpaceOpener, open_base
from bot.serving.queue import UNHARMED
from index.encoder import Vectors
from index.errors import (
    IndexDamagedError,
    IndexingError,
    IndexMissingError,
    NotPublishedError,
)
from index.filters import FilterError

_T = TypeVar("_T")


class NothingToAnswerFromError(Exception):
    """A server is answered from its own documents alone, and has none that can be used."""


class AnswerService:
    """
    Answers from what is open now. Any thread may call it; a call that takes a scope may open a
    collection.

    A scope is the name of a server's collection: what is asked there is answered from the base and
    from that collection, or from that collection alone where `use_base` says so; without a scope
    it is answered from the base.
    """

    def __init__(self, opener: SpaceOpener, reader_sha256: str = "") -> None:
        """
        Open the base.

        Args:
            opener: Opens what is answered from.
            reader_sha256: Which reader answers; empty where that is left to others.

        Raises:
            IndexingError: If there is none that can be opened.
        """
        self._opener = opener
        self.reader_sha256 = reader_sha256
        self._current = opener.collection(BASE_COLLECTION).current
        self._lock = threading.Lock()
        self._suspects: frozenset[str] = frozenset()
        self._base = open_base(opener)
        self.servers = ServerSpaces(opener)
        self._alone: frozenset[str] = frozenset()

    def use_base(self, scope: str, *, is_on: bool) -> None:
        """Answer what is asked in a server from the base too, or from its own documents alone."""
        with self._lock:
            self._alone = self._alone - {scope} if is_on else self._alone | {scope}

    def uses_base(self, scope: str) -> bool:
        """Whether what is asked in a server is answered from the base too."""
        return scope not in self._alone

    def answer(
        self,
        question: Question,
        earlier: tuple[Turn, ...],
        alternatives: int,
        scope: str | None,
        *,
        is_alone: bool | None = None,
    ) -> Answer:
        """
        Answer a question; see `ScopedAnswers`.

        Args:
            question: What is asked.
            earlier: The turns before it, oldest first.
            alternatives: How many other answers, at most.
            scope: The collection of the server where it is asked.
            is_alone: Whether it is answered from that collection without the base; None if that
                is as `use_base` said last.

        Raises:
            NothingToAnswerFromError: If the server has turned the base off and nothing is left.
            FilterError: If the question's filter leaves no document.
            IndexDamagedError: If what it is answered from turns out damaged.
        """
        return self.with_space(
            scope,
            lambda space: space.answerer.answer(question, earlier, alternatives),
            base_will_do=lambda: scope not in self.suspects,
            is_alone=is_alone,
        )

    def known(
        self, question: Question, earlier: tuple[Turn, ...], alternatives: int, scope: str | None
    ) -> Answer | None:
        """
        As `answer`, where the same was answered before from what is published now.

        Nothing is opened or read for it, and whatever is wrong is left for `answer` to find.
        """
        with self._base_in_use() as base:
            try:
                space = self._borrow_open(scope, base)
            except IndexingError:
                return None
            if space is None:
                return None
            try:
                return space.answerer.known(question, earlier, alternatives)
            finally:
                space.references.release()

    def _borrow_open(self, scope: str | None, base: SearchSpace) -> SearchSpace | None:
        """Lend what is searched in a scope if it is open, to be given back."""
        is_alone = scope in self._alone
        if scope is not None:
            try:
                return self.servers.borrow_open(scope, base, is_alone=is_alone)
            except IndexMissingError:
                if is_alone:
                    return None
        base.references.acquire()
        return base

    def with_space(
        self,
        scope: str | None,
        use: Callable[[SearchSpace], _T],
        base_will_do: Callable[[], bool] = lambda: True,
        is_alone: bool | None = None,
    ) -> _T:
        """
        Use a server's space, or the base's where the server's collection turns out broken.

        Args:
            scope: The scope of the server.
            use: Called with a space, which stays open meanwhile.
            base_will_do: Whether it will, where the server's collection can't be used.
            is_alone: See `answer`.

        Raises:
            IndexDamagedError: If the base is damaged, or the server's collection and the base will
                not do.
            NothingToAnswerFromError: If the server has turned the base off and nothing is left.
        """
        with self._base_in_use() as base:
            is_alone = scope in self._alone if is_alone is None else is_alone
            own = self._borrow(scope, base, is_alone=is_alone)
            if scope is not None and own is not None and own.own is not None:
                try:
                    return use(own)
                except (FilterError, *UNHARMED):
                    raise
                except Exception as error:
                    if isinstance(error, IndexDamagedError):
                        self.suspect(BASE_COLLECTION)
                    if isinstance(error, IndexDamagedError | NotPublishedError):
                        self.suspect(scope)
                    self.servers.note_broken(scope, own.own.id, error)
                finally:
                    own.references.release()
            if not base_will_do():
                raise IndexDamagedError(f"{scope}: its index is damaged.")
            if is_alone:
                raise NothingToAnswerFromError
            try:
                return use(base)
            except IndexDamagedError:
                self.suspect(BASE_COLLECTION)
                raise

    def _borrow(
        self, scope: str | None, base: SearchSpace, *, is_alone: bool
    ) -> SearchSpace | None:
        if scope is None:
            return None
        try:
            return self.servers.borrow(scope, base, is_alone=is_alone)
        except (IndexDamagedError, NotPublishedError):
            self.suspect(scope)
            return None

    @property
    def suspects(self) -> frozenset[str]:
        """The collections that showed damage and were not looked at since."""
        return self._suspects

    def suspect(self, collection: str) -> None:
        """Note that a collection showed damage."""
        with self._lock:
            self._suspects |= {collection}

    def acquit(self, collection: str) -> None:
        """Note that a collection was looked at, and mended if it could be."""
        with self._lock:
            self._suspects -= {collection}

    @contextmanager
    def _base_in_use(self) -> Iterator[SearchSpace]:
        """The space of the base, which stays open until the block ends."""
        with self._lock:
            space = self._base
            space.references.acquire()
        try:
            yield space
        finally:
            space.references.release()

    def refresh(self, *, anew: bool = False) -> bool:
        """
        Change to the published base if it is another; questions under way keep the old one.

        Args:
            anew: Open it again also where it goes by the same name, since it was damaged.

        Returns:
            Whether it was another.

        Raises:
            IndexingError: If it can't be opened; the old one goes on.
        """
        if self._current() == self.generation and not anew:
            return False
        fresh = open_base(self._opener)
        with self._lock:
            old, self._base = self._base, fresh
        # Those of servers are opened again with the new base when they are asked for.
        self.servers.close_all()
        old.references.release()
        return True

    @property
    def generation(self) -> str:
        """The id of the base's generation in use."""
        return self._base.base.generation.id

    def encode(self, texts: Sequence[str]) -> Vectors:
        """The vectors of some texts as questions, one row each; there is at least one text."""
        with self._base_in_use() as space:
            return np.stack([space.base.encoder.encode_question(text) for text in texts])

    def close(self) -> None:
        """Close every space when its last question is answered."""
        self.servers.close_all()
        self._base.references.release()
