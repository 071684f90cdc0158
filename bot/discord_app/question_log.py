"""The questions whose text is kept, for `quoth questions export`."""

from bot.database import Connection
from bot.discord_app.records import Records
from bot.discord_app.stored_answers import CONTENTS
from bot.evaluation.question_log import LoggedQuestion, Vote


def logged_questions(records: Records) -> list[LoggedQuestion]:
    """All of them: those that were logged, oldest first, and those kept with their asker's vote."""
    with records.database.statements() as connection:
        return _logged_questions(connection)


def _logged_questions(connection: Connection) -> list[LoggedQuestion]:
    texts: dict[str, tuple[str, str | None]] = {
        answer_id: (text, server)
        for answer_id, text, server in connection.execute(
            "SELECT answer_id, text, server FROM questions ORDER BY created, answer_id"
        )
    }
    votes: dict[str, list[Vote]] = {}
    # The words of each answer, which may be gone by now, as a vote has them.
    given: dict[str, str | None] = {}
    for answer_id, is_right, shown, expected, question, server in connection.execute(
        "SELECT answer_id, is_right, given, expected, question, server FROM feedback"
        " ORDER BY created"
    ):
        votes.setdefault(answer_id, []).append(Vote(bool(is_right), expected))
        given[answer_id] = shown
        if question is not None:
            texts.setdefault(answer_id, (question, server))
    return [
        LoggedQuestion(
            text,
            _shown(connection, answer_id, given.get(answer_id)),
            tuple(votes.get(answer_id, ())),
            server,
        )
        for answer_id, (text, server) in texts.items()
    ]


def _shown(connection: Connection, answer_id: str, given: str | None) -> tuple[str, ...]:
    """The spans of an answer; after it is gone, the words that a vote was about."""
    row = connection.execute("SELECT found FROM answers WHERE id = ?", (answer_id,)).fetchone()
    if row is not None:
        return tuple(span.text for span in CONTENTS.validate_json(row[0]).spans)
    return (given,) if given else ()
