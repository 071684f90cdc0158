"""Turns at building: one build at a time, and the small ones before the large ones."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

# So often a later one may go first; after that, the one that was overtaken does.
MAX_OVERTAKEN = 5


def rank(*, is_first: bool, size: int, overtaken: int) -> tuple[bool, bool, int]:
    """
    How late the turn of one that waits comes: the lowest rank is next, of equal ones the earliest.

    Args:
        is_first: Whether it goes before all that are not.
        size: How long it may take, in any unit; less goes before more.
        overtaken: How many that came later went before it.
    """
    return (not is_first, overtaken < MAX_OVERTAKEN, size)


@dataclass(eq=False, slots=True)
class _Waiting:
    is_first: bool
    size: int
    turn: "asyncio.Future[None]"
    overtaken: int = 0


class BuildTurns:
    """Gives turns: those that go first, then the smallest; among equals in order."""

    def __init__(self) -> None:
        """Begin with nobody's turn."""
        self._waiting: list[_Waiting] = []
        self.is_taken = False
        """Whether it is somebody's turn."""

    @asynccontextmanager
    async def turn(self, *, is_first: bool, size: int) -> AsyncIterator[None]:
        """
        Wait for a turn, which lasts until the block ends.

        Args:
            is_first: Whether it goes before all that are not.
            size: How long it may take, in any unit; less goes before more.
        """
        if self.is_taken:
            await self._wait(_Waiting(is_first, size, asyncio.get_running_loop().create_future()))
        self.is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        try:
            await waiting.turn
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            else:
                # It was just given the turn that it no longer takes.
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        if not self._waiting:
            self.is_taken = False
            return
        chosen = min(
            self._waiting,
            key=lambda one: rank(is_first=one.is_first, size=one.size, overtaken=one.overtaken),
        )
        for waiting in self._waiting[: self._waiting.index(chosen)]:
            waiting.overtaken += 1
        self._waiting.remove(chosen)
        chosen.turn.set_result(None)
