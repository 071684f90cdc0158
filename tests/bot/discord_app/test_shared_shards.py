"""`quoth run` several times on one database: the shards are shared, and taken over."""

import signal
from collections.abc import Callable
from contextlib import closing

from bot.discord_app.records import Records
from bot.postgres import PostgresDatabase
from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, User

SHARDS = 4


def places(local: LocalDiscord) -> list[Channel]:
    """A channel in a server of each shard."""
    channels = []
    for shard in range(SHARDS):
        guild = local.add_guild(f"Server {shard}")
        guild.id = (guild.id >> 24 << 24) + (shard << 22) + shard
        channels.append(local.add_channel(guild))
    return channels


def test_two_processes_share_the_shards_and_one_takes_over_what_the_other_had(
    local: LocalDiscord, faked: Callable[..., Process], postgres_database: str
) -> None:
    local.gateway.shards, local.gateway.max_concurrency = SHARDS, 2
    channels, ada = places(local), User("ada")
    settings = {"QUOTH_DATABASE": postgres_database, "QUOTH_SHARDS": "recommended"}

    def all_answered(*places: Channel) -> None:
        said = [
            local.say(place, ada, f"<@{local.bot.id}> how many for arson", mentions=[local.bot])
            for place in places
        ]
        for message in said:
            assert "**812**" in local.reply_to(message).text
        assert [len(local.replies(message)) for message in said] == [1] * len(said)

    first = faked(**settings, QUOTH_COOLDOWN_QUESTIONS="100")
    local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")
    second = faked(**settings, QUOTH_COOLDOWN_QUESTIONS="100")
    local.wait_for(lambda: second.logged.count("shard_taken") == SHARDS / 2, "a half")
    local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")
    assert first.logged.count("shard_given_up") == SHARDS / 2
    all_answered(*channels, local.add_dm(ada))

    first.kill()
    # Also what was said while nobody had the shards; of direct messages nobody hears afterwards.
    all_answered(*channels)
    all_answered(local.add_dm(ada))

    second.signal(signal.SIGTERM)
    assert second.code() == 0
    assert local.syncs == 1
    assert local.gateway.doubled == 0
    with closing(Records(PostgresDatabase(postgres_database))) as records:
        left = records.look_up(lambda rows: rows.execute("SELECT * FROM departures").fetchall())
        turns = records.look_up(
            lambda rows: rows.execute(
                "SELECT name FROM meta WHERE name IN ('identify 0', 'identify 1') ORDER BY name"
            ).fetchall()
        )
    assert left == []
    assert [name for (name,) in turns] == ["identify 0", "identify 1"]
    assert "Traceback" not in first.logged + second.logged
