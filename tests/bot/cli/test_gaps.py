"""`quoth gaps`: from the records to what the documents should say next."""

import csv
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from answering.answer import AnswerSpan, NearestPassage
from bot import assembly
from bot.cli.gaps import command
from bot.database import Database
from bot.discord_app.question_log import logged_questions
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.stored_answers import StoredAnswers
from bot.postgres import PostgresDatabase
from tests.bot.discord_app.fakes import found, span
from tests.conftest import Library
from tests.postgres import set_clock

NEAR = NearestPassage("tea.md", "Tea", 0, 20, "Tea is made at five.", None)


class Crowd:
    """Members who ask and vote, at any time."""

    def __init__(self, place: Path | Database) -> None:
        self.days_ago = 1.0
        self.records = Records(place, lambda: time.time() - self.days_ago * DAY_S)
        self.answers = StoredAnswers(self.records)

    def ask(
        self,
        question: str,
        *spans: AnswerSpan,
        candidates: tuple[AnswerSpan, ...] = (),
        is_logged: bool = True,
        server: int | None = 7,
    ) -> str:
        answer = replace(
            found(*spans, question=question, nearest=(NEAR,), candidates=candidates),
            id=uuid4().hex,
        )
        self.answers.keep(answer, 1, server, with_question=is_logged)
        return answer.id

    def vote(
        self, answer_id: str, *, is_right: bool, expected: str | None = None, voter: int = 2
    ) -> None:
        kept = self.answers.get(answer_id, 1, 7)
        assert kept is not None
        self.answers.vote(
            kept, voter, complaint=None if is_right else "wrong", expected=expected, question=None
        )


@pytest.fixture
def crowd(library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crowd]:
    library.write("tea.md", "Tea is made at five.")
    library.build()
    monkeypatch.setattr(
        assembly,
        "open_index",
        lambda _: SimpleNamespace(generation=library.open(), encoder=library.encoder),
    )
    members = Crowd(library.folder / "data" / "quoth.sqlite")
    yield members
    members.records.close()


def gaps(library: Library, *arguments: str) -> Result:
    return CliRunner().invoke(command, [*arguments, "--data", str(library.folder / "data")])


def rows(library: Library, *arguments: str) -> list[dict[str, object]]:
    done = gaps(library, "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, object]] = json.loads(done.stdout)["gaps"]
    return found


def test_the_days_are_those_of_the_databases_clock(
    crowd: Crowd, library: Library, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUOTH_DATABASE", postgres_database)
    database = PostgresDatabase(postgres_database)
    set_clock(database, -90 * DAY_S)
    members = Crowd(database)
    members.ask("who may use the kitchen")
    members.records.close()

    assert [gap["example"] for gap in rows(library)] == ["who may use the kitchen"]


def test_gaps_are_said_with_their_size_their_trend_and_the_document(
    crowd: Crowd, library: Library
) -> None:
    crowd.ask("who may use the kitchen")
    crowd.ask("who may use this kitchen", server=8)
    crowd.ask("who may use kitchen", server=None)
    wrong = crowd.ask("how many for arson", span())
    crowd.vote(wrong, is_right=False, expected="813")
    crowd.days_ago = 20
    crowd.ask("who may use the kitchen?")
    done = gaps(library)

    assert done.exit_code == 0, done.output
    kitchen, arson = done.stdout.strip().split("\n\n")
    assert kitchen.startswith("3 questions (1 before): who may use")
    assert "3 unanswered" in kitchen
    assert "nearest, in Tea (tea.md): Tea is made at five." in kitchen
    assert arson.startswith("1 question (0 before): how many for arson")
    assert "1 called wrong" in arson
    assert "members expect: 813" in arson
    assert "figures.txt" in arson


def test_what_was_answered_well_is_no_gap(crowd: Crowd, library: Library) -> None:
    crowd.ask("how many for arson", span())
    disputed = crowd.ask("how many for theft", span())
    crowd.vote(disputed, is_right=False)
    for voter in (3, 4):
        crowd.vote(disputed, is_right=True, voter=voter)
    doubtful = crowd.ask("how many for fraud", candidates=(span(),))
    crowd.vote(doubtful, is_right=True)

    assert rows(library) == []
    assert "answered all that was asked" in gaps(library).stdout


def test_doubtful_answers_and_disputed_ones_are_told_apart(crowd: Crowd, library: Library) -> None:
    crowd.ask("how many for fraud", candidates=(span(),))
    disputed = crowd.ask("who drinks tea", span())
    crowd.vote(disputed, is_right=False)
    crowd.vote(disputed, is_right=True, voter=3)

    reasons = {row["example"]: (row["unsure"], row["wrong"]) for row in rows(library)}
    assert reasons == {"how many for fraud": (1, 0), "who drinks tea": (0, 1)}


def test_without_a_log_of_questions_passages_stand_for_them_and_no_index_is_needed(
    crowd: Crowd, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd.ask("a question of a member", is_logged=False)
    crowd.ask("another one", is_logged=False)
    monkeypatch.setattr(assembly, "open_index", lambda _: pytest.fail("it is opened"))
    (row,) = rows(library)

    assert (row["questions"], row["example"], row["document"]) == (2, None, "tea.md")
    assert "asked near this passage" in gaps(library).stdout
    content = (library.folder / "data/quoth.sqlite").read_bytes()
    wal = library.folder / "data/quoth.sqlite-wal"
    assert b"a question of a member" not in content + (wal.read_bytes() if wal.exists() else b"")


def test_a_question_that_goes_on_from_nothing_is_not_kept(crowd: Crowd, library: Library) -> None:
    answer = replace(found(question="and on sundays?"), goes_on=True, id="c" * 32)
    crowd.answers.keep(answer, 1, 7, with_question=True)

    assert rows(library) == []
    assert logged_questions(crowd.records) == []


def test_the_time_can_be_chosen(crowd: Crowd, library: Library) -> None:
    crowd.days_ago = 5
    crowd.ask("who may use the kitchen")

    assert rows(library, "--since", "3") == []
    assert [row["before"] for row in rows(library, "--since", "15")] == [0]
    assert [row["before"] for row in rows(library, "--since", "30")] == [None]
    assert "not kept long enough" in gaps(library, "--since", "30").stdout
    refused = gaps(library, "--since", "31")
    assert refused.exit_code == 2
    assert "'31': give a number from 1 to 30." in refused.stderr


def test_a_table_computes_nothing(crowd: Crowd, library: Library, tmp_path: Path) -> None:
    crowd.ask('=HYPERLINK("http://evil"; "tea")')
    crowd.ask("who, if anybody, uses\nthe kitchen")
    done = gaps(library, "--csv", str(tmp_path / "gaps.csv"))

    assert done.exit_code == 0, done.output
    with (tmp_path / "gaps.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["example"] for row in table} == {
        '\'=HYPERLINK("http://evil"; "tea")',
        "who, if anybody, uses\nthe kitchen",
    }
    assert all(row["document"] == "tea.md" and row["unanswered"] == "1" for row in table)
    both = gaps(library, "--json", "--csv", str(tmp_path / "both.csv"))
    assert both.exit_code == 2


def test_a_vote_that_outlived_its_answer_still_counts(crowd: Crowd, library: Library) -> None:
    wrong = crowd.ask("how many for arson", span(), is_logged=False)
    kept = crowd.answers.get(wrong, 1, 7)
    assert kept is not None
    crowd.answers.vote(kept, 1, complaint="wrong", expected="813", question="how many for arson")
    crowd.records.write("DELETE FROM answers")
    (row,) = rows(library)

    assert (row["example"], row["expected"], row["document"]) == (
        "how many for arson",
        ["813"],
        None,
    )


def test_what_a_member_deleted_is_in_no_gap(crowd: Crowd, library: Library) -> None:
    crowd.ask("who may use the kitchen")
    crowd.records.forget(1)

    assert rows(library) == []


def test_without_records_it_says_who_makes_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--data", str(tmp_path / "none")])

    assert done.exit_code == 1
    assert "there is none yet; quoth run makes it" in done.output


def test_damaged_records_are_said_to_be(library: Library, crowd: Crowd) -> None:
    crowd.ask("who was number one")
    query = "SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema"
    ((page, size),) = crowd.records.rows(f"{query} WHERE name = 'answers'")
    crowd.records.close()
    with (library.folder / "data" / "quoth.sqlite").open("r+b") as records:
        records.seek((page - 1) * size)
        records.write(b"\xff" * size)

    done = gaps(library)

    assert done.exit_code == 1
    assert "quoth.sqlite: can't be used (database disk image is malformed)." in done.output
