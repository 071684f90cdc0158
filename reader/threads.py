"""Threads that help whoever calls with work that falls into pieces."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Piece = TypeVar("_Piece")
_Result = TypeVar("_Result")


class ReaderThreads:
    """A fixed number of threads, callers included: if as many call, nobody is helped."""

    def __init__(self, threads: int) -> None:
        """Take the number of threads, at least 1; they start when they are needed."""
        self._threads = threads
        self._callers = 0
        self._counting = threading.Lock()
        self._pool = ThreadPoolExecutor(max(1, threads - 1), thread_name_prefix="reader")

    def map(
        self,
        work: Callable[[_Piece], _Result],
        pieces: Sequence[_Piece],
        size: Callable[[_Piece], int],
    ) -> list[_Result]:
        """
        Do all pieces, each in whichever thread is free.

        Args:
            work: Any thread may call it.
            pieces: Any number.
            size: How long a piece takes, in any unit. The largest is begun first, so that the
                threads end together.

        Returns:
            The results in the order of the pieces.
        """
        waiting = deque(sorted(enumerate(pieces), key=lambda piece: -size(piece[1])))
        done: dict[int, _Result] = {}

        def take() -> None:
            # Several threads empty the queue, so that only taking tells whether there is more.
            while True:
                try:
                    place, piece = waiting.popleft()
                except IndexError:
                    return
                done[place] = work(piece)

        with self._counting:
            self._callers += 1
            free = max(0, self._threads - self._callers)
        try:
            helping = [self._pool.submit(take) for _ in range(min(free, len(pieces) - 1))]
            take()
            for one in helping:
                # A thread that is still busy for another caller has nothing left to do here.
                if not one.cancel():
                    one.result()
        finally:
            with self._counting:
                self._callers -= 1
        return [done[place] for place in range(len(pieces))]
