"""Things that have to be closed after their last use, and not before."""

import threading
from collections.abc import Callable
from typing import Self


class ReferenceCount:
    """Counts who holds a thing, its owner first, and closes it after the last. Thread-safe."""

    def __init__(self, close: Callable[[], None]) -> None:
        """Begin with one holder, the caller; `close` is called once, in any thread."""
        self._close = close
        self._holders = 1
        self._lock = threading.Lock()

    def acquire(self) -> Self:
        """Add a holder; whoever calls holds the thing already, or knows that somebody does."""
        with self._lock:
            self._holders += 1
        return self

    def release(self) -> None:
        """Hold it no longer."""
        with self._lock:
            self._holders -= 1
            is_last = self._holders == 0
        if is_last:
            self._close()
