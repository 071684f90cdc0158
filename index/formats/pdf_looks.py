"""What PDFium says of a PDF's text beside its letters: how lines are set, headings, bookmarks."""

import ctypes
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pypdfium2 import PdfDocument, PdfPage, raw

# The name of a bold font says so. A weight is what PDFium guesses, where the name says nothing.
_BOLD_NAME = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_MIN_BOLD_WEIGHT = 700
_NAME_BYTES = 128
# The tags of headings, in UTF-16; longer tags are no headings.
_TAG_BYTES = 16
_HEADING_TAG = re.compile(r"H([1-6]?)")
# Looked at on one page and in one outline: more are no structure that anybody made by hand.
_MAX_TAGS = 5_000
_MAX_BOOKMARKS = 20_000


@dataclass(frozen=True, slots=True)
class Typesetting:
    """How a line is set."""

    size: float
    """The size of its letters in points, to the tenth."""
    is_bold: bool
    left: float
    """Where its first letter begins, in points from the left."""
    bottom: float
    """Where its first letter ends, in points from the bottom of the page."""
    tag: int = 0
    """The level of the heading that the file tags it as; 0 if it tags it as none."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the outline."""

    title: str
    page: int
    """Its number, from 0."""
    level: int
    """From 1."""
    y: float | None
    """Where on the page, in points from the bottom, if it says so."""


class Looks:
    """The looks of the lines of one page."""

    def __init__(self, page: PdfPage, textpage: Any, *, is_tagged: bool) -> None:
        """Begin with a page, whose text is open; `is_tagged` if the document has tags."""
        # Without what pypdfium2 has around it, which takes as long as an answer.
        self._textpage = textpage.raw
        self._tags = _tags(page) if is_tagged else {}
        self._name = ctypes.create_string_buffer(_NAME_BYTES)
        self._flags = ctypes.c_int()
        self._matrix = raw.FS_MATRIX()
        self._box = [ctypes.c_double() for _ in range(4)]

    def look(self, first: int, last: int) -> Typesetting | None:
        """How a line is set from its first to its last character; None if it isn't upright."""
        one, other = self._set_as(first), self._set_as(last)
        if one is None or other is None:
            return None
        left, bottom = self._corner(first)
        tag = self._tag(last) if self._tags else 0
        return Typesetting(min(one[0], other[0]), one[1] and other[1], left, bottom, tag)

    def _set_as(self, at: int) -> tuple[float, bool] | None:
        """The size of a character, and whether it is bold; None if it does not stand upright."""
        textpage, matrix = self._textpage, self._matrix
        raw.FPDFText_GetMatrix(textpage, at, matrix)
        if matrix.b or matrix.c or matrix.d <= 0:
            return None
        size = round(raw.FPDFText_GetFontSize(textpage, at) * matrix.d, 1)
        raw.FPDFText_GetFontInfo(textpage, at, self._name, _NAME_BYTES, self._flags)
        is_bold = _BOLD_NAME.search(self._name.value.decode(errors="replace")) is not None
        return size, is_bold or raw.FPDFText_GetFontWeight(textpage, at) >= _MIN_BOLD_WEIGHT

    def _corner(self, at: int) -> tuple[float, float]:
        left, right, bottom, top = self._box
        raw.FPDFText_GetCharBox(self._textpage, at, left, right, bottom, top)
        return left.value, bottom.value

    def _tag(self, at: int) -> int:
        piece = raw.FPDFText_GetTextObject(self._textpage, at)
        return self._tags.get(raw.FPDFPageObj_GetMarkedContentID(piece), 0) if piece else 0


def ends_of_lines(textpage: Any, lines: list[str]) -> Iterator[tuple[int, int] | None]:
    """
    The numbers of the first and the last character of each line that is not blank.

    Args:
        textpage: A page's text.
        lines: All of it, in order. For a line that is not found in it, None is given.
    """
    handle = textpage.raw
    whole = textpage.get_text_range().replace("\ufffe", "\x02")
    reached = 0
    for line in lines:
        said = line.strip()
        at = whole.find(said, reached) if said else -1
        if at < 0:
            yield None
            continue
        reached = at + len(said)
        first, last = (
            raw.FPDFText_GetCharIndexFromTextIndex(handle, index) for index in (at, reached - 1)
        )
        # Where characters take two places in PDFium's text, the numbers are those of others.
        is_found = raw.FPDFText_GetUnicode(handle, first) == ord(said[0])
        yield (first, last) if is_found and last >= first else None


def _tags(page: PdfPage) -> Mapping[int, int]:
    """The level of the heading that each piece of a page's content is tagged as, by its number."""
    tree = raw.FPDF_StructTree_GetForPage(page)
    if not tree:
        return {}
    found: dict[int, int] = {}
    name = ctypes.create_string_buffer(_TAG_BYTES)
    roots = (
        raw.FPDF_StructTree_GetChildAtIndex(tree, number)
        for number in range(raw.FPDF_StructTree_CountChildren(tree))
    )
    waiting = [(root, 0) for root in roots if root]
    seen = 0
    while waiting and seen < _MAX_TAGS:
        seen += 1
        element, level = waiting.pop()
        if raw.FPDF_StructElement_GetType(element, name, _TAG_BYTES) <= _TAG_BYTES:
            tag = _HEADING_TAG.fullmatch(name.raw.decode("utf-16-le", "replace").split("\0")[0])
            level = int(tag[1] or 1) if tag else level
        for number in range(raw.FPDF_StructElement_CountChildren(element)):
            child = raw.FPDF_StructElement_GetChildAtIndex(element, number)
            if child:
                waiting.append((child, level))
            elif level:
                content = raw.FPDF_StructElement_GetChildMarkedContentID(element, number)
                found[content] = level
    raw.FPDF_StructTree_Close(tree)
    found.pop(-1, None)
    return found


def has_tags(document: PdfDocument) -> bool:
    """Whether a document says that it has tags."""
    return bool(raw.FPDFCatalog_IsTagged(document))


def bookmarks(document: PdfDocument) -> list[Bookmark]:
    """The outline of a document, in order, without what leads nowhere in it."""
    found: list[Bookmark] = []
    for number, entry in enumerate(document.get_toc()):
        if number == _MAX_BOOKMARKS:
            break
        target = entry.get_dest()
        page = target.get_index() if target is not None else None
        if target is None or page is None:
            continue
        mode, place = target.get_view()
        y = place[1] if mode == raw.PDFDEST_VIEW_XYZ and len(place) > 1 else None
        found.append(Bookmark(entry.get_title(), page, entry.level + 1, y))
    return found
