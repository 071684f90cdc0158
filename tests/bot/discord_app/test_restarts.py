"""A bad start, an end without warning, and all faults at once."""

import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.collection_names import BASE_COLLECTION
from bot.discord_app.cogs import catch_up
from bot.discord_app.cogs.catch_up import CatchUp
from bot.serving.build_process import NotBuilt
from bot.serving.build_queue import Builder
from bot.settings import RECORDS_NAME
from tests.bot.discord_app.conftest import StartBot
from tests.bot.discord_app.crowd import ARSON, SLOW_DOWN, VIA, Asked, ask, check, places
from tests.bot.discord_app.process import Process
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, Message, User

SEED = 20_260_101
STATUSES = [503, *(pytest.param(status, marks=pytest.mark.stress) for status in (500, 502, 504))]
STARTING = [
    ("PUT", "/commands"),
    *(
        pytest.param("GET", path, marks=pytest.mark.stress)
        for path in ("/users/@me", "/oauth2/applications/@me", "/gateway/bot")
    ),
]


def noted(records: Path) -> int:
    """How many are noted as those who wait."""
    with closing(sqlite3.connect(f"file:{records}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM unanswered").fetchone()
    return int(count)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("method", "path"), STARTING)
def test_it_starts_although_discord_stumbles(
    local: LocalDiscord,
    faked: Callable[..., Process],
    method: str,
    path: str,
    status: int,
) -> None:
    (channel,) = places(local, 1)
    fault = local.fault(method, path, status)
    faked()

    assert fault.times == 0
    assert local.syncs == 1
    check(local, ask(local, channel, User("ada"), ARSON, mention=False))


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=pytest.mark.stress)])
def test_all_faults_at_once_lose_no_answer_and_double_none(
    local: LocalDiscord, faked: Callable[..., Process], library: Library, rounds: int
) -> None:
    """The gateway drops, Discord stumbles everywhere, and the index is made and gone back from."""
    channels = places(local, 4)
    process = faked(QUOTH_COOLDOWN_QUESTIONS="100000", QUOTH_FOLLOW_S="0.2")
    chance = random.Random(SEED)  # noqa: S311 - no secret
    asked: list[Asked] = []
    for number in range(rounds):
        local.fault("POST", "/messages", 429, times=2, headers=VIA, body=SLOW_DOWN)
        local.fault("POST", "/typing", chance.choice([500, 502, 503]))
        local.fault("POST", "/messages", chance.choice([500, 502, 503]), after=number % 2 == 0)
        local.fault("PATCH", "/messages/@original", 502, after=number % 2 == 1)
        # Only the receipt is lost: who tries again after a second may be too late elsewhere.
        local.fault("POST", "/callback", 500, after=True)
        for place, channel in enumerate(channels):
            for mention in (False, True):
                text = f"{number} {place}: {ARSON}"
                asked.append(ask(local, channel, User(f"u{place}"), text, mention=mention))
        library.write("more.txt", f"Another document, number {number}.")
        library.build()
        local.drop(4000)
        if number % 2:
            library.collection.roll_back()
        local.wait_for(lambda: local.gateway.connected, "a connection")

    check(local, *asked)
    assert local.gateway.identified == 1
    assert "Traceback" not in process.logged


@pytest.mark.parametrize("rounds", [1, pytest.param(5, marks=pytest.mark.stress)])
def test_after_each_kill_the_next_one_goes_on(
    local: LocalDiscord, faked: Callable[..., Process], rounds: int
) -> None:
    """Killed in the middle of answers: the buttons of those that were given work on."""
    (channel,) = places(local, 1)
    answers: list[Message] = []
    for number in range(rounds):
        process = faked(QUOTH_COOLDOWN_QUESTIONS="100000")
        asked = ask(local, channel, User("ada"), f"{number}: {ARSON}", mention=True)
        check(local, asked)
        answers.append(asked.answer(local))
        for extra in range(10):
            ask(local, channel, User(f"u{extra}"), ARSON, mention=extra % 2 == 0)
        process.signal(signal.SIGKILL)
        assert process.code() == -signal.SIGKILL
    faked(QUOTH_COOLDOWN_QUESTIONS="100000")

    for answer in answers:
        context = local.answer_to(local.press(answer, User("bob"), "Context"))
        assert "**812**" in context.text
        assert local.answer_to(local.press(answer, User("bob"), "Right")).content
    assert local.syncs == 1
    for mention in (True, False):
        check(local, ask(local, channel, User("ada"), ARSON, mention=mention))


def test_who_waited_when_it_was_killed_and_who_mentioned_it_meanwhile_hear_of_it(
    local: LocalDiscord, faked: Callable[..., Process], library: Library
) -> None:
    channel, other = places(local, 2)
    thread = local.add_thread(channel)
    direct = local.add_dm(User("dan"))
    (library.folder / "open").unlink()
    process = faked(QUOTH_WORKERS="4")
    by_command = local.slash(channel, User("ada"), "ask", question=ARSON)
    by_mention = ask(local, other, User("bob"), ARSON, mention=True)
    by_word = local.say(direct, User("dan"), ARSON)
    local.wait_for(lambda: by_command.deferred and other.typing and direct.typing, "three answers")
    # They are noted beside the answering, so a moment after it shows.
    local.wait_for(lambda: noted(library.folder / "data" / RECORDS_NAME) == 3, "three notes")
    process.signal(signal.SIGKILL)
    assert process.code() == -signal.SIGKILL
    missed = ask(local, thread, User("cleo"), ARSON, mention=True)
    local.say(channel, User("cleo"), "for arson, nobody is asked")
    (library.folder / "open").touch()
    process = faked()

    told = local.answer_to(by_command)
    assert "restarted before I could answer" in told.content
    check(local, by_mention, missed)
    assert local.reply_to(by_word).title == "812"
    # Nobody is told twice.
    process.signal(signal.SIGKILL)
    process.code()
    faked()
    check(local, ask(local, channel, User("ada"), ARSON, mention=True), by_mention, missed)
    assert len(local.replies(by_word)) == 1
    assert by_command.followups == []
    assert by_command.shown == [told.content]


def test_who_waited_when_it_was_killed_hears_of_it_although_the_records_fail_for_another(
    local: LocalDiscord, faked: Callable[..., Process], library: Library
) -> None:
    (channel,) = places(local, 1)
    records = library.folder / "data" / RECORDS_NAME
    (library.folder / "open").unlink()
    process = faked(QUOTH_WORKERS="4")
    first, second = (local.slash(channel, User(name), "ask", question=ARSON) for name in "ab")
    local.wait_for(lambda: first.deferred and second.deferred, "two answers")
    local.wait_for(lambda: noted(records) == 2, "two notes")
    process.signal(signal.SIGKILL)
    process.code()
    with closing(sqlite3.connect(records)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER locked BEFORE DELETE ON unanswered"
            f" WHEN old.id = {first.id} BEGIN SELECT RAISE(ABORT, 'locked'); END"
        )
    (library.folder / "open").touch()
    process = faked()

    for one in (first, second):
        assert "restarted before I could answer" in local.answer_to(one).content
    assert "Traceback" not in process.logged


def test_mentions_that_a_lost_session_did_not_hear_are_answered(
    local: LocalDiscord, faked: Callable[..., Process]
) -> None:
    (channel,) = places(local, 1)
    process = faked()
    local.gateway.refused_upgrades = 1_000
    local.invalidate(resumable=False)
    local.wait_for(lambda: not local.gateway.connected, "a lost connection")
    missed = ask(local, channel, User("ada"), ARSON, mention=True)
    local.gateway.refused_upgrades = 0
    local.wait_for(lambda: local.gateway.identified == 2, "a session")

    check(local, missed)
    assert "Traceback" not in process.logged


def test_of_several_shards_whose_connection_is_lost_none_counts_as_heard(
    start_bot: StartBot, local: LocalDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While discord.py tries to connect the first one, it says nothing of the others."""
    monkeypatch.setattr(catch_up, "HEAR_EVERY_S", 0.05)
    running = start_bot(shards=([0, 1], 2))
    bot, cog = running.bot, running.bot.get_cog("CatchUp")
    assert isinstance(cog, CatchUp)

    def heard() -> list[float]:
        return [bot.unanswered.last_heard(shard, 2) for shard in (0, 1)]

    local.wait_for(lambda: all(heard()), "a note that they are heard")
    local.gateway.refused_upgrades = 1_000
    local.invalidate(resumable=False)
    local.wait_for(lambda: all(one.is_closed() for one in bot.shards.values()), "lost connections")
    time.sleep(0.5)
    before = heard()
    time.sleep(0.5)
    # As where it was lost again while it caught up.
    running.do(cog.on_shard_ready(1))

    assert heard() == before


def test_a_shard_that_is_lost_while_it_catches_up_does_not_count_as_heard(
    start_bot: StartBot, local: LocalDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what came while it was away would be taken for heard."""
    monkeypatch.setattr(catch_up, "HEAR_EVERY_S", 1e6)
    running = start_bot()
    unanswered, cog = running.bot.unanswered, running.bot.get_cog("CatchUp")
    assert isinstance(cog, CatchUp)
    local.wait_for(lambda: unanswered.last_heard(0, 1), "a note that it is heard")
    before = unanswered.last_heard(0, 1)

    async def lost(shard_id: int, _: float) -> None:
        await cog.on_shard_disconnect(shard_id)

    monkeypatch.setattr(cog, "_answer_missed", lost)
    running.do(cog.on_shard_ready(0))

    assert unanswered.last_heard(0, 1) == before


def test_a_change_that_was_cut_short_is_finished_while_others_of_its_server_wait(
    start_bot: StartBot, channel: Channel
) -> None:
    running = start_bot()
    bot, cog = running.bot, running.bot.get_cog("CatchUp")
    assert isinstance(cog, CatchUp)
    assert channel.guild is not None
    scope = bot.records.collection(channel.guild.id)
    assert scope is not None
    waits: dict[str, bool] = {}

    class Noting(Builder):
        async def build(self, collection: str = BASE_COLLECTION, **_: Any) -> NotBuilt:
            waits[collection] = bot.changes.is_finishing(collection)
            return NotBuilt("closed")

    bot.builder = Noting(bot.settings)
    documents = bot.settings.documents(scope)
    documents.mkdir(parents=True)
    (documents / "note.txt").write_text("For fraud 55 were counted.")
    running.do(cog.on_shard_ready(0))

    assert waits == {scope: True}
    assert not bot.changes.is_finishing(scope)
