"""Who may ask: the servers that are named, and direct messages where they are on."""

from typing import Any

import pytest

from bot.discord_app import asking
from bot.settings import SettingsError, load_settings
from tests.bot.discord_app.conftest import StartBot
from tests.discord_service import LocalDiscord
from tests.discord_service.world import SEND_MESSAGES, Channel, Guild, Message, User

# Commands that show something of the documents, with their options.
LOOKING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ask", {"question": "for arson"}),
    ("sources", {}),
)


def own(local: LocalDiscord, channel: Channel) -> list[Message]:
    return [message for message in channel.messages.values() if message.author is local.bot]


def test_servers_that_are_not_named_are_told_once_and_left(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    here_before = local.add_guild("Here before")
    mute = local.add_channel(here_before, "mute")
    mute.denied = SEND_MESSAGES
    told = local.add_channel(here_before, "told")
    start_bot(servers=frozenset({guild.id}))

    local.wait_for(lambda: here_before not in local.guilds, "the departure")
    (message,) = own(local, told)
    assert "I serve only the servers" in message.content
    joined = local.add_guild("Joined")
    welcome_page = local.add_channel(joined)
    local.join(joined)
    local.wait_for(lambda: joined not in local.guilds, "the departure")
    assert len(own(local, welcome_page)) == 1
    assert own(local, mute) == []
    assert guild in local.guilds
    assert local.answer_to(local.slash(channel, asker, "ask", question="for arson")).texts


def test_a_server_that_can_not_be_left_yet_is_not_served(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, asker: User
) -> None:
    stranger = local.add_channel(local.add_guild("Stranger"))
    local.fault("DELETE", "/users/@me/guilds/", 403)
    start_bot(servers=frozenset({guild.id}))
    local.wait_for(lambda: own(local, stranger), "a word")

    for name, options in (*LOOKING, ("help", {})):
        asked = local.slash(stranger, asker, name, **options)
        assert "I serve only" in local.answer_to(asked).content
        assert asked.is_private
    said = local.say(stranger, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
    direct = local.say(local.add_dm(asker), asker, "how many for arson")
    assert local.reply_to(direct).texts
    assert local.replies(said) == []


def test_direct_messages_are_told_in_a_sentence_where_they_are_off(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    direct = local.add_dm(asker)
    start_bot()
    answer = local.answer_to(local.slash(direct, asker, "ask", question="how many for theft"))
    start_bot(direct_messages=False)

    said = local.say(direct, asker, "how many for arson")
    assert "don't answer in direct messages" in local.reply_to(said).content
    for name, options in LOOKING:
        asked = local.answer_to(local.slash(direct, asker, name, **options))
        assert "don't answer in direct messages" in asked.content
    pressed = local.answer_to(local.press(answer, asker, "Context"))
    assert "don't answer in direct messages" in pressed.content
    shown = local.answer_to(local.slash(direct, asker, "help")).text
    assert "a direct message" not in shown
    assert (
        "Deleted: 1 answer"
        in local.answer_to(local.slash(direct, asker, "privacy forget-me")).content
    )
    assert local.answer_to(local.slash(channel, asker, "ask", question="for arson")).texts


def test_who_goes_on_writing_where_direct_messages_are_off_is_told_so_once(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    direct, other = local.add_dm(asker), User("bob")
    start_bot(direct_messages=False)
    assert "don't answer" in local.reply_to(local.say(direct, asker, "for arson")).content
    more = [local.say(direct, asker, "for arson") for _ in range(5)]

    assert "don't answer" in local.reply_to(local.say(local.add_dm(other), other, "hi")).content
    assert [local.replies(each) for each in more] == [[]] * 5


def test_of_many_who_were_told_the_first_is_forgotten(
    local: LocalDiscord, start_bot: StartBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MAX_TOLD", 2)
    users = [User("ada"), User("bob"), User("cem")]
    direct = [local.add_dm(user) for user in users]
    bot = start_bot(direct_messages=False)
    for place, user in zip(direct, users, strict=True):
        assert local.reply_to(local.say(place, user, "for arson")).content
    hasty = local.say(direct[2], users[2], "for arson")

    assert "don't answer" in local.reply_to(local.say(direct[0], users[0], "for arson")).content
    assert local.replies(hasty) == []
    assert len(bot.bot.asking._told) == 2


def test_servers_are_named_by_their_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUOTH_SERVERS", " 81384788765712384, 5,")
    settings = load_settings()

    assert settings.is_welcome(81384788765712384)
    assert not settings.is_welcome(6)
    monkeypatch.setenv("QUOTH_SERVERS", "Newsroom")
    with pytest.raises(SettingsError, match="ids of servers"):
        load_settings()
