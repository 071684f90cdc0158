"""`/documents add`: what becomes of a file that is added."""

import io
import zipfile
from pathlib import Path

import pytest

from index.provenance import PROVENANCE_NAME
from tests.bot.discord_app.documents.place import (
    MAX_BYTES,
    MAX_DOCUMENTS,
    NEWER,
    NOT_SAID,
    NOTE,
    OTHER,
    Place,
)
from tests.bot.fetching.site import serving
from tests.discord_service.world import MANAGE_GUILD, Upload, User


def test_an_added_document_is_answered_from_in_its_server_alone(place: Place) -> None:
    said = place.add(NOTE)

    assert said.startswith("Added **note.txt**. I now answer from 1 document of this server")
    assert place.answer("fraud") == "55"
    assert place.answer("arson") == "812"
    # Its title is its first line, which is no name.
    assert "**note.txt**\n-# added here" in place.sources()
    assert "For fraud" not in place.sources()
    other = place.elsewhere()
    direct = place.local.add_dm(User("ada"))
    for channel in (other.channel, direct):
        assert place.answer("fraud", channel) == NOT_SAID
        assert "For fraud" not in place.ask("fraud", channel).text
        assert "note.txt" not in place.sources(channel)
    assert other.offered("") == []
    assert "1 document, 1 passage" in place.status().partition("This server’s documents")[2]
    assert "This server’s documents** none" in other.status()


def test_a_document_of_the_same_name_is_replaced_and_that_is_said(place: Place) -> None:
    place.stock(NOTE)
    said = place.add(NEWER)

    assert "Replaced **note.txt**; there was a document of that name" in said
    assert "1 document of this server" in said
    assert place.answer("fraud") == "66"
    assert place.offered("") == ["note.txt"]


def test_a_server_has_so_many_documents_and_may_still_replace_one(place: Place) -> None:
    place.stock(*(Upload(f"{number}.txt", b"Some.") for number in range(MAX_DOCUMENTS)))

    assert "no more are allowed" in place.add(NOTE)
    assert "Replaced" in place.add(Upload("0.txt", b"For treason 66 were counted."))
    assert len(place.offered("")) == MAX_DOCUMENTS


def test_a_file_that_can_not_be_read_takes_no_place_of_the_next(place: Place) -> None:
    place.stock(*(Upload(f"{number}.txt", b"Some.") for number in range(MAX_DOCUMENTS - 1)))
    bad = Upload("bad.pdf", b"no PDF")
    said = place.done(place.change("add", file=bad, file2=NOTE, file3=OTHER))

    unread, full, added = said.splitlines()
    assert unread.startswith("**bad.pdf**: I can’t read that file")
    assert full.startswith("**other.txt**: This server has 3 documents")
    assert added.startswith("Added **note.txt**")


HOSTILE = {
    "../../../../etc/passwd.TXT": "passwd.txt",
    "..\\..\\.h\x00i\u202edden\x1b[31m.txt": "hidden[31m.txt",
    "@everyone **b** `c` [d](e)" + "x" * 300 + ".txt": "@everyone **b** `c` [d](e)"
    + "x" * 70
    + ".txt",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_becomes_a_name_in_the_servers_folder(place: Place, name: str) -> None:
    before = everything(place.folder, outside=place.own_folder())
    said = place.add(Upload(name, b"For fraud 55 were counted."))

    assert said.startswith("Added **")
    assert place.offered("") == [HOSTILE[name]]
    assert [path.name for path in (place.own_folder() / "documents").iterdir()] == [HOSTILE[name]]
    assert everything(place.folder, outside=place.own_folder()) == before
    assert "@everyone **" not in said
    assert place.answer("fraud") == "55"


def test_files_of_other_letters_keep_their_names_and_take_each_others_place_by_these(
    place: Place,
) -> None:
    """Discord leaves such letters out of the name of a file, so that two may have the same."""
    fees = Upload("_.txt", b"For fraud 55 were counted.", title="Прейскурант")
    rules = Upload("_.txt", b"For treason 66 were counted.", title="Правила")
    newer = Upload("__.txt", b"For fraud 77 were counted.", title="Прейскурант")

    assert place.add(fees).startswith("Added **Прейскурант.txt**")
    assert place.add(rules).startswith("Added **Правила.txt**")
    assert place.add(newer).startswith("Replaced **Прейскурант.txt**")
    assert place.offered("") == ["Правила.txt", "Прейскурант.txt"]
    assert place.answer("fraud") == "77"
    assert place.answer("treason") == "66"


def everything(folder: Path, outside: Path) -> set[str]:
    ignored = ("quoth.sqlite", "vectors")
    return {
        str(path)
        for path in folder.rglob("*")
        if not path.is_relative_to(outside) and not any(name in str(path) for name in ignored)
    }


def test_several_files_are_added_by_one_change_and_those_that_can_not_be_are_named(
    place: Place,
) -> None:
    bad = Upload("bad.pdf", b"no PDF")
    asked = place.change("add", file=NOTE, file2=Upload("note.exe", b"x"), file3=bad, file5=OTHER)
    said = place.done(asked)

    unknown, unread, added = said.splitlines()
    assert unknown.startswith("**note.exe**: I can’t read such a file")
    assert unread.startswith("**bad.pdf**: I can’t read that file: ")
    assert added.startswith(
        "Added **note.txt**. Added **other.txt**. I now answer from 2 documents of this server"
    )
    assert [place.answer(word) for word in ("fraud", "treason")] == ["55", "66"]
    assert sum("Added" in text and "…" not in text for text in asked.shown) == 1
    audit = place.local.slash(place.channel, place.moderator, "audit", permissions=MANAGE_GUILD)
    entries = place.local.answer_to(audit).text
    assert entries.count(f"<@{place.moderator.id}> added") == 2


def test_what_is_attached_to_messages_is_added_by_their_menu_one_after_the_other(
    place: Place,
) -> None:
    local = place.local
    first = local.say(place.channel, User("ada"), "the figures", attachments=[NOTE])
    second = local.say(place.channel, User("ada"), "and these", attachments=[OTHER])
    empty = local.say(place.channel, User("ada"), "nothing")
    asked = [
        local.menu(
            place.channel,
            place.moderator,
            "Add to documents",
            message,
            permissions=MANAGE_GUILD,
        )
        for message in (first, second, empty)
    ]

    assert place.done(asked[0]).startswith("Added **note.txt**")
    assert place.done(asked[1]).startswith("Added **other.txt**")
    assert "Nothing is attached" in place.done(asked[2])
    assert [place.answer(word) for word in ("fraud", "treason")] == ["55", "66"]


def test_an_archive_is_one_document_that_names_its_files(place: Place) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("minutes/fraud.txt", NOTE.content)
        package.writestr("minutes/treason.txt", OTHER.content)
    said = place.add(Upload("minutes.zip", written.getvalue()))

    assert "Added **minutes.zip**" in said
    answer = place.ask("treason")
    assert answer.title == "66"
    assert "minutes/treason.txt" in answer.text


def test_a_page_is_fetched_and_answers_link_to_it_until_it_is_removed(place: Place) -> None:
    with serving() as site:
        site.put("/a/fees", "For fraud 55 were counted.")
        site.put("/a-fees", "For treason 66 were counted.")
        url = f"{site.url}/a/fees"
        name = f"127.0.0.1-{site.port}-a-fees.html"
        provenance = place.own_folder() / "documents" / PROVENANCE_NAME

        assert f"0.0.1-{site.port}-a-fees.html**. I now" in place.done(place.change("add", url=url))
        answer = place.ask("fraud")
        assert (answer.title, url in answer.text) == ("55", True)
        # Another page that would have the same name leaves it alone, and the same one does not.
        assert "Added" in place.done(place.change("add", url=f"{site.url}/a-fees"))
        site.put("/a/fees", "For fraud 77 were counted.")
        assert "Replaced" in place.done(place.change("add", url=url))
        assert [place.answer(word) for word in ("fraud", "treason")] == ["77", "66"]
        place.done(place.change("remove", name=name))
        assert url not in provenance.read_text()
        # A file of that name is not from there.
        place.add(Upload(name, b"<p>For fraud 88 were counted.</p>"))
        assert url not in place.ask("fraud").text


def test_a_page_is_added_where_a_file_beside_it_that_was_refused_would_have_been_the_last(
    place: Place,
) -> None:
    place.stock(*(Upload(f"{number}.txt", b"Some.") for number in range(MAX_DOCUMENTS - 1)))
    with serving() as site:
        site.put("/fees", "For fraud 55 were counted.")
        broken = Upload("broken.docx", b"no document")
        said = place.done(place.change("add", file=broken, url=f"{site.url}/fees"))

    assert "Added" in said
    assert place.answer("fraud") == "55"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("http://localhost:{port}/page", "localhost is an address of this machine"),
        ("http://10.0.0.1/", "0.0.1 is an address of this machine or of a private network."),
        ("file:///etc/passwd", "it is no address to fetch"),
        ("http://127.0.0.1:{port}/film", "it is video/mp4, which is not read"),
        ("http://127.0.0.1:{port}/large", "it has more than 0 MB"),
        ("http://127.0.0.1:{port}/none", "the server says 404"),
        ("http://127.0.0.1:{port}/note", "I can’t read such a file"),
    ],
)
def test_a_page_that_can_not_be_had_is_refused_and_that_is_said(
    place: Place, path: str, reason: str
) -> None:
    with serving() as site:
        site.put("/film", "x", **{"Content-Type": "video/mp4"})
        site.put("/large", "x" * 2 * MAX_BYTES)
        site.put("/note", "x", **{"Content-Type": "text/markdown"})

        assert reason in place.done(place.change("add", url=path.format(port=site.port)))
        assert place.offered("") == []


def test_nothing_to_add_is_said(place: Place) -> None:
    asked = place.change("add")

    assert place.done(asked).startswith("Attach a file, or give the address of a page")
