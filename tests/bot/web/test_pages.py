"""The page, as a browser is given it."""

import re
import socket
import time
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from answering.answer import NearestPassage
from answering.question import Question
from bot.links import Links
from bot.serving.served_documents import Stretch
from bot.serving.service import AnswerService
from bot.web.guards import HEADERS
from bot.web.pages import BEFORE_CHARS, LISTED, MAX_EARLIER, TEXT_CHARS
from bot.web.rendering import segments
from index.formats.base import Place
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.fakes import BrokenAnswers, FixedAnswers, GatedAnswers, found, span
from tests.bot.web.conftest import MakeVisitor, Reply, Visitor
from tests.bot.web.test_api import wait_until_asked
from tests.conftest import ROOT, Library

HOSTILE = '<script>alert(1)</script> & "quotes" \'><img src=x onerror=alert(2)> {{ 7 * 7 }}'
# What a page may hold at all; the rest would need more than the policy allows.
_VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """A page's elements and its text; fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.elements.append((tag, values))
        self.ids += [str(values["id"])] if "id" in values else []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str, name: str) -> list[str]:
        """One attribute of all elements of a kind that have it."""
        return [
            str(values[name]) for kind, values in self.elements if kind == tag and name in values
        ]


def page(reply: Reply) -> Page:
    """A page that is safe to look at, whatever is on it."""
    read = Page(reply.text)
    for tag, values in read.elements:
        assert tag not in {"iframe", "object", "embed", "base", "style"}
        assert not [name for name in values if name.startswith("on") or name == "style"]
        for name in ("src", "href", "action"):
            if name in values:
                assert re.match(r"/(?!/)|#", str(values[name])), values
    assert len(read.all("script", "src")) == sum(tag == "script" for tag, _ in read.elements)
    for name, value in HEADERS.items():
        assert reply.headers[name] == value
    return read


def marked(reply: Reply) -> list[str]:
    return [unescape(text) for text in re.findall(r"<mark[^>]*>(.*?)</mark>", reply.text, re.S)]


def text_of(reply: Reply) -> str:
    """The document on a page."""
    (inner,) = re.findall(r'<div class="text">(.*?)</div>', reply.text, re.S)
    return unescape(re.sub(r"<[^>]+>", "", inner))


def test_a_question_is_answered_in_its_sentence(visitor: Visitor) -> None:
    reply = visitor.get("/?q=how+many+for+arson")

    read = page(reply)
    assert reply.status == 200
    assert '<p class="found">812</p>' in reply.text
    assert marked(reply)[0] == "812"
    (place,) = [href for href in read.all("a", "href") if href.startswith("/d/figures.txt")][:1]
    shown = visitor.get(place.partition("#")[0])
    assert marked(shown) == ["812"]
    assert 'id="place"' in shown.text
    assert text_of(shown) == ARTICLE


def test_the_first_page_asks(visitor: Visitor) -> None:
    for path in ("/", "/?q=", "/?q=+"):
        reply = visitor.get(path)
        read = page(reply)
        assert "in 1 document," in reply.text
        assert read.all("input", "name") == ["q"]
        assert "for" in dict(read.elements)["label"]


def test_a_follow_up_carries_what_was_asked_before(visitor: Visitor) -> None:
    first = visitor.get("/?q=how+many+were+counted+for+theft")
    (carried,) = re.findall(r'name="after" value="([^"]*)"', first.text)
    assert carried == "how many were counted for theft"

    second = visitor.get(f"/?q=and+for+arson%3F&after={quote(carried)}")

    assert '<p class="found">812</p>' in second.text
    assert "Understood as: how many were counted for theft and for arson?" in second.text
    before = [href for href in page(second).all("a", "href") if href.startswith("/?q=how")]
    assert before == ["/?q=how+many+were+counted+for+theft"]
    assert re.findall(r'name="after" value="([^"]*)"', second.text) == [carried, "and for arson?"]


def test_a_conversation_does_not_grow_for_ever(visitor: Visitor) -> None:
    path = "/?q=how+many+for+arson" + "".join(f"&after=for+theft+{n}" for n in range(20))

    reply = visitor.get(path)

    carried = re.findall(r'name="after" value="([^"]*)"', reply.text)
    assert carried == [*(f"for theft {n}" for n in range(16, 20)), "how many for arson"]
    assert len(carried) == MAX_EARLIER


def test_what_the_documents_do_not_say_is_said_with_the_nearest_passages(
    visit: MakeVisitor,
) -> None:
    near = NearestPassage("a b.txt", "A", 3, 9, HOSTILE, None)
    visitor = visit(FixedAnswers(found(nearest=(near,))))

    reply = visitor.get("/?q=who+likes+tea")

    read = page(reply)
    assert "The documents don’t say" in reply.text
    assert "Nearest passage" in reply.text
    assert unescape(reply.text).count(HOSTILE) == 1
    assert [href for href in read.all("a", "href") if href.startswith("/d/a%20b.txt?start=3")]


def test_a_question_that_goes_on_from_nothing_is_to_be_asked_in_full(visitor: Visitor) -> None:
    reply = visitor.get("/?q=and+in+May%3F")

    page(reply)
    assert "This goes on from a question that is not here: ask it in full" in reply.text
    assert visitor.post("/v1/ask", {"question": "and in May?"}).json["goes_on"]


def test_where_quoth_is_not_sure_the_page_says_so(visit: MakeVisitor) -> None:
    visitor = visit(FixedAnswers(found(candidates=(span(), replace(span(), document_id="b.txt")))))

    reply = visitor.get("/?q=how+many")

    page(reply)
    assert "I am not sure; it may be here" in reply.text
    assert marked(reply) == ["812", "812"]
    assert 'class="found"' not in reply.text


def test_lists_and_documents_that_disagree_are_told_apart(visit: MakeVisitor) -> None:
    spans = (span(), replace(span("813"), document_id="b.txt"))
    both = found(*spans)

    listed = visit(FixedAnswers(replace(both, kind="list", is_partial=True))).get("/?q=which")
    disagreeing = visit(FixedAnswers(replace(both, kind="conflict"))).get("/?q=how+many")

    assert "2 found; there may be more" in listed.text
    assert "The documents disagree" in disagreeing.text
    for reply in (listed, disagreeing):
        page(reply)
        assert "<li>812</li><li>813</li>" in reply.text


def test_a_doubtful_answer_is_marked_as_such(visit: MakeVisitor) -> None:
    doubtful = visit(FixedAnswers(found(replace(span(), confidence=0.6))))
    sure = visit(FixedAnswers(found(replace(span(), confidence=0.999))))

    assert "Doubtful: read the sentence below." in doubtful.get("/?q=how+many").text
    reply = sure.get("/?q=how+many")
    assert "Doubtful" not in reply.text
    assert "over 99 % likely" in reply.text


def test_other_answers_are_there_and_those_as_good_as_none_are_not(visit: MakeVisitor) -> None:
    others = (
        replace(span("4,001"), document_id="b.txt", confidence=0.2),
        replace(span("77"), document_id="c.txt", confidence=0.001),
    )
    visitor = visit(FixedAnswers(found(span(), alternatives=others)))

    reply = visitor.get("/?q=how+many")

    assert "1 other answer<" in reply.text
    assert marked(reply) == ["812", "4,001"]


def test_small_talk_gets_a_kind_word(visitor: Visitor) -> None:
    reply = visitor.get("/?q=thanks")

    page(reply)
    assert reply.status == 200
    assert 'role="status"' in reply.text
    assert 'class="quote' not in reply.text


@pytest.mark.parametrize(
    ("query", "words"),
    [("%3F%3F", "The question is empty"), ("why+" * 1_500, "at most 4,000 are read")],
)
def test_a_question_that_cannot_be_asked_is_explained_and_kept(
    visitor: Visitor, query: str, words: str
) -> None:
    reply = visitor.get(f"/?q={query}&after=for+theft")

    read = page(reply)
    assert reply.status == 400
    assert words in reply.text
    assert read.all("input", "value")[0].strip()
    assert 'name="after" value="for theft"' in reply.text


def test_a_busy_server_says_so_on_the_page(visit: MakeVisitor) -> None:
    gated = GatedAnswers()
    visitor = visit(gated, workers=1, max_waiting=0)
    first = visitor.start(visitor.request("GET", "/?q=one"))
    wait_until_asked(visitor)

    reply = visitor.get("/?q=two")

    page(reply)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "2")
    assert "Too many questions are waiting" in reply.text
    gated.gate.set()
    assert first().status == 200


def test_a_failure_is_told_and_tells_nothing_else(
    visit: MakeVisitor, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = visit(BrokenAnswers())

    shown, described = visitor.get("/?q=one"), visitor.post("/v1/ask", {"question": "one"})

    page(shown)
    assert (shown.status, described.status) == (500, 500)
    assert described.json["code"] == "failed"
    for reply in (shown, described):
        assert "the reader broke" not in reply.text
    assert "the reader broke" in caplog.text


@pytest.mark.parametrize(
    "sent",
    [
        # A browser encodes such an address; other programs send it as it is.
        "GET /?q=who+hid+the+café HTTP/1.1\r\nHost: localhost\r\n\r\n",
        f"GET /?q=the+café+{'a' * 70_000} HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer café\x01\r\n\r\n",
    ],
)
def test_a_request_that_cannot_be_read_is_refused_and_not_logged(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, sent: str
) -> None:
    address = urlsplit(visitor.address)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(sent.encode())
        said = connection.recv(100)

    assert b" 400 " in said
    assert not caplog.records


@pytest.mark.parametrize("question", [HOSTILE, "\x1b[31mred\u202e", "a" * 3_999, "\x00", "%s{}"])
def test_a_question_is_shown_as_text(visitor: Visitor, question: str) -> None:
    reply = visitor.get("/", params={"q": question, "after": question})

    page(reply)
    assert "\x1b" not in reply.text
    assert "\u202e" not in reply.text
    assert "<img" not in reply.text


def test_a_document_with_scripts_in_it_is_shown_as_text(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    name = "<b>&'\"#?\n.txt"
    library.write(name, f"{HOSTILE}\n\nFor fraud 55 were counted. {HOSTILE}\n")
    library.build()
    service.refresh()

    replies = [
        visitor.get(f"/d/{quote(name)}?start=3&end=9"),
        visitor.get("/documents"),
        visitor.get("/?q=how+many+for+fraud"),
        visitor.get("/documents", params={"name": HOSTILE}),
    ]

    for reply in replies:
        page(reply)
        assert reply.status == 200
        assert "<script>" not in reply.text
        assert "<img" not in reply.text
    assert text_of(replies[0]).strip() == f"{HOSTILE}\n\nFor fraud 55 were counted. {HOSTILE}"
    assert marked(replies[2])[0] == "55"


def test_a_link_tells_when_other_words_stand_at_its_place(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    answer = service.answer(Question("how many for arson"), (), 0, None)
    link = str(Links("").to(answer.spans[0])).partition("#")[0]
    assert "has changed" not in visitor.get(link).text

    library.write("figures.txt", f"Corrected. {ARTICLE}")
    library.build()
    service.refresh()

    changed = visitor.get(link)
    page(changed)
    assert "The document has changed since this link was made." in changed.text


def test_a_long_document_is_read_in_stretches(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    text = "".join(f"Line {n} of many.\n" for n in range(9_000)).strip()
    library.write("long.txt", text)
    library.build()
    service.refresh()

    read: list[str] = []
    path = "/d/long.txt"
    while path and len(read) < len(text) / TEXT_CHARS + 1:
        reply = visitor.get(path)
        page(reply)
        read.append(text_of(reply))
        later = re.findall(r'<a rel="next" href="([^"]+)"', reply.text)
        path = unescape(later[0]) if later else ""
    assert "".join(read) == text
    assert len(read) == -(-len(text) // TEXT_CHARS)
    middle = visitor.get("/d/long.txt?start=100000&end=100010")
    assert marked(middle) == [text[100_000:100_010]]
    begin = 100_000 - BEFORE_CHARS
    assert text_of(middle) == text[begin : begin + TEXT_CHARS]


@pytest.mark.parametrize(
    "query",
    [
        "start=5&end=5",
        "start=9&end=5",
        "start=-1&end=5",
        "start=x&end=y",
        "start=1_0&end=20",
        "start=999999999&end=9999999999",
        f"start={'9' * 5_000}&end={'9' * 5_000}",
        "from=99999999999999999999",
        "start=0&end=1&words=%00",
    ],
)
def test_a_place_that_is_none_shows_the_document(visitor: Visitor, query: str) -> None:
    reply = visitor.get(f"/d/figures.txt?{query}")

    page(reply)
    assert reply.status == 200
    assert ARTICLE.startswith(text_of(reply)[:10])


@pytest.mark.parametrize(
    "path",
    [
        "/d/gone.txt",
        "/d/..%2f..%2fetc%2fpasswd",
        "/d/%2e%2e/%2e%2e/etc/passwd",
        "/d//etc/passwd",
        "/d/figures.txt/",
        "/d/%ff%00",
        "/static/../pages.py",
        "/static/x/style.css",
        "/nothing",
    ],
)
def test_what_is_not_there_is_not_found(visitor: Visitor, path: str) -> None:
    reply = visitor.get(path)

    page(reply)
    assert reply.status == 404
    assert "<h1>Not found</h1>" in reply.text
    assert "root:" not in reply.text


def test_headings_pages_and_rows_are_told(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    library.write("notes.md", "# Fees\n\nThe fee is 8 francs.\n")
    library.write("rooms.csv", "Room,Seats\nWest,87\nEast,40\n")
    library.build()
    service.refresh()

    assert "<strong>Fees</strong>" in visitor.get("/d/notes.md").text
    rows = visitor.get("/d/rooms.csv").text
    assert re.findall(r'<span class="label">(.*?)</span>', rows) == ["row 2", "row 3"]


def test_a_document_of_headings_alone_is_shown_as_soon_as_another() -> None:
    """Not each piece beside each heading: the page would take the square of their number."""

    def seconds(count: int) -> float:
        lines = [f"{number:05}" for number in range(count)]
        text = "\n".join(lines)
        places = tuple(Place(6 * at, 6 * at + 6, "heading", line) for at, line in enumerate(lines))
        piece = Stretch("base", "a.md", "A", None, "", "", text, 0, len(text), None, places)
        began = time.process_time()
        shown = segments(piece)
        taken = time.process_time() - began
        assert [one.text for one in shown if one.is_heading] == lines
        assert "".join(one.text for one in shown) == text
        return taken

    # Linear time grows tenfold, and the square a hundredfold.
    assert min(seconds(4_000) for _ in range(2)) <= 40 * seconds(400)


def test_documents_are_found_by_a_part_of_their_name(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    for number in range(LISTED + 5):
        library.write(f"notes/{number:03}.txt", f"Note {number}.")
    library.build()
    service.refresh()

    everything = visitor.get("/documents")
    (later,) = re.findall(r'<a rel="next" href="([^"]+)"', everything.text)
    rest = visitor.get(unescape(later))

    names = [
        href
        for reply in (everything, rest)
        for href in page(reply).all("a", "href")
        if href.startswith("/d/")
    ]
    assert len(names) == len(set(names)) == LISTED + 6
    assert "1–100 of 106 documents" in everything.text
    found_one = visitor.get("/documents?name=NOTES%2F007")
    assert [href for href in page(found_one).all("a", "href") if "/d/" in href] == [
        "/d/notes/007.txt"
    ]
    assert "No document has “zebra”" in visitor.get("/documents?name=zebra").text
    beyond = visitor.get("/documents?from=700")
    assert "There are only 106 documents." in beyond.text
    assert 'rel="prev" href="/documents?name=&amp;from=6"' in beyond.text


def test_an_answer_can_be_kept_as_one_page(visitor: Visitor) -> None:
    reply = visitor.get("/answer.html?q=how+many+for+arson")

    assert reply.headers["Content-Disposition"].startswith("attachment")
    kept = Page(reply.text)
    assert not [
        values
        for tag, values in kept.elements
        if tag in {"script", "img", "link", "a"} or "src" in values or "href" in values
    ]
    assert "http" not in reply.text.replace("http-equiv", "")
    assert "<style>" in reply.text
    assert marked(reply)[0] == "812"
    # All of it, so that no dots stand for more.
    assert text_of(reply) == ARTICLE


def test_the_files_of_the_page_are_kept_by_browsers(visitor: Visitor) -> None:
    read = Page(visitor.get("/").text)
    paths = [*read.all("link", "href"), *read.all("script", "src")]

    assert len(paths) == 3
    for path in paths:
        reply = visitor.get(path)
        assert reply.status == 200
        assert "immutable" in reply.headers["Cache-Control"]
        assert "http" not in reply.text.replace("http://www.w3.org/2000/svg", "")
    assert visitor.get("/favicon.ico").headers["Location"] in paths
    assert visitor.get("/").headers["Cache-Control"] == "no-store"


def test_a_page_of_a_pdf_is_shown_as_it_looks(
    visit: MakeVisitor,
    library: Library,
    service: AnswerService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = library.write("statutes.pdf", (ROOT / "tests/index/files/statutes.pdf").read_bytes())
    library.build()
    service.refresh()
    visitor = visit(seeds=library.documents, data=library.folder / "data")
    text = text_of(visitor.get("/d/statutes.pdf"))
    start = text.replace("page 1", "", 1).index("35 marks")

    shown = visitor.get(f"/d/statutes.pdf?start={start}&end={start + 8}")
    (path,) = page(shown).all("img", "src")
    picture = visitor.do(visitor.fetch(path))

    assert "Page 1 as it looks" in shown.text
    assert marked(shown) == ["35 marks"]
    documents = visitor.site.documents
    piece = documents.piece

    def scanned(*arguments: Any, **options: Any) -> Stretch:
        found = piece(*arguments, **options)
        assert found.place is not None
        return replace(found, place=replace(found.place, kind="scan"))

    monkeypatch.setattr(documents, "piece", scanned)
    scan = visitor.get(f"/d/statutes.pdf?start={start}&end={start + 8}")
    assert "page 1, read by OCR" in scan.text
    assert "Page 1 as it looks" in scan.text
    monkeypatch.undo()
    assert picture[:4] == b"\x89PNG"
    file.write_bytes(b"another file by now")
    changed = visitor.get(path)
    assert (changed.status, "has changed since it was indexed" in changed.text) == (404, True)
    for other in ("figures.txt", "gone.pdf", "..%2fdata%2fquoth.sqlite", "%2fetc%2fpasswd"):
        assert visitor.get(f"/picture/{other}?start=0&end=5").status == 404
    # As on a machine that answers without the documents.
    library.documents.rename(library.documents.with_name("elsewhere"))
    gone = visitor.get(path)
    assert (gone.status, "No such file" in gone.text) == (404, True)
    assert str(library.folder) not in gone.text
