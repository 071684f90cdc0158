"""GET, politely and within limits."""

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Self

import aiohttp
from protego import Protego
from yarl import URL

from bot import __version__
from bot.fetching.addresses import (
    PrivateAddressError,
    PublicResolver,
    check_host,
    check_no_login,
    unknown_host,
)
from bot.fetching.errors import FetchError, GoneError, NotPublicError
from index.provenance import is_address

USER_AGENT = f"Quoth/{__version__} (documents for exact answers)"
# The name by which robots.txt speaks of us.
_ROBOT = "Quoth"
# A long book with pictures; more is a film or an attack.
MAX_BYTES = 50_000_000
# Some sites' policies name hundreds of others, and aiohttp gives up after an eighth of this.
_MAX_HEADER_BYTES = 65_536
# RFC 9309 asks for as much at least.
_MAX_ROBOTS_BYTES = 500_000
# For one page with all its redirects: a slow server is waited for, an endless one is not.
TIME_LIMIT_S = 60.0
# Between two requests to the same host; what robots.txt asks for beyond it is kept up to a limit.
DELAY_S = 1.0
_MAX_DELAY_S = 30.0
_MAX_REDIRECTS = 10
# A server that is busy is asked once more, after so long at most.
_MAX_RETRY_AFTER_S = 60.0
_GZIP_OR_ZLIB = 47
_GZIP = b"\x1f\x8b"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({404, 410})
_BUSY = frozenset({429, 503})
_NOT_MODIFIED = 304
_OK = 200
_SERVER_ERRORS = 500
_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Limits:
    """How long, how much and how often."""

    delay_s: float = DELAY_S
    time_s: float = TIME_LIMIT_S
    bytes: int = MAX_BYTES


@dataclass(frozen=True, slots=True)
class Seen:
    """What a server said of a page when it was fetched last, so that it is not sent again."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What asks for it only if it has changed."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


NOTHING_SEEN = Seen()


@dataclass(frozen=True, slots=True)
class Response:
    """What came back."""

    url: str
    """Where it stands, after redirects."""
    content: bytes
    media_type: str
    charset: str | None
    seen: Seen
    is_unchanged: bool = False
    """Whether it is as it was seen last; then there is no content."""


class Web:
    """Fetches one page after the other. It belongs to one event loop."""

    def __init__(self, session: aiohttp.ClientSession, limits: Limits, *, any_host: bool) -> None:
        """Take the session that `opened` makes; with `any_host`, private addresses too."""
        self._session = session
        self._limits = limits
        self._any_host = any_host
        self._robots: dict[URL, Protego] = {}
        self._asked: dict[str, float] = {}

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, limits: Limits | None = None, *, allow_private: bool = False
    ) -> AsyncIterator[Self]:
        """
        Open connections to the internet.

        Args:
            limits: How long, how much and how often.
            allow_private: Connect to private addresses and to this machine, too.
        """
        connector = aiohttp.TCPConnector(resolver=None if allow_private else PublicResolver())
        async with aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            cookie_jar=aiohttp.DummyCookieJar(),
            # What is unpacked is counted here, and a bomb unpacks to gigabytes.
            auto_decompress=False,
            max_line_size=_MAX_HEADER_BYTES,
            max_field_size=_MAX_HEADER_BYTES,
            trust_env=False,
        ) as session:
            yield cls(session, limits or Limits(), any_host=allow_private)

    async def get(self, url: str, seen: Seen = NOTHING_SEEN) -> Response:
        """
        Fetch a page.

        Args:
            url: An address of HTTP or HTTPS.
            seen: What was said of it last.

        Raises:
            FetchError: If that can't be done, or robots.txt forbids it.
        """
        with self._failures_told():
            async with asyncio.timeout(self._limits.time_s) as clock:
                return await self._follow(URL(url), seen, clock)

    @contextmanager
    def _failures_told(self) -> Iterator[None]:
        """Turn what may go wrong on the way into a `FetchError`."""
        try:
            yield
        except TimeoutError as error:
            raise FetchError(f"it takes longer than {self._limits.time_s:.0f} s") from error
        except aiohttp.ClientConnectorError as error:
            raise _unreached(error) from error
        except zlib.error as error:
            raise FetchError("its packed content is damaged") from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise FetchError("it is no address of HTTP or HTTPS") from error
        except aiohttp.ClientResponseError as error:
            raise FetchError("its server answers with something other than HTTP") from error
        except aiohttp.ClientError as error:
            raise FetchError("the connection broke off before all had come") from error

    async def _follow(self, url: URL, seen: Seen, clock: asyncio.Timeout) -> Response:
        passed = set()
        for _ in range(_MAX_REDIRECTS + 1):
            # A part of a page is no page of its own.
            url = url.with_fragment(None)
            if url in passed:
                raise FetchError("it redirects in a circle")
            passed.add(url)
            self._check(url)
            if not (await self._robots_of(url, clock)).can_fetch(str(url), _ROBOT):
                raise FetchError("robots.txt of its server forbids it")
            found = await self._ask(url, seen, clock)
            if isinstance(found, Response):
                return found
            url = found
        raise FetchError(f"it redirects more than {_MAX_REDIRECTS} times")

    def _check(self, url: URL) -> None:
        if url.scheme not in {"http", "https"} or not url.host:
            raise FetchError("it is no address of HTTP or HTTPS")
        check_no_login(url)
        if not is_address(str(url)):
            raise FetchError("its address is too long, or has characters that no address may have")
        if not self._any_host:
            check_host(url.host)

    async def _ask(self, url: URL, seen: Seen, clock: asyncio.Timeout) -> Response | URL:
        """The page, or where it has gone."""
        for is_last in (False, True):
            await self._wait_for_turn(url, clock)
            async with self._session.get(
                url, headers=seen.headers, allow_redirects=False
            ) as response:
                if response.status not in _BUSY or is_last:
                    return await self._taken(url, response, seen)
                wait_s = _seconds(response.headers.get("Retry-After"))
            await _sleep(wait_s, clock)
        raise AssertionError

    async def _taken(
        self, url: URL, response: aiohttp.ClientResponse, seen: Seen
    ) -> Response | URL:
        if response.status in _REDIRECTS and "Location" in response.headers:
            return url.join(URL(response.headers["Location"]))
        if response.status == _NOT_MODIFIED and seen.headers:
            return Response(str(url), b"", "", None, seen, is_unchanged=True)
        if response.status in _GONE:
            raise GoneError(f"the server says {response.status}")
        if response.status != _OK:
            raise FetchError(f"the server says {response.status}")
        return Response(
            str(url),
            await _content(response, self._limits.bytes),
            response.content_type,
            response.charset,
            Seen(_plain(response, "ETag"), _plain(response, "Last-Modified")),
        )

    async def _wait_for_turn(self, url: URL, clock: asyncio.Timeout) -> None:
        host = url.host or ""
        robots = self._robots.get(url.origin())
        asked_s = robots.crawl_delay(_ROBOT) if robots else None
        delay_s = max(self._limits.delay_s, min(asked_s or 0.0, _MAX_DELAY_S))
        await _sleep(self._asked.get(host, -delay_s) + delay_s - time.monotonic(), clock)
        self._asked[host] = time.monotonic()

    async def robots(self, url: str) -> list[str]:
        """
        The sitemaps that robots.txt of a page's server names.

        Raises:
            FetchError: If the server can't be reached.
        """
        with self._failures_told():
            async with asyncio.timeout(self._limits.time_s) as clock:
                self._check(page := URL(url))
                return list((await self._robots_of(page, clock)).sitemaps)

    async def _robots_of(self, url: URL, clock: asyncio.Timeout) -> Protego:
        """The rules of a page's server, asked for once; RFC 9309 says what a failure means."""
        origin = url.origin()
        if origin not in self._robots:
            where, passed = origin / "robots.txt", 0
            text = ""
            while passed <= _MAX_REDIRECTS:
                self._check(where)
                await self._wait_for_turn(where, clock)
                async with self._session.get(where, allow_redirects=False) as response:
                    if response.status in _REDIRECTS and "Location" in response.headers:
                        where = where.join(URL(response.headers["Location"]))
                        passed += 1
                        continue
                    if response.status >= _SERVER_ERRORS:
                        raise FetchError(f"robots.txt of its server fails with {response.status}")
                    if response.status == _OK:
                        found = await _content(response, _MAX_ROBOTS_BYTES, is_cut=True)
                        text = found.decode("utf-8-sig", "replace")
                break
            self._robots[origin] = Protego.parse(text)
        return self._robots[origin]


def _unreached(error: aiohttp.ClientConnectorError) -> FetchError:
    """Why there is no connection to a server."""
    if isinstance(error.os_error, PrivateAddressError):
        return NotPublicError(str(error.os_error))
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return FetchError(unknown_host(error.host))
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return FetchError(f"{error.host} can't prove by its certificate that it is this server")
    return FetchError(f"{error.host} does not answer at port {error.port}")


async def _sleep(seconds: float, clock: asyncio.Timeout) -> None:
    """Sleep; what politeness asks for does not count as the server's time."""
    if seconds > 0:
        deadline = clock.when()
        clock.reschedule(None if deadline is None else deadline + seconds)
        await asyncio.sleep(seconds)


def _seconds(retry_after: str | None) -> float:
    text = (retry_after or "").strip()
    asked_s = float(text) if text.isascii() and text.isdigit() else _MAX_DELAY_S
    return min(asked_s, _MAX_RETRY_AFTER_S)


def _plain(response: aiohttp.ClientResponse, name: str) -> str | None:
    """A header that can be written down and sent back; None if it holds other bytes than ASCII."""
    value = response.headers.get(name, "")
    return value if value.isascii() and value.isprintable() and value else None


async def _content(response: aiohttp.ClientResponse, most: int, *, is_cut: bool = False) -> bytes:
    """The bytes of a response, unpacked as they come; more than `most` are an error, or cut off."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding not in {"identity", "gzip", "x-gzip", "deflate", ""}:
        raise FetchError(f"it is packed as {coding[:20]!r}, which was not asked for")
    unpack = None if coding in {"identity", ""} else zlib.decompressobj(_GZIP_OR_ZLIB)
    found = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        found += chunk if unpack is None else unpack.decompress(chunk, most + 1 - len(found))
        # Packed content may consist of several parts, one after the other.
        while unpack and unpack.eof and unpack.unused_data.startswith(_GZIP) and len(found) <= most:
            rest, unpack = unpack.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
            found += unpack.decompress(rest, most + 1 - len(found))
        if len(found) > most and is_cut:
            return bytes(found[:most])
        if len(found) > most:
            raise FetchError(f"it has more than {most / 1e6:,.0f} MB")
        if unpack and unpack.eof and not _GZIP.startswith(unpack.unused_data[: len(_GZIP)]):
            break
    if unpack is not None and not unpack.eof:
        raise FetchError("its packed content ends too early")
    return bytes(found)
