"""Sitemaps and feeds -> the pages that they name."""

import zlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from email.utils import parsedate_to_datetime

from lxml import etree
from yarl import URL

from bot.fetching.errors import FetchError, none_wanted
from bot.fetching.web import MAX_BYTES, Web
from index.provenance import is_address

# Sitemaps that one names, and those that they name.
_MAX_SITEMAPS = 200
_GZIP = b"\x1f\x8b"
_GZIP_ONLY = 31
# Where an entry of a feed says when it was written; the first counts.
_DAYS = ("pubDate", "published", "updated", "date")
_ISO_DAY_CHARS = len("2024-01-31")


@dataclass(frozen=True, slots=True)
class Listed:
    """A page that is named somewhere."""

    url: str
    dated: date | None = None


async def in_sitemap(
    web: Web, url: str, under: str | None, most: int
) -> tuple[list[Listed], dict[str, FetchError]]:
    """
    The pages of a sitemap, or of the sitemaps that it names, in their order and each once.

    Args:
        web: Fetches them.
        url: The address of a sitemap, or of any other page, whose server then says where its
            sitemaps are.
        under: How the addresses of the pages begin; without, they are on the host of the address,
            or on one to which that redirects: "example.org" may lead to "www.example.org".
        most: At most so many.

    Returns:
        The pages, and why a sitemap can't be fetched or is none, by the addresses of those.

    Raises:
        FetchError: If the sitemaps, all of which could be read, name no such page.
    """
    named = 0
    failures: dict[str, FetchError] = {}
    waiting = [url] if _is_file_of(url, (".xml", ".gz")) else await _sitemaps_of(web, url)
    hosts = {URL(url).host}
    seen: set[str] = set()
    found: dict[str, Listed] = {}
    while waiting and len(found) < most and len(seen) < _MAX_SITEMAPS:
        sitemap = waiting.pop(0)
        if sitemap in seen:
            continue
        seen.add(sitemap)
        try:
            response = await web.get(sitemap)
            root = _parsed(response.content)
        except FetchError as error:
            failures[sitemap] = error
            continue
        if URL(sitemap).host == URL(url).host:
            hosts.add(URL(response.url).host)
        for entry in root.iterchildren("{*}sitemap", "{*}url"):
            where = (entry.findtext("{*}loc") or "").strip()
            if etree.QName(entry).localname == "sitemap":
                waiting.append(where)
                continue
            named += 1
            page = _page(where)
            if page and _is_under(page, under, hosts) and len(found) < most:
                found.setdefault(page, Listed(page, _day(entry.findtext("{*}lastmod"))))
    if not found and not failures:
        raise FetchError(none_wanted(named, "page", under or str(URL(url).origin())))
    return list(found.values()), failures


async def _sitemaps_of(web: Web, url: str) -> list[str]:
    site = URL(url).origin()
    # They should be whole addresses, and are paths on some sites.
    named = [_page(one, site) or one for one in await web.robots(url)]
    return named or [str(site / "sitemap.xml")]


def _is_file_of(url: str, endings: tuple[str, ...]) -> bool:
    return URL(url).path.lower().endswith(endings)


async def in_feed(web: Web, url: str, under: str | None, most: int) -> list[Listed]:
    """
    The pages of an RSS or Atom feed, the newest first as feeds have them; see `in_sitemap`.

    Raises:
        FetchError: If it can't be fetched, or is no feed.
    """
    response = await web.get(url)
    base = URL(response.url)
    named = 0
    found: dict[str, Listed] = {}
    for entry in _parsed(response.content).iter("{*}item", "{*}entry"):
        link = next(_links(entry), "")
        where = _page(link, base)
        named += bool(where)
        if where and (under is None or where.startswith(under)):
            days = (_day(entry.findtext(f"{{*}}{name}")) for name in _DAYS)
            found.setdefault(where, Listed(where, next(filter(None, days), None)))
    if not found:
        raise FetchError(none_wanted(named, "page", under))
    return list(found.values())[:most]


def _links(entry: etree._Element) -> Iterator[str]:
    for link in entry.iterchildren("{*}link"):
        if link.get("rel", "alternate") == "alternate":
            yield (link.get("href") or link.text or "").strip()


def _parsed(content: bytes) -> etree._Element:
    """XML that can reach nothing and unpack nothing; raises FetchError where it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        if content.startswith(_GZIP):
            content = zlib.decompressobj(_GZIP_ONLY).decompress(content, MAX_BYTES)
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, zlib.error, ValueError) as error:
        raise FetchError("it is no sitemap and no feed, or its XML is damaged") from error


def _is_under(where: str, under: str | None, hosts: Container[str | None]) -> bool:
    return URL(where).host in hosts if under is None else where.startswith(under)


def _page(link: str, base: URL | None = None) -> str:
    """The address of the page that a link leads to; nothing where it leads to none."""
    try:
        found = str((base.join(URL(link)) if base else URL(link)).with_fragment(None))
    except ValueError:
        return ""
    return found if link and is_address(found) else ""


def _day(text: str | None) -> date | None:
    """The day of a time as ISO 8601 or RFC 822 writes it; None where it is neither."""
    text = (text or "").strip()
    try:
        return date.fromisoformat(text[:_ISO_DAY_CHARS])
    except ValueError:
        pass
    try:
        found: datetime = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found.date()
