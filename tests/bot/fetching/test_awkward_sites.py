"""Sites that answer in ways that are allowed, or nearly, and easy to overlook."""

import gzip
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.fetching.web import Limits
from index.provenance import PROVENANCE_NAME, read_provenance
from tests.bot.fetching.site import Page, Site
from tests.bot.fetching.test_fetching import NAME, fails, fetched, origin, outcomes

HTML = {"Content-Type": "text/html"}
PACKED = HTML | {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    "paths",
    [
        ("/a.html", "/a.html/print"),
        ("/a.html/print", "/a.html"),
        ("/" + quote("日" * 79), "/" + quote("日" * 79) + "?page=2", "/" + quote("𝒜" * 80)),
    ],
)
def test_no_name_of_a_file_stands_in_the_way_of_others(
    site: Site, tmp_path: Path, paths: tuple[str, ...]
) -> None:
    for path in paths:
        site.put(path, f"This is what {path} says.")
    asked = [origin(f"{site.url}{path}") for path in paths]

    first, again = fetched(tmp_path, asked), fetched(tmp_path, None)

    assert outcomes(first) == {"new": len(paths)}
    assert outcomes(again) == {"unchanged": len(paths)}
    assert len({one.detail for one in first}) == len(list(tmp_path.rglob("*.html")))


def test_a_sitemap_that_fails_takes_no_other_away_and_is_named(site: Site, tmp_path: Path) -> None:
    site.put("/a", "The library opens at nine.")
    site.sitemap("/good.xml", ["/a"])
    damaged = bytearray(gzip.compress(b"<urlset></urlset>" * 1_000))
    damaged[20:] = b"\xff" * 50
    site.pages["/damaged.xml.gz"] = Page(bytes(damaged))
    named = ("missing.xml", "damaged.xml.gz", "good.xml")
    parts = "".join(f"<sitemap><loc>{site.url}/{name}</loc></sitemap>" for name in named)
    site.xml("/sitemap.xml", f"<sitemapindex>{parts}</sitemapindex>")
    asked = [origin(site.url, "sitemap")]

    first, again = fetched(tmp_path, asked), fetched(tmp_path, None)
    del site.pages["/sitemap.xml"]
    (gone,) = fetched(tmp_path, None)

    for told, last in ((first, "new"), (again, "unchanged")):
        assert [(one.outcome, one.url, one.was_fetched) for one in told[:2]] == [
            ("gone", f"{site.url}/missing.xml", False),
            ("failed", f"{site.url}/damaged.xml.gz", False),
        ]
        assert [one.outcome for one in told[2:]] == [last]
    assert (gone.outcome, gone.url) == ("gone", f"{site.url}/sitemap.xml")
    assert (gone.was_fetched, gone.has_copy) == (True, False)


@pytest.mark.parametrize(
    "day", ["99999999999999999999 10:00:00", "2024 10:00:00 +99999999999999999999"]
)
def test_a_day_that_there_is_not_leaves_the_page(site: Site, tmp_path: Path, day: str) -> None:
    site.put("/news", "The library opens at nine.")
    item = f"<item><link>/news</link><pubDate>Tue, 05 Mar {day}</pubDate></item>"
    site.xml("/feed", f"<rss><channel>{item}</channel></rss>")

    (told,) = fetched(tmp_path, [origin(f"{site.url}/feed", "feed")])

    assert read_provenance(tmp_path).files[told.detail].dated is None


@pytest.mark.parametrize("charset", ["undefined", "punycode", "unicode_escape", "utf-7"])
def test_an_encoding_that_none_writes_in_ends_nothing(
    site: Site, tmp_path: Path, charset: str
) -> None:
    content = rb"<p>The library opens at nine. +2AA- \ud800</p>"
    headers = {"Content-Type": f"text/html; charset={charset}"}
    site.pages["/odd"] = Page(content, headers=headers)

    (told,) = fetched(tmp_path, [origin(f"{site.url}/odd")])

    assert (tmp_path / told.detail).read_bytes() == content


def test_what_has_no_content_is_no_document(site: Site, tmp_path: Path) -> None:
    site.pages["/empty.html"] = Page(headers=HTML)
    site.pages["/unasked.html"] = Page(status=304)
    site.put("/page", "The library opens at nine.")
    (page,) = fetched(tmp_path / "kept", [origin(f"{site.url}/page")])
    site.pages["/page"] = Page(headers=HTML)

    (again,) = fetched(tmp_path / "kept", None)
    (empty,) = fetched(tmp_path / "no", [origin(f"{site.url}/empty.html")])

    assert fails(tmp_path / "no", f"{site.url}/unasked.html") == "the server says 304"
    for one in (empty, again):
        assert (one.outcome, one.detail) == ("left_out", "it is empty")
    assert "at nine" in (tmp_path / "kept" / page.detail).read_text()


def test_a_file_is_not_overwritten_by_another_kind_of_page(site: Site, tmp_path: Path) -> None:
    def pdf() -> None:
        headers = {"Content-Type": "application/pdf"}
        site.pages["/fees"] = Page(b"%PDF-1.4", headers=headers)

    pdf()
    (first,) = fetched(tmp_path, [origin(f"{site.url}/fees")])
    site.put("/fees", "Please sign in.")
    (kept,) = fetched(tmp_path, None)
    pdf()
    (back,) = fetched(tmp_path, None)
    site.put("/fees", "The fee is nine euros.")
    (tmp_path / first.detail).unlink()
    (new,) = fetched(tmp_path, None)

    name = NAME.format(port=site.port, path="fees")
    assert (first.outcome, first.detail) == ("new", f"{name}.pdf")
    assert (kept.outcome, back.outcome) == ("left_out", "unchanged")
    assert f"it is now text/html, which is not what {name}.pdf holds" in kept.detail
    assert (new.outcome, new.detail) == ("new", f"{name}.html")
    assert list(read_provenance(tmp_path).files) == [new.detail]


@pytest.mark.parametrize(
    ("path", "before", "now"),
    [
        ("page", "text/html", "application/xhtml+xml"),
        ("page", "application/xhtml+xml", "text/html"),
        ("page.htm", "text/plain", "text/html"),
        ("page.htm", "text/html", "text/plain"),
        ("notes", "text/plain", "text/markdown"),
        ("notes", "text/markdown", "text/plain"),
        ("notes.mdx", "text/plain", "text/markdown"),
        ("notes.asciidoc", "text/plain", "text/asciidoc"),
        ("notes.txt", "text/plain", "text/markdown"),
        ("table.tsv", "text/plain", "text/csv"),
    ],
)
def test_a_file_is_updated_whatever_its_media_type_is_called(
    site: Site, tmp_path: Path, path: str, before: str, now: str
) -> None:
    site.pages[f"/{path}"] = Page(b"It opens at nine.", headers={"Content-Type": before})
    (first,) = fetched(tmp_path, [origin(f"{site.url}/{path}")])
    site.pages[f"/{path}"] = Page(b"It opens at ten.", headers={"Content-Type": now})

    (again,) = fetched(tmp_path, None)

    assert (again.outcome, again.detail) == ("changed", first.detail)
    assert (tmp_path / first.detail).read_bytes() == b"It opens at ten."


def test_a_part_of_a_page_is_the_same_page(site: Site, tmp_path: Path) -> None:
    site.put("/page", "The library opens at nine.")
    site.redirect("/short", "/page#hours")
    asked = [origin(f"{site.url}/{path}") for path in ("page#fees", "page", "short")]

    told = fetched(tmp_path, asked)

    assert outcomes(told) == {"new": 1, "same": 2}
    (known,) = read_provenance(tmp_path).files.values()
    assert known.source == f"{site.url}/page"


def test_an_address_that_can_not_be_written_down_is_refused_when_it_is_led_to(
    site: Site, tmp_path: Path
) -> None:
    long = f"/long?{'a' * 2_000}"
    site.redirect("/page", long)
    site.put(long, "It is closed on Monday.")
    site.put("/after", "The library opens at nine.")

    told = fetched(tmp_path, [origin(f"{site.url}/{path}") for path in ("page", "after")])

    assert [one.outcome for one in told] == ["failed", "new"]
    assert told[0].detail.startswith("its address is too long")


def test_all_parts_of_what_is_packed_are_read_and_nothing_behind_them(
    site: Site, tmp_path: Path
) -> None:
    parts = gzip.compress(b"<p>The library opens at nine.</p>") + gzip.compress(b"<p>Or ten.</p>")
    site.pages["/parts"] = Page(parts, headers=PACKED)
    site.pages["/trailing"] = Page(parts + b"\0" * 3_000_000, headers=PACKED)
    limits = Limits(delay_s=0, time_s=20, bytes=100_000)

    told = fetched(
        tmp_path, [origin(f"{site.url}/{path}") for path in ("parts", "trailing")], limits
    )

    for one in told:
        said = (tmp_path / one.detail).read_text()
        assert said == "<p>The library opens at nine.</p><p>Or ten.</p>"


def test_of_a_long_robots_txt_the_beginning_counts(site: Site, tmp_path: Path) -> None:
    rules = b"User-agent: *\nDisallow: /private\n" + b"# and so on\n" * 100_000
    site.pages["/robots.txt"] = Page(rules)
    site.put("/private", "Nobody reads this.")
    site.put("/page", "The library opens at nine.")

    assert fails(tmp_path, f"{site.url}/private") == "robots.txt of its server forbids it"
    assert outcomes(fetched(tmp_path, [origin(f"{site.url}/page")])) == {"new": 1}


def test_a_robots_txt_that_begins_with_a_byte_order_mark_is_obeyed(
    site: Site, tmp_path: Path
) -> None:
    """As editors of Windows save it."""
    site.pages["/robots.txt"] = Page(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /private\r\n")
    site.put("/private", "Nobody reads this.")

    assert fails(tmp_path, f"{site.url}/private") == "robots.txt of its server forbids it"


def test_a_page_that_is_here_as_it_is_there_is_known_again(site: Site, tmp_path: Path) -> None:
    """What was known of it was deleted, as is advised where that can't be used."""
    site.put("/fees", "The fee is 35 marks.")
    site.put("/hours", "The library opens at nine.")
    asked = [origin(f"{site.url}/fees"), origin(f"{site.url}/hours")]
    fees, _ = fetched(tmp_path, asked)
    (tmp_path / PROVENANCE_NAME).unlink()
    site.put("/hours", "The library opens at ten.")

    again = fetched(tmp_path, asked)
    site.put("/fees", "The fee is 40 marks.")
    (later,) = fetched(tmp_path, asked[:1])

    assert [one.outcome for one in again] == ["unchanged", "edited"]
    assert later.outcome == "changed"
    assert "40 marks" in (tmp_path / fees.detail).read_text()


def test_a_page_with_a_long_header_is_fetched(site: Site, tmp_path: Path) -> None:
    """Some sites' policies name hundreds of others."""
    policy = "default-src " + " ".join(f"https://{number}.example" for number in range(1_000))
    site.put("/page", "The library opens at nine.", **{"Content-Security-Policy": policy})

    assert outcomes(fetched(tmp_path, [origin(f"{site.url}/page")])) == {"new": 1}


def test_a_sitemap_may_be_named_by_its_path(site: Site, tmp_path: Path) -> None:
    site.pages["/robots.txt"] = Page(b"Sitemap: /pages.xml")
    site.sitemap("/pages.xml", ["/page"])
    site.put("/page", "The library opens at nine.")

    assert outcomes(fetched(tmp_path, [origin(site.url, "sitemap")])) == {"new": 1}
