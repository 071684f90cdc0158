"""
What each format makes of a file's bytes: text, title, date and places.

`index.formats.base` lists the formats by the endings of their files.
"""

import importlib
from contextlib import suppress
from functools import cache
from typing import Any

from index.errors import DocumentError
from index.formats.base import FORMATS, BeyondPythonError, Loaded, Parse, leave_python

# Endings of files that are ZIP archives.
_BEFORE_2007 = frozenset({".xls"})
_PACKAGES = frozenset({".docx", ".epub", ".odp", ".ods", ".odt", ".pptx", ".xlsx", ".zip"})
# How files begin, what they are then, and the endings that say so; none where we don't read them.
_SIGNATURES: tuple[tuple[bytes, str, frozenset[str]], ...] = (
    (b"%PDF-", "a PDF", frozenset({".pdf"})),
    (b"PK\x03\x04", "a ZIP archive, as .docx and .epub files are", _PACKAGES),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a file of Microsoft Office before 2007", _BEFORE_2007),
    (b"{\\rtf", "an RTF document", frozenset({".rtf"})),
    (b"\x89PNG\r\n", "a PNG picture", frozenset()),
    (b"\xff\xd8\xff", "a JPEG picture", frozenset()),
    (b"GIF8", "a GIF picture", frozenset()),
    (b"\x1f\x8b\x08", "compressed by gzip", frozenset()),
    (b"SQLite format 3\x00", "an SQLite database", frozenset()),
)
# What a panic in Rust becomes, which is no `Exception`.
_PANIC = "PanicException"
_CONVERT = "save it as one of the kinds that are read"
# Characters of text for a byte of a file; more than a book, and a table whose rows all repeat their
# columns' names, compress to. A small file may have so many more.
_MAX_AMPLIFICATION = 50
_HARMLESS_CHARS = 2_000_000


def parse(suffix: str, content: bytes) -> Loaded:
    """
    Read a file's bytes.

    Args:
        suffix: One of `index.formats.base.FORMATS`.
        content: All of them.

    Raises:
        BeyondPythonError: See `index.formats.base.leave_python`.
        DocumentError: If they are not what the suffix says.
        MemoryError: If there is not enough for it.
    """
    if not FORMATS[suffix].is_python:
        leave_python(FORMATS[suffix].module)
    _check_signature(suffix, content)
    load = _loader(suffix)
    try:
        loaded = load(suffix, content)
    except (BeyondPythonError, DocumentError, MemoryError):
        raise
    # What a parser makes of a damaged file can be any error at all.
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != _PANIC:
            raise
        raise DocumentError(
            f"it can't be read as {suffix} ({type(error).__name__}: {error})"
        ) from error
    if len(loaded.text) > _HARMLESS_CHARS + _MAX_AMPLIFICATION * len(content):
        raise DocumentError(
            f"its {len(content) / 1e6:,.1f} MB would be {len(loaded.text) / 1e6:,.0f} MB of text"
        )
    return loaded


@cache
def make_ready(suffix: str) -> None:
    """Import all that it takes to read files with this ending, once for a process and its forks."""
    load = _loader(suffix)
    if sample := FORMATS[suffix].sample:
        # What it can't do, it says of the first file.
        with suppress(Exception):
            load(suffix, sample)
    if FORMATS[suffix].holds_others:
        for other, found in FORMATS.items():
            if not found.holds_others:
                make_ready(other)


@cache
def make_ready_for_scans() -> None:
    """Import what reads scanned pages, once for a process and its forks."""
    # Whoever says that there are scanned pages may be wrong.
    with suppress(Exception):
        _module("ocr").imported()


def _loader(suffix: str) -> Parse:
    found = FORMATS[suffix]
    load: Parse = getattr(_module(found.module), found.function)
    return load


def _module(name: str) -> Any:
    return importlib.import_module(f"index.formats.{name}")


def _check_signature(suffix: str, content: bytes) -> None:
    """Refuse a file that begins like another kind than its suffix says, and say which."""
    for beginning, kind, suffixes in _SIGNATURES:
        if content.startswith(beginning) and suffix not in suffixes:
            remedy = f"end its name in {' or '.join(sorted(suffixes))}" if suffixes else _CONVERT
            raise DocumentError(f"it is {kind}, whatever its ending says; {remedy}")
