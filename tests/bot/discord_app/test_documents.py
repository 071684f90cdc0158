"""A server's own documents, changed over real sockets in the bot's own process."""

import os
import signal
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bot.discord_app.building import BUILD_NICENESS
from index.encoder_files import DEFAULT_ENCODER
from tests.bot.discord_app.conftest import ARTICLE
from tests.bot.discord_app.process import Process
from tests.conftest import FakeEncoder, Library
from tests.discord_service import LocalDiscord
from tests.discord_service.service import TOKEN
from tests.discord_service.world import (
    MANAGE_GUILD,
    MANAGE_MESSAGES,
    Channel,
    Interaction,
    Message,
    Upload,
    User,
)

MAX_BYTES = 20_000
MAX_DOCUMENTS = 3
NOTE = Upload("note.txt", b"For fraud 55 were counted.")
NEWER = Upload("note.txt", b"For fraud 66 were counted.")
OTHER = Upload("other.txt", b"For treason 66 were counted.")


@dataclass
class Place:
    """A running bot, and a server whose moderator changes its documents."""

    local: LocalDiscord
    process: Process
    folder: Path
    channel: Channel
    moderator: User

    def elsewhere(self) -> "Place":
        """Another server with the same bot."""
        return Place(
            self.local,
            self.process,
            self.folder,
            new_channel(self.local),
            User("another moderator"),
        )

    def change(self, command: str, /, **options: Any) -> Interaction:
        return self.local.slash(
            self.channel,
            self.moderator,
            f"documents {command}",
            permissions=MANAGE_GUILD,
            **options,
        )

    def add(self, upload: Upload) -> str:
        return self.done(self.change("add", file=upload))

    def stock(self, *uploads: Upload) -> None:
        """Have documents in the server's collection, without the commands that add them."""
        encoder = FakeEncoder(name=DEFAULT_ENCODER)
        own = Library(self.folder, encoder, name=self.own_folder().name)
        for upload in uploads:
            own.write(upload.name, upload.content)
        own.build()

    def done(self, asked: Interaction) -> str:
        """The last word about a change."""

        def is_over() -> bool:
            said = asked.response.content if asked.answered and asked.response else ""
            return bool(said) and not said.rstrip().endswith("…")

        self.local.wait_for(is_over, f"the end of a change: {self.process.logged}")
        assert asked.response is not None
        assert asked.is_private
        return asked.response.content

    def ask(self, word: str, channel: Channel | None = None) -> Message:
        asked = self.local.slash(
            channel or self.channel, User("ada"), "ask", question=f"how many for {word}"
        )
        return self.local.answer_to(asked)

    def answer(self, word: str, channel: Channel | None = None) -> str:
        title: str = self.ask(word, channel).embeds[0]["title"]
        return title

    def sources(self, channel: Channel | None = None) -> str:
        asked = self.local.slash(channel or self.channel, User("ada"), "sources")
        text: str = self.local.answer_to(asked).embeds[0]["description"]
        return text

    def offered(self, typed: str, *, permissions: int = MANAGE_GUILD) -> list[str]:
        return self.local.complete(
            self.channel,
            self.moderator,
            "documents remove",
            "name",
            typed,
            permissions=permissions,
        )

    def status(self) -> str:
        asked = self.local.slash(self.channel, self.moderator, "status", permissions=MANAGE_GUILD)
        text: str = self.local.answer_to(asked).embeds[0]["description"]
        return text

    def own_folder(self) -> Path:
        name = self.status().rpartition("collection `")[2].partition("`")[0]
        return self.folder / "data" / "collections" / name


NOT_SAID = "The documents don’t say"


def new_channel(local: LocalDiscord) -> Channel:
    guild = local.add_guild()
    channel = local.add_channel(guild)
    local.join(guild)
    return channel


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, ...]]:
    """One bot in a process of its own, for all tests that don't end it."""
    folder = tmp_path_factory.mktemp("documents")
    local = LocalDiscord()
    local.start()
    process = start(local, folder)
    yield local, process, folder
    process.kill()
    local.stop()
    # What members add is called in no line of the log, nor is what stands in it.
    for word in ("note.txt", "fraud", "treason", "secret", "hidden", "Traceback"):
        assert word not in process.logged


def start(local: LocalDiscord, folder: Path, **settings: str) -> Process:
    library = Library(folder)
    library.write("figures.txt", ARTICLE)
    library.build()
    (folder / "open").touch()
    limits = {
        "QUOTH_MAX_DOCUMENT_BYTES": str(MAX_BYTES),
        "QUOTH_MAX_DOCUMENTS": str(MAX_DOCUMENTS),
        "QUOTH_DOCUMENT_TYPES": "txt, .docx,PDF,html",
        "QUOTH_COOLDOWN_QUESTIONS": "100000",
    }
    arguments = ("--data", str(folder / "data"))
    process = Process(local, arguments, library=folder, settings=limits | settings)
    process.until_ready()
    return process


@pytest.fixture
def place(shared: tuple[Any, ...]) -> Iterator[Place]:
    local, process, folder = shared
    problems = len(local.problems)
    yield Place(local, process, folder, new_channel(local), User("moderator"))
    assert local.problems[problems:] == []
    assert local.late == []


def test_an_added_document_is_answered_from_in_its_server_alone(place: Place) -> None:
    said = place.add(NOTE)

    assert said.startswith("Added **note.txt**. I now answer from 1 document of this server")
    assert place.answer("fraud") == "55"
    assert place.answer("arson") == "812"
    assert "**note.txt**" not in place.sources()  # its title is its first line
    assert "note.txt · added here" in place.sources()
    other = place.elsewhere()
    direct = place.local.add_dm(User("ada"))
    for channel in (other.channel, direct):
        assert place.answer("fraud", channel) == NOT_SAID
        assert "fraud" not in place.ask("fraud", channel).embeds[0]["description"]
        assert "note.txt" not in place.sources(channel)
    assert other.offered("") == []
    assert "1 document, 1 passage" in place.status().partition("This server’s documents")[2]
    assert "This server’s documents** none" in other.status()


def words(message: Message) -> str:
    """What a message says, without ids, times and the question."""
    shown = [(embed["title"], embed["description"]) for embed in message.embeds]
    return f"{message.content} {shown}"


def test_the_context_of_an_own_document_is_shown_in_its_server_alone(place: Place) -> None:
    place.stock(NOTE)
    answer = place.ask("fraud")
    ids = [item["custom_id"] for row in answer.components for item in row["components"]]
    shown = place.local.answer_to(place.local.press(answer, User("bob"), "Context"))
    assert "For fraud **55**" in shown.embeds[0]["description"]
    direct = place.local.add_dm(User("bob"))
    for channel in (place.elsewhere().channel, direct):
        forged = Message(channel, place.local.bot, "", components=answer.components)
        for custom_id in ids:
            pressed = place.local.press_id(
                forged, User("bob"), custom_id, permissions=MANAGE_MESSAGES
            )
            if ":follow:" in custom_id or ":wrong:" in custom_id:
                place.local.form_of(pressed)
                told = place.local.submit(pressed, User("bob"), "how many for fraud")
                text = words(place.local.answer_to(told))
                assert NOT_SAID in text or "no longer have" in text
            elif ":delete:" not in custom_id:
                text = words(place.local.answer_to(pressed))
                assert "no longer have" in text
            assert "fraud" not in text


def test_a_forged_page_shows_the_documents_of_where_it_is_pressed(place: Place) -> None:
    place.stock(NOTE)
    other = place.elsewhere()
    page = place.local.answer_to(place.local.slash(other.channel, User("bob"), "sources"))
    place.local.press_id(page, User("bob"), "quoth:page:later:0")

    place.ask("arson")
    assert "note.txt" not in repr(page.embeds)


def test_a_document_of_the_same_name_is_replaced_and_that_is_said(place: Place) -> None:
    place.stock(NOTE)
    said = place.add(NEWER)

    assert "Replaced **note.txt**; there was a document of that name" in said
    assert "1 document of this server" in said
    assert place.answer("fraud") == "66"
    assert place.offered("") == ["note.txt"]


def test_a_removed_document_is_gone_and_the_rest_stays(place: Place) -> None:
    place.stock(NOTE, OTHER)
    assert place.offered("NOT") == ["note.txt"]
    said = place.done(place.change("remove", name="note.txt"))

    assert "Removed **note.txt**" in said
    assert place.answer("fraud") == NOT_SAID
    assert place.answer("treason") == "66"
    assert place.answer("arson") == "812"
    assert place.offered("") == ["other.txt"]
    place.done(place.change("remove", name="other.txt"))
    assert place.answer("arson") == "812"
    assert "from 0 documents" in place.done(place.change("rebuild"))
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


def test_a_rebuild_tells_how_far_it_is(place: Place) -> None:
    place.stock(NOTE)
    hold = place.folder / "hold-build"
    hold.touch()
    try:
        asked = place.change("rebuild")
        place.local.wait_for(
            lambda: any("Indexing: 0 of 1 passage" in text for text in asked.shown), "progress"
        )
        # Meanwhile the old index answers, and nothing else is changed.
        assert place.answer("fraud") == "55"
        assert "being changed already" in place.add(NOTE)
    finally:
        hold.unlink()

    said = place.done(asked)
    assert said.startswith("Indexed everything again. I now answer from 1 document")
    assert place.answer("fraud") == "55"


def test_a_rollback_goes_back_to_the_documents_before(place: Place) -> None:
    assert "nothing before" in place.done(place.change("rollback"))
    place.stock(NOTE)
    assert "nothing before" in place.done(place.change("rollback"))
    place.stock(NEWER)
    said = place.done(place.change("rollback"))

    assert "I answer from 1 document as they were <t:" in said
    assert place.answer("fraud") == "55"
    assert "held since a rollback" in place.status()
    place.done(place.change("rebuild"))
    assert place.answer("fraud") == "66"
    assert "held" not in place.status()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("add", {"file": NOTE}),
        ("remove", {"name": "note.txt"}),
        ("rebuild", {}),
        ("rollback", {}),
    ],
)
def test_members_without_the_right_change_nothing(
    place: Place, name: str, options: dict[str, Any]
) -> None:
    place.stock(NOTE)
    place.stock(NEWER)
    asked = place.local.slash(
        place.channel, User("bob"), f"documents {name}", permissions=MANAGE_MESSAGES, **options
    )

    assert "Only members who may manage" in place.local.answer_to(asked).content
    assert place.answer("fraud") == "66"
    assert place.offered("", permissions=0) == []
    direct = place.local.slash(
        place.local.add_dm(User("bob")), User("bob"), f"documents {name}", **options
    )
    assert "only in a server" in place.local.answer_to(direct).content


def test_discord_shows_the_commands_to_managers_in_servers(place: Place) -> None:
    (command,) = [c for c in place.local.commands if c["name"] == "documents"]

    assert command["default_member_permissions"] == MANAGE_GUILD
    assert command["dm_permission"] is False
    assert [option["name"] for option in command["options"]] == [
        "add",
        "remove",
        "rebuild",
        "rollback",
    ]


def bomb() -> bytes:
    """A .docx whose text swells to more than a process may have."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b"<w:document>" + b" " * 10_000_000)
    return content.getvalue()


LYING = {
    "too large, and says so": (Upload("a.txt", b"x" * (MAX_BYTES + 1)), "too large"),
    "too large, and says it is small": (
        Upload("a.txt", b"For fraud 55. " * MAX_BYTES, size=10),
        "too large",
    ),
    "larger than it says": (Upload("a.txt", b"For fraud 55.", size=3), "not as large"),
    "smaller than it says": (Upload("a.txt", b"For fraud 55.", size=300), "not as large"),
    "empty": (Upload("a.txt", b""), "is empty"),
    "blank": (Upload("a.txt", b" \n \n"), "holds no text"),
    "a program as text": (
        Upload("a.txt", bytes(range(256)) * 20, content_type="text/plain"),
        "can’t read",
    ),
    "text as a PDF": (Upload("a.pdf", b"For fraud 55.", content_type="application/pdf"), "can’t"),
    "text as a DOCX": (Upload("a.docx", b"For fraud 55."), "can’t read"),
    "a ZIP bomb as a DOCX": (Upload("a.docx", bomb()), "can’t read"),
    "a type that is not allowed": (Upload("a.csv", b"a,b\n1,2\n"), "I take docx, html, pdf, txt"),
    "a type that nobody knows": (Upload("a.exe", b"MZ", content_type="text/plain"), "I take"),
    "no type": (Upload("txt", b"For fraud 55."), "I take"),
    "two types": (Upload("a.txt.exe", b"For fraud 55."), "I take"),
}


@pytest.mark.parametrize("kind", LYING)
def test_a_file_that_lies_changes_nothing(place: Place, kind: str) -> None:
    upload, reason = LYING[kind]
    said = place.add(upload)

    assert reason in said
    assert place.offered("") == []
    assert place.answer("fraud") == NOT_SAID


def test_a_file_that_discord_no_longer_has_changes_nothing(place: Place) -> None:
    place.local.fault("GET", "/attachments/", 404)

    assert "could not get that file" in place.add(NOTE)
    assert place.offered("") == []


def test_a_server_has_so_many_documents_and_may_still_replace_one(place: Place) -> None:
    place.stock(*(Upload(f"{number}.txt", b"Some.") for number in range(MAX_DOCUMENTS)))

    assert "no more are allowed" in place.add(NOTE)
    assert "Replaced" in place.add(Upload("0.txt", b"For treason 66 were counted."))
    assert len(place.offered("")) == MAX_DOCUMENTS


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


def everything(folder: Path, outside: Path) -> set[str]:
    ignored = ("quoth.sqlite", "vectors")
    return {
        str(path)
        for path in folder.rglob("*")
        if not path.is_relative_to(outside) and not any(name in str(path) for name in ignored)
    }


def test_an_offer_has_at_most_25_names(place: Place) -> None:
    documents = place.own_folder() / "documents"
    documents.mkdir(parents=True)
    for number in range(40):
        (documents / f"{number:02}.txt").write_text("An operator's.")
    (documents / ("n" * 150 + ".txt")).write_text("Its name is no choice.")

    assert place.offered("") == [f"{number:02}.txt" for number in range(25)]
    assert place.offered("39") == ["39.txt"]
    assert place.offered("nnn") == []


def test_what_a_server_has_is_answered_from_the_base_when_it_is_broken(place: Place) -> None:
    place.stock(NOTE)
    assert place.answer("fraud") == "55"
    (manifest,) = place.own_folder().glob("generations/*/manifest.json")
    manifest.write_text("{}")
    (place.own_folder() / "CURRENT").write_text("nowhere")

    assert place.answer("arson") == "812"
    assert place.answer("fraud") == NOT_SAID
    assert "collection_broken" in place.process.logged
    assert "can’t be used now" in place.status()
    place.done(place.change("rebuild"))
    assert place.answer("fraud") == "55"


# With a process of its own, which the test ends.


@pytest.fixture
def alone(local: LocalDiscord, tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Start the bot, again and again on the same data."""
    started: list[Process] = []
    channel = local.add_channel(local.add_guild())

    def begin(**settings: str) -> Place:
        started.append(start(local, tmp_path, **settings))
        return Place(local, started[-1], tmp_path, channel, User("moderator"))

    yield begin
    for process in started:
        process.kill()


def test_a_change_that_a_kill_cut_short_is_finished_after_the_restart(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    assert place.answer("fraud") == NOT_SAID
    hold = place.folder / "hold-build"
    hold.touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    place.process.signal(signal.SIGKILL)
    place.process.code()
    hold.unlink()
    again = alone()
    again.local.wait_for(lambda: " built " in again.process.logged, "the build")

    assert again.answer("fraud") == "55"
    assert again.local.syncs == 1


def test_a_stop_ends_the_build_and_says_so(alone: Callable[..., Place]) -> None:
    place = alone()
    (place.folder / "hold-build").touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    place.process.signal(signal.SIGTERM)

    assert "I am about to restart, and will finish the index after that" in place.done(asked)
    assert place.process.code() == 0


def test_what_a_server_had_is_deleted_some_time_after_the_bot_left(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    place.add(NOTE)
    assert place.answer("fraud") == "55"
    folder = place.own_folder()
    assert (folder / "documents" / "note.txt").exists()
    assert place.channel.guild is not None
    place.local.leave(place.channel.guild)
    place.local.wait_for(lambda: " left " in place.process.logged, "a note")
    place.process.signal(signal.SIGTERM)
    assert place.process.code() == 0
    again = alone()
    assert folder.exists()
    again.process.signal(signal.SIGTERM)
    again.process.code()
    with sqlite3.connect(place.folder / "data" / "quoth.sqlite") as connection:
        connection.execute("UPDATE departures SET left = left - 8 * 24 * 60 * 60")
    connection.close()
    last = alone()
    last.local.wait_for(lambda: "server_deleted" in last.process.logged, "the deletion")

    assert not folder.exists()
    with sqlite3.connect(place.folder / "data" / "quoth.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchone() == (0,)
    connection.close()


def test_a_build_makes_way_for_answers_and_is_not_told_the_token(
    alone: Callable[..., Place],
) -> None:
    place = alone()
    (place.folder / "hold-build").touch()
    asked = place.change("add", file=NOTE)
    place.local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    (child,) = [
        pid for pid, line in command_lines() if "fake_index" in line and str(place.folder) in line
    ]
    niceness = os.getpriority(os.PRIO_PROCESS, int(child))
    environment = Path(f"/proc/{child}/environ").read_text()
    (place.folder / "hold-build").unlink()

    place.done(asked)
    assert niceness >= BUILD_NICENESS
    assert "PATH=" in environment
    assert TOKEN not in environment


def command_lines() -> list[tuple[str, str]]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append((path.parent.name, path.read_text().replace("\0", " ")))
        except OSError:
            continue
    return found
