"""What the records hold, as values."""

from dataclasses import dataclass, replace
from typing import Self

from pydantic import TypeAdapter

from answering.answer import Answer, AnswerSpan, NearestPassage
from bot.database import Connection


@dataclass(frozen=True, slots=True)
class AnswerContents:
    """What an answer consisted of."""

    spans: tuple[AnswerSpan, ...]
    alternatives: tuple[AnswerSpan, ...]
    nearest: tuple[NearestPassage, ...]
    leans: bool = False
    """Whether its question was understood through those before it."""
    candidates: tuple[AnswerSpan, ...] = ()
    """What was shown where Quoth was not sure."""
    removed: bool = False
    """Whether a part of it was taken out, since its document was removed."""

    @classmethod
    def of(cls, answer: Answer) -> Self:
        """What an answer consists of."""
        leans = answer.understood is not None or answer.goes_on
        return cls(answer.spans, answer.alternatives, answer.nearest, leans, answer.candidates)

    @property
    def shown(self) -> tuple[AnswerSpan, ...]:
        """The answer, or else what may be it."""
        return self.spans or self.candidates

    def without(self, collection: str, document_id: str) -> "AnswerContents":
        """It, less what it quotes from a document."""

        def kept(found: AnswerSpan | NearestPassage) -> bool:
            return (found.collection, found.document_id) != (collection, document_id)

        return replace(
            self,
            spans=tuple(filter(kept, self.spans)),
            alternatives=tuple(filter(kept, self.alternatives)),
            nearest=tuple(filter(kept, self.nearest)),
            candidates=tuple(filter(kept, self.candidates)),
            removed=True,
        )


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer as it is remembered; the question is not."""

    id: str
    server: str | None
    asker: str
    found: AnswerContents


@dataclass(frozen=True, slots=True)
class Today:
    """How the day, or the week, went so far."""

    questions: int
    answered: int
    median_s: float


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much was deleted."""

    answers: int
    questions: int
    votes: int


CONTENTS = TypeAdapter(AnswerContents)
"""Reads and writes what an answer consisted of, as JSON."""


def forget_document(
    connection: Connection, server: str | None, collection: str, document_id: str
) -> None:
    """Take what is quoted from a document out of a server's answers, and of the votes on them."""
    rows = connection.execute("SELECT id, found FROM answers WHERE server = ?", (server,))
    for answer_id, found in rows.fetchall():
        before = CONTENTS.validate_json(found)
        after = before.without(collection, document_id)
        if replace(after, removed=before.removed) == before:
            continue
        connection.execute(
            "UPDATE answers SET found = ? WHERE id = ?",
            (CONTENTS.dump_json(after).decode(), answer_id),
        )
        if after.spans != before.spans:
            connection.execute("UPDATE feedback SET given = NULL WHERE answer_id = ?", (answer_id,))
