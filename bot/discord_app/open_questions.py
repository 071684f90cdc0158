"""The questions in the records that got no good answer."""

import sqlite3
from collections.abc import Iterator

from bot.discord_app.stored_answers import CONTENTS, AnswerContents
from bot.evaluation.gaps import Found, OpenQuestion, Reason

_ANSWERS = """
    SELECT id, answers.created, answered, found, text
    FROM answers LEFT JOIN questions ON answer_id = id
    WHERE answers.created >= :since AND (:anywhere OR answers.server IS :server)
"""
_VOTES = """
    SELECT answer_id, feedback.created, is_right, expected, question, text
    FROM feedback LEFT JOIN questions USING (answer_id)
    WHERE feedback.created >= :since AND (:anywhere OR feedback.server IS :server)
    ORDER BY feedback.created
"""


def open_questions(
    connection: sqlite3.Connection, since: float, server: str | None, *, anywhere: bool
) -> list[OpenQuestion]:
    """
    Find the questions without an answer, with a doubtful one, or with one that was voted wrong.

    Args:
        connection: The records.
        since: The earliest time, in seconds since 1970.
        server: The hashed id of the server where they were asked; none for direct messages.
        anywhere: Take those of everywhere, whatever the server.
    """
    values: dict[str, object] = {"since": since, "server": server, "anywhere": anywhere}
    votes: dict[str, _Votes] = {}
    for answer_id, created, is_right, expected, question, text in connection.execute(
        _VOTES, values
    ):
        votes.setdefault(answer_id, _Votes()).add(created, is_right, expected, question or text)
    return [*_of_answers(connection, values, votes), *_without_answers(votes)]


class _Votes:
    """What members said of one answer."""

    def __init__(self) -> None:
        self.first = 0.0
        self.right = self.wrong = 0
        self.expected: dict[str, None] = {}
        self.text: str | None = None

    def add(self, created: float, is_right: int, expected: str | None, text: str | None) -> None:
        self.first = self.first or created
        self.right += bool(is_right)
        self.wrong += not is_right
        if expected:
            self.expected[expected] = None
        self.text = self.text or text

    @property
    def is_wrong(self) -> bool:
        """Whether the answer counts as wrong, as it does in `quoth questions export`."""
        return self.wrong > 0 and self.right <= self.wrong


def _of_answers(
    connection: sqlite3.Connection, values: dict[str, object], votes: dict[str, _Votes]
) -> Iterator[OpenQuestion]:
    for answer_id, created, answered, found, text in connection.execute(_ANSWERS, values):
        said = votes.pop(answer_id, _Votes())
        contents = CONTENTS.validate_json(found)
        reason = _reason(contents, said, answered=bool(answered))
        if reason is not None:
            yield OpenQuestion(
                created, reason, text or said.text, _nearest(contents), tuple(said.expected)
            )


def _reason(contents: AnswerContents, said: _Votes, *, answered: bool) -> Reason | None:
    if answered:
        return "wrong" if said.is_wrong else None
    if contents.candidates:
        is_right = said.right > said.wrong
        return None if is_right else "wrong" if said.is_wrong else "unsure"
    return "unanswered"


def _nearest(contents: AnswerContents) -> Found | None:
    shown: list[Found] = [*contents.shown, *contents.nearest]
    return shown[0] if shown else None


def _without_answers(votes: dict[str, _Votes]) -> Iterator[OpenQuestion]:
    """Those of which a vote is left, and the answer is not: votes are kept longer."""
    for said in votes.values():
        if said.is_wrong and said.text is not None:
            yield OpenQuestion(said.first, "wrong", said.text, None, tuple(said.expected))
