"""A site of many pages, with all that happens on the web among them."""

import gzip
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from bot.fetching.web import Limits
from index.documents import list_documents
from index.provenance import FetchOrigin, read_provenance
from tests.bot.fetching.site import Page, Site, bomb, endless, serving
from tests.bot.fetching.test_fetching import fetched, updated

# One of each in so many pages.
KINDS = 10
SLOW_S = 0.2
PAGES_A_SITEMAP = 100


def text_of(number: int) -> str:
    return f"House {number} in Quay Street has {3 * number + 7} windows."


def slow(handler: BaseHTTPRequestHandler) -> None:
    """A page that takes its time."""
    time.sleep(SLOW_S)
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html; charset=utf-8")
    handler.end_headers()
    handler.wfile.write(b"<p>The slow house has no windows.</p>")


def fill(site: Site, pages: int) -> None:
    """Put up so many pages, a tenth of them of each kind, and a sitemap of sitemaps."""
    site.pages["/robots.txt"] = Page(
        f"User-agent: *\nDisallow: /private/\nSitemap: {site.url}/sitemap.xml\n".encode()
    )
    paths = []
    for number in range(pages):
        path = f"/{number}"
        match number % KINDS:
            case 0:
                packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
                content = gzip.compress(f"<p>{text_of(number)}</p>".encode())
                site.pages[path] = Page(content, headers=packed)
            case 1:
                site.redirect(path, f"/moved{path}")
                site.put(f"/moved{path}", text_of(number))
            case 2:
                site.redirect(path, f"/circle{path}")
                site.redirect(f"/circle{path}", path)
            case 3:
                path = f"/private{path}"
                site.put(path, text_of(number))
            case 4:
                pass  # It is gone.
            case 5:
                site.pages[path] = slow
            case 6:
                # Another address of the page before.
                site.redirect(path, "/7")
            case _:
                site.put(path, text_of(number))
        paths.append(path)
    parts = [paths[start : start + PAGES_A_SITEMAP] for start in range(0, pages, PAGES_A_SITEMAP)]
    for number, part in enumerate(parts):
        site.sitemap(f"/sitemap{number}.xml", part)
    # It names itself, too.
    named = ["/sitemap.xml", *(f"/sitemap{number}.xml" for number in range(len(parts)))]
    locations = "".join(f"<sitemap><loc>{site.url}{path}</loc></sitemap>" for path in named)
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    site.xml("/sitemap.xml", f'<sitemapindex xmlns="{namespace}">{locations}</sitemapindex>')


@pytest.mark.parametrize("pages", [30, pytest.param(500, marks=pytest.mark.stress)])
def test_a_whole_site_is_fetched_whatever_is_on_it(pages: int, tmp_path: Path) -> None:
    tenth = pages // KINDS
    with serving() as site:
        fill(site, pages)
        site.pages["/8"] = endless
        site.pages["/9"] = bomb()
        limits = Limits(delay_s=0, time_s=30, bytes=1_000_000)
        whole = FetchOrigin(kind="sitemap", url=f"{site.url}/sitemap.xml", most=pages)

        told = fetched(tmp_path, [whole], limits)
        asked = Counter(site.asked)
        site.asked.clear()
        site.put("/7", "The house has burnt down.")
        again, passed_over = updated(tmp_path)

    # Six kinds are pages, and two of these are none after all.
    documents = 6 * tenth - 2
    assert Counter(one.outcome for one in told) == {
        "new": documents,
        "same": tenth,
        "gone": tenth,
        "failed": 2 * tenth + 2,
    }
    reasons = Counter(one.detail for one in told if one.outcome == "failed")
    assert reasons == {
        "it redirects in a circle": tenth,
        "robots.txt of its server forbids it": tenth,
        "it has more than 1 MB": 2,
    }
    assert not any(path.startswith("/private/") for path in asked)
    assert max(count for path, count in asked.items() if path != "/7") == 1
    assert len(list_documents(tmp_path).files) == len(read_provenance(tmp_path).files) == documents
    # Its file is named after the address that led to it first.
    assert [one.url for one in again if one.outcome == "changed"] == [f"{site.url}/6"]
    assert Counter(one.outcome for one in again)["new"] == 0
    assert passed_over == []
