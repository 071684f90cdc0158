"""
What each format makes of a file's bytes: text, title, date and places.

One function per format, listed by suffix. Its module, and with it the format's library, is imported
when such a file appears.
"""

import importlib

from index.documents import Loaded, Parse
from index.errors import DocumentError

_FUNCTIONS = {
    ".csv": ("rows", "load_csv"),
    ".docx": ("docx", "load_docx"),
    ".epub": ("epub", "load_epub"),
    ".htm": ("html", "load_html"),
    ".html": ("html", "load_html"),
    ".jsonl": ("rows", "load_jsonl"),
    ".md": ("text", "load_markdown"),
    ".pdf": ("pdf", "load_pdf"),
    ".tsv": ("rows", "load_csv"),
    ".txt": ("text", "load_text"),
    ".xhtml": ("html", "load_html"),
}
# Read by a few lines of our own, which take time and memory in proportion to the file.
PLAIN_SUFFIXES = frozenset({".txt", ".md"})


def parse(suffix: str, content: bytes) -> Loaded:
    """
    Read a file's bytes.

    Args:
        suffix: One of `index.documents.SUFFIXES`.
        content: All of them.

    Raises:
        DocumentError: If they are not what the suffix says.
        MemoryError: If there is not enough for it.
    """
    module, function = _FUNCTIONS[suffix]
    load: Parse = getattr(importlib.import_module(f"index.formats.{module}"), function)
    try:
        return load(suffix, content)
    except (DocumentError, MemoryError):
        raise
    # What a parser makes of a damaged file can be any error at all.
    except Exception as error:
        raise DocumentError(
            f"it can't be read as {suffix} ({type(error).__name__}: {error})"
        ) from error
