"""Files inside of a document."""

from index.formats.parts import suffix_of


def test_a_suffix_is_in_lower_case() -> None:
    assert suffix_of("a.b.TXT") == ".txt"
    assert suffix_of("txt") == ""
