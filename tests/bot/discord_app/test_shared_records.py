"""`quoth run` on PostgreSQL: it answers while the database is away, and hears of others' rules."""

from collections.abc import Callable
from contextlib import closing

from bot.discord_app.channels import ChannelRules
from bot.discord_app.records import Records
from bot.postgres import PostgresDatabase
from tests import postgres
from tests.bot.discord_app.process import Process
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, Guild, User


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
