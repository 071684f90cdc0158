"""Many members at once, faults in the middle of answers, and days of questions."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import pytest

from tests.bot.discord_app.conftest import ARTICLE
from tests.bot.discord_app.process import Process
from tests.conftest import ROOT, Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, Interaction, Message, User

SEED = 20_260_101
# Of resident memory over thousands of questions: less than one more model, more than noise.
MAX_GROWTH_BYTES = 24_000_000


@dataclass(frozen=True)
class Load:
    """So many ask so often, within so many seconds."""

    questions: int
    members: int
    servers: int
    seconds: float


SMALL = Load(questions=30, members=10, servers=3, seconds=0.5)
FULL = Load(questions=300, members=100, servers=10, seconds=10)


@pytest.fixture
def faked(local: LocalDiscord, library: Library) -> Iterator[Callable[..., Process]]:
    """Start `quoth run` with fakes for models."""
    library.write("figures.txt", ARTICLE)
    library.build()
    (library.folder / "open").touch()
    started: list[Process] = []

    def start(**settings: str) -> Process:
        data = ("--data", str(library.folder / "data"))
        started.append(Process(local, data, library=library.folder, settings=settings))
        started[-1].until_ready()
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def real(
    local: LocalDiscord, real_data: Callable[[], Path], tmp_path: Path
) -> Iterator[Callable[..., Process]]:
    """Start `quoth run` with the real models and documents."""
    started: list[Process] = []

    def start(seeds: Path = ROOT / "seeds", **settings: str) -> Process:
        arguments = ("--seeds", str(seeds), "--data", str(real_data()))
        started.append(Process(local, arguments, settings=settings))
        started[-1].until_ready()
        return started[-1]

    yield start
    for process in started:
        process.kill()


def places(local: LocalDiscord, servers: int) -> list[Channel]:
    return [local.add_channel(local.add_guild(f"Server {n}")) for n in range(servers)]


def ask_all(local: LocalDiscord, channels: list[Channel], load: Load, question: str) -> None:
    """Ask by turns with commands and mentions, and check what becomes of each."""
    members = [User(f"member {n}") for n in range(load.members)]
    commands: list[Interaction] = []
    mentions: list[Message] = []
    started = time.monotonic()
    for number, channel in zip(range(load.questions), cycle(channels)):
        member = members[number % load.members]
        if number % 3:
            commands.append(local.slash(channel, member, "ask", question=question))
        else:
            text = f"<@{local.bot.id}> {question}"
            mentions.append(local.say(channel, member, text, mentions=[local.bot]))
        due = started + load.seconds * number / load.questions
        time.sleep(max(0.0, due - time.monotonic()))

    for asked in commands:
        assert_told(local.answer_to(asked))
        assert asked.followups == []
    for said in mentions:
        assert_told(local.reply_to(said))
    for said in mentions:
        assert len(local.replies(said)) == 1
    assert local.late == []


def assert_told(message: Message) -> None:
    """There is an answer, or the word that Quoth has too much to do."""
    said = message.content
    assert message.embeds or "too many questions" in said or "too long" in said


def test_every_question_of_a_crowd_is_answered_or_refused_once(
    local: LocalDiscord, faked: Callable[..., Process]
) -> None:
    channels = places(local, SMALL.servers)
    faked(QUOTH_COOLDOWN_QUESTIONS="1000", QUOTH_MAX_WAITING="10")

    ask_all(local, channels, SMALL, "how many for arson")


@pytest.mark.stress
def test_a_crowd_with_the_real_models(local: LocalDiscord, real: Callable[..., Process]) -> None:
    local.gateway.heartbeat_ms = 1_000
    channels = places(local, FULL.servers)
    real(QUOTH_COOLDOWN_QUESTIONS="1000")

    ask_all(local, channels, FULL, "how many were deported for drunk driving?")
    assert local.gateway.missed_beats == 0
    assert local.gateway.identified == 1


@pytest.mark.stress
def test_memory_is_flat_over_thousands_of_questions(
    local: LocalDiscord, real: Callable[..., Process]
) -> None:
    channels = places(local, FULL.servers)
    process = real(QUOTH_COOLDOWN_QUESTIONS="100000")
    sizes: list[int] = []
    for _ in range(10):
        ask_all(local, channels, FULL, "how many were deported for drunk driving?")
        sizes.append(process.resident_bytes())

    print("resident MB after each 300 questions:", [size // 1_000_000 for size in sizes])  # noqa: T201
    assert sizes[-1] - sizes[1] < MAX_GROWTH_BYTES


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.stress)])
def test_faults_lose_no_answer_and_double_none(
    local: LocalDiscord, faked: Callable[..., Process], library: Library, rounds: int
) -> None:
    """The gateway drops, Discord stumbles and the index changes, all while questions come."""
    channels = places(local, 2)
    faked(QUOTH_COOLDOWN_QUESTIONS="100000", QUOTH_FOLLOW_S="0.2")
    chance = random.Random(SEED)  # noqa: S311 - no secret
    slow_down = {"message": "slow down", "retry_after": 0.02, "global": False}
    said: list[Message] = []
    asked: list[Interaction] = []
    for number in range(rounds):
        for channel in channels:
            text = f"<@{local.bot.id}> how many for arson"
            said.append(local.say(channel, User("ada"), text, mentions=[local.bot]))
            asked.append(local.slash(channel, User("bob"), "ask", question="how many for arson"))
        # One after the other: no client tries for ever.
        if not any(fault.times for fault in local.faults):
            local.fault("POST", "/messages", 429, headers={"Via": "1.1"}, body=slow_down)
            path = chance.choice(["/messages", "/typing"])
            local.fault("POST", path, chance.choice([500, 502, 504]), after=chance.random() < 0.5)
            local.fault("PATCH", "/messages/@original", 502, after=chance.random() < 0.5)
        library.write("more.txt", f"Another document, number {number}.")
        library.build()
        local.drop(4000)
        local.wait_for(lambda: local.gateway.connected, "a connection")

    for message in said:
        assert local.reply_to(message).embeds[0]["title"] == "812"
    for interaction in asked:
        assert local.answer_to(interaction).embeds[0]["title"] == "812"
    assert [len(local.replies(message)) for message in said] == [1] * len(said)
    assert [interaction.followups for interaction in asked] == [[]] * len(asked)


@pytest.mark.stress
def test_a_new_document_is_indexed_and_answered_from(
    local: LocalDiscord, real: Callable[..., Process], tmp_path: Path, asker: User
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "first.txt").write_text((next((ROOT / "seeds").glob("*.txt"))).read_text())
    (channel,) = places(local, 1)
    process = real(seeds, QUOTH_FOLLOW_S="0.5")
    (seeds / "lighthouse.txt").write_text(
        "The lighthouse of Brindle Point was lit for the first time in 1874 by Maud Ferrars."
    )
    local.wait_for(lambda: "index_changed" in process.logged, "a new generation")

    asked = local.slash(channel, asker, "ask", question="who lit the Brindle Point lighthouse?")
    assert "Maud Ferrars" in local.answer_to(asked).embeds[0]["title"]
