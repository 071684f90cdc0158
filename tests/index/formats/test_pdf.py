"""PDF: words that lines break, letters drawn as one, headers and footers."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse
from index.formats.pdf import whole_words, without_running_lines


def pdf_of(pages: Sequence[Sequence[str]]) -> bytes:
    """A PDF of pages of lines, written by hand."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        shown = " ".join(f"({line}) Tj T*" for line in lines)
        stream = f"BT /F1 11 Tf 14 TL 72 770 Td {shown} ET"
        objects += [
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources "
            f"<< /Font << /F1 3 0 R >> >> /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream",
        ]
    written = "%PDF-1.4\n"
    starts = []
    for number, content in enumerate(objects, start=1):
        starts.append(len(written))
        written += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{start:010d} 00000 n \n" for start in starts)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return (written + end).encode("cp1252")


def test_a_page_is_read_without_its_header_footer_and_broken_words() -> None:
    pages = [
        [
            f"Harbour rules, page {number} of 4",
            "A vessel of up to twelve metres pays 35 marks for each night at the har-",
            f"bour quay, and longer ones pay {number} marks more, says the well-",
            "known council. It is well-known to all.",
            f"Berth {number} lies in the north.",
            "Office of the port",
            f"{number}",
        ]
        for number in range(1, 5)
    ]

    loaded = parse(".pdf", pdf_of(pages))

    first, second = (
        loaded.text[place.start_char : place.end_char].strip() for place in loaded.places[:2]
    )
    assert second == (
        "A vessel of up to twelve metres pays 35 marks for each night at the harbour quay, and "
        "longer ones pay 2 marks more, says the well-known council. It is well-known to all. "
        "Berth 2 lies in the north."
    )
    assert first.startswith("Harbour rules, page 1 of 4\n\nA vessel")
    assert first.endswith("Office of the port")


@pytest.mark.parametrize(
    ("broken", "others", "whole"),
    [
        ("har\u00ad\nbour", "", "harbour"),
        ("har\u00adbour", "har bour harbour", "harbour"),
        ("well\u00adknown", "It is well known.", "well-known"),
        ("Well\u00adknown", "It is well-known.", "Well-known"),
        ("1\u00ad2", "", "1\u00ad2"),
    ],
)
def test_the_document_tells_whose_a_hyphen_is(broken: str, others: str, whole: str) -> None:
    assert whole_words([broken, others])[0] == whole


def test_numbers_that_do_not_count_with_the_pages_are_kept() -> None:
    pages = [
        ["Week 1", "Total 35", "one", "a", "b"],
        ["Week 2", "Total 90", "two", "c", "d"],
        ["Week 3", "Total 12", "three", "e", "f"],
        ["7", "Total 90", "four", "g", "h"],
    ]

    assert without_running_lines(pages) == pages


def test_a_line_on_two_pages_or_on_short_ones_is_no_header() -> None:
    pages = [
        ["Fees", "one", "a", "b", "c"],
        ["Fees", "two", "d", "e", "f"],
        *[["Question", "Your answer", "Name"]] * 5,
    ]

    assert without_running_lines(pages) == pages


@given(st.lists(st.lists(st.sampled_from(["Fees", "1", "2", "3", "a b", "", "c"]), max_size=6)))
def test_every_line_with_a_letter_is_kept_once_at_least(pages: list[list[str]]) -> None:
    kept = without_running_lines(pages)

    assert len(kept) == len(pages)
    assert {line for lines in kept for line in lines if line.isalpha()} == {
        line for lines in pages for line in lines if line.isalpha()
    }


def test_lines_in_the_middle_of_a_page_are_never_left_out() -> None:
    page = ["a", "b", "same", "c", "d"]

    assert without_running_lines([page] * 4)[3] == ["same"]
