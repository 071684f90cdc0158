"""
Logits -> best spans. Pure functions of numbers and text.

A span starts at the start of a word and ends at the end of one; a number with its separators, an
abbreviation with its dots, and letters joined by an apostrophe are one word each.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Longer spans are sentences, which the quote shows anyway.
MAX_SPAN_TOKENS = 30

_WORD = re.compile(
    r"""
      (?:[^\W\d_]\.){2,}          # U.S.
    | \d+(?:[.,:/]\d+)*           # 216,698  3.5  10:30
    | [^\W\d]+(?:['’][^\W\d]+)*   # people, Obama's
    """,
    re.VERBOSE,
)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")
# Marks never start a span, but for those that belong to a number; and those that open or join never
# end one, though a bracket that closes may: "Keller (47)".
_NEVER_FIRST = frozenset(".,;:!?([{)]}%\"'“‘«”’»…-–—/")
_NEVER_LAST = frozenset(",;:([{$£€¥#\"'“‘«-–—/")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a passage that may answer the question."""

    passage_id: int
    start_char: int
    """In the passage."""
    end_char: int
    """Exclusive."""
    text: str
    score: float
    """Sum of the start and the end logit."""
    no_answer_score: float
    """The same sum at the first token: the higher, the less the passage holds an answer."""

    @property
    def margin(self) -> float:
        """How far the span beats "no answer"; above 0 the reader believes in it."""
        return self.score - self.no_answer_score


@dataclass(frozen=True, slots=True)
class Logits:
    """What the model says of one passage."""

    start: npt.NDArray[np.float32]
    """Shape (1 + n,): "no answer" first, then the passage's tokens."""
    end: npt.NDArray[np.float32]
    """Likewise."""


def best_spans(
    passage_id: int,
    text: str,
    offsets: Sequence[tuple[int, int]],
    logits: Logits,
    count: int,
) -> list[Span]:
    """
    Decode the best spans of one passage.

    Args:
        passage_id: Goes into the spans.
        text: The passage.
        offsets: Start and end character of each token of the passage, n of them.
        logits: For "no answer" and the n tokens.
        count: How many spans, at most.

    Returns:
        Spans that do not overlap, best first.
    """
    no_answer_score = float(logits.start[0] + logits.end[0])
    units = _units(text, offsets)
    if not units:
        return []
    first, last = np.array(units).T
    # A word counts as strongly as the strongest of its tokens.
    starts = np.maximum.reduceat(logits.start[1:], first)
    ends = np.maximum.reduceat(logits.end[1:], first)
    starts[[text[offsets[a][0]] in _NEVER_FIRST for a, _ in units]] = -np.inf
    ends[[text[offsets[b][1] - 1] in _NEVER_LAST for _, b in units]] = -np.inf
    tokens = last[None, :] - first[:, None] + 1
    # Each blank line begins a paragraph; no answer runs over from one into the next.
    paragraph = np.searchsorted(
        [match.start() for match in _BLANK_LINE.finditer(text)], [offsets[a][0] for a in first]
    )
    valid = (tokens >= 1) & (tokens <= MAX_SPAN_TOKENS) & (paragraph[:, None] == paragraph[None, :])
    scores = np.where(valid, starts[:, None] + ends[None, :], -np.inf)
    spans: list[Span] = []
    while len(spans) < count:
        a, b = divmod(int(scores.argmax()), len(units))
        if not np.isfinite(scores[a, b]):
            break
        start_char, end_char = offsets[first[a]][0], offsets[last[b]][1]
        spans.append(
            Span(
                passage_id=passage_id,
                start_char=start_char,
                end_char=end_char,
                text=text[start_char:end_char],
                score=float(scores[a, b]),
                no_answer_score=no_answer_score,
            )
        )
        # What overlaps: starts at or before this end, and ends at or after this start.
        scores[: b + 1, a:] = -np.inf
    return spans


def _units(text: str, offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Group tokens into words: first and last token of each, in order."""
    words = [match.span() for match in _WORD.finditer(text)]
    units: list[tuple[int, int]] = []
    word = 0
    unit_word: int | None = None
    for token, (start, end) in enumerate(offsets):
        if start == end:
            continue
        while word < len(words) and words[word][1] <= start:
            word += 1
        inside = word if word < len(words) and words[word][0] < end else None
        if units and inside is not None and inside == unit_word:
            units[-1] = (units[-1][0], token)
        else:
            units.append((token, token))
        unit_word = inside
    return units
