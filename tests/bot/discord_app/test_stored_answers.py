"""Answers, votes and logged questions: what is remembered of them, and for how long."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.database import SqliteFile
from bot.discord_app.migrations import STEPS
from bot.discord_app.periods import ANSWERS_KEPT_DAYS
from bot.discord_app.question_log import logged_questions
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.stored_answers import (
    CONTENTS,
    AnswerContents,
    AnswerCounts,
    StoredAnswer,
    StoredAnswers,
)
from bot.evaluation.gaps import Complaint
from bot.evaluation.question_log import LoggedQuestion, Vote, right_answers
from bot.evaluation.stale import find_stale
from bot.settings import load_settings
from tests.bot.discord_app.fakes import Clock, found, span
from tests.conftest import Place

ANSWER = found(span())
WRONG: Any = {"complaint": "wrong", "expected": None, "question": None}


def keep(
    answers: StoredAnswers,
    answer_id: str = "a" * 32,
    user: int = 1,
    server: int | None = 7,
    asked: float | None = None,
) -> None:
    answer = replace(ANSWER, id=answer_id)
    answers.keep(answer, user, server, with_question=True, asked=asked)


def kept_answer(answers: StoredAnswers) -> StoredAnswer:
    keep(answers)
    kept = answers.get("a" * 32, 1, 7)
    assert kept is not None
    return kept


def test_an_answer_is_read_back_as_it_was(place: Place) -> None:
    records = Records(place())
    answers = StoredAnswers(records)
    keep(answers)

    kept = answers.get("a" * 32, 1, 7)
    assert kept is not None
    assert kept.found.spans == ANSWER.spans
    assert kept.asker == records.hashed(1)
    assert answers.get("a" * 32, 1, 8) is None
    assert answers.get("a" * 32, 1, None) is None
    records.close()


def test_answers_and_questions_are_deleted_in_time(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    answers = StoredAnswers(records)
    keep(answers)
    clock.now += 3 * DAY_S
    keep(answers, "b" * 32)
    records.tidy(load_settings(log_questions_days=2))
    assert answers.get("a" * 32, 1, 7) is not None
    assert questions(records) == ["b" * 32]
    clock.now += (ANSWERS_KEPT_DAYS - 2) * DAY_S
    records.tidy(load_settings(log_questions_days=2))

    assert answers.get("a" * 32, 1, 7) is None
    assert answers.get("b" * 32, 1, 7) is not None
    assert questions(records) == []
    records.close()


def test_what_a_member_did_before_they_were_forgotten_is_not_written_afterwards(
    place: Place,
) -> None:
    """Whichever process writes it, and however late."""
    clock = Clock()
    here, elsewhere = (Records(place(), clock) for _ in range(2))
    answers = StoredAnswers(here)
    keep(answers, "f" * 32, user=2)
    kept = answers.get("f" * 32, 2, 7)
    assert kept is not None
    began = here.clock()
    clock.now += 1
    elsewhere.forget(1)
    clock.now += 60
    keep(answers, asked=began)
    answers.vote(kept, 1, complaint="wrong", expected="813", question=None, voted=began)
    assert answers.get("a" * 32, 1, 7) is None
    assert questions(here) == ["f" * 32]
    assert here.rows("SELECT * FROM feedback") == []

    keep(answers, "b" * 32)
    keep(answers, "c" * 32, user=3, asked=began)
    answers.vote(kept, 1, complaint="wrong", expected="813", question=None)
    assert sorted(questions(here)) == ["b" * 32, "c" * 32, "f" * 32]
    assert here.rows("SELECT voter, expected FROM feedback") == [(here.hashed(1), "813")]
    # That somebody was forgotten is itself known for a day.
    assert here.rows("SELECT member FROM forgotten") == [(here.hashed(1),)]
    clock.now += DAY_S
    here.tidy(load_settings())
    assert here.rows("SELECT * FROM forgotten") == []
    here.close()
    elsewhere.close()


@pytest.mark.parametrize("ahead_s", [-3600, 3600])
def test_a_machine_whose_clock_is_wrong_keeps_of_a_member_what_came_after_they_were_forgotten(
    postgres_database: str, ahead_s: int
) -> None:
    """Nothing is kept that came before, by whichever machine they were forgotten."""
    from bot.postgres import PostgresDatabase

    clock = Clock()

    def records(ahead_s: float) -> Records:
        return Records(PostgresDatabase(postgres_database), lambda: clock() + ahead_s)

    with closing(records(ahead_s)) as here, closing(records(-ahead_s)) as elsewhere:
        answers = StoredAnswers(here)
        keep(answers, "f" * 32, user=2)
        kept = answers.get("f" * 32, 2, 7)
        assert kept is not None
        began = here.clock()
        elsewhere.forget(1)
        keep(answers, asked=began)
        answers.vote(kept, 1, complaint="wrong", expected="813", question=None, voted=began)
        assert questions(here) == ["f" * 32]
        assert here.rows("SELECT * FROM feedback") == []

        clock.now += 60
        keep(answers)
        answers.vote(kept, 1, complaint="wrong", expected="813", question=None)
        assert sorted(questions(here)) == ["a" * 32, "f" * 32]
        assert len(here.rows("SELECT * FROM feedback")) == 1


def test_a_clock_that_is_set_while_it_runs_is_followed(postgres_database: str) -> None:
    from bot.postgres import PostgresDatabase

    clock = Clock()
    with closing(Records(PostgresDatabase(postgres_database), clock)) as here:
        before = here.clock()
        clock.now += 3600
        here.follow_clock()
        here.forget(1)

        assert before <= here.clock() < before + 3600
        ((noted,),) = here.rows("SELECT noted FROM forgotten")
        assert here.clock() <= noted


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("answers", "INSERT INTO answers VALUES ('a', %s, NULL, %s, '', TRUE, 0, '')"),
        ("questions", "INSERT INTO questions VALUES ('a', %s, %s, 'how many')"),
        (
            "feedback",
            "INSERT INTO feedback (answer_id, created, voter, is_right) VALUES ('a', %s, %s, TRUE)",
        ),
        ("conversations", "INSERT INTO conversations VALUES ('a', %s, 1, %s, FALSE, '[]')"),
    ],
)
def test_who_is_being_written_of_is_forgotten_after_that(
    postgres_database: str, table: str, statement: str
) -> None:
    """What another process has begun to write is not to be seen yet, and is there in the end."""
    with being_written(postgres_database) as (records, other):
        other.execute(statement.encode(), (time.time(), records.hashed(1)))
        forget_until_written(records, other)

        assert records.rows(f"SELECT * FROM {table}") == []  # noqa: S608 - these


def test_who_is_being_written_into_the_audit_trail_is_forgotten_after_that(
    postgres_database: str,
) -> None:
    with being_written(postgres_database) as (records, other):
        other.execute("INSERT INTO audit VALUES (%s, 's', 1, 'added', 'a.txt')", (time.time(),))
        forget_until_written(records, other)

        assert records.rows("SELECT member_id FROM audit") == [(None,)]


@contextmanager
def being_written(address: str) -> Iterator[tuple[Records, "psycopg.Connection[Any]"]]:
    """Records in a database, and another process that writes there."""
    from bot.postgres import PostgresDatabase

    with (
        closing(Records(PostgresDatabase(address))) as records,
        closing(psycopg.connect(address)) as other,
    ):
        yield records, other


def forget_until_written(records: Records, other: "psycopg.Connection[Any]") -> None:
    """Begin to forget a member, and have what is being written of them come to its end."""
    with ThreadPoolExecutor() as threads:
        forgetting = threads.submit(records.forget, 1)
        with suppress(TimeoutError):
            forgetting.result(0.5)
        other.commit()
        forgetting.result()


def questions(records: Records) -> list[str]:
    rows = records.rows("SELECT answer_id FROM questions")
    return [answer_id for (answer_id,) in rows]


def test_today_counts_from_midnight_and_this_server_only(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    answers = StoredAnswers(records)
    clock.now += DAY_S - records.clock() % DAY_S
    clock.now -= 1
    keep(answers, "1" * 32)
    clock.now += 2
    keep(answers, "2" * 32)
    keep(answers, "3" * 32, server=None)
    answers.keep(replace(found(), id="4" * 32), 1, 7, with_question=False)

    assert answers.today(7) == AnswerCounts(2, 1, ANSWER.timings.total_s)
    assert answers.today(5) == AnswerCounts(0, 0, 0.0)
    records.close()


def test_a_vote_takes_the_place_of_the_one_before(place: Place) -> None:
    records = Records(place())
    answers = StoredAnswers(records)
    kept = kept_answer(answers)
    votes = []
    for is_right, expected in ((False, "77"), (False, None), (True, None)):
        answers.vote(
            kept, 1, complaint=None if is_right else "wrong", expected=expected, question=None
        )
        votes += records.rows("SELECT is_right, expected FROM feedback")

    assert votes == [(False, "77"), (False, "77"), (True, None)]
    records.close()


@pytest.mark.parametrize("is_answer_gone", [True, False])
def test_a_vote_keeps_nothing_of_a_document_that_is_removed_and_calls_no_silence_right(
    place: Place, *, is_answer_gone: bool
) -> None:
    records = Records(place())
    answers = StoredAnswers(records)
    for server in (7, 8):
        for answer in (found(replace(span(), collection=scope_of(records, server))), found()):
            kept = replace(answer, id=f"{server}{len(answer.spans)}" * 16)
            answers.keep(kept, 1, server, with_question=False)
            for voter in (2, 3, 4):
                stored = answers.get(kept.id, 1, server)
                assert stored is not None
                complaint: Complaint | None = "wrong" if voter == 4 else None
                answers.vote(stored, voter, complaint=complaint, expected=None, question=ASKED)
    if is_answer_gone:
        records.forget(1)

    answers.forget_document(scope_of(records, 7), "figures.txt")
    votes = records.rows("SELECT given, is_right FROM feedback ORDER BY answer_id, is_right")
    nothing = [(None, 0), (None, 1), (None, 1)]
    assert votes == [*nothing, (None, 0), *nothing, ("812", 0), ("812", 1), ("812", 1)]
    judged = [
        asked.shown for asked in logged_questions(records) if right_answers(asked) is not None
    ]
    assert sorted(judged) == [(), (), ("812",)]
    records.close()


def test_a_vote_calls_nothing_right_that_was_removed_before(place: Place) -> None:
    records = Records(place())
    answers = StoredAnswers(records)
    answer = replace(found(replace(span(), collection=scope_of(records, 7))), id="a" * 32)
    answers.keep(answer, 1, 7, with_question=True)
    answers.forget_document(scope_of(records, 7), "figures.txt")
    stored = answers.get(answer.id, 1, 7)
    assert stored is not None
    complaints: tuple[Complaint | None, ...] = ("wrong", None)
    for complaint in complaints:
        answers.vote(stored, 2, complaint=complaint, expected=None, question=None)

    (asked,) = logged_questions(records)
    assert asked.votes == ()
    records.close()


@pytest.mark.parametrize("is_answer_gone", [True, False])
def test_a_vote_keeps_nothing_that_is_removed_while_it_is_cast(
    place: Place, *, is_answer_gone: bool
) -> None:
    records = Records(place())
    answers = StoredAnswers(records)
    answer = replace(found(replace(span(), collection=scope_of(records, 7))), id="a" * 32)
    answers.keep(answer, 1, 7, with_question=False)
    stored = answers.get(answer.id, 1, 7)
    assert stored is not None
    if is_answer_gone:
        records.forget(1)
    answers.forget_document(scope_of(records, 7), "figures.txt")
    complaints: tuple[Complaint | None, ...] = ("wrong", None)
    for voter, complaint in enumerate(complaints, start=2):
        answers.vote(stored, voter, complaint=complaint, expected=None, question=None)

    assert records.rows("SELECT given, complaint FROM feedback") == [(None, "wrong")]
    records.close()


def test_a_vote_does_not_wait_for_whoever_reads_the_file(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "quoth.sqlite", STEPS)
    with closing(Records(file)) as records:
        answers = StoredAnswers(records)
        kept = kept_answer(answers)
        statements: list[str] = []
        file._turn.connection.set_trace_callback(statements.append)
        answers.vote(kept, 2, **WRONG)

    assert [one for one in statements if "checkpoint" in one] == []


def test_a_vote_waits_for_no_deletion_of_anything_else(postgres_database: str) -> None:
    with being_written(postgres_database) as (records, _):
        answers = StoredAnswers(records)
        kept = kept_answer(answers)
        with records.database.deletion(), ThreadPoolExecutor() as threads:
            voting = threads.submit(answers.vote, kept, 2, **WRONG)
            voting.result(9)

        assert records.rows("SELECT complaint FROM feedback") == [("wrong",)]


def test_a_vote_waits_for_the_removal_of_what_its_answer_quotes(postgres_database: str) -> None:
    with being_written(postgres_database) as (records, other), ThreadPoolExecutor() as threads:
        answers = StoredAnswers(records)
        kept = kept_answer(answers)
        removed = CONTENTS.dump_json(AnswerContents((), (), (), removed=True)).decode()
        other.execute("UPDATE answers SET found = %s", (removed,))
        voting = threads.submit(answers.vote, kept, 2, **WRONG)
        with suppress(TimeoutError):
            voting.result(0.5)
        other.commit()
        voting.result()

        assert records.rows("SELECT given, complaint FROM feedback") == [(None, "wrong")]


def test_who_votes_on_their_own_answer_while_they_are_forgotten_is_forgotten(
    postgres_database: str,
) -> None:
    """The vote waits for the end of the forgetting, which never waits for the vote."""
    with being_written(postgres_database) as (records, other), ThreadPoolExecutor() as threads:
        answers = StoredAnswers(records)
        kept, began = kept_answer(answers), records.clock()
        other.execute("INSERT INTO forgotten VALUES (%s, quoth_now())", (kept.asker,))
        voting = threads.submit(answers.vote, kept, 1, voted=began, **WRONG)
        with suppress(TimeoutError):
            voting.result(0.5)
        other.execute("DELETE FROM answers WHERE asker = %s", (kept.asker,))
        other.commit()
        voting.result()

        assert records.rows("SELECT * FROM feedback") == []


def test_nothing_is_kept_of_a_document_that_was_removed_while_an_answer_was_found(
    place: Place,
) -> None:
    clock = Clock()
    records = Records(place(), clock)
    answers = StoredAnswers(records)
    answer = found(replace(span(), collection=scope_of(records, 7)))

    def kept(answer_id: str, asked: float) -> AnswerContents:
        given = replace(answer, id=answer_id)
        answers.keep(given, 1, 7, with_question=False, asked=asked)
        stored = answers.get(answer_id, 1, 7)
        assert stored is not None
        return stored.found

    asked = records.clock()
    clock.now += 1
    answers.forget_document(scope_of(records, 7), "figures.txt")
    assert kept("a" * 32, asked) == AnswerContents((), (), (), removed=True)
    # It may have been added again since.
    clock.now += 1
    assert kept("b" * 32, records.clock()).spans == answer.spans
    records.close()


def test_a_document_that_was_replaced_by_a_newer_one_is_not_called_old(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    answers = StoredAnswers(records)
    for answer_id, dated in (("b" * 32, date(2020, 1, 1)), ("a" * 32, date(2026, 1, 1))):
        given = replace(found(replace(span(), dated=dated)), id=answer_id)
        answers.keep(given, 1, 7, with_question=False)
        clock.now += 1

    assert find_stale(answers.quoting(7), date(2026, 6, 1)) == []
    records.close()


def scope_of(records: Records, server_id: int) -> str:
    scope = records.collection(server_id)
    assert scope is not None
    return scope


def test_a_button_that_is_written_after_its_form_changes_no_complaint(place: Place) -> None:
    records = Records(place())
    answers = StoredAnswers(records)
    kept = kept_answer(answers)
    complaints = []
    votes: tuple[tuple[Complaint | None, bool], ...] = (
        ("wrong", True),
        ("outdated", False),
        ("wrong", True),
        ("wrong", False),
        (None, False),
        ("wrong", True),
    )
    for complaint, is_button_alone in votes:
        answers.vote(
            kept,
            1,
            complaint=complaint,
            expected=None,
            question=None,
            is_button_alone=is_button_alone,
        )
        complaints += [row[0] for row in records.rows("SELECT complaint FROM feedback")]

    assert complaints == ["wrong", "outdated", "outdated", "wrong", None, "wrong"]
    records.close()


ASKED = "how many for arson"


def test_kept_questions_come_with_what_was_said_of_the_answers_and_not_by_whom(
    place: Place,
) -> None:
    clock = Clock()
    records = Records(place(), clock)
    answers = StoredAnswers(records)
    keep(answers, "a" * 32, server=7)
    keep(answers, "b" * 32, server=None)
    clock.now += 1
    answers.keep(replace(found(), id="c" * 32), 1, 7, with_question=False)
    answers.keep(replace(ANSWER, id="d" * 32), 1, 7, with_question=False)
    leaning = replace(ANSWER, id="e" * 32, understood=f"{ASKED} and for theft")
    answers.keep(leaning, 1, 7, with_question=True)
    for answer_id, user, is_right, expected, question in (
        ("a", 1, True, None, ASKED),
        ("a", 2, False, "813", None),
        ("c", 1, True, None, "who likes tea"),
        ("d", 2, True, None, None),
    ):
        kept = answers.get(answer_id * 32, 1, 7)
        assert kept is not None
        clock.now += 1
        answers.vote(
            kept,
            user,
            complaint=None if is_right else "wrong",
            expected=expected,
            question=question,
        )
    here = records.hashed(7)

    expected_first = LoggedQuestion(ASKED, ("812",), (Vote(True), Vote(False, "813")), here)
    tea = LoggedQuestion("who likes tea", (), (Vote(True),), here)
    assert logged_questions(records) == [
        expected_first,
        LoggedQuestion(ASKED, ("812",), (), None),
        tea,
    ]
    # The votes outlive the answers, and so do the questions that are kept with them.
    clock.now += (ANSWERS_KEPT_DAYS + 1) * DAY_S
    records.tidy(load_settings())
    assert logged_questions(records) == [expected_first, tea]
    records.close()
