"""Answers that can be linked to, and for how long."""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from answering.answer import Introduction, Timings
from bot.serving import linked_answers
from bot.serving.linked_answers import LinkedAnswers
from tests.bot.discord_app.fakes import Clock, found, span
from tests.conftest import Place

ANSWER = found(
    replace(span(), introduction=Introduction("We count:", 60, is_above=True)),
    alternatives=(span("77"),),
)
DAY_S = 24 * 60 * 60.0


@pytest.fixture
def place(place: Place, tmp_path: Path) -> Place:
    """Where answers are kept: in a file of their own, or in the one database."""
    opened = place()
    if isinstance(opened, Path):
        return lambda: tmp_path / "answers.sqlite"
    opened.close()
    return place


def test_an_answer_is_kept_whole_until_its_time_is_over(place: Place, tmp_path: Path) -> None:
    clock = Clock()
    with closing(LinkedAnswers(place(), 30, clock)) as kept:
        answer_id = kept.keep(ANSWER)
        assert answer_id is not None

    with closing(LinkedAnswers(place(), 30, clock)) as kept:
        again = kept.answer(answer_id)
        assert again is not None
        assert again.given.timestamp() == clock.now
        assert replace(again.answer, id=ANSWER.id, timings=ANSWER.timings) == ANSWER
        clock.now += 31 * DAY_S
        assert kept.answer(answer_id) is None
        kept.tidy()

    assert b"arson" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_the_same_answer_has_one_id_and_is_kept_from_its_last_asking(place: Place) -> None:
    clock = Clock()
    with closing(LinkedAnswers(place(), 30, clock)) as kept:
        first = kept.keep(ANSWER)
        clock.now += 20 * DAY_S
        again = replace(ANSWER, id="f" * 32, timings=Timings(1.0, 1.0, 1.0, 3.0))
        assert kept.keep(again) == first
        assert kept.keep(replace(ANSWER, question="how many")) != first
        clock.now += 20 * DAY_S
        assert first is not None
        assert kept.answer(first) is not None


def test_so_many_are_kept_and_the_oldest_goes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linked_answers, "MAX_KEPT", 2)
    clock = Clock()
    with closing(LinkedAnswers(place(), 30, clock)) as kept:
        ids = []
        for number in range(4):
            clock.now += 1
            ids.append(str(kept.keep(replace(ANSWER, question=f"question {number}"))))
        kept.tidy()
        assert [kept.answer(one) is not None for one in ids] == [False, False, True, True]


def test_what_a_server_has_added_is_never_kept(tmp_path: Path) -> None:
    own = replace(span(), collection="server-1")
    with closing(LinkedAnswers(tmp_path / "answers.sqlite", 30)) as kept:
        for answer in (found(own), found(span(), alternatives=(own,)), found(candidates=(own,))):
            assert kept.keep(answer) is None


def test_with_no_days_nothing_is_kept_and_what_was_goes(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with closing(LinkedAnswers(path, 30)) as kept:
        answer_id = str(kept.keep(ANSWER))

    with closing(LinkedAnswers(path, 0)) as kept:
        assert kept.keep(ANSWER) is None
        assert kept.answer(answer_id) is None
    assert b"arson" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_conflict_of_an_older_file_is_still_one(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    conflict = replace(found(span(), span("77")), kind="conflict")
    with closing(LinkedAnswers(path, 30)) as kept:
        answer_id = str(kept.keep(conflict))
    with closing(sqlite3.connect(path)) as connection, connection:
        (text,) = connection.execute("SELECT answer FROM kept_answers").fetchone()
        older = text.replace('"conflict"', '"disagreement"')
        assert older != text
        connection.execute(
            "UPDATE kept_answers SET answer = ?, digest = ?",
            (older, hashlib.sha256(older.encode()).digest()),
        )
        connection.execute("PRAGMA user_version = 2")

    with closing(LinkedAnswers(path, 30)) as kept:
        again = kept.answer(answer_id)
        assert again is not None
        assert again.answer.kind == "conflict"
        assert kept.keep(conflict) == answer_id


def test_an_answer_is_given_where_it_cannot_be_kept(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    with closing(LinkedAnswers(path, 30)) as kept:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DROP TABLE kept_answers")
        assert kept.keep(ANSWER) is None
        assert kept.keep(replace(ANSWER, question="\ud800")) is None
