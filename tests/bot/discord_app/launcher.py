"""
Runs `quoth` as a process against the local Discord.

Its arguments: URL LIBRARY ARGUMENT ...

With a library, models are fakes, and questions are not answered before there is a file `open` in
its folder; with "-", all is real.
"""

import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import assembly
from bot.cli.main import main
from bot.discord_app import delivery, document_intake, running, shared_shards
from bot.discord_app.client import QuothBot
from bot.discord_app.cogs import documents
from bot.discord_app.progress import ProgressMessage
from bot.fetching import one_page
from bot.serving import build_queue, index_watcher
from bot.settings import Settings
from reader.model import PassageText
from reader.spans import Span
from tests.commands import use_reader
from tests.conftest import FakeReader, Library
from tests.forks import forked_command

MAPPED = "mapped: "
# In the place of the pauses that spare the real Discord: the local one needs none.
PAUSE_S = 0.05


class GatedReader(FakeReader):
    """Reads when it is let."""

    def __init__(self, gate: Path) -> None:
        self._gate = gate

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        while not self._gate.exists():
            time.sleep(0.01)
        return super().read(question, passages, spans_per_passage)


def point_at(url: str) -> None:
    """Let discord.py take the local service for Discord."""
    Route.BASE = f"{url}/api/v10"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{url.replace('http', 'ws')}/gateway")


class ReadyBot(QuothBot):
    """Waits no longer than it must for servers that Discord might still name."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connection.guild_ready_timeout = PAUSE_S

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Discord wants five seconds between two shards; the local one does not."""
        if self.shares_shards:
            await super().before_identify_hook(shard_id, initial=initial)


def page_of_this_machine(url: str, max_bytes: int, *, until: float) -> one_page.Page:
    """Fetch a page, from a site of this machine too if it is named by its number."""
    is_here = url.startswith("http://127.0.0.1:")
    return one_page.one_page(url, max_bytes, until=until, allow_private=is_here)


def hurry() -> None:
    """Let nothing wait for longer than the local service needs."""
    shared_shards.CHECK_S, shared_shards.IDENTIFY_S = 0.2, 0.2
    delivery.FIRST_PAUSE_S = running.FIRST_PAUSE_S = PAUSE_S
    vars(running)["QuothBot"] = ReadyBot
    vars(documents)["ProgressMessage"] = partial(ProgressMessage, pause_s=PAUSE_S)


def fake_index_command(folder: Path) -> Callable[..., list[str]]:
    """What takes the place of `index_command`: `quoth index` with a fake encoder."""

    def command(settings: Settings, collection: str, *options: str) -> list[str]:
        given = ("index", "--seeds", str(settings.seeds), "--data", str(settings.data))
        return forked_command(
            "tests.bot.discord_app.fake_index",
            *(str(folder), *given, "--collection", collection, *options),
        )

    return command


def use_fakes(library: Library) -> None:
    """Put fakes in the place of models."""

    def open_index(*_: object, **__: object) -> assembly.OpenIndex:
        return SimpleNamespace(generation=library.open(), encoder=library.encoder)  # type: ignore[return-value]

    # The test builds; what it publishes is taken over.
    index_watcher.is_up_to_date = lambda *_, **_named: True  # type: ignore[attr-defined]
    assembly.open_fresh_index = open_index
    assembly.open_index = open_index
    use_reader(GatedReader(library.folder / "open"))
    vars(document_intake)["one_page"] = page_of_this_machine
    build_queue.index_command = fake_index_command(library.folder)  # type: ignore[attr-defined]


def tell_mapped(*_: object) -> None:
    """Say which files are mapped, on one line."""
    mapped = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    sys.stderr.write(f"{MAPPED}{' '.join(sorted(mapped))}\n")


def launch() -> None:
    """Run what the command line says."""
    signal.signal(signal.SIGUSR1, tell_mapped)
    point_at(sys.argv[1])
    hurry()
    if sys.argv[2] != "-":
        use_fakes(Library(Path(sys.argv[2])))
    del sys.argv[1:3]
    main()
