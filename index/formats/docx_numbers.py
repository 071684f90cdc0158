"""The numbers that Word writes before paragraphs of DOCX files: their text doesn't hold them."""

import re
from string import ascii_lowercase
from typing import Any

from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from index.formats.docx_styles import ParagraphKind, count_of, value_of

MAX_LEVELS = 9
# A number of more characters is none that anybody refers to.
_MAX_CHARS = 20
_LEVEL_OF = re.compile(r"%([1-9])")
_ROMAN = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ["m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"],
        strict=True,
    )
)
# Longer ones are made to fill a memory.
_MAX_COUNT = 4_000
_LEVEL, _START, _FORMAT = qn("w:lvl"), qn("w:start"), qn("w:numFmt")
_ABSTRACT, _ABSTRACT_ID = qn("w:abstractNum"), qn("w:abstractNumId")
_NUMBER, _NUMBER_ID = qn("w:num"), qn("w:numId")
_STYLE_LINK, _LINK = qn("w:styleLink"), qn("w:numStyleLink")


class ParagraphNumbers:
    """The lists of a document, while their paragraphs come in order."""

    def __init__(self, document: Document) -> None:
        """Read how each list is numbered."""
        self._levels: dict[int, dict[int, Any]] = {}
        """The levels of each list as the file describes them, from 0."""
        self._starts: dict[int, dict[int, int]] = {}
        """What levels of a list begin with, though others that count with it go on."""
        self._counted_with: dict[int, str] = {}
        """What each list shares its counts with."""
        self._counts: dict[str, list[int | None]] = {}
        """Where each level is in lists that count together; None before its first paragraph."""
        root = _described(document)
        if root is None:
            return
        abstract = {each.get(_ABSTRACT_ID) or "": each for each in root.iterfind(_ABSTRACT)}
        linked = {value_of(each.find(_STYLE_LINK)): key for key, each in abstract.items()}
        for each in root.iterfind(_NUMBER):
            key = value_of(each.find(_ABSTRACT_ID)) or ""
            link = value_of(abstract[key].find(_LINK)) if key in abstract else None
            key = linked.get(link, key) if link else key
            number = count_of(each.get(_NUMBER_ID) or "")
            levels = {} if key not in abstract else _levels(abstract[key])
            starts = self._starts[number] = {}
            for override in each.iterfind(qn("w:lvlOverride")):
                level = count_of(override.get(qn("w:ilvl")) or "")
                levels |= _levels(override)
                start = value_of(override.find(qn("w:startOverride")))
                if start is not None:
                    starts[level] = min(count_of(start), _MAX_COUNT)
            self._levels[number] = levels
            self._counted_with[number] = key

    def before(self, kind: ParagraphKind) -> str:
        """
        Count a paragraph, and give the number that stands before it.

        Each paragraph of a list has to be counted once, in their order.

        Returns:
            The number as Word writes it, "3.2" or "(a)"; "" where it has none, or a bullet.
        """
        levels = self._levels.get(kind.list_number)
        if not levels or kind.numbered_level not in levels:
            return ""
        level = kind.numbered_level
        counts = self._counts.setdefault(self._counted_with[kind.list_number], [None] * MAX_LEVELS)
        starts = self._starts[kind.list_number]
        before = counts[level]
        if level in starts:
            # The first paragraph of this list begins again; those after it go on.
            counts[level] = starts.pop(level)
        else:
            counts[level] = _start(levels[level]) if before is None else before + 1
        for above in range(level):
            if counts[above] is None:
                counts[above] = _start(levels.get(above))
        counts[level + 1 :] = [None] * (MAX_LEVELS - level - 1)
        return _written(levels, level, counts)


def _described(document: Document) -> Any:
    """What the file says of its lists; None if it has none."""
    part = document.part
    relations = (each for each in part.rels.values() if not each.is_external)
    found = (each for each in relations if each.reltype == RELATIONSHIP_TYPE.NUMBERING)
    return next((each.target_part.element for each in found), None)


def _levels(described: Any) -> dict[int, Any]:
    found = ((count_of(each.get(qn("w:ilvl")) or ""), each) for each in described.iterfind(_LEVEL))
    return {level: each for level, each in found if level < MAX_LEVELS}


def _start(level: Any) -> int:
    stated = None if level is None else value_of(level.find(_START))
    return 1 if stated is None else min(count_of(stated), _MAX_COUNT)


def _written(levels: dict[int, Any], level: int, counts: list[int | None]) -> str:
    text = value_of(levels[level].find(qn("w:lvlText"))) or ""
    if not _LEVEL_OF.search(text):
        return ""
    is_legal = levels[level].find(qn("w:isLgl")) is not None
    parts = {}
    for named in set(_LEVEL_OF.findall(text)):
        stated = levels.get(int(named) - 1)
        kind = None if stated is None else value_of(stated.find(_FORMAT))
        part = _number("decimal" if is_legal else kind or "decimal", counts[int(named) - 1])
        if not part:
            return ""
        parts[named] = part
    whole = _LEVEL_OF.sub(lambda match: parts[match[1]], text).strip()
    return whole if len(whole) <= _MAX_CHARS else ""


def _number(kind: str, count: int | None) -> str:
    """A number as a list writes it; "" in a script that is not known here."""
    if count is None:
        return ""
    if kind == "decimal":
        return f"{count}"
    if kind == "decimalZero":
        return f"{count:02}"
    if not 0 < count <= _MAX_COUNT:
        return ""
    if kind in {"lowerLetter", "upperLetter"}:
        times, at = divmod(count - 1, len(ascii_lowercase))
        written = ascii_lowercase[at] * (times + 1)
    elif kind in {"lowerRoman", "upperRoman"}:
        written = ""
        for value, numeral in _ROMAN:
            times, count = divmod(count, value)
            written += numeral * times
    else:
        return ""
    return written.upper() if kind.startswith("upper") else written
