"""PostgreSQL as a place to remember things: opened, brought up to date, lost and found again."""

import asyncio
import hashlib
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing, closing, suppress
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from bot import postgres_tables
from bot.database import DatabaseError, RecordsAwayError, RecordsError
from bot.discord_app.channels import ChannelRules
from bot.discord_app.records import Records
from bot.discord_app.shards import Shards
from bot.discord_app.unanswered import Unanswered, Waiting
from bot.postgres import PostgresDatabase
from bot.settings import SettingsError, load_settings
from tests import postgres
from tests.waiting import until


def test_processes_that_start_at_once_make_the_tables_once(empty_database: str) -> None:
    with ThreadPoolExecutor(2) as threads:
        opened = [
            threads.submit(lambda: Records(PostgresDatabase(empty_database))) for _ in range(2)
        ]
        one, other = (each.result() for each in opened)

    with closing(one), closing(other):
        assert one.hashed(1) == other.hashed(1)


def test_a_second_bot_on_one_database_is_refused(postgres_database: str) -> None:
    with (
        closing(PostgresDatabase(postgres_database)) as one,
        closing(PostgresDatabase(postgres_database)) as other,
    ):
        with one.only_bot(), pytest.raises(RecordsError, match="another quoth run"):
            other.only_bot().__enter__()
        # One that stops makes way at once, each time.
        for _ in range(20):
            with other.only_bot():
                pass


def test_a_bot_whose_database_has_just_gone_says_so(
    database: PostgresDatabase, postgres_database: str
) -> None:
    with (
        postgres.away(postgres_database),
        pytest.raises(RecordsError, match="can't be reached"),
    ):
        database.only_bot().__enter__()


def test_a_user_who_may_make_no_tables_is_named_what_is_missing(empty_database: str) -> None:
    # One who owns nothing, as PostgreSQL makes them by default.
    with psycopg.connect(empty_database) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
    try:
        with pytest.raises(RecordsError, match=r"permission denied .*\)\. Make the user .* owner"):
            PostgresDatabase(empty_database.replace("quoth@", "stranger@"))
    finally:
        with psycopg.connect(empty_database) as connection:
            connection.execute("DROP ROLE stranger")


def test_tables_of_a_newer_quoth_are_refused(postgres_database: str) -> None:
    PostgresDatabase(postgres_database).close()
    with psycopg.connect(postgres_database) as connection:
        connection.execute("UPDATE quoth_version SET version_num = 'later'")

    with pytest.raises(RecordsError, match=r"newer Quoth \(later\)\. Update Quoth"):
        PostgresDatabase(postgres_database)


def test_tables_of_an_older_quoth_are_brought_up_to_date(empty_database: str) -> None:
    """With what is in them."""
    config = Config()
    config.set_main_option("script_location", str(Path(postgres_tables.__file__).parent))
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(empty_database))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "first")
        connection.execute(text("INSERT INTO meta VALUES ('salt', '0a')"))
        connection.execute(text("INSERT INTO channels VALUES (7, 8, FALSE)"))
        connection.execute(text("INSERT INTO unanswered VALUES (1, 2e9, 3, 'question', NULL)"))
        connection.execute(
            text("INSERT INTO kept_answers VALUES ('1', 0, '', :answer)"),
            {"answer": '{"kind":"disagreement"}'},
        )
    engine.dispose()

    with closing(Records(PostgresDatabase(empty_database))) as records:
        assert ChannelRules(records).denied(7) == ["<#8>"]
        assert Unanswered(records).all_on(Shards(1, frozenset({0}))) == [Waiting(1, 3)]
        assert records.rows("SELECT value FROM meta WHERE name = 'salt'") == [("0a",)]
        assert records.forget(1).answers == 0
        answer = '{"kind":"conflict"}'
        digest = hashlib.sha256(answer.encode()).digest()
        assert records.rows("SELECT answer, digest FROM kept_answers") == [(answer, digest)]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://quoth:secret@127.0.0.1:1/quoth", "quoth at 127.0.0.1.*can't be reached"),
        ("postgresql://quoth:secret@/quoth?nothing=1", "is no address of PostgreSQL"),
        ("postgresql://quoth:%secret@/quoth", "is no address of PostgreSQL"),
    ],
)
def test_a_database_that_can_not_be_used_is_named_without_its_password(
    address: str, said: str
) -> None:
    with pytest.raises(RecordsError, match=said) as raised:
        PostgresDatabase(address)

    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "mysql://quoth:secret@db/quoth",
        "postgresql://quoth:secret@rest@db/quoth",
        "postgresql://quoth:secret/rest@db/quoth",
        "postgresql://quoth:secret?rest@db/quoth",
        "postgresql://quoth:secret#rest@db/quoth",
        "postgresql://quoth:12:secret@db/quoth",
        "postgresql://quoth:%secret@db/quoth",
        "postgresql://quoth:%00secret@db/quoth",
        "postgresql://quoth@db/quoth?password=secret%4",
        "postgresql://quoth@db/quoth?sslmode=require&secret",
        "postgresql://quoth@db/quoth?secret",
    ],
)
@pytest.mark.parametrize("name", ["database", "search_database"])
def test_an_address_that_can_not_be_used_is_not_repeated(address: str, name: str) -> None:
    said = rf"QUOTH_{name.upper()}=\.\.\.: give an address"
    with pytest.raises(SettingsError, match=said) as raised:
        load_settings(**{name: address})

    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:///quoth",
        "postgres://quoth:a%40b@db:5432/quoth?sslmode=require",
        "postgresql://quoth@[::1]:5432,db/quoth?passfile=/run/secrets/pgpass",
        "postgresql://quoth@db/quoth?password=a%25b%3D=&sslmode=require",
        "postgresql://quoth@/quoth?host=/var/run/postgresql",
    ],
)
def test_an_address_is_taken_as_libpq_has_it(address: str) -> None:
    given = load_settings(database=address).database
    assert given is not None
    assert given.get_secret_value() == address


def test_what_is_done_together_is_done_or_not(database: PostgresDatabase) -> None:
    with suppress(ZeroDivisionError), database.transaction() as connection:
        connection.execute("INSERT INTO meta VALUES (?, ?)", ("a", "100 % \0"))
        _ = 1 // 0
    with database.statements() as connection:
        assert connection.execute("SELECT * FROM meta").fetchall() == []
        # PostgreSQL has no character 0 in its texts.
        connection.execute("INSERT INTO meta VALUES (?, ?)", ("a", "100 % \0"))
        assert connection.execute("SELECT value FROM meta").fetchone() == ("100 % \ufffd",)


def is_used(database: PostgresDatabase) -> bool:
    """Whether a database that was away can be used again, with its tables."""
    with suppress(DatabaseError), database.statements() as connection:
        connection.execute("SELECT 1 FROM answers")
        return True
    return False


def test_while_it_is_away_calls_fail_soon_and_afterwards_they_do_not(
    database: PostgresDatabase, postgres_database: str
) -> None:
    def ask() -> None:
        with database.statements() as connection:
            connection.execute("SELECT 1")

    ask()
    with postgres.away(postgres_database):
        with pytest.raises(DatabaseError):
            ask()
        with pytest.raises(DatabaseError, match="is away"):
            ask()
    until(lambda: is_used(database))


def test_a_rule_that_changes_is_heard_of_also_after_the_database_was_away(
    postgres_database: str,
) -> None:
    async def hear() -> None:
        with closing(Records(PostgresDatabase(postgres_database))) as records:
            async with aclosing(records.database.changes()) as changes, asyncio.timeout(60):
                await anext(changes)
                ChannelRules(records).set(1, 2, is_allowed=True)
                await anext(changes)
                with postgres.away(postgres_database):
                    pass
                # What may have been missed meanwhile is read again.
                await anext(changes)

    asyncio.run(hear())


def test_a_database_that_is_away_at_the_start_is_used_once_it_is_there(
    empty_database: str,
) -> None:
    with tempfile.TemporaryDirectory(prefix="quoth-") as folder:
        way = postgres.Way(empty_database, Path(folder))
        way.close()
        with pytest.raises(RecordsAwayError, match="can't be reached"):
            PostgresDatabase(way.address)
        with closing(PostgresDatabase(way.address, may_be_away=True)) as opened:
            with pytest.raises(DatabaseError), opened.statements():
                pass
            way.open()
            until(lambda: is_used(opened))
        way.close()


def test_a_server_that_is_full_is_away_and_used_once_it_has_room(postgres_database: str) -> None:
    with ExitStack() as taken:
        with suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(closing(psycopg.connect(postgres_database)))
        with pytest.raises(RecordsAwayError, match="too many clients"):
            PostgresDatabase(postgres_database)
        opened = PostgresDatabase(postgres_database, may_be_away=True)
    with closing(opened):
        until(lambda: is_used(opened))


def test_a_user_who_has_as_many_connections_as_they_may_is_let_in_later(
    postgres_database: str,
) -> None:
    with psycopg.connect(postgres_database) as connection:
        connection.execute("CREATE ROLE guest LOGIN CONNECTION LIMIT 0")
    try:
        with pytest.raises(RecordsAwayError, match="too many connections"):
            PostgresDatabase(postgres_database.replace("quoth@", "guest@"))
    finally:
        with psycopg.connect(postgres_database) as connection:
            connection.execute("DROP ROLE guest")


def test_a_database_that_lets_nobody_in_is_not_waited_for(postgres_server: str) -> None:
    nowhere = postgres_server.replace("/postgres?", "/nowhere?")
    with pytest.raises(RecordsError, match="does not exist") as raised:
        PostgresDatabase(nowhere, may_be_away=True)
    assert not isinstance(raised.value, RecordsAwayError)
