"""A server with a moderator, and the bot that answers there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.encoder_files import DEFAULT_ENCODER
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.process import Process
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import (
    MANAGE_GUILD,
    Channel,
    Interaction,
    Message,
    Upload,
    User,
)
from tests.fakes import FakeEncoder

MAX_BYTES = 20_000
MAX_DOCUMENTS = 3
MAX_SERVER_BYTES = 40_000
MAX_SERVER_PASSAGES = 40
NOTE = Upload("note.txt", b"For fraud 55 were counted.")
NEWER = Upload("note.txt", b"For fraud 66 were counted.")
OTHER = Upload("other.txt", b"For treason 66 were counted.")
NOT_SAID = "The documents don’t say"


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
        title: str = self.ask(word, channel).title
        return title

    def sources(self, channel: Channel | None = None) -> str:
        asked = self.local.slash(channel or self.channel, User("ada"), "sources")
        text: str = self.local.answer_to(asked).text
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
        text: str = self.local.answer_to(asked).text
        return text

    def own_folder(self) -> Path:
        name = self.status().rpartition("collection `")[2].partition("`")[0]
        return self.folder / "data" / "collections" / name


def new_channel(local: LocalDiscord) -> Channel:
    guild = local.add_guild()
    channel = local.add_channel(guild)
    local.join(guild)
    return channel


def start(local: LocalDiscord, folder: Path, **settings: str) -> Process:
    library = Library(folder)
    library.write("figures.txt", ARTICLE)
    library.build()
    (folder / "open").touch()
    limits = {
        "QUOTH_MAX_DOCUMENT_BYTES": str(MAX_BYTES),
        "QUOTH_MAX_DOCUMENTS": str(MAX_DOCUMENTS),
        "QUOTH_DOCUMENT_TYPES": "txt, .docx,PDF,html,zip",
        "QUOTH_COOLDOWN_QUESTIONS": "100000",
        "QUOTH_COOLDOWN_BUILDS": "100000",
        "QUOTH_MAX_SERVER_BYTES": str(MAX_SERVER_BYTES),
        "QUOTH_MAX_SERVER_PASSAGES": str(MAX_SERVER_PASSAGES),
    }
    arguments = ("--data", str(folder / "data"))
    process = Process(local, arguments, library=folder, settings=limits | settings)
    process.until_ready()
    return process
