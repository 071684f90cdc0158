"""What is remembered, for how long, and by which name."""

import hmac
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.database import RecordsError, open_database, version
from bot.discord_app import migrations
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.records import DAY_S, SERVER_GRACE_DAYS, Records
from bot.discord_app.shards import Shards
from bot.discord_app.stored_answers import Today
from bot.evaluation.question_log import LoggedQuestion, Vote
from bot.settings import load_settings
from tests.bot.discord_app.fakes import found, span
from tests.conftest import Place

ANSWER = found(span())


class Clock:
    def __init__(self) -> None:
        self.now = 100 * DAY_S

    def __call__(self) -> float:
        return self.now


def keep(
    records: Records, answer_id: str = "a" * 32, user: int = 1, server: int | None = 7
) -> None:
    records.keep_answer(replace(ANSWER, id=answer_id), user, server, with_question=True)


def test_an_answer_is_read_back_as_it_was(place: Place) -> None:
    records = Records(place())
    keep(records)

    kept = records.answer("a" * 32, 1, 7)
    assert kept is not None
    assert kept.found.spans == ANSWER.spans
    assert kept.asker == records.hashed(1)
    assert records.answer("a" * 32, 1, 8) is None
    assert records.answer("a" * 32, 1, None) is None
    records.close()


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


def test_answers_and_questions_are_deleted_in_time(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    keep(records)
    clock.now += 3 * DAY_S
    keep(records, "b" * 32)
    records.tidy(load_settings(log_questions_days=2))
    assert records.answer("a" * 32, 1, 7) is not None
    assert questions(records) == ["b" * 32]
    clock.now += (ANSWERS_KEPT_DAYS - 2) * DAY_S
    records.tidy(load_settings(log_questions_days=2))

    assert records.answer("a" * 32, 1, 7) is None
    assert records.answer("b" * 32, 1, 7) is not None
    assert questions(records) == []
    records.close()


def questions(records: Records) -> list[str]:
    rows = records.look_up(lambda rows: rows.execute("SELECT answer_id FROM questions").fetchall())
    return [answer_id for (answer_id,) in rows]


ALL = Shards(1, frozenset({0}))


def test_a_servers_data_goes_some_time_after_the_bot(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    for server in (7, 8, 9):
        keep(records, f"{server}" * 32, server=server)
        records.set_channel_rule(server, 1, is_allowed=True)
    keep(records, "6" * 32, server=6)
    kept = records.answer("7" * 32, 1, 7)
    assert kept is not None
    records.vote(kept, 1, complaint=None, expected=None, question=None)
    records.leave(7)
    # Of server 4 only a vote is left, of server 3 only a question.
    keep(records, "4" * 32, server=4)
    voted = records.answer("4" * 32, 1, 4)
    assert voted is not None
    records.vote(voted, 1, complaint=None, expected=None, question=None)
    keep(records, "3" * 32, server=3)
    gone = ("4" * 32,)
    records.look_up(lambda rows: rows.execute("DELETE FROM answers WHERE id <= ?", gone))
    records.look_up(lambda rows: rows.execute("DELETE FROM questions WHERE answer_id = ?", gone))
    # 9, 6 and the one with documents alone were left while Quoth was away ...
    records.set_servers({8}, [records.hashed(5)], ALL)
    clock.now += (SERVER_GRACE_DAYS - 1) * DAY_S
    assert records.departed() == []
    records.set_servers({8, 9}, [], ALL)  # ... and one let it in again in time.
    clock.now += 2 * DAY_S

    departed = records.departed()
    assert set(departed) == {records.hashed(server) for server in (3, 4, 5, 6, 7)}
    for name in departed:
        records.delete_server(name)
    assert records.departed() == []
    assert set(records.channel_rules()) == {8, 9}
    assert records.answer("7" * 32, 1, 7) is None
    assert records.answer("9" * 32, 1, 9) is not None
    votes = records.look_up(lambda rows: rows.execute("SELECT * FROM feedback").fetchall())
    assert votes == []
    assert set(questions(records)) == {"8" * 32, "9" * 32}
    records.close()


def test_today_counts_from_midnight_and_this_server_only(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    clock.now -= 1
    keep(records, "1" * 32)
    clock.now += 2
    keep(records, "2" * 32)
    keep(records, "3" * 32, server=None)
    records.keep_answer(replace(found(), id="4" * 32), 1, 7, with_question=False)

    assert records.today(7) == Today(2, 1, ANSWER.timings.total_s)
    assert records.today(5) == Today(0, 0, 0.0)
    records.close()


def test_a_vote_takes_the_place_of_the_one_before(place: Place) -> None:
    records = Records(place())
    keep(records)
    kept = records.answer("a" * 32, 1, 7)
    assert kept is not None
    votes = []
    for is_right, expected in ((False, "77"), (False, None), (True, None)):
        records.vote(
            kept, 1, complaint=None if is_right else "wrong", expected=expected, question=None
        )
        votes += records.look_up(
            lambda rows: rows.execute("SELECT is_right, expected FROM feedback").fetchall()
        )

    assert votes == [(False, "77"), (False, "77"), (True, None)]
    records.close()


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

    assert records.channel_rules() == {7: {1: True}}
    assert records.departed() == []
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
    keep(records)

    files = list(tmp_path.glob("quoth.sqlite*"))
    assert len(files) > 1
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    records.close()


ASKED = "how many for arson"


def test_kept_questions_come_with_what_was_said_of_the_answers_and_not_by_whom(
    place: Place,
) -> None:
    clock = Clock()
    records = Records(place(), clock)
    keep(records, "a" * 32, server=7)
    keep(records, "b" * 32, server=None)
    clock.now += 1
    records.keep_answer(replace(found(), id="c" * 32), 1, 7, with_question=False)
    records.keep_answer(replace(ANSWER, id="d" * 32), 1, 7, with_question=False)
    leaning = replace(ANSWER, id="e" * 32, understood=f"{ASKED} and for theft")
    records.keep_answer(leaning, 1, 7, with_question=True)
    for answer_id, user, is_right, expected, question in (
        ("a", 1, True, None, ASKED),
        ("a", 2, False, "813", None),
        ("c", 1, True, None, "who likes tea"),
        ("d", 2, True, None, None),
    ):
        kept = records.answer(answer_id * 32, 1, 7)
        assert kept is not None
        clock.now += 1
        records.vote(
            kept,
            user,
            complaint=None if is_right else "wrong",
            expected=expected,
            question=question,
        )
    here = records.hashed(7)

    expected_first = LoggedQuestion(ASKED, ("812",), (Vote(True), Vote(False, "813")), here)
    tea = LoggedQuestion("who likes tea", (), (Vote(True),), here)
    assert records.asked() == [expected_first, LoggedQuestion(ASKED, ("812",), (), None), tea]
    # The votes outlive the answers, and so do the questions that are kept with them.
    clock.now += (ANSWERS_KEPT_DAYS + 1) * DAY_S
    records.tidy(load_settings())
    assert records.asked() == [expected_first, tea]
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
