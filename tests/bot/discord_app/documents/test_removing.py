"""`/documents remove`, and the names that it offers."""

import sqlite3
from contextlib import closing

import pytest

from tests.bot.discord_app.documents.place import NOT_SAID, NOTE, OTHER, Place
from tests.discord_service.world import User


def test_a_removed_document_is_gone_and_the_rest_stays(place: Place) -> None:
    place.stock(NOTE, OTHER)
    assert place.offered("NOT") == ["note.txt"]
    before = [place.ask(word) for word in ("fraud", "treason")]
    said = place.done(place.change("remove", name="note.txt"))

    assert "Removed **note.txt**" in said
    assert place.answer("fraud") == NOT_SAID
    assert place.answer("treason") == "66"
    assert place.answer("arson") == "812"
    assert place.offered("") == ["other.txt"]
    contexts = [
        place.local.answer_to(place.local.press(answer, User("bob"), "Context"))
        for answer in before
    ]
    assert "was removed" in contexts[0].content
    assert "**66**" in contexts[1].text
    assert "no earlier index" in place.done(place.change("rollback"))
    with closing(sqlite3.connect(place.folder / "data" / "quoth.sqlite")) as connection:
        server = place.own_folder().name.removeprefix("server-")
        here = "SELECT found FROM answers WHERE server = ?"
        kept = connection.execute(here, (server,)).fetchall()
    assert len(kept) > 1
    assert "For fraud" not in str(kept)
    files = [path for path in place.own_folder().rglob("*") if path.is_file()]
    assert [path for path in files if b"note.txt" in path.read_bytes()] == []
    place.done(place.change("remove", name="other.txt"))
    assert place.answer("arson") == "812"
    assert "no documents of its own now" in place.done(place.change("rebuild"))
    assert "no documents of its own" in place.done(place.elsewhere().change("rebuild"))


@pytest.mark.parametrize(
    "name",
    ["figures.txt", "../documents/note.txt", "/etc/passwd", "", "..", "no\x00te.txt", "**x**"],
)
def test_a_name_that_is_no_document_of_the_server_removes_nothing(place: Place, name: str) -> None:
    place.stock(NOTE)
    said = place.done(place.change("remove", name=name))

    assert "has no document" in said
    assert "**x**" not in said.replace("****x****", "")
    assert place.answer("fraud") == "55"
    assert place.answer("arson") == "812"


def test_an_offer_has_at_most_25_names(place: Place) -> None:
    documents = place.own_folder() / "documents"
    documents.mkdir(parents=True)
    for number in range(40):
        (documents / f"{number:02}.txt").write_text("An operator's.")
    (documents / ("n" * 150 + ".txt")).write_text("Its name is no choice.")

    assert place.offered("") == [f"{number:02}.txt" for number in range(25)]
    assert place.offered("39") == ["39.txt"]
    assert place.offered("nnn") == []
