"""Answers that can be linked to, in SQLite: for so many days, and so many of them."""

import asyncio
import hashlib
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter

from answering.answer import Answer, Timings
from bot.collection_names import BASE_COLLECTION
from bot.database import RecordsError, open_database
from bot.event_log import event
from bot.serving.standing import Quotable

_log = logging.getLogger(__name__)

# A few kilobytes each; the oldest goes for the next.
MAX_KEPT = 20_000
_TIDY_EVERY_S = 60 * 60.0
_DAY_S = 24 * 60 * 60.0
_STEPS = (
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
)
_ANSWER = TypeAdapter(Answer)
_NO_TIMINGS = Timings(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer, and when it was given last."""

    answer: Answer
    given: datetime


class KeptAnswers:
    """
    The file. Any thread may call it; each call is short, but none belongs in an event loop.

    It holds answers from the base alone: whoever has the link may read one.
    """

    def __init__(self, path: Path, days: int, clock: Callable[[], float] = time.time) -> None:
        """
        Open the file, made if need be, and delete what is too old.

        Args:
            path: The file.
            days: How long an answer is kept; 0 keeps none.
            clock: Counts seconds.

        Raises:
            RecordsError: If it can't be opened, or a newer Quoth has written it.
        """
        self._days = days
        self._clock = clock
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = open_database(path, _STEPS)
            self.tidy()
        except (OSError, sqlite3.Error) as error:
            raise RecordsError(f"{path}: can't be used ({error}).") from error

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
            with self._lock:
                (answer_id,) = self._connection.execute(
                    "INSERT INTO answers VALUES (?, ?, ?, ?)"
                    " ON CONFLICT (digest) DO UPDATE SET created = excluded.created RETURNING id",
                    values,
                ).fetchone()
        # Names of files may hold half characters, which JSON does not.
        except (sqlite3.Error, ValueError) as error:
            # The answer is given all the same.
            event(_log, "answer_not_kept", logging.ERROR, reason=type(error).__name__)
            return None
        return str(answer_id)

    def answer(self, answer_id: str) -> KeptAnswer | None:
        """The answer with an id, if it is still kept."""
        with self._lock:
            row = self._connection.execute(
                "SELECT answer, created FROM answers WHERE id = ? AND created >= ?",
                (answer_id, self._oldest()),
            ).fetchone()
        if row is None:
            return None
        given = datetime.fromtimestamp(row[1], UTC)
        return KeptAnswer(replace(_ANSWER.validate_json(row[0]), id=answer_id), given)

    def _oldest(self) -> float:
        return self._clock() - self._days * _DAY_S

    def tidy(self) -> None:
        """Delete what is too old, or too much; it is then in none of the files any more."""
        with self._lock:
            self._connection.execute(
                "DELETE FROM answers WHERE created < ? OR id IN"
                " (SELECT id FROM answers ORDER BY created DESC LIMIT -1 OFFSET ?)",
                (self._oldest() if self._days else float("inf"), MAX_KEPT),
            )
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def stay_tidy(self) -> None:
        """Tidy up now and then, until cancelled."""
        while True:
            await asyncio.sleep(_TIDY_EVERY_S)
            try:
                await asyncio.to_thread(self.tidy)
            except sqlite3.Error as error:
                event(_log, "not_tidied", logging.ERROR, reason=type(error).__name__)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
