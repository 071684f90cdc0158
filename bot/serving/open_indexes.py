"""Opened generations with the answerer that reads in them: the base's, and one a server."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from answering.answer import Answer
from answering.answerer import Answers
from answering.followups.turns import Turn
from answering.question import Question
from bot.assembly import OpenIndex
from bot.collection_names import BASE_COLLECTION
from bot.event_log import event
from bot.serving.reference_count import ReferenceCount
from index.errors import EncoderError, IndexDamagedError, IndexMissingError, NotPublishedError
from index.generation import Generation
from index.retrieve import Retriever
from index.store import Collection

_log = logging.getLogger(__name__)

# Collections of servers. Each holds some open files and a megabyte or two; the next one that is
# asked for takes the place of the one that was asked longest ago.
MAX_OPEN = 50
# A collection that nobody asked for so long is closed.
UNUSED_S = 10 * 60.0
# One that can't be used is tried again after so long, or when a new generation is published.
BROKEN_S = 60.0


class ServedAnswers(Answers, Protocol):
    """Answers questions, and knows some of the answers already."""

    def known(
        self, question: Question, earlier: Sequence[Turn] = (), alternatives: int = 0
    ) -> Answer | None:
        """As `answer`, at once; None where the answer would have to be found."""
        ...


@dataclass(frozen=True, slots=True)
class SpaceOpener:
    """How to open what is answered from."""

    open_base: Callable[[], OpenIndex]
    """Opens the generation of the base that is published now."""
    answerer: Callable[[OpenIndex, Sequence[Generation]], ServedAnswers]
    """Joins the base and other generations."""
    collection: Callable[[str], Collection]
    """Finds a collection by its name."""


@dataclass
class SearchSpace:
    """Opened generations and the answerer that reads in them."""

    base: OpenIndex
    own: Generation | None
    answerer: ServedAnswers
    references: ReferenceCount
    is_alone: bool = False
    """Whether a server's own is searched without the base."""
    used: float = 0.0

    @cached_property
    def retriever(self) -> Retriever:
        """What searches all generations for passages, without an answer."""
        first, *others = reversed(self.generations)
        return Retriever(first, self.base.encoder, *others)

    @property
    def generations(self) -> list[Generation]:
        """The generations that are searched, a server's own first."""
        own = [] if self.own is None else [self.own]
        return own if self.is_alone else [*own, self.base.generation]

    def generation(self, collection: str) -> Generation | None:
        """The generation of this space that belongs to a collection, if one does."""
        if collection == BASE_COLLECTION:
            return None if self.is_alone else self.base.generation
        return self.own if self.own and self.own.collection == collection else None


def open_base(opener: SpaceOpener) -> SearchSpace:
    """
    Open the base alone.

    Raises:
        IndexingError: If there is none that can be opened.
    """
    base = opener.open_base()
    return SearchSpace(base, None, opener.answerer(base, ()), ReferenceCount(base.generation.close))


def _join(opener: SpaceOpener, base: SearchSpace, scope: str, *, is_alone: bool) -> SearchSpace:
    """Open a server's collection, to be searched alone or with the base, which stays open."""
    own = opener.collection(scope).open()
    try:
        if is_alone:
            _check_encoder(own, base.base)
            answerer = opener.answerer(OpenIndex(own, base.base.encoder), ())
        else:
            answerer = opener.answerer(base.base, (own,))
    except BaseException:
        own.close()
        raise
    base.references.acquire()

    def close() -> None:
        own.close()
        base.references.release()

    return SearchSpace(base.base, own, answerer, ReferenceCount(close), is_alone)


def _check_encoder(own: Generation, base: OpenIndex) -> None:
    """Make sure that the encoder of the base has made a server's vectors."""
    if own.manifest.encoder.sha256 != base.generation.manifest.encoder.sha256:
        raise EncoderError(f"The index of {own.collection} was made by another encoder.")


@dataclass(frozen=True, slots=True)
class _Broken:
    """A collection that could not be used; of this generation, if that is known."""

    generation: str | None
    since: float


class ServerSpaces:
    """The spaces of servers with documents of their own, opened when somebody asks there."""

    def __init__(self, opener: SpaceOpener, clock: Callable[[], float] = time.monotonic) -> None:
        """Open none yet; the clock counts seconds."""
        self._opener = opener
        self._clock = clock
        # The fields below change under this lock, which is held for moments only ...
        self._lock = threading.Lock()
        # ... and this one is held while a collection is opened.
        self._opening = threading.Lock()
        self._open: OrderedDict[str, SearchSpace] = OrderedDict()
        self._broken: dict[str, _Broken] = {}

    def borrow(self, scope: str, base: SearchSpace, *, is_alone: bool) -> SearchSpace | None:
        """
        Lend a server's space, opened or exchanged if need be.

        Args:
            scope: The name of the server's collection.
            base: What it is searched with; the caller holds it.
            is_alone: Search it without the base.

        Returns:
            The space, to be given back; None if the server has none that can be used.

        Raises:
            IndexDamagedError: If it turns out damaged now; later on there is none.
            NotPublishedError: If it turns out now that it is not where it is searched.
        """
        try:
            current = self._opener.collection(scope).current()
        except IndexMissingError:
            self.drop(scope)
            return None
        except Exception as error:
            is_new = not self._is_broken(scope, None)
            self.note_broken(scope, None, error)
            if is_new and isinstance(error, IndexDamagedError):
                raise
            return None
        space = self._borrow_open(scope, current, base, is_alone=is_alone)
        if space is None and not self._is_broken(scope, current):
            with self._opening:
                space = self._borrow_open(scope, current, base, is_alone=is_alone)
                if space is None:
                    space = self._borrow_new(scope, current, base, is_alone=is_alone)
        return space

    def borrow_open(self, scope: str, base: SearchSpace, *, is_alone: bool) -> SearchSpace | None:
        """
        As `borrow`, where nothing has to be opened for it; else None.

        Raises:
            IndexMissingError: If the server has none.
            IndexingError: If it can't be told which one it has.
        """
        current = self._opener.collection(scope).current()
        return self._borrow_open(scope, current, base, is_alone=is_alone)

    def _borrow_open(
        self, scope: str, generation: str, base: SearchSpace, *, is_alone: bool
    ) -> SearchSpace | None:
        with self._lock:
            space = self._open.get(scope)
            if space is None or space.own is None:
                return None
            if space.own.id != generation or space.base is not base.base:
                return None
            if space.is_alone is not is_alone:
                return None
            space.used = self._clock()
            self._open.move_to_end(scope)
            space.references.acquire()
            return space

    def _borrow_new(
        self, scope: str, current: str, base: SearchSpace, *, is_alone: bool
    ) -> SearchSpace | None:
        try:
            space = _join(self._opener, base, scope, is_alone=is_alone)
        except Exception as error:
            self.note_broken(scope, current, error)
            if isinstance(error, IndexDamagedError | NotPublishedError):
                raise
            return None
        space.used = self._clock()
        space.references.acquire()
        with self._lock:
            self._broken.pop(scope, None)
            before = self._open.pop(scope, None)
            self._open[scope] = space
            retired = [before] if before else []
            while len(self._open) > MAX_OPEN:
                retired.append(self._open.popitem(last=False)[1])
        _release(retired)
        return space

    def _is_broken(self, scope: str, generation: str | None) -> bool:
        with self._lock:
            broken = self._broken.get(scope)
        return (
            broken is not None
            and broken.generation == generation
            and self._clock() - broken.since < BROKEN_S
        )

    def note_broken(self, scope: str, generation: str | None, error: Exception) -> None:
        """Close a collection that can't be used, log it once, and leave it alone for a while."""
        if not self._is_broken(scope, generation):
            # Never the error's text: it may quote what members have added.
            reason = type(error).__name__
            event(_log, "collection_broken", logging.ERROR, collection=scope, reason=reason)
            with self._lock:
                self._broken[scope] = _Broken(generation, self._clock())
        self._close(scope)

    def drop(self, scope: str) -> None:
        """Close a collection once its last question is answered, and think no ill of it."""
        with self._lock:
            self._broken.pop(scope, None)
        self._close(scope)

    def _close(self, scope: str) -> None:
        with self._lock:
            space = self._open.pop(scope, None)
        _release([space] if space else [])

    def close_unused(self) -> None:
        """Close the collections that nobody asked for a while."""
        before = self._clock() - UNUSED_S
        with self._lock:
            unused = [scope for scope, space in self._open.items() if space.used < before]
            retired = [self._open.pop(scope) for scope in unused]
        _release(retired)

    def close_all(self) -> None:
        """Close all of them, each once its last question is answered."""
        with self._lock:
            retired = list(self._open.values())
            self._open.clear()
        _release(retired)

    def is_broken(self, scope: str) -> bool:
        """Whether a collection could not be used when it was needed last."""
        return scope in self._broken

    @property
    def open_count(self) -> int:
        """How many are open."""
        return len(self._open)

    @property
    def broken_count(self) -> int:
        """How many could not be used when they were needed last."""
        return len(self._broken)


def _release(spaces: Sequence[SearchSpace]) -> None:
    for space in spaces:
        space.references.release()
