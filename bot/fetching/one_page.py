"""One page of the web, as a document beside others that people have put there themselves."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.fetching.errors import FetchError
from bot.fetching.fetcher import in_utf_8, not_read
from bot.fetching.names import ending_of, name_of
from bot.fetching.web import Limits, Web
from index.provenance import Fetched, is_address

_MAX_NAME_CHARS = 60
_HASH_CHARS = 8


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was fetched."""

    content: bytes
    ending: str
    """What the name of a file that holds it ends with, such as ".html"."""
    fetched: Fetched

    def name(self, is_taken: Callable[[str], bool]) -> str:
        """
        The name of its file, which stands in no folder.

        Args:
            is_taken: Whether another document has a name.
        """
        whole = name_of(self.fetched.url, self.ending, ()).replace("/", "-")
        stem = whole.removesuffix(self.ending)
        if len(stem) <= _MAX_NAME_CHARS and not is_taken(whole):
            return whole
        digest = hashlib.sha256(self.fetched.url.encode()).hexdigest()[:_HASH_CHARS]
        return f"{stem[:_MAX_NAME_CHARS]}~{digest}{self.ending}"


def one_page(url: str, max_bytes: int, *, until: float, allow_private: bool = False) -> Page:
    """
    Fetch a page as `quoth fetch` does: politely, from the internet alone, and as robots.txt says.

    It blocks, and has an event loop of its own.

    Args:
        url: An address of HTTP or HTTPS, as a stranger has written it.
        max_bytes: It may have no more.
        until: When it has to be here, pauses for politeness included, on the monotonic clock.
        allow_private: Connect to private addresses and to this machine, too.

    Raises:
        FetchError: If there is no such page that is read.
    """
    try:
        return asyncio.run(_one_page(url, max_bytes, until, allow_private=allow_private))
    except TimeoutError as error:
        raise FetchError("it takes too long") from error


async def _one_page(url: str, max_bytes: int, until: float, *, allow_private: bool) -> Page:
    if not is_address(url):
        raise FetchError(
            "it is no address to fetch. Write it as https://example.org/page, without a name or a "
            "password"
        )
    async with (
        asyncio.timeout(until - time.monotonic()),
        Web.opened(Limits(bytes=max_bytes), allow_private=allow_private) as web,
    ):
        found = await web.get(url)
    ending = ending_of(found.url, found.media_type) if found.content else None
    if ending is None:
        raise FetchError(not_read(found))
    content = in_utf_8(found)
    fetched = Fetched(
        url=url,
        source=found.url,
        sha256=hashlib.sha256(content).hexdigest(),
        fetched=datetime.now(UTC),
    )
    return Page(content, ending, fetched)
