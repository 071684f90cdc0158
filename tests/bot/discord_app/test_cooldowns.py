"""How often members may ask: by role, by channel, and moderators as they like."""

from typing import Any

from bot.discord_app.cooldowns import Cooldown
from tests.bot.discord_app.conftest import StartBot
from tests.discord_service import LocalDiscord
from tests.discord_service.world import (
    MANAGE_GUILD,
    MANAGE_MESSAGES,
    Channel,
    Guild,
    Message,
    Role,
    User,
)

HOUR = 3_600


def test_roles_and_channels_have_cooldowns_of_their_own_and_moderators_have_none(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel
) -> None:
    patrons, guests = Role("patrons"), Role("guests")
    moderators = Role("moderators", MANAGE_MESSAGES)
    guild.roles += [patrons, guests, moderators]
    busy = local.add_channel(guild, "busy")
    start_bot(cooldown_questions=1, cooldown_s=HOUR)
    mod = User("mod")

    def manage(name: str, **options: Any) -> str:
        asked = local.slash(channel, mod, f"cooldown {name}", permissions=MANAGE_GUILD, **options)
        assert asked.is_private or local.answer_to(asked)
        return local.answer_to(asked).content

    def taken(where: Channel, member: User, tries: int = 4, permissions: int = 0) -> int:
        """How many of some questions are answered."""
        asked = [
            local.slash(where, member, "ask", question="for arson", permissions=permissions)
            for _ in range(tries)
        ]
        return sum(bool(local.answer_to(each).texts) for each in asked)

    def set_for(**target: Any) -> str:
        return manage("set", questions=3 if "role" in target else 2, seconds=HOUR, **target)

    set_for(role=patrons)
    manage("set", questions=1, seconds=HOUR, role=guests)
    told = set_for(channel=busy)
    assert "1 question within 3,600" in told
    assert f"<@&{patrons.id}>: 3 questions within 3,600 seconds" in told
    assert f"<#{busy.id}>: 2 questions within 3,600 seconds" in told
    assert taken(channel, User("ann")) == 1
    assert taken(busy, User("bob")) == 2
    assert taken(busy, User("cleo", roles=[patrons, guests])) == 3
    assert taken(channel, User("dan"), permissions=MANAGE_MESSAGES) == 4
    eve = User("eve", roles=[moderators])
    said = [
        local.say(channel, eve, f"<@{local.bot.id}> for arson", mentions=[local.bot])
        for _ in range(3)
    ]
    assert all(local.reply_to(each).texts for each in said)

    # Rules outlive a restart, until they are cleared.
    start_bot(cooldown_questions=1, cooldown_s=HOUR)
    again = manage("list")
    assert "1 question within 3,600 seconds; " in again
    assert f"<#{busy.id}>: 2 questions within 3,600 seconds" in again
    assert taken(busy, User("fay")) == 2
    assert str(busy.id) not in manage("clear", channel=busy)
    assert taken(busy, User("gus")) == 1
    assert "either a role or a channel" in manage("clear")
    assert "either a role or a channel" in manage("clear", channel=busy, role=guests)


def test_the_cooldown_of_a_channel_holds_for_mentions_in_its_threads_and_that_of_a_category(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, asker: User
) -> None:
    category = local.add_category(guild, "support")
    slow = local.add_channel(guild, "slow")
    places = [local.add_thread(slow), local.add_channel(guild, "desk", category)]
    bot = start_bot(cooldown_questions=10, cooldown_s=HOUR).bot
    for more_s, limited in enumerate((slow, category)):
        bot.cooldowns.set(guild.id, limited.id, Cooldown(1, HOUR + more_s), is_role=False)

    def mention(where: Channel) -> Message:
        said = f"<@{local.bot.id}> for arson"
        return local.reply_to(local.say(where, asker, said, mentions=[local.bot]))

    for place in places:
        assert mention(place).texts
        assert "Please wait" in mention(place).content


def test_who_was_told_to_wait_is_told_so_where_another_rule_or_server_is(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    slow = local.add_channel(guild, "slow")
    elsewhere = local.add_channel(local.add_guild("Elsewhere"))
    bot = start_bot(cooldown_questions=1, cooldown_s=HOUR).bot
    bot.cooldowns.set(guild.id, slow.id, Cooldown(1, 24 * HOUR), is_role=False)

    def mention(where: Channel) -> Message:
        return local.say(where, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert local.reply_to(mention(slow)).texts
    assert "wait 86," in local.reply_to(mention(slow)).content
    assert local.reply_to(mention(channel)).texts
    assert "wait 3," in local.reply_to(mention(channel)).content
    hasty = [mention(slow), mention(channel)]
    # By the same rule, which counts them together.
    assert "wait 3," in local.reply_to(mention(elsewhere)).content
    assert [local.replies(each) for each in hasty] == [[], []]
