"""The real bot, in a thread of its own, connected to the local Discord."""

import asyncio
import contextlib
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
import yarl
from discord.gateway import DiscordWebSocket, KeepAliveHandler
from discord.http import Route

from bot.discord_app.client import QuothBot
from bot.discord_app.cogs import cogs_for
from bot.discord_app.records import Records, records_of
from bot.discord_app.taught_store import TaughtStore
from bot.serving import build_queue
from bot.serving.build_queue import Builder
from bot.serving.mending import make_mender
from bot.serving.service import AnswerService
from bot.settings import Settings, load_settings
from tests.bot.discord_app.launcher import fake_index_command
from tests.bot.discord_app.process import Process
from tests.conftest import ROOT, Library
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import DEADLINE_S
from tests.discord_service.service import PATIENCE_S, TOKEN
from tests.discord_service.world import Channel, Guild, User

# How long an answer takes is up to the machine.
UNHURRIED: dict[str, object] = {"time_limit_s": PATIENCE_S}


class RunningBot:
    """A bot in a thread, as `quoth run` would have it in a process."""

    def __init__(self, make: Callable[[], QuothBot]) -> None:
        self.bot: QuothBot
        self.loop = asyncio.new_event_loop()
        self.error: BaseException | None = None
        self._make = make
        self._stopping: asyncio.Task[None] | None = None
        self._made = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bot", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._made.wait()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._main())
        except BaseException as error:
            self.error = error
        finally:
            self._close_forgotten()
            pending = asyncio.all_tasks(self.loop)
            for task in pending:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()

    def _close_forgotten(self) -> None:
        """Close what discord.py was opening when it was stopped; the end of a process would."""
        for thread in threading.enumerate():
            if isinstance(thread, KeepAliveHandler) and thread.ws.loop is self.loop:
                self.loop.run_until_complete(thread.ws.close())

    async def _main(self) -> None:
        async def at_once(*_: object, **__: object) -> None:
            """Discord wants five seconds between two shards; the local one does not."""

        self.bot = self._make()
        self.bot.before_identify_hook = at_once  # type: ignore[method-assign]
        self._made.set()
        async with self.bot:
            self._connected = asyncio.create_task(self.bot.start(TOKEN))
            with contextlib.suppress(asyncio.CancelledError):
                await self._connected

    def _begin_to_stop(self) -> None:
        # A test may have stopped it, so that its loop is about to end.
        if not self._connected.done():
            self._stopping = self.loop.create_task(self._stop())

    async def _stop(self) -> None:
        try:
            await self.bot.stop()
        finally:
            self._connected.cancel()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE_S)

    def stop(self) -> None:
        with contextlib.suppress(RuntimeError):  # The loop has ended.
            self.loop.call_soon_threadsafe(self._begin_to_stop)
        self._thread.join(PATIENCE_S)
        if self._stopping is not None:
            self._stopping.result()
        if self.error is not None:
            raise self.error


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(data=tmp_path / "data")


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalDiscord]:
    """The local Discord; the test fails if it met what no client may do."""
    service = LocalDiscord()
    service.start()
    monkeypatch.setattr(Route, "BASE", f"{service.url}/api/v10")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(service.gateway.url))
    monkeypatch.setattr(discord.Asset, "BASE", service.url)
    try:
        yield service
    finally:
        service.stop()
    assert service.problems == []
    assert service.late == []


@pytest.fixture
def guild(local: LocalDiscord) -> Guild:
    return local.add_guild()


@pytest.fixture
def channel(local: LocalDiscord, guild: Guild) -> Channel:
    return local.add_channel(guild)


@pytest.fixture
def asker() -> User:
    return User("grace")


StartBot = Callable[..., RunningBot]


@pytest.fixture
def start_bot(
    local: LocalDiscord,
    channel: Channel,
    service: AnswerService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StartBot]:
    """Start a bot with some settings; another call is a restart on the same records."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(build_queue, "index_command", fake_index_command(tmp_path))
    running: list[tuple[RunningBot, Records]] = []

    def stop() -> None:
        while running:
            bot, records = running.pop()
            bot.stop()
            records.close()

    def start(
        answers: Any = None,
        cogs: Any = None,
        shards: tuple[list[int], int] | None = None,
        **values: object,
    ) -> RunningBot:
        """With `shards`, the bot has those of so many; else all."""
        stop()
        settings: Settings = load_settings(data=tmp_path / "data", **(UNHURRIED | values))
        records = records_of(settings)
        TaughtStore(records).take_up(settings)

        def make() -> QuothBot:
            builder = Builder(settings)
            bot = QuothBot(
                settings,
                answers or service,
                records,
                builder,
                make_mender(service, settings, builder),
                cogs or cogs_for(settings),
            )
            bot._connection.guild_ready_timeout = 0.05
            if shards is not None:
                bot.shard_ids, bot.shard_count = shards
            return bot

        running_bot = RunningBot(make)
        running_bot.start()
        running.append((running_bot, records))
        local.wait_for(
            lambda: running_bot.error or running_bot.bot.is_ready(), "a connection to the gateway"
        )
        return running_bot

    yield start
    stop()


@pytest.fixture
def bot(start_bot: StartBot) -> RunningBot:
    return start_bot(cooldown_questions=1_000)


@pytest.fixture
def starting(local: LocalDiscord, article: Library) -> Iterator[Callable[..., Process]]:
    """Start `quoth run` in a process of its own, with fakes for models, and don't wait for it."""
    (article.folder / "open").touch()
    started: list[Process] = []

    def start(**settings: str) -> Process:
        data = ("--data", str(article.folder / "data"))
        started.append(Process(local, data, library=article.folder, settings=settings))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def faked(starting: Callable[..., Process]) -> Callable[..., Process]:
    """Start `quoth run` as `starting` does, and wait until it is ready."""

    def start(**settings: str) -> Process:
        process = starting(**{"QUOTH_TIME_LIMIT_S": str(PATIENCE_S)} | settings)
        process.until_ready()
        return process

    return start


@pytest.fixture
def real(
    local: LocalDiscord, real_data: Callable[[], Path], tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    """Start `quoth run` in a process of its own, with the real models, on a copy of their index."""
    started: list[Process] = []

    def start(seeds: Path = ROOT / "seeds", **settings: str) -> Process:
        data = tmp_path / "data"
        if not data.exists():
            shutil.copytree(real_data(), data)
        arguments = ("--seeds", str(seeds), "--data", str(data))
        local.deadline_s = DEADLINE_S
        started.append(Process(local, arguments, settings=settings))
        started[-1].until_ready()
        return started[-1]

    yield start
    for process in started:
        process.kill()
