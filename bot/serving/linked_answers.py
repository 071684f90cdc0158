"""Answers that can be linked to: for so many days, and so many of them."""

import asyncio
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from answering.answer import Answer, Quotable, Timings
from bot.collection_names import BASE_COLLECTION
from bot.database import Database, DatabaseError, RecordsError, SqliteFile
from bot.event_log import event

_log = logging.getLogger(__name__)

# A few kilobytes each; the oldest goes for the next.
MAX_KEPT = 20_000
_TIDY_EVERY_S = 60 * 60.0
_DAY_S = 24 * 60 * 60.0
STEPS = (
    """
    -- The digest is that of the answer without what each asking has of its own, so that a page that
    -- is loaded again makes no second one.
    CREATE TABLE answers (
        id TEXT PRIMARY KEY,
        created REAL NOT NULL,
        digest BLOB NOT NULL UNIQUE,
        answer TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX answers_created ON answers (created);
    """,
    """
    -- One database may hold them beside the records, which have answers of their own. The name of
    -- the table stays, though the module and the file are called otherwise now.
    ALTER TABLE answers RENAME TO kept_answers;
    """,
    """
    -- Documents that disagree are a conflict.
    UPDATE kept_answers
        SET answer = replace(answer, '"kind":"disagreement"', '"kind":"conflict"');
    UPDATE kept_answers SET digest = sha256(answer);
    """,
)
_ANSWER = TypeAdapter(Answer)
_NO_TIMINGS = Timings(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class LinkedAnswer:
    """An answer, and when it was given last."""

    answer: Answer
    given: datetime


class LinkedAnswers:
    """
    The table. Any thread may call it; each call is short, but none belongs in an event loop.

    It holds answers from the base alone: whoever has the link may read one.
    """

    def __init__(
        self, place: Path | Database, days: int, clock: Callable[[], float] = time.time
    ) -> None:
        """
        Keep answers in a file of SQLite, or in a database that is open; delete what is too old.

        Args:
            place: The file, made if need be, or the database.
            days: How long an answer is kept; 0 keeps none.
            clock: Counts seconds.

        Raises:
            RecordsError: If the file can't be opened, or a newer Quoth has written it.
        """
        self._days = days
        self._clock = clock
        self._database = SqliteFile(place, STEPS) if isinstance(place, Path) else place
        self.why_away = ""
        """
        What kept it from keeping answers at the start, if that is a database that may be back soon.
        """
        try:
            self.tidy()
        except DatabaseError as error:
            if not self._database.is_shared:
                raise RecordsError(f"{self._database}: can't be used ({error}).") from error
            self.why_away = str(error) if days else ""

    def keep(self, answer: Answer) -> str | None:
        """
        Keep an answer.

        Returns:
            Its id, which nobody can guess; None where it is not kept. One that is kept already has
            the id that it had.
        """
        found: list[Quotable] = [*answer.shown, *answer.alternatives, *answer.nearest]
        if not self._days or any(one.collection != BASE_COLLECTION for one in found):
            return None
        try:
            text = _ANSWER.dump_json(replace(answer, id="", timings=_NO_TIMINGS))
            digest = hashlib.sha256(text).digest()
            values = (secrets.token_hex(16), self._clock(), digest, text.decode())
            with self._database.statements() as connection:
                (answer_id,) = connection.execute(
                    "INSERT INTO kept_answers VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (digest) DO UPDATE SET created = excluded.created RETURNING id",
                    values,
                ).fetchone()
        # Names of files may hold half characters, which JSON does not.
        except (DatabaseError, ValueError) as error:
            # The answer is given all the same.
            event(_log, "answer_not_kept", logging.ERROR, reason=type(error).__name__)
            return None
        return str(answer_id)

    def answer(self, answer_id: str) -> LinkedAnswer | None:
        """The answer with an id, if it is still kept."""
        with self._database.statements() as connection:
            row = connection.execute(
                "SELECT answer, created FROM kept_answers WHERE id = ? AND created >= ?",
                (answer_id, self._oldest()),
            ).fetchone()
        if row is None:
            return None
        given = datetime.fromtimestamp(row[1], UTC)
        return LinkedAnswer(replace(_ANSWER.validate_json(row[0]), id=answer_id), given)

    def _oldest(self) -> float:
        return self._clock() - self._days * _DAY_S

    def tidy(self) -> None:
        """Delete what is too old, or too much; it is then in none of the files any more."""
        with self._database.deletion() as connection:
            connection.execute(
                "DELETE FROM kept_answers WHERE created < ? OR created <="
                " (SELECT created FROM kept_answers ORDER BY created DESC LIMIT 1 OFFSET ?)",
                (self._oldest() if self._days else float("inf"), MAX_KEPT),
            )

    async def stay_tidy(self) -> None:
        """Tidy up now and then, until cancelled."""
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            try:
                await asyncio.to_thread(self.tidy)
            except DatabaseError as error:
                event(_log, "not_tidied", logging.ERROR, reason=error.reason)

    def close(self) -> None:
        """Let go of the file, or of the database."""
        self._database.close()
