"""What servers have set is there for each process, in files as in a database."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot.database import Connection, SqliteFile
from bot.discord_app.channels import ChannelRules
from bot.discord_app.cooldowns import Cooldown, Cooldowns, OwnCounts
from bot.discord_app.digests import Digest, Digests
from bot.discord_app.migrations import STEPS
from bot.discord_app.open_questions import open_questions
from bot.discord_app.posts import SupportChannel, SupportChannels
from bot.discord_app.records import Records
from bot.discord_app.servers import Servers
from bot.discord_app.stored_answers import StoredAnswers
from tests.bot.discord_app.fakes import found, span
from tests.conftest import Place

Both = tuple[Records, Records]


@pytest.fixture
def records(place: Place) -> Iterator[Both]:
    """The same records, opened by two."""
    with closing(Records(place())) as one, closing(Records(place())) as other:
        yield one, other


def test_rules_of_channels(records: Both) -> None:
    here, elsewhere = map(ChannelRules, records)
    here.set(7, 1, is_allowed=True)
    here.set(7, 2, is_allowed=True)
    here.set(7, 2, is_allowed=False)
    here.set(8, 3, is_allowed=False)
    elsewhere.read()
    for rules in (here, elsewhere):
        assert (rules.allowed(7), rules.denied(7)) == (["<#1>"], ["<#2>"])
        assert rules.is_only_allowed(7)
        assert not rules.is_only_allowed(8)
    here.clear(7)
    elsewhere.read()

    for rules in (here, elsewhere):
        assert not rules.has_any(7)
        assert rules.denied(8) == ["<#3>"]


def test_cooldowns_of_roles_and_channels(records: Both) -> None:
    here, elsewhere = (Cooldowns(each, Cooldown(9, 9.0), OwnCounts()) for each in records)
    here.set(7, 1, Cooldown(1, 2.5), is_role=True)
    here.set(7, 2, Cooldown(2, 5.0), is_role=True)
    here.set(7, 2, Cooldown(3, 5.0), is_role=False)
    elsewhere.read()
    expected = [("<#2>", Cooldown(3, 5.0)), ("<@&1>", Cooldown(1, 2.5))]
    assert sorted(here.listed(7)) == sorted(elsewhere.listed(7)) == expected
    assert here.clear(7, 2)
    assert not here.clear(7, 2)
    elsewhere.read()

    assert here.listed(7) == elsewhere.listed(7) == expected[1:]


def test_support_channels_and_the_threads_into_which_a_person_was_asked(records: Both) -> None:
    here, elsewhere = map(SupportChannels, records)
    here.add(SupportChannel(7, 1, None))
    here.add(SupportChannel(7, 1, 5))
    here.add(SupportChannel(7, 2, None))
    here.remove(2)
    elsewhere.read()
    assert here.of(7) == elsewhere.of(7) == [SupportChannel(7, 1, 5)]

    assert not here.is_person_called(3)
    for _ in range(2):
        here.note_call(7, 3)
    assert elsewhere.is_person_called(3)


class ChangingId(int):
    """The id of a server or a channel: whenever it is looked at, a thread changes the rules."""

    change: Callable[[], object]

    def __eq__(self, other: object) -> bool:
        self.change()
        return super().__eq__(other)

    def __format__(self, form: str) -> str:
        self.change()
        return super().__format__(form)

    __hash__ = int.__hash__


def test_rules_are_listed_while_threads_change_them(tmp_path: Path) -> None:
    with closing(Records(tmp_path / "quoth.sqlite")) as records:
        channels, support = ChannelRules(records), SupportChannels(records)
        cooldowns = Cooldowns(records, Cooldown(9, 9.0), OwnCounts())
        ids = itertools.count(100)
        server, channel = ChangingId(7), ChangingId(1)

        def change() -> None:
            new = next(ids)
            channels.set(7, new, is_allowed=False)
            cooldowns.set(7, new, Cooldown(1, 1.0), is_role=True)
            support.add(SupportChannel(7, new, None))

        server.change = channel.change = lambda: None
        channels.set(7, channel, is_allowed=True)
        change()
        server.change = channel.change = change

        assert channels.allowed(7) == ["<#1>"]
        assert ("<@&100>", Cooldown(1, 1.0)) in cooldowns.listed(server)
        assert 100 in cooldowns.targets(server)[0]
        assert SupportChannel(7, 100, None) in support.of(server)


class ReadBefore(SqliteFile):
    """A file in which something is changed as soon as somebody has read it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, STEPS)
        self.change: Callable[[], object] = bool

    @contextmanager
    def statements(self) -> Iterator[Connection]:
        with super().statements() as connection:
            yield connection
        change, self.change = self.change, bool
        change()


def test_what_is_set_while_rules_are_read_again_holds(tmp_path: Path) -> None:
    """They are read again whenever a server adds Quoth."""
    with closing(Records(database := ReadBefore(tmp_path / "quoth.sqlite"))) as records:
        channels, support = ChannelRules(records), SupportChannels(records)
        cooldowns = Cooldowns(records, Cooldown(9, 9.0), OwnCounts())
        database.change = lambda: channels.set(7, 1, is_allowed=False)
        channels.read()
        database.change = lambda: cooldowns.set(7, 1, Cooldown(1, 1.0), is_role=True)
        cooldowns.read()
        database.change = lambda: support.add(SupportChannel(7, 1, None))
        support.read()

        assert channels.denied(7) == ["<#1>"]
        assert cooldowns.listed(7) == [("<@&1>", Cooldown(1, 1.0))]
        assert support.of(7) == [SupportChannel(7, 1, None)]


def test_digests(records: Both) -> None:
    here, elsewhere = map(Digests, records)
    here.choose(7, 1, 10.5)
    here.choose(7, 2, 20.5)
    here.choose(8, 3, 30.5)
    assert elsewhere.due(20.0) == []
    (due,) = elsewhere.due(20.5)
    assert due == Digest(7, 2, 20.5, was_begun=False)
    here.begin(due)
    assert elsewhere.due(20.5) == [replace(due, was_begun=True)]
    elsewhere.settle(due, 40.5)
    here.stop(8)

    assert here.due(50.0) == [Digest(7, 2, 40.5, was_begun=False)]


def test_servers_without_the_base(records: Both) -> None:
    here, elsewhere = map(Servers, records)
    for server, is_on in ((7, False), (8, False), (8, True)):
        here.set_base(server, is_on=is_on)

    assert elsewhere.without_base() == {7}


def test_questions_that_got_no_good_answer(records: Both) -> None:
    answers = StoredAnswers(records[0])
    for answer_id, answer in (("a", found()), ("b", found(span())), ("c", found(span()))):
        answers.keep(replace(answer, id=answer_id * 32), 1, 7, with_question=True)
    answers.keep(replace(found(), id="d" * 32), 1, None, with_question=False)
    disputed = answers.get("b" * 32, 1, 7)
    assert disputed is not None
    answers.vote(disputed, 2, complaint="outdated", expected="813", question=None)

    def asked(server_id: int | None) -> list[tuple[str, str | None]]:
        questions = open_questions(records[1], 0.0, server_id)
        return sorted((one.reason, one.text) for one in questions)

    question = "how many for arson"
    assert asked(7) == [("outdated", question), ("unanswered", question)]
    assert asked(None) == [("unanswered", None)]
    assert len(open_questions(records[1], 0.0, None, anywhere=True)) == 3
