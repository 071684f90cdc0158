"""A span gets its sentence and its place."""

import pytest

from bot.candidates import quote_bounds
from bot.locating import place_of
from index.documents import Place


@pytest.mark.parametrize(
    ("start", "end", "quote"),
    [(0, 3, (0, 13)), (14, 17, (14, 28)), (8, 17, (0, 28)), (13, 14, (13, 14))],
)
def test_a_quote_is_the_sentences_that_an_answer_touches(
    start: int, end: int, quote: tuple[int, int]
) -> None:
    assert quote_bounds([(0, 13), (14, 28)], start, end) == quote


def test_a_place_ends_where_the_next_begins() -> None:
    places = (Place(0, 10, "page", "1"), Place(10, 20, "page", "2"))

    assert [place_of(places, at) for at in (9, 10, 20)] == [places[0], places[1], None]
