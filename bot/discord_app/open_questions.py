"""The questions that got no good answer."""

from collections import Counter
from collections.abc import Iterator

from answering.answer import Quotable
from bot.database import Connection
from bot.discord_app.records import Records
from bot.discord_app.stored_answers import CONTENTS, AnswerContents
from bot.evaluation.gaps import Complaint, GapReason, OpenQuestion

_ANSWERS = """
    SELECT id, answers.created, answered, found, text
    FROM answers LEFT JOIN questions ON answer_id = id
    WHERE answers.created >= ? AND (? OR coalesce(answers.server, '') = ?)
"""
_VOTES = """
    SELECT answer_id, feedback.created, is_right, complaint, expected, question, text
    FROM feedback LEFT JOIN questions USING (answer_id)
    WHERE feedback.created >= ? AND (? OR coalesce(feedback.server, '') = ?)
    ORDER BY feedback.created
"""


def open_questions(
    records: Records, since: float, server_id: int | None, *, anywhere: bool = False
) -> list[OpenQuestion]:
    """
    Find the questions without an answer, with a doubtful one, or with one that was voted wrong.

    Args:
        records: What is remembered.
        since: The earliest time, in seconds since 1970.
        server_id: The server where they were asked; none for direct messages.
        anywhere: Take those of everywhere, whatever the server.
    """
    values = (since, anywhere, records.hashed(server_id) if server_id is not None else "")
    votes: dict[str, _Votes] = {}
    with records.database.statements() as connection:
        for answer_id, created, is_right, complaint, expected, question, text in connection.execute(
            _VOTES, values
        ):
            said = votes.setdefault(answer_id, _Votes())
            said.add(
                created, None if is_right else complaint or "wrong", expected, question or text
            )
        return [*_of_answers(connection, values, votes), *_without_answers(votes)]


class _Votes:
    """What members said of one answer."""

    def __init__(self) -> None:
        self.first = 0.0
        self.right = 0
        self.complaints: Counter[Complaint] = Counter()
        self.expected: dict[str, None] = {}
        self.text: str | None = None

    def add(
        self, created: float, complaint: Complaint | None, expected: str | None, text: str | None
    ) -> None:
        self.first = self.first or created
        if complaint is None:
            self.right += 1
        else:
            self.complaints[complaint] += 1
        if expected:
            self.expected[expected] = None
        self.text = self.text or text

    @property
    def wrong(self) -> int:
        return self.complaints.total()

    @property
    def reason(self) -> Complaint | None:
        """What most say against an answer that counts as wrong, as in `quoth questions export`."""
        if not self.complaints or self.right > self.wrong:
            return None
        return self.complaints.most_common(1)[0][0]


def _of_answers(
    connection: Connection, values: tuple[float, bool, str], votes: dict[str, _Votes]
) -> Iterator[OpenQuestion]:
    for answer_id, created, answered, found, text in connection.execute(_ANSWERS, values):
        said = votes.pop(answer_id, _Votes())
        contents = CONTENTS.validate_json(found)
        reason = _reason(contents, said, answered=bool(answered))
        if reason is not None:
            yield OpenQuestion(
                created, reason, text or said.text, _nearest(contents), tuple(said.expected)
            )


def _reason(contents: AnswerContents, said: _Votes, *, answered: bool) -> GapReason | None:
    if answered:
        return said.reason
    if contents.candidates:
        return None if said.right > said.wrong else said.reason or "unsure"
    return "unanswered"


def _nearest(contents: AnswerContents) -> Quotable | None:
    shown: list[Quotable] = [*contents.shown, *contents.nearest]
    return shown[0] if shown else None


def _without_answers(votes: dict[str, _Votes]) -> Iterator[OpenQuestion]:
    """Those of which a vote is left, and the answer is not: votes are kept longer."""
    for said in votes.values():
        if said.reason is not None and said.text is not None:
            yield OpenQuestion(said.first, said.reason, said.text, None, tuple(said.expected))
