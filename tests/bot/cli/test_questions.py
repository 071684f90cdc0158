"""`quoth questions export`: from the records to a file for `quoth eval`."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from bot import assembly
from bot.cli.questions import command
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.stored_answers import StoredAnswers
from bot.evaluation.questions import Misfits, read_questions
from tests.bot.discord_app.fakes import found, span
from tests.conftest import Library


def export(folder: Path, out: Path) -> Result:
    arguments = ["export", str(out), "--data", str(folder / "data")]
    return CliRunner().invoke(command, arguments)


@pytest.fixture
def records(library: Library, monkeypatch: pytest.MonkeyPatch) -> Records:
    """The records of an installation with one article, and with a fake for the encoder."""
    library.write("figures.txt", "For arson 812 were counted. For theft 3,204 were counted.")
    library.build()
    monkeypatch.setattr(
        assembly,
        "open_index",
        lambda _: SimpleNamespace(generation=library.open(), encoder=library.encoder),
    )
    return Records(library.folder / "data" / "quoth.sqlite")


def keep(records: Records, answer_id: str, question: str, user: int = 1) -> None:
    answer = replace(found(span(), question=question), id=answer_id * 32)
    StoredAnswers(records).keep(answer, user, 7, with_question=True)


def test_judged_questions_are_written_for_the_evaluation(
    library: Library, records: Records, tmp_path: Path
) -> None:
    keep(records, "a", "how many for arson", user=123_456_789)
    keep(records, "b", "how many for theft")
    keep(records, "c", "how many for tea")
    keep(records, "d", "how many in all")
    answers = StoredAnswers(records)
    for answer_id, expected in (("a", None), ("b", "3,204"), ("c", "a cup of it")):
        kept = answers.get(answer_id * 32, 1, 7)
        assert kept is not None
        answers.vote(
            kept,
            2,
            complaint=None if expected is None else "wrong",
            expected=expected,
            question=None,
        )
    out = tmp_path / "new" / "asked.jsonl"
    done = export(library.folder, out)

    assert done.exit_code == 0, done.output
    assert "2 questions with the right answer, and 1 question that nobody judged" in done.output
    assert "on 1 passage." in done.output
    assert "Left out 1 question whose right answer is in no passage" in done.output
    (passage,) = read_questions(out, Misfits(refuse=True))
    assert [(one.text, one.answers) for one in passage.questions] == [
        ("how many for arson", ("812",)),
        ("how many for theft", ("3,204",)),
    ]
    for who in (1, 2, 7, 123_456_789):
        assert records.hashed(who) not in out.read_text()
    assert "123456789" not in out.read_text()
    records.close()


def test_what_may_not_be_kept_any_longer_is_not_given_away(
    library: Library, records: Records, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.close()
    monkeypatch.setenv("QUOTH_LOG_QUESTIONS_DAYS", "1")
    past = Records(library.folder / "data" / "quoth.sqlite", lambda: 100 * DAY_S)
    keep(past, "a", "how many for arson")
    past.close()
    done = export(library.folder, tmp_path / "asked.jsonl")

    assert done.exit_code == 1
    assert "There are no questions to write" in done.output
    assert "QUOTH_LOG_QUESTIONS=true" in done.output
    assert not (tmp_path / "asked.jsonl").exists()


def test_a_servers_broken_index_is_said_and_the_common_one_is_searched(
    library: Library, records: Records, tmp_path: Path
) -> None:
    keep(records, "a", "how many for arson")
    folder = library.collection_named(records.collection(7) or "").folder
    folder.mkdir()
    (folder / "CURRENT").write_text("nowhere")
    records.close()
    done = export(library.folder, tmp_path / "asked.jsonl")

    assert done.exit_code == 0
    assert folder.name in done.stderr
    assert 'move what is under "unjudged" to "qas"' in done.stdout


def test_without_records_or_with_a_name_of_another_format_it_says_why(tmp_path: Path) -> None:
    none = export(tmp_path, tmp_path / "asked.jsonl")
    assert none.exit_code == 1
    assert "quoth.sqlite: there is none yet; quoth run makes it" in none.output
    assert not (tmp_path / "data").exists()
    other = export(tmp_path, tmp_path / "asked.json")

    assert other.exit_code == 2
    assert ".jsonl" in other.output
