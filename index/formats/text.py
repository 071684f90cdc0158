"""Plain text."""

from index.documents import decode, first_line
from index.formats.base import Loaded
from index.formats.dates import stated_date
from index.formats.plain_tables import with_rows


def load_text(_suffix: str, content: bytes) -> Loaded:
    """Read plain text, in any encoding that can be told; its tables become rows."""
    text = with_rows(decode(content))
    return Loaded(text, first_line(text), stated_date(text))
