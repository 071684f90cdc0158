"""XLSX, XLS and ODS: the rows of each sheet, each cell after the name of its column."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from python_calamine import (
    CalamineError,
    CalamineSheet,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)
from python_calamine import load_workbook as load

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.office_properties import title_and_date
from index.formats.open_document import MergedCells, cells_of_ods, meta_title_and_date
from index.formats.packages import open_package
from index.formats.rows import one_line
from index.formats.sheet_tables import add_rows
from index.formats.shown_numbers import ShownNumbers, ShownRows
from index.formats.tables import MAX_REPEATED_CHARS

_OLD = ".xls"
_OPEN = ".ods"
# As spreadsheets show a number: not the last figures of what a computer makes of 0.1 + 0.2.
_FIGURES = ".15g"

_Value = int | float | str | bool | date | time | datetime | timedelta


def load_workbook(suffix: str, content: bytes) -> Loaded:
    """Read the sheets of a workbook; a place is a row of a sheet."""
    beside = _Beside(suffix, content)
    blocks = Blocks("sheet")
    try:
        workbook = load(io.BytesIO(content))
        for number, about in enumerate(workbook.sheets_metadata):
            is_shown = about.visible == SheetVisibleEnum.Visible
            if about.typ == SheetTypeEnum.WorkSheet and is_shown:
                sheet = workbook.get_sheet_by_name(about.name)
                merged = beside.merged.get(number) or sheet.merged_cell_ranges or ()
                _add(blocks, sheet, merged, beside.shown(number))
    except PasswordError as error:
        raise DocumentError("it is protected by a password; save it without") from error
    except (CalamineError, ZipError) as error:
        raise DocumentError(f"it is no sound workbook, or has too many cells ({error})") from error
    # A cell is no title, and a date in one is not the workbook's.
    return replace(blocks.loaded(beside.title), title=beside.title, dated=beside.dated)


class _Beside:
    """What a workbook says that the library doesn't know: its title and date among it."""

    def __init__(self, suffix: str, content: bytes) -> None:
        """Read it, but for how numbers are shown in XLSX."""
        self.title: str | None = None
        self.dated: date | None = None
        self.merged: Mapping[int, Sequence[MergedCells]] = {}
        """The merged cells of ODS, by the numbers of the sheets."""
        self.shown: Callable[[int], ShownRows] = lambda _sheet: iter(())
        """What numbers of a sheet show that is more than a number."""
        if suffix == _OLD:
            return
        package = open_package(content)
        if suffix == _OPEN:
            self.title, self.dated = meta_title_and_date(package)
            self.merged, numbers = cells_of_ods(package)
            self.shown = lambda sheet: iter(numbers.get(sheet, {}).items())
        else:
            self.title, self.dated = title_and_date(package)
            self.shown = ShownNumbers(package).rows


def _add(
    blocks: Blocks, sheet: CalamineSheet, merged: Sequence[MergedCells], shown: ShownRows
) -> None:
    def begin(number: int) -> None:
        blocks.line = number
        blocks.begin(sheet.name)

    left = sheet.start[1] if sheet.start else 0
    wide = {top + 1 for (top, column), (_, right) in merged if column == left and right > left}
    add_rows(blocks, enumerate(_rows(sheet, merged, shown), start=1), begin, wide)


def _rows(
    sheet: CalamineSheet, merged: Sequence[MergedCells], shown: ShownRows
) -> Iterator[list[str]]:
    """
    The rows of a sheet, each cell in one line.

    A cell that covers several rows is repeated in each of them that has other cells. A cell of the
    first row with several cells, or of a row above it, is not: it may be the name of a column.
    """
    left = sheet.start[1] if sheet.start else 0
    bottoms = {
        (top, column - left): bottom for (top, column), (bottom, _) in merged if bottom > top
    }
    reaching: dict[int, tuple[int, str]] = {}
    is_below = False
    next_shown = next(shown, None)
    for number, values in enumerate(sheet.iter_rows()):
        while next_shown is not None and next_shown[0] < number:
            next_shown = next(shown, None)
        texts = next_shown[1] if next_shown is not None and next_shown[0] == number else {}
        row = [texts.get(column) or _written(value) for column, value in enumerate(values, left)]
        reaching = {column: each for column, each in reaching.items() if each[0] >= number}
        if any(row):
            for column, (_, text) in reaching.items():
                row[column] = row[column] or text
        if bottoms and is_below:
            for column, text in enumerate(row):
                bottom = bottoms.get((number, column))
                chars = len(text) + sum(len(above) for _, above in reaching.values())
                if bottom is not None and text and chars <= MAX_REPEATED_CHARS:
                    reaching[column] = bottom, text
        is_below = is_below or sum(map(bool, row)) > 1
        yield row


def _written(value: _Value) -> str:
    """A cell as people write it."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return format(value, _FIGURES)
    if isinstance(value, datetime):
        is_day = value.time() == time()
        return value.date().isoformat() if is_day else value.isoformat(" ", "minutes")
    if isinstance(value, time | timedelta):
        return _clock(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _clock(value: time | timedelta) -> str:
    """A time; a sum of times has its hours also beyond a day."""
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    minutes, seconds = divmod(round(abs(value).total_seconds()), 60)
    sign = "-" if value < timedelta() else ""
    written = f"{sign}{minutes // 60}:{minutes % 60:02}"
    return f"{written}:{seconds:02}" if seconds else written
