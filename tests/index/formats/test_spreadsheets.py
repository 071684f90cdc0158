"""Workbooks: rows of sheets, with the names of their columns."""

import io
import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pytest

from index.errors import DocumentError
from index.formats import parse
from index.formats.packages import read_xml
from index.parsing import ParserProcess
from tests.index.formats.archives import package

FILES = Path(__file__).parents[1] / "files"
_ODF = ("office", "table", "text")
WORKBOOKS = [".ods", ".xls", ".xlsx"]


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def sheet_xml(rows: str, merged: str = "") -> str:
    """A sheet with the XML of its rows and, if any, the reference of a merged cell."""
    cells = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData>{cells}</worksheet>'


def workbook(
    sheets: dict[str, str],
    *,
    hidden: str = "",
    merged: str = "",
    formats: Sequence[str | int] = (),
) -> bytes:
    """
    An XLSX file of sheets, each with the XML of its rows.

    Args:
        sheets: The rows of each, by its name.
        hidden: The name of the sheet that is hidden.
        merged: The reference of a cell that is merged in each, such as "A2:A3".
        formats: The codes of the styles of cells, from style 0 on, or their numbers alone.
    """
    names = list(sheets)
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}" '
        f'state="{"hidden" if name == hidden else "visible"}"/>'
        for n, name in enumerate(names, 1)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in enumerate(names, 1)
    )
    members = {
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
            f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{listed}</sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{_PACKAGE}">{related}</Relationships>'
        ),
    }
    if formats:
        codes = "".join(
            f"<numFmt numFmtId='{number}' formatCode='{escape(code)}'/>"
            for number, code in enumerate(formats, start=200)
            if isinstance(code, str)
        )
        styles = "".join(
            f"<xf numFmtId='{200 + n if isinstance(one, str) else one}'/>"
            for n, one in enumerate(formats)
        )
        members["xl/styles.xml"] = (
            f'<styleSheet xmlns="{_MAIN}"><numFmts>{codes}</numFmts>'
            f"<cellXfs>{styles}</cellXfs></styleSheet>"
        )
    for number, rows in enumerate(sheets.values(), start=1):
        members[f"xl/worksheets/sheet{number}.xml"] = sheet_xml(rows, merged)
    return package(members)


def rows_xml(*rows: tuple[str | float, ...]) -> str:
    """Rows of texts and numbers, from the first one on."""
    written = []
    for number, row in enumerate(rows, start=1):
        cells = []
        for column, value in zip("ABCDEFGH", row, strict=False):
            at = f'r="{column}{number}"'
            if isinstance(value, str):
                cells.append(f'<c {at} t="inlineStr"><is><t>{value}</t></is></c>')
            else:
                cells.append(f"<c {at}><v>{value}</v></c>")
        written.append(f'<row r="{number}">{"".join(cells)}</row>')
    return "".join(written)


@pytest.mark.parametrize("suffix", WORKBOOKS)
def test_each_row_that_a_real_program_wrote_names_its_columns(suffix: str) -> None:
    loaded = parse(suffix, (FILES / f"statutes{suffix}").read_bytes())

    first, *_, last = loaded.text.split("\n\n")
    assert first == (
        "Berth: North quay\nDepth in metres: 6.5\nFee a night: 35 marks\nOpened: 2019-03-04\n"
        "Lit: TRUE"
    )
    assert last.startswith("Berth: Fish quay\nDepth in metres: 3\n")
    assert [(place.kind, place.name, place.line) for place in loaded.places] == [
        ("sheet", "statutes", number) for number in (2, 3, 5)
    ]


def test_numbers_are_read_as_they_are_shown() -> None:
    rows = (
        '<row r="3"><c r="B3" t="inlineStr"><is><t>Ann</t></is></c><c r="C3" s="1"><v>12.5</v></c>'
        '<c s="2"><v>0.15</v></c><c r="E3" s="0"><f>1+1</f><v>2</v></c></row>'
        '<row r="5"><c r="B5" t="inlineStr"><is><t>Bo</t></is></c><c r="C5" s="1"><v>9</v></c>'
        '<c r="D5" s="2"><v>1</v></c><c r="E5" s="1" t="b"><v>1</v></c></row>'
    )
    sheets = {"Empty": "", "Prices": rows}

    loaded = parse(".xlsx", workbook(sheets, formats=["General", '"£"#,##0.00', "0%"]))

    assert loaded.text == "Ann | £12.50 | 15% | 2\n\nBo | £9.00 | 100% | TRUE"


def test_a_workbook_whose_formats_are_damaged_shows_its_numbers() -> None:
    rows = '<row r="1"><c s="0"><v>12.5</v></c></row>'
    content = workbook({"A": rows}, formats=['"£"0.00'])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}

    assert (
        parse(
            ".xlsx", package({**members, "xl/styles.xml": "<styleSheet><a:b/>&no;</styleSheet>"})
        ).text
        == "12.5"
    )


def test_the_formats_of_a_workbook_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(archive: zipfile.ZipFile, path: str) -> object:
        read.append(path)
        return read_xml(archive, path)

    monkeypatch.setattr("index.formats.shown_numbers.read_xml", counted)
    rows = '<row r="1"><c s="0"><v>5</v></c></row>'

    loaded = parse(".xlsx", workbook({"A": rows, "B": rows, "rId1": rows}, formats=['"£"0']))

    assert loaded.text.split("\n\n") == ["£5"] * 3
    assert sorted(read) == ["xl/styles.xml", "xl/workbook.xml"]


def test_a_sheet_without_cells_that_show_more_is_not_walked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr("index.formats.shown_numbers.etree.iterparse")
    rows = '<row r="1"><c r="A1" s="0"><v>5</v></c></row>'

    assert parse(".xlsx", workbook({"A": rows}, formats=["General", "0%"])).text == "5"


@pytest.mark.parametrize(
    ("number", "shown"), [(9, "15%"), (10, "15.00%"), (7, "0.15"), (44, "0.15")]
)
def test_a_format_without_a_code_shows_no_currency_that_the_file_does_not_name(
    number: int, shown: str
) -> None:
    rows = '<row r="1"><c s="0"><v>0.15</v></c></row>'

    assert parse(".xlsx", workbook({"A": rows}, formats=[number])).text == shown


def test_a_sheet_whose_name_is_the_id_of_another_has_its_own_numbers() -> None:
    def rows(style: int) -> str:
        return f'<row r="1"><c s="{style}"><v>5</v></c></row>'

    sheets = {"rId2": rows(0), "B": rows(1)}

    assert parse(".xlsx", workbook(sheets, formats=['"£"0', "0%"])).text == "£5\n\n500%"


def test_sums_of_times_are_read_in_hours() -> None:
    rows = '<row r="1"><c s="0"><v>1.5</v></c><c s="0"><v>0.02084490740741</v></c></row>'

    assert parse(".xlsx", workbook({"A": rows}, formats=["[h]:mm"])).text == "36:00 | 0:30:01"


def test_numbers_of_ods_files_are_read_as_they_are_shown() -> None:
    remark = "<office:annotation><text:p>About</text:p></office:annotation>"
    cells = "".join(
        f"<table:table-cell table:number-columns-repeated='{times}' office:value-type='{kind}' "
        f"office:{name}='{value}'>{beside}<text:p>{shown}</text:p></table:table-cell>"
        for times, kind, name, value, shown, beside in (
            (1, "string", "x", "", "Ann", ""),
            (2, "currency", "value", "12.5", "12,50 €", ""),
            (1, "percentage", "value", "0.15", "15 %", ""),
            (1, "float", "value", "5", "5 kg", ""),
            (1, "float", "value", "123", "00123", ""),
            (1, "time", "time-value", "PT36H00M00S", "36:00", ""),
            (1, "float", "value", "3.14159", "3.14", remark),
        )
    )
    rows = (
        "<table:table-row table:number-rows-repeated='2'><table:table-cell/></table:table-row>"
        f"<table:table-row table:number-rows-repeated='2'>{cells}</table:table-row>"
    )

    assert (
        parse(".ods", ods("", rows)).text.split("\n\n")
        == ["Ann | 12,50 € | 12,50 € | 15 % | 5 kg | 00123 | 36:00 | 3.14159"] * 2
    )


def test_amounts_of_ods_files_that_are_negative_by_their_colour_alone_have_a_sign() -> None:
    cells = "".join(
        f"<table:table-cell office:value-type='currency' office:value='{value}'>"
        f"<text:p>{shown}</text:p></table:table-cell>"
        for value, shown in (
            ("-5", "£5.00"),
            ("5", "£6.00"),
            ("-7", "(£7.00)"),
            ("-8", "£8.00-"),
            ("-9", "£9 loss"),
            ("-0.001", "£0.00"),
        )
    )
    rows = f"<table:table-row>{cells}</table:table-row>"

    assert parse(".ods", ods(rows)).text == "-£5.00 | £6.00 | (£7.00) | £8.00- | £9 loss | £0.00"


def test_each_sheet_has_its_own_names_and_places() -> None:
    content = workbook(
        {
            "Fees": rows_xml(("Berth", "Fee"), ("North", 35), ("South", 0.1 + 0.2)),
            "Empty": "",
            "Crew": rows_xml(("Name", "Role"), ("Ann", "master")),
        }
    )

    loaded = parse(".xlsx", content)

    assert loaded.text == (
        "Berth: North\nFee: 35\n\nBerth: South\nFee: 0.3\n\nName: Ann\nRole: master"
    )
    assert [(place.name, place.line) for place in loaded.places] == [
        ("Fees", 2),
        ("Fees", 3),
        ("Crew", 2),
    ]
    assert loaded.title is None


def test_a_title_above_the_names_is_a_row_of_its_own() -> None:
    rows = rows_xml(("Prices of 2024",), (), ("Hall", "Price"), ("Loft", 15), ("Barn", 20))

    loaded = parse(".xlsx", workbook({"Sheet1": rows}))

    assert loaded.text == "Prices of 2024\n\nHall: Loft\nPrice: 15\n\nHall: Barn\nPrice: 20"
    assert [place.line for place in loaded.places] == [1, 4, 5]


def test_names_in_two_rows_name_a_column_together() -> None:
    rows = rows_xml(("Hall", "Price", ""), ("", "day", "week"), ("Loft", 15, 70), ("Barn", 9, 40))

    assert parse(".xlsx", workbook({"Halls": rows})).text.split("\n\n") == [
        "Hall: Loft\nPrice day: 15\nPrice week: 70",
        "Hall: Barn\nPrice day: 9\nPrice week: 40",
    ]


def test_a_cell_over_several_rows_stands_in_each_of_them() -> None:
    rows = rows_xml(("Day", "Shift", "Bar"), ("Friday", "early", "Jonas"), ("", "late", "Pri"))

    loaded = parse(".xlsx", workbook({"March": rows}, merged="A2:A3"))

    assert loaded.text.endswith("Day: Friday\nShift: late\nBar: Pri")


def test_a_cell_over_several_rows_is_found_in_a_sheet_that_begins_further_right() -> None:
    rows = rows_xml(("Day", "Shift"), ("Friday", "early"), ("", "late"))
    moved = rows.replace('"B', '"C').replace('"A', '"B')

    loaded = parse(".xlsx", workbook({"March": moved}, merged="B2:B3"))

    assert loaded.text.endswith("Day: Friday\nShift: late")


def test_a_label_beside_the_names_of_columns_stands_once() -> None:
    rows = rows_xml(
        ("Keys",), ("Ground floor", "Room", "Key"), ("", "Hall", "Ann"), ("", "Bar", "Bo")
    )

    loaded = parse(".xlsx", workbook({"A": rows}, merged="A2:A4"))

    assert loaded.text.endswith("Room: Hall\nKey: Ann\n\nRoom: Bar\nKey: Bo")


def test_long_cells_over_several_rows_stand_once() -> None:
    long = ("x" * 150, "y" * 150)
    rows = rows_xml(("Day", "Note", "Bar"), (*long, "Jonas"), ("", "", "Pri"))

    one = parse(".xlsx", workbook({"A": rows.replace("y" * 150, "y" * 201)}, merged="B2:B3")).text
    both = parse(".xlsx", workbook({"A": rows}, merged='A2:A3"/><mergeCell ref="B2:B3')).text

    assert one.endswith("\n\nBar: Pri")
    assert both.endswith(f"\n\nDay: {long[0]}\nBar: Pri")


def test_a_cell_over_several_columns_divides_a_table() -> None:
    rows = rows_xml(
        ("Boat", "Members", "Guests"), ("Canoes",), ("Single", 9, 14), ("Double", 14, 20)
    )

    loaded = parse(".xlsx", workbook({"A": rows}, merged="A2:C2"))

    assert {one.name for one in loaded.headings} == {"Canoes"}
    assert loaded.text.startswith("Canoes\n\nBoat: Single")


@pytest.mark.parametrize("merged", ["A2:A3", "B2:C2"])
def test_only_a_cell_that_covers_other_columns_divides_a_table(merged: str) -> None:
    rows = rows_xml(
        ("Boat", "Members", "Guests"), ("Kayak",), ("Single", 9, 14), ("Double", 14, 20)
    )

    loaded = parse(".xlsx", workbook({"A": rows}, merged=merged))

    assert not loaded.headings
    assert loaded.text.startswith("Boat: Kayak")


def test_a_title_over_several_rows_stands_once() -> None:
    rows = rows_xml(("Prices",), (), ("Hall", "Price"), ("Loft", 15))

    assert parse(".xlsx", workbook({"A": rows}, merged="A1:B2")).text.count("Prices") == 1


def test_a_hidden_sheet_is_not_read() -> None:
    sheets = {"Tools": rows_xml(("Tool", "State"), ("Saw", "ok")), "lists": rows_xml(("broken",))}

    assert parse(".xlsx", workbook(sheets, hidden="lists")).text == "Tool: Saw\nState: ok"


@pytest.mark.parametrize("suffix", WORKBOOKS)
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_workbook_that_is_cut_short_is_refused(suffix: str, keep: float) -> None:
    content = (FILES / f"statutes{suffix}").read_bytes()

    with pytest.raises(DocumentError, match=r"cut short|no sound|can't be read"):
        parse(suffix, content[: int(keep * len(content))])


def test_a_sheet_as_wide_and_high_as_there_can_be_costs_no_more_than_a_document_may() -> None:
    """Two cells in opposite corners are seventeen thousand million."""
    corners = (
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    )
    with ParserProcess() as parser:
        with pytest.raises(DocumentError, match="memory"):
            parser.parse(".xlsx", workbook({"Bomb": corners}))
        assert parser.parse(".xlsx", workbook({"A": rows_xml(("a", "b"))})).text


def ods(*sheets: str) -> bytes:
    """An ODS file of sheets, each the XML of its rows."""
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in _ODF)
    tables = "".join(
        f"<table:table table:name='S{number}'>{rows}</table:table>"
        for number, rows in enumerate(sheets, start=1)
    )
    return package(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<m/>",
            "content.xml": f"<office:document-content {names}><office:body><office:spreadsheet>"
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )


def ods_rows(*rows: tuple[str, ...]) -> str:
    """Rows of texts; "text/2" is over two rows, "text-3" over three columns, "#" is covered."""
    written = []
    for row in rows:
        cells = []
        for said in row:
            text, _, high = said.partition("/")
            text, _, wide = text.partition("-")
            spans = (
                f"table:number-rows-spanned='{high or 1}' "
                f"table:number-columns-spanned='{wide or 1}' office:value-type='string'"
            )
            inner = f"<text:p>{text}</text:p>" if text else ""
            cells.append(
                "<table:covered-table-cell/>"
                if said == "#"
                else f"<table:table-cell {spans}>{inner}</table:table-cell>"
            )
        written.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    return "".join(written)


def test_merged_cells_of_ods_files_stand_in_all_of_their_rows_and_divide_tables() -> None:
    blank = "<table:table-row table:number-rows-repeated='2'><table:table-cell/></table:table-row>"
    plan = blank + ods_rows(
        ("", "Day", "Shift", "Hall"),
        ("", "Friday/3", "early", "A/2"),
        ("", "#", "noon", "#"),
        ("", "#", "late", "B"),
    )
    prices = ods_rows(
        ("Boat", "Members", "Guests"),
        ("Canoes-3", "#", "#"),
        ("Single", "9", "14"),
        ("Double", "14", "20"),
    )

    loaded = parse(".ods", ods(plan, prices))

    assert loaded.text.split("\n\n")[:4] == [
        "Day: Friday\nShift: early\nHall: A",
        "Day: Friday\nShift: noon\nHall: A",
        "Day: Friday\nShift: late\nHall: B",
        "Canoes",
    ]
    assert {one.name for one in loaded.headings} == {"Canoes"}


def test_an_ods_sheet_of_a_thousand_million_cells_is_refused() -> None:
    repeated = (
        "<table:table-row table:number-rows-repeated='1000000'><table:table-cell "
        "table:number-columns-repeated='16384' office:value-type='string'><text:p>a</text:p>"
        "</table:table-cell></table:table-row>"
    )
    with ParserProcess() as parser, pytest.raises(DocumentError, match="too many cells"):
        parser.parse(".ods", ods(repeated))


def test_an_xls_file_says_what_it_is_where_its_ending_does_not() -> None:
    content = (FILES / "statutes.xls").read_bytes()

    with pytest.raises(DocumentError, match=r"end its name in \.xls"):
        parse(".xlsx", content)
