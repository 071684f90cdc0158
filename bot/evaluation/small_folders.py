"""
Passages -> groups of few, to be searched one group at a time.

Among few passages a wrong one seldom looks right, so the same evidence is worth more there. A
calibration that is to hold for small indexes and large ones has to see both.
"""

import random
from collections.abc import Sequence
from itertools import cycle
from typing import TypeVar

SIZES = (2, 8, 32, 128)
"""Passages in the groups, in turn."""
_SEED = 20

_Passage = TypeVar("_Passage")


def groups(passages: Sequence[_Passage]) -> list[list[_Passage]]:
    """
    Divide passages by chance, the same each time.

    Returns:
        Groups of `SIZES`, the last one smaller where too few are left.
    """
    left = list(passages)
    random.Random(_SEED).shuffle(left)  # noqa: S311 - nothing secret
    divided = []
    sizes = cycle(SIZES)
    while left:
        size = next(sizes)
        divided.append(left[:size])
        left = left[size:]
    return divided
