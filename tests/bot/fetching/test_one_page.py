"""One page of the web, fetched within a limit of time."""

import time

import pytest

from bot.fetching.errors import FetchError
from bot.fetching.one_page import one_page
from tests.bot.fetching.site import Page, serving
from tests.waiting import PATIENCE_S


def test_a_page_is_given_up_in_time_also_while_its_server_asks_for_a_pause() -> None:
    with serving() as site:
        site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 30")
        site.put("/page", "How many: 812.")
        until = time.monotonic() + 0.3

        with pytest.raises(FetchError, match="takes too long"):
            one_page(f"{site.url}/page", 1_000_000, until=until, allow_private=True)
        assert "/page" not in site.asked


def test_an_empty_page_is_none() -> None:
    with serving() as site:
        site.pages["/page"] = Page(headers={"Content-Type": "text/html"})
        until = time.monotonic() + PATIENCE_S

        with pytest.raises(FetchError, match="it is empty"):
            one_page(f"{site.url}/page", 1_000_000, until=until, allow_private=True)
