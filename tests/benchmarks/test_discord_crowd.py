"""The benchmark of a crowd counts what becomes of each question."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from benchmarks import discord_crowd
from benchmarks.discord_crowd import settle
from tests.bot.discord_app.crowd import Asked
from tests.discord_service import LocalDiscord
from tests.discord_service.world import COMMAND, Interaction, Message, User

PROCESS = cast("Any", SimpleNamespace(resident_bytes=lambda: 0))


@pytest.fixture
def local() -> Iterator[LocalDiscord]:
    """One that nobody is connected to."""
    service = LocalDiscord()
    service.deadline_s = 0.0
    service.start()
    yield service
    service.stop()


def test_a_command_that_is_never_acknowledged_is_lost_and_not_late(
    local: LocalDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord_crowd, "LOST_S", 0.1)
    channel = local.add_channel(local.add_guild())
    never, late, told = (Interaction(COMMAND, channel, User("ada"), {}) for _ in range(3))
    local.late.append(late)
    told.response = Message(channel, local.bot, "Ask again.")
    asked = [Asked("how many?", channel, one) for one in (never, late, told)]

    run = settle("a crowd", local, PROCESS, asked)

    assert (run.refused, run.late, run.lost) == (1, 1, 1)
