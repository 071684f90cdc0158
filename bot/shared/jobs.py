"""The builds that are wanted, one row each: asked for, taken under a lease, and finished."""

import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from bot.build_turns import rank
from bot.collection_names import BASE_COLLECTION
from bot.database import Connection
from bot.shared.parts import use

if TYPE_CHECKING:
    from bot.postgres import PostgresDatabase

# A builder that was not heard of for so long is dead, and its job is another's. It says so often
# that it lives; in between, PostgreSQL may be restarted.
LEASE_S = 30.0
BEAT_S = 2.0
# A job that failed is tried so often, by whichever builder, with a pause that gets longer.
MAX_ATTEMPTS = 3
_PAUSE_S = 5.0
# What became of a job is known for so long; whoever asked for it looks every second.
_KEPT_S = 60 * 60.0
# Any number, the same in every Quoth.
_ASKING_LOCK = 0x51554F47
JobOutcome = Literal["built", "failed", "too_long", "too_many_passages"]


@dataclass(frozen=True, slots=True)
class Job:
    """A build that was taken."""

    id: int
    collection: str
    rebuild: bool
    size: int
    documents: int | None
    """The listing of its documents; None where each builder has them."""


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a build is."""

    stage: str
    done: int
    total: int
    outcome: JobOutcome | None
    """None while it waits or runs."""
    report: str
    """What it made, as JSON; or why it failed."""


class LostJobError(Exception):
    """The job is another builder's by now: this one was not heard of in time."""


class Jobs:
    """The table of jobs. Any thread may call it, and none in an event loop."""

    def __init__(self, database: "PostgresDatabase", lease_s: float = LEASE_S) -> None:
        """Take the database, and how long a builder may say nothing."""
        self._database = database
        self._lease_s = lease_s
        self._holder = f"{socket.gethostname()} {os.getpid()} {secrets.token_hex(4)}"

    def ask(
        self, collection: str, *, rebuild: bool = False, size: int = 0, documents: int | None = None
    ) -> int:
        """
        Want a collection to be built; not again from the documents that were wanted last.

        Args:
            collection: By name.
            rebuild: Read and encode everything again.
            size: The bytes that are new.
            documents: The listing of its documents; None where each builder has them.

        Returns:
            The job's id.
        """
        with self._database.transaction() as connection:
            _one_at_a_time(connection, collection)
            if documents is not None:
                same = _last_wish(connection, collection, rebuild=rebuild, documents=documents)
                if same is not None:
                    connection.execute("DELETE FROM listings WHERE id = ?", (documents,))
                    return same
                use(connection, documents)
            return _insert(connection, collection, rebuild=rebuild, size=size, documents=documents)

    def ask_once(self, collection: str) -> int:
        """Want a collection to be built, unless that waits or is being built; the job's id."""
        with self._database.transaction() as connection:
            _one_at_a_time(connection, collection)
            row = connection.execute(
                "SELECT max(id) FROM jobs WHERE collection = ? AND outcome IS NULL", (collection,)
            ).fetchone()
            return int(row[0]) if row[0] is not None else _insert(connection, collection)

    def is_wanted(self, collection: str) -> bool:
        """Whether a build of a collection waits or runs."""
        with self._database.statements() as connection:
            found = connection.execute(
                "SELECT 1 FROM jobs WHERE collection = ? AND outcome IS NULL LIMIT 1", (collection,)
            )
            return found.fetchone() is not None

    def state(self, job: int) -> JobState | None:
        """How far a job is; None if it is gone, with its collection."""
        with self._database.statements() as connection:
            row = connection.execute(
                "SELECT stage, done, total, outcome, report FROM jobs WHERE id = ?", (job,)
            ).fetchone()
        return None if row is None else JobState(*row)

    def claim(self, may: Callable[[str, int], bool]) -> Job | None:
        """
        Take the job whose turn it is, unless somebody has taken or is taking it.

        Args:
            may: Whether this builder can build a collection now; also given the bytes that are new.

        Returns:
            The job, which is lost without `beat`; None if there is none.
        """
        with self._database.transaction() as connection:
            # What is due later was written down before the clock was set back. Whoever is at work
            # on it keeps it.
            connection.execute(
                "UPDATE jobs SET due = quoth_now() + ?"
                " WHERE outcome IS NULL AND due > quoth_now() + ?",
                (LEASE_S, LEASE_S),
            )
            rows = connection.execute(
                "SELECT id, collection, size, overtaken, due <= quoth_now() FROM jobs"
                " WHERE outcome IS NULL ORDER BY holder IS NULL, id"
            ).fetchall()
            # One at a time of each collection: the one that was taken, which need not be the first
            # (who gets a number early may be seen late), else in the order of asking.
            first = {collection: row for row in reversed(rows) for collection in [row[1]]}
            waiting = [row for row in first.values() if row[4] and may(row[1], row[2])]
            for row in sorted(sorted(waiting), key=_rank):
                job = self._take(connection, row[0])
                if job is not None:
                    overtaken = [other[0] for other in waiting if other[0] < job.id]
                    # Those that others are taking now are not waited for: two builders would wait
                    # for each other.
                    connection.execute(
                        "UPDATE jobs SET overtaken = overtaken + 1 WHERE id IN"
                        " (SELECT id FROM jobs WHERE id = ANY(?) FOR UPDATE SKIP LOCKED)",
                        (overtaken,),
                    )
                    return job
        return None

    def _take(self, connection: Connection, job: int) -> Job | None:
        row = connection.execute(
            "SELECT collection, rebuild, size, documents, attempts FROM jobs"
            " WHERE id = ? AND outcome IS NULL AND due <= quoth_now() FOR UPDATE SKIP LOCKED",
            (job,),
        ).fetchone()
        if row is None:
            return None
        *given, attempts = row
        if attempts >= MAX_ATTEMPTS:
            said = f"{attempts} builders stopped in the midst of it"
            _finish(connection, job, "failed", said)
            return None
        connection.execute(
            "UPDATE jobs SET holder = ?, attempts = attempts + 1, stage = 'wait',"
            " due = quoth_now() + ? WHERE id = ?",
            (self._holder, self._lease_s, job),
        )
        return Job(job, *given)

    def beat(self, job: Job, stage: str, done: int, total: int) -> None:
        """
        Say that this builder lives, and how far it is.

        Raises:
            LostJobError: If the job is another's by now, or nobody's.
        """
        with self._database.statements() as connection:
            written = connection.execute(
                "UPDATE jobs SET due = quoth_now() + ?, stage = ?, done = ?, total = ?"
                # One that was finished just now is not lost.
                " WHERE id = ? AND holder = ?",
                (self._lease_s, stage, done, total, job.id, self._holder),
            )
            if not written.rowcount:
                raise LostJobError

    def finish(self, connection: Connection, job: Job, outcome: JobOutcome, report: str) -> None:
        """
        Say what became of a job, within a transaction.

        Raises:
            LostJobError: If the job is another's by now, or nobody's.
        """
        self._lock_own(connection, job)
        _finish(connection, job.id, outcome, report)

    def _lock_own(self, connection: Connection, job: Job) -> int:
        """Keep others from a job until the transaction ends; return how often it was tried."""
        row = connection.execute(
            "SELECT attempts FROM jobs WHERE id = ? AND holder = ? AND outcome IS NULL FOR UPDATE",
            (job.id, self._holder),
        ).fetchone()
        if row is None:
            raise LostJobError
        return int(row[0])

    def refuse(self, job: Job, outcome: JobOutcome, report: str) -> None:
        """Say that a job can't be done, however often it is tried."""
        with self._database.transaction() as connection:
            self.finish(connection, job, outcome, report)

    def fail(self, job: Job, reason: str) -> bool:
        """Have a job tried again that failed, unless it was tried often enough; whether it was."""
        with self._database.transaction() as connection:
            attempts = self._lock_own(connection, job)
            if attempts >= MAX_ATTEMPTS:
                _finish(connection, job.id, "failed", reason)
                return True
            connection.execute(
                "UPDATE jobs SET holder = NULL, due = quoth_now() + ?, report = ? WHERE id = ?",
                (attempts * _PAUSE_S, reason, job.id),
            )
        return False

    def give_back(self, job: Job) -> None:
        """Leave a job to other builders, as if it had not been taken: this one stops."""
        with self._database.statements() as connection:
            connection.execute(
                "UPDATE jobs SET holder = NULL, due = 0, stage = 'wait', attempts = attempts - 1"
                " WHERE id = ? AND holder = ? AND outcome IS NULL",
                (job.id, self._holder),
            )

    def forget(self, connection: Connection, collection: str) -> None:
        """Delete the jobs of a collection, within a transaction; one that runs is lost."""
        connection.execute("DELETE FROM jobs WHERE collection = ?", (collection,))

    def tidy(self) -> None:
        """Delete what was finished long ago."""
        with self._database.statements() as connection:
            connection.execute("DELETE FROM jobs WHERE finished < quoth_now() - ?", (_KEPT_S,))


def _one_at_a_time(connection: Connection, collection: str) -> None:
    """Have others who ask for a collection wait until the transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(?, hashtext(?))", (_ASKING_LOCK, collection))


def _last_wish(
    connection: Connection, collection: str, *, rebuild: bool, documents: int
) -> int | None:
    """The job that was asked for last, if it waits or runs, and is of the same documents."""
    row = connection.execute(
        "SELECT jobs.id, rebuild, files = (SELECT files FROM listings WHERE id = ?)"
        " FROM jobs JOIN listings ON listings.id = documents"
        " WHERE collection = ? AND outcome IS NULL ORDER BY jobs.id DESC LIMIT 1",
        (documents, collection),
    ).fetchone()
    return int(row[0]) if row is not None and row[1:] == (rebuild, True) else None


def _insert(
    connection: Connection,
    collection: str,
    *,
    rebuild: bool = False,
    size: int = 0,
    documents: int | None = None,
) -> int:
    (job,) = connection.execute(
        "INSERT INTO jobs (collection, rebuild, size, documents) VALUES (?, ?, ?, ?) RETURNING id",
        (collection, rebuild, size, documents),
    ).fetchone()
    return int(job)


def _rank(row: tuple[int, str, int, int, bool]) -> tuple[bool, bool, int]:
    _, collection, size, overtaken, _ = row
    return rank(is_first=collection == BASE_COLLECTION, size=size, overtaken=overtaken)


def _finish(connection: Connection, job: int, outcome: JobOutcome, report: str) -> None:
    connection.execute(
        "UPDATE jobs SET outcome = ?, report = ?, documents = NULL,"
        " finished = quoth_now() WHERE id = ?",
        (outcome, report, job),
    )
