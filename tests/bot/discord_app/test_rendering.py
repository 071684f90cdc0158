"""Cards, as Discord receives them."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.answer import Introduction, NearestPassage
from answering.conflicts import MAX_VERSIONS
from bot.discord_app.cards import MessageCard, layout
from bot.discord_app.list_cards import (
    ShownGap,
    digest_card,
    gaps_card,
    sources_card,
    taught_card,
)
from bot.discord_app.rendering import (
    answer_card,
    context_cards,
    document_name,
    notice,
    others_card,
    passages_card,
)
from bot.discord_app.stored_answers import AnswerContents, AnswerCounts
from bot.discord_app.taught import MessageAt, Taught
from bot.evaluation.gaps import Gap
from bot.links import Links
from bot.serving.scope_documents import DocumentLine, Surroundings
from index.formats.base import Place
from tests.bot.discord_app.fakes import found, span
from tests.discord_service.rules import check_layout
from tests.discord_service.world import Json

SNAPSHOTS = Path(__file__).parent / "snapshots"
CONSENT = "its author agreed 2026-01-01"
LINKS = Links("https://quoth.example")
_PASSAGE = NearestPassage("a.txt", "A", 0, 9, "Some text", None)
_HOSTILE = "@everyone **x** [y](https://z.example) ```\n# <@1> ||s|| " * 40


def sent(*parts: MessageCard | str) -> list[Json]:
    """What Discord is sent, which it takes."""
    components: list[Json] = layout(*parts).to_components()  # type: ignore[no-untyped-call]
    check_layout(components)
    return components


def context_of(around: Surroundings) -> MessageCard:
    (card,) = context_cards([around])
    return card


CARDS = {
    "answer": answer_card(found(span())),
    "dated_page": answer_card(
        found(replace(span(), dated=date(2025, 3, 1), place=Place(0, 900, "page", "4")))
    ),
    "titled": answer_card(found(replace(span(), title="The *year*", document_id="Report_1.pdf"))),
    "under_heading": answer_card(
        found(replace(span(), place=Place(0, 900, "heading", "Crimes_and *more*")))
    ),
    "list": answer_card(replace(found(span("812"), span("3,204", "for theft ", ".")), kind="list")),
    "conflict": answer_card(
        replace(
            found(
                replace(span("813"), dated=date(2026, 3, 1), title="Newer_figures"),
                replace(span("812"), dated=date(2025, 3, 1), place=Place(0, 900, "row", "7")),
            ),
            kind="conflict",
        )
    ),
    "understood": answer_card(
        replace(
            found(span(), question="and for arson?"), understood="how many *stole* and for arson?"
        )
    ),
    "doubtful": answer_card(
        replace(found(span()), confidence=0.61, understood="how many stole and for arson?")
    ),
    "in_sentence": answer_card(found(span(), question="is arson counted?")),
    "unsure": answer_card(
        found(candidates=(span(), span("3,204", "for theft ", "."), span("77", "of 9 ", " left.")))
    ),
    "no_answer": answer_card(found(nearest=(_PASSAGE,))),
    "goes_on": answer_card(replace(found(nearest=(_PASSAGE,)), goes_on=True)),
    "nothing_near": answer_card(found()),
    "hostile": answer_card(
        found(span(_HOSTILE, _HOSTILE, _HOSTILE), question=f"{_HOSTILE}\u202e?")
    ),
    "context": context_of(Surroundings("A_title", "Before it ", "812", " and after.\n\nMore.")),
    "context_changed": context_of(Surroundings("A title", "", "812", "", document_changed=True)),
    "others": others_card([span("77"), span("4,001", "of theft ", ".")]),
    "sources": sources_card(
        [DocumentLine("a_b.txt", "A *title*", 2_434, "2025-03-01"), DocumentLine("c", "", 9, None)],
        0,
        1,
        2,
    ),
    "own_sources": sources_card(
        [DocumentLine("Minutes.pdf", "Minutes of May", 9_000, None, is_own=True)], 0, 1, 2
    ),
    "no_sources": sources_card([], 0, 1, 0),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_is_as_it_was_approved(name: str, request: pytest.FixtureRequest) -> None:
    """To approve a change, delete the file and run this test; it fails once and writes it."""
    path = SNAPSHOTS / f"{name}.json"
    components = sent(CARDS[name])
    shown = json.dumps(components, indent=1, ensure_ascii=False) + "\n"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown)
        pytest.fail(f"{path} was written; look at it and run again")

    assert shown == path.read_text()


def test_where_items_of_a_list_stand_is_said_once_for_each_place() -> None:
    section = Place(0, 900, "heading", "What we count")
    items = [replace(span(text), place=section) for text in ("812", "77")]
    elsewhere = replace(span("4,001"), place=Place(900, 990, "heading", "What we don't"))

    shown = "".join(answer_card(replace(found(*items, elsewhere), kind="list")).texts)

    assert shown.count("What we count") == 1
    assert shown.index("77") < shown.index("What we count") < shown.index("4,001")
    assert shown.count("What we don't") == 1


def test_what_introduces_items_is_said_once_and_as_it_was_written() -> None:
    first, second = (
        replace(
            span(text, before="- ", after=""),
            quote_start_char=at,
            start_char=at + 2,
            end_char=at + 2 + len(text),
            introduction=Introduction("We *never* lend:", 10, is_above=at == 27),
        )
        for text, at in (("tents", 27), ("boats", 35))
    )

    listed = "".join(answer_card(replace(found(first, second), kind="list")).texts)
    alone = "".join(answer_card(found(second)).texts)

    assert "We \\*never\\* lend: - **tents**" in listed
    assert listed.count("lend:") == 1
    assert "We \\*never\\* lend: … - **boats**" in alone


def test_a_heading_that_is_the_title_is_not_said_again() -> None:
    titled = replace(span(), document_id="figures.md")
    under_title = Place(0, 900, "heading", titled.title)
    attached = replace(under_title, within="figures.zip")

    plain, told = (
        "".join(answer_card(found(replace(titled, place=place))).texts)
        for place in (under_title, attached)
    )

    assert plain.count(titled.title) == 1
    assert "figures.zip" in told


ANY = st.text(alphabet=st.sampled_from("ab.*_`[]\\<@:\n \u200b😀"), min_size=1, max_size=3_000)


@given(ANY, ANY, ANY, st.text(min_size=1, max_size=300))
def test_discord_takes_whatever_a_document_holds(
    before: str, text: str, after: str, title: str
) -> None:
    shown = replace(span(f"x{text}", before, after), title=title)
    nearest = replace(_PASSAGE, text=f"x{text}", title=title)
    around = Surroundings(f"x{title}", before * 2, f"x{text}", after * 2, document_changed=True)

    above, below = notice("conversation_forgotten"), notice("mention_me")
    for card in (
        answer_card(replace(found(shown, question=f"x{before}"), understood=f"x{after}")),
        answer_card(found(shown, shown), LINKS),
        answer_card(replace(found(shown, shown), kind="conflict"), LINKS),
        answer_card(found(nearest=(nearest,), question=f"x{after}")),
        answer_card(found(candidates=(shown,) * 3, question=f"x{after}")),
        context_of(around),
        others_card([shown] * 4),
    ):
        sent(above, card, below)
    for count in range(1, MAX_VERSIONS + 1):
        sent(*context_cards([around] * count))


def test_a_card_of_passages_without_any_is_its_title_alone() -> None:
    assert passages_card(AnswerContents((), (), ())).texts == ("### What the documents have",)


@given(ANY, st.text(min_size=1, max_size=300), st.text(min_size=1, max_size=300))
def test_a_page_of_a_list_holds_whatever_its_items_are_called(
    text: str, title: str, name: str
) -> None:
    passage = replace(_PASSAGE, text=f"x{text}", title=title, document_id=f"x{name}")
    gap = Gap(99, 99, {"unanswered": 33, "unsure": 33, "wrong": 33}, text, (text, text), passage)
    asked = AnswerCounts(1_000, 1_000, 1.0)
    line = DocumentLine(f"x{name}", title, 2**40, "2025-03-01", is_own=True)
    lesson = Taught(MessageAt(*[2**63] * 3), name, f"x{text}", date.max, "", CONSENT, 0.0)
    for card in (
        sources_card([line] * 10, 9, 99, 999),
        gaps_card([ShownGap(gap, False)] * 3, 0, 9, 14),
        digest_card([ShownGap(gap, False)] * 3, asked, 99, "week until 2026-01-01"),
        taught_card([lesson] * 10, 9, 99, 999),
    ):
        sent(card)


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (Place(0, 900, "slide", "Fees", 0, 7), "slide 7, “Fees”"),
        (Place(0, 900, "slide", "", 0, 7), "slide 7"),
        (Place(0, 900, "sheet", "Fees", 0, 7), "sheet “Fees”, row 7"),
        (Place(0, 900, "message", "Fees", 0, 7), "message 7, “Fees”"),
        (Place(0, 900, "time", "0:01:05"), "at 0\\:01:05"),
        (Place(0, 900, "file", "b.txt"), "in b.txt"),
        (Place(0, 900, "page", "7", within="b_c.pdf"), "in b\\_c.pdf · page 7"),
    ],
)
def test_an_answer_says_where_in_its_document_it_stands(place: Place, said: str) -> None:
    *_, sentence, _ = answer_card(found(replace(span(), place=place))).texts

    assert sentence.endswith(f"-# figures.txt · {said}")


def test_an_answer_links_to_its_place_in_the_common_documents() -> None:
    own = replace(span("77"), collection="server-1")
    long = replace(span("13"), document_id="ж" * 200)
    named = replace(span(), document_id="a (b)/ж_c>.txt")
    place = "(<https://quoth.example/d/a%20%28b%29/%D0%B6_c%3E.txt?start=100&end=103&words="

    for card in (
        answer_card(found(named), LINKS),
        answer_card(found(nearest=(replace(_PASSAGE, document_id="figures.txt"),)), LINKS),
        others_card([span("77")], LINKS),
    ):
        assert str(card.texts).count("· [in the document](<https://quoth.example/d/") == 1
    assert place in str(answer_card(found(named), LINKS).texts)
    # Nobody serves what a server has added, and an address has an end.
    for other in (own, long):
        assert "quoth.example" not in str(answer_card(found(other), LINKS).texts)


@pytest.mark.parametrize(
    ("title", "document_id", "expected"),
    [
        ("Minutes of May", "2024/minutes.pdf", "“Minutes of May” (2024/minutes.pdf)"),
        ("2024-05-05", "notes/2024-05-05.txt", "notes/2024-05-05.txt"),
        ("", "page.html", "page.html"),
        ("page.html", "page.html", "page.html"),
    ],
)
def test_a_document_is_called_by_its_title_and_its_file(
    title: str, document_id: str, expected: str
) -> None:
    """A plain text has no title but its first line, which is no name."""
    assert document_name(title, document_id) == expected


def test_documents_that_could_not_be_read_are_named_and_the_others_counted() -> None:
    unread = [{"name": "a.pdf", "reason": "it holds no text"}]
    said = notice("built", done="Done.", documents=1, passages=4, unread=unread, more=3)

    assert said.splitlines() == [
        "Done. I now answer from 1 document of this server, 4 passages.",
        "**a.pdf** could not be read: it holds no text.",
        "3 other documents could not be read either.",
    ]
