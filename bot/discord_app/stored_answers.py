"""Answers that were given, with what members said of them."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from pydantic import TypeAdapter

from answering.answer import Answer, AnswerSpan, NearestPassage
from bot.collection_names import server_of
from bot.database import Connection
from bot.discord_app.limits import INTERACTION_S
from bot.discord_app.records import DAY_S, Records
from bot.evaluation.gaps import Complaint
from bot.evaluation.stale import Quoting


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

    def quoted(self, collection: str) -> frozenset[str]:
        """The ids of the documents of a collection that these contents quote."""
        spans = (*self.spans, *self.alternatives, *self.candidates)
        places = {(one.collection, one.document_id) for one in spans}
        places |= {(one.collection, one.document_id) for one in self.nearest}
        return frozenset(document_id for name, document_id in places if name == collection)

    def without(self, collection: str, document_id: str) -> "AnswerContents":
        """These contents without what they quote from a document."""

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
class AnswerCounts:
    """How the day, or the week, went so far."""

    questions: int
    answered: int
    median_s: float


CONTENTS = TypeAdapter(AnswerContents)
"""Reads and writes what an answer consisted of, as JSON."""

_NOTHING = AnswerContents((), (), (), removed=True)


def _take_words(connection: Connection, where: str, values: Sequence[str | None]) -> None:
    """Take the words of answers out of some votes; what was right is nothing without them."""
    # Without its words, it would say that the documents are right to say nothing.
    connection.execute(
        f"DELETE FROM feedback WHERE {where} AND is_right AND given IS NOT NULL",  # noqa: S608 - our own conditions
        values,
    )
    connection.execute(f"UPDATE feedback SET given = NULL WHERE {where}", values)  # noqa: S608 - our own conditions


class StoredAnswers:
    """The tables of answers and votes. Its methods block for the database."""

    def __init__(self, records: Records) -> None:
        """Keep them in the records."""
        self._records = records
        self._database = records.database
        self._removed: dict[tuple[str, str], float] = {}
        """Documents that this process removed of late, by collection and id, and when."""

    def keep(
        self,
        answer: Answer,
        user_id: int,
        server_id: int | None,
        *,
        with_question: bool,
        asked: float | None = None,
    ) -> None:
        """
        Remember an answer, and its question only if that is wanted.

        A question that leaned on others is not kept: it says nothing without them. Nothing is where
        its asker was forgotten meanwhile.

        Args:
            answer: The answer.
            user_id: Who asked.
            server_id: Where; none in direct messages.
            with_question: Whether the question is kept.
            asked: When, in seconds since 1970; now, where it is not said.
        """
        asker = self._records.hashed(user_id)
        asked = self._records.clock() if asked is None else asked
        server = self._records.hashed(server_id) if server_id is not None else None
        found = AnswerContents.of(answer)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    answer.id,
                    asked,
                    server,
                    asker,
                    answer.generation,
                    answer.answered,
                    answer.timings.total_s,
                    CONTENTS.dump_json(found).decode(),
                ),
            )
            if with_question and not found.leans:
                connection.execute(
                    "INSERT INTO questions VALUES (?, ?, ?, ?, ?)",
                    (answer.id, asked, asker, answer.question, server),
                )
        for (scope, document_id), removed in self._removed.copy().items():
            # It may have been answered from what was there before.
            if asked <= removed and server == server_of(scope):
                self._take_out(scope, document_id)

    def get(self, answer_id: str, user_id: int, server_id: int | None) -> StoredAnswer | None:
        """
        An answer as a member may know it, if it is still kept.

        Members of a server know all that were given there; of those given in direct messages, each
        knows their own.
        """
        rows = self._records.rows(
            "SELECT server, asker, found FROM answers WHERE id = ?", (answer_id,)
        )
        here = self._records.hashed(server_id) if server_id is not None else None
        for server, asker, found in rows:
            if server == here and (here is not None or asker == self._records.hashed(user_id)):
                return StoredAnswer(answer_id, server, asker, CONTENTS.validate_json(found))
        return None

    def quoted(self, scope: str) -> frozenset[str]:
        """The ids of a server's own documents that answers which are kept quote."""
        here = (server_of(scope),)
        rows = self._records.rows("SELECT found FROM answers WHERE server = ?", here)
        found = (CONTENTS.validate_json(contents) for (contents,) in rows)
        return frozenset().union(*(one.quoted(scope) for one in found))

    def forget_document(self, scope: str, document_id: str) -> None:
        """
        Take what is quoted from a document of a server's own out of answers and votes.

        Nothing is kept of it either in the answers that this process is only finding; another one
        that shares the records keeps what it was finding.
        """
        now = self._records.clock()
        for one, removed in self._removed.copy().items():
            if now - removed > INTERACTION_S:
                self._removed.pop(one, None)
        self._removed[scope, document_id] = now
        self._take_out(scope, document_id)

    def _take_out(self, scope: str, document_id: str) -> None:
        here = (server_of(scope),)
        with self._database.deletion() as connection:
            # What a vote quotes can't be told once its answer is gone.
            _take_words(
                connection, "server = ? AND answer_id NOT IN (SELECT id FROM answers)", here
            )
            rows = connection.execute("SELECT id, found FROM answers WHERE server = ?", here)
            for answer_id, found in rows.fetchall():
                before = CONTENTS.validate_json(found)
                after = before.without(scope, document_id)
                if replace(after, removed=before.removed) == before:
                    continue
                connection.execute(
                    "UPDATE answers SET found = ? WHERE id = ?",
                    (CONTENTS.dump_json(after).decode(), answer_id),
                )
                if after.spans != before.spans:
                    _take_words(connection, "answer_id = ?", (answer_id,))

    def vote(
        self,
        answer: StoredAnswer,
        user_id: int,
        *,
        complaint: Complaint | None,
        expected: str | None,
        question: str | None,
        is_button_alone: bool = False,
        voted: float | None = None,
    ) -> None:
        """
        Remember one member's vote; it takes the place of the one before, but for its words.

        None is remembered that calls an answer right of which a part was removed, or that is gone.

        Args:
            answer: What the vote is about.
            user_id: Who votes.
            complaint: What is said against the answer; none if it is right.
            expected: The right answer, if it was given.
            question: The question, if it is to be kept.
            is_button_alone: Whether a complaint that is there stays. The button says less than the
                form that it opens, and may be written after it.
            voted: When, in seconds since 1970; now, where it is not said.
        """
        voter = self._records.hashed(user_id)
        voted = self._records.clock() if voted is None else voted
        with self._database.transaction() as connection:
            if self._database.is_shared:
                # Locks the member, as writing the vote does. Whoever forgets the member does so
                # before they delete answers, and each would wait for the other.
                connection.execute("SELECT quoth_is_forgotten(?, ?)", (voter, voted))
            # A part may have been removed since the answer was read. It is locked, as by a removal.
            row = connection.execute(
                "UPDATE answers SET found = found WHERE id = ? RETURNING found", (answer.id,)
            ).fetchone()
            # Where its asker was forgotten meanwhile, what it quotes may be removed, too.
            found = _NOTHING if row is None else CONTENTS.validate_json(row[0])
            if complaint is None and found.removed:
                # The words that it calls right are kept no longer.
                connection.execute(
                    "DELETE FROM feedback WHERE answer_id = ? AND voter = ?", (answer.id, voter)
                )
                return
            given = "; ".join(span.text for span in found.spans) or None
            connection.execute(
                "INSERT INTO feedback (answer_id, voter, created, is_right, given, expected,"
                " question, server, complaint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (answer_id, voter) DO UPDATE SET created = excluded.created,"
                " is_right = excluded.is_right, complaint = CASE WHEN ?"
                " THEN coalesce(feedback.complaint, excluded.complaint)"
                " ELSE excluded.complaint END,"
                " expected = CASE WHEN excluded.is_right THEN NULL"
                " ELSE coalesce(excluded.expected, feedback.expected) END,"
                " question = coalesce(excluded.question, feedback.question)",
                (
                    answer.id,
                    voter,
                    voted,
                    complaint is None,
                    given,
                    expected,
                    question,
                    answer.server,
                    complaint,
                    is_button_alone,
                ),
            )

    def quoting(self, server_id: int) -> list[Quoting]:
        """The answers that were given in a server, oldest first, with what was said of them."""
        rows = self._records.rows(
            "SELECT found, EXISTS (SELECT 1 FROM feedback WHERE answer_id = id"
            " AND complaint = 'outdated') FROM answers WHERE server = ? AND answered"
            " ORDER BY created",
            (self._records.hashed(server_id),),
        )
        return [Quoting(CONTENTS.validate_json(found).spans, bool(said)) for found, said in rows]

    def today(self, server_id: int | None) -> AnswerCounts:
        """The answers of this server since midnight, UTC."""
        return self.counts_since(server_id, self._records.clock() // DAY_S * DAY_S)

    def counts_since(self, server_id: int | None, since: float) -> AnswerCounts:
        """The answers of this server since then, in seconds since 1970."""
        here = self._records.hashed(server_id) if server_id is not None else ""
        rows = self._records.rows(
            "SELECT answered, seconds FROM answers WHERE created >= ? AND coalesce(server, '') = ?",
            (since, here),
        )
        median = statistics.median(seconds for _, seconds in rows) if rows else 0.0
        return AnswerCounts(len(rows), sum(answered for answered, _ in rows), median)
