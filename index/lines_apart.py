"""
Lines right below each other that each say something of their own, though nothing marks them.

They are facts after their labels ("Hours: 24 a week", "Pay: 15 euros an hour"). Taken for wrapped
prose, they would be one sentence.
"""

import re
from collections.abc import Iterator, Sequence

# A few words that begin with a capital and end no sentence: "Closing date: 8 May".
_LABELLED = re.compile(r"[ \t]*+(?![a-z\d_])\w[^\n:.!?;,]{1,40}:[ \t]++\S")


def labelled(lines: Sequence[str]) -> list[bool]:
    """Tell of each line whether it begins with a label, if the first that says anything does."""
    begins = [_LABELLED.match(line) is not None for line in lines]
    first = next((begun for line, begun in zip(lines, begins, strict=True) if line.strip()), False)
    return [begun and first for begun in begins]


def cut_apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """
    Cut a part of a text before each line that begins with a label, if its first one does.

    Yields:
        Start and end of each piece, in order; together, they are the part.
    """
    lines = text[start:end].split("\n")
    at = start
    for line, is_begun in zip(lines, labelled(lines), strict=True):
        if is_begun and text[start:at].strip():
            yield start, at
            start = at
        at += len(line) + 1
    yield start, end
