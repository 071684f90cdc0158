"""Opened generations with the answerer that reads in them: the base's, and one a server."""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answerer import Answers
from bot.assembly import OpenIndex
from bot.collections import BASE_COLLECTION
from bot.discord_app.lending import Lent
from bot.discord_app.logs import event
from index.errors import IndexMissingError
from index.generation import Generation
from index.store import Collection

_log = logging.getLogger(__name__)

# Of servers' collections. Each holds some open files and a megabyte or two; the next one that is
# asked for takes the place of the one that was asked longest ago.
MAX_OPEN = 50
# A collection that nobody asked for so long is closed.
UNUSED_S = 10 * 60.0
# One that can't be used is tried again after so long, or when a new generation is published.
BROKEN_S = 60.0


@dataclass(frozen=True, slots=True)
class Shelves:
    """How to open what is answered from."""

    open_base: Callable[[], OpenIndex]
    """Opens the generation of the base that is published now."""
    answerer: Callable[[OpenIndex, Sequence[Generation]], Answers]
    """Joins the base and other generations."""
    collection: Callable[[str], Collection]
    """By name."""


@dataclass(slots=True)
class Shelf:
    """Opened generations and the answerer that reads in them."""

    base: OpenIndex
    own: Generation | None
    answerer: Answers
    lent: Lent
    used: float = 0.0

    def generation(self, collection: str) -> Generation | None:
        """The one of this shelf that belongs to a collection."""
        if collection == BASE_COLLECTION:
            return self.base.generation
        return self.own if self.own and self.own.collection == collection else None


def open_base(shelves: Shelves) -> Shelf:
    """
    Open the base alone.

    Raises:
        IndexingError: If there is none that can be opened.
    """
    base = shelves.open_base()
    return Shelf(base, None, shelves.answerer(base, ()), Lent(base.generation.close))


def _join(shelves: Shelves, base: Shelf, scope: str) -> Shelf:
    """Open a server's collection, to be searched with the base, which stays open as long."""
    own = shelves.collection(scope).open()
    try:
        answerer = shelves.answerer(base.base, (own,))
    except BaseException:
        own.close()
        raise
    base.lent.lend()

    def close() -> None:
        own.close()
        base.lent.give_back()

    return Shelf(base.base, own, answerer, Lent(close))


@dataclass(frozen=True, slots=True)
class _Broken:
    """A collection that could not be used; of this generation, if that is known."""

    generation: str | None
    since: float


class ServerShelves:
    """The shelves of servers with documents of their own, opened when they are asked for."""

    def __init__(self, shelves: Shelves, clock: Callable[[], float] = time.monotonic) -> None:
        """Open none yet; the clock counts seconds."""
        self._shelves = shelves
        self._clock = clock
        # The fields below change under this lock, which is held for moments only ...
        self._lock = threading.Lock()
        # ... and this one is held while a collection is opened.
        self._opening = threading.Lock()
        self._open: OrderedDict[str, Shelf] = OrderedDict()
        self._broken: dict[str, _Broken] = {}

    def borrow(self, scope: str, base: Shelf) -> Shelf | None:
        """
        Lend a server's shelf, opened or exchanged if need be.

        Args:
            scope: The name of the server's collection.
            base: What it is searched with; the caller holds it.

        Returns:
            The shelf, to be given back; None if the server has none that can be used.
        """
        try:
            current = self._shelves.collection(scope).current()
        except IndexMissingError:
            self.drop(scope)
            return None
        except Exception as error:
            self.note_broken(scope, None, error)
            return None
        shelf = self._borrow_open(scope, current, base)
        if shelf is None and not self._is_broken(scope, current):
            with self._opening:
                shelf = self._borrow_open(scope, current, base)
                if shelf is None:
                    shelf = self._borrow_new(scope, current, base)
        return shelf

    def _borrow_open(self, scope: str, generation: str, base: Shelf) -> Shelf | None:
        with self._lock:
            shelf = self._open.get(scope)
            if shelf is None or shelf.own is None:
                return None
            if shelf.own.id != generation or shelf.base is not base.base:
                return None
            shelf.used = self._clock()
            self._open.move_to_end(scope)
            shelf.lent.lend()
            return shelf

    def _borrow_new(self, scope: str, current: str, base: Shelf) -> Shelf | None:
        try:
            shelf = _join(self._shelves, base, scope)
        except Exception as error:
            self.note_broken(scope, current, error)
            return None
        shelf.used = self._clock()
        shelf.lent.lend()
        with self._lock:
            self._broken.pop(scope, None)
            before = self._open.pop(scope, None)
            self._open[scope] = shelf
            retired = [before] if before else []
            while len(self._open) > MAX_OPEN:
                retired.append(self._open.popitem(last=False)[1])
        _give_back(retired)
        return shelf

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
            shelf = self._open.pop(scope, None)
        _give_back([shelf] if shelf else [])

    def close_unused(self) -> None:
        """Close the collections that nobody asked for a while."""
        before = self._clock() - UNUSED_S
        with self._lock:
            unused = [scope for scope, shelf in self._open.items() if shelf.used < before]
            retired = [self._open.pop(scope) for scope in unused]
        _give_back(retired)

    def close_all(self) -> None:
        """Close all of them, each once its last question is answered."""
        with self._lock:
            retired = list(self._open.values())
            self._open.clear()
        _give_back(retired)

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


def _give_back(shelves: Sequence[Shelf]) -> None:
    for shelf in shelves:
        shelf.lent.give_back()
