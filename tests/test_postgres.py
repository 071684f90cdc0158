"""The PostgreSQL that the tests start."""

import psycopg


def test_it_has_pgvector(postgres_database: str) -> None:
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE EXTENSION vector")
        row = connection.execute("SELECT '[3,4]'::vector <-> '[0,0]'").fetchone()

    assert row == (5.0,)
