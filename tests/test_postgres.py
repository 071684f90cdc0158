"""The PostgreSQL that the tests start."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.postgres import UsedAgain, away

_BEGINNING = """
SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = objid
WHERE classid = 'pg_database'::regclass AND datname = %s AND mode = 'RowExclusiveLock'
"""


def number_of(address: str) -> object:
    """What tells a database from all others, however it is named."""
    with psycopg.connect(address) as connection:
        return connection.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchone()


@contextmanager
def about_to_begin(address: str) -> Iterator["Future[psycopg.Connection[Any]]"]:
    """A connection that nobody sees yet: it has been let in, but has not begun."""

    def begin() -> psycopg.Connection[Any]:
        return psycopg.connect(address, options="-c post_auth_delay=1")

    with (
        psycopg.connect(address, dbname="postgres", autocommit=True) as watcher,
        ThreadPoolExecutor() as pool,
    ):
        name = conninfo_to_dict(address)["dbname"]
        begun = pool.submit(begin)
        while not begun.done() and watcher.execute(_BEGINNING, (name,)).fetchone() is None:
            time.sleep(0.005)
        yield begun


def test_it_has_pgvector(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE EXTENSION vector")
        row = connection.execute("SELECT '[3,4]'::vector <-> '[0,0]'").fetchone()

    assert row == (5.0,)


def test_what_a_test_leaves_in_the_tables_no_other_finds(used_again: UsedAgain) -> None:
    address = used_again.emptied()
    made = number_of(address)
    add = "INSERT INTO listings (created, files) VALUES (0, '') RETURNING id"
    with closing(psycopg.connect(address, autocommit=True)) as left:
        left.execute("INSERT INTO forgotten VALUES ('somebody', 0)")
        added = left.execute(add).fetchone()

        emptied = used_again.emptied()
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
    assert number_of(emptied) == made
    with closing(psycopg.connect(emptied)) as connection:
        assert connection.execute("SELECT count(*) FROM forgotten").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM quoth_version").fetchone() == (1,)
        assert connection.execute(add).fetchone() == added


def test_what_a_test_leaves_running_finds_the_tables_no_more(used_again: UsedAgain) -> None:
    address = used_again.emptied()
    used_again.emptied()

    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(address)


def test_what_is_about_to_begin_does_not_begin_in_the_tables_of_another_test(
    used_again: UsedAgain,
) -> None:
    with about_to_begin(used_again.emptied()) as begun:
        used_again.emptied()

        with pytest.raises(psycopg.OperationalError), closing(begun.result()) as left:
            left.execute("SELECT 1")


def test_what_is_about_to_begin_does_not_begin_in_a_database_that_is_away(
    used_again: UsedAgain,
) -> None:
    address = used_again.emptied()
    with (
        about_to_begin(address) as begun,
        away(address),
        pytest.raises(psycopg.OperationalError),
        closing(begun.result()) as left,
    ):
        left.execute("SELECT 1")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE FUNCTION quoth_now() RETURNS double precision LANGUAGE sql AS"
        " $$ SELECT 5::double precision $$",
        "ALTER TABLE meta ADD more text",
        "ALTER TABLE listings ALTER files TYPE varchar",
        "ALTER TABLE listings ALTER files DROP NOT NULL",
        "ALTER TABLE listings ALTER files SET DEFAULT 'none'",
        "ALTER TABLE listings ALTER files SET STATISTICS 5",
        "ALTER TABLE collections ALTER CONSTRAINT collections_name_current_fkey DEFERRABLE",
        "CREATE TYPE mood AS ENUM ('good')",
        "CREATE SCHEMA other",
        "CREATE EXTENSION vector",
        "ALTER TABLE collections DISABLE TRIGGER quoth_gone_back",
    ],
)
def test_a_database_that_a_test_has_changed_is_used_by_no_other(
    used_again: UsedAgain, change: str
) -> None:
    address = used_again.emptied()
    made = number_of(address)
    with psycopg.connect(address) as connection:
        connection.execute(change)

    assert number_of(used_again.emptied()) != made


def test_a_database_that_lets_nobody_in_is_made_anew(used_again: UsedAgain) -> None:
    address = used_again.emptied()
    made = number_of(address)
    name = conninfo_to_dict(address)["dbname"]
    with psycopg.connect(address, dbname="postgres", autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS FALSE")

    assert number_of(used_again.emptied()) != made
