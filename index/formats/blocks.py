"""A text put together from blocks, with the places that they stand in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from index.formats.base import Loaded, Place, PlaceKind
from index.formats.dates import stated_date
from index.shortening import MAX_TITLE_CHARS, first_line, shorten

_SEPARATOR = "\n\n"
_JOINED = "\n"
# A name is written once for each place that bears it; a longer one is no name but a text.
MAX_NAME_CHARS = 200
# Stand around code within a line until its block is added. They are no characters of any text, and
# what Unicode leaves to programs for such a use.
CODE_BEGINS, CODE_ENDS = "\ufdd0", "\ufdd1"
_CODE_MARKS = re.compile(f"([{CODE_BEGINS}{CODE_ENDS}])")
# What programs write for a title where nobody gave one.
_NO_TITLE = re.compile(
    r"\(anonymous\)|untitled(?: (?:document|page|presentation|spreadsheet))?|document1?"
    r"|presentation1|powerpoint presentation",
    re.IGNORECASE,
)
_RAISED = str.maketrans("0123456789-\u2212", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


class _Mark(NamedTuple):
    """Where a place begins; the other fields are those of `Place`."""

    block: int
    kind: PlaceKind
    name: str
    level: int
    line: int | None
    within: str | None = None
    offset: int = 0
    """Where in the block it begins, in characters."""


def as_code(text: str) -> str:
    """Mark a piece of a line, or a block, as code, unless it is blank; see `Blocks.add`."""
    return f"{CODE_BEGINS}{text}{CODE_ENDS}" if text.strip() else text


def without_marks(text: str) -> str:
    """A text without the marks of its code."""
    return _unmarked(text)[0]


def _unmarked(text: str) -> tuple[str, list[tuple[int, int]]]:
    """A text without the marks of its code, and where each piece of that begins and ends in it."""
    if CODE_BEGINS not in text and CODE_ENDS not in text:
        return text, []
    parts: list[str] = []
    code: list[tuple[int, int]] = []
    length = 0
    begun: list[int] = []
    for part in _CODE_MARKS.split(text):
        if part == CODE_BEGINS:
            begun.append(length)
        elif part != CODE_ENDS:
            parts.append(part)
            length += len(part)
        elif begun:
            start = begun.pop()
            # What stands in another piece is a part of that.
            if not begun:
                code.append((start, length))
    return "".join(parts), code


def before_definition(term: str) -> str:
    """What is written of a term before what defines it; a question is followed by its answer."""
    name = term.rstrip(" :")
    return f"{name} " if name.endswith("?") else f"{name}: "


def raised(text: str, before: str) -> str:
    """A raised text behind another: "10" and a raised "3" are no "103"."""
    is_power = before[-1:].isdigit() and text.strip("-\u2212").isdecimal()
    return text.translate(_RAISED) if is_power else text


def introduces(text: str) -> bool:
    """Whether a paragraph, with the marks of its code or without, introduces what follows it."""
    return without_marks(text).rstrip().endswith(":")


class Blocks:
    """Collects a document's paragraphs in order."""

    def __init__(self, kind: PlaceKind) -> None:
        """Begin a text whose places are of one kind."""
        self._kind = kind
        self._pieces: list[str] = []
        self._starts: list[int] = []
        self._length = 0
        self._marks: list[_Mark] = []
        self._headings: list[_Mark] = []
        self._name = ""
        self._level = 0
        self._code: list[tuple[int, int]] = []
        self._unread: list[str] = []
        self.line: int | None = None
        """The file's line that the next block stands on, if the format has lines to show; or the
        number of its slide, row or message."""

    def begin(self, name: str, level: int = 0, kind: PlaceKind | None = None) -> None:
        """
        What is added from here on stands in the place of this name.

        Args:
            name: The name of the place.
            level: The level of a heading.
            kind: Without, that of the text's other places.
        """
        self._name, self._level = _name(name), level
        self._mark(kind or self._kind, self._name)

    def begin_section(self, name: str, level: int) -> None:
        """What is added from here on stands under a heading, a place where headings are places."""
        if self._kind == "heading":
            self.begin(name, level)
        else:
            self.add_heading(name, level)

    def add_heading(self, name: str, level: int) -> None:
        """What is added from here on stands under a heading, which is no place of the text."""
        self._headings.append(_Mark(len(self._starts), "heading", _name(name), level, None))

    def add(self, text: str, *, joined: bool = False) -> None:
        """
        Add a paragraph; one without text is left out.

        Args:
            text: The paragraph, with the marks of its code (`as_code`), if any.
            joined: Whether it stands right below the one before, without a blank line.
        """
        whole, code = _unmarked(storable(text))
        text = whole.strip()
        if not text:
            return
        if self.line is not None:
            if self._name or self._kind != "heading":
                self._mark(self._kind, self._name)
            else:
                self._mark("line", f"{self.line}")
        before = len(whole) - len(whole.lstrip())
        self._append(text, before, code, _JOINED if joined else _SEPARATOR)

    def add_whole(self, part: Loaded, within: str | None = None) -> None:
        """
        Add a text that has places of its own.

        Args:
            part: The text, and its places.
            within: The name of the file that it is, if it is one inside of the document.
        """
        if part.unread is not None:
            self._unread.append(part.unread if within is None else f"{part.unread} of {within}")
        text = storable(part.text)
        before = len(text) - len(text.lstrip())
        text = text.strip()
        if not text:
            return
        block = len(self._starts)
        if within is not None:
            self._marks.append(_Mark(block, "file", _name(within), 0, None))
        for marks, places in ((self._marks, part.places), (self._headings, part.headings)):
            for place in places:
                inner = _within(within, place)
                offset = min(max(0, place.start_char - before), len(text))
                marks.append(
                    _Mark(block, place.kind, place.name, place.level, place.line, inner, offset)
                )
        self._append(text, before, part.code, _SEPARATOR)

    def _append(
        self, text: str, before: int, code: Iterable[tuple[int, int]], separator: str
    ) -> None:
        """
        Add a block.

        Args:
            text: What it says.
            before: How many characters went that stood before it.
            code: Where its code begins and ends, these characters included.
            separator: What stands before it, unless it is the first one.
        """
        if self._pieces:
            self._pieces.append(separator)
            self._length += len(separator)
        self._pieces.append(text)
        self._starts.append(self._length)
        for start, end in code:
            if bounds := _bounds(text, start - before, end - before):
                self._code.append((self._length + bounds[0], self._length + bounds[1]))
        self._length += len(text)

    def _mark(self, kind: PlaceKind, name: str) -> None:
        """Let a place begin with the next block, if it is another one than the last."""
        mark = _Mark(len(self._starts), kind, name, self._level, self.line)
        if not self._marks or self._marks[-1][1:] != mark[1:]:
            self._marks.append(mark)

    def loaded(self, title: str | None = None, dated: date | None = None) -> Loaded:
        """
        Join the paragraphs.

        Args:
            title: From the file's metadata; else it is the first heading or the first line.
            dated: From the file's metadata; else it is what the text states.
        """
        text = "".join(self._pieces)
        places = self._places(self._marks, len(text))
        stated = _name(title or "")
        title = "" if _NO_TITLE.fullmatch(stated) else stated
        title = title or first_heading(places) or ""
        return Loaded(
            text,
            shorten(title, MAX_TITLE_CHARS) or first_line(text),
            dated or stated_date(text),
            places,
            self._places(self._headings, len(text)),
            tuple(self._code),
            _name(", ".join(self._unread)) or None,
        )

    def _places(self, marks: Sequence[_Mark], length: int) -> tuple[Place, ...]:
        """The places that marks begin in a text of so many characters."""
        bounds = [*self._starts, length]
        starts = [bounds[mark.block] + mark.offset for mark in marks]
        return tuple(
            Place(start, end, mark.kind, mark.name, mark.level, mark.line, mark.within)
            for mark, (start, end) in zip(marks, pairwise([*starts, length]), strict=True)
            if start < end
        )


def _bounds(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Bounds of code without the white space within; none if it is empty."""
    start, end = max(0, start), min(end, len(text))
    # What stood in the white space before the block ends before it begins.
    if start >= end:
        return None
    code = text[start:end]
    start += len(code) - len(code.lstrip())
    end = start + len(code.strip())
    return (start, end) if start < end else None


def _within(file: str | None, place: Place) -> str | None:
    """The file that a place of a part stands in, which may be in a file of the part."""
    if file is None or place.within is None:
        return place.within if file is None else _name(file)
    return f"{_name(file)}/{place.within}"


def titled(loaded: Loaded, title: str | None) -> Loaded:
    """The same with this title, or else its first heading's; its first line is none."""
    title = title or first_heading(loaded.places)
    return replace(loaded, title=shorten(title, MAX_TITLE_CHARS) if title else None)


def first_heading(places: tuple[Place, ...]) -> str | None:
    """The name of the first place that is a heading."""
    return next((place.name for place in places if place.kind == "heading"), None)


def _name(text: str) -> str:
    """A name as it is kept: in one line, and not too long."""
    # More of it than is kept, since white space goes.
    return shorten(without_marks(storable(text[: 4 * MAX_NAME_CHARS])), MAX_NAME_CHARS)


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: no NULs, and a mark in the place of each half character."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        # Two halves that belong together become their character.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "")
