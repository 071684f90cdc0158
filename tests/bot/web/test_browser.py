"""
The page in a real browser: Debian's Chromium, driven by Playwright (`make test-browser`).

Pictures of what the tests saw are left in `build/browser/`, to be looked at.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest

from bot.serving.service import AnswerService
from tests.bot.conftest import ARTICLE
from tests.bot.web.conftest import MakeVisitor
from tests.conftest import ROOT, Library

pytestmark = pytest.mark.browser

PICTURES = ROOT / "build" / "browser"
QUESTION = "how many were counted for theft"
ASKED = f"/?q={QUESTION.replace(' ', '+')}"
PATHS = {
    "home": "/",
    "answer": ASKED,
    "follow-up": f"/?q=and+for+arson%3F&after={QUESTION.replace(' ', '+')}",
    "no-answer": "/?q=who+likes+tea",
    "refused": "/?q=%3F%3F",
    "document": "/d/long.md?start=9000&end=9020#place",
    "pdf": "/d/statutes.pdf?start=236&end=244#place",
    "documents": "/documents",
    "changes": "/changes",
    "kept-answer": "/a/",
    "not-found": "/nothing",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    assert chromium, "Install Debian's package chromium."
    with sync_playwright() as playwright:
        # Root has no sandbox; what is shown here is ours.
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def address(visit: MakeVisitor, library: Library, service: AnswerService) -> str:
    """A server with a long document, too, and a PDF."""
    pdf = ROOT / "tests/index/files/statutes.pdf"
    library.write("statutes.pdf", pdf.read_bytes())
    lines = "\n\n".join(f"Paragraph {n} of a long document, which goes on." for n in range(900))
    library.write("long.md", f"# A long document\n\n{lines}\n")
    library.build()
    service.refresh()
    return visit(seeds=library.documents, data=library.folder / "data").address


@pytest.fixture
def path_of(address: str, library: Library, service: AnswerService) -> Callable[[str], str]:
    """The path of a page by its name; a kept answer's is of one whose words were corrected."""

    def find(name: str) -> str:
        if name != "kept-answer":
            return PATHS[name]
        with urlopen(address + ASKED, timeout=60) as reply:  # noqa: S310 - our own server
            (path,) = re.findall(r'href="(/a/[0-9a-f]+)"', reply.read().decode())
        library.write("figures.txt", ARTICLE.replace("3,204 were", "3,205 were"))
        library.build()
        service.refresh()
        return str(path)

    return find


class Watch:
    """What a page asked for, and what it complained of."""

    def __init__(self, page: Any) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


def opened(browser: Any, **options: Any) -> Any:
    return browser.new_context(**options).new_page()


def picture(page: Any, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(PICTURES / f"{name}.png"))


def test_a_question_is_asked_and_read_by_keyboard_alone(browser: Any, address: str) -> None:
    page = opened(browser)
    watch = Watch(page)
    page.goto(address)

    page.keyboard.press("/")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("p.found")
    assert page.inner_text("p.found") == "3,204"
    page.focus(".source a")
    page.keyboard.press("Enter")
    page.wait_for_selector("mark#place")

    assert page.inner_text("mark#place") == "3,204"
    assert "figures.txt" in page.title()
    assert all(url.startswith(address) for url in watch.asked)
    assert watch.complaints == []


def test_a_long_document_opens_at_the_place(browser: Any, address: str) -> None:
    page = opened(browser, viewport={"width": 900, "height": 700})

    page.goto(address + PATHS["document"])

    box = page.locator("mark#place").bounding_box()
    assert 0 <= box["y"] <= 700 - box["height"]
    picture(page, "document")


def test_a_conversation_goes_on_and_back(browser: Any, address: str) -> None:
    page = opened(browser)
    page.goto(address + ASKED)

    page.fill("#q", "and for arson?")
    page.press("#q", "Enter")
    page.wait_for_selector(".turns")
    assert page.inner_text("p.found") == "812"
    assert QUESTION in page.inner_text(".turns")
    page.go_back()
    page.wait_for_selector("p.found")

    assert page.inner_text("p.found") == "3,204"
    assert page.is_enabled("form.ask button")
    page.click("text=New conversation")
    page.wait_for_selector(".welcome")


def test_it_works_without_javascript(browser: Any, address: str) -> None:
    page = opened(browser, java_script_enabled=False)
    page.goto(address)

    page.fill("#q", QUESTION)
    page.click("form.ask button")
    page.wait_for_selector("p.found")
    page.click(".source a")
    page.wait_for_selector("mark#place")

    assert page.inner_text(".text") == ARTICLE
    page.click("nav >> text=Documents")
    page.fill("#q", "long")
    page.press("#q", "Enter")
    page.wait_for_selector("text=1 document")


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(
    browser: Any, address: str, path_of: Callable[[str], str], name: str, scheme: str
) -> None:
    """No violation that axe-core finds, among them contrast, names and the order of headings."""
    from axe_playwright_python.sync_playwright import Axe

    page = opened(browser, color_scheme=scheme, viewport={"width": 900, "height": 800})
    watch = Watch(page)
    page.goto(address + path_of(name))
    if name in {"answer", "kept-answer", "changes"}:
        picture(page, f"{name}-{scheme}")

    found = Axe().run(page).response["violations"]

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    # Where a page is refused, the browser says its status.
    assert [text for text in watch.complaints if "status of 4" not in text] == []


@pytest.mark.parametrize("name", PATHS)
def test_nothing_is_cut_off_on_a_small_screen(
    browser: Any, address: str, path_of: Callable[[str], str], name: str
) -> None:
    page = opened(browser, viewport={"width": 320, "height": 640})

    page.goto(address + path_of(name))

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    small = page.evaluate(
        "[...document.querySelectorAll('button, input[type=search]')]"
        ".filter(one => one.getBoundingClientRect().height < 24).length"
    )
    assert small == 0
    picture(page, f"{name}-320")


def test_a_page_of_a_pdf_is_drawn_when_it_is_looked_at(browser: Any, address: str) -> None:
    page = opened(browser)
    watch = Watch(page)
    page.goto(address + PATHS["pdf"])
    assert not [url for url in watch.asked if "/picture/" in url]

    with page.expect_response("**/picture/**") as drawn:
        page.click("details.sheet summary")
    drawn.value.finished()

    assert drawn.value.status == 200
    page.evaluate("document.querySelector('.sheet img').decode()")
    assert page.evaluate("document.querySelector('.sheet img').naturalWidth") >= 1_000
    assert watch.complaints == []
    picture(page, "pdf")


def test_an_answer_is_linked_to_and_says_what_stands_there_now(
    browser: Any, address: str, library: Library, service: AnswerService
) -> None:
    page = opened(browser)
    watch = Watch(page)
    page.goto(address + ASKED)

    page.click("text=Link to this answer")
    page.wait_for_selector("text=All these words still stand in the documents today.")
    library.write("figures.txt", f"A correction. {ARTICLE.replace('3,204 were', '3,205 were')}")
    library.build()
    service.refresh()
    page.reload()

    assert page.inner_text("p.found") == "3,204"
    assert page.inner_text("blockquote.now mark") == "3,205"
    page.click("text=Most like them now")
    page.wait_for_selector("mark#place")
    assert page.inner_text("mark#place") == "For theft 3,205 were counted."
    page.click("nav >> text=Documents")
    page.click("text=What changed, and when")
    page.wait_for_selector("text=Changed")
    page.click("main >> text=figures.txt")
    page.wait_for_selector(".text")
    assert watch.complaints == []


def test_other_answers_open(browser: Any, address: str) -> None:
    page = opened(browser)
    page.goto(address + ASKED)

    page.click("summary")

    assert re.match(r"[1-9]\d* other answer", page.inner_text("summary"))
    assert page.locator("details mark").first.is_visible()
