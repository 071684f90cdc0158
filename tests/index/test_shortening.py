"""Texts and titles, cut where they are too long."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from index.shortening import first_line, shorten


@given(st.text(max_size=60), st.integers(2, 40))
def test_shortening_keeps_the_limit_and_the_beginning(text: str, limit: int) -> None:
    short = shorten(text, limit)

    assert len(short) <= limit
    assert " ".join(text.split()).startswith(short.removesuffix("…"))


def test_a_title_takes_no_more_memory_than_a_title() -> None:
    """A line may be the whole document; splitting it took eighteen times its size."""
    text, word = "a word or two " * 500_000, "x" * 5_000_000

    tracemalloc.start()
    try:
        assert first_line(text) == shorten(text, 100)
        assert first_line(word) == "x" * 99 + "…"
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 200_000
