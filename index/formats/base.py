"""What a format gives, and the one registry of the endings that are read."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

PlaceKind = Literal[
    "page", "scan", "heading", "row", "line", "slide", "sheet", "message", "time", "file"
]
"""A "scan" is a page that was read by OCR."""
PAGES: frozenset[PlaceKind] = frozenset({"page", "scan"})
"""Places that can be drawn; their name is the page's number."""

ROWS: frozenset[PlaceKind] = frozenset({"row", "sheet"})
"""Places that each begin a row of a table, which is a passage of its own."""
SECTIONS: frozenset[PlaceKind] = frozenset({"heading", "sheet", "slide", "message"})
"""Places whose name says what their text is about."""


@dataclass(frozen=True, slots=True)
class Place:
    """A range of a document's text that a person can find, such as the section under a heading."""

    start_char: int
    end_char: int
    kind: PlaceKind
    name: str
    level: int = 0
    """The level of a heading, from 1: it stands under those before it with a lower one. Else 0."""
    line: int | None = None
    """
    The file's line on which the range begins, from 1, where the format has lines to show; or the
    number of the slide, of the sheet's row, or of the message among the file's.
    """
    within: str | None = None
    """The file inside of the document that the place is in, such as an attachment of a message."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a format finds in a file."""

    text: str
    title: str | None = None
    dated: date | None = None
    places: tuple[Place, ...] = ()
    headings: tuple[Place, ...] = ()
    """In order of `start_char`, where the places are others, such as pages."""
    code: tuple[tuple[int, int], ...] = ()
    """Start and end of each piece that is marked as code within a line, and of each block, in
    order."""
    unread: str | None = None
    """Which pages were left out, such as "pages 2-5 and 7", since they are pictures that nothing
    here reads."""


page_read: ContextVar[Callable[[], None]] = ContextVar("page_read", default=lambda: None)
"""Called after each page that was read by OCR: whoever waits gives the file more time then."""

reads_several: ContextVar[bool] = ContextVar("reads_several", default=False)
"""Whether this process reads other files, too, so that no file may take it over."""


class BeyondPythonError(Exception):
    """A compiled library would have to read what comes next, where other files are read, too."""


def leave_python(library: str) -> None:
    """
    Announce that a compiled library is about to read part of a file.

    Args:
        library: The name of the library.

    Raises:
        BeyondPythonError: If other files are read here, too. Whoever asked has the file read again
            by a process of its own.
    """
    if reads_several.get():
        raise BeyondPythonError(library)


Parse = Callable[[str, bytes], Loaded]
"""A suffix in lower case, and a file's bytes -> what they hold; raises `DocumentError`."""


@dataclass(frozen=True, slots=True)
class Format:
    """Where the function is that reads a kind of file; its module is imported when it is used."""

    module: str
    """In `index.formats`."""
    function: str
    """A `Parse`."""
    is_plain: bool = False
    """Whether a few lines of our own read it, so that a short file is harmless."""
    is_python: bool = False
    """
    Whether Python alone reads it, so that one process may read several such files in turn.

    It promises two things. What is in a file meets no compiled code but that of Python itself and
    of its standard library, such as `re`, `csv` and `json`, until `leave_python` has been called:
    the file may be refused or take long, but can't take over what reads it. And it leaves nothing
    behind in the process by which another file would be read otherwise.
    """
    holds_others: bool = False
    """Whether files of other formats may be in it."""
    sample: bytes = b""
    """A file by reading which all is imported that is imported only when it is needed."""


# Long enough for trafilatura to be asked, with a link to another page.
_PAGE = (
    b"<html><body><a href='/'>Home</a><h1>A page</h1>"
    + b"<p>It says nothing, but it says so at length.</p>" * 20
)
_HTML = Format("html", "load_html", sample=_PAGE + b"</body></html>")
_ASCIIDOC = Format("asciidoc", "load_asciidoc", is_python=True)
_MARKDOWN = Format("markdown", "load_markdown", is_python=True)
_TABLE = Format("rows", "load_csv", is_python=True)
_WORKBOOK = Format("spreadsheets", "load_workbook")
_RESTRUCTURED = Format(
    "restructured", "load_rst", is_python=True, sample=b"A title\n=======\n\n- A list\n"
)
_SUBTITLES = Format("subtitles", "load_subtitles", is_python=True)
_OPEN_DOCUMENT = Format("open_document", "load_text_document")
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        ".adoc": _ASCIIDOC,
        ".asciidoc": _ASCIIDOC,
        ".csv": _TABLE,
        ".docx": Format("docx", "load_docx"),
        ".eml": Format("mail", "load_eml", holds_others=True),
        ".epub": Format("epub", "load_epub"),
        ".htm": _HTML,
        ".html": _HTML,
        ".jsonl": Format("rows", "load_jsonl", is_python=True),
        ".mbox": Format("mail", "load_mbox", holds_others=True),
        ".md": _MARKDOWN,
        ".mdx": _MARKDOWN,
        ".odp": _OPEN_DOCUMENT,
        ".ods": _WORKBOOK,
        ".odt": _OPEN_DOCUMENT,
        ".pdf": Format("pdf", "load_pdf"),
        ".pptx": Format("pptx", "load_pptx"),
        ".rst": _RESTRUCTURED,
        ".rtf": Format("rtf", "load_rtf", is_python=True),
        ".srt": _SUBTITLES,
        ".tsv": _TABLE,
        ".txt": Format("text", "load_text", is_plain=True, is_python=True),
        ".vtt": _SUBTITLES,
        ".xhtml": _HTML,
        ".xls": _WORKBOOK,
        ".xlsx": _WORKBOOK,
        ".zip": Format("archives", "load_zip", holds_others=True),
    }
)
"""Every format by the ending of a file's name, in lower case."""
