"""Randomness that repeats: every draw in training comes from a generator made here."""

import random


def seeded(seed: int) -> random.Random:
    """A generator whose draws follow from the seed."""
    return random.Random(seed)  # noqa: S311 - shuffles examples and keeps no secret
