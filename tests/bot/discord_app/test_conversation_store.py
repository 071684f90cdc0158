"""Conversations are remembered for a while, by this process or by all that share a database."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, TypeVar

import pytest

from answering.followups.turns import MAX_TURNS, Turn
from bot.database import Connection, DatabaseError, Rows
from bot.discord_app import conversation_store
from bot.discord_app.conversation_store import (
    KEPT_S,
    Conversations,
    ConversationStore,
    SharedConversations,
)
from bot.discord_app.records import Records, once_reached
from tests import postgres
from tests.bot.discord_app.fakes import Clock
from tests.waiting import PATIENCE_S

_T = TypeVar("_T")


@pytest.fixture
def clock() -> Clock:
    """The time that conversations go by."""
    return Clock()


@pytest.fixture(params=["own", "shared"])
def conversations(request: pytest.FixtureRequest, clock: Clock) -> Iterator[Conversations]:
    """Each kind: what follows holds for both."""
    if request.param == "own":
        yield ConversationStore(clock)
        return
    from bot.postgres import PostgresDatabase

    address: str = request.getfixturevalue("postgres_database")
    with closing(Records(PostgresDatabase(address), clock)) as records:
        yield SharedConversations(records)


async def forget(conversations: Conversations, user_id: int) -> None:
    """As `/privacy forget-me` does."""
    if isinstance(conversations, SharedConversations):
        await asyncio.to_thread(conversations._records.forget, user_id)
    await conversations.forget(user_id)


async def reached(records: Records) -> None:
    """Wait until a database is used again that was away."""
    await once_reached(lambda: records.soon(lambda database: database.execute("SELECT 1")))


async def remember(conversations: Conversations, answer_id: str, *places: int, **more: Any) -> None:
    await conversations.remember(answer_id, (Turn(answer_id),), *places, **more)


def test_turns_are_found_by_their_last_answer_and_by_who_asked_where(
    conversations: Conversations, clock: Clock
) -> None:
    first, second = (Turn("a"),), (Turn("a"), Turn("b"))

    async def talk() -> None:
        await conversations.remember("one", first, 1, 2)
        clock.now += 1
        await conversations.remember("two", second, 1, 2)
        clock.now += 1
        await conversations.remember("three", second, 1, 2, is_private=True)
        await conversations.remember("four", second * MAX_TURNS, 1, 3)
        assert await conversations.until("one", 1) == first
        assert await conversations.latest(1, 2) == second
        assert await conversations.until("three", 1, is_private=True) == second
        # Others were shown what it ended in alone.
        assert await conversations.until("three", 1) == second[1:]
        assert len(await conversations.until("four", 1)) == MAX_TURNS
        assert await conversations.latest(1, 4) == await conversations.latest(2, 2) == ()
        # Whoever names an answer of elsewhere learns nothing of it.
        assert await conversations.until("one", 5) == await conversations.until("five", 1) == ()

    asyncio.run(talk())


def test_a_conversation_is_forgotten_after_a_while_or_with_its_member(
    conversations: Conversations, clock: Clock
) -> None:
    async def talk() -> None:
        await remember(conversations, "one", 1, 2)
        await remember(conversations, "two", 1, 3)
        await forget(conversations, 2)
        assert await conversations.until("one", 1) == await conversations.latest(1, 2) == ()
        assert await conversations.until("two", 1)
        clock.now += KEPT_S + 1
        assert await conversations.until("two", 1) == await conversations.latest(1, 3) == ()

    asyncio.run(talk())


def test_what_was_asked_before_its_member_was_forgotten_is_not_remembered_afterwards(
    conversations: ConversationStore | SharedConversations, clock: Clock
) -> None:
    async def talk() -> None:
        asked = conversations._clock()
        clock.now += 1
        await forget(conversations, 2)
        clock.now += 60
        await remember(conversations, "under way", 1, 2, asked=asked)
        await remember(conversations, "another's", 1, 3, asked=asked)
        assert await conversations.until("under way", 1) == await conversations.latest(1, 2) == ()
        assert await conversations.until("another's", 1)
        await remember(conversations, "afterwards", 1, 2)
        assert await conversations.latest(1, 2) == (Turn("afterwards"),)

    asyncio.run(talk())


def test_memory_is_bounded() -> None:
    conversations = ConversationStore()
    most = conversation_store.MAX_CONVERSATIONS

    async def talk() -> None:
        for number in range(most + 10):
            await remember(conversations, f"{number}", number, 2)
        assert await conversations.until("0", 0) == await conversations.latest(0, 2) == ()
        assert await conversations.until("20", 20)

    asyncio.run(talk())


def test_what_was_said_while_the_database_was_away_is_in_it_afterwards(
    postgres_database: str, clock: Clock
) -> None:
    from bot.postgres import PostgresDatabase

    async def talk() -> None:
        with closing(Records(PostgresDatabase(postgres_database), clock)) as records:
            here, elsewhere = (SharedConversations(records) for _ in range(2))
            await remember(here, "before", 1, 2)
            clock.now += 1
            with postgres.away(postgres_database):
                await remember(here, "meanwhile", 1, 2)
                assert await here.latest(1, 2) == (Turn("meanwhile"),)
            clock.now += 1
            # It is tried again after a second, and then gets what it missed.
            while not await elsewhere.until("meanwhile", 1):
                await here.until("meanwhile", 1)
                await asyncio.sleep(0.2)
            assert await here.latest(1, 2) == (Turn("meanwhile"),)

    asyncio.run(asyncio.wait_for(talk(), PATIENCE_S))


def test_what_a_database_missed_is_written_once_and_by_no_question_alone(
    postgres_database: str, clock: Clock
) -> None:
    from bot.postgres import PostgresDatabase

    written: list[int] = []
    kept: list[int] = []

    class Counting(Records):
        """Counts the rows that each use of it writes, and those of uses that are told of."""

        async def soon(self, work: Callable[[Connection], _T]) -> _T:
            numbers: list[int] = []

            def counted(database: Connection) -> _T:
                written.append(0)
                number = len(written) - 1
                numbers.append(number)

                class Counted:
                    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Rows:
                        written[number] += statement.startswith("INSERT INTO conversations")
                        return database.execute(statement, values)

                    executemany = database.executemany

                return work(Counted())

            done = await super().soon(counted)
            kept.extend(written[number] for number in numbers[-1:])
            return done

    async def talk() -> None:
        with closing(Counting(PostgresDatabase(postgres_database))) as records:
            here = SharedConversations(records)
            with postgres.away(postgres_database):
                for number in range(45):
                    await remember(here, f"{number}", number, 2)
            written.clear()
            # It is tried again after a second.
            while sum(written) < 45:
                await asyncio.gather(*(here.until("44", 44) for _ in range(4)))
                await asyncio.sleep(0.2)
            # Who waits too long for a busy machine is told of no turns.
            while not await SharedConversations(records).until("44", 44):
                await here.until("44", 44)

    asyncio.run(asyncio.wait_for(talk(), PATIENCE_S))
    # One that fails in the midst of it, or that a busy machine is too slow for, is tried again.
    assert sum(kept) <= 45
    assert max(written) <= 10


@pytest.mark.parametrize("is_begun", [False, True])
def test_what_was_forgotten_is_not_written_by_who_waits_for_it_no_longer(
    postgres_database: str, clock: Clock, is_begun: bool
) -> None:
    """Nobody waits long for a database that is slow; what it was to write, it may write later."""
    from bot.postgres import PostgresDatabase

    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert go_on.wait(60)

    class Slow(Records):
        """Its first use of the database takes as long as it is made to."""

        async def soon(self, work: Callable[[Connection], _T]) -> _T:
            if begun.is_set():
                return await super().soon(work)

            def late(database: Connection) -> _T:
                class Late:
                    def execute(self, statement: str, values: Sequence[Any] = (), /) -> Rows:
                        if is_begun and not go_on.is_set():
                            wait()
                        return database.execute(statement, values)

                    executemany = database.executemany

                if not is_begun:
                    wait()
                try:
                    return work(Late())
                finally:
                    ended.set()

            return await super().soon(late)

    async def talk() -> None:
        with closing(Slow(PostgresDatabase(postgres_database), clock)) as records:
            here = SharedConversations(records)
            await remember(here, "late", 1, 2)
            assert begun.is_set()
            await forget(here, 2)
            go_on.set()
            await asyncio.to_thread(ended.wait)
            assert records.rows("SELECT * FROM conversations") == []

    asyncio.run(talk())


def test_what_another_process_has_forgotten_is_not_written_afterwards(
    postgres_database: str, clock: Clock
) -> None:
    """Whatever the database still missed, and also while somebody writes that."""
    from bot.postgres import PostgresDatabase

    class Slow(Records):
        """Uses the database only when it is let."""

        def __init__(self, *places: Any) -> None:
            super().__init__(*places)
            self.begun, self.go_on = asyncio.Event(), asyncio.Event()

        async def soon(self, work: Callable[[Connection], _T]) -> _T:
            if not self.begun.is_set():
                self.begun.set()
                await self.go_on.wait()
            return await super().soon(work)

    async def talk() -> None:
        with (
            closing(Slow(PostgresDatabase(postgres_database), clock)) as records,
            closing(Records(PostgresDatabase(postgres_database), clock)) as others,
        ):
            here, elsewhere = (SharedConversations(each) for each in (records, others))
            records.begun.set()
            with postgres.away(postgres_database):
                for number in range(25):
                    await remember(here, f"{number}", number, 2)
                await remember(here, "another's", 1, 3)
            for each in (records, others):
                await reached(each)
            records.begun.clear()
            writing = asyncio.create_task(here.until("0", 0))
            await records.begun.wait()
            await forget(elsewhere, 2)
            records.go_on.set()
            await writing
            while not await elsewhere.until("another's", 1):
                await here.until("another's", 1)
            assert others.rows("SELECT answer_id FROM conversations") == [("another's",)]

    asyncio.run(asyncio.wait_for(talk(), PATIENCE_S))


def test_what_another_process_has_forgotten_leaves_the_memory_of_this_one(
    postgres_database: str, clock: Clock
) -> None:
    from bot.postgres import PostgresDatabase

    async def talk() -> None:
        with (
            closing(Records(PostgresDatabase(postgres_database), clock)) as records,
            closing(Records(PostgresDatabase(postgres_database), clock)) as others,
        ):
            here, elsewhere = (SharedConversations(each) for each in (records, others))
            await remember(here, "theirs", 1, 2)
            await remember(here, "another's", 1, 3)
            clock.now += 1
            await forget(elsewhere, 2)
            clock.now += 60
            await remember(here, "afterwards", 2, 2)
            await here.follow_forgotten()
            with postgres.away(postgres_database):
                assert await here.until("theirs", 1) == await here.latest(1, 2) == ()
                assert await here.until("another's", 1)
                assert await here.latest(2, 2)

    asyncio.run(talk())


def test_what_waits_for_longer_than_a_conversation_lasts_is_never_written(
    postgres_database: str, clock: Clock
) -> None:
    """It may no longer be known by then who was forgotten."""
    from bot.postgres import PostgresDatabase

    async def talk() -> None:
        with closing(Records(PostgresDatabase(postgres_database), clock)) as records:
            here = SharedConversations(records)
            with postgres.away(postgres_database):
                # From then on, what is tried fails at once.
                with pytest.raises(DatabaseError):
                    records.rows("SELECT 1")
                await remember(here, "old", 1, 2)
            clock.now += KEPT_S + 1
            await once_reached(lambda: here._turns("answer_id = ?", "none"))
            assert records.rows("SELECT * FROM conversations") == []

    asyncio.run(talk())


def test_what_is_over_stands_in_no_database_although_nobody_asks_any_more(
    postgres_database: str, clock: Clock
) -> None:
    from bot.postgres import PostgresDatabase

    async def main() -> list[Any]:
        with closing(Records(PostgresDatabase(postgres_database), clock)) as records:
            here = SharedConversations(records)
            await remember(here, "a", 1, 2)
            clock.now += KEPT_S - 1
            await remember(here, "b", 1, 2)
            clock.now += 2
            await here.follow_forgotten()
            return records.rows("SELECT answer_id FROM conversations")

    assert asyncio.run(main()) == [("b",)]
