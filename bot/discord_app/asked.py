"""The questions whose text is in the records, for `quoth questions export`."""

import sqlite3

from bot.discord_app.kept import FOUND
from bot.evaluation.collected import AskedQuestion, Vote


def asked_questions(connection: sqlite3.Connection) -> list[AskedQuestion]:
    """All of them: those that were logged, oldest first, and those kept with their asker's vote."""
    texts: dict[str, str] = dict(
        connection.execute("SELECT answer_id, text FROM questions ORDER BY created, answer_id")
    )
    votes: dict[str, list[Vote]] = {}
    # By answer, which may be gone by now: its words and its server, as a vote has them.
    judged: dict[str, tuple[str | None, str | None]] = {}
    for answer_id, is_right, given, expected, question, server in connection.execute(
        "SELECT answer_id, is_right, given, expected, question, server FROM feedback"
        " ORDER BY created"
    ):
        votes.setdefault(answer_id, []).append(Vote(bool(is_right), expected))
        judged[answer_id] = given, server
        if question is not None:
            texts.setdefault(answer_id, question)

    found = []
    for answer_id, text in texts.items():
        given, server = judged.get(answer_id, (None, None))
        shown: tuple[str, ...] = (given,) if given else ()
        row = connection.execute(
            "SELECT server, found FROM answers WHERE id = ?", (answer_id,)
        ).fetchone()
        if row is not None:
            server = row[0]
            shown = tuple(span.text for span in FOUND.validate_json(row[1]).spans)
        found.append(AskedQuestion(text, shown, tuple(votes.get(answer_id, ())), server))
    return found
