"""Lists in DOCX: items by their style or by their own numbering, after those that they stand in."""

import io
from typing import Any, cast

import docx
import pytest
from docx.document import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.styles.style import BaseStyle
from docx.text.paragraph import Paragraph

from index.formats import parse
from index.formats.docx_styles import Styles


def text_of(*paragraphs: tuple[str, str | None, str]) -> str:
    """The text of a document of paragraphs: what each says, its style, its own numbering."""
    document = docx.Document()
    for text, style, numbering in paragraphs:
        number(document.add_paragraph(text, style), numbering)
    buffer = io.BytesIO()
    document.save(buffer)
    return parse(".docx", buffer.getvalue()).text


def number(paragraph: Paragraph, numbering: str) -> None:
    if numbering:
        inner = f"<w:numPr {nsdecls('w')}>{numbering}</w:numPr>"
        paragraph._p.get_or_add_pPr().append(parse_xml(inner))


def numbering(level: str, number: str = "1") -> str:
    return f'<w:ilvl w:val="{level}"/><w:numId w:val="{number}"/>'


def test_items_stand_below_what_introduces_them_and_after_those_that_they_stand_in() -> None:
    text = text_of(
        ("Needed:", None, ""),
        ("Linux", "List Bullet", ""),
        ("12 GB", "List Bullet 2", ""),
        ("kernel 5.13", "List Number 2", ""),
        ("64-bit", "List Bullet 3", ""),
        ("Mac", "List Bullet", ""),
        ("That is all.", None, ""),
        ("13", "List Bullet 2", ""),
    )

    assert text == (
        "Needed:\n- Linux\n- Linux: 12 GB\n- Linux: kernel 5.13\n- Linux: kernel 5.13: 64-bit\n"
        "- Mac\n\nThat is all.\n\n- 13"
    )


def test_a_paragraph_may_be_numbered_by_itself() -> None:
    text = text_of(
        ("Linux", None, numbering("0")),
        ("12 GB", None, numbering("1")),
        ("Mac", "List Bullet", numbering("0", "0")),
        ("Rules", "Heading 1", numbering("0")),
    )

    assert text == "- Linux\n- Linux: 12 GB\n\nMac\n\nRules"


@pytest.mark.parametrize(
    ("level", "id_of_list", "text"),
    [("99999999999", "1", "- 12 GB"), ("-1", "1", "- 12 GB"), ("0", "x", "12 GB")],
)
def test_numbers_that_are_none_do_no_harm(level: str, id_of_list: str, text: str) -> None:
    assert text_of(("12 GB", None, numbering(level, id_of_list))) == text


SECOND = numbering("1")


@pytest.mark.parametrize("between", [("Fees:", "Heading 1", ""), ("Prices:", None, "")])
def test_an_item_ends_where_something_else_begins(between: tuple[str, str | None, str]) -> None:
    text = text_of(("Boats", None, numbering("0")), between, ("10 euros", None, SECOND))

    assert text == f"- Boats\n\n{between[0]}\n- 10 euros"


def test_an_item_goes_on_in_a_paragraph_of_the_list() -> None:
    text = text_of(
        ("Boats", "List Bullet", ""),
        ("They are new.", "List Continue", ""),
        ("10 euros", "List Bullet 2", ""),
    )

    assert text == "- Boats\n\nThey are new.\n\n- Boats: 10 euros"


def test_a_table_and_a_box_belong_to_no_item() -> None:
    document = docx.Document()
    document.add_paragraph("Boats", "List Bullet")
    document.add_table(1, 1).cell(0, 0).text = "Fees"
    document.add_paragraph("10 euros", "List Bullet 2")
    held = document.add_paragraph("Oars", "List Bullet")
    held._p.append(
        parse_xml(
            f"<w:r {nsdecls('w')}><w:pict><w:txbxContent><w:p><w:pPr><w:pStyle "
            'w:val="ListBullet2"/></w:pPr><w:r><w:t>Aside</w:t></w:r></w:p></w:txbxContent>'
            "</w:pict></w:r>"
        )
    )
    document.add_paragraph("two", "List Bullet 2")
    buffer = io.BytesIO()
    document.save(buffer)

    text = parse(".docx", buffer.getvalue()).text

    assert text == "- Boats\n\nFees\n\n- 10 euros\n\n- Oars\n\n- Aside\n\n- Oars: two"


def test_a_list_with_another_number_is_another_list() -> None:
    text = text_of(
        ("rope", None, numbering("0")),
        ("nets", None, numbering("1", "2")),
        ("", None, ""),
        ("pets", None, numbering("0", "2")),
        ("drones", None, numbering("0", "2")),
    )

    assert text == "- rope\n- rope: nets\n\n- pets\n- drones"


def test_numbered_clauses_are_paragraphs() -> None:
    clause = f"The tenant pays {'each month ' * 15}in advance."
    text = text_of(
        ("Rent", None, numbering("0")),
        (clause, None, SECOND),
        (clause, None, SECOND),
        ("By bank", None, SECOND),
    )

    assert text == f"- Rent\n\n{clause}\n\n{clause}\n\n- Rent: By bank"


def test_a_heading_is_what_the_outline_of_word_shows() -> None:
    document = docx.Document()
    for name, base in (("Chapter", "Heading 1"), ("Contents", "Heading 1"), ("Minor", "Normal")):
        style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style.base_style = document.styles[base]
    for name, level in (("Contents", 9), ("Minor", 1)):
        outline(document.styles[name].element, level)
    document.add_paragraph("Rules", "Chapter")
    document.add_paragraph("What is in it", "Contents")
    document.add_paragraph("Fees", "Minor")
    outline(document.add_paragraph("Hours")._p, 2)
    clause = f"The tenant pays {'each month ' * 15}in advance."
    document.add_paragraph(clause, "Chapter")
    buffer = io.BytesIO()
    document.save(buffer)

    loaded = parse(".docx", buffer.getvalue())

    found = [
        (place.name, place.level, loaded.text[place.start_char : place.end_char].strip())
        for place in loaded.places
    ]
    assert found == [
        ("Rules", 1, "Rules\n\nWhat is in it"),
        ("Fees", 2, "Fees"),
        ("Hours", 3, f"Hours\n\n{clause}"),
    ]


def outline(element: Any, level: int) -> None:
    inner = f'<w:outlineLvl {nsdecls("w")} w:val="{level}"/>'
    element.get_or_add_pPr().append(parse_xml(inner))


def test_a_power_is_no_figure_of_its_number() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("It holds 10")
    for text, is_raised in (("3", True), (" l on 5 m", False), ("2", True), (" of 9", False)):
        paragraph.add_run(text).font.superscript = is_raised
    paragraph.add_run("2").font.subscript = True
    buffer = io.BytesIO()
    document.save(buffer)

    assert parse(".docx", buffer.getvalue()).text == "It holds 10³ l on 5 m2 of 92"


def test_notes_stand_below_what_refers_to_them_and_not_in_a_list() -> None:
    document = docx.Document()
    refer(document.add_paragraph("The fee is 5 marks."), "footnote", 2)
    document.add_paragraph("Bring:")
    refer(document.add_paragraph("a towel", "List Bullet"), "endnote", 2)
    refer(document.add_paragraph("soap", "List Bullet"), "footnote", 2)
    add_notes(document, "footnote", "Members pay 3 marks.")
    add_notes(document, "endnote", "A large one.")

    assert saved_text(document) == (
        "The fee is 5 marks.\n\nMembers pay 3 marks.\n\nBring:\n- a towel\n- soap\n\nA large one."
    )


def test_a_note_of_the_line_that_introduces_a_list_stands_below_the_list() -> None:
    document = docx.Document()
    refer(document.add_paragraph("Bring:"), "footnote", 2)
    document.add_paragraph("a towel", "List Bullet")
    document.add_paragraph("Soap is there.")
    add_notes(document, "footnote", "Or rent it.")

    assert saved_text(document) == "Bring:\n- a towel\n\nOr rent it.\n\nSoap is there."


def test_a_note_that_was_taken_out_is_not_read() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("The fee is 5 marks.")
    refer(paragraph, "footnote", 2)
    taken_out = parse_xml(f"<w:del {nsdecls('w')}/>")
    taken_out.append(paragraph._p[-1])
    paragraph._p.append(taken_out)
    add_notes(document, "footnote", "Members pay 3 marks.")

    assert saved_text(document) == "The fee is 5 marks."


def test_damaged_notes_refuse_no_document() -> None:
    document = docx.Document()
    refer(document.add_paragraph("The fee is 5 marks."), "footnote", 2)
    add_notes(document, "footnote", "Members pay <3 marks.")

    assert saved_text(document) == "The fee is 5 marks."


def saved_text(document: Document) -> str:
    buffer = io.BytesIO()
    document.save(buffer)
    return parse(".docx", buffer.getvalue()).text


def refer(paragraph: Paragraph, kind: str, number: int) -> None:
    paragraph._p.append(
        parse_xml(f'<w:r {nsdecls("w")}><w:{kind}Reference w:id="{number}"/></w:r>')
    )


def add_notes(document: Document, kind: str, text: str) -> None:
    """A part with a separator, as Word has it, and a note with the number 2."""
    content = (
        f'<w:{kind}s {nsdecls("w")}><w:{kind} w:type="separator" w:id="1"><w:p><w:r><w:t>--</w:t>'
        f'</w:r></w:p></w:{kind}><w:{kind} w:id="2"><w:p><w:r><w:{kind}Ref/></w:r><w:r>'
        f'<w:t xml:space="preserve"> {text}</w:t></w:r></w:p></w:{kind}></w:{kind}s>'
    )
    kind_of_part = f"application/vnd.openxmlformats-officedocument.wordprocessingml.{kind}s+xml"
    name = PackURI(f"/word/{kind}s.xml")
    part = Part(name, kind_of_part, content.encode(), document.part.package)
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    document.part.relate_to(part, f"{relations}/{kind}s")


class Counted:
    """A document that counts how often it is asked for a style."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.asked: list[str | None] = []

    @property
    def part(self) -> "Counted":
        return self

    def get_style(self, name: str | None, kind: WD_STYLE_TYPE) -> BaseStyle:
        self.asked.append(name)
        return self._document.part.get_style(name, kind)


def test_a_style_is_looked_at_once_in_a_document() -> None:
    document = docx.Document()
    for style in [None, "List Bullet", None, "List Bullet", "Heading 1"]:
        document.add_paragraph("Boats", style)
    counted = Counted(document)
    styles = Styles(cast("Document", counted))

    kinds = [styles.kind(paragraph._p) for paragraph in document.paragraphs]

    assert [bool(kind.list_number) for kind in kinds] == [False, True, False, True, False]
    assert counted.asked == [None, "ListBullet", "Heading1"]


def text_of_body(inner: str) -> str:
    """The text of a document with this in its body."""
    document = docx.Document()
    end = len(document.element.body) - 1
    for element in reversed(list(parse_xml(f"<w:body {nsdecls('w')}>{inner}</w:body>"))):
        document.element.body.insert(end, element)
    return saved_text(document)


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def box(inner: str) -> str:
    return f"<w:r><w:pict><w:txbxContent>{inner}</w:txbxContent></w:pict></w:r>"


def table(*cells: str) -> str:
    inner = "".join(f"<w:tc>{cell}</w:tc>" for cell in cells)
    return f"<w:tbl><w:tblPr/><w:tblGrid/><w:tr>{inner}</w:tr></w:tbl>"


_FEE = f"<w:p>{run('Fee')}</w:p>"


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        (f"<w:p>{run('Aside')}{box(table(_FEE, _FEE))}</w:p>", "Aside\n\nFee | Fee"),
        (table(f"<w:p>{run('Boats')}{box(_FEE)}</w:p>", _FEE), "Boats | Fee\n\nFee"),
        (f"<w:p>{box(_FEE.replace('</w:p>', box(_FEE) + '</w:p>'))}</w:p>", "Fee\n\nFee"),
    ],
    ids=["a table in a box", "a box in a table", "a box in a box"],
)
def test_what_stands_in_a_box_is_read_once(inner: str, text: str) -> None:
    assert text_of_body(inner) == text


@pytest.mark.parametrize(
    "inner",
    [
        f"<w:hyperlink><w:ins>{run('the fee')}</w:ins><w:del>{run('it')}</w:del></w:hyperlink>",
        f'<w:bdo w:val="ltr">{run("the ")}</w:bdo><w:dir w:val="ltr">{run("fee")}</w:dir>',
        run("secret", "<w:vanish/>") + run("the fee", '<w:vanish w:val="0"/>'),
    ],
    ids=["a tracked link", "a direction", "hidden"],
)
def test_what_a_reader_sees_of_a_line_is_read(inner: str) -> None:
    assert text_of_body(f"<w:p>{run('See ')}{inner}{run('.')}</w:p>") == "See the fee."
