"""How the cells of XLSX show their numbers, which the library that reads them doesn't say."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from zipfile import ZipFile

from lxml import etree

from index.errors import DocumentError
from index.formats.number_formats import BUILT_IN, NumberFormat, number_format
from index.formats.packages import read_member, read_xml, related_parts

_WORKBOOK = "xl/workbook.xml"
_STYLES = "xl/styles.xml"
_LETTERS = re.compile(r"([A-Z]{1,3})[0-9]")
_COUNT = re.compile(r"[0-9]{1,9}")
_STYLE = re.compile(rb"\ss=[\"']([0-9]{1,9})")

ShownRows = Iterator[tuple[int, Mapping[int, str]]]
"""The number of a row, from 0, and what its cells show, by their columns from 0."""


class ShownNumbers:
    """The numbers of a workbook that show more than themselves: "£12.50", "15%", "00123"."""

    def __init__(self, package: ZipFile) -> None:
        """Find the formats and the sheets; where what states them is damaged, there are none."""
        self._package = package
        self._styles: dict[str, NumberFormat] = {}
        self._paths: list[str] = []
        with suppress(DocumentError):
            self._styles = _styles(package)
            self._paths = _paths(package) if self._styles else []

    def rows(self, sheet: int) -> ShownRows:
        """The rows of a sheet, which has a number from 0, that have such numbers."""
        path = self._paths[sheet] if sheet < len(self._paths) else ""
        content = read_member(self._package, path) if path else b""
        if not any(style[1].decode() in self._styles for style in _STYLE.finditer(content)):
            return
        walk = etree.iterparse(io.BytesIO(content), tag="{*}row", resolve_entities=False)
        above = -1
        # The library reads the same, and says what is wrong with it.
        with suppress(etree.XMLSyntaxError):
            for _, row in walk:
                stated = row.get("r", "")
                above = int(stated) - 1 if _COUNT.fullmatch(stated) else above + 1
                if shown := _shown(row, self._styles):
                    yield above, shown
                # All rows of a large sheet take as much memory as its cells do.
                row.clear()
                while row.getprevious() is not None:
                    del row.getparent()[0]


def _shown(row: Any, styles: Mapping[str, NumberFormat]) -> dict[int, str]:
    shown = {}
    column = -1
    for cell in row.iterfind("{*}c"):
        at = _LETTERS.match(cell.get("r", ""))
        column = _column(at[1]) if at else column + 1
        style = styles.get(cell.get("s", ""))
        if style is None or cell.get("t", "n") != "n":
            continue
        with suppress(ValueError):
            if text := style.written(float(cell.findtext("{*}v") or "")):
                shown[column] = text
    return shown


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _styles(package: ZipFile) -> dict[str, NumberFormat]:
    """The formats of cells that say more than a number, by the numbers of their styles."""
    if _STYLES not in package.namelist():
        return {}
    root = read_xml(package, _STYLES)
    codes = {str(number): code for number, code in BUILT_IN.items()}
    for each in root.iterfind("{*}numFmts/{*}numFmt"):
        codes[each.get("numFmtId", "")] = each.get("formatCode", "")
    formats = {number: number_format(code) for number, code in codes.items()}
    return {
        str(style): found
        for style, each in enumerate(root.iterfind("{*}cellXfs/{*}xf"))
        if (found := formats.get(each.get("numFmtId", ""))) is not None
    }


def _paths(package: ZipFile) -> list[str]:
    """The member of each sheet, in their order; "" where it is none."""
    members = frozenset(package.namelist())
    if _WORKBOOK not in members:
        return []
    parts = related_parts(package, _WORKBOOK)
    sheets = read_xml(package, _WORKBOOK).iterfind("{*}sheets/{*}sheet")
    ids = (
        next((value for key, value in sheet.attrib.items() if key.endswith("}id")), "")
        for sheet in sheets
    )
    paths = (parts.get(each, "") for each in ids)
    return [path if path in members else "" for path in paths]
