"""Passages that come from a process that may have been taken over: slices of their document."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from index.passages import Splitting, split
from index.slices import Slices, slice_of
from tests.fakes import FakeEncoder
from tests.index.test_passages import SMALL, document, texts

TEXT = "One is here. Two is there. Three is `gone`."


def received(whole: str, splitting: Splitting) -> list[Any]:
    """The slices of a text, as they arrive."""
    passages = split(document(whole), splitting, FakeEncoder().token_offsets)
    return [json.loads(json.dumps(slice_of(passage))) for passage in passages]


@given(texts)
def test_what_was_sent_arrives(text: str) -> None:
    slices = Slices(document(text), SMALL, 7)

    arrived = [slices.passage(each) for each in received(text, SMALL)]

    assert arrived == list(split(document(text), SMALL, FakeEncoder().token_offsets, 7))


def test_code_arrives() -> None:
    whole = replace(document(TEXT), code=((36, 42),))
    (passage,) = split(whole, Splitting(), FakeEncoder().token_offsets)

    assert passage.code
    assert Slices(whole, Splitting(), 0).passage(slice_of(passage)) == passage


@pytest.mark.parametrize(
    "lie",
    [
        [0, len(TEXT) + 1, [[0, len(TEXT) + 1]], "", []],
        [-5, 3, [[0, 3]], "", []],
        [5, 5, [[0, 0]], "", []],
        [5, 3, [[0, -2]], "", []],
        [0, 12, [[0, 11]], "", []],
        [0, 12, [[1, 12]], "", []],
        [0, 12, [[0, 8], [7, 12]], "", []],
        [0, 12, [[0, 8], [12, 8], [8, 12]], "", []],
        [0, 12, [], "", []],
        [0, 12, [[0, 12]], "long" * 100, []],
        [0, 12, [[0, 12]], 5, []],
        [0, 12, [[0, 12]], "", [[3, 13]]],
        [0, 12, [[0, 12]], "", [[-1, 2]]],
        [0, 12, [[0, 12]], "", [[5, 2]]],
        [0, 12, [[0, 12]], "", [[5, 5]] * 13],
        [0, 12, [[0, 12]], "", [[5, 5]] * 10_000],
        [0, 12, [[0, 0]] * 12 + [[0, 12]], "", []],
        [0, 12, [[0, float("inf")]], "", []],
        [0, 12, [[0, 12]]],
        ["0", "12", [[0, 12]], "", []],
        [0.0, 12.0, [[0, 12]], "", []],
        [0, 12, [[0, "b"]], "", []],
        [0, 12, None, "", []],
        {"error": "none"},
        "slice",
        7,
        None,
    ],
)
def test_what_is_no_slice_is_refused(lie: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Slices(document(TEXT), Splitting(), 0).passage(lie)


def test_a_slice_is_no_longer_than_a_passage() -> None:
    with pytest.raises(ValueError, match="0 to 43"):
        Slices(document(TEXT), replace(Splitting(), max_chars=42), 0).passage(
            [0, 43, [[0, 43]], "", []]
        )


@pytest.mark.parametrize(
    "starts",
    [
        [(0, 12), (0, 26)],
        [(13, 26), (0, 43)],
        [(0, 26), (13, 26)],
        # All of it is said three times.
        [(0, 26), (1, 27), (2, 28)],
    ],
)
def test_slices_go_on_and_say_nothing_three_times(starts: list[tuple[int, int]]) -> None:
    slices = Slices(document(TEXT), Splitting(), 0)
    *before, last = [[start, end, [[0, end - start]], "", []] for start, end in starts]
    for each in before:
        slices.passage(each)

    with pytest.raises(ValueError, match="no slice that follows"):
        slices.passage(last)
