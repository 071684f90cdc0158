"""
Passages -> windows of whole sentences, as the reader meets them.

The product cuts documents into passages of whole sentences that overlap by one. Windows made here
have the same shape but any length and any start, so that answers turn up everywhere in them.

The product's own splitter is not used, so that examples stay the same where it learns to split
better.
"""

import random
import re
from collections.abc import Callable, Sequence

from training.sources import Chars

CountTokens = Callable[[str], int]

# A closing bracket or quotation mark belongs to the sentence it closes.
_BORDER = re.compile(r"(?<=[.!?])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9])|\s*\n\s*")
# "Dr. Hale" and "J. Hale" go on.
_GOES_ON = re.compile(r"(?:\b(?:[A-Z]|Dr|Mr|Mrs|Ms|St|Prof|No|vs|Sgt|Capt|Rev))\.$")


def sentences(text: str) -> list[Chars]:
    """Slices of the text that are its sentences and lines, without the white space around them."""
    slices: list[Chars] = []
    start = 0
    for border in _BORDER.finditer(text):
        is_line_end = "\n" in border.group()
        if not is_line_end and _GOES_ON.search(text[start : border.start()]):
            continue
        slices.append((start, border.end()))
        start = border.end()
    slices.append((start, len(text)))
    trimmed = (_trim(text, piece) for piece in slices)
    return [piece for piece in trimmed if piece[0] < piece[1]]


def _trim(text: str, piece: Chars) -> Chars:
    inside = text[piece[0] : piece[1]]
    start = piece[0] + len(inside) - len(inside.lstrip())
    return start, start + len(inside.strip())


def serving_windows(text: str, count_tokens: CountTokens, max_tokens: int) -> list[Chars]:
    """
    Cut a passage as the product does: as many sentences as fit, the last one repeated in the next.

    A sentence longer than `max_tokens` is a window of its own.
    """
    pieces = sentences(text)
    lengths = [count_tokens(text[start:end]) for start, end in pieces]
    windows: list[Chars] = []
    first = 0
    while first < len(pieces):
        last = _reach(lengths, first, max_tokens)
        windows.append((pieces[first][0], pieces[last][1]))
        if last == len(pieces) - 1:
            break
        repeats = last > first and lengths[last] + lengths[last + 1] <= max_tokens
        first = last if repeats else last + 1
    return windows


def _reach(lengths: Sequence[int], first: int, max_tokens: int) -> int:
    total, last = lengths[first], first
    while last + 1 < len(lengths) and total + lengths[last + 1] <= max_tokens:
        last += 1
        total += lengths[last]
    return last


def window_around(
    text: str, span: Chars, count_tokens: CountTokens, max_tokens: int, rng: random.Random
) -> Chars:
    """
    A window of whole sentences that holds a span, grown to either side at random.

    It exceeds `max_tokens` only where the span's own sentences do.
    """
    pieces = sentences(text)
    lengths = [count_tokens(text[start:end]) for start, end in pieces]
    inside = [n for n, (start, end) in enumerate(pieces) if start < span[1] and end > span[0]]
    first, last = inside[0], inside[-1]
    total = sum(lengths[first : last + 1])
    while True:
        sides = []
        if first > 0 and total + lengths[first - 1] <= max_tokens:
            sides.append(first - 1)
        if last + 1 < len(pieces) and total + lengths[last + 1] <= max_tokens:
            sides.append(last + 1)
        if not sides:
            return min(pieces[first][0], span[0]), max(pieces[last][1], span[1])
        grown = rng.choice(sides)
        total += lengths[grown]
        first, last = min(first, grown), max(last, grown)
