"""The address of a page -> the name of its file in the folder of documents."""

import hashlib
import re
from collections.abc import Container
from pathlib import PurePosixPath
from urllib.parse import unquote

from yarl import URL

from index.formats.base import FORMATS

_MAX_PART_CHARS = 80
# A name has 255 bytes at most, and a scratch file's marks stand beside it.
_MAX_PART_BYTES = 250
_MAX_PARTS = 12
_HASH_CHARS = 8
_NOT_IN_NAMES = re.compile(r"[^\w.\-]+")
# The endings of files whose address has none that says what they are, by their media type.
_ENDINGS = {
    "application/epub+zip": ".epub",
    "application/mbox": ".mbox",
    "application/pdf": ".pdf",
    "application/rtf": ".rtf",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.oasis.opendocument.presentation": ".odp",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-subrip": ".srt",
    "application/xhtml+xml": ".xhtml",
    "application/zip": ".zip",
    "message/rfc822": ".eml",
    "text/asciidoc": ".adoc",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/rtf": ".rtf",
    "text/tab-separated-values": ".tsv",
    "text/vtt": ".vtt",
    "text/x-markdown": ".md",
    "text/x-rst": ".rst",
}
# Servers send these for files whose ending says more: those of Windows call CSV Excel, and S3 has a
# type of its own for what it was told none of.
_VAGUE = frozenset({"text/plain", "application/octet-stream", "binary/octet-stream", ""})
_VAGUE |= {"application/zip", "application/vnd.ms-excel"}
# Formats of plain text, which a server may send now as one type and now as another. RTF is written
# in characters too, but no other format can be read as RTF.
_TEXTS = frozenset(ending for ending, one in FORMATS.items() if one.is_python) - {".rtf"}


def ending_of(url: str, media_type: str) -> str | None:
    """The ending of a page's file; None if Quoth reads no such files."""
    in_url = PurePosixPath(unquote(URL(url).path)).suffix.lower()
    by_type = _ENDINGS.get(media_type)
    ending = in_url if media_type in _VAGUE and in_url in FORMATS else by_type
    return ending if ending in FORMATS else None


def is_alike(name: str, ending: str) -> bool:
    """Whether a file can hold what has this ending: it is read alike, or both are plain text."""
    held = PurePosixPath(name).suffix.lower()
    return {held, ending} <= _TEXTS or FORMATS.get(held) == FORMATS[ending]


def name_of(
    url: str, ending: str, taken_by_others: Container[str], *, is_in_tree: bool = False
) -> str:
    """
    The file's name below the folder of documents: its host, then its path.

    Args:
        url: The address of the page.
        ending: See `ending_of`.
        taken_by_others: Names of other pages' files.
        is_in_tree: Whether the page is a file of a repository, where no file has a folder's name.
    """
    address = URL(url)
    parts = [_part(unquote(part)) for part in address.raw_path.split("/") if part][:_MAX_PARTS]
    *folders, last = parts or ["index"]
    stem = last.removesuffix(ending) or last
    if not address.path.endswith("/") and PurePosixPath(last).suffix.lower() in FORMATS:
        stem = PurePosixPath(last).stem
    if not is_in_tree:
        # A folder's name never ends as a document's does: a page may have to be written under it.
        folders = [
            f"{one}~" if PurePosixPath(one).suffix.lower() in FORMATS else one for one in folders
        ]
    folder = "/".join([_part(_host(address)), *folders])
    name = f"{stem}{ending}"
    is_shared = len(parts) == _MAX_PARTS or f"{folder}/{name}" in taken_by_others
    if address.raw_query_string or is_shared or len(name.encode()) > _MAX_PART_BYTES:
        end = f"~{hashlib.sha256(url.encode()).hexdigest()[:_HASH_CHARS]}{ending}"
        name = f"{_cut(stem, _MAX_PART_BYTES - len(end))}{end}"
    return f"{folder}/{name}"


def _host(address: URL) -> str:
    port = "" if address.is_default_port() else f"-{address.port}"
    return f"{address.host or ''}{port}"


def _part(text: str) -> str:
    """A part of a path as a name of its own, which is not hidden and leads nowhere else."""
    name = _NOT_IN_NAMES.sub("-", text).strip("-").lstrip(".") or "page"
    if len(name) <= _MAX_PART_CHARS and len(name.encode()) <= _MAX_PART_BYTES:
        return name
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARS]
    suffix = PurePosixPath(name).suffix[:_HASH_CHARS]
    kept = name[: _MAX_PART_CHARS - 2 * _HASH_CHARS]
    # Each character of an ending may have four bytes.
    return f"{_cut(kept, _MAX_PART_BYTES - 6 * _HASH_CHARS)}~{digest}{suffix}"


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore")
