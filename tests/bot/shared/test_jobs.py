"""Jobs are one builder's at a time, in a fair order, and outlive those who took them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.build_turns import MAX_OVERTAKEN
from bot.database import DatabaseError
from bot.postgres import PostgresDatabase
from bot.shared.jobs import LEASE_S, MAX_ATTEMPTS, Job, Jobs, LostJobError
from bot.shared.opening import Shared
from tests.postgres import set_clock


def anything(_collection: str, _size: int) -> bool:
    return True


def taken(jobs: Jobs, may: Callable[[str, int], bool] = anything) -> Job:
    job = jobs.claim(may)
    assert job is not None
    return job


@pytest.fixture
def jobs(database: PostgresDatabase) -> Jobs:
    return Jobs(database)


def test_many_builders_take_each_job_once(database: PostgresDatabase, jobs: Jobs) -> None:
    asked = {jobs.ask(f"server-{number}") for number in range(12)}
    builders = [Jobs(database) for _ in range(4)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda turn: builders[turn % 4].claim(anything), range(40)))

    ids = [job.id for job in found if job is not None]
    assert len(ids) == len(set(ids))
    assert set(ids) == asked


def test_the_base_goes_first_and_then_what_is_small(jobs: Jobs) -> None:
    jobs.ask("server-large", size=900)
    jobs.ask("server-small", size=1)
    jobs.ask("base")

    order = [taken(jobs).collection for _ in range(3)]

    assert order == ["base", "server-small", "server-large"]


def test_a_large_one_is_not_overtaken_for_ever(jobs: Jobs) -> None:
    jobs.ask("server-large", size=900)
    order = []
    for number in range(MAX_OVERTAKEN + 1):
        jobs.ask(f"server-{number}", size=1)
        order.append(taken(jobs).collection)

    assert order.index("server-large") == MAX_OVERTAKEN


def test_a_collection_is_built_by_one_at_a_time_in_the_order_of_asking(jobs: Jobs) -> None:
    first = jobs.ask("server-a", size=9)
    second = jobs.ask("server-a", size=1)

    job = taken(jobs)
    assert job.id == first
    assert jobs.claim(anything) is None
    jobs.refuse(job, "too_long", "")
    assert taken(jobs).id == second


def test_one_that_is_seen_late_waits_for_the_one_that_was_taken(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    jobs.ask("server-a")
    taken(Jobs(database, lease_s=0.0))
    jobs.ask("server-b")
    with database.statements() as connection:
        # Another asked before, and its transaction took longer.
        connection.execute(
            "INSERT INTO jobs (id, collection, rebuild, size) OVERRIDING SYSTEM VALUE"
            " VALUES (0, 'server-a', FALSE, 0)"
        )

    again, other = taken(jobs), taken(jobs)
    assert (again.id, other.collection) == (1, "server-b")
    jobs.refuse(again, "too_long", "")
    assert taken(jobs).id == 0


def test_a_builder_takes_only_what_it_can_build(jobs: Jobs) -> None:
    jobs.ask("base")
    jobs.ask("server-a", size=5)

    assert taken(jobs, lambda name, size: (name, size) == ("server-a", 5)).collection == "server-a"


def test_a_job_whose_builder_died_is_taken_by_another_and_lost_to_the_first(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    asked = jobs.ask("server-a")
    dead = Jobs(database)
    job = taken(dead)
    dead.beat(job, "encode", 1, 2)
    state = jobs.state(asked)
    assert state is not None
    assert (state.stage, state.done, state.total) == ("encode", 1, 2)
    assert jobs.claim(anything) is None
    with database.statements() as connection:
        connection.execute("UPDATE jobs SET due = 0")

    assert taken(jobs).id == asked
    with pytest.raises(LostJobError):
        dead.beat(job, "encode", 2, 2)
    with pytest.raises(LostJobError):
        dead.fail(job, "late")
    dead.give_back(job)
    assert jobs.claim(anything) is None


def test_a_job_that_kills_its_builders_ends_with_the_reason(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    asked = jobs.ask("server-a")
    for _ in range(MAX_ATTEMPTS):
        taken(Jobs(database, lease_s=0.0))

    assert jobs.claim(anything) is None
    state = jobs.state(asked)
    assert state is not None
    assert (state.outcome, state.report) == ("failed", "3 builders stopped in the midst of it")


def test_a_job_that_fails_is_tried_again_and_then_said_to_have_failed(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    asked = jobs.ask("server-a")
    ended = []
    for _ in range(MAX_ATTEMPTS):
        with database.statements() as connection:
            # The pause between two tries.
            connection.execute("UPDATE jobs SET due = 0")
        ended.append(jobs.fail(taken(jobs), "the disk is full"))
        assert jobs.claim(anything) is None

    assert ended == [False, False, True]
    state = jobs.state(asked)
    assert state is not None
    assert (state.outcome, state.report) == ("failed", "the disk is full")


def test_a_clock_that_is_set_back_keeps_no_job_from_builders(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    set_clock(database, 3600)
    jobs.ask("server-a")
    jobs.fail(taken(jobs), "the disk is full")
    jobs.ask("server-b")
    held = taken(Jobs(database))

    set_clock(database, 0)
    assert jobs.claim(anything) is None
    set_clock(database, LEASE_S)

    assert {taken(jobs).collection, taken(jobs).collection} == {"server-a", held.collection}


def test_a_builder_that_stops_leaves_its_job_to_the_next(jobs: Jobs) -> None:
    jobs.ask("server-a")
    for _ in range(2 * MAX_ATTEMPTS):
        jobs.give_back(taken(jobs))

    assert jobs.is_wanted("server-a")
    assert not jobs.is_wanted("server-b")
    assert jobs.ask_once("server-a") == jobs.ask_once("server-a")
    job = taken(jobs)
    jobs.refuse(job, "too_long", "")
    jobs.beat(job, "write", 0, 0)
    assert not jobs.is_wanted("server-a")


def test_what_was_wanted_last_is_not_wanted_twice(
    shared: Shared, jobs: Jobs, database: PostgresDatabase, tmp_path: Path
) -> None:
    """Two gateways find at the same time that a server's documents are not indexed."""

    def stored(text: str) -> int:
        (tmp_path / "documents").mkdir(exist_ok=True)
        (tmp_path / "documents" / "note.txt").write_text(text)
        return shared.generations.store_documents(tmp_path / "documents")

    def ask(text: str, *, rebuild: bool = False) -> int:
        return jobs.ask("server-a", documents=stored(text), rebuild=rebuild)

    first = ask("For fraud 55.")
    assert ask("For fraud 55.") == first
    assert taken(jobs).id == first
    assert ask("For fraud 55.") == first
    changed = ask("For fraud 66.")
    # Who goes back to what is being built wants it once more, after what was wanted meanwhile.
    back = ask("For fraud 55.")
    again = ask("For fraud 55.", rebuild=True)
    elsewhere = jobs.ask("server-b", documents=stored("For fraud 55."))

    assert first < changed < back < again < elsewhere
    with database.statements() as connection:
        listings = connection.execute("SELECT count(*), bool_and(is_used) FROM listings")
        assert listings.fetchone() == (5, True)


def test_many_who_follow_the_documents_want_one_build(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    with ThreadPoolExecutor(4) as threads:
        asked = set(threads.map(lambda _: Jobs(database).ask_once("base"), range(12)))

    assert len(asked) == 1


def test_two_running_jobs_of_a_collection_are_refused_by_the_database(
    database: PostgresDatabase, jobs: Jobs
) -> None:
    jobs.ask("server-a")
    jobs.ask("server-a")
    taken(jobs)

    with pytest.raises(DatabaseError), database.statements() as connection:
        connection.execute("UPDATE jobs SET holder = 'another'")
