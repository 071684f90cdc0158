"""Logits -> the best span of a context, for measuring on dev while training."""

import re
from dataclasses import dataclass

import numpy as np

from training.features import NO_ANSWER, Encoded
from training.sources import Chars

MAX_ANSWER_TOKENS = 40
"""Longer than all but a few in a thousand of the answers in training data."""
_CANDIDATES = 20
_WORD = re.compile(r"\d+(?:[.,:]\d+)*|\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Best:
    """The best span, and how much it is preferred to saying nothing."""

    span: Chars
    """In characters of the context."""
    margin: float
    """Its logits' sum minus that of no answer; higher is surer."""


def best_span(starts: np.ndarray, ends: np.ndarray, encoded: Encoded, context: str) -> Best | None:
    """
    Choose a span of whole words.

    Args:
        starts: Logits, float32, shape (tokens,), padding left in or not.
        ends: The same for the last token.
        encoded: What the logits belong to.
        context: Its text.

    Returns:
        The span, or `None` if the context has no tokens.
    """
    first, last = encoded.context_at, encoded.context_at + len(encoded.offsets)
    if first == last:
        return None
    top_starts = first + np.argsort(-starts[first:last])[:_CANDIDATES]
    top_ends = first + np.argsort(-ends[first:last])[:_CANDIDATES]
    sums = starts[top_starts, None] + ends[None, top_ends]
    lengths = top_ends[None, :] - top_starts[:, None]
    possible = np.where((lengths >= 0) & (lengths < MAX_ANSWER_TOKENS), sums, -np.inf)
    row, column = np.unravel_index(np.argmax(possible), possible.shape)
    score = float(possible[row, column])
    if score == -np.inf:
        # No pair of candidates is in order: take the single best token.
        only = first + int(np.argmax(starts[first:last] + ends[first:last]))
        chosen, score = (only, only), float(starts[only] + ends[only])
    else:
        chosen = int(top_starts[row]), int(top_ends[column])
    start = encoded.offsets[chosen[0] - first][0]
    end = encoded.offsets[chosen[1] - first][1]
    margin = score - float(starts[NO_ANSWER] + ends[NO_ANSWER])
    return Best(whole_words(context, (start, end)), margin)


def whole_words(text: str, span: Chars) -> Chars:
    """Widen a span until it cuts no word; a number with its commas and points is one word."""
    start, end = span
    for word in _WORD.finditer(text):
        if word.start() >= end:
            break
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    return start, end
