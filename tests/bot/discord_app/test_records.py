"""The file that all is remembered in, and the names that members have there."""

import hmac
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import pytest

from bot.database import DatabaseError, RecordsError, SqliteFile, open_database, version
from bot.discord_app import migrations
from bot.discord_app.channels import ChannelRules
from bot.discord_app.records import Records
from bot.discord_app.servers import Servers


def test_names_differ_between_installations_and_last_in_one(tmp_path: Path) -> None:
    one, other = Records(tmp_path / "one.sqlite"), Records(tmp_path / "other.sqlite")
    name = one.hashed(1)
    assert name != other.hashed(1)
    one.close()
    other.close()
    again = Records(tmp_path / "one.sqlite")
    with closing(sqlite3.connect(tmp_path / "one.sqlite")) as connection, connection:
        ((salt,),) = connection.execute("SELECT value FROM meta WHERE name = 'salt'").fetchall()

    assert again.hashed(1) == name
    # Whoever knows an id, and not the salt, can't tell its hash; so the salt is a long one.
    assert len(bytes.fromhex(salt)) == 32
    assert name == hmac.new(bytes.fromhex(salt), b"1", "sha256").hexdigest()[: len(name)]
    assert again.hashed(2) != name
    again.close()


def test_a_file_of_a_newer_quoth_is_refused(tmp_path: Path) -> None:
    Records(tmp_path / "quoth.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "quoth.sqlite")) as connection, connection:
        connection.execute("PRAGMA user_version = 99")

    with pytest.raises(RecordsError, match="newer Quoth"):
        Records(tmp_path / "quoth.sqlite")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "quoth.sqlite").write_bytes(b"nothing of the kind, but long enough" * 100)

    with pytest.raises(RecordsError, match="can't be used"):
        Records(tmp_path / "quoth.sqlite")


def test_a_database_that_can_not_be_used_is_closed(tmp_path: Path) -> None:
    """One of PostgreSQL would otherwise keep its connections, and the threads that open them."""

    class Unusable(SqliteFile):
        is_closed = False

        def statements(self) -> NoReturn:
            raise DatabaseError(sqlite3.OperationalError("disk I/O error"))

        def close(self) -> None:
            super().close()
            self.is_closed = True

    database = Unusable(tmp_path / "quoth.sqlite", migrations.STEPS)
    with pytest.raises(RecordsError, match=r"can't be used \(disk I/O error\)"):
        Records(database)

    assert database.is_closed


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    open_database(tmp_path / "quoth.sqlite", migrations.STEPS[:1]).close()
    with closing(sqlite3.connect(tmp_path / "quoth.sqlite")) as connection, connection:
        connection.execute(
            "INSERT INTO answers VALUES ('a', 1, 'server', 'asker', 'g', 1, 0.1, '{}')"
        )
        connection.execute("INSERT INTO feedback VALUES ('a', 'v', 1, 1, '812', NULL, NULL)")
        connection.execute("INSERT INTO questions VALUES ('a', 1, 'asker', 'how many')")
        connection.execute("INSERT INTO channels VALUES (7, 1, 1)")
        connection.execute("INSERT INTO departures VALUES (7, 1)")
    records = Records(tmp_path / "quoth.sqlite")

    assert ChannelRules(records).allowed(7) == ["<#1>"]
    assert Servers(records).departed() == []
    with closing(sqlite3.connect(tmp_path / "quoth.sqlite")) as connection, connection:
        assert connection.execute("SELECT voter, given, server FROM feedback").fetchall() == [
            ("v", "812", "server")
        ]
        assert connection.execute("SELECT text, server FROM questions").fetchall() == [
            ("how many", "server")
        ]
    records.close()


def test_nobody_else_on_the_machine_reads_them(tmp_path: Path) -> None:
    records = Records(tmp_path / "quoth.sqlite")
    records.set_commands_hash("of some")

    files = list(tmp_path.glob("quoth.sqlite*"))
    assert len(files) > 1
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    records.close()


def test_a_step_that_fails_leaves_the_version_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Records(tmp_path / "quoth.sqlite").close()
    bad = (*migrations.STEPS, "CREATE TABLE more (a TEXT); CREATE TABLE more (a TEXT);")
    monkeypatch.setattr(migrations, "STEPS", bad)
    with pytest.raises(RecordsError):
        Records(tmp_path / "quoth.sqlite")
    good = (*bad[:-1], "CREATE TABLE more (a TEXT);")
    monkeypatch.setattr(migrations, "STEPS", good)

    Records(tmp_path / "quoth.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "quoth.sqlite")) as connection, connection:
        assert version(connection) == len(good)
