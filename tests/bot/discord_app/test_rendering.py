"""Embeds, as Discord receives them."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answering.answer import NearestPassage
from answering.conflicts import MAX_VERSIONS
from bot.discord_app.rendering import (
    answer_embed,
    context_embeds,
    document_name,
    notice,
    others_embed,
    sources_embed,
    text_of,
    uptime,
)
from bot.links import Links
from bot.serving.service import DocumentLine, Surroundings
from index.formats.base import Place
from tests.bot.discord_app.fakes import found, span
from tests.discord_service.rules import check_message

SNAPSHOTS = Path(__file__).parent / "snapshots"
LINKS = Links("https://quoth.example")
_PASSAGE = NearestPassage("a.txt", "A", 0, 9, "Some text", None)
_HOSTILE = "@everyone **x** [y](https://z.example) ```\n# <@1> ||s|| " * 40


def context_of(around: Surroundings) -> discord.Embed:
    (embed,) = context_embeds([around])
    return embed


EMBEDS = {
    "answer": answer_embed(found(span())),
    "dated_page": answer_embed(
        found(replace(span(), dated=date(2025, 3, 1), place=Place(0, 900, "page", "4")))
    ),
    "titled": answer_embed(found(replace(span(), title="The *year*", document_id="Report_1.pdf"))),
    "under_heading": answer_embed(
        found(replace(span(), place=Place(0, 900, "heading", "Crimes_and *more*")))
    ),
    "list": answer_embed(
        replace(found(span("812"), span("3,204", "for theft ", ".")), kind="list")
    ),
    "disagreement": answer_embed(
        replace(
            found(
                replace(span("813"), dated=date(2026, 3, 1), title="Newer_figures"),
                replace(span("812"), dated=date(2025, 3, 1), place=Place(0, 900, "row", "7")),
            ),
            kind="disagreement",
        )
    ),
    "understood": answer_embed(
        replace(
            found(span(), question="and for arson?"), understood="how many *stole* and for arson?"
        )
    ),
    "doubtful": answer_embed(
        replace(found(span()), confidence=0.61, understood="how many stole and for arson?")
    ),
    "in_sentence": answer_embed(found(span(), question="is arson counted?")),
    "unsure": answer_embed(
        found(candidates=(span(), span("3,204", "for theft ", "."), span("77", "of 9 ", " left.")))
    ),
    "no_answer": answer_embed(found(nearest=(_PASSAGE,))),
    "goes_on": answer_embed(replace(found(nearest=(_PASSAGE,)), goes_on=True)),
    "nothing_near": answer_embed(found()),
    "hostile": answer_embed(
        found(span(_HOSTILE, _HOSTILE, _HOSTILE), question=f"{_HOSTILE}\u202e?")
    ),
    "context": context_of(Surroundings("A_title", "Before it ", "812", " and after.\n\nMore.")),
    "context_changed": context_of(Surroundings("A title", "", "812", "", document_changed=True)),
    "others": others_embed([span("77"), span("4,001", "of theft ", ".")]),
    "sources": sources_embed(
        [DocumentLine("a_b.txt", "A *title*", 2_434, "2025-03-01"), DocumentLine("c", "", 9, None)],
        0,
        1,
        2,
    ),
    "own_sources": sources_embed(
        [DocumentLine("Minutes.pdf", "Minutes of May", 9_000, None, is_own=True)], 0, 1, 2
    ),
    "no_sources": sources_embed([], 0, 1, 0),
}


@pytest.mark.parametrize("name", EMBEDS)
def test_an_embed_is_as_it_was_approved(name: str, request: pytest.FixtureRequest) -> None:
    """To approve a change, delete the file and run this test; it fails once and writes it."""
    path = SNAPSHOTS / f"{name}.json"
    shown = json.dumps(EMBEDS[name].to_dict(), indent=1, ensure_ascii=False) + "\n"
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(shown)
        pytest.fail(f"{path} was written; look at it and run again")

    assert shown == path.read_text()


@pytest.mark.parametrize("name", EMBEDS)
def test_discord_takes_every_embed(name: str) -> None:
    check_message({"embeds": [EMBEDS[name].to_dict()]})


ANY = st.text(alphabet=st.sampled_from("ab.*_`[]\\<@:\n \u200b😀"), min_size=1, max_size=3_000)


@given(ANY, ANY, ANY, st.text(min_size=1, max_size=300))
def test_discord_takes_whatever_a_document_holds(
    before: str, text: str, after: str, title: str
) -> None:
    shown = replace(span(f"x{text}", before, after), title=title)
    nearest = replace(_PASSAGE, text=f"x{text}", title=title)
    around = Surroundings(f"x{title}", before * 2, f"x{text}", after * 2, document_changed=True)

    for embed in (
        answer_embed(found(shown, question=f"x{before}")),
        answer_embed(found(shown, shown), LINKS),
        answer_embed(found(nearest=(nearest,), question=f"x{after}")),
        answer_embed(found(candidates=(shown,) * 3, question=f"x{after}")),
        context_of(around),
        others_embed([shown] * 4),
    ):
        check_message({"embeds": [embed.to_dict()]})
        check_message({"content": text_of(embed)})
    for count in range(1, MAX_VERSIONS + 1):
        check_message({"embeds": [one.to_dict() for one in context_embeds([around] * count)]})


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
    description = answer_embed(found(replace(span(), place=place))).description

    assert description is not None
    assert description.endswith(f"-# figures.txt · {said}")


def test_an_answer_links_to_its_place_in_the_common_documents() -> None:
    own = replace(span("77"), collection="server-1")
    long = replace(span("13"), document_id="ж" * 200)
    named = replace(span(), document_id="a (b)/ж_c>.txt")
    place = "(<https://quoth.example/d/a%20%28b%29/%D0%B6_c%3E.txt?start=100&end=103&words="

    for embed in (
        answer_embed(found(named), LINKS),
        answer_embed(found(nearest=(replace(_PASSAGE, document_id="figures.txt"),)), LINKS),
        others_embed([span("77")], LINKS),
    ):
        assert embed.description is not None
        assert embed.description.count("· [in the document](<https://quoth.example/d/") == 1
    assert place in str(answer_embed(found(named), LINKS).description)
    # Nobody serves what a server has added, and an address has an end.
    for other in (own, long):
        assert "quoth.example" not in str(answer_embed(found(other), LINKS).description)


def test_an_embed_as_text_leaves_out_what_would_not_fit() -> None:
    long = discord.Embed(title="Title", description="x" * 3_000).set_footer(text="Footer")

    assert text_of(long) == "**Title**\n\n-# Footer"
    long.description = "\n\n".join(["x" * 500] * 6)
    assert text_of(long) == "\n\n".join(["**Title**", *["x" * 500] * 3, "-# Footer"])
    room = 2_000 - len("**Title**\n\n\n\n-# Footer")
    long.description = f"{'x' * room}\n\ny"
    assert text_of(long) == f"**Title**\n\n{'x' * room}\n\n-# Footer"


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


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "0 min"), (3_661, "1 h 1 min"), (90_000, "1 d 1 h")],
)
def test_uptime_has_two_units(seconds: float, expected: str) -> None:
    assert uptime(seconds) == expected


def test_documents_that_could_not_be_read_are_named_and_the_others_counted() -> None:
    unread = [{"name": "a.pdf", "reason": "it holds no text"}]
    said = notice("built", done="Done.", documents=1, passages=4, unread=unread, more=3)

    assert said.splitlines() == [
        "Done. I now answer from 1 document of this server, 4 passages.",
        "**a.pdf** could not be read: it holds no text.",
        "3 other documents could not be read either.",
    ]
