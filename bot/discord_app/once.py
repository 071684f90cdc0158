"""What is done once, however fast it is asked for again."""

from collections import OrderedDict


class Once:
    """Ids of what was begun; where there are many, the oldest are forgotten."""

    def __init__(self, most: int) -> None:
        """Remember so many of them at most."""
        self._most = most
        self._begun: OrderedDict[int, None] = OrderedDict()

    def begin(self, one: int) -> bool:
        """Whether it is the first time; from now on it is not."""
        if one in self._begun:
            return False
        self._begun[one] = None
        if len(self._begun) > self._most:
            self._begun.popitem(last=False)
        return True

    def take_back(self, one: int) -> None:
        """Have the next time be the first: nothing came of this one."""
        self._begun.pop(one, None)
