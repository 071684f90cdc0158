"""The benchmark that kills processes counts what becomes of each question."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.discord_crowd import became
from benchmarks.roles import Role, shards_of
from benchmarks.roles_killed import SHARDS, RunOutcome, count, faults, places, row
from tests.bot.discord_app.crowd import Asked
from tests.discord_service import LocalDiscord
from tests.discord_service.world import COMMAND, LOADING, Channel, Interaction, Message, User


@pytest.fixture
def local() -> Iterator[LocalDiscord]:
    """One that nobody is connected to."""
    service = LocalDiscord()
    service.start()
    yield service
    service.stop()


@pytest.fixture
def channel(local: LocalDiscord) -> Channel:
    return local.add_channel(local.add_guild())


def mention(channel: Channel) -> Asked:
    said = Message(channel, User("ada"), "how many?")
    channel.messages[said.id] = said
    return Asked("how many?", channel, said)


def command(channel: Channel) -> Asked:
    return Asked("how many?", channel, Interaction(COMMAND, channel, User("ada"), {}))


def reply(local: LocalDiscord, asked: Asked) -> None:
    assert isinstance(asked.asked, Message)
    said = Message(asked.channel, local.bot, "812", reply_to=asked.asked.id)
    asked.channel.messages[said.id] = said


def test_a_mention_is_lost_until_something_comes_of_it(
    local: LocalDiscord, channel: Channel
) -> None:
    lost, signed, told, twice = (mention(channel) for _ in range(4))
    for one in (signed, told):
        assert isinstance(one.asked, Message)
        one.asked.reactions.append("⏳")
    # Who was put off by a sign, and then told in words, heard it once.
    for one in (told, twice, twice):
        reply(local, one)

    run = count(local, RunOutcome("a run"), [lost, signed, told, twice])

    assert (run.asked, run.told, run.lost, run.twice) == (4, 3, 1, 1)
    assert not run.is_good


def test_a_command_is_lost_while_it_loads_and_not_where_discord_says_that_nobody_heard_it(
    local: LocalDiscord, channel: Channel
) -> None:
    loading, unheard = command(channel), command(channel)
    assert isinstance(loading.asked, Interaction)
    loading.asked.callback = {"type": 5}
    loading.asked.response = Message(channel, local.bot, "", flags=LOADING)
    local.deadline_s = 0.0

    assert not became(local, loading).is_settled
    assert became(local, unheard).is_unheard
    assert not count(local, RunOutcome("a run"), [unheard]).is_good
    assert count(local, RunOutcome("a gateway killed", may_miss=True), [unheard]).is_good


def test_each_shard_has_as_many_servers(local: LocalDiscord) -> None:
    guilds = [channel.guild for channel in places(local, 40)]

    assert len({guild.id for guild in guilds if guild}) == 40
    shards = Counter((guild.id >> 22) % SHARDS for guild in guilds if guild)
    assert set(shards.values()) == {40 // SHARDS}


def test_a_run_is_a_row() -> None:
    run = RunOutcome(
        "node-1 killed", asked=3, answered=2, told=1, latencies_s=[0.2, 1.0], note="well"
    )

    assert row(run) == "| node-1 killed | 3 | 2 | 1 | 0 | 0 | 0 | 0.6 s | 1.0 s | well |"
    assert row(RunOutcome("none")).endswith("| 0 | - | - |  |")


def test_shards_are_told_from_what_a_gateway_logged_since_it_started(tmp_path: Path) -> None:
    gateway = Role("gateway-1", ("url", "real", "run"), {}, tmp_path)
    assert shards_of(gateway) == 0
    (tmp_path / "gateway-1.log").write_text(
        "1 info shards_shared shards=4\n2 info shard_taken shard=0\n"
        "3 info shards_shared shards=4\n4 info shard_taken shard=0\n5 info shard_taken shard=1\n"
        "6 info shard_given_up shard=0\n"
    )

    assert shards_of(gateway) == 1


def test_whatever_may_not_happen_is_a_fault(local: LocalDiscord) -> None:
    assert faults([RunOutcome("well")], local, []) == []
    local.gateway.doubled = 2

    assert faults([RunOutcome("ill", lost=1)], local, ["node-1"]) == [
        "what was promised was not kept: ill",
        "a traceback in the log of: node-1",
        "shards were connected twice at once: 2",
    ]
