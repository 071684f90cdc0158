"""Files inside of a document: attachments of a message, members of an archive."""

from pathlib import PurePosixPath

from index.formats import parse
from index.formats.base import FORMATS, Loaded

ARCHIVES = frozenset({".zip"})
MAIL = frozenset({".eml", ".mbox"})
# Somebody who makes an archive of archives wants more to come out of it than anybody reads.
MAX_PARTS = 10_000


def suffix_of(name: str) -> str:
    """The ending of a file's name in lower case, with its dot; empty if it has none."""
    return PurePosixPath(name).suffix.lower()


def is_read(name: str, *, without: frozenset[str]) -> bool:
    """Whether a file of this name is read inside of a document that opens no file of `without`."""
    return suffix_of(name) in FORMATS.keys() - without


def read_part(name: str, content: bytes) -> Loaded:
    """
    Read a file inside of a document, of an ending that is read.

    Raises:
        DocumentError: If it can't be read.
    """
    return parse(suffix_of(name), content)
