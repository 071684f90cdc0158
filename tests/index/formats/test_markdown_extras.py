"""The tables that Pandoc draws in Markdown."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.formats import parse

SIMPLE = """
  Name         Fee
  ------------ -----
  Ann Bee      5
  Bob          7
"""
FRAMED = """
+------------+-------+
| Name       | Fee   |
+============+=======+
| Ann Bee    | 5     |
+------------+-------+
| Bob        | 7     |
+------------+-------+
"""
LONG_ROWS = """
  ----------------------
  Name            Fee
  ------------ ---------
  Ann             5
  Bee

  Bob             7
  ----------------------
"""


def text_of(written: str) -> str:
    return parse(".md", written.encode()).text


@pytest.mark.parametrize("table", [SIMPLE, FRAMED, LONG_ROWS])
def test_a_table_that_is_drawn_has_the_names_of_its_columns(table: str) -> None:
    loaded = parse(".md", f"# Fees\n\nAs of May:\n{table}\nThat is all.\n".encode())

    assert loaded.text == (
        "Fees\n\nAs of May:\n\nName: Ann Bee | Fee: 5\n\nName: Bob | Fee: 7\n\nThat is all."
    )
    assert {place.name for place in loaded.places} == {"Fees"}


@pytest.mark.parametrize(
    "written",
    ["one\n-- --\ntwo", "--------\none\n--------", "--------\none\n\n-- --\ntwo\n--------", "+--+"],
)
def test_lines_of_dashes_alone_draw_no_table(written: str) -> None:
    assert ":" not in text_of(written)


@pytest.mark.parametrize(
    "written",
    [
        r"The sum \sum_{i=1}^{n} of x_{i=0}.",
        "Run if (a){b=c}.",
        '{env="prod"}',
        "Assert f(a)==(b) and g(c)==(d).",
    ],
)
def test_braces_and_signs_of_formulas_and_code_stay(written: str) -> None:
    assert text_of(written) == written


@given(
    st.lists(
        st.sampled_from(["-- --", "---------", "+--+", "| a | b |", "a  b", "a", "", "> a", "- a"]),
        max_size=12,
    )
)
def test_any_lines_are_read(lines: list[str]) -> None:
    assert isinstance(text_of("\n".join([*lines, "End."])), str)


@pytest.mark.parametrize("unit", ["a\n-- --\n# b\n", "---------\na\n-- --\nb\n\n", "+--+\n# a\n"])
def test_lines_that_may_begin_a_table_again_and_again_are_looked_at_once(unit: str) -> None:
    def seconds(times: int) -> float:
        started = time.thread_time()
        text_of(unit * times)
        return time.thread_time() - started

    assert seconds(1_600) < 24 * max(0.02, seconds(200))
