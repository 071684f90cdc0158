"""
Plain text, as it stands but for its tables and the lines below its headings.

Where there are some, its characters are no longer the file's, so a place is the file's line on
which a paragraph or a row begins, and the heading above it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from index.formats.base import Loaded, Place
from index.formats.charsets import decode
from index.formats.chats import begins_with_message, chat_form, with_names_first
from index.formats.dates import stated_date
from index.formats.plain_tables import pieces_of
from index.shortening import first_line

_PARAGRAPH = re.compile(r"\S[^\n]*(?:\n[^\S\n]*+\S[^\n]*)*")
_LINE = re.compile(r"[^\n]*+\n|[^\n]++")
_UNDERLINE = re.compile(r"[ \t]*+([=\-~*#_^])\1{2,}[ \t\r]*+\n?")
# Behind its number, a heading may stand in the middle of its line; other gaps part cells.
_HEADING = re.compile(r"[ \t]*+(?:\w{1,4}\.[ \t]++)?+(?:\S++ ?)+\n")
_MAX_HEADING_CHARS = 100
_ENDS_SENTENCE = (".", ",", ";", "!")
# A single line with a rule below it may be anything.
_MIN_HEADINGS = 2


class _Piece(NamedTuple):
    line: int
    """The line of the file on which it begins, from 1."""
    text: str
    underline: str = ""
    """The character below it, twice if it is above it, too, if it is a heading."""


def load_text(_suffix: str, content: bytes) -> Loaded:
    """Read plain text, in any encoding that can be told; its tables become rows."""
    kept = decode(content)
    parted = list(_at_headings(_Piece(1, kept)))
    if sum(bool(part.underline) for part in parted) < _MIN_HEADINGS:
        parted = [_Piece(1, kept)]
    pieces = [
        piece
        for part in parted
        for piece in (
            [part]
            if part.underline
            else [_Piece(part.line + line - 1, text) for line, text in pieces_of(part.text)]
        )
    ]
    text = "".join(piece.text for piece in pieces)
    # What somebody says first is no title of all that follows.
    title = None if begins_with_message(kept) else first_line(text)
    dated = stated_date(text)
    if form := chat_form(kept):
        pieces = [piece._replace(text=with_names_first(piece.text, form)) for piece in pieces]
        text = "".join(piece.text for piece in pieces)
    places = () if text == kept else tuple(_places(pieces))
    return Loaded(text, title, dated, places)


def _at_headings(piece: _Piece) -> Iterator[_Piece]:
    """Cut a piece at its headings, which are underlined, and leave out these lines."""
    lines = _LINE.findall(piece.text)
    marks = [found[1] if (found := _UNDERLINE.fullmatch(line)) else "" for line in lines]
    begin = at = 0
    while at < len(lines) - 1:
        above, over = (lines[at - 1], marks[at - 1]) if at > begin else ("", "")
        longer = len(lines[at + 1].strip()) - len(lines[at].strip())
        is_apart = over == marks[at + 1] or longer == 0 or (longer > 0 and not above.strip())
        if marks[at + 1] and is_apart and _may_be_heading(lines[at]):
            if begin < at - bool(over):
                yield _Piece(piece.line + begin, "".join(lines[begin : at - bool(over)]))
            underline = marks[at + 1] * (2 if over else 1)
            yield _Piece(piece.line + at, f"{lines[at].rstrip()}\n\n", underline)
            begin = at = at + 2
        else:
            at += 1
    if begin < len(lines):
        yield _Piece(piece.line + begin, "".join(lines[begin:]))


def _may_be_heading(line: str) -> bool:
    """Whether a line may be a heading, if one stands below it: it is short and no sentence."""
    said = line.strip()
    return (
        len(said) <= _MAX_HEADING_CHARS
        and any(map(str.isalpha, said))
        and not said.endswith(_ENDS_SENTENCE)
        and _HEADING.fullmatch(line) is not None
    )


def _places(pieces: Iterable[_Piece]) -> Iterator[Place]:
    start = 0
    underlines: list[str] = []
    heading: tuple[str, int] | None = None
    for piece in pieces:
        if piece.underline:
            if piece.underline not in underlines:
                underlines.append(piece.underline)
            heading = " ".join(piece.text.split()), underlines.index(piece.underline) + 1
        line, counted = piece.line, 0
        for match in _PARAGRAPH.finditer(piece.text):
            line += piece.text.count("\n", counted, match.start())
            counted = match.start()
            place = Place(start + counted, start + match.end(), "line", f"{line}", line=line)
            if heading is not None:
                place = replace(place, kind="heading", name=heading[0], level=heading[1])
            yield place
        start += len(piece.text)
