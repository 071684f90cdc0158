"""Slides: their titles, lists, tables, diagrams and notes."""

from datetime import date
from pathlib import Path

import pytest

from index.errors import DocumentError
from index.formats import parse
from tests.index.formats.archives import package

FILES = Path(__file__).parents[1] / "files"
_A = 'xmlns:a="a" xmlns:p="p" xmlns:r="r" xmlns:mc="mc" xmlns:dgm="dgm"'


def paragraph(text: str, properties: str = "") -> str:
    return f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"


def shape(*paragraphs: str, placeholder: str | None = None) -> str:
    kind = "" if placeholder is None else f'<p:ph type="{placeholder}"/>'
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{kind}</p:nvPr></p:nvSpPr>"
        f"<p:txBody>{''.join(paragraphs)}</p:txBody></p:sp>"
    )


def frame(content: str) -> str:
    return f"<p:graphicFrame><a:graphic>{content}</a:graphic></p:graphicFrame>"


def relations(targets: dict[str, str]) -> str:
    inner = "".join(f'<Relationship Id="{key}" Target="{to}"/>' for key, to in targets.items())
    return f"<Relationships>{inner}</Relationships>"


def slides(*trees: str, also: dict[str, str] | None = None, order: str = "") -> bytes:
    """A presentation of slides, named s1 and so on, shown in an order of their numbers."""
    numbers = range(1, len(trees) + 1)
    shown = order or "".join(map(str, numbers))
    ids = "".join(f'<p:sldId id="{256 + int(n)}" r:id="s{n}"/>' for n in shown)
    members = {
        "ppt/presentation.xml": f"<p:x {_A}><p:sldIdLst>{ids}</p:sldIdLst></p:x>",
        "ppt/_rels/presentation.xml.rels": relations(
            {f"s{n}": f"slides/slide{n}.xml" for n in numbers}
        ),
    }
    for number, tree in zip(numbers, trees, strict=True):
        members[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {_A}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>"
        )
    return package(members | (also or {}))


def test_what_a_real_program_wrote_is_read_with_its_notes() -> None:
    loaded = parse(".pptx", (FILES / "statutes.pptx").read_bytes())

    assert (loaded.title, loaded.dated) == ("Harbour statutes of Vellmar", date(2019, 3, 4))
    assert "- A vessel of up to twelve metres pays 35 marks for each night.\n- Life" in loaded.text
    assert "\n\nSay that fishing boats of the town pay half.\n\n" in loaded.text
    assert [(place.kind, place.line, place.name) for place in loaded.places] == [
        ("slide", 1, "Mooring fees"),
        ("slide", 2, "Quiet hours"),
    ]


def test_the_title_comes_first_and_furniture_not_at_all() -> None:
    loaded = parse(
        ".pptx",
        slides(
            shape(paragraph("Fees:"), paragraph("a loaf 4"), paragraph("a roll 1"), placeholder="")
            + shape(paragraph("12"), placeholder="sldNum")
            + "<p:grpSp>"
            + shape(paragraph("In a group."))
            + "</p:grpSp>"
            + shape(paragraph("Prices"), placeholder="ctrTitle")
        ),
    )

    assert loaded.text == "Prices\n\n- Fees:\n- a loaf 4\n- a roll 1\n\nIn a group."
    assert [place.name for place in loaded.places] == ["Prices"]


def test_bullets_follow_right_below_what_introduces_them() -> None:
    bullet = '<a:pPr><a:buChar char="o"/></a:pPr>'
    box = shape(
        paragraph("Bring:"), paragraph("bread", bullet), paragraph("salt", bullet), paragraph("End")
    )

    assert parse(".pptx", slides(box)).text == "Bring:\n- bread\n- salt\n\nEnd"


def test_bullets_stand_after_those_that_they_stand_below() -> None:
    box = shape(
        paragraph("Linux"),
        paragraph("12 GB", '<a:pPr lvl="1"/>'),
        paragraph("Mac", '<a:pPr lvl="no number"/>'),
        paragraph("none", '<a:pPr lvl="1"><a:buNone/></a:pPr>'),
        paragraph("13", '<a:pPr lvl="1"/>'),
        placeholder="",
    )

    text = parse(".pptx", slides(box)).text

    assert text == "- Linux\n- Linux: 12 GB\n- Mac\n\nnone\n\n- Mac: 13"


def test_slides_are_read_in_the_order_of_the_show_and_once() -> None:
    shown = slides(shape(paragraph("one")), shape(paragraph("two")), order="211")

    loaded = parse(".pptx", shown)

    assert loaded.text == "two\n\none"
    assert [place.line for place in loaded.places] == [1, 2]


def test_a_table_is_rows_with_the_names_of_their_columns() -> None:
    def row(*cells: str) -> str:
        return f"<a:tr>{''.join(cells)}</a:tr>"

    def cell(text: str, attributes: str = "") -> str:
        return f"<a:tc {attributes}><a:txBody>{paragraph(text)}</a:txBody></a:tc>"

    table = frame(
        '<a:tbl><a:tblPr firstRow="1"/>'
        + row(cell("Hall"), cell("Seats"), cell("Price"))
        + row(cell("Loft", 'rowSpan="2"'), cell("12"), cell("15"))
        + row(cell("", 'vMerge="1"'), cell("none", 'gridSpan="2"'), cell("", 'hMerge="1"'))
        + "</a:tbl>"
    )

    assert parse(".pptx", slides(table)).text == (
        "Hall: Loft | Seats: 12 | Price: 15\n\nHall: Loft | Seats, Price: none"
    )


def test_the_text_of_a_diagram_is_read() -> None:
    content = slides(
        frame('<dgm:relIds r:dm="d1" r:lo="d2"/>'),
        also={
            "ppt/slides/_rels/slide1.xml.rels": relations(
                {"d1": "../diagrams/data1.xml", "d2": "../diagrams/layout1.xml"}
            ),
            "ppt/diagrams/data1.xml": f"<x {_A}>{paragraph('First plan')}{paragraph('Do')}</x>",
            "ppt/diagrams/layout1.xml": f"<x {_A}>{paragraph('never')}</x>",
        },
    )

    assert parse(".pptx", content).text == "First plan\n\nDo"


def test_a_slide_that_is_missing_or_an_archive_of_something_else_is_refused() -> None:
    missing = slides("", also={"ppt/_rels/presentation.xml.rels": relations({"s1": "x.xml"})})

    with pytest.raises(DocumentError, match=r"ppt/x\.xml is missing"):
        parse(".pptx", missing)
    with pytest.raises(DocumentError, match=r"ppt/presentation\.xml is missing"):
        parse(".pptx", package({"a.txt": "a"}))
