"""The bot in a process of its own: one for all tests, or one for each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bot.discord_app.documents.place import Place, new_channel, start
from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.world import User


@pytest.fixture(scope="package")
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


@pytest.fixture
def place(shared: tuple[Any, ...]) -> Iterator[Place]:
    local, process, folder = shared
    problems = len(local.problems)
    yield Place(local, process, folder, new_channel(local), User("moderator"))
    assert local.problems[problems:] == []
    assert local.late == []


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
