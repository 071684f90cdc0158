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


CENTRED = """
  Name      Fee
--------- -------
 Ann Bee     5
   Bob      10
--------- -------
"""


def test_a_table_may_stand_in_an_item_and_its_columns_be_centred() -> None:
    item = "- Name      Fee\n  --------- ----\n  Ann Bee   5\n"

    assert text_of(CENTRED) == "Name: Ann Bee | Fee: 5\n\nName: Bob | Fee: 10"
    assert text_of(item) == "- Name: Ann Bee | Fee: 5"


def test_cells_of_drawn_tables_are_read_without_marks_and_whole() -> None:
    table = """
+-----------+------------------+
| **Place** | Rule             |
+===========+==================+
| [Hall](h) | It costs `20` an |
|           | *hour*.          |
+-----------+------------------+
"""

    assert text_of(table) == "Place: Hall | Rule: It costs 20 an hour."


@pytest.mark.parametrize(
    "written",
    [
        *("one\n-- --\ntwo", "--------\none\n--------", "+--+", "a\n---- ----\nb", "a  b\n-- --"),
        *("--------\none\n\n-- --\ntwo\n--------", "a  b\n-- --\ntwo words"),
        "+--+--+\n|a |b |\n+--+--+\n|1 |2 |\n+--+--+",
    ],
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


def test_a_table_that_would_have_a_thousand_million_cells_is_none() -> None:
    wide = f"{'a  ' * 30_000}\n{'-- ' * 30_000}\n"

    assert ":" not in text_of(wide + "a\n" * 30_000)
