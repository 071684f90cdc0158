"""A first connection that fails is tried again."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from answering.question import Question
from bot.database import DatabaseError
from bot.discord_app import running
from bot.discord_app.client import QuothBot
from bot.discord_app.cogs import COGS
from bot.discord_app.records import Records
from bot.discord_app.running import FIRST_PAUSE_S, HopelessError, reason_of, supervise
from bot.serving import build_queue
from bot.serving.build_queue import Builder
from bot.serving.mending import make_mender
from bot.serving.service import AnswerService
from bot.settings import load_settings
from tests.bot.discord_app.launcher import fake_index_command
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.service import TOKEN
from tests.discord_service.world import Channel
from tests.waiting import until_in_loop


class Supervised:
    """A supervised bot that is stopped once it is connected."""

    def __init__(self, service: AnswerService, folder: Path) -> None:
        self.pauses: list[float] = []
        self.bots = 0
        self.before_next_try: Callable[[], None] = lambda: None
        self.records_are_away = False
        self.stop = asyncio.Event()
        """What a signal sets."""
        self._service = service
        self._settings = load_settings(data=folder / "data")
        self._records = Records(self._settings.records)

    def _make(self) -> QuothBot:
        if self.records_are_away:
            raise DatabaseError(OSError("away"))
        self.bots += 1
        builder = Builder(self._settings)
        mender = make_mender(self._service, self._settings, builder)
        bot = QuothBot(self._settings, self._service, self._records, builder, mender, COGS)
        bot._connection.guild_ready_timeout = 0.05
        return bot

    async def _living(self, bot: QuothBot) -> None:
        told = asyncio.create_task(self.stop.wait())
        ready = asyncio.create_task(self._until_ready(bot))
        await asyncio.wait({told, ready}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        ready.cancel()
        await bot.stop()

    async def _until_ready(self, bot: QuothBot) -> None:
        await bot.logged_in.wait()
        await bot.wait_until_ready()

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.before_next_try()
        await asyncio.sleep(0 if not self.stop.is_set() else 1_000)

    def run(self, token: str = TOKEN) -> None:
        try:
            asyncio.run(
                supervise(self._make, token, living=self._living, stop=self.stop, sleep=self._sleep)
            )
        finally:
            self._records.close()


@pytest.fixture
def supervised(
    local: LocalDiscord, channel: Channel, service: AnswerService, tmp_path: Path
) -> Supervised:
    return Supervised(service, tmp_path)


def test_discord_that_is_down_is_tried_again_with_longer_pauses(
    local: LocalDiscord, supervised: Supervised
) -> None:
    local.fault("GET", "/users/@me", 503, times=3)
    supervised.run()

    assert supervised.bots == 4
    for number, pause in enumerate(supervised.pauses):
        assert pause == pytest.approx(FIRST_PAUSE_S * 2**number, rel=0.21)


def test_a_gateway_that_can_not_be_found_is_tried_again(
    local: LocalDiscord, supervised: Supervised
) -> None:
    local.fault("GET", "/gateway/bot", 503)
    supervised.run()

    assert supervised.bots == 2


def test_a_gateway_that_lets_nobody_in_is_tried_again_with_a_new_client(
    local: LocalDiscord, supervised: Supervised, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py's own tries go one call deeper each time, until Python stops them."""
    monkeypatch.setattr("bot.discord_app.running.CONNECT_S", 0.3)
    local.gateway.refused_upgrades = 1_000

    def recover() -> None:
        local.gateway.refused_upgrades = 0
        monkeypatch.setattr("bot.discord_app.running.CONNECT_S", 30)

    supervised.before_next_try = recover
    supervised.run()

    assert supervised.bots == 2


def test_a_token_that_discord_refuses_is_not_tried_again(supervised: Supervised) -> None:
    with pytest.raises(HopelessError, match="does not accept the token") as error:
        supervised.run("wrong.secret.token")
    assert supervised.bots == 1
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("code", "reason"),
    [(4004, "token"), (4011, "shards"), (4012, "version"), (4013, "intents"), (4014, "intents")],
)
def test_a_close_that_no_second_try_changes_is_the_end(
    local: LocalDiscord, supervised: Supervised, code: int, reason: str
) -> None:
    local.gateway.close_on_identify = code
    with pytest.raises(HopelessError, match=reason) as error:
        supervised.run()
    assert supervised.bots == 1
    assert f"({code}" in str(error.value)


def test_a_bot_that_is_told_to_stop_between_two_tries_does_not_wait_for_the_next(
    local: LocalDiscord, supervised: Supervised
) -> None:
    local.fault("GET", "/users/@me", 503, times=1_000)
    supervised.before_next_try = supervised.stop.set
    supervised.run()

    assert supervised.bots == 1
    assert len(supervised.pauses) == 1


def test_what_is_told_to_stop_while_the_records_are_away_waits_for_no_bot(
    supervised: Supervised,
) -> None:
    supervised.records_are_away = True
    supervised.before_next_try = supervised.stop.set
    supervised.run()

    assert supervised.bots == 0
    assert len(supervised.pauses) == 1


def test_connections_that_fail_end_no_build_of_the_documents(
    local: LocalDiscord,
    channel: Channel,
    service: AnswerService,
    library: Library,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(running, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(running, "MAX_PAUSE_S", 0.02)
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    command = fake_index_command(tmp_path)
    builds: list[object] = []

    def index_command(*arguments: Any) -> list[str]:
        builds.append(arguments)
        return command(*arguments)

    monkeypatch.setattr(build_queue, "index_command", index_command)
    library.write("more.txt", "For fraud 55 were counted.")
    hold = tmp_path / "hold-build"
    hold.touch()
    local.fault("GET", "/users/@me", 503, times=1_000_000)
    settings = load_settings(data=tmp_path / "data", seeds=library.documents, follow_s=0.02)
    records = Records(settings.records)
    before = service.generation

    async def recover() -> None:
        try:
            await until_in_loop(lambda: builds != [])
            # So many connections fail while it builds.
            failed = len(local.requests) + 3
            await until_in_loop(lambda: len(local.requests) >= failed)
            local.faults.clear()
            await until_in_loop(lambda: service.generation != before)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    async def run() -> None:
        recovery = asyncio.create_task(recover())
        # The link is said once it is connected.
        await running.run(settings, service, records, say=lambda _: hold.unlink())
        await recovery

    try:
        asyncio.run(run())
    finally:
        records.close()

    assert len(builds) == 1
    assert service.answer(Question("how many for fraud"), (), 0, None).spans[0].text == "55"


@pytest.mark.parametrize("error", [OSError(), aiohttp.ClientError(), AttributeError()])
def test_what_may_pass_is_not_hopeless(error: Exception) -> None:
    assert reason_of(error) is None
