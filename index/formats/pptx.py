"""PPTX: the text of each slide, its tables, and what its speaker notes."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

from index.formats.base import Loaded
from index.formats.blocks import Blocks, introduces
from index.formats.nested_items import NestedItems
from index.formats.office_properties import title_and_date
from index.formats.packages import open_package, read_xml, related_parts
from index.formats.tables import Cell, Row, lines_of

_PRESENTATION = "ppt/presentation.xml"
_TITLES = frozenset({"title", "ctrTitle"})
# Numbers, dates and footers are the same on every slide.
_FURNITURE = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})
_BODIES = frozenset({"body", "obj", ""})
_LEVELS = frozenset("012345678")
_BULLETS = ("buChar", "buAutoNum", "buBlip")
# A longer one is a text.
_MAX_TITLE_CHARS = 100
# That a cell covers. PowerPoint has 75.
_MAX_COVERED = 1_000
_OFF = frozenset({"0", "false"})


def load_pptx(_suffix: str, content: bytes) -> Loaded:
    """Read a presentation; its places are its slides, named by their titles."""
    with open_package(content) as package:
        title, dated = title_and_date(package)
        blocks = Blocks("slide")
        related = related_parts(package, _PRESENTATION)
        references = read_xml(package, _PRESENTATION).iterfind("{*}sldIdLst/{*}sldId")
        # A slide stands once in a presentation, however often it is named.
        paths = dict.fromkeys(
            related[target]
            for each in references
            for target in each.attrib.values()
            if target in related
        )
        items = NestedItems()
        for number, path in enumerate(paths, start=1):
            _add_slide(blocks, package, path, number, items)
    return blocks.loaded(title, dated)


def _add_slide(
    blocks: Blocks, package: ZipFile, path: str, number: int, items: NestedItems
) -> None:
    slide = read_xml(package, path)
    related = related_parts(package, path)
    shapes = list(_shapes(slide))
    titles = [shape for shape in shapes if _placeholder(shape) in _TITLES] or shapes[:1]
    named = [paragraph.text for shape in titles for paragraph in _paragraphs(shape)]
    blocks.line = number
    blocks.begin(" ".join(named) if sum(map(len, named)) <= _MAX_TITLE_CHARS else "")
    # Titles come first, wherever they are in the file.
    for shape in sorted(shapes, key=lambda shape: shape not in titles):
        _add_shape(blocks, package, related, shape, items)
    for target in related.values():
        if posixpath.dirname(target).endswith("notesSlides"):
            for shape in _shapes(read_xml(package, target)):
                if _placeholder(shape) not in _FURNITURE:
                    _add_paragraphs(blocks, shape, items)


def _add_shape(
    blocks: Blocks, package: ZipFile, related: dict[str, str], shape: Any, items: NestedItems
) -> None:
    if _placeholder(shape) in _FURNITURE:
        return
    for table in shape.iterfind(".//{*}tbl"):
        for line in lines_of(_rows(table)):
            blocks.add(line)
    for diagram in shape.iterfind(".//{*}relIds"):
        for target in diagram.attrib.values():
            # The text of a diagram; the other parts say how it is drawn.
            if posixpath.basename(related.get(target, "")).startswith("data"):
                _add_paragraphs(blocks, read_xml(package, related[target]), items)
    if shape.tag.endswith("}sp"):
        _add_paragraphs(blocks, shape, items)


def _add_paragraphs(blocks: Blocks, part: Any, items: NestedItems) -> None:
    """Add the paragraphs of a shape; several in the body of a slide are the items of a list."""
    paragraphs = list(_paragraphs(part))
    is_body = _placeholder(part) in _BODIES and len(paragraphs) > 1
    items.end()
    may_join = False
    for paragraph in paragraphs:
        text = paragraph.text
        is_item = is_body if paragraph.has_bullet is None else paragraph.has_bullet
        items.end(paragraph.level)
        if is_item:
            items.begin(paragraph.level)
            text = f"- {items.names_before(text)}{text}"
        blocks.add(text, joined=is_item and may_join)
        may_join = is_item or introduces(text)


@dataclass(frozen=True, slots=True)
class _Paragraph:
    """A paragraph of a shape."""

    text: str
    level: int
    """How deep it stands in others, from 0."""
    has_bullet: bool | None
    """None if it doesn't say."""


def _paragraphs(part: Any) -> Iterator[_Paragraph]:
    for paragraph in part.iter("{*}p"):
        text = "".join(map(_run, paragraph))
        lines = filter(None, (" ".join(line.split()) for line in text.split("\n")))
        if text := "\n".join(lines):
            properties = paragraph.find("{*}pPr")
            if properties is None:
                yield _Paragraph(text, 0, None)
            else:
                level = properties.get("lvl", "")
                yield _Paragraph(
                    text, int(level) if level in _LEVELS else 0, _has_bullet(properties)
                )


def _has_bullet(properties: Any) -> bool | None:
    if properties.find("{*}buNone") is not None:
        return False
    has_mark = any(properties.find(f"{{*}}{name}") is not None for name in _BULLETS)
    return has_mark or None


def _run(element: Any) -> str:
    if not isinstance(element.tag, str):
        return ""
    if element.tag.endswith("}br"):
        return "\n"
    return "".join(text.text or "" for text in element.iterfind("{*}t"))


def _shapes(slide: Any) -> Iterator[Any]:
    """The shapes of a slide in their order, those in groups among them."""
    tree = slide.find("{*}cSld/{*}spTree")
    waiting = [] if tree is None else list(reversed(tree))
    while waiting:
        element = waiting.pop()
        tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if tag == "grpSp":
            waiting += reversed(element)
        elif tag == "AlternateContent":
            # It says the same several times, for programs of several ages.
            waiting += reversed(element.find("{*}Choice") if len(element) else [])
        elif tag in {"sp", "graphicFrame"}:
            yield element


def _placeholder(shape: Any) -> str | None:
    """Which placeholder a shape is; "" if it doesn't say which, None if it is none."""
    found = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    return None if found is None else found.get("type", "")


def _rows(table: Any) -> list[Row]:
    properties = table.find("{*}tblPr")
    has_header = properties is not None and properties.get("firstRow", "0") not in _OFF
    return [
        Row(
            tuple(
                Cell(_cell_text(cell), _count(cell, "gridSpan"), _count(cell, "rowSpan"))
                for cell in row.iterfind("{*}tc")
                # What another cell covers.
                if not {"hMerge", "vMerge"}
                & {name for name, value in cell.attrib.items() if value not in _OFF}
            ),
            is_header=has_header and number == 0,
            is_in_head=has_header and number == 0,
        )
        for number, row in enumerate(table.iterfind("{*}tr"))
    ]


def _cell_text(cell: Any) -> str:
    return " ".join(" ".join(paragraph.text.split()) for paragraph in _paragraphs(cell))


def _count(cell: Any, name: str) -> int:
    stated = cell.get(name, "")
    is_number = stated.isascii() and stated.isdigit()
    return max(1, min(int(stated[:9]), _MAX_COVERED)) if is_number else 1
