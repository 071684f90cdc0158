"""A queue that takes turns: nobody who wants much goes before somebody who wants little."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who waits, by names that mean nothing here."""

    group: str = ""
    """The name of a group, such as a server."""
    member: str = ""
    """The name of somebody in that group."""


ANYBODY = Asker()
"""Those who are not told from each other; they are served in the order in which they came."""


class FairQueue(Generic[_T]):
    """
    Items by asker.

    Groups take turns, and in a group its members do. Whoever shares it between threads locks it.
    """

    def __init__(self, may_lose: Callable[[_T], bool] = lambda _: True) -> None:
        """
        Begin with nobody waiting.

        Args:
            may_lose: Whether an item may be pushed out; only such items count as many or few.
        """
        self._may_lose = may_lose
        # The group that was served longest ago first, and so its members; their oldest item first.
        self._groups: OrderedDict[str, OrderedDict[str, list[tuple[int, _T]]]] = OrderedDict()
        self._put = 0

    def put(self, asker: Asker, item: _T) -> None:
        """Have an item wait."""
        self._put += 1
        members = self._groups.setdefault(asker.group, OrderedDict())
        members.setdefault(asker.member, []).append((self._put, item))

    def take(
        self, is_hopeless: Callable[[_T], bool], may_take: Callable[[_T], bool] = lambda _: True
    ) -> _T | None:
        """
        Take the item whose turn it is.

        Args:
            is_hopeless: Whether an item has waited so long that those behind it would too. Then the
                newest item of its group is taken: some are served at once instead of all too late.
            may_take: Whether an item can be served now; the others keep their turn.

        Returns:
            The item; None if none waits that can be served.
        """
        for group, members in self._groups.items():
            servable = (
                (put, member, item)
                for member, items in members.items()
                for put, item in items
                if may_take(item)
            )
            taken = next(servable, None)
            if taken is None:
                continue
            if is_hopeless(taken[2]):
                taken = max((taken, *servable), key=lambda each: each[0])
            put, member, item = taken
            members[member].remove((put, item))
            members.move_to_end(member)
            self._groups.move_to_end(group)
            self._drop_empty(Asker(group, member))
            return item
        return None

    def discard(self, asker: Asker, item: _T) -> bool:
        """Have an item wait no longer; return whether it did."""
        items = self._members(asker.group).get(asker.member, [])
        kept = [each for each in items if each[1] is not item]
        if len(kept) == len(items):
            return False
        items[:] = kept
        self._drop_empty(asker)
        return True

    def may_push_out(self, asker: Asker) -> bool:
        """Whether `push_out` would find an item."""
        return self._largest(asker) is not None

    def push_out(self, asker: Asker) -> _T | None:
        """
        Take the newest item of whoever has most waiting, to make room for an asker with fewer.

        Returns:
            The item; None where the asker would then have as many: it takes nobody's place.
        """
        largest = self._largest(asker)
        if largest is None:
            return None
        items = self._groups[largest.group][largest.member]
        place = max(place for place, (_, item) in enumerate(items) if self._may_lose(item))
        _, item = items.pop(place)
        self._drop_empty(largest)
        return item

    def _largest(self, asker: Asker) -> Asker | None:
        def waiting(group: str) -> int:
            return sum(map(self._losable, self._members(group).values()))

        if not self._groups:
            return None
        group = max(self._groups, key=waiting)
        if waiting(group) <= waiting(asker.group) + 1:
            # Nobody in another group has more, so it is settled within the asker's own.
            group = asker.group
        members = self._members(group)
        if not members:
            return None
        member = max(members, key=lambda name: self._losable(members[name]))
        own = self._losable(members.get(asker.member, ())) if group == asker.group else 0
        if group == asker.group and self._losable(members[member]) <= own + 1:
            return None
        return Asker(group, member)

    def _losable(self, items: Sequence[tuple[int, _T]]) -> int:
        return sum(self._may_lose(item) for _, item in items)

    def _members(self, group: str) -> OrderedDict[str, list[tuple[int, _T]]]:
        return self._groups.get(group, OrderedDict())

    def _drop_empty(self, asker: Asker) -> None:
        members = self._groups[asker.group]
        if not members[asker.member]:
            del members[asker.member]
        if not members:
            del self._groups[asker.group]
