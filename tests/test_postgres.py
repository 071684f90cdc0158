"""The PostgreSQL that the tests start."""

from contextlib import closing

import psycopg
import pytest

from tests.postgres import UsedAgain


def test_it_has_pgvector(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE EXTENSION vector")
        row = connection.execute("SELECT '[3,4]'::vector <-> '[0,0]'").fetchone()

    assert row == (5.0,)


def test_what_a_test_leaves_in_the_tables_no_other_finds(used_again: UsedAgain) -> None:
    address = used_again.emptied()
    add = "INSERT INTO listings (created, files) VALUES (0, '') RETURNING id"
    with closing(psycopg.connect(address, autocommit=True)) as left:
        left.execute("INSERT INTO forgotten VALUES ('somebody', 0)")
        added = left.execute(add).fetchone()

        assert used_again.emptied() == address
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
    with closing(psycopg.connect(address)) as connection:
        assert connection.execute("SELECT count(*) FROM forgotten").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM quoth_version").fetchone() == (1,)
        assert connection.execute(add).fetchone() == added


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE FUNCTION quoth_now() RETURNS double precision LANGUAGE sql AS"
        " $$ SELECT 5::double precision $$",
        "ALTER TABLE meta ADD more text",
        "CREATE SCHEMA other",
        "ALTER TABLE collections DISABLE TRIGGER quoth_gone_back",
    ],
)
def test_a_database_that_a_test_has_changed_is_used_by_no_other(
    used_again: UsedAgain, change: str
) -> None:
    address = used_again.emptied()
    with psycopg.connect(address) as connection:
        connection.execute(change)

    assert used_again.emptied() != address
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(address)
