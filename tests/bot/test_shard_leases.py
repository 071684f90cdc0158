"""Shards that several processes share: each has one owner at a time, and none stays alone."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.database import DatabaseError, RecordsError
from bot.postgres import ImpatientConnection, PostgresDatabase
from bot.shard_leases import FREE_S, LEASE_S, ShardLeases, fair_share
from tests.bot.discord_app.fakes import Clock
from tests.postgres import Way

COUNT = 4


@pytest.fixture
def clock() -> Clock:
    return Clock()


Join = Callable[..., ShardLeases]


@pytest.fixture
def join(postgres_database: str, clock: Clock) -> Iterator[Join]:
    """Another process that shares the shards."""
    PostgresDatabase(postgres_database).close()
    joined: list[ShardLeases] = []

    def one_more(address: str = postgres_database) -> ShardLeases:
        joined.append(ShardLeases(address, clock))
        joined[-1].join(COUNT, is_fixed=True)
        joined[-1].check()
        return joined[-1]

    yield one_more
    for leases in joined:
        leases.close()


@pytest.fixture
def way(postgres_database: str) -> Iterator[Way]:
    with (
        tempfile.TemporaryDirectory(prefix="quoth-way-") as folder,
        closing(Way(postgres_database, Path(folder))) as opened,
    ):
        yield opened


def held(*processes: ShardLeases) -> list[set[int]]:
    """What each has."""
    return [{*one.held} for one in processes]


def die(leases: ShardLeases, address: str) -> None:
    """End as a process does that is killed: its connection is closed, and nothing said."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 60000)", (leases._pid,))


@given(count=st.integers(1, 50), held=st.lists(st.integers(0, 50), min_size=1, max_size=9))
def test_shares_are_even_and_those_who_have_most_keep_one_more(count: int, held: list[int]) -> None:
    by_process = dict(enumerate(held))
    shares = {process: fair_share(count, by_process, process) for process in by_process}

    assert sum(shares.values()) == count
    assert max(shares.values()) - min(shares.values()) <= 1
    for one, other in zip(by_process, list(by_process)[1:], strict=False):
        assert held[one] <= held[other] or shares[one] >= shares[other]


def test_a_second_process_gets_half_and_all_when_the_first_leaves(join: Join) -> None:
    first = join()
    assert first.held == {0, 1, 2, 3}
    second = join()
    assert second.held == set()
    first.check()
    assert first.excess == {2, 3}

    for shard in first.excess:
        first.give_up(shard)
    second.check()
    assert held(first, second) == [{0, 1}, {2, 3}]
    first.close()
    second.check()
    assert second.held == {0, 1, 2, 3}


def test_what_a_killed_process_had_is_taken_once_it_can_no_longer_count_on_it(
    join: Join, clock: Clock, postgres_database: str
) -> None:
    first, second = join(), join()
    die(first, postgres_database)
    second.check()

    clock.now += LEASE_S
    assert first.held == set()
    second.check()
    assert second.held == set()
    clock.now += FREE_S - LEASE_S
    second.check()
    assert second.held == {0, 1, 2, 3}


def test_who_lost_only_the_connection_goes_on(
    join: Join, clock: Clock, postgres_database: str
) -> None:
    first, second = join(), join()
    die(first, postgres_database)
    second.check()
    clock.now += 1
    first.check()
    clock.now += 1
    first.check()
    assert first.held == {0, 1, 2, 3}
    clock.now += FREE_S
    second.check()
    assert second.held == set()


def test_who_alone_is_cut_off_has_nothing_before_another_takes_it(
    join: Join, clock: Clock, way: Way, postgres_database: str
) -> None:
    first, second = join(way.address), join()
    way.is_cut = True
    way.hang_up()
    # PostgreSQL may need a moment to notice.
    die(first, postgres_database)
    owners = []
    for _ in range(8):
        first.check()
        second.check()
        owners.append((len(first.held), len(second.held)))
        clock.now += 1

    assert owners == [(4, 0)] * 4 + [(0, 0)] * 2 + [(0, 4)] * 2
    way.is_cut = False
    first.check()
    second.check()
    assert second.excess == {2, 3}


def test_nobody_loses_a_shard_while_the_database_is_stopped(
    join: Join, clock: Clock, way: Way
) -> None:
    first, second = join(way.address), join(way.address)
    first.check()
    for shard in first.excess:
        first.give_up(shard)
    second.check()
    way.close()
    for _ in range(60):
        first.check()
        second.check()
        assert held(first, second) == [{0, 1}, {2, 3}]
        clock.now += 1
    with pytest.raises(DatabaseError):
        first.wait_for_turn(0, 5)

    way.open()
    # One that comes back much later finds its own as it was.
    for _ in range(3):
        second.check()
        clock.now += 1
    first.check()
    assert held(first, second) == [{0, 1}, {2, 3}]


def test_who_is_answered_too_late_counts_on_its_shards_again_after_the_next_look(
    join: Join, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = join(), join()
    execute = ImpatientConnection.execute

    def execute_late(connection: ImpatientConnection, *arguments: Any) -> Any:
        clock.now += LEASE_S / 2
        return execute(connection, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(ImpatientConnection, "execute", execute_late)
        first.check()
    assert [*held(first), {*first.excess}] == [set(), set()]
    second.check()

    first.check()
    assert [*held(first), {*first.excess}] == [{0, 1, 2, 3}, {2, 3}]
    clock.now += FREE_S
    second.check()
    assert second.held == set()


def test_turns_to_identify_are_taken_one_after_the_other_and_outlive_who_took_one(
    join: Join, postgres_database: str
) -> None:
    first, second = join(), join()

    assert first.wait_for_turn(0, 30) == 0
    die(first, postgres_database)
    assert 0 < second.wait_for_turn(0, 30) <= 30
    assert second.wait_for_turn(1, 0.0) == 0
    assert second.wait_for_turn(1, 0.0) == 0


def test_a_clock_that_is_set_back_keeps_nobody_from_a_turn(
    join: Join, postgres_database: str
) -> None:
    leases = join()
    assert leases.wait_for_turn(0, 30) == 0
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        # As if the clock had been an hour ahead.
        connection.execute(
            "UPDATE meta SET value = (value::float8 + 3600)::text WHERE name = 'identify 0'"
        )

    assert leases.wait_for_turn(0, 30) == 0
    assert 0 < leases.wait_for_turn(0, 30) <= 30


def test_all_agree_on_the_number_of_shards_and_one_without_shards_is_alone(
    join: Join, postgres_database: str
) -> None:
    join()
    with closing(ShardLeases(postgres_database)) as another:
        with pytest.raises(RecordsError, match=r"QUOTH_SHARDS=7: .* have 4 shards"):
            another.join(7, is_fixed=True)
        assert another.join(7, is_fixed=False) == COUNT
    with (
        closing(PostgresDatabase(postgres_database)) as database,
        pytest.raises(RecordsError, match="another quoth run"),
    ):
        database.only_bot().__enter__()


def test_shards_are_not_shared_with_a_bot_that_has_all(postgres_database: str) -> None:
    with (
        closing(PostgresDatabase(postgres_database)) as database,
        database.only_bot(),
        closing(ShardLeases(postgres_database)) as leases,
        pytest.raises(RecordsError, match="QUOTH_SHARDS is set"),
    ):
        leases.join(COUNT, is_fixed=True)
