"""What is kept of servers, and for how long after Quoth left them."""

from dataclasses import replace

from bot.discord_app.channels import ChannelRules
from bot.discord_app.records import DAY_S, Records
from bot.discord_app.servers import SERVER_GRACE_DAYS, Servers
from bot.discord_app.shards import Shards
from bot.discord_app.stored_answers import StoredAnswers
from tests.bot.discord_app.fakes import Clock, found, span
from tests.conftest import Place

ALL = Shards(1, frozenset({0}))


def test_a_servers_data_goes_some_time_after_the_bot(place: Place) -> None:
    clock = Clock()
    records = Records(place(), clock)
    answers, servers, rules = StoredAnswers(records), Servers(records), ChannelRules(records)

    def keep(server: int) -> None:
        answer = replace(found(span()), id=f"{server}" * 32)
        answers.keep(answer, 1, server, with_question=True)

    for server in (7, 8, 9):
        keep(server)
        rules.set(server, 1, is_allowed=True)
    keep(6)
    kept = answers.get("7" * 32, 1, 7)
    assert kept is not None
    answers.vote(kept, 1, complaint=None, expected=None, question=None)
    servers.leave(7)
    # Only a vote is left of server 4, and only a question of server 3.
    keep(4)
    voted = answers.get("4" * 32, 1, 4)
    assert voted is not None
    answers.vote(voted, 1, complaint=None, expected=None, question=None)
    keep(3)
    gone = ("4" * 32,)
    records.write("DELETE FROM answers WHERE id <= ?", gone)
    records.write("DELETE FROM questions WHERE answer_id = ?", gone)
    # 9, 6 and the one with documents alone were left while Quoth was away ...
    servers.note_present({8}, [records.hashed(5)], ALL)
    clock.now += (SERVER_GRACE_DAYS - 1) * DAY_S
    assert servers.departed() == []
    servers.note_present({8, 9}, [], ALL)  # ... and one let it in again in time.
    clock.now += 2 * DAY_S

    departed = servers.departed()
    assert set(departed) == {records.hashed(server) for server in (3, 4, 5, 6, 7)}
    for name in departed:
        servers.delete(name)
    assert servers.departed() == []
    rules.read()
    assert [rules.has_any(server) for server in (7, 8, 9)] == [False, True, True]
    assert answers.get("7" * 32, 1, 7) is None
    assert answers.get("9" * 32, 1, 9) is not None
    votes = records.rows("SELECT * FROM feedback")
    assert votes == []
    left = [("8" * 32,), ("9" * 32,)]
    query = "SELECT answer_id FROM questions ORDER BY answer_id"
    assert records.rows(query) == left
    records.close()
