"""
Logits -> best spans. Pure functions of numbers and text.

A span starts at the start of a word and ends at the end of one. A number with its sign, separators
and unit, a telephone number, a date, an abbreviation with its dots, letters joined by an
apostrophe, a mail address, and a command or a name with the mark that it begins with are one word
each. A command ends behind its options.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Longer spans are sentences, which the quote shows anyway.
MAX_SPAN_TOKENS = 30

# \w leaves out the marks that combine with a letter.
_LETTER = r"[\w\u0300-\u036f]"
_WORD = re.compile(
    rf"""
      [\w.+-]{{1,64}}+@\w[\w-]*(?:\.\w[\w-]*)+        # appeals@club.example
    | (?:[^\W\d_]\.){{2,}}                            # U.S.
    | (?<!\w)(?:\+\d{{1,3}}[ ]?)?\((?!(?:19|20)\d\d\))\d{{2,5}}\)[ .-]?  # (866) 450-6588
      (?=(?:[ .-]?\d){{6}})\d{{2,}}(?:[ .-]\d{{2,}})+(?![\w.,:-]\d|\w)
    | (?<![\w.,/-])\+?\d+(?:-\d+){{2,}}(?![\w/-])      # 800-367-5690, 2024-01-31
    | (?:(?<!\w)[-−–+](?=\.?\d))?                     # -41, but not the dash of 2010–2012
      (?:(?<!\w)\.(?=\d))?\d+(?:[.,:/]\d+)*{_LETTER}* # 216,698  3.5  .5  10:30  5km  19th
    | (?:twen|thir|for|fif|six|seven|eigh|nine)ty-     # twenty-five
      (?:one|two|three|four|five|six|seven|eight|nine)\b
    | (?<!\S)(?:--?|[!/@\#.])(?=[^\W\d_])[\w-]+         # !close, /help, @mods, --watch, .env
    | {_LETTER}+(?:['’]{_LETTER}+)*                    # people, Obama's, H1N1
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Before a paragraph, and beside the cells of a table; the price is that no command with a pipe in
# it is an answer.
_BORDER = re.compile(r"\n[ \t]*\n|(?<!\S)\|(?!\S)")
# Where each line has a name before it, as the cells of a row of CSV have.
_NAMED_BORDER = re.compile(rf"{_BORDER.pattern}|\n")
_AFTER_NAME = ": "
# What a line of a list begins with. It may be an answer ("which step is that"), or begin one, but
# nothing that stands above it runs on into it. These are the marks that `index` knows, but for the
# hyphen, which may be a dash or a minus. Neither may import the other: a test holds them together.
_LIST_MARK = re.compile(
    r"^[ \t]*+(?:[*•◦▪‣●○■]|\d{1,3}[.)]|\((?:[a-z]|[ivx]{2,5})\))(?=\s)", re.MULTILINE
)
# Or a letter, if the one before or behind it in the alphabet marks the next line that has one:
# wrapped prose has lines that begin with "v. Jones".
_LETTER_MARK = re.compile(r"^[ \t]*+([a-z])[.)](?=\s)", re.MULTILINE)
# What follows a command and belongs to it: `kestrel unlock` is another command without `--force`.
_OPTION = re.compile(r"(?<=\w )--?[^\W\d_]")
# Marks never start a span, but for those that belong to a number; and those that open or join never
# end one, though a bracket that closes may: "Keller (47)".
_NEVER_FIRST = frozenset(".,;:!?([{)]}%\"'“‘«”’»…-–—/|")
_NEVER_LAST = frozenset(",;:([{$£€¥#\"'“‘«-–—/|")
# Right behind a word, though, it is the last key of a code or part of a name: "4482#", "C#".
_HASH = re.compile(r"(?<=\w)#(?!\w)")
# The end of a bracket, and of what stands in it: "(100%)", "(F5.)", "(“Servers”)".
_CLOSING = re.compile("[.%!?]*+[\"'”’»]?([)\\]])")
_OPENING = {")": "(", "]": "["}


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
    """The same of ends."""


def from_character(
    position: int, offsets: Sequence[tuple[int, int]], logits: Logits
) -> tuple[list[tuple[int, int]], Logits]:
    """
    Leave out the tokens before a character, and count from it.

    Args:
        position: A character of the text that was read.
        offsets: Start and end of each token in it, in characters.
        logits: The logits of these tokens, behind those of "no answer", which stay.
    """
    first = next((at for at, (start, _) in enumerate(offsets) if start >= position), len(offsets))
    kept = np.r_[0, first + 1 : len(logits.start)]
    shifted = [(start - position, end - position) for start, end in offsets[first:]]
    return shifted, Logits(logits.start[kept], logits.end[kept])


def without_spaces(text: str, offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """
    Leave the space before a word out of its token, of which some tokenizers make it a part.

    Args:
        text: What was read.
        offsets: Start and end of each token in it, in characters.
    """
    return [_without_space(text, start, end) for start, end in offsets]


def _without_space(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    return start, end


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
    # Their sums would be rounded anew as float32.
    start, end = (side.astype(np.float64) for side in (logits.start, logits.end))
    no_answer_score = float(start[0] + end[0])
    units = _units(text, offsets)
    if not units:
        return []
    scores = _scores(text, offsets, units, start[1:], end[1:])
    spans: list[Span] = []
    while len(spans) < count:
        a, b = divmod(int(scores.argmax()), len(units))
        if not np.isfinite(scores[a, b]):
            break
        start_char = offsets[units[a].first][0]
        end_char = _closed(text, start_char, offsets[units[b].last][1])
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


def _scores(
    text: str,
    offsets: Sequence[tuple[int, int]],
    units: Sequence["_Unit"],
    start: npt.NDArray[np.float64],
    end: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """The score of each span by its first unit and its last; where there may be none, -inf."""
    first, last = np.array([(unit.first, unit.last) for unit in units]).T
    # A word counts as strongly as the strongest of its tokens.
    starts = np.maximum.reduceat(start, first)
    ends = np.maximum.reduceat(end, first)
    starts[[not u.is_word and text[offsets[u.first][0]] in _NEVER_FIRST for u in units]] = -np.inf
    ends[[not u.is_word and text[offsets[u.last][1] - 1] in _NEVER_LAST for u in units]] = -np.inf
    for unit in range(1, len(units)):
        if _HASH.match(text, offsets[first[unit]][0]):
            starts[unit] = -np.inf
        if _OPTION.match(text, offsets[first[unit]][0]):
            ends[unit] = max(ends[unit], ends[unit - 1])
            ends[unit - 1] = -np.inf
    tokens = last[None, :] - first[:, None] + 1
    # No answer runs over from one paragraph or cell into the next.
    begun = np.array([offsets[a][0] for a in first])
    part = np.searchsorted(_borders(text), begun)
    valid = (tokens >= 1) & (tokens <= MAX_SPAN_TOKENS) & (part[:, None] == part[None, :])
    for mark in _list_marks(text):
        above, below = np.searchsorted(begun, mark.span())
        valid[:above, above:below] = False
    return np.where(valid, starts[:, None] + ends[None, :], -np.inf)


def _closed(text: str, start: int, end: int) -> int:
    """Where a span ends with a "#" behind its last word, and brackets that it opens."""
    if _HASH.match(text, end):
        end += 1
    while found := _CLOSING.match(text, end):
        opening = _OPENING[found[1]]
        if text.count(opening, start, end) <= text.count(found[1], start, end):
            break
        end = found.end()
    return end


def _borders(text: str) -> list[int]:
    """Where a paragraph or a cell ends, in order."""
    is_named = all(_AFTER_NAME in line for line in text.split("\n") if line.strip())
    return [match.start() for match in (_NAMED_BORDER if is_named else _BORDER).finditer(text)]


class _Unit(NamedTuple):
    """Tokens that a span takes together or not at all."""

    first: int
    last: int
    is_word: bool
    """Otherwise it is a mark."""


def _units(text: str, offsets: Sequence[tuple[int, int]]) -> list[_Unit]:
    """Group tokens into words and marks, in order."""
    words = [match.span() for match in _WORD.finditer(text)]
    units: list[_Unit] = []
    word = 0
    unit_word: int | None = None
    for token, (start, end) in enumerate(offsets):
        if start == end:
            continue
        while word < len(words) and words[word][1] <= start:
            word += 1
        inside = word if word < len(words) and words[word][0] < end else None
        if units and inside is not None and inside == unit_word:
            units[-1] = units[-1]._replace(last=token)
        else:
            units.append(_Unit(token, token, inside is not None))
        unit_word = inside
    return units


def _list_marks(text: str) -> list[re.Match[str]]:
    """What lines of lists begin with."""
    letters = pairwise(_LETTER_MARK.finditer(text))
    pairs = [(one, other) for one, other in letters if ord(other[1]) == ord(one[1]) + 1]
    return [*_LIST_MARK.finditer(text), *chain.from_iterable(pairs)]
