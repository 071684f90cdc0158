"""
HTML: the main text of a page, without its menus.

The tree is walked without recursion, so that only the parser limits how deep elements may nest.
"""

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any

from lxml import etree

from index.documents import decode
from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.dates import parse_date
from index.formats.html_elements import BLOCKS, CELLS, HEADINGS, SPACE, is_silent, text_length
from index.formats.html_tables import captions, named_rows
from index.formats.tables import BETWEEN_CELLS, lines_of

# A table's row of at most so much text is one paragraph; longer ones lay out a page.
_MAX_ROW_CHARS = 600
# A block with so many links, which are so much of its text, is a menu.
_MENU_LINKS = 3
_MENU_SHARE = 0.6
# An element marked as the main one is believed if it holds this much of the page's text.
_MIN_MAIN_SHARE = 0.2
_DATE_FIELDS = frozenset(
    [
        "article:published_time",
        "created",
        "date",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "dcterms.date",
        "dcterms.issued",
        "datepublished",
        "og:article:published_time",
        "parsely-pub-date",
        "pubdate",
        "publish-date",
        "publishdate",
        "sailthru.date",
    ]
)
# More than a page has; the others are looked at no more.
_MAX_STATED_DATES = 100
# The parser's time grows with the square of an element's attributes. More than any page has.
_MAX_ATTRIBUTES = 1_000
_ATTRIBUTE = r"""(?>[\s/]*[^\s/>][^\s/>=]*(?>\s*=\s*(?>"[^"]*"|'[^']*'|[^\s>]*))?)"""
# A comment, or a tag, with all that it holds if "<" is only a character there.
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|(?><(?P<raw>script|style|textarea|title)(?=[\s/>])|<[a-z][^\s/>]*)"
    rf"(?>(?:{_ATTRIBUTE}){{0,{_MAX_ATTRIBUTES}}})(?P<crowded>{_ATTRIBUTE})?"
    r"(?(raw).*?(?:</(?P=raw)|\Z))",
    re.IGNORECASE | re.DOTALL,
)
_META_CHARSET = re.compile(rb"""<meta[^<>]+charset\s*+=\s*+(?:["']\s*+)?([\w\-]+)""", re.IGNORECASE)
_SNIFFED_BYTES = 4_096


def load_html(_suffix: str, content: bytes) -> Loaded:
    """Read a page; its places are its headings."""
    root = parse_html(content)
    blocks = Blocks("heading")
    main = _main_element(root)
    add_main_text(blocks, main)
    title = _first_text(root, "title")
    return blocks.loaded(title, _stated_in_metadata(root, main))


def parse_html(content: bytes) -> Any:
    """
    Parse a page.

    Raises:
        DocumentError: If there is nothing in it, or more than can be read.
    """
    # Decoded here, since what a page says of its own encoding is often wrong, or missing.
    text = _decode(content)
    if any(tag["crowded"] for tag in _TAG.finditer(text)):
        raise DocumentError(f"an element in it has more than {_MAX_ATTRIBUTES:,} attributes")
    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"it is no HTML ({error})") from error
    # What it doesn't understand, the parser mends; here it gave up, and left out all that follows.
    for fault in parser.error_log.filter_from_fatals():
        # Its advice is for programmers.
        reason = fault.message.partition(", use ")[0]
        raise DocumentError(f"it can't be read to its end ({reason})")
    if root is None:
        raise DocumentError("it holds no text")
    return root


def _decode(content: bytes) -> str:
    declared = _META_CHARSET.search(content[:_SNIFFED_BYTES])
    if declared and not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE)):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            try:
                return content.decode(declared[1].decode("ascii"))
            except (UnicodeDecodeError, LookupError):
                pass
    return decode(content)


def add_main_text(blocks: Blocks, element: Any) -> None:
    """Add the paragraphs of an element, and its headings as places."""
    if not _add_blocks(blocks, element, _menus(element)):
        # A page that is nothing but links says something all the same.
        _add_blocks(blocks, element, frozenset())


def _main_element(root: Any) -> Any:
    body = next(root.iter("body"), root)
    whole = text_length(body)
    mains = [element for element in body.iter() if _is_main(element)]
    articles = list(body.iter("article"))
    for candidates in (mains, articles if len(articles) == 1 else []):
        if len(candidates) == 1 and text_length(candidates[0]) >= _MIN_MAIN_SHARE * whole:
            return candidates[0]
    return body


def _is_main(element: Any) -> bool:
    return "main" in (element.tag, element.get("role"))


def _menus(root: Any) -> frozenset[Any]:
    """The block elements whose text is mostly links."""
    sizes: dict[Any, tuple[int, int, int]] = {}
    menus = set()
    # Children come after their parents in document order, so from the end they come first.
    for element in reversed(list(root.iter(etree.Element))):
        characters = len((element.text or "").strip())
        linked = links = 0
        for child in element:
            inner = sizes.pop(child, (0, 0, 0))
            characters += inner[0] + len((child.tail or "").strip())
            linked += inner[1]
            links += inner[2]
        if element.tag == "a":
            linked, links = characters, 1
        sizes[element] = characters, linked, links
        if element.tag in BLOCKS and links >= _MENU_LINKS and linked >= _MENU_SHARE * characters:
            menus.add(element)
    return frozenset(menus)


def _add_blocks(blocks: Blocks, root: Any, left_out: frozenset[Any]) -> bool:
    """Add the paragraphs below `root`; tell whether there were any."""
    walk = _Walk(blocks)
    silent_depth = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if event == "start":
            if silent_depth or is_silent(element) or element in left_out:
                silent_depth += 1
            elif element.tag == "table" and (rows := named_rows(element)):
                walk.add(captions(element) + lines_of(rows))
                silent_depth += 1
            else:
                walk.enter(element)
            continue
        if silent_depth:
            silent_depth -= 1
        else:
            walk.leave(element)
        if not silent_depth and element is not root:
            walk.line.append(element.tail or "")
    walk.flush()
    return walk.found


class _Walk:
    """Turns what stands between block elements into paragraphs."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self.line: list[str] = []
        """The parts of the paragraph that is being read; a zero character is a line break."""
        self._row: Any = None
        """The row of a table that is one paragraph, whatever blocks are in its cells."""
        self.found = False

    def enter(self, element: Any) -> None:
        tag = element.tag
        if self._row is not None:
            self.line.append(" ")
        elif tag in BLOCKS:
            self.flush()
            if tag == "tr" and text_length(element) <= _MAX_ROW_CHARS:
                self._row = element
        if tag in HEADINGS:
            name = SPACE.sub(" ", "".join(element.itertext())).strip()
            if name:
                self._blocks.begin(name, int(tag[1:]))
        elif tag == "br":
            self.line.append("\0")
        self.line.append(element.text or "")

    def leave(self, element: Any) -> None:
        if self._row is not None and element is not self._row:
            self.line.append(BETWEEN_CELLS if element.tag in CELLS else " ")
        elif element.tag in BLOCKS:
            self._row = None
            self.flush()

    def add(self, paragraphs: Sequence[str]) -> None:
        """Add paragraphs that were read otherwise."""
        self.line.append(" ")
        if self._row is None:
            self.flush()
            self.found = True
            for paragraph in paragraphs:
                self._blocks.add(paragraph)
        else:
            self.line.extend(f"{paragraph}{BETWEEN_CELLS}" for paragraph in paragraphs)

    def flush(self) -> None:
        lines = "".join(self.line).split("\0")
        self.line.clear()
        text = "\n".join(SPACE.sub(" ", line).strip() for line in lines).strip(" |\n")
        if text:
            self.found = True
            self._blocks.add(text)


def _first_text(root: Any, tag: str) -> str | None:
    element = next(root.iter(tag), None)
    return None if element is None else SPACE.sub(" ", "".join(element.itertext())).strip()


def _stated_in_metadata(root: Any, main: Any) -> date | None:
    for stated in islice(_dates_in_metadata(root, main), _MAX_STATED_DATES):
        if found := parse_date(stated):
            return found
    return None


def _dates_in_metadata(root: Any, main: Any) -> Iterator[str]:
    for element in root.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name.lower() in _DATE_FIELDS:
            yield element.get("content") or ""
    for element in root.iter("script"):
        if element.get("type") == "application/ld+json":
            yield from _dates_in_linked_data(element.text or "")
    for element in main.iter("time"):
        if element.get("pubdate") is not None or element.get("itemprop") == "datePublished":
            yield element.get("datetime") or ""
    # The first time that an article's own header gives.
    for header in main.iter("header"):
        for element in header.iter("time"):
            yield element.get("datetime") or ""


def _dates_in_linked_data(text: str) -> Iterator[str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    values = [value]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            if isinstance(value.get("datePublished"), str):
                yield value["datePublished"]
            values += value.get("@graph") or []
        elif isinstance(value, list):
            values += value
