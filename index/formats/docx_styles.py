"""
What paragraphs of a DOCX file are: headings, items of lists, or text.

A style says it of all its paragraphs, and is looked at once in a document: python-docx goes through
all styles each time that it is asked for one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from docx.document import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

# One that each is based on; a damaged file may go round in circles.
MAX_STYLES = 20
_HEADING_NUMBERS = frozenset("123456789")
# Styles of Word's own, whose lists each begin at the first level.
_LIST_STYLE = re.compile(r"List (?:Bullet|Number) ([2-5])", re.IGNORECASE)
# What an item goes on in, without a number of its own.
_GOES_ON = re.compile(r"List (?:Continue|Paragraph)\b", re.IGNORECASE)
_MAX_LIST_LEVEL = 9
_COUNT = re.compile(r"[0-9]{1,9}")
_PROPERTIES, _STYLE, _VALUE = qn("w:pPr"), qn("w:pStyle"), qn("w:val")
_OUTLINE = qn("w:outlineLvl")
# With that of text, which is no heading.
_OUTLINE_LEVELS = 10
_NUMBERING, _LIST, _LEVEL = qn("w:numPr"), qn("w:numId"), qn("w:ilvl")


@dataclass(frozen=True, slots=True)
class ParagraphKind:
    """What a paragraph is."""

    heading: int = 0
    """Its level, from 1; 0 if it is none."""
    list_number: int = 0
    """The number of the list that it is an item of; 0 if it is none."""
    list_level: int = 0
    """How deep its list stands in others, from 1."""
    goes_on: bool = False
    """Whether it may be a further paragraph of the item before it."""


@dataclass(frozen=True, slots=True)
class _Style:
    """What a style says of its paragraphs."""

    heading: int
    first_level: int
    goes_on: bool
    number: str = ""
    level: str = ""


class Styles:
    """The styles of a document."""

    def __init__(self, document: Document) -> None:
        """Know none yet."""
        self._document = document
        self._known: dict[str | None, _Style] = {}

    def kind(self, element: Any) -> ParagraphKind:
        """What a paragraph is."""
        properties = element.find(_PROPERTIES)
        name = None if properties is None else _value(properties.find(_STYLE))
        style = self._known.get(name)
        if style is None:
            style = self._known[name] = _style(Paragraph(element, self._document).style)
        heading = _outline_level(properties)
        if heading is None:
            heading = style.heading
        if heading:
            return ParagraphKind(heading=heading)
        own = _numbering(properties)
        number = _count(own[0] or style.number)
        if not number:
            return ParagraphKind(goes_on=style.goes_on)
        level = _count(own[1] or style.level) + style.first_level
        return ParagraphKind(list_number=number, list_level=min(level, _MAX_LIST_LEVEL))


def _style(style: Any) -> _Style:
    name = (style.name if style is not None else None) or ""
    listed = _LIST_STYLE.fullmatch(name)
    styles = list(_with_bases(style))
    stated = [_numbering(each.element.find(_PROPERTIES)) for each in styles]
    headings = (level for each in styles if (level := _heading_level(each)) is not None)
    return _Style(
        next(headings, 0),
        int(listed[1]) if listed else 1,
        _GOES_ON.match(name) is not None,
        next((number for number, _ in stated if number), ""),
        next((level for _, level in stated if level), ""),
    )


def _heading_level(style: Any) -> int | None:
    """The level of the headings that a style makes, 0 for text; None if it doesn't say."""
    level = _outline_level(style.element.find(_PROPERTIES))
    name = style.name or ""
    if level is None and (name == "Title" or name.lower().startswith("heading")):
        number = name.rsplit(maxsplit=1)[-1]
        return int(number) if number in _HEADING_NUMBERS else 1
    return level


def _outline_level(properties: Any) -> int | None:
    """The level at which Word's outline shows a paragraph, from 1, or 0 where it doesn't."""
    stated = None if properties is None else _value(properties.find(_OUTLINE))
    if stated is None or not _COUNT.fullmatch(stated):
        return None
    return (int(stated) + 1) % _OUTLINE_LEVELS


def _with_bases(style: Any) -> Iterator[Any]:
    """A style, and those that it is based on."""
    for _ in range(MAX_STYLES):
        if style is None:
            break
        yield style
        style = style.base_style


def _numbering(properties: Any) -> tuple[str, str]:
    """The number and the level of a list as they are stated; "" for what isn't."""
    numbering = None if properties is None else properties.find(_NUMBERING)
    if numbering is None:
        return "", ""
    return _value(numbering.find(_LIST)) or "", _value(numbering.find(_LEVEL)) or ""


def _value(element: Any) -> str | None:
    return None if element is None else element.get(_VALUE)


def _count(stated: str) -> int:
    return int(stated) if _COUNT.fullmatch(stated) else 0
