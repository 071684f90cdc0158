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
# A fact has two cells: what it is about, and what it says.
_FACT = 2
_BOLD_TAGS = frozenset({"b", "strong"})
_BOLD = re.compile(r"font-weight\s*+:\s*+(?:bold|[6-9]00)", re.IGNORECASE)
# What a style sheet says of a class: ".c1 { ... }".
_STYLE_OF_CLASS = re.compile(r"\.([\w-]++)\s*+\{([^{}]*+)\}")


def bold_classes(root: Any) -> frozenset[str]:
    """The classes of a page that its own style sheets make bold, as exports of programs do."""
    sheets = (sheet.text or "" for sheet in root.getroottree().iter("style"))
    return frozenset(
        found[1]
        for sheet in sheets
        for found in _STYLE_OF_CLASS.finditer(sheet)
        if _BOLD.search(found[2])
    )


def named_rows(table: Any, bold: frozenset[str]) -> Sequence[Row]:
    """
    The rows of a table that names its columns; none of one that doesn't, or lays out a page.

    A name is a cell that HTML calls a header, but one in each row is its row's. Where it calls none
    so, the first row names the columns if it alone is bold and has no figure, or the first rows may
    look like names.

    Args:
        table: The table.
        bold: The classes whose text is bold.
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
        rows = with_header(_with_bold_row(rows, shown, bold))
    return rows if any(row.is_header for row in rows) else []


def _with_bold_row(
    rows: Sequence[Row], elements: Sequence[Any], bold: frozenset[str]
) -> Sequence[Row]:
    """Mark the first row of several cells as names if it is set apart by being bold."""
    wide = [at for at, row in enumerate(rows) if sum(bool(cell.text) for cell in row.cells) > 1]
    are_bold = [_is_bold(elements[at], bold) for at in wide]
    # The last row may be a sum.
    if are_bold[:2] != [True, False] or any(are_bold[1:-1]):
        return rows
    at, below, *_ = wide
    has_figure = any(map(str.isdigit, "".join(cell.text for cell in rows[at].cells)))
    # Each of two cells may be a fact after its name, which is bold.
    are_facts = len(elements[below]) <= _FACT and _is_bold(elements[below][0], bold)
    if has_figure or are_facts:
        return rows
    first = replace(rows[at], is_header=True, is_in_head=True)
    return [*rows[:at], first, *rows[at + 1 :]]


def _is_bold(element: Any, bold: frozenset[str]) -> bool:
    """Whether all text of an element is bold."""
    waiting = [element]
    while waiting:
        inner = waiting.pop()
        if not isinstance(inner.tag, str) or is_hidden(inner) or _makes_bold(inner, bold):
            continue
        if any(text and not text.isspace() for text in (inner.text, *(one.tail for one in inner))):
            return False
        waiting += inner
    return True


def _makes_bold(element: Any, bold: frozenset[str]) -> bool:
    return (
        element.tag in _BOLD_TAGS
        or not bold.isdisjoint((element.get("class") or "").split())
        or _BOLD.search(element.get("style") or "") is not None
    )


def _has_header(row: Any) -> bool:
    return next(row.iterchildren("th"), None) is not None


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
