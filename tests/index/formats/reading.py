"""What holds of whatever is read."""

from collections.abc import Callable
from contextlib import suppress

from index.errors import DocumentError
from index.formats.base import Loaded


def read_or_refuse(load: Callable[[], Loaded]) -> None:
    """Read a file; if it is not refused, its places stand in its text, which SQLite can hold."""
    with suppress(DocumentError):
        loaded = load()
        assert "\x00" not in loaded.text
        for place in loaded.places:
            assert 0 <= place.start_char < place.end_char <= len(loaded.text)
