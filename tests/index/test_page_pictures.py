"""A page of a PDF as a picture."""

import struct
import zlib
from pathlib import Path

import pytest

from index.errors import DocumentError
from index.page_pictures import MAX_HEIGHT, MAX_WIDTH, draw_page

PDF = (Path(__file__).parent / "files" / "statutes.pdf").read_bytes()
YELLOW = bytes((255, 255, 120))


def pixels(picture: bytes) -> list[bytes]:
    """The rows of a PNG as `draw_page` writes it."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", picture[16:24])
    assert width <= MAX_WIDTH + 1
    assert height <= MAX_HEIGHT + 1
    (length,) = struct.unpack(">I", picture[33:37])
    content = zlib.decompress(picture[41 : 41 + length])
    return [content[at + 1 : at + 1 + 3 * width] for at in range(0, len(content), 3 * width + 1)]


def marked_rows(picture: bytes) -> list[int]:
    return [number for number, row in enumerate(pixels(picture)) if 4 * YELLOW in row]


def runs(rows: list[int]) -> int:
    """How many lines of text they are."""
    return sum(row - 1 not in rows for row in rows)


def test_the_words_are_marked_where_they_stand() -> None:
    first = draw_page(PDF, 1, "35 marks for each night", 0)
    broken = draw_page(PDF, 1, "a longer vessel pays 4 marks more for every further metre", 0)

    assert runs(marked_rows(first)) == 1
    # By a line of the page, which the text does not have.
    assert runs(marked_rows(broken)) == 2


def test_of_words_that_stand_there_more_than_once_the_right_ones_are_marked() -> None:
    first, second = (marked_rows(draw_page(PDF, 1, "marks", n)) for n in (0, 1))

    assert first
    assert max(first) < min(second)


@pytest.mark.parametrize("words", ["", " ", "words that stand nowhere", "\x00", "("])
def test_words_that_are_not_found_leave_the_page_as_it_is(words: str) -> None:
    assert marked_rows(draw_page(PDF, 1, words, 0)) == []


@pytest.mark.parametrize(("content", "number"), [(PDF, 99), (b"no PDF", 1), (b"", 1)])
def test_a_page_that_cannot_be_drawn_is_an_error(content: bytes, number: int) -> None:
    with pytest.raises(DocumentError, match=f"page {number} of it can't be drawn"):
        draw_page(content, number, "words", 0)
