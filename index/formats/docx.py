"""DOCX: paragraphs, lists and tables in order."""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import docx
from docx.document import Document
from docx.oxml.ns import qn
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from index.formats.base import Loaded
from index.formats.blocks import Blocks, introduces
from index.formats.nested_items import NestedItems
from index.formats.office_properties import title_and_date
from index.formats.packages import open_package
from index.formats.tables import Cell, Row, lines_of

# Walked by hand: python-docx passes over what stands in a content control, and over insertions that
# nobody has accepted yet.
_WRAPPERS = frozenset(
    map(
        qn,
        [
            *("w:sdt", "w:sdtContent", "w:ins", "w:moveTo"),
            *("w:smartTag", "w:fldSimple", "w:customXml"),
        ],
    )
)
_RUNS = frozenset(map(qn, ["w:r", "w:hyperlink"]))
# A box stands there twice, the second time for programs that are older.
_TEXT_BOXES = ".//w:txbxContent[not(ancestor::*[local-name() = 'Fallback'])]"
_OFF = frozenset({"0", "false", "off"})
_FIRST_ROW_BIT = 0x20
_BITS = re.compile(r"[0-9A-Fa-f]{1,8}")
_KEY_AND_VALUE = 2
_HEADING_NUMBERS = frozenset("123456789")
# Styles of Word's own, whose lists each begin at the first level.
_LIST_STYLE = re.compile(r"List (?:Bullet|Number) ([2-5])", re.IGNORECASE)
_MAX_LIST_LEVEL = 9
# That a cell covers, or a row leaves out. Word has 63.
_MAX_COLUMNS = 1_000
_COUNT = re.compile(r"[0-9]{1,9}")
# One that each is based on; a damaged file may go round in circles.
_MAX_STYLES = 20
# Its lines are the headings over again.
_CONTENTS_GALLERY = "Table of Contents"


def load_docx(_suffix: str, content: bytes) -> Loaded:
    """Read a DOCX file; its places are its headings, and a table's row is a paragraph."""
    with open_package(content) as package:
        title, dated = title_and_date(package)
    document = docx.Document(io.BytesIO(content))
    writer = _Writer(document)
    writer.add(document.element.body)
    return writer.blocks.loaded(title, dated)


class _Writer:
    """Writes paragraphs, items of lists and rows of tables."""

    def __init__(self, document: Document) -> None:
        self.blocks = Blocks("heading")
        self._document = document
        self._items = NestedItems()
        self._may_join = False
        """Whether an item may stand right below what was written last."""

    def add(self, content: Any) -> None:
        """Add what stands in a part of the document."""
        for element in _within(content):
            if element.tag == qn("w:tbl"):
                _add_table(self.blocks, Table(element, self._document))
                self._may_join = False
            elif element.tag == qn("w:p"):
                self._paragraph(element)
                for box in element.xpath(_TEXT_BOXES):
                    self.add(box)

    def _paragraph(self, element: Any) -> None:
        text = _text(element)
        if not text.strip():
            return
        paragraph = Paragraph(element, self._document)
        if level := _heading_level(paragraph):
            self.blocks.begin(" ".join(text.split()), level)
        elif level := _list_level(paragraph):
            self._item(" ".join(text.split()), level)
            return
        self.blocks.add(text)
        self._may_join = introduces(text)
        if not self._may_join:
            self._items.end()

    def _item(self, text: str, level: int) -> None:
        self._items.begin(level)
        before = self._items.names_before(text)
        self.blocks.add(f"- {before}{text}", joined=self._may_join)
        self._may_join = True


def _add_table(blocks: Blocks, table: Table) -> None:
    found = _merged(table)
    names = _count_of_header_rows(table, found)
    rows = []
    for number, row in enumerate(found):
        cells = [
            Cell(" ".join(_cell_text(one.cell).split()), one.columns, one.rows) for one in row.cells
        ]
        if row.columns_before:
            cells.insert(0, Cell("", row.columns_before))
        rows.append(Row(tuple(cells), is_header=number < names, is_in_head=number < names))
    for line in lines_of(rows):
        blocks.add(line)


@dataclass
class _Merged:
    """A cell that begins in a row, and how far it reaches."""

    cell: Any
    columns: int
    rows: int = 1


@dataclass
class _MergedRow:
    """What begins in a row of a table."""

    columns_before: int
    """Which it leaves out at its start."""
    cells: list[_Merged]


def _merged(table: Table) -> list[_MergedRow]:
    """
    The rows of a table, each cell once.

    Done by hand: python-docx gives a cell once for each column and in each row that it says it
    covers, which may be a thousand million, and looks for one that goes on through all rows above.
    """
    rows = []
    above: dict[int, _Merged] = {}
    for row in table._tbl.tr_lst:
        before = _columns_before(row)
        begun, at, here = [], before, {}
        for cell in row.tc_lst:
            goes_on = above.get(at) if cell.vMerge == "continue" else None
            if goes_on is None:
                one = _Merged(cell, max(1, min(cell.grid_span, _MAX_COLUMNS)))
                begun.append(one)
            else:
                one = goes_on
                one.rows += 1
            here[at] = one
            at += one.columns
        above = here
        rows.append(_MergedRow(before, begun))
    return rows


def _columns_before(row: Any) -> int:
    """How many columns a row leaves out at its start."""
    stated = "".join(row.xpath("./w:trPr/w:gridBefore/@w:val"))
    return min(int(stated), _MAX_COLUMNS) if _COUNT.fullmatch(stated) else 0


def _count_of_header_rows(table: Table, found: Sequence[_MergedRow]) -> int:
    """
    How many of a table's first rows name its columns.

    Word marks those that it repeats on each page. Otherwise it is the first if it looks like one:
    in bold alone or, of three columns, by the table's style. Of two, a style may set apart the
    first thing of a list, too.
    """
    rows = list(table.rows)
    marked = sum(1 for _ in takewhile(_is_repeated, rows))
    if marked:
        return marked
    is_bold_alone = [_is_bold(row, table) for row in found[:2]] == [True, False]
    is_wide = bool(found) and sum(one.columns for one in found[0].cells) > _KEY_AND_VALUE
    return int(is_bold_alone or (is_wide and _is_set_apart_by_style(table)))


def _is_repeated(row: _Row) -> bool:
    marks = row._tr.xpath("./w:trPr/w:tblHeader")
    return any(mark.get(qn("w:val"), "true") not in _OFF for mark in marks)


def _is_set_apart_by_style(table: Table) -> bool:
    """Whether the first row has a format of its own in the table's style, and makes use of it."""
    looks = table._tbl.xpath("./w:tblPr/w:tblLook")
    if not any(_uses_first_row(look) for look in looks):
        return False
    style: Any = table.style
    for _ in range(_MAX_STYLES):
        if style is None:
            break
        if style.element.xpath("./w:tblStylePr[@w:type = 'firstRow']"):
            return True
        style = style.base_style
    return False


def _uses_first_row(look: Any) -> bool:
    stated = look.get(qn("w:firstRow"))
    if stated is not None:
        return stated not in _OFF
    # Older files say it in bits.
    bits = look.get(qn("w:val"), "")
    return bool(_BITS.fullmatch(bits)) and bool(int(bits, 16) & _FIRST_ROW_BIT)


def _is_bold(row: _MergedRow, table: Table) -> bool:
    """Whether all its words are."""
    runs = [
        run.bold if run.bold is not None else paragraph.style and paragraph.style.font.bold
        for one in row.cells
        for paragraph in _Cell(one.cell, table).paragraphs
        for run in paragraph.runs
        if run.text.strip()
    ]
    return bool(runs) and all(runs)


def _within(content: Any) -> Iterator[Any]:
    """The elements of a part of a document, those in controls and tracked insertions among them."""
    waiting = list(reversed(content))
    while waiting:
        element = waiting.pop()
        if element.tag in _WRAPPERS:
            if not _is_table_of_contents(element):
                waiting += reversed(element)
        else:
            yield element


def _is_table_of_contents(element: Any) -> bool:
    galleries = element.iterfind(f"{qn('w:sdtPr')}//{qn('w:docPartGallery')}")
    return any(gallery.get(qn("w:val")) == _CONTENTS_GALLERY for gallery in galleries)


def _cell_text(cell: Any) -> str:
    paragraphs = cell.xpath(".//w:p[not(ancestor::w:txbxContent)]")
    return " ".join(_text(paragraph) for paragraph in paragraphs)


def _text(paragraph: Any) -> str:
    return "".join(run.text for run in _within(paragraph) if run.tag in _RUNS)


def _heading_level(paragraph: Paragraph) -> int:
    """The level of a heading, from 1; 0 if it is none."""
    style = paragraph.style.name if paragraph.style is not None else None
    if style is None or not (style == "Title" or style.lower().startswith("heading")):
        return 0
    number = style.split()[-1]
    return int(number) if number in _HEADING_NUMBERS else 1


def _list_level(paragraph: Paragraph) -> int:
    """How deep the list of an item stands in others, from 1; 0 if it is no item."""
    properties = [paragraph._p.pPr, *_properties_of_styles(paragraph)]
    number = _stated_first(properties, "w:numPr/w:numId/@w:val")
    if not number:
        return 0
    style = paragraph.style.name if paragraph.style is not None else None
    named = _LIST_STYLE.fullmatch(style or "")
    level = _stated_first(properties, "w:numPr/w:ilvl/@w:val") + int(named[1] if named else 1)
    return min(level, _MAX_LIST_LEVEL)


def _properties_of_styles(paragraph: Paragraph) -> Iterator[Any]:
    """What the style of a paragraph says of it, and the styles that this is based on."""
    style: Any = paragraph.style
    for _ in range(_MAX_STYLES):
        if style is None:
            break
        yield style.element.pPr
        style = style.base_style


def _stated_first(properties: Sequence[Any], path: str) -> int:
    """The first number that is stated; 0 if none is."""
    stated = ("".join(each.xpath(path)) for each in properties if each is not None)
    found = next(filter(None, stated), "")
    return int(found) if _COUNT.fullmatch(found) else 0
