"""Whether a piece of a document still stands in it, and where; else, what has taken its place."""

import re
from collections import Counter
from dataclasses import dataclass
from heapq import nsmallest

from answering.answer import AnswerSpan, NearestPassage, Quotable
from answering.verbatim import introduction_of
from index.texts import Texts

# So far a piece may have moved in its document and is found again; it is read at once.
MOVED_CHARS = 1_000_000
# So far from its old place, what has taken the place of a sentence is looked for.
_REPLACED_CHARS = 200_000
# The share of words, from 0 to 1, that a sentence has in common with the one whose place it has
# taken, at least: a correction leaves most of them. With a higher one, more corrections are taken
# for other sentences.
_MIN_ALIKE = 0.5
# So many places where its sentence stands are looked at, the nearest first.
_MOST_PLACES = 20
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class QuoteStatus:
    """What became of a piece of a document."""

    stands: bool
    """Whether its words still stand in the document, in the same sentence and the same list."""
    is_gone: bool = False
    """Whether there is no such document any more."""
    start_char: int = 0
    """Where the piece begins now, or what has taken its place."""
    now: str | None = None
    """The sentence that now stands in place of the quoted one, if one is like it."""


def quote_status(texts: Texts, found: Quotable) -> QuoteStatus:
    """
    What became of a piece of a document.

    Args:
        texts: Those of the generation that has the document, if any has.
        found: The piece; it may come from an older generation.
    """
    try:
        start = place_now(texts, found)
    except KeyError:
        return QuoteStatus(stands=False, is_gone=True)
    if start is not None:
        return QuoteStatus(stands=True, start_char=start)
    alike = _most_alike(texts, found)
    # The same item of another list is no correction.
    if alike is None or alike[1] == _sentence_of(found)[0]:
        return QuoteStatus(stands=False)
    return QuoteStatus(stands=False, start_char=alike[0], now=alike[1])


def place_now(texts: Texts, found: Quotable) -> int | None:
    """
    Where a piece of a document begins now.

    Args:
        texts: Those of the generation that has the document.
        found: The piece, in its sentence.

    Returns:
        The nearest place to the old one where its sentence stands, after what introduced it if it
        is an item of a list; None if none is near.

    Raises:
        KeyError: If there is no such document.
    """
    sentence, old = _sentence_of(found)
    offset = found.start_char - old
    if texts.text(found.document_id, old, old + len(sentence)) == sentence and _is_introduced(
        texts, found, old
    ):
        return old + offset
    begin = max(0, old - MOVED_CHARS)
    around = texts.text(found.document_id, begin, old + len(sentence) + MOVED_CHARS)
    places = [begin + match.start() for match in re.finditer(re.escape(sentence), around)]
    places = nsmallest(_MOST_PLACES, places, key=lambda place: abs(place - old))
    return next((at + offset for at in places if _is_introduced(texts, found, at)), None)


def _is_introduced(texts: Texts, found: Quotable, place: int) -> bool:
    """Whether what introduced a piece introduces what stands at a place, if anything did."""
    if not isinstance(found, AnswerSpan) or found.introduction is None:
        return True
    now = introduction_of(found.document_id, place, found.quote, texts)
    return now is not None and now.text == found.introduction.text


def _sentence_of(found: Quotable) -> tuple[str, int]:
    """The sentence of a piece, and where it began; of a passage, all of it."""
    if isinstance(found, AnswerSpan):
        return found.quote, found.quote_start_char
    return found.text, found.start_char


def _most_alike(texts: Texts, found: Quotable) -> tuple[int, str] | None:
    """Find what is most like the sentence of a piece near its old place: where, and the text."""
    sentence, old = _sentence_of(found)
    begin, end = max(0, old - _REPLACED_CHARS), old + len(sentence) + _REPLACED_CHARS
    words = _words(sentence)
    is_passage = isinstance(found, NearestPassage)
    rated = [
        (_alike(words, _words(text)), -abs(start - old), start, text)
        for passage in texts.passages(texts.passages_in(found.document_id, begin, end)).values()
        for first, last in ([(0, len(passage.text))] if is_passage else passage.sentences)
        for start, text in [(passage.start_char + first, passage.text[first:last])]
    ]
    if not rated:
        return None
    alike, _, start, text = max(rated)
    return (start, text) if alike >= _MIN_ALIKE else None


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.lower()))


def _alike(some: Counter[str], others: Counter[str]) -> float:
    """The share of words that are in both, as often as they are."""
    total = some.total() + others.total()
    return 2 * (some & others).total() / total if total else 0.0
