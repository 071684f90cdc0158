"""
The code that stands in a passage: what is marked within a line, and the lines of blocks.

Each line of a block is code by itself, with those that a backslash joins to it, but for comments
and drawings. Of a session in a terminal, the commands are code, and what they print is not. A block
of prose is no code.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

_Bounds = tuple[int, int]
"""Start and end, in characters."""

# Longer code is no answer.
MAX_CODE_CHARS = 200
# A block shows early what it is.
_SHOWN_CHARS = 2_000
_LINE = re.compile(r"(?:[^\n]*+(?<=\\)\n(?=[^\n]))*+[^\n]++")
_JOINED = "\\\n"
# Before an amount, the sign is that of a currency.
_PROMPT = re.compile(
    r"(?:\([\w.-]{1,40}\) )?"
    r"(?:\$ (?!\d)|>>> |\[?[\w.-]{1,40}@[\w.-]{1,60}[\w.:~/ \]-]{0,80}[$#%>] "
    r"|PS [^\n>]{0,80}> |[A-Z]:\\[^\n>]{0,80}> ?|\w[\w.-]{0,20}(?:=[#>]|>) )"
)
_ITEM = "- "
# The stars of a comment stand before words, those of a time for cron do not.
_COMMENT = re.compile(r"(?:#+|//+|--|;+|/\*+|<!--|\*(?=[ \t]+[^\W\d]))(?:[ \t]|$)")
_COMMENT_BEHIND = re.compile(r"[ \t](?:#|//)[ \t]")
# Trees, boxes and arrows.
_DRAWN = re.compile(r"[\u2500-\u259f]")
_ARROWS = ("-->", "<--")
_BEFORE_DRAWN = ("|", "+", "`")
_BEHIND_DRAWN = "|"
_WORD = re.compile(r"[(\"'“‘]?[^\W\d_]+(?:['’-][^\W\d_]+)*+[.,;:!?)\"'”’]{0,3}")
_SENTENCE_END = re.compile(r"[^\W\d_]{2}[.!?](?:\s|$)")
_MIN_WORDS_SHARE = 0.75


class CodeLines:
    """The code of a document."""

    def __init__(self, text: str, code: Sequence[_Bounds]) -> None:
        """
        Take what a format has marked.

        Args:
            text: The text.
            code: Start and end of each piece within a line, and of each block, in order.
        """
        self._text = text
        self._code = code
        self._piece: _Bounds | None = None
        self._has_lines = False
        """Whether the piece that was looked at last is a block."""
        self._block: _Bounds | None = None
        self._is_prose = self._is_session = False
        """What the block is that was looked at last."""

    def within(self, start: int, end: int) -> Iterator[_Bounds]:
        """Find the code that stands in a range as a whole, in order."""
        first = bisect_left(self._code, (start, start))
        # The range may begin within a block.
        first -= first > 0 and self._code[first - 1][1] > start
        for piece in islice(self._code, first, None):
            if piece[0] >= end:
                break
            # A piece may be the whole document, and is asked for with each of its passages.
            if piece != self._piece:
                self._piece, self._has_lines = piece, self._is_block(piece)
            found = self._lines(piece, start, end) if self._has_lines else (piece,)
            yield from (
                bounds
                for bounds in found
                if start <= bounds[0] and bounds[1] <= end
                if bounds[1] - bounds[0] <= MAX_CODE_CHARS
            )

    def _is_block(self, piece: _Bounds) -> bool:
        """Whether a piece has lines of its own."""
        start, end = piece
        around = self._text[max(0, start - 1) : start] + self._text[end : end + 1]
        return not around.strip("\n") or self._text.find("\n", start, end) >= 0

    def _lines(self, block: _Bounds, start: int, end: int) -> Iterator[_Bounds]:
        """The lines of a block that are code, of those in a range and beside it."""
        if block != self._block:
            self._block = block
            shown = self._text[block[0] : min(block[1], block[0] + _SHOWN_CHARS)].split("\n")
            self._is_session = any(_PROMPT.match(line.lstrip()) for line in shown)
            self._is_prose = not self._is_session and _is_prose(shown)
        if self._is_prose:
            return
        at = self._line_start(block, start)
        is_rest = self._text.endswith(_JOINED, block[0], at)
        for line in _LINE.finditer(self._text, at, self._line_end(block, end)):
            found = None if is_rest else _code_of(line[0], is_session=self._is_session)
            is_rest = False
            if found is not None:
                yield line.start() + found[0], line.start() + found[1]

    def _line_start(self, block: _Bounds, at: int) -> int:
        """Where the line of a block begins that a character is in; a longer one is passed over."""
        if at <= block[0]:
            return block[0]
        first = max(block[0], at - MAX_CODE_CHARS)
        before = self._text.rfind("\n", first, at)
        return first if before < 0 else before + 1

    def _line_end(self, block: _Bounds, at: int) -> int:
        """Where the line of a block that a character is in ends; a longer one is cut."""
        last = min(block[1], at + MAX_CODE_CHARS)
        behind = self._text.find("\n", at, last)
        is_end = behind >= 0 and not self._text.endswith("\\", 0, behind)
        return behind if is_end else last


def is_line(text: str, code: _Bounds) -> bool:
    """Whether code is a line of a block, with no more than a prompt before and a comment behind."""
    start, end = code
    before = text[text.rfind("\n", 0, start) + 1 : start].lstrip()
    behind = text[end:].partition("\n")[0]
    is_first = before in {"", _ITEM} or _PROMPT.fullmatch(before) is not None
    is_last = not behind.strip() or (behind[0].isspace() and _COMMENT.match(behind.lstrip()))
    return is_first and bool(is_last)


def _code_of(line: str, *, is_session: bool) -> _Bounds | None:
    """Where the code of a line begins and ends in it, if there is any."""
    start, end = len(line) - len(line.lstrip()), len(line.rstrip())
    if is_session:
        prompt = _PROMPT.match(line, start)
        if prompt is None:
            return None
        start = prompt.end()
    elif line.startswith(_ITEM, start):
        start += len(_ITEM)
    if _COMMENT.match(line, start, end) or _is_drawn(line[start:end]):
        return None
    behind = _COMMENT_BEHIND.search(line, start, end)
    if behind and not _is_quoted(line, start, behind.start()):
        end = start + len(line[start : behind.start()].rstrip())
    return (start, end) if start < end else None


def _is_quoted(line: str, start: int, at: int) -> bool:
    """Whether a character of code that begins somewhere in a line is in quotes."""
    # One that is not closed is an apostrophe.
    return any(line.count(mark, start, at) % 2 and line.find(mark, at) >= 0 for mark in "\"'")


def _is_drawn(line: str) -> bool:
    """Whether a line is a part of a drawing."""
    has_frame = line.startswith(_BEFORE_DRAWN) or line.endswith(_BEHIND_DRAWN)
    has_arrow = any(arrow in line for arrow in _ARROWS)
    return has_frame or has_arrow or _DRAWN.search(line) is not None


def _is_prose(lines: Sequence[str]) -> bool:
    """Whether lines are sentences, with comments left out."""
    text = "\n".join(line for line in lines if not _COMMENT.match(line.lstrip()))
    words = text.split()
    count = sum(1 for word in words if _WORD.fullmatch(word))
    return count >= _MIN_WORDS_SHARE * len(words) and _SENTENCE_END.search(text) is not None
