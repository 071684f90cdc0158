"""The page of an answer that was given before."""

import re
import threading
import time
from difflib import SequenceMatcher

import pytest

from bot.serving.service import AnswerService
from bot.web import rendering
from tests import postgres
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.fakes import FixedAnswers, found, span
from tests.bot.web.conftest import MakeVisitor, Visitor
from tests.bot.web.test_api import QUESTION, TOKEN
from tests.bot.web.test_pages import HOSTILE, marked, page
from tests.conftest import Library

ASKED = f"/?q={QUESTION.replace(' ', '+')}"


def permalink(visitor: Visitor, path: str = ASKED) -> str:
    """The link to the answer on a page."""
    (link,) = re.findall(r'href="(/a/[0-9a-f]{32})"', visitor.get(path).text)
    return str(link)


def rewrite(library: Library, service: AnswerService, text: str | None) -> None:
    """Give the article another text, or none."""
    path = library.write("figures.txt", text or "")
    if text is None:
        library.write("other.txt", "Something else.")
        path.unlink()
    library.build()
    assert service.refresh()


def test_an_answer_that_still_stands_says_so(visitor: Visitor) -> None:
    link = permalink(visitor)

    reply = visitor.get(link)

    page(reply)
    assert reply.status == 200
    assert QUESTION in reply.text
    assert '<p class="found">812</p>' in reply.text
    assert "All these words still stand in the documents today." in reply.text
    # Asking again makes no second one.
    assert permalink(visitor) == link


def test_words_that_have_moved_still_stand_and_are_linked_to_where_they_are(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    link = permalink(visitor)

    rewrite(library, service, f"A line that was not there. {ARTICLE}")

    reply = visitor.get(link)
    assert "All these words still stand in the documents today." in reply.text
    place = page(reply).all("a", "href")
    (first,) = [href for href in place if href.startswith("/d/figures.txt?start=")][:1]
    shown = visitor.get(first.partition("#")[0])
    assert marked(shown) == ["812"]
    assert "has changed" not in shown.text


def test_an_item_stands_only_in_its_own_list(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    items = "- arson 812\n- theft 35\n"
    rewrite(library, service, f"We count:\n{items}")
    link = permalink(visitor)
    stands = "All these words still stand in the documents today."
    assert stands in visitor.get(link).text

    rewrite(library, service, f"We lend:\n- tents\n\nWe count:\n{items}")
    assert stands in visitor.get(link).text

    rewrite(library, service, f"We never count:\n{items}")
    shown = visitor.get(link).text
    assert "We count: - arson " in shown
    assert stands not in shown


def test_what_stands_there_now_is_told(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    link = permalink(visitor)

    rewrite(library, service, f"A correction. {ARTICLE.replace('812', '815')}")

    reply = visitor.get(link)
    page(reply)
    assert "The documents have changed since" in reply.text
    assert '<p class="found">812</p>' in reply.text
    assert "For arson <mark>815</mark> were counted." in reply.text
    (now,) = re.findall(r'href="([^"]+)">Most like them now', reply.text)
    assert marked(visitor.get(now.replace("&amp;", "&").partition("#")[0])) == [
        "For arson 815 were counted."
    ]


def test_others_are_answered_while_sentences_are_compared(
    visitor: Visitor,
    library: Library,
    service: AnswerService,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, end = threading.Event(), threading.Event()

    class Lasting(SequenceMatcher[str]):
        def get_opcodes(self) -> list[tuple[str, int, int, int, int]]:  # type: ignore[override]
            begun.set()
            assert end.wait(60)
            return super().get_opcodes()  # type: ignore[return-value]

    link = permalink(visitor)
    rewrite(library, service, ARTICLE.replace("812", "815"))
    monkeypatch.setattr(rendering, "SequenceMatcher", Lasting)

    asked = visitor.start(visitor.request("GET", link))
    assert begun.wait(60)

    assert visitor.get("/healthz").text == "alive\n"
    end.set()
    assert "<mark>815</mark>" in asked().text


def test_where_nothing_is_like_it_any_more_that_is_told(
    visitor: Visitor, library: Library, service: AnswerService
) -> None:
    link = permalink(visitor)
    rewrite(library, service, "Nothing of the kind is written here.")
    assert "do not stand there any more, nor anything like them." in visitor.get(link).text

    rewrite(library, service, None)

    gone = visitor.get(link)
    page(gone)
    assert "The document is not there any more." in gone.text
    assert 'href="/d/figures.txt' not in gone.text


def test_programs_get_the_id_and_the_link(visit: MakeVisitor) -> None:
    visitor = visit(public_url="https://quoth.example")

    answer = visitor.post("/v1/ask", {"question": QUESTION}).json

    assert answer["permalink"] == f"https://quoth.example/a/{answer['id']}"
    shown = visitor.get(f"/a/{answer['id']}")
    assert '<p class="found">812</p>' in shown.text
    kept = visitor.get(ASKED.replace("/?", "/answer.html?")).text
    assert f'href="https://quoth.example{permalink(visitor)}"' in kept


def test_where_none_are_kept_there_is_no_link(visit: MakeVisitor) -> None:
    visitor = visit(answers_kept_days=0, public_url="https://quoth.example")

    assert "/a/" not in visitor.get(ASKED).text
    answer = visitor.post("/v1/ask", {"question": QUESTION}).json
    assert (answer["id"], answer["permalink"]) == (None, None)


def test_a_hostile_answer_is_shown_as_text(visit: MakeVisitor) -> None:
    visitor = visit(FixedAnswers(found(span(HOSTILE), question=HOSTILE)))

    reply = visitor.get(permalink(visitor, "/?q=x"))

    page(reply)
    assert "<img" not in reply.text
    assert "<script>" not in reply.text


@pytest.mark.parametrize("answer_id", ["0" * 32, "0" * 31, "x", "..%2f..", "%00", "0" * 5_000, "'"])
def test_an_id_that_is_none_finds_nothing(visitor: Visitor, answer_id: str) -> None:
    permalink(visitor)

    reply = visitor.get(f"/a/{answer_id}")

    page(reply)
    assert reply.status == 404


def test_a_token_of_programs_opens_no_page_where_a_password_is_set(visit: MakeVisitor) -> None:
    visitor = visit(api_tokens=TOKEN, web_password="password-0123456789")
    shown = {"Authorization": f"Bearer {TOKEN}"}
    answer = visitor.post("/v1/ask", {"question": QUESTION}, headers=shown).json

    assert visitor.get(f"/a/{answer['id']}", headers=shown).status == 401


def test_a_link_is_told_to_wait_while_the_database_is_away(
    visit: MakeVisitor, postgres_database: str
) -> None:
    visitor = visit(database=postgres_database)
    path = permalink(visitor)

    with postgres.away(postgres_database):
        away = visitor.get(path)
        assert away.status == 503
        assert "Traceback" not in away.text
    deadline = time.monotonic() + 60
    while (back := visitor.get(path)).status == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert back.status == 200
