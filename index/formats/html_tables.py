"""Tables of a page that name their columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from index.formats.html_elements import CELLS, HEADINGS, is_hidden, text_length, visible_text
from index.formats.tables import Cell, Row, with_header

# What the parts of a table hold.
_CHILDREN = {
    "table": {"caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tfoot": {"tr"},
    "tr": CELLS,
}
# A longer row lays out a page.
_MAX_NAMED_ROW_CHARS = 2_000
# HTML's own limits on what a cell covers.
_MAX_COLSPAN = 1_000
_MAX_ROWSPAN = 65_534
_COUNT = re.compile(r"[0-9]{1,9}")


def named_rows(table: Any) -> Sequence[Row]:
    """
    The rows of a table that names its columns; none of one that doesn't, or lays out a page.

    A name is a cell that HTML calls a header, but one in each row is its row's. Where it calls none
    so, the first rows may look like names.
    """
    others = ("table", *HEADINGS)
    if next(table.iterdescendants(*others), None) is not None:
        return []
    elements = list(table.iter("tr"))
    if any(map(_has_more, table.iter(*_CHILDREN))) or any(
        text_length(row) > _MAX_NAMED_ROW_CHARS for row in elements
    ):
        return []
    parts: dict[Any, int] = {}
    shown = [row for row in elements if not is_hidden(row) and not is_hidden(row.getparent())]
    rows: Sequence[Row] = [
        Row(
            tuple(_cells(row)),
            is_header=row.getparent().tag == "thead" or _names_columns(row),
            group=parts.setdefault(row.getparent(), len(parts)),
            is_in_head=row.getparent().tag == "thead",
        )
        for row in shown
    ]
    if not any(map(_has_header, elements)):
        if list(map(_is_bold, shown[:2])) == [True, False]:
            # As Word, and people in mail, set names apart.
            rows = [replace(rows[0], is_header=True, is_in_head=True), *rows[1:]]
        rows = with_header(rows)
    return rows if any(row.is_header for row in rows) else []


def _has_header(row: Any) -> bool:
    return next(row.iterchildren("th"), None) is not None


def _is_bold(row: Any) -> bool:
    """Whether all words of a row are bold."""
    bold = sum(text_length(element) for element in row.iter("b", "strong"))
    return bold >= text_length(row) > 0


def _has_more(part: Any) -> bool:
    """Whether a part of a table has something beside what belongs there."""
    outside = [part.text, *(child.tail for child in part)]
    return any(child.tag not in _CHILDREN[part.tag] for child in part) or any(
        text and not text.isspace() for text in outside
    )


def _names_columns(row: Any) -> bool:
    """Whether all cells of a row are headers, but for an empty one in the corner."""
    cells = list(row)
    if cells and cells[0].tag == "td" and not text_length(cells[0]):
        cells = cells[1:]
    return bool(cells) and all(cell.tag == "th" for cell in cells)


def _cells(row: Any) -> Iterator[Cell]:
    for cell in row:
        text = "" if is_hidden(cell) else visible_text(cell)
        # A row span of 0 reaches to the end of the part.
        rows = _count(cell, "rowspan", _MAX_ROWSPAN) or _MAX_ROWSPAN
        yield Cell(text, max(1, _count(cell, "colspan", _MAX_COLSPAN)), rows)


def _count(cell: Any, name: str, most: int) -> int:
    """How many columns or rows a cell covers; one, if it doesn't say so clearly."""
    stated = (cell.get(name) or "").strip()
    return min(int(stated), most) if _COUNT.fullmatch(stated) else 1


def captions(table: Any) -> list[str]:
    """What a table says of itself."""
    return [visible_text(caption) for caption in table.iter("caption")]
