"""`quoth fetch`: what it refuses, prints and ends with."""

import os
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli.fetch import command
from index.documents import list_documents
from index.provenance import PROVENANCE_NAME, read_provenance
from tests.bot.fetching.site import Site
from tests.forks import Fork
from tests.waiting import PATIENCE_S, until


def fetch(home: Path, *arguments: str) -> Result:
    folders = ("--seeds", str(home / "seeds"), "--data", str(home / "data"))
    return CliRunner().invoke(command, ["--delay=0", "--allow-private", *folders, *arguments])


@pytest.mark.parametrize("kind", [(), ("--sitemap",), ("--feed",), ("--git",)])
@pytest.mark.parametrize(
    "url",
    [
        "https://user:pass-word@{host}/page",
        "https://user:pass/word@{host}/page",
        "https://pass-word@{host}",
        "user:pass-word@{host}:page.git",
    ],
)
def test_a_password_is_refused_before_anything_is_stored_and_not_printed(
    site: Site, tmp_path: Path, url: str, kind: tuple[str, ...]
) -> None:
    result = fetch(tmp_path, *kind, url.format(host=f"127.0.0.1:{site.port}"))

    assert result.exit_code == 2
    assert "without a name or a password" in result.output
    assert "word@" not in result.output
    assert "pass-" not in result.output
    assert site.asked == []
    assert not list(tmp_path.rglob(PROVENANCE_NAME))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--sitemap", "--feed"), "only one of --sitemap and --feed"),
        (("--feed", "--git"), "only one of --feed and --git"),
        (("--under", "https://example.org/a"), "--under narrows a sitemap"),
        (("--forget", "--git"), "--forget takes addresses alone"),
    ],
)
def test_what_would_be_ignored_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    result = fetch(tmp_path, *arguments, "https://example.org/")

    assert result.exit_code == 2
    assert expected in result.output


@pytest.mark.parametrize("kind", [(), ("--sitemap",), ("--feed",), ("--git",)])
@pytest.mark.parametrize("url", ["http://a.example:99999/", "http://[bogus]/", "http://xn--ü.a/"])
def test_an_address_that_can_not_be_one_is_refused(
    tmp_path: Path, url: str, kind: tuple[str, ...]
) -> None:
    result = fetch(tmp_path, *kind, url)

    assert result.exit_code == 2
    assert "is no address to fetch" in result.output


def test_an_update_takes_nothing_that_it_would_ignore(tmp_path: Path) -> None:
    for arguments in (["--max=3"], ["--under=https://example.org/"], ["--sitemap"]):
        result = fetch(tmp_path, "--update", *arguments)

        assert result.exit_code == 2
        assert "leave --sitemap, --feed, --git, --under and --max out" in result.output


def test_where_a_site_may_have_more_pages_it_is_said(site: Site, tmp_path: Path) -> None:
    site.put("/a", "The library opens at nine.")
    site.put("/b", "It is closed on Monday.")
    site.sitemap("/sitemap.xml", ["/a", "/b"])

    some = fetch(tmp_path, "--sitemap", "--max=1", site.url)
    all_of_it = fetch(tmp_path, "--sitemap", "--max=3", site.url)

    said = "if there are more, a larger --max fetches them"
    assert [said in one.output for one in (some, all_of_it)] == [True, False]
    assert "Fetched: 1 new, 1 unchanged." in all_of_it.output


def test_one_fetch_at_a_time_writes_down_what_is_known(site: Site, tmp_path: Path) -> None:
    """A fetch that took minutes would otherwise undo what another one noted meanwhile."""
    goes_on = threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        goes_on.wait(PATIENCE_S)
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(b"<p>The library opens at nine.</p>")

    site.pages["/slow"] = waits
    site.put("/quick", "It is closed on Monday.")
    seeds = tmp_path / "seeds"
    folders = ["--seeds", str(seeds), "--data", str(tmp_path / "data")]
    options = ["--allow-private", "--delay=0", *folders]

    def start(path: str, said: Path) -> Fork:
        arguments = ["fetch", *options, f"{site.url}{path}"]
        with said.open("wb") as file:
            streams = (0, 1, file.fileno())
            return Fork("bot.cli.main:main", arguments, streams, environment=os.environ)

    slow = start("/slow", tmp_path / "slow.txt")
    until(lambda: "/slow" in site.asked)
    quick = start("/quick", tmp_path / "quick.txt")
    until(
        lambda: "waiting for it" in (tmp_path / "quick.txt").read_text() or quick.poll() is not None
    )
    goes_on.set()
    codes = [one.wait(PATIENCE_S) for one in (slow, quick)]

    known = read_provenance(seeds)
    assert codes == [0, 0]
    assert sorted(one.url for one in known.origins) == [f"{site.url}/quick", f"{site.url}/slow"]
    assert len(known.files) == 2
    assert list_documents(seeds).skipped == ()


def test_nothing_is_left_where_nothing_was_fetched(site: Site, tmp_path: Path) -> None:
    typo = fetch(tmp_path, f"{site.url}/typo")
    assert not (tmp_path / "seeds").exists()
    assert fetch(tmp_path, "--collection", "boats", f"{site.url}/typo").exit_code == 1
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "seeds").mkdir()
    told = [typo, fetch(tmp_path, f"{site.url}/typo"), fetch(tmp_path, "--update")]
    told.append(fetch(tmp_path, "--forget", f"{site.url}/typo"))

    assert [one.exit_code for one in told] == [1, 1, 1, 1]
    assert list((tmp_path / "seeds").iterdir()) == []


def test_what_failed_once_does_not_fail_every_update(site: Site, tmp_path: Path) -> None:
    site.put("/a", "The library opens at nine.")
    site.put("/b", "It is closed on Monday.")
    site.sitemap("/sitemap.xml", ["/a", "/b", "/missing"])

    first = fetch(tmp_path, "--sitemap", site.url)
    typo = fetch(tmp_path, f"{site.url}/typo", "http://nonesuch.invalid/")
    later = fetch(tmp_path, "--update")
    del site.pages["/b"]
    copied = fetch(tmp_path, "--update")
    del site.pages["/sitemap.xml"]
    gone = fetch(tmp_path, "--update")
    site.xml("/sitemap.xml", "<urlset><")
    broken = fetch(tmp_path, "--update")

    codes = [one.exit_code for one in (first, typo, later, copied, gone, broken)]
    assert codes == [1, 1, 0, 0, 0, 1]
    assert f"Fetching {site.url} (sitemap)." in later.output
    assert f"{site.url}/missing: the server says 404." in later.output
    assert "typo" not in later.output
    assert f"{site.url}/b: the server says 404; the copy from before is kept." in copied.output
    assert f"{site.url}/sitemap.xml: the server says 404." in gone.output
    assert "a.html" in gone.output.partition("Kept as they were")[2]


def test_what_is_forgotten_is_fetched_no_more_and_its_files_stay(
    site: Site, tmp_path: Path
) -> None:
    site.put("/a", "The library opens at nine.")
    site.sitemap("/sitemap.xml", ["/a"])
    fetch(tmp_path, "--sitemap", site.url)

    unknown = fetch(tmp_path, "--forget", f"{site.url}/a")
    forgotten = fetch(tmp_path, "--forget", site.url)
    after = fetch(tmp_path, "--update")

    assert unknown.exit_code == 1
    assert f"What is fetched again: {site.url}." in unknown.output
    assert f"Forgotten: {site.url} (sitemap)." in forgotten.output
    assert "stay in" in forgotten.output
    assert "nothing to fetch again" in after.output
    known = read_provenance(tmp_path / "seeds")
    assert known.origins == ()
    assert [(tmp_path / "seeds" / name).is_file() for name in known.files] == [True]


def test_of_a_collection_it_is_said_that_it_is_indexed_next(site: Site, tmp_path: Path) -> None:
    site.put("/a", "The library opens at nine.")

    base = fetch(tmp_path, f"{site.url}/a")
    typo = fetch(tmp_path, "--collection", "rules", f"{site.url}/typo")
    other = fetch(tmp_path, "--collection", "rules", f"{site.url}/a")
    again = fetch(tmp_path, "--collection", "rules", "--update")

    said = "quoth index --collection rules"
    assert [said in one.output for one in (base, typo, other, again)] == [False, False, True, False]
