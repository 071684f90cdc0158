"""
Passages on their way from the process that splits to the one that asked for it.

What travels are offsets into a text that both have. They are checked where they arrive, since the
other process has read what a stranger wrote: whatever it says, a passage is a slice of its
document, no longer than passages may be, and all of them together are at most twice the document.
"""

from itertools import pairwise
from typing import Any

from index.contexts import MAX_CONTEXT_CHARS
from index.documents import Document
from index.passages import Passage, Splitting

Slice = tuple[int, int, list[tuple[int, int]], str, list[tuple[int, int]]]
"""Start, end, sentences, context and code of a passage."""


def slice_of(passage: Passage) -> Slice:
    """What of a passage can't be told from its document."""
    return (
        passage.start_char,
        passage.end_char,
        list(passage.sentences),
        passage.context,
        list(passage.code),
    )


class Slices:
    """The slices of a document, which come in order."""

    def __init__(self, document: Document, splitting: Splitting, first_id: int) -> None:
        """Begin before the first one, which becomes the passage of this id."""
        self._document = document
        self._splitting = splitting
        self._next_id = first_id
        self._last_start = -1
        # Neighbours share a sentence; those that are further apart share nothing.
        self._last_end = self._end_before_last = 0

    def passage(self, received: Any) -> Passage:
        """
        Make the next passage.

        Args:
            received: A `Slice` as JSON has it, or anything else.

        Raises:
            ValueError: If it can't be a slice of this document.
        """
        try:
            start, end, sentences, context, code = received
            if max(len(sentences), len(code)) > self._splitting.max_chars:
                raise ValueError("more sentences or code than characters")
            found = Passage(
                id=self._next_id,
                document_id=self._document.id,
                start_char=start,
                end_char=end,
                text=self._document.text[start:end],
                sentences=_pairs(sentences),
                context=context,
                code=_pairs(code),
            )
            is_sound = self._is_next(found) and _is_whole(found)
        except (TypeError, OverflowError) as error:
            raise ValueError(f"no slice of a document: {type(received).__name__}") from error
        if not is_sound:
            raise ValueError(f"no slice that follows {self._last_start}: {start} to {end}")
        self._next_id += 1
        self._last_start, self._end_before_last, self._last_end = start, self._last_end, end
        return found

    def _is_next(self, passage: Passage) -> bool:
        return (
            max(self._last_start + 1, self._end_before_last) <= passage.start_char
            and max(self._last_end, passage.start_char) < passage.end_char
            and passage.end_char <= len(self._document.text)
            and passage.end_char - passage.start_char <= self._splitting.max_chars
            and isinstance(passage.context, str)
            and len(passage.context) <= MAX_CONTEXT_CHARS
        )


def _pairs(received: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in received)


def _is_whole(passage: Passage) -> bool:
    """Whether a passage has sentences from its beginning to its end, and code within it."""
    size = len(passage.text)
    bounds = [(0, 0), *passage.sentences, (size, size)]
    return (
        bounds[1][0] == 0
        and bounds[-2][1] == size
        and all(before[1] <= after[0] <= after[1] for before, after in pairwise(bounds))
        and max(len(passage.sentences), len(passage.code)) <= size
        and all(0 <= start <= end <= size for start, end in passage.code)
    )
