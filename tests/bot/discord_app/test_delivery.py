"""What is sent is sent again while Discord is at fault, and no longer."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.discord_app import delivery
from bot.discord_app.delivery import TRIES, acknowledge, deliver


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE_S", 0.0)
    monkeypatch.setattr(delivery, "ACKNOWLEDGE_PAUSE_S", 0.0)
    monkeypatch.setattr(delivery, "ACKNOWLEDGED_S", 0.05)


def refusal(status: int, code: int = 0) -> discord.HTTPException:
    response = cast("Any", SimpleNamespace(status=status, reason="no"))
    return discord.HTTPException(response, {"code": code, "message": "no"})


class Sender:
    """Fails with these errors in turn, then succeeds."""

    def __init__(self, *errors: Exception, forever: bool = False) -> None:
        self.errors = list(errors)
        self.forever = forever
        self.sent = 0

    async def __call__(self) -> str:
        self.sent += 1
        if self.errors:
            raise self.errors[0] if self.forever else self.errors.pop(0)
        return "sent"


PASSING = [
    *(refusal(503), refusal(429), discord.RateLimited(99.0)),
    *(aiohttp.ServerDisconnectedError(), aiohttp.ConnectionTimeoutError()),
]


@pytest.mark.parametrize("error", PASSING)
def test_what_may_pass_is_sent_again(error: Exception) -> None:
    sender = Sender(error, error)

    assert asyncio.run(deliver(sender)) == "sent"
    assert sender.sent == 3


@pytest.mark.parametrize("error", PASSING)
def test_what_does_not_pass_is_given_up(error: Exception) -> None:
    sender = Sender(error, forever=True)

    with pytest.raises(type(error)):
        asyncio.run(deliver(sender))
    assert sender.sent == TRIES


def test_what_discord_says_nothing_of_is_sent_again_once() -> None:
    sender = Sender(refusal(503), TimeoutError())
    assert asyncio.run(deliver(sender)) == "sent"
    assert sender.sent == 3

    sender = Sender(TimeoutError(), forever=True)
    with pytest.raises(TimeoutError):
        asyncio.run(deliver(sender))
    assert sender.sent == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_final(status: int) -> None:
    sender = Sender(refusal(status))

    with pytest.raises(discord.HTTPException):
        asyncio.run(deliver(sender))
    assert sender.sent == 1


def test_an_acknowledgement_is_sent_until_its_time_is_over() -> None:
    sender = Sender(refusal(503), refusal(429), refusal(400, 40_060))
    asyncio.run(acknowledge(sender))
    assert sender.sent == 3

    with pytest.raises(discord.HTTPException):
        asyncio.run(acknowledge(Sender(refusal(503), forever=True)))
    with pytest.raises(discord.HTTPException):
        asyncio.run(acknowledge(Sender(refusal(404, 10_062))))
