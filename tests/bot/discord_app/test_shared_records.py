"""`quoth run` on PostgreSQL: it answers while the database is away, and hears of others' rules."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord_app.channels import ChannelRules
from bot.discord_app.records import Records
from bot.postgres import PostgresDatabase
from tests import postgres
from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import CARRIED_OUT
from tests.discord_service.world import Channel, Guild, User


@pytest.fixture
def way(postgres_database: str) -> Iterator[postgres.Way]:
    """A way to the database that can be closed."""
    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        made = postgres.Way(postgres_database, Path(folder))
        yield made
        made.close()


def test_questions_are_answered_while_the_database_is_away_and_rules_are_heard_of(
    local: LocalDiscord,
    faked: Callable[..., Process],
    guild: Guild,
    channel: Channel,
    postgres_database: str,
) -> None:
    process = faked(QUOTH_DATABASE=postgres_database, QUOTH_COOLDOWN_QUESTIONS="100")
    ada = User("ada")

    def ask(question: str = "how many for arson") -> str:
        message = local.answer_to(local.slash(channel, ada, "ask", question=question))
        return message.text

    assert "**812**" in ask()
    with postgres.away(postgres_database):
        assert "**812**" in ask()
        mention = f"<@{local.bot.id}> how many for arson"
        said = local.say(channel, ada, mention, mentions=[local.bot])
        assert "**812**" in local.reply_to(said).text
    with closing(Records(PostgresDatabase(postgres_database))) as other_process:
        rules = ChannelRules(other_process)
        rules.set(guild.id, channel.id, is_allowed=False)
        local.wait_for(lambda: "812" not in ask(), "the rule of another process")
        rules.clear(guild.id)
        local.wait_for(lambda: "812" in ask(), "the rule to go")
    assert "counted_alone" in process.logged
    assert "Traceback" not in process.logged
    assert postgres_database not in process.logged


@pytest.mark.parametrize(
    ("settings", "path"),
    [({}, "/gateway/bot"), ({"QUOTH_SHARDS": "recommended"}, "/commands")],
    ids=["one process has all shards", "processes share the shards"],
)
def test_a_database_that_goes_while_a_shard_is_connected_is_waited_for(
    local: LocalDiscord,
    starting: Callable[..., Process],
    channel: Channel,
    way: postgres.Way,
    settings: dict[str, str],
    path: str,
) -> None:
    is_away = False
    # What Discord is asked just before the records are.
    local.fault("*", path, CARRIED_OUT, is_over=lambda: is_away)
    process = starting(QUOTH_DATABASE=way.address, **settings)
    local.wait_for(lambda: any(asked.endswith(path) for _, asked in local.requests), "a request")

    way.close()
    is_away = True
    local.wait_for(lambda: "waits_for_records" in process.logged, "a word")
    way.open()
    process.until_ready()

    asked = local.slash(channel, User("ada"), "ask", question="how many for arson")
    assert local.answer_to(asked).title == "812"
    assert local.gateway.identified == 1
    assert process.logged.count("waits_for_records") == 1
    assert "not_connected" not in process.logged
    assert "Traceback" not in process.logged


def test_without_its_database_at_the_start_it_ends_with_a_word(
    local: LocalDiscord, starting: Callable[..., Process], way: postgres.Way
) -> None:
    """Whoever starts it starts it again; with nothing remembered it would not know its members."""
    way.close()
    process = starting(QUOTH_DATABASE=way.address)

    assert process.code() == 1
    assert "can't be reached" in process.logged
    assert "Start it, or correct QUOTH_DATABASE." in process.logged
    assert "Traceback" not in process.logged
    assert local.requests == []
