"""Scanned pages, read by the real models."""

from collections.abc import Sequence
from dataclasses import asdict
from io import BytesIO

import pytest
from pypdfium2 import PdfDocument

from index.errors import DocumentError
from index.formats import ocr, parse
from index.formats.base import page_read
from index.manifest import Unread
from index.parsing import ParserProcess
from prompts import render
from tests.conftest import Library
from tests.index.formats.archives import package
from tests.index.formats.test_pdf import pdf_at, pdf_of

STATUTES = (
    "The harbour was closed for 41 days in the winter of 1987,",
    "when ice stood two metres high at the mole. The harbour-",
    "master had the seven cranes taken down before it broke.",
)


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside other tests, the models' threads would mostly wait for each other."""
    monkeypatch.setattr("os.cpu_count", lambda: 1)


def scanned(*documents: bytes) -> bytes:
    """A PDF of pictures of the first pages of others, as a scanner makes it."""
    pages = [PdfDocument(content)[0].render(scale=2).to_pil() for content in documents]
    written = BytesIO()
    # The lower half of each is blank, and would be looked through as well.
    first, *others = [page.crop((0, 0, page.width, page.height // 2)) for page in pages]
    first.save(written, "PDF", resolution=144, save_all=True, append_images=others)
    return written.getvalue()


def joined(*documents: bytes) -> bytes:
    """A PDF of all pages of others."""
    whole = PdfDocument.new()
    for content in documents:
        whole.import_pages(PdfDocument(content))
    written = BytesIO()
    whole.save(written)
    return written.getvalue()


def columns(left: Sequence[str], right: Sequence[str]) -> bytes:
    lines = [(60.0, left), (320.0, right)]
    return pdf_at(
        *((x, 760.0 - 14 * n, text) for x, texts in lines for n, text in enumerate(texts))
    )


def test_pages_that_are_pictures_are_read_and_say_so() -> None:
    written = pdf_of([["Statutes of the harbour of Vellmar"]])
    pictures = scanned(pdf_of([STATUTES]), pdf_of([[]]))
    told: list[None] = []
    token = page_read.set(lambda: told.append(None))
    try:
        loaded = parse(".pdf", joined(written, pictures))
    finally:
        page_read.reset(token)

    assert loaded.text.startswith("Statutes of the harbour of Vellmar\n\n")
    assert "closed for 41 days in the winter of 1987, when ice stood two metres" in loaded.text
    # A word that is broken by a line is whole.
    assert "The harbourmaster had the seven cranes" in loaded.text
    assert [(place.kind, place.name) for place in loaded.places] == [("page", "1"), ("scan", "2")]
    (_, scan) = loaded.places
    assert loaded.text[scan.start_char :].startswith("The harbour was closed")
    # The back of the sheet, on which nothing stands, is told too.
    assert len(told) == 2


def test_a_line_that_stands_alone_on_its_page_is_read() -> None:
    assert parse(".pdf", scanned(pdf_of([["Closed on Mondays."]]))).text == "Closed on Mondays."


def test_scanned_columns_are_read_one_after_the_other() -> None:
    numbers = ("one", "two", "six", "ten") * 2
    left = [f"The left side of the page says {one} times that it" for one in numbers]
    right = [f"Over here on the right we count {one} of all boats" for one in numbers]

    text = parse(".pdf", scanned(columns(left, right))).text

    assert text.rindex("left side") < text.index("Over here")


def test_a_blank_page_is_not_taken_for_a_scan() -> None:
    with pytest.raises(DocumentError, match=r"it holds no text$"):
        parse(".pdf", pdf_of([[]]))


def test_without_the_extra_a_scanned_file_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ocr, "find_spec", lambda _name: None)

    with pytest.raises(DocumentError, match=r"install quoth\[ocr\] and index with --rebuild"):
        parse(".pdf", scanned(pdf_of([STATUTES])))


def test_without_the_extra_an_index_names_the_pages_that_it_left_out(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "find_spec", lambda _name: None)
    monkeypatch.setattr(ParserProcess, "parse", lambda _self, *file: parse(*file))
    page, scan = pdf_of([["Statutes of the harbour"]]), scanned(pdf_of([STATUTES]))
    library.write("statutes.pdf", joined(page, scan, scan, page, scan))
    library.write("letters.zip", package({"a.pdf": joined(page, scan)}))
    library.write("whole.pdf", page)

    report = library.build()

    assert report.unread == Unread(
        2, (("letters.zip", "page 2 of a.pdf"), ("statutes.pdf", "pages 2-3 and 5"))
    )
    assert render("index_unread_pages.txt", unread=asdict(report.unread)) == (
        "Left out, since they are pictures: page 2 of a.pdf of letters.zip; pages 2-3 and 5 of "
        "statutes.pdf. Install quoth[ocr], then run `quoth index --rebuild`."
    )
    assert library.build().unread == report.unread
