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
from docx.table import Table, _Cell

from index.formats.base import Loaded
from index.formats.blocks import Blocks, introduces, raised
from index.formats.docx_notes import Notes
from index.formats.docx_styles import MAX_STYLES, ParagraphKind, Styles
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
            *("w:smartTag", "w:fldSimple", "w:customXml", "w:hyperlink", "w:bdo", "w:dir"),
        ],
    )
)
_RUN, _PARAGRAPH, _ROW, _CELL = qn("w:r"), qn("w:p"), qn("w:tr"), qn("w:tc")
_TEXT_BOX = qn("w:txbxContent")
# A box stands there twice, the second time for programs that are older.
_TEXT_BOXES = ".//w:txbxContent[not(ancestor::*[local-name() = 'Fallback'])]"
# An item of a list or a heading that is at least as long, and a sentence, is a clause, as contracts
# number them, and a paragraph of its own.
_MIN_CLAUSE_CHARS = 150
_ENDS_A_CLAUSE = (".", "!", "?", ";")
_VERTICAL = f"{qn('w:rPr')}/{qn('w:vertAlign')}"
_HIDDEN = f"{qn('w:rPr')}/{qn('w:vanish')}"
_VALUE, _ABOVE = qn("w:val"), "superscript"
_OFF = frozenset({"0", "false", "off"})
_FIRST_ROW_BIT = 0x20
_BITS = re.compile(r"[0-9A-Fa-f]{1,8}")
_KEY_AND_VALUE = 2
# That a cell covers, or a row leaves out. Word has 63.
_MAX_COLUMNS = 1_000
_COUNT = re.compile(r"[0-9]{1,9}")
# Its lines are the headings over again.
_CONTENTS_GALLERY = "Table of Contents"


def load_docx(_suffix: str, content: bytes) -> Loaded:
    """Read a DOCX file; its places are its headings, and a table's row is a paragraph."""
    with open_package(content) as package:
        title, dated = title_and_date(package)
    document = docx.Document(io.BytesIO(content))
    blocks = Blocks("heading")
    writer = _Writer(blocks, document, Styles(document), NestedItems(), Notes(document))
    writer.add(document.element.body)
    return blocks.loaded(title, dated)


class _Writer:
    """Writes paragraphs, items of lists and rows of tables."""

    def __init__(
        self, blocks: Blocks, document: Document, styles: Styles, items: NestedItems, notes: Notes
    ) -> None:
        self._blocks = blocks
        self._document = document
        self._styles = styles
        self._items = items
        self._notes = notes
        self._below: list[Any] = []
        """The notes that stand below the list that goes on, or may begin."""
        self._list: ParagraphKind | None = None
        """The first item of the list that goes on, or a later one if that is less deep."""
        self._may_join = False
        """Whether an item may stand right below what was written last."""

    def add(self, content: Any) -> None:
        """Add what stands in a part of the document."""
        for element in _within(content):
            if element.tag == qn("w:tbl"):
                self._end_list()
                _add_table(self._blocks, Table(element, self._document))
            elif element.tag == _PARAGRAPH:
                self._paragraph(element)
            if next(element.iter(_TEXT_BOX), None) is not None:
                self._boxes(element)
            self._below += self._notes.take(element)
            # What introduces a list keeps its items right below it.
            if self._list is None and not self._may_join:
                self._write_notes()
        self._write_notes()

    def _boxes(self, element: Any) -> None:
        """Add the boxes of a paragraph or table, whose lists stand by themselves."""
        outer = _box_around(element)
        for box in element.xpath(_TEXT_BOXES):
            if _box_around(box) is not outer:
                # It stands in another of them, which adds it.
                continue
            items = self._items.apart()
            _Writer(self._blocks, self._document, self._styles, items, self._notes).add(box)
        self._may_join = False

    def _paragraph(self, element: Any) -> None:
        text = _text(element)
        if not text.strip():
            return
        kind = self._styles.kind(element)
        if kind.list_number:
            self._item(" ".join(text.split()), kind)
            return
        if not kind.goes_on:
            self._end_list()
        if kind.heading and not _is_clause(text):
            self._blocks.begin(" ".join(text.split()), kind.heading)
        self._blocks.add(text)
        self._may_join = introduces(text)

    def _item(self, text: str, kind: ParagraphKind) -> None:
        if self._list and not _is_same_list(kind, self._list):
            self._end_list()
        if self._list is None or kind.list_level < self._list.list_level:
            self._list = kind
        self._items.begin(kind.list_level)
        if _is_clause(text):
            self._blocks.add(text)
            self._may_join = False
            return
        before = self._items.names_before(text)
        self._blocks.add(f"- {before}{text}", joined=self._may_join)
        self._may_join = True

    def _end_list(self) -> None:
        """Note that what comes next belongs to no earlier item of a list."""
        self._items.end()
        self._list, self._may_join = None, False
        self._write_notes()

    def _write_notes(self) -> None:
        """Write the notes of what was written last."""
        for note in self._below:
            for paragraph in note.iterfind(f".//{_PARAGRAPH}"):
                self._blocks.add(_text(paragraph))
                self._may_join = False
        self._below.clear()


def _is_clause(text: str) -> bool:
    return len(text) >= _MIN_CLAUSE_CHARS and text.rstrip().endswith(_ENDS_A_CLAUSE)


def _is_same_list(item: ParagraphKind, first: ParagraphKind) -> bool:
    """Whether an item belongs to the list of another one, or to a list in that."""
    return item.list_number == first.list_number or item.list_level > first.list_level


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
    for row in _rows(table):
        before = _columns_before(row)
        begun, at, here = [], before, {}
        for cell in filter(_is_cell, _within(row)):
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


def _rows(table: Table) -> Iterator[Any]:
    """The rows of a table, also those in content controls, as forms have them."""
    return (element for element in _within(table._tbl) if element.tag == _ROW)


def _is_cell(element: Any) -> bool:
    return bool(element.tag == _CELL)


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
    marked = sum(1 for _ in takewhile(_is_repeated, _rows(table)))
    if marked:
        return marked
    is_bold_alone = [_is_bold(row, table) for row in found[:2]] == [True, False]
    is_wide = bool(found) and sum(one.columns for one in found[0].cells) > _KEY_AND_VALUE
    return int(is_bold_alone or (is_wide and _is_set_apart_by_style(table)))


def _is_repeated(row: Any) -> bool:
    marks = row.xpath("./w:trPr/w:tblHeader")
    return any(mark.get(qn("w:val"), "true") not in _OFF for mark in marks)


def _is_set_apart_by_style(table: Table) -> bool:
    """Whether the first row has a format of its own in the table's style, and makes use of it."""
    looks = table._tbl.xpath("./w:tblPr/w:tblLook")
    if not any(_uses_first_row(look) for look in looks):
        return False
    style: Any = table.style
    for _ in range(MAX_STYLES):
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
    """Whether all words of a row are bold."""
    runs = [
        run.bold if run.bold is not None else paragraph.style and paragraph.style.font.bold
        for one in row.cells
        for paragraph in _Cell(one.cell, table).paragraphs
        for run in paragraph.runs
        if run.text.strip()
    ]
    return bool(runs) and all(runs)


def _within(content: Any) -> Iterator[Any]:
    """The elements of a part of a document, those in controls, links and insertions among them."""
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
    # The whole table may stand in a box, and a box in the cell.
    box = _box_around(cell)
    return " ".join(_text(each) for each in cell.iter(_PARAGRAPH) if _box_around(each) is box)


def _box_around(element: Any) -> Any:
    """The text box that an element stands in; None if it stands in none."""
    return next(element.iterancestors(_TEXT_BOX), None)


def _text(paragraph: Any) -> str:
    parts = [""]
    for run in _within(paragraph):
        if run.tag == _RUN and not _is_hidden(run):
            place = run.find(_VERTICAL)
            is_raised = place is not None and place.get(_VALUE) == _ABOVE
            if text := raised(run.text, parts[-1]) if is_raised else run.text:
                parts.append(text)
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    mark = run.find(_HIDDEN)
    return mark is not None and mark.get(_VALUE, "true") not in _OFF
