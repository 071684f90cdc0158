"""
Plain text, as it stands but for its tables.

Where there are some, its characters are no longer the file's, so a place is the file's line on
which a paragraph or a row begins.
"""

import re
from collections.abc import Iterable, Iterator

from index.documents import decode, first_line
from index.formats.base import Loaded, Place
from index.formats.dates import stated_date
from index.formats.plain_tables import pieces_of

_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*+\S[^\n]*)*")


def load_text(_suffix: str, content: bytes) -> Loaded:
    """Read plain text, in any encoding that can be told; its tables become rows."""
    kept = decode(content)
    pieces = pieces_of(kept)
    text = "".join(piece for _, piece in pieces)
    places = () if text == kept else tuple(_lines(pieces))
    return Loaded(text, first_line(text), stated_date(text), places)


def _lines(pieces: Iterable[tuple[int, str]]) -> Iterator[Place]:
    start = 0
    for first, piece in pieces:
        line, counted = first, 0
        for match in _PARAGRAPH.finditer(piece):
            line, counted = line + piece.count("\n", counted, match.start()), match.start()
            yield Place(start + counted, start + match.end(), "line", f"{line}", line=line)
        start += len(piece)
