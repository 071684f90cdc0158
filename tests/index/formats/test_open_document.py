"""ODT and ODP, by what their files hold."""

from datetime import date

import pytest

from index.errors import DocumentError
from index.formats import parse
from tests.index.formats.archives import package

_NAMES = " ".join(
    f'xmlns:{name}="{name}"' for name in ("office", "text", "table", "draw", "style", "svg")
)


def written(body: str, styles: str = "", **members: str) -> bytes:
    content = (
        f"<office:document-content {_NAMES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
        "</office:document-content>"
    )
    return package({"content.xml": content} | {f"{name}.xml": has for name, has in members.items()})


def text_of(body: str, styles: str = "") -> str:
    return parse(".odt", written(body, styles)).text


def row(*cells: str) -> str:
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def cell(text: str, attributes: str = "", style: str = "") -> str:
    return (
        f'<table:table-cell {attributes}><text:p text:style-name="{style}">{text}</text:p>'
        "</table:table-cell>"
    )


def test_headings_are_places_with_their_levels() -> None:
    loaded = parse(
        ".odt",
        written(
            '<text:h text:outline-level="1">Fees</text:h><text:p>First.</text:p>'
            '<text:h text:outline-level="2">Late</text:h><text:p>Second.</text:p>'
        ),
    )

    assert loaded.text == "Fees\n\nFirst.\n\nLate\n\nSecond."
    assert [(place.name, place.level) for place in loaded.places] == [("Fees", 1), ("Late", 2)]


def test_numbers_that_a_program_wrote_stand_apart_from_the_words() -> None:
    number = "<text:number>1.</text:number>"
    heading = f"<text:h>{number}Fees</text:h><text:p>For members:</text:p>"
    items = f"<text:list-item>{number}<text:p>a key</text:p></text:list-item>" * 2

    loaded = parse(".odt", written(f"{heading}<text:list>{items}</text:list>"))

    assert loaded.text == "1. Fees\n\nFor members:\n- a key\n- a key"
    assert loaded.places[0].name == "1. Fees"


def test_items_stand_below_what_introduces_them() -> None:
    items = "".join(
        f"<text:list-item><text:p>{name}</text:p>{inner}</text:list-item>"
        for name, inner in (
            (
                "bread",
                "<text:list><text:list-item><text:p>rye</text:p></text:list-item></text:list>",
            ),
            ("salt", "<text:p>From the sea.</text:p>"),
        )
    )

    assert text_of(f"<text:p>Bring:</text:p><text:list>{items}</text:list>") == (
        "Bring:\n- bread\n- bread: rye\n- salt\n\nFrom the sea."
    )


def test_spaces_tabs_breaks_and_spans_are_text_and_editors_remarks_are_not() -> None:
    body = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        "<text:p>A loaf<text:s text:c='3'/>costs<text:tab/><text:span>4<text:line-break/>marks"
        "</text:span><office:annotation><text:p>why?</text:p></office:annotation>.</text:p>"
        "<text:table-of-content><text:p>Fees 1</text:p></text:table-of-content>"
    )

    assert text_of(body) == "A loaf costs 4\nmarks."


def test_a_note_and_a_box_stand_after_their_paragraph() -> None:
    body = (
        "<text:p>Lifeboats<text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>Of any size.</text:p></text:note-body></text:note> pay nothing<draw:frame>"
        "<draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame>.</text:p>"
    )

    assert text_of(body) == "Lifeboats pay nothing.\n\nOf any size.\n\nIn a box."


@pytest.mark.parametrize(
    "header",
    [
        f"<table:table-header-rows>{row(cell('Hall'), cell('Open'))}</table:table-header-rows>",
        row(cell("Hall", style="Table_20_Heading"), cell("Open", style="P1")),
    ],
)
def test_a_row_of_a_table_says_the_names_of_its_columns(header: str) -> None:
    styles = '<style:style style:name="P1" style:parent-style-name="Table_20_Heading"/>'
    rows = row(cell("Loft"), cell("daily")) + row(cell("Barn"), cell("never"))

    assert text_of(f"<table:table>{header}{rows}</table:table>", styles) == (
        "Hall: Loft | Open: daily\n\nHall: Barn | Open: never"
    )


def test_cells_that_are_repeated_or_cover_others_belong_to_all_of_them() -> None:
    header = row(cell("Hall"), cell("Mon"), cell("Tue"), cell("Wed"))
    rows = row(
        cell("Loft", 'table:number-rows-spanned="2"'),
        cell("open", 'table:number-columns-repeated="2"'),
        cell("closed"),
    ) + row("<table:covered-table-cell/>", cell("never", 'table:number-columns-spanned="3"'))
    table = f"<table:table-header-rows>{header}</table:table-header-rows>{rows}"

    assert text_of(f"<table:table>{table}</table:table>") == (
        "Hall: Loft | Mon: open | Tue: open | Wed: closed\n\nHall: Loft | Mon, Tue, Wed: never"
    )


@pytest.mark.parametrize(
    "bomb",
    [
        "<text:p>a<text:s text:c='999999999'/>b</text:p>",
        "<table:table><table:table-row table:number-rows-repeated='999999999'>"
        "<table:table-cell table:number-columns-repeated='999999999'/></table:table-row>"
        "</table:table><text:p>a b</text:p>",
        "<table:table><table:table-row table:number-rows-repeated='999999999'>"
        "<table:table-cell table:number-columns-repeated='99'><text:p>a</text:p>"
        "</table:table-cell></table:table-row></table:table>",
    ],
)
def test_what_is_repeated_a_thousand_million_times_is_not(bomb: str) -> None:
    assert len(text_of(bomb)) < 1_000_000


def test_the_title_and_the_date_are_those_of_the_metadata() -> None:
    created = "<d:creation-date>2024-05-06T07:08:09</d:creation-date>"
    meta = f"<m xmlns:d='d'><d:title>Rules</d:title>{created}</m>"

    loaded = parse(".odt", written("<text:p>Text.</text:p>", meta=meta))

    assert (loaded.title, loaded.dated) == ("Rules", date(2024, 5, 6))


def test_a_protected_or_empty_file_says_so() -> None:
    protected = package(
        {"META-INF/manifest.xml": "<m xmlns:e='e'><e:encryption-data/></m>", "content.xml": "??"}
    )

    with pytest.raises(DocumentError, match="protected by a password"):
        parse(".odt", protected)
    with pytest.raises(DocumentError, match=r"content\.xml has no body"):
        parse(".odt", package({"content.xml": "<x/>"}))


def test_elements_may_nest_as_deep_as_the_parser_lets_them() -> None:
    deep = "<text:section>" * 200 + "<text:p>Deep down.</text:p>" + "</text:section>" * 200

    assert text_of(deep) == "Deep down."


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("Of <text:title>Fees</text:title><draw:frame><svg:title>A map</svg:title></draw:frame>.",
         "Of Fees."),
        ("Of<draw:custom-shape><text:p>Ann.</text:p><text:p>Bob.</text:p></draw:custom-shape> it.",
         "Of it.\n\nAnn.\n\nBob."),
        ('Of<text:hidden-text text:is-hidden="true"> none</text:hidden-text> it.', "Of it."),
    ],
    ids=["the title of the document", "a drawing", "hidden"],
)  # fmt: skip
def test_what_a_reader_sees_of_a_paragraph_is_read(inner: str, text: str) -> None:
    assert text_of(f"<text:p>{inner}</text:p>") == text


def test_a_remark_in_a_cell_is_no_part_of_it() -> None:
    remark = "<office:annotation><text:p>why?</text:p></office:annotation>"

    assert (
        text_of(f"<table:table>{row(cell(f'Fee{remark}'), cell('5'))}</table:table>") == "Fee | 5"
    )


def test_a_hidden_section_is_left_out() -> None:
    hidden = '<text:section text:display="none"><text:p>Old fees.</text:p></text:section>'

    assert text_of(f"{hidden}<text:p>New fees.</text:p>") == "New fees."
