"""Documents from the web, by real connections to a real server on this machine."""

import asyncio
import gzip
import json
import os
import select
import shutil
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from bot.cli.exits import Exit
from bot.fetching.addresses import is_public
from bot.fetching.errors import FetchError
from bot.fetching.fetcher import Fetcher, FetchResult
from bot.fetching.git import cloned, size_of
from bot.fetching.names import ending_of, name_of
from bot.fetching.web import USER_AGENT, Limits, Web
from index.documents import list_documents
from index.provenance import (
    LOCK_NAME,
    PROVENANCE_NAME,
    FetchOrigin,
    OriginKind,
    ProvenanceError,
    read_provenance,
)
from tests.bot.fetching.site import Page, Site, bomb, dripping, endless
from tests.conftest import Library
from tests.forks import Fork
from tests.waiting import PATIENCE_S, until

QUICK = Limits(delay_s=0, time_s=20, bytes=1_000_000)
GIT = shutil.which("git") or "git"
NAME = "127.0.0.1-{port}/{path}"


def fetched(
    folder: Path,
    origins: Sequence[FetchOrigin] | None,
    limits: Limits = QUICK,
    *,
    private: bool = True,
) -> list[FetchResult]:
    told: list[FetchResult] = []

    async def run() -> None:
        async with Web.opened(limits, allow_private=private) as web:
            fetcher = Fetcher(web, folder, allow_private=private)
            asked = fetcher.origins if origins is None else origins
            await fetcher.fetch(asked, lambda _, __: None, told.append)

    asyncio.run(run())
    return told


def updated(folder: Path) -> tuple[list[FetchResult], list[str]]:
    told: list[FetchResult] = []

    async def run() -> list[str]:
        async with Web.opened(QUICK, allow_private=True) as web:
            fetcher = Fetcher(web, folder, allow_private=True)
            await fetcher.fetch(fetcher.origins, lambda _, __: None, told.append)
            return fetcher.passed_over

    return told, asyncio.run(run())


def origin(
    url: str, kind: OriginKind = "page", under: str | None = None, most: int = 99
) -> FetchOrigin:
    return FetchOrigin(kind=kind, url=url, under=under, most=most)


def outcomes(told: Sequence[FetchResult]) -> dict[str, int]:
    return dict(Counter(one.outcome for one in told))


def fails(folder: Path, url: str, limits: Limits = QUICK, *, private: bool = True) -> str:
    (one,) = fetched(folder, [origin(url)], limits, private=private)
    assert one.outcome == "failed"
    assert not list(folder.rglob("*.html"))
    return one.detail


def test_a_page_is_written_with_its_source_and_answers_name_it(
    site: Site, library: Library
) -> None:
    site.put("/rules/fines", "The fine for theft is 35 euros a day.")
    site.redirect("/fines", "/rules/fines")

    (told,) = fetched(library.documents, [origin(f"{site.url}/fines")])
    library.build()
    document = library.open().texts.document(told.detail)

    assert told.outcome == "new"
    assert told.detail == NAME.format(port=site.port, path="fines.html")
    assert document.source == f"{site.url}/rules/fines"
    assert "fine for theft" in (library.documents / told.detail).read_text()
    assert site.agents == {USER_AGENT}
    assert site.asked[0] == "/robots.txt"
    assert [path.name for path in library.documents.glob(".*")] == [PROVENANCE_NAME]
    assert list_documents(library.documents).skipped == ()


def test_only_what_changed_is_fetched_and_built_again(site: Site, library: Library) -> None:
    pages = [f"/docs/{number}" for number in range(5)]
    for page in pages:
        site.put(page, f"Page {page} says that theft costs {page[-1]}0.")
    site.sitemap("/sitemap.xml", [*pages, "/docs/missing"])
    asked = [origin(f"{site.url}/", "sitemap")]
    first = fetched(library.documents, asked)
    library.build()
    site.put("/docs/3", "Theft costs 99 by now.")
    (library.documents / NAME.format(port=site.port, path="docs/4.html")).write_text("Mine.")
    site.put("/docs/4", "Theft costs 44 by now.")
    site.pages["/docs/2"] = Page(b"gone", 410)

    again = fetched(library.documents, None)
    report = library.build()

    assert outcomes(first) == {"new": 5, "gone": 1}
    assert outcomes(again) == {"unchanged": 2, "changed": 1, "edited": 1, "gone": 2}
    assert report.changes.changed == tuple(
        NAME.format(port=site.port, path=f"docs/{number}.html") for number in (3, 4)
    )
    assert (library.documents / report.changes.changed[1]).read_text() == "Mine."
    text = library.open().texts.document(report.changes.changed[0])
    assert text.dated == date(2024, 5, 6)


def test_what_is_killed_while_it_fetches_leaves_no_file_that_counts_as_edited(
    site: Site, tmp_path: Path
) -> None:
    site.put("/docs/1", "The fee is 35 marks.")
    site.pages["/docs/2"] = dripping
    site.sitemap("/sitemap.xml", ["/docs/1", "/docs/2"])
    arguments = ["fetch", "--sitemap", f"{site.url}/", "--seeds", f"{tmp_path}"]
    options = ["--allow-private", "--delay", "0"]
    fetching = Fork("bot.cli.main:main", [*arguments, *options], (0, 1, 2), environment=os.environ)
    until(lambda: fetching.poll() is not None or "/docs/2" in site.asked)
    fetching.send_signal(signal.SIGKILL)
    assert fetching.wait(PATIENCE_S) == -signal.SIGKILL
    site.put("/docs/1", "The fee is 40 marks.")

    (told,) = fetched(tmp_path, [origin(f"{site.url}/docs/1")])

    assert told.outcome == "new"
    assert "40 marks" in (tmp_path / told.detail).read_text()
    assert {path.name for path in tmp_path.glob(".*")} == {PROVENANCE_NAME, LOCK_NAME}


@pytest.mark.parametrize(
    ("since_s", "outcome", "says"), [(-60, "changed", "40 marks"), (60, "edited", "Mine.")]
)
def test_what_was_noted_and_not_put_in_place_is_unless_somebody_changed_the_file_since(
    site: Site, tmp_path: Path, since_s: int, outcome: str, says: str
) -> None:
    site.put("/fees", "The fee is 35 marks.")
    (told,) = fetched(tmp_path, [origin(f"{site.url}/fees")])
    page = tmp_path / told.detail
    written = page.rename(page.with_name(f".{page.name}.new"))
    page.write_text("Mine.")
    at = written.stat().st_mtime + since_s
    os.utime(page, (at, at))
    site.put("/fees", "The fee is 40 marks.")

    (told,) = fetched(tmp_path, None)

    assert told.outcome == outcome
    assert says in page.read_text()


def test_a_sitemap_of_sitemaps_keeps_to_its_host_and_to_what_is_wanted(
    site: Site, tmp_path: Path
) -> None:
    for page in ("/a/1", "/a/2", "/a/3", "/b/1"):
        site.put(page, f"This is what the page {page} says.")
    site.pages["/robots.txt"] = Page(f"Sitemap: {site.url}/all.xml".encode())
    inner = f"<sitemap><loc>{site.url}/inner.xml.gz</loc></sitemap>"
    site.xml("/all.xml", f"<sitemapindex>{inner}{inner}</sitemapindex>")
    urls = [f"{site.url}{page}#part" for page in ("/b/1", "/a/1", "/a/2", "/a/3")]
    listed = "".join(f"<url><loc>{url}</loc></url>" for url in [*urls, "http://other.example/a/9"])
    site.pages["/inner.xml.gz"] = Page(gzip.compress(f"<urlset>{listed}</urlset>".encode()))

    under = fetched(tmp_path / "one", [origin(site.url, "sitemap", f"{site.url}/a/", 2)])
    everything = fetched(tmp_path / "all", [origin(site.url, "sitemap")])

    assert [one.url for one in under] == [f"{site.url}/a/1", f"{site.url}/a/2"]
    assert outcomes(everything) == {"new": 4}


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_the_pages_of_a_feed_are_fetched_with_their_days(
    site: Site, tmp_path: Path, form: str
) -> None:
    site.put("/news/1", "The library opens at nine from Monday.")
    entry = {
        "rss": "<rss><channel><link>/</link><item><link>/news/1</link>"
        "<pubDate>Tue, 05 Mar 2024 10:00:00 GMT</pubDate></item></channel></rss>",
        "atom": '<feed xmlns="http://www.w3.org/2005/Atom"><link href="/"/><entry>'
        '<link rel="enclosure" href="/x.mp3"/><link href="/news/1"/>'
        "<updated>2024-03-05T10:00:00Z</updated></entry></feed>",
    }
    site.xml("/feed", entry[form])

    (told,) = fetched(tmp_path, [origin(f"{site.url}/feed", "feed")])

    assert told.url == f"{site.url}/news/1"
    assert read_provenance(tmp_path).files[told.detail].dated == date(2024, 3, 5)


def kept(folder: Path) -> list[tuple[OriginKind, str, str | None, int]]:
    return [(*one.key, one.most) for one in read_provenance(folder).origins]


def test_what_was_fetched_is_not_narrowed_by_what_is_fetched_later(
    site: Site, tmp_path: Path
) -> None:
    pages = ["/a/1", "/a/2", "/b/1"]
    for page in pages:
        site.put(page, f"This is what the page {page} says.")
    site.sitemap("/sitemap.xml", pages)
    under = f"{site.url}/a/"
    fetched(tmp_path, [origin(site.url, "sitemap", most=9)])
    fetched(tmp_path, [origin(site.url, "sitemap", under, 1)])
    fetched(tmp_path, [origin(site.url, "sitemap", most=1)])

    again = fetched(tmp_path, None)

    assert kept(tmp_path) == [
        ("sitemap", site.url, under, 1),
        ("sitemap", site.url, None, 9),
    ]
    assert outcomes(again) == {"unchanged": 3, "same": 1}


def test_what_fails_at_first_is_not_kept_and_takes_nothing_else_away(
    site: Site, tmp_path: Path
) -> None:
    site.put("/page", "The library opens at nine.")
    site.pages["/film"] = Page(b"x", headers={"Content-Type": "video/mp4"})
    page, missing = f"{site.url}/page", f"{site.url}/missing"
    asked = [origin(page), origin(page, "feed"), origin(missing), origin(f"{site.url}/film")]

    first = fetched(tmp_path, [*asked, origin(site.url, "sitemap")])
    del site.pages["/page"]
    again = fetched(tmp_path, None)

    assert outcomes(first) == {"new": 1, "failed": 1, "gone": 2, "left_out": 1}
    assert [(one.outcome, one.url, one.was_fetched) for one in again] == [("gone", page, True)]
    assert kept(tmp_path) == [("page", page, None, 99)]


def test_nothing_is_made_where_nothing_was_fetched(site: Site, tmp_path: Path) -> None:
    fetched(tmp_path / "typo", [origin(f"{site.url}/missing")])

    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("order", [("/docs", "/docs/"), ("/docs/", "/docs")])
def test_a_page_has_one_file_whichever_address_leads_to_it(
    site: Site, tmp_path: Path, order: tuple[str, str]
) -> None:
    site.put("/docs/", "The library opens at nine.")
    site.redirect("/docs", "/docs/")
    first, second = ([origin(f"{site.url}{path}")] for path in order)

    told = [*fetched(tmp_path, first), *fetched(tmp_path, second), *fetched(tmp_path, None)]
    site.put("/docs/", "It opens at ten by now.")
    (changed, same) = fetched(tmp_path, None)

    assert [one.outcome for one in told] == ["new", "unchanged", "unchanged", "same"]
    assert (changed.outcome, same.outcome) == ("changed", "same")
    assert len(list(tmp_path.rglob("*.html"))) == 1


def test_a_page_that_moved_onto_another_leaves_its_old_file_to_be_named(
    site: Site, tmp_path: Path
) -> None:
    site.put("/old", "The library opens at nine.")
    site.put("/new", "It opens at ten.")
    fetched(tmp_path, [origin(f"{site.url}/{name}") for name in ("old", "new")])
    site.redirect("/old", "/new")

    told, passed_over = updated(tmp_path)

    assert outcomes(told) == {"unchanged": 1, "same": 1}
    assert passed_over == [NAME.format(port=site.port, path="old.html")]


def test_a_document_that_is_fetched_from_elsewhere_now_is_linked_there(
    site: Site, library: Library
) -> None:
    """Its file is another, which says the same: one that was renamed."""
    for path in ("/old/fees.md", "/new/fees.md"):
        site.pages[path] = Page(b"The fine is 35.", headers={"Content-Type": "text/markdown"})
    (old,) = fetched(library.documents, [origin(f"{site.url}/old/fees.md")])
    library.build()
    (library.documents / old.detail).unlink()
    (new,) = fetched(library.documents, [origin(f"{site.url}/new/fees.md")])

    report = library.build()

    assert [one.new for one in report.changes.renamed] == [new.detail]
    assert library.open().texts.document(new.detail).source == f"{site.url}/new/fees.md"


def test_what_was_seen_of_a_page_says_nothing_of_another_that_it_leads_to_now(
    site: Site, tmp_path: Path
) -> None:
    """That one is older: as the server has it, nothing has changed since."""
    site.pages["/new"] = since_may(5, b"<p>The library opens at nine.</p>")
    site.pages["/old"] = since_may(1, b"<p>It opens at ten again.</p>")
    site.redirect("/hours", "/new")
    asked = [origin(f"{site.url}/hours")]
    (first,) = fetched(tmp_path, asked)
    site.redirect("/hours", "/old")

    told = [*fetched(tmp_path, None), *fetched(tmp_path, None)]

    assert [one.outcome for one in told] == ["changed", "unchanged"]
    assert "at ten again" in (tmp_path / first.detail).read_text()
    assert read_provenance(tmp_path).files[first.detail].source == f"{site.url}/old"


def since_may(day: int, content: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """A page that was changed on a day of May, and is not sent to who has one since then."""

    def page(handler: BaseHTTPRequestHandler) -> None:
        changed = datetime(2024, 5, day, tzinfo=UTC)
        has = handler.headers.get("If-Modified-Since")
        is_there = has is not None and parsedate_to_datetime(has) >= changed
        handler.send_response(304 if is_there else 200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Last-Modified", format_datetime(changed, usegmt=True))
        handler.end_headers()
        if not is_there:
            handler.wfile.write(content)

    return page


def test_a_page_is_on_the_disk_before_what_is_known_of_it(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a power cut an empty file would count as changed by somebody, and stay so."""
    site.put("/page", "The library opens at nine.")
    on_disk: list[str] = []
    monkeypatch.setattr("bot.fetching.fetcher.fsync", lambda path: on_disk.append(path.name))
    monkeypatch.setattr("index.provenance.fsync", lambda path: on_disk.append(path.name))

    fetched(tmp_path, [origin(f"{site.url}/page")])

    assert on_disk == [".page.html.new", ".quoth-fetched.new"]


def test_files_that_git_deletes_while_it_clones_count_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a/kept", "a/gone"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    look = Path.lstat

    def looked_at(path: Path) -> os.stat_result:
        if path.name == "gone":
            path.unlink()
        return look(path)

    monkeypatch.setattr(Path, "lstat", looked_at)

    assert size_of(tmp_path) == 5


def test_where_nothing_begins_so_it_is_said(site: Site, tmp_path: Path) -> None:
    site.sitemap("/sitemap.xml", ["/a/1", "/a/2"])
    site.xml("/feed", "<rss><channel><item><link>/a/1</link></item></channel></rss>")
    site.xml("/none.xml", "<urlset/>")
    under = f"{site.url}/zzz/"

    def why(path: str, kind: OriginKind, under: str | None) -> str:
        (told,) = fetched(tmp_path, [origin(f"{site.url}{path}", kind, under)])
        assert told.outcome == "failed"
        return told.detail

    assert why("/", "sitemap", under) == f"it has 2 pages, and none that begins with {under}"
    assert why("/feed", "feed", under) == f"it has 1 page, and none that begins with {under}"
    assert why("/none.xml", "sitemap", None) == "it has no pages"


@pytest.mark.parametrize("leads", ["by redirecting", "by naming it", "by robots.txt"])
def test_a_sitemap_on_another_host_names_pages_there_if_its_address_redirects(
    site: Site, tmp_path: Path, leads: str
) -> None:
    """As that of www.example.org does, if example.org redirects there."""
    there = site.url.replace("127.0.0.1", "localhost")
    listed = f"<url><loc>{there}/a</loc></url><url><loc>http://example.com/b</loc></url>"
    site.xml("/there.xml", f"<urlset>{listed}</urlset>")
    site.xml(
        "/parts.xml",
        f"<sitemapindex><sitemap><loc>{there}/there.xml</loc></sitemap></sitemapindex>",
    )
    if leads == "by redirecting":
        site.redirect("/sitemap.xml", f"{there}/parts.xml")
    elif leads == "by naming it":
        site.pages["/sitemap.xml"] = site.pages["/parts.xml"]
    else:
        site.pages["/robots.txt"] = Page(f"Sitemap: {there}/there.xml".encode())
    site.put("/a", "The library opens at nine.")

    told = fetched(tmp_path, [origin(site.url, "sitemap")])

    taken = [one.url for one in told if one.outcome == "new"]
    assert taken == ([f"{there}/a"] if leads == "by redirecting" else [])


def test_a_sitemap_leads_to_no_address_that_may_not_be_written_down(
    site: Site, tmp_path: Path
) -> None:
    site.put("/a%20b", "The library opens at nine.")
    site.sitemap("/sitemap.xml", ["/a b", "/a%20b#part"])
    secret = f"http://user:word@127.0.0.1:{site.port}/a"
    site.xml("/other.xml", f"<urlset><url><loc>{secret}</loc></url></urlset>")

    told = fetched(
        tmp_path, [origin(site.url, "sitemap"), origin(f"{site.url}/other.xml", "sitemap")]
    )

    assert [one.outcome for one in told] == ["new", "failed"]
    assert told[0].url == f"{site.url}/a%20b"
    assert "word" not in f"{told}"


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("http://nonesuch.invalid/", "page", "the name nonesuch.invalid can't be found; see"),
        ("https://nonesuch.invalid/", "git", "the name nonesuch.invalid can't be found; see"),
        ("http://127.0.0.1:1/", "page", "127.0.0.1 does not answer at port 1"),
        ("http://127.0.0.1:1/a.git", "git", "its server does not answer"),
        ("http://1.2.3.4.5.6:99999/", "page", "it is no address of HTTP or HTTPS"),
        ("{site}/html", "feed", "it is no sitemap and no feed, or its XML is damaged"),
        ("{site}/html", "git", "no repository is there that everybody may read"),
        ("{site}/rude", "page", "its server answers with something other than HTTP"),
        ("{site}/short", "page", "the connection broke off before all had come"),
    ],
)
def test_why_something_fails_is_said_in_plain_words(
    site: Site, tmp_path: Path, url: str, kind: OriginKind, expected: str
) -> None:
    site.pages["/html"] = Page(b"<p>Open<br>at nine", headers={"Content-Type": "text/html"})
    site.pages["/rude"] = lambda handler: void(handler.wfile.write(b"Hello\r\n\r\n"))
    site.pages["/short"] = Page(b"x", headers={"Content-Length": "99"})
    is_private = kind != "git" or "127" in url or "site" in url

    (told,) = fetched(tmp_path, [origin(url.format(site=site.url), kind)], private=is_private)

    assert told.outcome == "failed"
    assert told.detail.startswith(expected)


def void(_: object) -> None:
    """Take what a page's handler need not return."""


def test_robots_txt_is_obeyed_after_redirects_too(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /private*.html\n")
    site.put("/private/page.html", "Nobody reads this.")
    site.redirect("/open", "/private/page.html")

    for path in ("/private/page.html", "/open"):
        assert fails(tmp_path, f"{site.url}{path}") == "robots.txt of its server forbids it"
    assert "/private/page.html" not in site.asked


def test_where_robots_txt_fails_nothing_is_fetched(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Page(status=503, headers={"Retry-After": "0"})
    site.put("/page", "Nobody reads this.")

    assert "robots.txt" in fails(tmp_path, f"{site.url}/page")
    assert "/page" not in site.asked


def test_circles_and_endless_redirects_end(site: Site, tmp_path: Path) -> None:
    site.redirect("/a", "/b")
    site.redirect("/b", "/a")
    for number in range(30):
        site.redirect(f"/{number}", f"/{number + 1}")

    assert fails(tmp_path, f"{site.url}/a") == "it redirects in a circle"
    assert "more than 10 times" in fails(tmp_path, f"{site.url}/0")


def test_packed_pages_are_unpacked_and_bombs_are_not(site: Site, tmp_path: Path) -> None:
    packed = {"Content-Type": "text/html", "Content-Encoding": "gzip"}
    whole = gzip.compress(b"<p>The library opens at nine.</p>")
    site.pages["/packed"] = Page(whole, headers=packed)
    site.pages["/cut"] = Page(whole[:-12], headers=packed)
    site.pages["/brotli"] = Page(b"x", headers=packed | {"Content-Encoding": "br"})
    site.pages["/bomb"] = bomb()

    assert "more than 1 MB" in fails(tmp_path / "bomb", f"{site.url}/bomb")
    assert "too early" in fails(tmp_path / "cut", f"{site.url}/cut")
    assert "not asked for" in fails(tmp_path / "brotli", f"{site.url}/brotli")
    (told,) = fetched(tmp_path, [origin(f"{site.url}/packed")])
    assert (tmp_path / told.detail).read_bytes() == b"<p>The library opens at nine.</p>"


def test_pages_that_never_end_are_left(site: Site, tmp_path: Path) -> None:
    site.pages["/endless"] = endless
    site.pages["/dripping"] = dripping

    assert "more than 1 MB" in fails(tmp_path, f"{site.url}/endless")
    limits = Limits(delay_s=0, time_s=1)
    assert fails(tmp_path, f"{site.url}/dripping", limits) == "it takes longer than 1 s"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433"]
)
def test_this_machine_is_not_connected_to(site: Site, tmp_path: Path, address: str) -> None:
    site.put("/page", "Nobody reads this.")

    told = fails(tmp_path, f"http://{address}:{site.port}/page", private=False)

    assert "--allow-private" in told or "no address" in told
    assert site.asked == []


def test_a_redirect_to_this_machine_is_not_followed(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page stands for one on the internet, by way of what counts as such."""
    site.redirect("/page", f"http://localhost:{site.port}/secret")
    site.put("/secret", "Nobody reads this.")
    monkeypatch.setattr("bot.fetching.addresses.is_public", lambda _: False)
    monkeypatch.setattr("bot.fetching.web.check_host", lambda _: None)

    assert "--allow-private" in fails(tmp_path, f"{site.url}/page", private=False)
    assert site.asked == ["/robots.txt", "/page"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),  # noqa: S104 - nobody listens
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::a00:1", False),
        ("fec0::1", False),
        ("::127.0.0.1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_addresses_of_the_internet_are_told_from_others(address: str, *, expected: bool) -> None:
    assert is_public(address) is expected


@pytest.mark.parametrize("url", ["https://user:word@example.org/", "http://[::1/", "https:///a"])
def test_addresses_that_are_none_are_refused(tmp_path: Path, url: str) -> None:
    async def get() -> None:
        async with Web.opened() as web:
            await web.get(url)

    with pytest.raises(FetchError):
        asyncio.run(get())


def test_a_page_that_is_no_document_is_left_out(site: Site, tmp_path: Path) -> None:
    site.pages["/film"] = Page(b"x", headers={"Content-Type": "video/mp4"})

    (told,) = fetched(tmp_path, [origin(f"{site.url}/film")])

    assert (told.outcome, told.detail) == ("left_out", "it is video/mp4, which is not read")


def test_an_encoding_that_only_the_server_tells_is_not_lost(site: Site, tmp_path: Path) -> None:
    """Servers that state Latin-1 send the marks of Windows, too."""
    said = "Fünf Übungen – “neu”"
    site.pages["/old"] = Page(
        said.encode("cp1252"), headers={"Content-Type": "text/plain; charset=latin-1"}
    )

    (told,) = fetched(tmp_path, [origin(f"{site.url}/old")])

    assert (tmp_path / told.detail).read_text(encoding="utf-8-sig") == said


def test_a_server_that_tells_no_sense_beside_a_page_loses_nothing(
    site: Site, tmp_path: Path
) -> None:
    """Headers may hold any byte."""
    odd = {"Content-Type": "text/html; charset=utf\xff8", "ETag": '"\x9b"', "Last-Modified": "\xff"}
    site.pages["/odd"] = Page(b"<p>The library opens at nine.</p>", headers=odd)
    site.put("/after", "It is closed on Monday.")
    origins = [origin(f"{site.url}/odd"), origin(f"{site.url}/after")]

    first, again = fetched(tmp_path, origins), fetched(tmp_path, origins)

    assert outcomes(first) == {"new": 2}
    assert outcomes(again) == {"unchanged": 2}


@pytest.mark.parametrize(
    ("url", "media_type", "expected"),
    [
        ("https://a.example", "text/html", "a.example/index.html"),
        ("https://a.example/b/c.html", "text/html", "a.example/b/c.html"),
        ("https://a.example/b/c.php", "text/html", "a.example/b/c.php.html"),
        ("https://a.example/v1.2/", "text/html", "a.example/v1.2.html"),
        ("https://a.example/notes.md", "text/plain", "a.example/notes.md"),
        ("https://a.example/%2e%2e/%2e%2e/etc", "text/html", "a.example/etc.html"),
        ("https://a.example/.git/x%2Fy%00z", "text/html", "a.example/git/x-y-z.html"),
        ("https://a.example/paper", "application/pdf", "a.example/paper.pdf"),
        ("https://a.example/fees.xls", "application/vnd.ms-excel", "a.example/fees.xls"),
        ("https://a.example/fees.csv", "application/vnd.ms-excel", "a.example/fees.csv"),
        ("https://a.example/fees.php", "application/vnd.ms-excel", "a.example/fees.php.xls"),
        ("https://a.example/a.tsv", "text/tab-separated-values", "a.example/a.tsv"),
        ("https://a.example/a.eml", "message/rfc822", "a.example/a.eml"),
        ("https://a.example/fees.pdf", "binary/octet-stream", "a.example/fees.pdf"),
    ],
)
def test_files_are_named_after_their_addresses(url: str, media_type: str, expected: str) -> None:
    ending = ending_of(url, media_type)

    assert ending is not None
    assert name_of(url, ending, ()) == expected
    assert name_of(url, ending, {expected}) != expected
    assert name_of(f"{url}?a=1", ending, ()) != name_of(f"{url}?a=2", ending, ())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("docs/api.md/fees.md", "docs/api.md/fees.md"),
        ("日" * 77 + ".md", "日" * 77 + ".md"),
        ("é" * 81 + ".md", "é" * 64 + "~b9b987ea.md"),
        ("𝒜" * 77 + ".md", "𝒜" * 50 + "~fbbe00e7.md"),
    ],
)
def test_files_of_a_repository_keep_their_names(path: str, expected: str) -> None:
    url = str(URL("https://a.example/town") / path)

    assert name_of(url, ".md", (), is_in_tree=True) == f"a.example/town/{expected}"


def test_what_is_written_beside_documents_is_checked(tmp_path: Path) -> None:
    (tmp_path / PROVENANCE_NAME).write_text(
        json.dumps({"origins": [{"kind": "page", "url": "javascript:alert(1)", "most": 1}]})
    )

    with pytest.raises(ProvenanceError, match="delete it and fetch again"):
        read_provenance(tmp_path)


def test_the_documents_of_a_repository_are_fetched(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = tmp_path / "repository"
    made = repository / "docs" / "fines.md"
    made.parent.mkdir(parents=True)
    (repository / "README.md").write_text("# Town\n")
    made.with_name("town.md").symlink_to("../README.md")
    # Both would have the same name.
    for name in ("c#.md", "late fees.md", "late-fees.md"):
        made.with_name(name).write_text(f"# {name}\n\nThe fee is 9 euros.\n")

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run([GIT, *who, "-C", str(repository), *arguments], check=True)

    git("init", "-q")
    for fine in (35, 36):
        made.write_text(f"# Fines\n\nThe fine for theft is {fine}.\n")
        git("add", ".")
        git("commit", "-qm", f"Fine {fine}")
    site.pages = _Repository(repository)  # type: ignore[assignment]

    asked = [origin(f"{site.url}/repository/.git", "git", "docs")]
    first, again = fetched(tmp_path / "to", asked), fetched(tmp_path / "to", None)

    assert (outcomes(first), outcomes(again)) == ({"new": 4}, {"unchanged": 4})
    names = ("c%23.md", "fines.md", "late%20fees.md", "late-fees.md")
    for one, name in zip(first, names, strict=True):
        assert one.url.endswith(f"docs/{name}")
        assert (tmp_path / "to" / one.detail).is_file()
    assert "theft is 36" in (tmp_path / "to" / first[1].detail).read_text()
    refused = fetched(tmp_path / "no", asked, private=False)
    assert [one.outcome for one in refused] == ["failed"]


@pytest.mark.parametrize(
    "told", [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGTERM)]
)
def test_what_is_cloned_goes_where_the_fetch_is_told_to_end(
    tmp_path: Path, told: tuple[signal.Signals, ...]
) -> None:
    cloning, held = tmp_path / "cloning", tmp_path / "held"
    programs, scratch = tmp_path / "programs", tmp_path / "scratch"
    programs.mkdir()
    scratch.mkdir()
    os.mkfifo(held)
    git = programs / "git"
    # What it starts holds the pipe open, too.
    git.write_text(f"#!/bin/sh\nexec 9> {held}\nsleep 999 &\ntouch {cloning}\nwait")
    git.chmod(0o755)
    asked = ("fetch", "--git", "https://127.0.0.1/town.git", "--allow-private")
    path = f"{programs}:{os.environ['PATH']}"
    pipe = os.open(held, os.O_RDONLY | os.O_NONBLOCK)
    fetching = Fork(
        "bot.cli.main:main",
        [*asked, "--seeds", str(tmp_path / "to")],
        (0, 1, 2),
        environment={**os.environ, "PATH": path, "TMPDIR": str(scratch)},
    )
    until(lambda: fetching.poll() is not None or cloning.exists())
    assert any(scratch.iterdir())
    for one in told:
        fetching.send_signal(one)

    assert fetching.wait(PATIENCE_S) == Exit.INTERRUPTED
    assert not any(scratch.iterdir())
    with os.fdopen(pipe, "rb") as ended:
        assert select.select([ended], [], [], PATIENCE_S)[0]


def test_git_ends_also_where_the_fetch_is_told_to_before_its_start_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine git runs for a while before."""
    started: list[subprocess.Popen[str]] = []

    class ToldMeanwhile(subprocess.Popen[str]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)
            signal.raise_signal(signal.SIGTERM)

    git = tmp_path / "git"
    git.write_text("#!/bin/sh\nexec sleep 999")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(subprocess, "Popen", ToldMeanwhile)
    origin = FetchOrigin(kind="git", url="https://127.0.0.1/town.git", most=9)
    with pytest.raises(KeyboardInterrupt), cloned(origin, allow_private=True):
        pass

    assert [one.returncode for one in started] == [-signal.SIGKILL]


def test_a_fetch_of_pages_ends_at_once_where_it_is_told_to(site: Site, tmp_path: Path) -> None:
    """Threads that look names up would hold it up: they can't be told."""
    site.pages["/slow"] = dripping
    fetching = Fork(
        "bot.cli.main:main",
        ["fetch", f"{site.url}/slow", "--allow-private", "--seeds", str(tmp_path / "to")],
        (0, 1, 2),
        environment=os.environ,
    )
    until(lambda: fetching.poll() is not None or "/slow" in site.asked)
    fetching.send_signal(signal.SIGTERM)

    assert fetching.wait(PATIENCE_S) == -signal.SIGTERM


class _Repository(dict[str, object]):
    """Every path, answered by git's own server."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def get(self, path: str, _default: object = None) -> object:
        where, _, query = path.partition("?")

        def answer(handler: BaseHTTPRequestHandler) -> None:
            length = int(handler.headers.get("Content-Length") or 0)
            environment = {
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self._folder.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": where,
                "QUERY_STRING": query,
                "REQUEST_METHOD": handler.command,
                "CONTENT_TYPE": handler.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(length),
                "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
                "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
            }
            said = subprocess.run(
                [GIT, "-c", "safe.directory=*", "http-backend"],
                env=environment,
                input=handler.rfile.read(length),
                capture_output=True,
                check=True,
            ).stdout
            head, _, body = said.partition(b"\r\n\r\n")
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            handler.send_response(int(fields.pop("Status", "200").split()[0]))
            for name, value in fields.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        return answer
