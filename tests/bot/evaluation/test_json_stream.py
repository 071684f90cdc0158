"""A large JSON object, element by element."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.evaluation import json_stream
from bot.evaluation.json_stream import Element, JsonStreamError, elements

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


def read(text: str | bytes, *keys: str) -> list[Element]:
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    return list(elements(file, *(keys or ("data",))))


@given(st.lists(VALUES, max_size=5), VALUES, st.sampled_from([None, 2]), st.integers(1, 9))
def test_elements_are_what_json_says(
    data: list[Any], other: Any, indent: int | None, block: int
) -> None:
    """Whatever stands around the list, and wherever the blocks of the file end."""
    text = json.dumps(
        {"version": other, "data": data, "x": other}, indent=indent, ensure_ascii=False
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_BLOCK_BYTES", block)

        assert [element.value for element in read(text)] == data


def test_elements_know_their_lines() -> None:
    text = '{"version": "1",\n "data": [\n  {"a":\n 1},\n\n  2]\n}'

    before = {"version": "1"}
    assert read(text) == [Element({"a": 1}, 3, (0,), before), Element(2, 6, (1,), before)]


def test_lists_inside_the_elements_are_read_one_by_one() -> None:
    text = '{"data": [\n{"t": 1, "in": [2,\n3], "u": 4}, {"in": []},\n{"in": [5]}]}'

    assert read(text, "data", "in") == [
        Element(2, 2, (0, 0), {"t": 1}),
        Element(3, 3, (0, 1), {"t": 1}),
        Element(5, 4, (2, 0)),
    ]


@pytest.mark.parametrize(
    ("inner", "message"),
    [("3", 'an object, but there is "3"'), ("{}", 'no "in"'), ('{"in": 1}', 'a list under "in"')],
)
def test_faults_of_the_elements_are_named_too(inner: str, message: str) -> None:
    with pytest.raises(JsonStreamError, match=message) as caught:
        read(f'{{"data": [{{"in": []}},\n{inner}]\n}}', "data", "in")

    assert caught.value.line == 2


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read(b'\xef\xbb\xbf{"data": []}') == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "an object, but there is the end of the file"),
        ("\n[]", 2, 'an object, but there is "\\["'),
        ("{}", 1, 'no "data"'),
        ('{"data": 3}', 1, 'a list under "data"'),
        ('{"data": [1,\n2', 2, 'or "\\]", but there is the end of the file'),
        ('{"data": [1,\n\n{"a" 2}]}', 3, "is not JSON"),
        ('{"data": []} {}', 1, "something follows"),
        (b'{"data": ["\xff"]}', 1, "is not UTF-8"),
        ('{"data": [' + "[" * 100_000, 1, "nested too deeply|is not JSON"),
    ],
)
def test_faults_are_named_with_their_line(text: str | bytes, line: int, message: str) -> None:
    with pytest.raises(JsonStreamError, match=message) as caught:
        read(text)

    assert caught.value.line == line
