"""The name that a member gave a file -> one that is safe in a folder. Pure functions."""

import unicodedata

# A choice of an autocompletion holds no more; in UTF-8 it is far below what a file system takes.
MAX_NAME_CHARS = 100
MAX_NAME_BYTES = 200

# Control, format (zero-width, direction), surrogate, private and unassigned characters; and the
# separators of lines and paragraphs.
_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def safe_name(given: str) -> str:
    """
    One part of a path: no folders, nothing invisible, no leading dot, and not too long.

    Args:
        given: What a member, or who pretends to be one, calls a file.

    Returns:
        A name that keeps the ending; "document" where nothing else is left.
    """
    last = given.replace("\\", "/").rpartition("/")[2]
    visible = "".join(
        " " if character.isspace() else character
        for character in unicodedata.normalize("NFC", last)
        if character.isspace() or unicodedata.category(character) not in _UNSAFE
    )
    stem, dot, ending = " ".join(visible.split()).rstrip(". ").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    # A leading dot hides a file, and hidden files are not documents.
    stem = stem.lstrip(". ").rstrip()
    ending = f".{ending.lower()}" if ending else ""
    return _shortened(stem or "document", ending)


def _shortened(stem: str, ending: str) -> str:
    while len(stem + ending) > MAX_NAME_CHARS or len((stem + ending).encode()) > MAX_NAME_BYTES:
        if len(stem) > 1:
            stem = stem[:-1].rstrip(". ") or "d"
        else:
            ending = ending[:-1]
    return stem + ending
