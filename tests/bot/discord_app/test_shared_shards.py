"""`quoth run` several times on one database: the shards are shared, and taken over."""

import asyncio
import signal
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from bot.database import DatabaseError
from bot.discord_app import shared_shards
from bot.discord_app.records import Records
from bot.discord_app.shards import Shards
from bot.discord_app.shared_shards import Bot, SharedShards
from bot.discord_app.unanswered import Unanswered
from bot.postgres import PostgresDatabase
from bot.shard_leases import ShardLeases
from tests.bot.conftest import ARTICLE
from tests.bot.discord_app.documents.place import NOT_SAID, NOTE, OTHER, Place
from tests.bot.discord_app.process import Process
from tests.bot.discord_app.test_taught import listed, teach, until
from tests.conftest import Library
from tests.discord_service import LocalDiscord
from tests.discord_service.world import Channel, User
from tests.postgres import Way

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
    # Those who wait for their turn to identify do not have a connection open meanwhile.
    assert local.gateway.most_unidentified <= local.gateway.max_concurrency
    second = faked(**settings, QUOTH_COOLDOWN_QUESTIONS="100")
    local.wait_for(lambda: second.logged.count("shard_taken") == SHARDS / 2, "a half")
    local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")
    local.wait_for(lambda: first.logged.count("shard_given_up") == SHARDS / 2, "the other half")
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
        left = records.rows("SELECT * FROM departures")
        turns = records.rows(
            "SELECT name FROM meta WHERE name IN ('identify 0', 'identify 1') ORDER BY name"
        )
    assert left == []
    assert [name for (name,) in turns] == ["identify 0", "identify 1"]
    assert "Traceback" not in first.logged + second.logged


def test_a_servers_documents_are_changed_and_answered_from_by_whoever_has_its_shard(
    local: LocalDiscord,
    faked: Callable[..., Process],
    article: Library,
    postgres_database: str,
) -> None:
    """What the process before it was changing when it was killed is finished by it, too."""
    local.gateway.shards = local.gateway.max_concurrency = SHARDS
    channel, elsewhere = places(local)[-2:]
    settings = {"QUOTH_DATABASE": postgres_database, "QUOTH_SHARDS": "recommended"}

    def start() -> Process:
        return faked(**settings, QUOTH_COOLDOWN_QUESTIONS="100")

    def has_its_share(process: Process, processes: int) -> bool:
        given_up = process.logged.count(" shard_given_up ")
        return process.logged.count(" shard_taken ") - given_up == SHARDS / processes

    def until_shared(*processes: Process) -> None:
        for one in processes:
            local.wait_for(partial(has_its_share, one, len(processes)), "its share")
        local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")

    first, second = start(), start()
    until_shared(first, second)
    place = Place(local, first, article.folder, channel, User("moderator"))
    assert "Added **note.txt**" in place.add(NOTE)
    owner, other = (first, second) if " document_added " in first.logged else (second, first)
    owner.signal(signal.SIGTERM)
    assert owner.code() == 0
    until_shared(other)
    assert (place.answer("fraud"), place.offered("")) == ("55", ["note.txt"])
    assert "**note.txt**" in place.sources()

    third = start()
    until_shared(other, third)
    (hold := article.folder / "hold-build").touch()
    asked = place.change("add", file=OTHER)
    local.wait_for(lambda: any("Indexing: 0 of 1" in text for text in asked.shown), "a build")
    owner, last = (third, other) if " document_added " in third.logged else (other, third)
    owner.kill()
    until_shared(last)
    assert place.answer("treason") == NOT_SAID
    hold.unlink()
    until(lambda: place.answer("treason") == "66")

    def removed() -> bool:
        # It is answered from what was finished a moment before the next change may begin.
        return "Removed **note.txt**" in place.done(place.change("remove", name="note.txt"))

    until(removed)
    assert (place.answer("fraud"), place.offered("")) == (NOT_SAID, ["other.txt"])
    assert place.answer("treason", elsewhere) == NOT_SAID


@pytest.mark.parametrize("others", [0, 1])
def test_who_asked_before_a_process_lost_the_database_is_answered_by_it_and_hears_of_no_failure(
    local: LocalDiscord,
    faked: Callable[..., Process],
    library: Library,
    postgres_database: str,
    others: int,
) -> None:
    """It counts as dead for a while, whether another process takes its shards over or not."""
    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        way = Way(postgres_database, Path(folder))
        (library.folder / "open").unlink()
        channels, ada = places(local), User("ada")
        local.gateway.shards, local.gateway.max_concurrency = SHARDS, SHARDS
        limit = {"QUOTH_COOLDOWN_QUESTIONS": "100", "QUOTH_SHARDS": "recommended"}
        first = faked(QUOTH_DATABASE=way.address, **limit)
        local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")
        asked = [local.slash(one, ada, "ask", question="how many for arson") for one in channels]
        said = local.say(
            channels[1], ada, f"<@{local.bot.id}> how many for arson", mentions=[local.bot]
        )
        with closing(Records(PostgresDatabase(postgres_database))) as records:
            local.wait_for(
                lambda: len(Unanswered(records).all_on(Shards(1, frozenset({0})))) == SHARDS + 1,
                "notes",
            )
        local.wait_for(lambda: all(one.deferred for one in asked), "time to answer")

        way.is_cut = True
        way.hang_up()
        local.wait_for(lambda: first.logged.count("shard_lost") == SHARDS, "the loss")
        for _ in range(others):
            faked(QUOTH_DATABASE=postgres_database, **limit)
        if others:
            # The other process takes them for questions that nobody answers any more.
            local.wait_for(lambda: all(one.shown for one in asked), "a word to each")
        else:
            way.is_cut = False
            local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")
        (library.folder / "open").touch()

        local.wait_for(lambda: all(one.response and one.response.texts for one in asked), "answers")
        assert "**812**" in local.reply_to(said).text
        way.close()
    for one in asked:
        assert local.answer_to(one).title == "812"
        assert local.answer_to(one).content == ""
        assert one.followups == []
        assert len(one.shown) == 1 + others
    assert len(local.replies(said)) == 1
    assert "discord_refused" not in first.logged


def test_what_was_taught_from_messages_that_were_deleted_meanwhile_is_forgotten_on_all_shards(
    local: LocalDiscord, faked: Callable[..., Process], postgres_database: str
) -> None:
    local.gateway.shards = SHARDS
    channel, teacher = places(local)[-1], User("teacher")
    lesson = local.say(channel, teacher, "Desk 13 is closed.")
    settings = {"QUOTH_DATABASE": postgres_database, "QUOTH_SHARDS": "recommended"}
    process = faked(**settings)
    local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")
    assert "can quote" in teach(local, lesson, teacher, "Which desk is closed?")
    process.kill()
    del channel.messages[lesson.id]
    faked(**settings)
    local.wait_for(lambda: local.gateway.connected == SHARDS, "all shards")

    until(lambda: "was taught nothing" in listed(local, channel, teacher))


def test_one_of_several_waits_for_a_database_that_is_away_when_it_starts(
    local: LocalDiscord, library: Library, postgres_database: str
) -> None:
    library.write("figures.txt", ARTICLE)
    library.build()
    (library.folder / "open").touch()
    channel = places(local)[0]
    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        way = Way(postgres_database, Path(folder))
        way.close()
        process = Process(
            local,
            ("--data", str(library.folder / "data")),
            library=library.folder,
            settings={"QUOTH_DATABASE": way.address, "QUOTH_SHARDS": "recommended"},
        )
        try:
            local.wait_for(lambda: "Quoth waits for it" in process.logged, "a word")
            way.open()
            process.until_ready()
            asked = local.slash(channel, User("ada"), "ask", question="how many for arson")
            assert local.answer_to(asked).title == "812"
        finally:
            process.kill()
            way.close()


def test_a_shard_that_is_lost_while_it_is_handed_over_is_closed_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A process that was halted between two looks has none, whatever it should have given up."""
    monkeypatch.setattr(shared_shards, "CHECK_S", 0.001)
    dropped: list[int] = []

    class Halted:
        looks = 0
        held = frozenset({1})
        excess: frozenset[int] = frozenset()

        def join(self, count: int, *, is_fixed: bool) -> int:
            return count if is_fixed else SHARDS

        def check(self) -> None:
            self.looks += 1
            if self.looks == 2:
                self.held, self.excess = frozenset(), frozenset({1})
            elif self.looks == 4:
                raise DatabaseError(OSError())

    class Gateway:
        async def get_bot_gateway(self) -> tuple[int, str, dict[str, int]]:
            return SHARDS, "ws://127.0.0.1", {"max_concurrency": 1}

    class Connecting:
        http = Gateway()

        def share_out(self, count: int) -> None:
            assert count == SHARDS

        async def launch_shard(self, *_: object) -> None:
            pass

        def note_shard(self, shard_id: int) -> None:
            assert shard_id == 1

        async def drop_shard(self, shard_id: int) -> None:
            dropped.append(shard_id)

    async def first() -> None:
        pass

    bot, leases = cast("Bot", Connecting()), cast("ShardLeases", Halted())
    with pytest.raises(ExceptionGroup) as ended:
        asyncio.run(SharedShards(bot, leases, SHARDS, first).follow())
    assert [type(error) for error in ended.value.exceptions] == [DatabaseError]
    assert dropped == [1]
