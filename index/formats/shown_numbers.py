"""How the cells of XLSX show their numbers, which the library that reads them doesn't say."""

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from zipfile import ZipFile

from lxml import etree

from index.formats.number_formats import BUILT_IN, NumberFormat, number_format
from index.formats.packages import read_member, read_xml, related_parts

_WORKBOOK = "xl/workbook.xml"
_STYLES = "xl/styles.xml"
_LETTERS = re.compile(r"([A-Z]{1,3})[0-9]")
_COUNT = re.compile(r"[0-9]{1,9}")

ShownRows = Iterator[tuple[int, Mapping[int, str]]]
"""The number of a row, from 0, and what its cells show, by their columns from 0."""


def shown_numbers(package: ZipFile, sheet: int) -> ShownRows:
    """
    The numbers of a sheet that show more than themselves: "£12.50", "15%", "5 kg", "00123".

    Args:
        package: The workbook.
        sheet: The number of the sheet, from 0.
    """
    styles = _styles(package)
    paths = _paths(package) if styles else []
    if sheet >= len(paths) or paths[sheet] not in package.namelist():
        return
    walk = etree.iterparse(
        io.BytesIO(read_member(package, paths[sheet])), tag="{*}row", resolve_entities=False
    )
    above = -1
    # The library reads the same, and says what is wrong with it.
    with suppress(etree.XMLSyntaxError):
        for _, row in walk:
            stated = row.get("r", "")
            above = int(stated) - 1 if _COUNT.fullmatch(stated) else above + 1
            if shown := _shown(row, styles):
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
    if _WORKBOOK not in package.namelist():
        return []
    members = related_parts(package, _WORKBOOK)
    sheets = read_xml(package, _WORKBOOK).iterfind("{*}sheets/{*}sheet")
    return [
        next((members[value] for value in sheet.attrib.values() if value in members), "")
        for sheet in sheets
    ]
