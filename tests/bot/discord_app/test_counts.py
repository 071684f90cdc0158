"""Questions are counted by this process, or by all that share a database."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import pytest

from bot.discord_app.cooldowns import Cooldown, OwnCounts, QuestionCounts, SharedCounts
from bot.discord_app.records import Records
from bot.postgres import PostgresDatabase
from tests import postgres
from tests.bot.discord_app.fakes import Clock


@pytest.fixture
def records(postgres_database: str) -> Iterator[Records]:
    """Records in PostgreSQL."""
    with closing(Records(PostgresDatabase(postgres_database))) as records:
        yield records


@pytest.fixture(params=["own", "shared"])
def counts(request: pytest.FixtureRequest) -> QuestionCounts:
    """Each kind: what follows holds for both."""
    if request.param == "own":
        return OwnCounts()
    return SharedCounts(request.getfixturevalue("records"))


def test_each_member_may_ask_so_often_by_each_rule(counts: QuestionCounts) -> None:
    rule, other = Cooldown(2, 60.0), Cooldown(1, 60.0)

    async def ask() -> None:
        waits = [await counts.count(1, rule) for _ in range(4)]
        assert waits[:2] == [None, None]
        assert all(wait is not None and 50 < wait <= 60 for wait in waits[2:])
        assert await counts.count(2, rule) is None
        assert await counts.count(1, other) is None

    asyncio.run(ask())


def test_machines_count_together_and_anew_once_the_time_is_over(postgres_database: str) -> None:
    clock, rule = Clock(), Cooldown(2, 600.0)
    with (
        closing(Records(PostgresDatabase(postgres_database), clock)) as here,
        # Its clock is an hour ahead.
        closing(Records(PostgresDatabase(postgres_database), lambda: clock() + 3600)) as elsewhere,
    ):
        one, other = SharedCounts(here), SharedCounts(elsewhere)

        async def ask() -> None:
            assert [await one.count(1, rule), await other.count(1, rule)] == [None, None]
            clock.now += 300
            waits = [await one.count(1, rule), await other.count(1, rule)]
            assert waits == [pytest.approx(300, abs=100)] * 2
            clock.now += 400
            assert await other.count(1, rule) is None

        asyncio.run(ask())


def test_a_process_counts_alone_while_the_database_is_away(
    records: Records, postgres_database: str
) -> None:
    counts = SharedCounts(records)
    rule = Cooldown(1, 60.0)

    async def ask() -> None:
        assert await counts.count(1, rule) is None
        with postgres.away(postgres_database):
            assert await counts.count(1, rule) is None
            assert await counts.count(1, rule) is not None

    asyncio.run(ask())
