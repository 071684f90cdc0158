"""PDF: the text of each page, its lines joined to paragraphs."""

import io
import re
from datetime import date

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.dates import parse_date

# A line that is this much shorter than the page's longest ends its paragraph.
_FULL_LINE_SHARE = 0.75
_CREATED = re.compile(r"(?:D:)?(\d{4})(\d\d)(\d\d)")
_LIST_ITEM = re.compile(r"\s*(?:[•◦▪‣·*–—-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")
_BROKEN_WORD = re.compile(r"[^\W\d_]{2}[\u00ad\u2010-]$")


def load_pdf(_suffix: str, content: bytes) -> Loaded:
    """Read a PDF; its places are its pages, counted from 1 as a viewer does."""
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("it is protected by a password; save it without")
        blocks = Blocks("page")
        for number, page in enumerate(reader.pages, start=1):
            blocks.begin(f"{number}")
            for paragraph in paragraphs(page.extract_text()):
                blocks.add(paragraph)
        loaded = blocks.loaded(_title(reader), _dated(reader))
    except PyPdfError as error:
        raise DocumentError(f"it is no sound PDF ({error})") from error
    if not loaded.text:
        raise DocumentError("it holds no text; if it is scanned, run it through OCR first")
    return loaded


def _title(reader: PdfReader) -> str | None:
    title = reader.metadata.title if reader.metadata else None
    return title if isinstance(title, str) else None


def _dated(reader: PdfReader) -> date | None:
    # Read by hand: programs write its end, the time zone, in more ways than libraries expect.
    created = _CREATED.match(str(reader.metadata.get("/CreationDate"))) if reader.metadata else None
    return parse_date("-".join(created.groups())) if created else None


def paragraphs(page: str) -> list[str]:
    """
    Join the lines of a page.

    A line break in a PDF is where the line was full; a sentence goes on over it. A paragraph ends
    at a blank line, before a list item, and after a line that ends a sentence or is far from full.
    """
    lines = [line.strip() for line in page.split("\n")]
    full = _FULL_LINE_SHARE * max(map(len, lines), default=0)
    joined: list[str] = []
    goes_on = False
    for line in lines:
        if not line:
            goes_on = False
            continue
        if goes_on and not _LIST_ITEM.match(line) and not _is_heading(joined[-1], line, full):
            joined[-1] = _join(joined[-1], line)
        else:
            joined.append(line)
        ends_sentence = _SENTENCE_END.search(line) is not None
        goes_on = len(line) >= full if ends_sentence or line[-1].isalnum() else True
    return joined


def _is_heading(before: str, line: str, full: float) -> bool:
    """Whether a line stands alone after a full one: it is short and no sentence on either side."""
    is_short = len(line) < full / 2 and not _SENTENCE_END.search(line)
    return is_short and line[0].isupper() and _SENTENCE_END.search(before) is not None


def _join(before: str, after: str) -> str:
    if _BROKEN_WORD.search(before) and after[:1].islower():
        # A soft hyphen is there for the break alone; of others nobody can tell, so they stay.
        return before[:-1] + after if before[-1] == "\u00ad" else before + after
    return f"{before} {after}"
