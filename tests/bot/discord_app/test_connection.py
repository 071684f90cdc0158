"""Lost connections, refusals and faults of Discord's."""

import asyncio
import logging
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from discord.gateway import KeepAliveHandler

from bot.collection_names import server_collection
from tests.bot.discord_app.conftest import RunningBot, StartBot
from tests.bot.discord_app.fakes import GatedAnswers
from tests.discord_service import LocalDiscord
from tests.discord_service.rest import CARRIED_OUT
from tests.discord_service.service import PATIENCE_S
from tests.discord_service.world import Channel, Guild, User


def soon_given_up(running: RunningBot) -> None:
    """Have requests that nobody answers end in a second, not in five minutes."""
    session: aiohttp.ClientSession = vars(running.bot.http)["_HTTPClient__session"]
    session._timeout = aiohttp.ClientTimeout(total=1.0)


def ask(local: LocalDiscord, channel: Channel, user: User) -> str:
    asked = local.slash(channel, user, "ask", question="how many for arson")
    title: str = local.answer_to(asked).title
    return title


@pytest.mark.parametrize("break_it", ["drop", "close", "reconnect", "resumable"])
def test_a_broken_connection_is_resumed_and_nothing_is_lost(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User, break_it: str
) -> None:
    before = local.gateway.resumed
    match break_it:
        case "drop":
            local.drop(4000)
        case "close":
            local.drop(1000)
        case "reconnect":
            local.reconnect()
        case "resumable":
            local.invalidate(resumable=True)
    # Asked while nobody is connected: Discord keeps it for the session.
    said = local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert local.reply_to(said).title == "812"
    assert local.gateway.resumed == before + 1
    assert local.gateway.identified == 1
    assert len(local.replies(said)) == 1


@pytest.mark.parametrize("name", ["MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE"])
def test_what_somebody_says_and_nobody_can_read_is_left_out(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    asker: User,
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    assert channel.guild is not None
    secret = {"guild_id": str(channel.guild.id), "id": "what ada wrote", "type": "x", "author": 1}
    local.tell(channel.guild, name, secret)

    assert ask(local, channel, asker) == "812"
    assert local.gateway.identified == 1
    (logged,) = [vars(one) for one in caplog.records if one.message == "not_understood"]
    assert logged["quoth_fields"]["kind"] == name
    assert "ada" not in str(logged)


def test_a_lost_session_is_begun_anew(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    local.invalidate(resumable=False)

    local.wait_for(lambda: local.gateway.identified == 2 and local.gateway.connected)
    assert ask(local, channel, asker) == "812"
    assert local.syncs == 1


def test_answers_survive_a_connection_that_drops_again_and_again(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    said = []
    for _ in range(4):
        said.append(local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot]))
        local.drop(4000)
        local.wait_for(lambda: local.gateway.connected, "a connection")

    for message in said:
        assert local.reply_to(message).title == "812"
        assert len(local.replies(message)) == 1


def test_servers_are_shared_out_over_shards(
    local: LocalDiscord, start_bot: StartBot, asker: User
) -> None:
    local.gateway.shards = 2
    channels = []
    for number in range(4):
        guild = local.add_guild(f"Server {number}")
        guild.id += number << 22
        channels.append(local.add_channel(guild))
    bot = start_bot().bot

    assert local.gateway.connected == 2
    # No shard's session takes away the servers of the other.
    known = {channel.guild.id for channel in channels if channel.guild}
    assert known <= {guild.id for guild in bot.guilds}
    assert {(channel.guild.id >> 22) % 2 for channel in channels if channel.guild} == {0, 1}
    assert [ask(local, channel, asker) for channel in channels] == ["812"] * 4
    direct = local.say(local.add_dm(asker), asker, "how many for arson")
    assert local.reply_to(direct).title == "812"


def test_servers_of_shards_that_others_hold_are_not_taken_for_left(
    local: LocalDiscord, start_bot: StartBot, asker: User
) -> None:
    guilds = [local.add_guild(f"Server {number}") for number in range(4)]
    for number, guild in enumerate(guilds):
        guild.id = (guild.id >> 23 << 23) + (number % 2 << 22) + number
        local.add_channel(guild)
    bot = start_bot().bot
    for guild in guilds:
        bot.servers.set_base(guild.id, is_on=False)
    names = [bot.records.hashed(guild.id) for guild in guilds]
    for name in names:
        (bot.settings.collections / server_collection(name)).mkdir(parents=True)
    # Two are left while the bot is away, one of them of a shard that is not its own then.
    for guild in guilds[2:]:
        local.guilds.remove(guild)
    running = start_bot(shards=([0], 2))
    joined = local.add_guild("Another")
    joined.id = joined.id >> 23 << 23
    local.join(joined)
    local.wait_for(lambda: joined.id in {g.id for g in running.bot.guilds}, "the new server")
    local.wait_for(running.bot.servers_noted.is_set, "a note")

    assert departures(running) == {names[2]}
    again = start_bot()
    local.wait_for(again.bot.servers_noted.is_set, "a note")
    assert departures(again) == {names[2], names[3]}


def departures(running: RunningBot) -> set[str]:
    rows = running.bot.records.rows("SELECT server FROM departures")
    return {server for (server,) in rows}


def test_which_servers_were_left_is_noted_once_the_records_can_be_written(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, caplog: pytest.LogCaptureFixture
) -> None:
    other = local.add_guild("Elsewhere")
    local.add_channel(other)
    running = start_bot()
    bot = running.bot
    bot.records.write(
        "CREATE TRIGGER locked BEFORE INSERT ON departures BEGIN SELECT RAISE(ABORT, 'locked'); END"
    )
    for left in (guild, other):
        local.leave(left)
    local.wait_for(lambda: caplog.messages.count("waits_for_records") == 2, "a word")
    local.join(guild)
    local.wait_for(lambda: bot.get_guild(guild.id), "the server")
    bot.records.write("DROP TRIGGER locked")

    local.wait_for(lambda: departures(running) == {bot.records.hashed(other.id)}, "a note")


def test_a_server_that_was_left_while_a_session_was_lost_counts_as_left(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    """Nobody tells of it: the next session names one server less."""
    other = local.add_guild("Elsewhere")
    running = start_bot()
    bot = running.bot
    bot.servers.set_base(other.id, is_on=False)
    local.guilds.remove(other)
    local.invalidate(resumable=False)
    local.wait_for(lambda: local.gateway.identified == 2 and local.gateway.connected)
    ask(local, channel, asker)

    assert bot.get_guild(other.id) is None
    local.wait_for(lambda: departures(running) == {bot.records.hashed(other.id)}, "a note")


def test_a_server_with_documents_alone_counts_as_left_also_where_others_hold_shards(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, guild: Guild, asker: User
) -> None:
    """Its documents are named by its hash, which does not tell of which shard it is."""
    other = local.add_guild("Elsewhere")
    for number, one in enumerate((guild, other)):
        one.id = (one.id >> 23 << 23) + number
    running = start_bot(shards=([0], 2))
    bot = running.bot
    name = bot.records.hashed(other.id)
    (bot.settings.collections / server_collection(name)).mkdir(parents=True)
    local.guilds.remove(other)
    local.invalidate(resumable=False)
    local.wait_for(lambda: local.gateway.identified == 2 and local.gateway.connected)
    ask(local, channel, asker)

    local.wait_for(lambda: departures(running) == {name}, "a note")


def test_the_servers_of_a_session_are_noted_once_the_records_can_be_written(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, caplog: pytest.LogCaptureFixture
) -> None:
    bot = start_bot().bot
    local.wait_for(bot.servers_noted.is_set, "a note")
    bot.servers.leave(guild.id)
    bot.servers_noted.clear()
    bot.records.write(
        "CREATE TRIGGER locked BEFORE DELETE ON departures BEGIN SELECT RAISE(ABORT, 'locked'); END"
    )
    local.invalidate(resumable=False)
    local.wait_for(lambda: "waits_for_records" in caplog.messages, "a word")
    bot.records.write("DROP TRIGGER locked")

    local.wait_for(bot.servers_noted.is_set, "another note")


def test_a_server_that_is_left_while_those_of_a_session_are_noted_counts_as_left(
    local: LocalDiscord, start_bot: StartBot, guild: Guild, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = start_bot()
    servers, name = running.bot.servers, running.bot.records.hashed(guild.id)
    local.wait_for(running.bot.servers_noted.is_set, "a note")
    note_present, begun, ended = servers.note_present, threading.Event(), threading.Event()

    def slowly(*arguments: Any) -> None:
        begun.set()
        for _ in range(50):
            if departures(running):
                break
            time.sleep(0.01)
        note_present(*arguments)
        ended.set()

    monkeypatch.setattr(servers, "note_present", slowly)
    local.invalidate(resumable=False)
    local.wait_for(begun.is_set, "a session")
    local.leave(guild)
    local.wait_for(ended.is_set, "a note")

    local.wait_for(lambda: departures(running) == {name}, "another note")


def test_a_rate_limit_is_waited_out(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    local.fault(
        "POST",
        "/messages",
        429,
        times=2,
        headers={"Via": "1.1 google"},
        body={"message": "slow down", "retry_after": 0.05, "global": False},
    )
    said = local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert local.reply_to(said).title == "812"


def test_a_message_whose_receipt_is_lost_is_not_sent_twice(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    fault = local.fault("POST", "/messages", 502, after=True)
    said = local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    local.reply_to(said)
    local.wait_for(
        lambda: [r for r in local.requests if r[1].endswith("/messages")][1:], "the second try"
    )
    assert ask(local, channel, asker) == "812"
    assert fault.times == 0
    assert len(local.replies(said)) == 1


def test_an_answer_that_discord_drops_for_a_moment_arrives_once(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    local.fault("PATCH", "/messages/@original", 500)
    asked = local.slash(channel, asker, "ask", question="how many for arson")

    assert local.answer_to(asked).title == "812"
    assert asked.followups == []


def test_an_answer_of_which_discord_says_nothing_is_sent_again_and_arrives_once(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    soon_given_up(bot)
    sent = len(local.requests)

    def is_sent_again() -> bool:
        return local.requests[sent:].count(("POST", f"/api/v10/channels/{channel.id}/messages")) > 1

    local.fault("POST", "/messages", CARRIED_OUT, is_over=is_sent_again)
    said = local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])

    assert local.reply_to(said).title == "812"
    assert ask(local, channel, asker) == "812"
    assert len(local.replies(said)) == 1


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060)])
def test_a_deferral_that_comes_too_late_or_twice_ends_quietly(
    local: LocalDiscord,
    bot: RunningBot,
    channel: Channel,
    asker: User,
    status: int,
    code: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    local.fault("POST", "/callback", status, body={"code": code, "message": "no"})
    asked = local.slash(channel, asker, "ask", question="how many for arson")

    local.wait_for(lambda: not local.faults[0].times, "the refusal")
    assert ask(local, channel, asker) == "812"
    assert asked.followups == []
    assert "Traceback" not in caplog.text


def test_a_token_that_runs_out_while_reading_ends_quietly(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    running = start_bot(gated)
    asked = local.slash(channel, asker, "ask", question="arson")
    local.wait_for(lambda: gated.asked, "the question")
    asked.expired = True
    gated.gate.set()

    local.wait_for(lambda: (401, 50027) in [r[:2] for r in local.refused], "the refusal")
    assert ask(local, channel, asker) == "812"
    assert running.error is None


def test_a_busy_event_loop_is_never_the_readers_doing(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    """Questions that are stuck in reading keep nobody's deferral waiting."""
    gated = GatedAnswers()
    start_bot(gated, workers=2)
    stuck = [local.slash(channel, User(f"u{n}"), "ask", question="arson") for n in range(5)]
    local.wait_for(lambda: all(asked.deferred for asked in stuck), "deferrals")
    assert local.answer_to(local.slash(channel, asker, "help")).texts

    gated.gate.set()
    assert all(local.answer_to(asked).texts for asked in stuck)


def test_stopping_answers_what_is_in_flight_and_takes_nothing_more(
    local: LocalDiscord, start_bot: StartBot, channel: Channel, asker: User
) -> None:
    gated = GatedAnswers()
    running = start_bot(gated)
    asked = local.slash(channel, asker, "ask", question="arson")
    local.wait_for(lambda: gated.asked, "the question")
    running.loop.call_soon_threadsafe(lambda: running.loop.create_task(running.bot.stop()))
    local.wait_for(lambda: running.bot.asking.is_closing, "the end")
    late = local.slash(channel, asker, "ask", question="arson")
    assert "about to restart" in local.answer_to(late).content
    gated.gate.set()

    assert local.answer_to(asked).texts
    local.wait_for(lambda: not local.gateway.connected, "goodbye")


def test_who_mentions_it_while_it_stops_is_told_each_time_to_ask_again(
    local: LocalDiscord, bot: RunningBot, channel: Channel, asker: User
) -> None:
    bot.do(bot.bot.asking.drain(PATIENCE_S))

    for _ in range(2):
        said = local.say(channel, asker, f"<@{local.bot.id}> for arson", mentions=[local.bot])
        assert "about to restart" in local.reply_to(said).content


def test_what_can_not_be_written_down_is_not_written_to_the_log_instead(
    local: LocalDiscord,
    bot: RunningBot,
    guild: Guild,
    channel: Channel,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bot.bot.channels.set(guild.id, channel.id, is_allowed=True)
    failing = "BEGIN SELECT RAISE(ABORT, 'what was to be written'); END"
    with closing(sqlite3.connect(tmp_path / "data" / "quoth.sqlite")) as records, records:
        records.execute(f"CREATE TRIGGER failing BEFORE DELETE ON channels {failing}")
    local.delete_channel(channel)
    local.wait_for(lambda: "records_away" in caplog.messages, "a word")

    assert "to be written" not in caplog.text


def test_a_bot_that_is_stopped_while_it_connects_again_leaves_no_heartbeat(
    local: LocalDiscord, bot: RunningBot
) -> None:
    """It would beat in some later test, for a loop that is closed by then."""
    is_identifying = threading.Event()

    async def never(*_: object, **__: object) -> None:
        is_identifying.set()
        await asyncio.sleep(PATIENCE_S)

    bot.bot.before_identify_hook = never  # type: ignore[method-assign]
    local.invalidate(resumable=False)
    local.wait_for(is_identifying.is_set, "an attempt to identify")
    bot.stop()

    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler) and thread.ws.loop is bot.loop:
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
