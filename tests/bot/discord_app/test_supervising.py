"""A first connection that fails is tried again."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from bot.discord_app.client import QuothBot
from bot.discord_app.cogs import COGS
from bot.discord_app.records import Records
from bot.discord_app.running import FIRST_PAUSE_S, HopelessError, reason_of, supervise
from bot.serving.builder import Builder
from bot.serving.service import AnswerService
from bot.settings import load_settings
from tests.discord_service import LocalDiscord
from tests.discord_service.service import TOKEN
from tests.discord_service.world import Channel


class Supervised:
    """A supervised bot that is stopped once it is connected."""

    def __init__(self, service: AnswerService, folder: Path) -> None:
        self.pauses: list[float] = []
        self.bots = 0
        self.before_next_try: Callable[[], None] = lambda: None
        self.stop = asyncio.Event()
        """What a signal sets."""
        self._service = service
        self._settings = load_settings(data=folder / "data")
        self._records = Records(self._settings.records)

    def _make(self) -> QuothBot:
        self.bots += 1
        builder = Builder(self._settings)
        bot = QuothBot(self._settings, self._service, self._records, builder, COGS)
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
            asyncio.run(supervise(self._make, token, living=self._living, sleep=self._sleep))
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


def test_a_bot_that_is_told_to_stop_between_two_tries_does_not_wait_for_the_next(
    local: LocalDiscord, supervised: Supervised
) -> None:
    local.fault("GET", "/users/@me", 503, times=1_000)
    supervised.before_next_try = supervised.stop.set
    supervised.run()

    assert supervised.bots == 1
    assert len(supervised.pauses) == 1


@pytest.mark.parametrize("error", [OSError(), aiohttp.ClientError(), AttributeError()])
def test_what_may_pass_is_not_hopeless(error: Exception) -> None:
    assert reason_of(error) is None
