"""What Pandoc, Jekyll, MkDocs and Obsidian add to Markdown."""

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
    ("written", "text"),
    [
        ("[Pay](x){ .md-button .md-button--primary } now", "Pay now"),
        ('![](image1.png){width="6in" height="3in"}Below', "Below"),
        ("Use `quoth`{.bash}.", "Use quoth."),
        ("The fee is [5 *marks*]{.underline}.", "The fee is 5 marks."),
        ("The fee.\n{: .note }", "The fee."),
        ("{: .no_toc }", ""),
        ("A {#not} and f {x}, [a]{b} and {.c} d", "A {#not} and f {x}, [a]{b} and {.c} d"),
    ],
)
def test_attributes_are_not_read(written: str, text: str) -> None:
    assert text_of(f"{written}\n\nEnd.") == f"{text}\n\nEnd.".strip()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("The code is ==*4482*==, **==now==**.", "The code is 4482, now."),
        ("x==1 and y==2, a == b == c, ===d===", "x==1 and y==2, a == b == c, ===d==="),
    ],
)
def test_marked_words_are_read_without_their_marks(written: str, text: str) -> None:
    assert text_of(written) == text


@given(
    st.lists(
        st.sampled_from(
            ["-- --", "---------", "+--+", "| a | b |", "a  b", "a", "", "> a", "- a", "{.a}", "=="]
        ),
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
