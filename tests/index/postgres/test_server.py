"""Generations in the database: published, opened, deleted."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from index.errors import NotPublishedError, SearchServerError
from index.postgres.server import PostgresSearch, own_name
from index.postgres.tables import READER, SCHEMA
from tests import postgres
from tests.conftest import Library
from tests.index.postgres.conftest import publish


@pytest.fixture
def published(tmp_path: Path, server: PostgresSearch, request: pytest.FixtureRequest) -> Library:
    """A library under a name of the test's own."""
    return publish(tmp_path, request.node.name, server)


def in_tables(address: str, collection: str) -> set[str]:
    """The generations of a collection that the database has."""
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            f"SELECT generation FROM {SCHEMA}.generations WHERE collection = %s",  # noqa: S608
            (own_name("here", collection),),
        ).fetchall()
    return {name for (name,) in rows}


def test_the_generations_that_are_kept_can_be_gone_back_to(
    published: Library, address: str
) -> None:
    collection = published.collection
    first = collection.current()
    for number in range(3):
        published.write("new.txt", f"Version {number} of it.")
        published.build()

    assert in_tables(address, published.name) == {*collection.generations.ids()}
    assert first not in collection.generations.ids()
    older = collection.roll_back()
    with closing(collection.open()) as generation:
        assert generation.id == older
        assert generation.engine.statistics(["version"]) == {"version": 1}


def test_what_was_removed_is_nowhere_any_more(published: Library, address: str) -> None:
    (published.documents / "last.txt").unlink()

    published.build(forget_removed=True)

    with psycopg.connect(address) as connection:
        left = connection.execute(
            f"SELECT count(*) FROM {SCHEMA}.passages WHERE collection = %s"  # noqa: S608
            " AND passage LIKE '%%Theft of boats and arson take%%'",
            (own_name("here", published.name),),
        ).fetchone()
    assert left == (0,)


def test_a_generation_of_files_is_published_by_the_next_build(
    published: Library, server: PostgresSearch, address: str
) -> None:
    server.keep(published.name, ())
    with pytest.raises(NotPublishedError, match="is not in the database"):
        published.collection.open()

    report = published.build()

    assert not report.published
    with closing(published.collection.open()) as generation:
        assert generation.engine.count() == report.passages


def test_what_was_published_again_is_found_without_being_opened_again(
    published: Library, server: PostgresSearch
) -> None:
    """As of a process that goes on while the database is made anew."""
    with closing(published.collection.open()) as generation:
        search = generation.engine
        before = search.statistics(["theft"]), search.lexical({"theft": 1.0}, 5)
        query = published.encoder.encode_question("theft of boats")
        nearest = [row for row, _ in search.dense(query, 5)]
        server.keep(published.name, ())
        with pytest.raises(NotPublishedError, match="is not in the database"):
            search.lexical({"theft": 1.0}, 5)
        with pytest.raises(NotPublishedError, match="is not in the database"):
            search.passages([nearest[0]])

        published.build()

        assert (search.statistics(["theft"]), search.lexical({"theft": 1.0}, 5)) == before
        assert [row for row, _ in search.dense(query, 5)] == nearest


def test_while_it_is_away_searches_fail_at_once(
    published: Library,
    server: PostgresSearch,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(published.collection.open()) as generation:
        before = generation.engine.statistics(["theft"])
        with monkeypatch.context() as patched, postgres.away(address):
            patched.setattr("index.postgres.server._AWAY_S", 60.0)
            with pytest.raises(SearchServerError, match="can't be reached"):
                generation.engine.statistics(["theft"])
            with pytest.raises(SearchServerError, match="was away a moment ago"):
                generation.engine.statistics(["theft"])
        server._next_try = None

        assert generation.engine.statistics(["theft"]) == before


def test_a_search_may_not_take_for_ever(published: Library, server: PostgresSearch) -> None:
    with closing(published.collection.open()) as generation:
        limit = generation.engine._ask(  # type: ignore[attr-defined]
            "SELECT current_setting('statement_timeout')"
        )

    assert limit == [("10s",)]


def test_where_publishing_fails_the_old_generation_is_served(
    published: Library, server: PostgresSearch, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published.collection.current()
    published.write("new.txt", "Version 1 of it.")

    def fail(*_: object) -> bytes:
        raise psycopg.errors.DiskFull("could not extend file")

    with monkeypatch.context() as patched:
        patched.setattr("index.postgres.server.PostingsWriter.take", fail)
        with pytest.raises(SearchServerError, match="refused: could not extend file"):
            published.build()

    assert published.collection.current() == before
    assert before in in_tables(address, published.name)
    with closing(published.collection.open()) as generation:
        assert generation.engine.statistics(["version"]) == {"version": 0}
    published.build()
    with closing(published.collection.open()) as generation:
        assert generation.engine.statistics(["version"]) == {"version": 1}


def test_vectors_of_another_encoder_are_not_searched(
    published: Library, server: PostgresSearch
) -> None:
    """Two installations share a database, and each takes the other's generation for its own."""
    manifest = published.collection.manifest()
    other = manifest.model_copy(
        update={"encoder": manifest.encoder.model_copy(update={"sha256": "0" * 64})}
    )

    with pytest.raises(NotPublishedError, match="with the vectors of its encoder"):
        server.open(published.name, other)


def test_an_empty_collection_is_searched(library: Library, server: PostgresSearch) -> None:
    empty = replace(library, name="empty", server=server)
    empty.documents.mkdir(parents=True)
    empty.build(may_be_empty=True)

    with closing(empty.collection.open()) as generation:
        query = library.encoder.encode_question("anything")
        assert generation.engine.dense(query, 5) == []
        assert generation.engine.lexical({"anything": 1.0}, 5) == []


def test_a_database_to_which_nothing_was_published_says_so(
    published: Library, empty_database: str
) -> None:
    with closing(PostgresSearch(empty_database, "here")) as server:
        server.keep("base", ())
        with pytest.raises(NotPublishedError, match="is not in the database"):
            server.open("base", published.collection.manifest())


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    server = PostgresSearch("postgresql://quoth:hidden@127.0.0.1:1/library", "here")

    with pytest.raises(SearchServerError) as told:
        server.keep("base", ())

    assert "PostgreSQL 127.0.0.1, database library, can't be reached" in str(told.value)
    assert "hidden" not in str(told.value)


def test_a_server_without_pgvector_is_refused(published: Library, empty_database: str) -> None:
    """It is the list of what can be installed that is looked at, here an empty one."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(
            "CREATE VIEW public.pg_available_extensions AS"
            " SELECT * FROM pg_catalog.pg_available_extensions WHERE name = 'plpgsql'"
        )
    without = f"{empty_database}&options=-csearch_path%3Dpublic,pg_catalog"

    with (
        closing(published.open()) as generation,
        pytest.raises(SearchServerError, match="has no pgvector, and"),
    ):
        PostgresSearch(without, "here").publish(generation)


def test_ordinary_roles_publish_and_search(library: Library, empty_database: str) -> None:
    """One owns its database, and was given the role that searches; the other has that alone."""
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(f"""
            CREATE EXTENSION vector;
            DO $$ BEGIN CREATE ROLE {READER}; EXCEPTION WHEN duplicate_object THEN END $$;
            CREATE ROLE publisher LOGIN;
            CREATE ROLE asker LOGIN;
            GRANT {READER} TO publisher, asker;
            GRANT CREATE ON DATABASE {connection.info.dbname} TO publisher;
        """)
    try:
        publisher, asker = (
            PostgresSearch(empty_database.replace("quoth@", f"{name}@"), "here")
            for name in ("publisher", "asker")
        )
        library.write("theft.txt", "Theft costs 35.")
        replace(library, server=publisher).build()

        with closing(asker), closing(replace(library, server=asker).collection.open()) as there:
            assert there.engine.statistics(["theft"]) == {"theft": 1}
        with pytest.raises(SearchServerError, match="refused: "):
            asker.keep(library.name, ())
    finally:
        with psycopg.connect(empty_database, autocommit=True) as connection:
            for name in ("publisher", "asker"):
                connection.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


def test_a_role_that_sees_everything_is_refused(
    published: Library, server: PostgresSearch, address: str
) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {READER} BYPASSRLS")
        try:
            with pytest.raises(SearchServerError, match="sees all collections"):
                published.collection.open()
        finally:
            connection.execute(f"ALTER ROLE {READER} NOBYPASSRLS")


def test_two_installations_leave_each_other_s_collections_alone(
    tmp_path: Path, empty_database: str
) -> None:
    with (
        closing(PostgresSearch(empty_database, "one")) as one,
        closing(PostgresSearch(empty_database, "other")) as other,
    ):
        first, second = (
            publish(tmp_path / name, "base", server)
            for name, server in (("first", one), ("second", other))
        )
        second.write("new.txt", "Version 2 of it.")
        second.build()

        for library, versions in ((first, 0), (second, 1)):
            with closing(library.collection.open()) as generation:
                assert generation.engine.statistics(["version"]) == {"version": versions}
        with pytest.raises(NotPublishedError):
            other.open("base", first.collection.manifest())
        other.keep("base", ())
        first.collection.open().close()


def test_generations_from_before_there_were_ids_become_those_of_whoever_has_them(
    tmp_path: Path, empty_database: str
) -> None:
    with (
        closing(PostgresSearch(empty_database, "one")) as one,
        closing(PostgresSearch(empty_database, "other")) as other,
    ):
        old = publish(tmp_path / "old", "base", one)
        with psycopg.connect(empty_database) as connection:
            # As they were: passages and words of the first tables have the plain name too.
            for table in ("generations", "passages", "words"):
                connection.execute(f"UPDATE {SCHEMA}.{table} SET collection = 'base'")  # noqa: S608
            connection.execute(f"ALTER TABLE {SCHEMA}.generations DROP COLUMN installation")
        with closing(old.collection.open()) as generation:
            assert generation.engine.statistics(["theft"])

        other.keep("base", ())
        old.collection.open().close()
        old.write("new.txt", "Version 2 of it.")
        old.build()

        with psycopg.connect(empty_database) as connection:
            kept = connection.execute(
                f"SELECT generation, installation FROM {SCHEMA}.generations"  # noqa: S608
            ).fetchall()
        assert {*kept} == {(name, "one") for name in old.collection.generations.ids()}
