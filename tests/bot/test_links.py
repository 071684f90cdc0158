"""Addresses of places in documents."""

from urllib.parse import parse_qs, unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from answering.answer import AnswerSpan
from bot.links import NO_LINKS, PLACE_ID, Links, mark_of, place_path

SPAN = AnswerSpan("notes/a b#1?.txt", "A", None, 5, 9, "four", "of four", 2, None, 0.9)


def test_a_place_has_an_address_that_a_server_and_a_browser_read() -> None:
    link = Links("https://quoth.example").to(SPAN)

    assert link is not None
    parts = urlsplit(link)
    assert (parts.netloc, unquote(parts.path)) == ("quoth.example", "/d/notes/a b#1?.txt")
    assert parse_qs(parts.query) == {"start": ["5"], "end": ["9"], "words": [mark_of("four")]}
    assert parts.fragment == PLACE_ID


def test_nothing_is_linked_that_nobody_serves() -> None:
    own = AnswerSpan("a.txt", "A", None, 5, 9, "four", "four", 5, None, 0.9, "server-1")

    assert NO_LINKS.to(SPAN) is None
    assert Links("https://quoth.example").to(own) is None


@given(st.text(alphabet=st.characters(exclude_characters="\x00"), min_size=1))
def test_every_name_is_one_path(name: str) -> None:
    parts = urlsplit(place_path(name, 0, 1))

    assert unquote(parts.path, errors="surrogateescape").removeprefix("/d/") == name
    assert parts.query == "start=0&end=1"
