"""ODT and ODP: paragraphs, lists and tables in order; and what ODF files say of themselves."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from lxml import etree

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks, introduces
from index.formats.dates import parse_date
from index.formats.nested_items import NestedItems
from index.formats.office_properties import stated
from index.formats.packages import open_package, read_member, read_xml
from index.formats.tables import Cell, Row, lines_of

_CONTENT = "content.xml"
_META = "meta.xml"
_MANIFEST = "META-INF/manifest.xml"
# What is no part of the text: changes that were taken out, tables of contents and other lists that
# say the headings over again, remarks of editors, what a form asks, where a mark for links is.
_SILENT = frozenset(
    [
        *("tracked-changes", "table-of-content", "alphabetical-index", "illustration-index"),
        *("table-index", "object-index", "user-index", "annotation", "forms", "sequence-decls"),
        *("page-thumbnail", "note-citation", "desc", "title", "ruby-text", "shapes"),
    ]
)
# In a paragraph, but with a text of its own; a drawing's text stands in paragraphs.
_APART = frozenset({"note", "text-box", "h", "p", "list", "table"})
# That a file says to repeat: spaces, cells and rows. More is made to fill a memory.
_MAX_REPEATED = 1_000
_PRESENTATIONS = ".odp"
# In one row or column of a sheet.
_MAX_CELLS = 10_000_000
_COUNTED = re.compile(
    rb"number-(?:row|column)s-spanned=[\"'](?:[2-9]|1\d)"
    rb"|value-type=[\"'](?:currency|float|percentage|time)"
)
_NUMBERS = frozenset({"currency", "float", "percentage", "time"})
# What shows no more than the number, with marks for thousands or without.
_PLAIN = re.compile(r"[-\u2212]?(?:0|[1-9][\d., '\u2019]*+)?(?:[.,]\d++)?(?:E[-+]?\d++)?")
_NOT_ZERO = re.compile("[1-9]")
_ANY_CELL = frozenset({"table-cell", "covered-table-cell"})
# As LibreOffice calls the style in files.
_TABLE_HEADING = "Table_20_Heading"


MergedCells = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of a range, each by its row and column from 0."""


def load_text_document(suffix: str, content: bytes) -> Loaded:
    """Read an ODT or ODP file; its places are its headings, or its slides."""
    with open_package(content) as package:
        title, dated = meta_title_and_date(package)
        if _is_encrypted(package):
            raise DocumentError("it is protected by a password; save it without")
        root = read_xml(package, _CONTENT)
        body = root.find("{*}body")
    if body is None:
        raise DocumentError(f"it is incomplete ({_CONTENT} has no body)")
    blocks = Blocks("slide" if suffix == _PRESENTATIONS else "heading")
    writer = _Writer(blocks, _heading_styles(root))
    if suffix == _PRESENTATIONS:
        for number, page in enumerate(body.iter("{*}page"), start=1):
            writer.add_slide(page, number)
    else:
        writer.add(body)
    return blocks.loaded(title, dated)


def meta_title_and_date(package: zipfile.ZipFile) -> tuple[str | None, date | None]:
    """The title of an ODF file, and its date of creation."""
    title, created = stated(package, _META, "title", "creation-date")
    return title or None, parse_date(created)


def cells_of_ods(
    package: zipfile.ZipFile,
) -> tuple[dict[int, list[MergedCells]], dict[int, dict[int, dict[int, str]]]]:
    """
    What cells of an ODS file cover or show, by the numbers of their sheets, from 0.

    Returns:
        The cells that cover others, and what numbers show that is more than a number, by row and
        column.
    """
    merged: defaultdict[int, list[MergedCells]] = defaultdict(list)
    shown: defaultdict[int, dict[int, dict[int, str]]] = defaultdict(dict)
    for sheet, top, row in _sheet_rows(package):
        merged[sheet] += _merged(row, top)
        if texts := dict(_shown(row)):
            repeated = _count(row, "number-rows-repeated")
            shown[sheet].update(dict.fromkeys(range(top, top + repeated), texts))
    return merged, shown


def _shown(row: Any) -> Iterator[tuple[int, str]]:
    left = 0
    for cell in row:
        if _name(cell) in _ANY_CELL:
            if _attribute(cell, "value-type") in _NUMBERS:
                # A remark may stand in a cell, too.
                lines = ("".join(each.itertext()) for each in cell if _name(each) == "p")
                text = " ".join(" ".join(lines).split())
                if not _PLAIN.fullmatch(text):
                    text = f"-{text}" if _is_negative_by_colour(cell, text) else text
                    repeated = _count(cell, "number-columns-repeated")
                    yield from ((column, text) for column in range(left, left + repeated))
            left += _count(cell, "number-columns-repeated", _MAX_CELLS)


def _is_negative_by_colour(cell: Any, text: str) -> bool:
    """Whether neither a sign nor a word tells what a cell shows from an amount above zero."""
    is_below_zero = _attribute(cell, "value").startswith("-") and _NOT_ZERO.search(text)
    return bool(is_below_zero) and not any(each.isalpha() or each in "-\u2212(" for each in text)


def _sheet_rows(package: zipfile.ZipFile) -> Iterator[tuple[int, int, Any]]:
    """
    Walk through the rows of an ODS file, each with the numbers of its sheet and its row, from 0.

    There are none where no cell of the file covers others or is a number.
    """
    content = read_member(package, _CONTENT)
    if not _COUNTED.search(content):
        return
    walk = etree.iterparse(
        io.BytesIO(content), tag=("{*}table", "{*}table-row"), resolve_entities=False
    )
    sheet = top = 0
    try:
        for _, element in walk:
            if next(element.iterancestors("{*}table-row"), None) is not None:
                continue
            if _name(element) == "table":
                sheet, top = sheet + 1, 0
            else:
                yield sheet, top, element
                top += _count(element, "number-rows-repeated", _MAX_CELLS)
            # All rows of a large sheet take as much memory as its cells do.
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"it is damaged ({_CONTENT}: {error})") from error


def _merged(row: Any, top: int) -> Iterator[MergedCells]:
    left = 0
    for cell in row:
        if _name(cell) in _ANY_CELL:
            right = left + max(1, _count(cell, "number-columns-spanned", _MAX_CELLS)) - 1
            bottom = top + max(1, _count(cell, "number-rows-spanned", _MAX_CELLS)) - 1
            if (right, bottom) != (left, top):
                yield (top, left), (bottom, right)
            left += _count(cell, "number-columns-repeated", _MAX_CELLS)


def _is_encrypted(package: zipfile.ZipFile) -> bool:
    if _MANIFEST not in package.namelist():
        return False
    return next(read_xml(package, _MANIFEST).iter("{*}encryption-data"), None) is not None


@dataclass(frozen=True, slots=True)
class _Line:
    """A paragraph, and what stands apart from it, though the file has it inside."""

    text: str
    apart: tuple[Any, ...]


class _Writer:
    """Writes elements as paragraphs and places."""

    def __init__(self, blocks: Blocks, heading_styles: frozenset[str]) -> None:
        self._blocks = blocks
        self._heading_styles = heading_styles
        self._items = NestedItems()
        self._may_join = False
        """Whether an item may stand right below what was written last."""

    def add_slide(self, page: Any, number: int) -> None:
        """Add a slide; its title comes first, and its notes last."""
        frames = [element for element in page if _name(element) == "frame"]
        titles = [frame for frame in frames if _class(frame) == "title"] or frames[:1]
        named = [" ".join(_line(each).text.split()) for title in titles for each in _texts(title)]
        self._blocks.line = number
        self._blocks.begin(" ".join(filter(None, named)) if len(named) == 1 else "")
        for element in sorted(page, key=lambda element: element not in titles):
            self.add(element)

    def add(self, content: Any) -> None:
        """Add all that stands in an element, walking without recursion, as deep as it nests."""
        waiting = [content]
        while waiting:
            element = waiting.pop()
            name = _name(element)
            if name in {"h", "p"}:
                waiting += reversed(self._paragraph(element, name))
            elif name == "table":
                self._may_join = False
                for row in lines_of(_rows(element, self._heading_styles)):
                    self._blocks.add(row)
            elif name == "list-item":
                waiting += reversed(self._item(element))
            elif name and name not in _SILENT and not _is_left_out(element):
                waiting += reversed(element)

    def _paragraph(self, element: Any, name: str) -> tuple[Any, ...]:
        line = _line(element)
        if name == "h" and line.text.strip():
            self._blocks.begin(" ".join(line.text.split()), _level(element))
        self._blocks.add(line.text)
        self._may_join = introduces(line.text)
        return line.apart

    def _item(self, item: Any) -> list[Any]:
        """Write the first paragraph of an item; the others, and lists in it, follow."""
        inner = [each for each in item if _name(each) != "number"]
        self._items.begin(sum(_name(outer) == "list-item" for outer in item.iterancestors()))
        if not inner or _name(inner[0]) != "p":
            return inner
        line = _line(inner[0])
        if text := " ".join(line.text.split()):
            before = self._items.names_before(text)
            self._blocks.add(f"- {before}{text}", joined=self._may_join)
            self._may_join = True
        return [*line.apart, *inner[1:]]


# What stands on each slide alike.
_FURNITURE = frozenset({"date-time", "footer", "page-number", "header"})


def _name(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Any, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.endswith(f"}}{name}")), "")


def _class(element: Any) -> str:
    return _attribute(element, "class")


def _level(heading: Any) -> int:
    return max(1, _count(heading, "outline-level", 9))


def _count(element: Any, name: str, most: int = _MAX_REPEATED) -> int:
    stated = _attribute(element, name)
    return min(int(stated[:9]), most) if stated.isascii() and stated.isdigit() else 1


def _is_left_out(element: Any) -> bool:
    """Whether an element stands on each slide alike, or nobody sees it."""
    is_hidden = (
        _attribute(element, "display") == "none" or _attribute(element, "is-hidden") == "true"
    )
    return is_hidden or _class(element) in _FURNITURE


def _texts(element: Any) -> Iterator[Any]:
    """The paragraphs in an element, without remarks."""
    waiting = [element]
    while waiting:
        inner = waiting.pop()
        if _name(inner) in {"h", "p"}:
            yield inner
        waiting += [each for each in reversed(inner) if _name(each) not in _SILENT]


def _line(paragraph: Any) -> _Line:
    """The text of a paragraph without what stands apart from it: notes and boxes."""
    parts = [paragraph.text or ""]
    apart = []
    waiting: list[Any] = list(reversed(paragraph))
    while waiting:
        element = waiting.pop()
        if isinstance(element, str):
            parts.append(element)
            continue
        waiting.append(element.tail or "")
        name = _name(element)
        if name in _APART:
            apart.append(element)
        elif name == "s":
            parts.append(" " * _count(element, "c"))
        elif name in {"tab", "line-break"}:
            parts.append(" " if name == "tab" else "\n")
        elif (
            name
            and (name not in _SILENT or _is_field(element, paragraph))
            and not _is_left_out(element)
        ):
            # The number of a heading stands apart from its words.
            waiting += [" ", *reversed(element)] if name == "number" else reversed(element)
            parts.append(element.text or "")
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return _Line("\n".join(filter(None, lines)), tuple(apart))


def _is_field(element: Any, paragraph: Any) -> bool:
    """Whether an element shows the document's title; that of a picture is of another kind."""
    is_text = etree.QName(element).namespace == etree.QName(paragraph).namespace
    return is_text and _name(element) == "title"


def _heading_styles(root: Any) -> frozenset[str]:
    """The styles of paragraphs in cells that name something."""
    based = {
        _attribute(style, "name")
        for style in root.iterfind("{*}automatic-styles/{*}style")
        if _attribute(style, "parent-style-name") == _TABLE_HEADING
    }
    return frozenset({_TABLE_HEADING, *based})


def _rows(table: Any, heading_styles: frozenset[str]) -> list[Row]:
    return [
        Row(
            tuple(_cells(element)),
            is_header=is_head or _is_heading(element, heading_styles),
            is_in_head=is_head,
        )
        for element, is_head in _row_elements(table)
        for _ in range(_repeated(element))
    ]


def _is_heading(row: Any, heading_styles: frozenset[str]) -> bool:
    """Whether all words in a row are written as names are."""
    styles = [_attribute(each, "style-name") for each in _texts(row) if _line(each).text]
    return bool(styles) and heading_styles.issuperset(styles)


def _row_elements(table: Any) -> Iterator[tuple[Any, bool]]:
    """The rows of a table, and whether each is among those that are repeated on each page."""
    is_first_special = _attribute(table, "use-first-row-styles") == "true"
    waiting = [(element, False) for element in reversed(table)]
    while waiting:
        element, is_head = waiting.pop()
        name = _name(element)
        if name == "table-row":
            yield element, is_head or is_first_special
            is_first_special = False
        elif name in {"table-header-rows", "table-row-group", "table-rows"}:
            is_inner_head = is_head or name == "table-header-rows"
            waiting += [(inner, is_inner_head) for inner in reversed(element)]


def _repeated(row: Any) -> int:
    """How often a row stands there; an empty one is as good as any number of them."""
    says_something = any(_name(each) == "p" for each in row.iter())
    return _count(row, "number-rows-repeated") if says_something else 1


def _cells(row: Any) -> Iterator[Cell]:
    for element in row:
        if _name(element) != "table-cell":
            continue
        text = " ".join(" ".join(_line(each).text.split()) for each in _texts(element))
        cell = Cell(
            text,
            max(1, _count(element, "number-columns-spanned")),
            max(1, _count(element, "number-rows-spanned")),
        )
        repeated = _count(element, "number-columns-repeated")
        yield from [cell] * (repeated if text else 1)
        if repeated > 1 and not text:
            yield Cell("", repeated - 1)
