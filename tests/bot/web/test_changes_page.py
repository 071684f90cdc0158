"""The page that says what changed in the documents, and when."""

import re
from html import unescape

import pytest

from bot.serving.service import AnswerService
from bot.web import changes_page
from tests.bot.web.conftest import Visitor
from tests.bot.web.test_pages import HOSTILE, page
from tests.conftest import Library


def build(library: Library, service: AnswerService) -> None:
    library.build()
    assert service.refresh()


def test_what_is_new_changed_renamed_or_gone_is_told_with_its_date(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    library.write("a & b.txt", "For fraud 55 were counted.")
    library.write("passing.txt", "For nothing 5 were counted.")
    build(library, service)
    library.write("figures.txt", "For arson 813 were counted.")
    (library.documents / "a & b.txt").rename(library.documents / "c.txt")
    (library.documents / "passing.txt").unlink()
    build(library, service)

    reply = visitor.get("/changes")

    read = page(reply)
    parts = unescape(re.sub(r"\s*<[^>]+>\s*", "|", reply.text))
    dates = re.findall(r"<h2>(\d{4}-\d\d-\d\d \d\d:\d\d)</h2>", reply.text)
    assert len(dates) == 3
    newest, middle, first = (
        re.sub(r"\|+", "|", part) for part in re.split(r"\d{4}-\d\d-\d\d \d\d:\d\d", parts)[1:]
    )
    assert newest.startswith("|Changed|figures.txt|Renamed|c.txt|was a & b.txt|Gone|passing.txt|")
    assert middle.startswith("|New|a & b.txt|passing.txt|")
    assert first.startswith("|Indexed first: 1 document|")
    # What is not there any more has no page.
    links = {href for href in read.all("a", "href") if href.startswith("/d/")}
    assert links == {"/d/figures.txt", "/d/c.txt"}
    assert "/changes" in page(visitor.get("/documents")).all("a", "href")


def test_older_changes_are_on_further_pages(
    visitor: Visitor,
    library: Library,
    service: AnswerService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(changes_page, "SHOWN", 2)
    library.write(f"{HOSTILE.replace('/', '')}.txt", "Something else.")
    build(library, service)
    library.write("b.txt", "For fraud 55 were counted.")
    build(library, service)

    first = visitor.get("/changes")
    (earlier,) = re.findall(r'<a rel="next" href="([^"]+)"', first.text)
    last = visitor.get(unescape(earlier))

    page(first)
    page(last)
    assert "<img" not in first.text
    assert first.text.count("<h2>") == 2
    assert "Indexed first" in last.text
    assert 'rel="prev"' in last.text
    for start in ("x", "-1", "99999999999999999", ""):
        assert visitor.get(f"/changes?from={start}").status == 200
    beyond = visitor.get("/changes?from=90")
    assert "Nothing else is known to have changed" in beyond.text
    assert 'rel="prev" href="/changes?from=1"' in beyond.text
