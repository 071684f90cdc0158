"""A span gets its sentence."""

import pytest

from answering.candidates import quote_bounds


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [(0, 3, (0, 13)), (14, 17, (14, 28)), (8, 17, (0, 28)), (13, 14, (13, 14))],
)
def test_a_quote_is_the_sentences_that_an_answer_touches(
    start: int, end: int, quote: tuple[int, int]
) -> None:
    assert quote_bounds([(0, 13), (14, 28)], start, end) == quote
