"""DOCX, EPUB and PDF that are not what they seem."""

import io
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import docx
import pytest
from docx.oxml import parse_xml
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from index.errors import DocumentError
from index.formats import parse
from index.formats.pdf import paragraphs, whole_words
from tests.index.formats.archives import package

FILES = Path(__file__).parents[1] / "files"
_PACKAGES = [".docx", ".epub", ".odp", ".ods", ".odt", ".pptx", ".xlsx"]


@pytest.mark.parametrize("suffix", _PACKAGES)
def test_an_archive_that_would_unpack_to_too_much_is_not_unpacked(suffix: str) -> None:
    bomb = package({"word/document.xml": b"0" * 11_000_000})

    with pytest.raises(DocumentError, match="it would unpack to 11 MB"):
        parse(suffix, bomb)


@pytest.mark.parametrize("suffix", _PACKAGES)
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_file_that_is_cut_short_is_refused(suffix: str, keep: float) -> None:
    content = (FILES / f"statutes{suffix}").read_bytes()
    cut = content[: int(keep * len(content))]

    with pytest.raises(DocumentError, match="cut short"):
        parse(suffix, cut)


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.3])
def test_a_pdf_that_is_cut_short_is_refused(keep: float) -> None:
    content = (FILES / "statutes.pdf").read_bytes()

    with pytest.raises(DocumentError):
        parse(".pdf", content[: int(keep * len(content))])


@pytest.mark.parametrize("suffix", _PACKAGES)
def test_another_archive_is_refused(suffix: str) -> None:
    with pytest.raises(DocumentError):
        parse(suffix, package({"readme.txt": "hello"}))


def test_a_book_s_entities_are_not_expanded() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 1_000 + '">]>'
    book = package({"META-INF/container.xml": f"{laughs}<container>&b;</container>"})

    with pytest.raises(DocumentError, match="names no book"):
        parse(".epub", book)


def tales(first: str) -> bytes:
    """A book of two chapters, the second of which comes first."""
    manifest = "".join(
        f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>'
        for name in ("one", "two")
    )
    return package(
        {
            "META-INF/container.xml": '<container><rootfile full-path="o/b.opf"/></container>',
            "o/b.opf": '<package xmlns:dc="d"><dc:title>Tales</dc:title>'
            f"<dc:date>1999-12-31</dc:date><manifest>{manifest}</manifest>"
            '<spine><itemref idref="two"/><itemref idref="one"/>'
            "</spine></package>",
            "o/one.xhtml": f"<html><body><h1>One</h1>{first}</body></html>",
            "o/two.xhtml": "<html><body><h1>Two</h1><p>First read.</p></body></html>",
        }
    )


def test_a_book_is_read_in_its_order() -> None:
    loaded = parse(".epub", tales("<p>First written.</p>"))

    assert loaded.text == "Two\n\nFirst read.\n\nOne\n\nFirst written."
    assert (loaded.title, loaded.dated) == ("Tales", date(1999, 12, 31))
    assert [place.name for place in loaded.places] == ["Two", "One"]


def test_what_stands_beside_the_text_of_a_book_is_read() -> None:
    aside = "<aside epub:type='sidebar'><p>An aside.</p></aside><nav><a href='#a'>Up</a></nav>"

    assert parse(".epub", tales(f"{aside}<footer>The end.</footer>")).text.endswith(
        "One\n\nAn aside.\n\nThe end."
    )


def test_what_leads_elsewhere_in_a_book_or_is_pressed_is_not_read() -> None:
    contents = "<div class='toc'><p>One</p></div><form>Name <button>Send</button></form>"

    assert parse(".epub", tales(contents)).text.endswith("One")
    assert parse(".epub", tales(contents)).text == parse(".epub", tales("")).text


def test_a_page_stands_once_in_a_book_however_often_it_is_named() -> None:
    """A kilobyte became 148 MB of text."""
    spine = '<itemref idref="a"/><itemref idref="b"/>' * 1_000
    book = package(
        {
            "META-INF/container.xml": '<container><rootfile full-path="b.opf"/></container>',
            "b.opf": "<package><manifest>"
            '<item id="a" href="p.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="b" href="x/../%70.xhtml" media-type="application/xhtml+xml"/>'
            f"</manifest><spine>{spine}</spine>"
            "</package>",
            "p.xhtml": "<html><body><p>A loaf costs 4 marks.</p></body></html>",
        }
    )

    assert parse(".epub", book).text == "A loaf costs 4 marks."


def test_a_small_file_does_not_become_a_long_text() -> None:
    book = tales("<p>" + "A loaf costs 4 marks. " * 400_000 + "</p>")

    with pytest.raises(DocumentError, match=r"its 0\.0 MB would be 9 MB of text"):
        parse(".epub", book)


def test_the_chapter_that_a_book_is_refused_for_is_named() -> None:
    with pytest.raises(DocumentError, match=r"^o/one\.xhtml: it can't be read to its end"):
        parse(".epub", tales("<div>" * 3_000 + "Deep down."))


def test_the_template_s_date_is_not_the_document_s() -> None:
    document = docx.Document()
    document.add_heading("Fees", 1)
    document.add_paragraph("A loaf costs 4 marks.")
    buffer = io.BytesIO()
    document.save(buffer)

    loaded = parse(".docx", buffer.getvalue())

    assert loaded.dated is None
    assert (loaded.title, loaded.text) == ("Fees", "Fees\n\nA loaf costs 4 marks.")


_PARTS = """
<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj></w:sdtPr>
<w:sdtContent><w:p><w:r><w:t>Fees 1</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>
<w:p><w:r><w:t>A loaf costs </w:t></w:r><w:del><w:r><w:delText>3</w:delText></w:r></w:del>
<w:ins><w:r><w:t>4</w:t></w:r></w:ins><w:r><w:t> marks </w:t></w:r>
<w:hyperlink><w:r><w:t>here</w:t></w:r></w:hyperlink><w:r><w:t>.</w:t></w:r></w:p>
<w:p><w:r><mc:AlternateContent>
<mc:Choice><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Choice>
<mc:Fallback><w:txbxContent><w:p><w:r><w:t>In a box.</w:t></w:r></w:p></w:txbxContent></mc:Fallback>
</mc:AlternateContent></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Roll</w:t></w:r></w:p>
<w:tbl><w:tr><w:tc><w:p><w:ins><w:r><w:t>rye</w:t></w:r></w:ins></w:p></w:tc></w:tr></w:tbl></w:tc>
<w:tc><w:p><w:r><w:t>1 mark</w:t></w:r></w:p></w:tc></w:tr></w:tbl>
"""
_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)


def test_controls_insertions_and_boxes_are_read_and_deletions_are_not() -> None:
    document = docx.Document()
    body = document.element.body
    for element in parse_xml(f"<x {_NAMESPACES}>{_PARTS}</x>"):
        body.insert(len(body) - 1, element)
    buffer = io.BytesIO()
    document.save(buffer)

    assert parse(".docx", buffer.getvalue()).text.split("\n\n") == [
        "In a control.",
        "A loaf costs 4 marks here.",
        "In a box.",
        "Roll rye | 1 mark",
    ]


def encrypted(writer: PdfWriter) -> None:
    writer.append(PdfReader(FILES / "statutes.pdf"))
    writer.encrypt("a password", algorithm="RC4-128")


def blank(writer: PdfWriter) -> None:
    writer.add_blank_page(200, 200)


@pytest.mark.parametrize(
    ("make", "reason"), [(encrypted, "protected by a password"), (blank, "it holds no text")]
)
def test_a_pdf_without_readable_text_says_why(
    make: Callable[[PdfWriter], None], reason: str
) -> None:
    writer = PdfWriter()
    make(writer)
    buffer = io.BytesIO()
    writer.write(buffer)

    with pytest.raises(DocumentError, match=reason):
        parse(".pdf", buffer.getvalue())


def test_lines_of_a_page_are_joined_to_paragraphs() -> None:
    page = (
        "Fees of the harbour\n"
        "A vessel of up to twelve metres pays 35 marks for each night at\n"
        "the quay. Longer ones pay more, and the harbour mas\u00ad\n"
        "ter measures them at the water line, which he does well-\n"
        "known and every day of the year.\n"
        "1. First item\n"
        "2. Second item"
    )

    assert whole_words(paragraphs(page, longest=63)) == [
        "Fees of the harbour",
        "A vessel of up to twelve metres pays 35 marks for each night at the quay. Longer ones pay "
        "more, and the harbour master measures them at the water line, which he does well-known "
        "and every day of the year.",
        "1. First item",
        "2. Second item",
    ]


@pytest.mark.parametrize(
    "lines",
    [
        ("Soup of the day 4.50 €", "Bread and butter 1.20 €", "Pickles 90 %"),
        ("Shirt size (S / M / L)", "Closing date: 21 August 2026"),
        ("tea 2 €", "coffee 3 €", "water (1 litre)", "juice 2 €"),
        ("Boots (two pairs)", "Torch [with batteries]", "“The rules of the hut”", "Rope"),
    ],
    ids=["prices", "brackets before a label", "small letters", "brackets and quotes"],
)
def test_a_line_far_from_full_ends_its_paragraph_with_whatever_mark(lines: Sequence[str]) -> None:
    assert paragraphs("\n".join(lines), longest=80) == list(lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("Insurance: by way of the league, policy CSL-20-8814", "Questions: Yusuf, 07700 900286"),
        ("Where: the sports hall in Alder Road, entrance B", "When: every Thursday at 10:30"),
        ("Price per person: twelve pounds with tea and cake", "Bring with you: a cup, a spoon"),
    ],
)
def test_a_label_begins_a_paragraph_after_a_full_line_with_another(lines: Sequence[str]) -> None:
    assert paragraphs("\n".join(lines), longest=50) == list(lines)
    # Within a sentence, what looks like one is none.
    said = f"we were told of {lines[0]}", lines[1]
    assert paragraphs("\n".join(said), longest=50) == [" ".join(said)]


@pytest.mark.parametrize("mark", [")", "%", "€", "*", "”"])
def test_a_small_letter_goes_on_with_a_sentence_after_a_mark(mark: str) -> None:
    page = f"The fee (or what is left of it{mark}\nis paid back in May."

    assert paragraphs(page, longest=80) == [page.replace("\n", " ")]
    assert len(paragraphs(page.replace("\n", "\n\n"), longest=80)) == 2


@given(st.text(max_size=200))
def test_joining_lines_loses_no_word(page: str) -> None:
    def bare(text: str) -> str:
        return "".join(text.split()).replace("\u00ad", "")

    assert bare(" ".join(paragraphs(page, longest=len(page)))) == bare(page)
