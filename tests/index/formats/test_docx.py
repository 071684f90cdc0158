"""Lists in DOCX: items by their style or by their own numbering, after those that they stand in."""

import io

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph

from index.formats import parse


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
