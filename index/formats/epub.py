"""EPUB: the chapters in their order, each an XHTML page."""

import posixpath
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from index.errors import DocumentError
from index.formats.base import Loaded
from index.formats.blocks import Blocks
from index.formats.dates import parse_date
from index.formats.html import add_main_text
from index.formats.html_parsing import parse_html
from index.formats.nested_items import NestedItems
from index.formats.packages import open_package, read_member, read_xml

_CONTAINER = "META-INF/container.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html"})


def load_epub(_suffix: str, content: bytes) -> Loaded:
    """Read a book; its places are its headings."""
    with open_package(content) as package:
        container = read_xml(package, _CONTAINER)
        rootfile = next(_named(container, "rootfile"), None)
        if rootfile is None:
            raise DocumentError(f"it is no EPUB ({_CONTAINER} names no book)")
        book_path = rootfile.get("full-path") or ""
        book = read_xml(package, book_path)
        blocks = Blocks("heading")
        pages = {
            item.get("id"): item.get("href") or ""
            for item in _named(book, "item")
            if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "")
        }
        # A page stands once in a book: one of a kilobyte could else be as long as it likes.
        hrefs = (pages.get(reference.get("idref")) for reference in _named(book, "itemref"))
        items = NestedItems()
        for path in dict.fromkeys(_path(book_path, href) for href in hrefs if href is not None):
            add_main_text(blocks, _page(package, path), items)
        title = next(_named(book, "title"), None)
        stated = next(_named(book, "date"), None)
    return blocks.loaded(
        None if title is None else title.text,
        None if stated is None else parse_date(stated.text or ""),
    )


def _path(book_path: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(book_path), unquote(href)))


def _page(package: ZipFile, path: str) -> Any:
    content = read_member(package, path)
    try:
        return parse_html(content)
    except DocumentError as error:
        raise DocumentError(f"{path}: {error}") from error


def _named(root: Any, name: str) -> Any:
    """Elements of a name in any namespace."""
    return root.iter(f"{{*}}{name}")
