"""EPUB: the chapters in their order, each an XHTML page."""

import posixpath
import zipfile
from typing import Any
from urllib.parse import unquote

from lxml import etree

from index.documents import Loaded
from index.errors import DocumentError
from index.formats.blocks import Blocks
from index.formats.dates import parse_date
from index.formats.html import add_main_text, parse_html
from index.formats.packages import open_package

_CONTAINER = "META-INF/container.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html"})


def load_epub(_suffix: str, content: bytes) -> Loaded:
    """Read a book; its places are its headings."""
    with open_package(content) as package:
        container = _xml(package, _CONTAINER)
        rootfile = next(_named(container, "rootfile"), None)
        if rootfile is None:
            raise DocumentError(f"it is no EPUB ({_CONTAINER} names no book)")
        book_path = rootfile.get("full-path") or ""
        book = _xml(package, book_path)
        blocks = Blocks("heading")
        pages = {
            item.get("id"): item.get("href") or ""
            for item in _named(book, "item")
            if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "")
        }
        for reference in _named(book, "itemref"):
            if (href := pages.get(reference.get("idref"))) is not None:
                path = posixpath.normpath(
                    posixpath.join(posixpath.dirname(book_path), unquote(href))
                )
                add_main_text(blocks, parse_html(_read(package, path)))
        title = next(_named(book, "title"), None)
        stated = next(_named(book, "date"), None)
    return blocks.loaded(
        None if title is None else title.text,
        None if stated is None else parse_date(stated.text or ""),
    )


def _read(package: zipfile.ZipFile, path: str) -> bytes:
    try:
        return package.read(path)
    except KeyError as error:
        raise DocumentError(f"it is no sound EPUB ({path} is missing)") from error
    except (zipfile.BadZipFile, EOFError) as error:
        raise DocumentError(f"it is damaged or cut short ({path})") from error


def _xml(package: zipfile.ZipFile, path: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(_read(package, path), parser)


def _named(root: Any, name: str) -> Any:
    """Elements of a name in any namespace."""
    return root.iter(f"{{*}}{name}")
