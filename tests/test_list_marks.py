"""The marks of lists that the reader knows are those that the index knows."""

import pytest

from index.formats.nested_items import ITEM_MARK
from index.formats.pdf_layout import _MARK as STANDS_APART
from reader.spans import _LIST_MARK

MARKS = ["*", *"•◦▪‣●○■", "1.", "12)", "123.", "(a)", "(z)", "(iv)", "(viii)"]
NO_MARKS = ["a.", "a)", "v.", "ii.", "iv)", "(A)", "(ab)", "1234.", "(3)", "+", "–"]


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_is_one_everywhere(mark: str) -> None:
    line = f"  {mark} rope"

    assert ITEM_MARK.match(line)
    assert _LIST_MARK.match(line)
    assert STANDS_APART.fullmatch(mark)


@pytest.mark.parametrize("mark", NO_MARKS)
def test_what_is_no_mark_alone_is_none_for_the_reader_either(mark: str) -> None:
    line = f"  {mark} rope"

    assert not ITEM_MARK.match(line)
    assert not _LIST_MARK.match(line)


def test_a_hyphen_that_begins_a_line_is_a_mark_but_may_be_a_minus_in_an_answer() -> None:
    assert ITEM_MARK.match("- 5 degrees")
    assert not _LIST_MARK.match("- 5 degrees")
