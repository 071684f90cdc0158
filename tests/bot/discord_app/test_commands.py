"""The commands besides `/ask`, and how Discord hears of them."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.discord_app.cogs import COGS
from bot.discord_app.cooldowns import Cooldown
from bot.discord_app.posts import SupportChannel
from index.encoder_files import DEFAULT_ENCODER
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.bot.discord_app.fakes import GatedAnswers
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import (
    MANAGE_GUILD,
    MANAGE_MESSAGES,
    SEND_IN_THREADS,
    SEND_MESSAGES,
    Channel,
    Guild,
    Message,
    User,
)
from tests.fakes import FakeEncoder


def test_help_is_shown_privately(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    asked = local.slash(channel, asker, "help")

    description = local.answer_to(asked).text
    assert asked.is_private
    assert "`/sources`" in description
    assert "Questions are not kept" in description


def test_help_names_all_commands(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    text = local.answer_to(local.slash(channel, asker, "help")).text

    commands = bot.bot.tree.get_commands(type=discord.AppCommandType.chat_input)
    named = {one.name for one in commands if f"`/{one.name}" in text}
    assert {one.name for one in commands} - named == {"help"}


def test_help_says_that_questions_are_kept_where_they_are(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot(log_questions=True, log_questions_days=1)

    shown = local.answer_to(local.slash(channel, asker, "help")).text
    assert "Questions are kept for 1 day to" in shown


def test_sources_are_listed_page_by_page(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    for number in range(24):
        library.write(f"{number:02}_notes.txt", f"Notes number {number}.\n\nMore of it.")
    library.build()
    bot.bot.service.refresh()
    asked = local.slash(channel, asker, "sources")

    page = local.answer_to(asked)
    assert asked.is_private
    assert "00\\_notes.txt" in page.text
    assert page.texts[-1] == "-# Page 1 of 3 · 25 documents"
    local.press(page, asker, "Later")
    local.wait_for(lambda: "Page 2 of 3" in page.text, "page 2")
    local.press(page, asker, "Later")
    local.wait_for(lambda: "Page 3 of 3" in page.text, "page 3")
    assert "figures.txt" in page.text
    local.press(page, asker, "Earlier")
    local.wait_for(lambda: "Page 2 of 3" in page.text, "page 2")


def test_status_says_how_it_stands(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))
    local.answer_to(local.slash(channel, asker, "ask", question="who likes tea"))
    asked = local.slash(channel, asker, "status", permissions=MANAGE_GUILD)

    description = local.answer_to(asked).text
    assert bot.bot.service.generation in description
    assert "1 document, 1 passage" in description
    assert "This server’s documents** none" in description
    assert "2 questions, 1 answered" in description


def test_a_denied_channel_is_quiet_and_says_so_to_commands(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    other = local.add_channel(guild, "other")
    start_bot()
    denied = local.slash(channel, asker, "channels deny", permissions=MANAGE_GUILD, channel=channel)
    assert f"<#{channel.id}>" in local.answer_to(denied).content
    asked = local.slash(channel, asker, "ask", question="how many for arson")
    said = local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert "don't answer in this channel" in local.answer_to(asked).content
    assert asked.is_private
    # Said later, and answered.
    later = local.say(other, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
    assert local.reply_to(later).texts
    assert local.replies(said) == []


def test_a_moderator_is_told_which_permissions_lack_where_it_is_to_answer(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    mute = local.add_channel(guild, "mute")
    mute.denied = SEND_MESSAGES
    forum = local.add_forum(guild)
    forum.denied = SEND_IN_THREADS
    start_bot()

    def allow(where: Channel) -> str:
        options = {"permissions": MANAGE_GUILD, "channel": where}
        used = local.slash(channel, asker, "channels allow", **options)  # type: ignore[arg-type]
        return local.answer_to(used).content

    assert allow(channel) == (
        f"I answer in <#{channel.id}> now. "
        f"I answer only in <#{channel.id}> and the threads and channels in them."
    )
    lacks = "To reply to mentions there I need the permission"
    assert f"{lacks} Send Messages. I answer" in allow(mute)
    assert f"{lacks} Send Messages in Threads. I answer" in allow(forum)


def test_a_thread_that_discord_does_not_show_is_said_not_to_be_seen(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    # The bot has not heard of it, as of one that was archived before it came.
    thread = local.add_thread(channel)
    used = local.slash(channel, asker, "channels allow", permissions=MANAGE_GUILD, channel=thread)

    assert "has to be opened again" in local.answer_to(used).content


def test_once_a_channel_is_allowed_the_others_are_not(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    other = local.add_channel(guild, "other")
    thread = local.add_thread(other)
    start_bot()
    local.answer_to(
        local.slash(channel, asker, "channels allow", permissions=MANAGE_GUILD, channel=other)
    )
    start_bot()  # the rule outlives a restart

    refused = local.answer_to(local.slash(channel, asker, "ask", question="for arson")).content
    assert f"Ask me in <#{other.id}>" in refused
    assert local.answer_to(local.slash(thread, asker, "ask", question="for arson")).texts
    listed = local.slash(channel, asker, "channels list", permissions=MANAGE_GUILD)
    assert f"only in <#{other.id}>" in local.answer_to(listed).content
    cleared = local.slash(channel, asker, "channels allow", permissions=MANAGE_GUILD)
    assert "every channel" in local.answer_to(cleared).content
    start_bot()
    assert local.answer_to(local.slash(channel, asker, "ask", question="for arson")).texts


def test_a_list_of_many_channels_or_cooldowns_fits_a_message(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    assert channel.guild is not None
    server_id = channel.guild.id
    # What the bot would find gone, it would forget.
    ids = [local.add_channel(channel.guild).id for _ in range(100)]
    for number, channel_id in enumerate(ids):
        rule = Cooldown(1, 60.0)
        bot.bot.channels.set(server_id, channel_id, is_allowed=number % 2 == 0)
        bot.bot.support.add(SupportChannel(server_id, channel_id, None))
        bot.bot.cooldowns.set(server_id, channel_id, rule, is_role=False)

    def told(name: str, **options: Any) -> str:
        used = local.slash(channel, asker, name, permissions=MANAGE_GUILD, **options)
        return local.answer_to(used).content

    assert told("channels list").count(" and 30 others") == 3
    denied = told("channels deny", channel=channel)
    assert denied.startswith(f"I no longer answer in <#{channel.id}>.")
    assert " and 30 others" in told("ask", question="how many for arson")
    assert "and 80 others" in told("cooldown list")


MANAGING = ["channels list", "base off", "status", "documents rebuild"]


@pytest.mark.parametrize("name", MANAGING)
def test_discord_lets_those_use_a_command_who_manage_a_server_or_were_granted_it(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, name: str
) -> None:
    assert not local.may_use(channel, name, MANAGE_MESSAGES)
    assert local.may_use(channel, name, MANAGE_GUILD)
    shown = local.answer_to(local.slash(channel, asker, name, granted=True))

    assert shown.texts or shown.content
    assert "may manage" not in shown.content


@pytest.mark.parametrize("name", MANAGING)
def test_commands_of_a_server_do_nothing_in_a_direct_message(
    local: LocalDiscord, bot: RunningBot, asker: User, name: str
) -> None:
    direct = local.add_dm(asker)
    assert not local.may_use(direct, name, MANAGE_GUILD)
    asked = local.slash(direct, asker, name, granted=True)

    assert "only in a server" in local.answer_to(asked).content


def test_an_allowlist_that_becomes_empty_stays_one_and_that_is_said(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    other = local.add_channel(guild, "other")
    start_bot()

    def change(name: str, **options: Any) -> str:
        asked = local.slash(channel, asker, f"channels {name}", permissions=MANAGE_GUILD, **options)
        return local.answer_to(asked).content

    assert f"only in <#{channel.id}>" in change("allow", channel=channel)
    assert "I answer in no channel" in change("deny", channel=channel)
    start_bot()

    for each in (channel, other):
        asked = local.slash(each, asker, "ask", question="how many for arson")
        assert "don't answer in this channel" in local.answer_to(asked).content
    assert "in no channel" in change("list")
    assert "every channel" in change("allow")
    assert f"every channel that I can see, but not in <#{other.id}>" in change(
        "deny", channel=other
    )
    assert local.answer_to(local.slash(channel, asker, "ask", question="for arson")).texts


def test_channels_follow_their_category_and_threads_their_channel(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    category = local.add_category(guild, "Help")
    inside = local.add_channel(guild, "inside", category)
    thread = local.add_thread(inside)
    start_bot(cooldown_questions=1_000)
    allowed = local.slash(
        channel, asker, "channels allow", permissions=MANAGE_GUILD, channel=category
    )
    local.answer_to(allowed)

    for where in (inside, thread):
        said = local.say(where, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
        assert local.reply_to(said).texts
        assert local.answer_to(local.slash(where, asker, "ask", question="for arson")).texts
    asked = local.slash(channel, asker, "ask", question="for arson")
    assert f"Ask me in <#{category.id}>" in local.answer_to(asked).content


def test_a_thread_that_is_not_known_yet_follows_its_channel(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, channel: Channel, asker: User
) -> None:
    """Discord names no archived thread when a session begins; it wakes with a message."""
    category = local.add_category(guild, "Quiet")
    denied = local.add_channel(guild, "denied", category)
    start_bot(cooldown_questions=1_000)
    local.answer_to(
        local.slash(channel, asker, "channels deny", permissions=MANAGE_GUILD, channel=category)
    )
    quiet, loud = local.add_thread(denied), local.add_thread(channel)

    def say(where: Channel) -> Message:
        return local.say(where, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    quiet_said = [say(quiet), say(quiet)]
    assert local.reply_to(say(loud)).texts
    assert (
        "don't answer"
        in local.answer_to(local.slash(quiet, asker, "ask", question="for arson")).content
    )
    assert [local.replies(each) for each in quiet_said] == [[], []]
    # Where Discord does not tell, silence is the safe answer.
    local.fault("GET", f"/channels/{(unknown := local.add_thread(denied)).id}", 403)
    unknown_said = say(unknown)
    assert local.reply_to(say(loud)).texts
    assert local.replies(unknown_said) == []


def test_a_server_may_turn_the_common_documents_off_and_on(
    local: LocalDiscord,
    start_bot: StartBot,
    library: Library,
    guild: Guild,
    channel: Channel,
    asker: User,
) -> None:
    running = start_bot(cooldown_questions=1_000)
    elsewhere = local.add_channel(local.add_guild())
    assert elsewhere.guild is not None
    local.join(elsewhere.guild)

    def change(name: str) -> str:
        asked = local.slash(channel, asker, f"base {name}", permissions=MANAGE_GUILD)
        return local.answer_to(asked).content

    def ask(word: str, where: Channel = channel) -> Message:
        return local.answer_to(local.slash(where, asker, "ask", question=f"how many for {word}"))

    def sources() -> str:
        text: str = local.answer_to(local.slash(channel, asker, "sources")).text
        return text

    before = ask("arson")
    assert "There are none yet" in change("off")
    assert "there are none that I can use" in ask("arson").content
    assert "no documents yet" in sources()
    own = library.other(running.bot.records.collection(guild.id) or "")
    # The encoder that is set, or it would be built anew at the restart.
    own = replace(own, encoder=FakeEncoder(name=DEFAULT_ENCODER))
    own.write("own.txt", "For fraud 55 were counted.")
    own.build()
    running = start_bot(cooldown_questions=1_000)  # it outlives a restart

    assert ask("fraud").title == "55"
    assert "figures.txt" not in sources()
    unknown = ask("arson")
    assert unknown.title == "The documents don’t say"
    assert "812" not in unknown.text
    assert ask("arson", elsewhere).title == "812"
    status = local.slash(channel, asker, "status", permissions=MANAGE_GUILD)
    assert "off in this server" in local.answer_to(status).text
    assert local.answer_to(local.press(before, asker, "Context")).texts
    assert "common documents too" in change("on")
    assert ask("arson").title == "812"
    assert ask("fraud").title == "55"


def test_without_documents_of_servers_there_are_no_commands_for_them(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    start_bot(max_documents=0)

    assert "documents" not in [command["name"] for command in local.commands]
    shown = local.answer_to(local.slash(channel, asker, "help")).text
    assert "/documents" not in shown
    assert "/channels" in shown
    status = local.slash(channel, asker, "status", permissions=MANAGE_GUILD)
    assert "/documents" not in local.answer_to(status).text


def test_a_command_that_discord_still_remembers_is_explained(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    local.commands.append({"id": "1", "name": "gone", "type": 1})
    asked = local.slash(channel, asker, "gone")

    assert "commands have changed" in local.answer_to(asked).content


def test_forget_me_deletes_ones_own(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User, tmp_path: Path
) -> None:
    start_bot(log_questions=True)
    for who in (asker, User("bob")):
        answer = local.answer_to(local.slash(channel, who, "ask", question="how many for arson"))
        local.answer_to(local.press(answer, who, "Right"))
    told = local.answer_to(local.slash(channel, asker, "privacy forget-me"))

    assert "1 answer" in told.content
    with closing(sqlite3.connect(tmp_path / "data" / "quoth.sqlite")) as connection, connection:
        for table in ("answers", "questions", "feedback"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)  # noqa: S608


def test_forget_me_is_about_questions_that_are_being_answered_too(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    bot = start_bot(gated, log_questions=True)
    thread = local.add_thread(channel)
    asked = local.slash(thread, asker, "ask", question="how many for arson")
    local.wait_for(lambda: gated.asked, "the question")
    local.answer_to(local.slash(thread, asker, "privacy forget-me"))
    gated.gate.set()
    answer = local.answer_to(asked)

    assert "**812**" in answer.text
    for table in ("answers", "questions"):
        assert bot.bot.records.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - these two
    assert bot.do(bot.bot.conversations.latest(thread.id, asker.id)) == ()
    local.answer_to(local.slash(thread, asker, "ask", question="how many for arson"))
    assert bot.bot.records.rows("SELECT count(*) FROM answers") == [(1,)]


def test_questions_are_not_kept_unless_that_is_set(
    local: LocalDiscord, bot: RunningBot, channel: Channel, tmp_path: Path
) -> None:
    # No part of a digest in hexadecimal digits can look like this name.
    asker = User("Grace Hopper")
    local.answer_to(local.slash(channel, asker, "ask", question="how many for arson"))

    content = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("quoth.sqlite*"))
    assert b"how many for arson" not in content
    assert asker.name.encode() not in content
    assert str(asker.id).encode() not in content


def test_commands_are_sent_only_when_they_changed(local: LocalDiscord, start_bot: StartBot) -> None:
    start_bot()
    start_bot()
    assert local.syncs == 1
    start_bot(cogs=COGS[:-1])

    assert local.syncs == 2


def test_no_privileged_intent_is_asked_for(local: LocalDiscord, bot: RunningBot) -> None:
    assert local.gateway.intents == 1 << 0 | 1 << 9 | 1 << 12


def test_a_server_that_comes_back_after_its_data_were_deleted_has_no_rules(
    local: LocalDiscord, bot: RunningBot, guild: Guild, channel: Channel, asker: User
) -> None:
    denied = local.slash(channel, asker, "channels deny", permissions=MANAGE_GUILD, channel=channel)
    local.answer_to(denied)
    local.leave(guild)
    local.wait_for(lambda: bot.bot.get_guild(guild.id) is None, "the departure")
    bot.bot.servers.delete(bot.bot.records.hashed(guild.id))
    local.join(guild)
    local.wait_for(lambda: not bot.bot.channels.denied(guild.id), "the new rules")

    assert local.answer_to(local.slash(channel, asker, "ask", question="for arson")).texts


def test_a_server_that_removes_the_bot_is_noted(
    local: LocalDiscord, bot: RunningBot, guild: Guild, tmp_path: Path
) -> None:
    local.leave(guild)

    def departures() -> list[tuple[str]]:
        with closing(sqlite3.connect(tmp_path / "data" / "quoth.sqlite")) as connection, connection:
            return connection.execute("SELECT server FROM departures").fetchall()

    local.wait_for(lambda: departures() == [(bot.bot.records.hashed(guild.id),)], "a note")


def test_a_question_may_name_where_to_look(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    library.write("north/report.txt", "In the north, for arson 14 were counted.")
    library.write("norths/note.txt", "Nothing was counted.")
    library.build()
    bot.bot.service.refresh()

    offered = local.complete(channel, asker, "ask", "in", "NOR")
    asked: dict[str, Any] = {"question": "how many for arson", "in": offered[0]}
    shown = local.answer_to(local.slash(channel, asker, "ask", **asked))
    unknown = local.slash(channel, asker, "ask", **asked | {"in": "nroth"})
    no_day = local.slash(channel, asker, "ask", **asked | {"since": "May"})

    assert offered == ["north/*", "norths/*", "north/report.txt", "norths/note.txt"]
    assert shown.title == "14"
    assert shown.text.endswith("Looked in 1 of 3 documents.")
    # Discord would take both asterisks away, and write what stands between them slanted.
    assert r"for example: north/\*, norths/\*" in local.answer_to(unknown).content
    assert "2024-01-31" in local.answer_to(no_day).content
    assert no_day.is_private


def test_days_of_the_documents_are_offered_years_first(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, library: Library
) -> None:
    for day in ("2023-12-31", "2024-01-31", "2024-05-05"):
        library.write(f"{day}.txt", f"Figures of {day}. For arson 14 were counted.")
    library.build()
    bot.bot.service.refresh()

    assert local.complete(channel, asker, "ask", "since", "")[:3] == ["2024", "2023", "2024-05"]
    assert local.complete(channel, asker, "ask", "since", "2024-0") == [
        "2024-05",
        "2024-01",
        "2024-05-05",
        "2024-01-31",
    ]
