"""`quoth migrate`: the records of an installation, moved to PostgreSQL."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.backups.moving import Moved, move
from bot.cli.migrate import command
from bot.database import RecordsError
from bot.discord_app.audit import AuditTrail
from bot.discord_app.channels import ChannelRules
from bot.discord_app.cooldowns import Cooldown, Cooldowns, OwnCounts
from bot.discord_app.only_process import only_process
from bot.discord_app.question_log import logged_questions
from bot.discord_app.records import Records
from bot.discord_app.servers import Servers
from bot.discord_app.shards import Shards
from bot.discord_app.stored_answers import StoredAnswers
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.discord_app.unanswered import Unanswered, Waiting
from bot.installation import installation_of
from bot.postgres import PostgresDatabase
from bot.serving.linked_answers import LinkedAnswers
from bot.settings import Settings, load_settings
from tests.bot.discord_app.fakes import found, span

ANSWER = found(span())
RULE = Cooldown(1, 2.5)

EVERY_SHARD = Shards(1, frozenset({0}))


@pytest.fixture
def settings(tmp_path: Path, empty_database: str) -> Settings:
    """An installation with something in each table that matters, and an empty database."""
    made = load_settings(data=tmp_path, database=empty_database)
    with closing(Records(made.records)) as records:
        answers, trail = StoredAnswers(records), AuditTrail(records)
        for number in range(3):
            answer = replace(ANSWER, id=f"{number}" * 32, question="how many \0 for arson")
            answers.keep(answer, number, 7, with_question=True)
        kept = answers.get("0" * 32, 0, 7)
        assert kept is not None
        answers.vote(kept, 2, complaint="outdated", expected=None, question=None)
        trail.write(7, 1, "added", "first.txt")
        trail.write(7, 1, "added", "second.txt")
        records.forget(1)
        trail.write(7, 1, "removed", "third.txt")
        ChannelRules(records).set(7, 8, is_allowed=False)
        Servers(records).set_base(9, is_on=False)
        Unanswered(records).begin(Waiting(2**62, 1, token="t"))
        Cooldowns(records, RULE, OwnCounts()).set(7, 8, RULE, is_role=True)
        TaughtStore(records).keep(lesson(records))
    with closing(LinkedAnswers(made.linked_answers, 30)) as linked_answers:
        assert linked_answers.keep(ANSWER) is not None
    return made


def lesson(records: Records) -> Taught:
    """What a server was taught."""
    message = MessageAt(7, 8, 2**62)
    return Taught(message, "Where?", "In room 12.", date.min, records.hashed(3), "agreed", 1e9)


def address(settings: Settings) -> str:
    assert settings.database is not None
    return settings.database.get_secret_value()


def migrate(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setenv("QUOTH_DATABASE", address(settings))
    return CliRunner().invoke(command, ["--data", str(settings.data)])


def test_after_an_interruption_all_is_moved_and_the_file_is_left(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Moved] = []

    def until_the_third(table: Moved) -> None:
        moved.append(table)
        if len(moved) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(settings, until_the_third)
    with pytest.raises(RecordsError, match="cut short"):
        PostgresDatabase(address(settings))
    done = migrate(settings, monkeypatch)

    assert done.exit_code == 0, done.output
    lines = done.stderr.splitlines()
    assert lines[1] == "audit: 3 rows, there already"
    assert "unanswered: 1 row, moved and compared" in lines
    with (
        closing(Records(settings.records)) as before,
        closing(Records(PostgresDatabase(address(settings)))) as after,
        closing(LinkedAnswers(settings.linked_answers, 30)) as kept_before,
        closing(LinkedAnswers(PostgresDatabase(address(settings)), 30)) as kept_after,
    ):
        assert after.hashed(1) == before.hashed(1)
        assert after.rows("SELECT member FROM forgotten") == [(after.hashed(1),)]
        trail, trail_before = AuditTrail(after), AuditTrail(before)
        assert trail.everywhere() == trail_before.everywhere()
        assert trail.newest(7, 0, 5) == trail_before.newest(7, 0, 5)
        assert len(logged_questions(after)) == 2
        votes, votes_before = ([q.votes for q in logged_questions(r)] for r in (after, before))
        assert votes == votes_before
        kept, kept_there = (StoredAnswers(r).get("2" * 32, 2, 7) for r in (before, after))
        assert kept_there == kept is not None
        assert TaughtStore(after).all(f"server-{after.hashed(7)}") == [lesson(before)]
        assert ChannelRules(after).denied(7) == ["<#8>"]
        assert Servers(after).without_base() == {9}
        waiting, waiting_before = (Unanswered(r).all_on(EVERY_SHARD) for r in (after, before))
        assert waiting == waiting_before
        assert Cooldowns(after, Cooldown(9, 9.0), OwnCounts()).listed(7) == [("<@&8>", RULE)]
        assert kept_after.keep(ANSWER) == kept_before.keep(ANSWER)
        # The next entry comes after those that were moved.
        trail.write(7, 1, "added", "fourth.txt")
        assert trail.newest(7, 0, 1)[0][0].subject == "fourth.txt"
    again = migrate(settings, monkeypatch)
    assert again.exit_code == 1
    assert "was given records on" in again.stderr


def test_what_was_taught_before_there_were_rows_is_taken_up_after_the_move(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Records(settings.records)) as before:
        taught = lesson(before)
        scope = before.collection(taught.message.server_id)
        assert scope is not None
        before.write("DELETE FROM taught")
    settings.documents(scope).mkdir(parents=True)
    (settings.documents(scope) / taught.message.document).write_bytes(taught.file())
    # Whoever has set a database may have started the bot on it first.
    with closing(Records(PostgresDatabase(address(settings)))) as too_early:
        TaughtStore(too_early).take_up(settings)
    done = migrate(settings, monkeypatch)

    assert done.exit_code == 0, done.output
    with closing(Records(PostgresDatabase(address(settings)))) as after:
        store = TaughtStore(after)
        store.take_up(settings)
        assert [one.text for one in store.all(scope)] == ["In room 12."]


def test_records_of_another_installation_stay(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Records(PostgresDatabase(address(settings)))) as others:
        name = others.hashed(1)
        AuditTrail(others).write(7, 1, "added", "other.txt")
    refused = migrate(settings, monkeypatch)

    assert refused.exit_code == 1
    assert "holds other records already" in refused.stderr
    with closing(Records(PostgresDatabase(address(settings)))) as others:
        assert others.hashed(1) == name


def test_a_database_that_was_only_looked_at_is_moved_to(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Records(settings.records)) as before:
        name = before.hashed(1)
    with closing(Records(PostgresDatabase(address(settings)))) as looked_at:
        assert logged_questions(looked_at) == []
    installation = installation_of(settings)
    done = migrate(settings, monkeypatch)

    assert done.exit_code == 0, done.output
    with closing(Records(PostgresDatabase(address(settings)))) as after:
        assert after.hashed(1) == name
    assert installation_of(settings) == installation


def test_answers_that_can_be_linked_to_are_moved_without_records(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.records.unlink()
    done = migrate(settings, monkeypatch)
    settings.linked_answers.unlink()
    without = migrate(settings, monkeypatch)

    assert done.exit_code == 0, done.output
    assert done.stderr == "kept_answers: 1 row, moved and compared\n"
    assert (without.exit_code, "no records to move" in without.stderr) == (1, True)


def test_nothing_is_moved_while_the_bot_runs_or_without_a_database(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with only_process(settings.data):
        refused = migrate(settings, monkeypatch)
    assert (refused.exit_code, "another quoth run" in refused.stderr) == (1, True)
    unnamed = CliRunner().invoke(command, ["--data", str(settings.data)])
    assert (unnamed.exit_code, "names no database" in unnamed.stderr) == (2, True)
