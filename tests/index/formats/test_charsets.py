"""Bytes in, text out; `tests/index/test_documents.py` reads files in several encodings."""

from hypothesis import given
from hypothesis import strategies as st

from index.errors import DocumentError
from index.formats.charsets import decode


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        text = decode(content)
    except DocumentError:
        return
    assert "\x00" not in text
    assert "\r" not in text
