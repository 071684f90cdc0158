"""The bytes of a page -> its text and its tree, within limits."""

import codecs
import re
from typing import Any

from lxml import etree

from index.errors import DocumentError
from index.formats.charsets import decode, decode_as

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


def parse_page(content: bytes) -> tuple[str, Any]:
    """
    Parse a page: its text, and its tree.

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
    return text, root


def parse_html(content: bytes) -> Any:
    """The tree of a page; see `parse_page`."""
    return parse_page(content)[1]


def _decode(content: bytes) -> str:
    declared = _META_CHARSET.search(content[:_SNIFFED_BYTES])
    if declared and not content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE)):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            try:
                return decode_as(content, declared[1].decode("ascii"))
            except (ValueError, LookupError):
                pass
    return decode(content)
