"""What Quoth remembers of Discord: answers, votes, and where it may answer."""

import asyncio
import hashlib
import hmac
import secrets
import statistics
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from answering.answer import Answer
from bot.chosen_database import database_of
from bot.collection_names import server_collection, server_of
from bot.database import Connection, Database, DatabaseError, RecordsError, SqliteFile
from bot.discord_app import audit, migrations, unanswered
from bot.discord_app.audit import Action, Entry
from bot.discord_app.open_questions import open_questions
from bot.discord_app.periods import ANSWERS_KEPT_DAYS, KeptDays
from bot.discord_app.question_log import logged_questions
from bot.discord_app.shards import Shards
from bot.discord_app.stored_answers import (
    CONTENTS,
    AnswerContents,
    Forgotten,
    StoredAnswer,
    Today,
    forget_document,
)
from bot.discord_app.unanswered import Waiting
from bot.evaluation.gaps import Complaint, OpenQuestion
from bot.evaluation.question_log import LoggedQuestion
from bot.evaluation.stale import Quoting
from bot.settings import Settings

# A bot that was removed by mistake finds its settings again within a week.
SERVER_GRACE_DAYS = 7
DAY_S = 24 * 60 * 60.0
# Whoever asks hears something within three seconds, and waits for the database no longer than this.
SOON_S = 1.0
# Those that name a server by its own id, not by the hash of it.
_BY_SERVER_ID = (
    "channels",
    "servers",
    "cooldowns",
    "support_channels",
    "person_calls",
    "digests",
)
_SERVER_IDS = " UNION ".join(f"SELECT server_id FROM {table}" for table in _BY_SERVER_ID)  # noqa: S608 - our own names
_SET_META = "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
_T = TypeVar("_T")
# Of the hash: enough that no two members share one.
_HASH_CHARS = 24


def records_of(settings: Settings) -> "Records":
    """
    Open the records where the settings say that they are.

    Raises:
        RecordsError: If they can't be used.
    """
    return Records(database_of(settings, settings.records, migrations.STEPS))


class Records:
    """The tables. Any thread may call it; each call is short, but none belongs in an event loop."""

    def __init__(self, place: Path | Database, clock: Callable[[], float] = time.time) -> None:
        """
        Remember things in a file of SQLite, or in a database that is open.

        Raises:
            RecordsError: If it can't be opened, or a newer Quoth has written it.
        """
        self._clock = clock
        self.under_way: set[int] = set()
        """Those whom this process is about to answer, by the id of what they said."""
        database = SqliteFile(place, migrations.STEPS) if isinstance(place, Path) else place
        self._database = database
        try:
            self._salt = bytes.fromhex(self._meta("salt", secrets.token_hex(32)))
        except DatabaseError as error:
            raise RecordsError(f"{database}: can't be used ({error}).") from error

    def _meta(self, name: str, default: str) -> str:
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO NOTHING", (name, default)
            )
            row = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0])

    def _set_meta(self, name: str, value: str) -> None:
        with self._database.statements() as connection:
            connection.execute(_SET_META, (name, value))

    def look_up(self, work: Callable[[Connection], _T]) -> _T:
        """Read tables that another module of this package keeps here."""
        with self._database.statements() as connection:
            return work(connection)

    def change(self, work: Callable[[Connection], _T]) -> _T:
        """Change such tables, all at once or not at all."""
        with self._database.transaction() as connection:
            return work(connection)

    async def soon(self, work: Callable[[Connection], _T]) -> _T:
        """
        Look up or change something that somebody in Discord waits for.

        Raises:
            DatabaseError: If that can't be done, or takes too long.
        """
        try:
            return await asyncio.wait_for(asyncio.to_thread(self.look_up, work), SOON_S)
        except TimeoutError as error:
            raise DatabaseError(error) from error

    @property
    def is_shared(self) -> bool:
        """Whether several processes remember here."""
        return self._database.is_shared

    def only_bot(self) -> AbstractContextManager[None]:
        """Be the only bot that remembers here until the block ends, or raise a `RecordsError`."""
        return self._database.only_bot()

    def changes(self) -> AsyncGenerator[None]:
        """Say, again and again, that what was read here may be another process's by now."""
        return self._database.changes()

    def close(self) -> None:
        """Let go of the file, or of the database."""
        self._database.close()

    def hashed(self, discord_id: int) -> str:
        """A name for a member or server that tells nobody without this file who it is."""
        digest = hmac.new(self._salt, str(discord_id).encode(), hashlib.sha256)
        return digest.hexdigest()[:_HASH_CHARS]

    def collection(self, server_id: int | None) -> str | None:
        """The name of a server's own collection; none in direct messages."""
        return server_collection(self.hashed(server_id)) if server_id is not None else None

    # Answers and votes.

    def keep_answer(
        self, answer: Answer, user_id: int, server_id: int | None, *, with_question: bool
    ) -> None:
        """
        Remember an answer, and its question only if that is wanted.

        A question that leaned on others is not kept: it says nothing without them.
        """
        now, asker = self._clock(), self.hashed(user_id)
        server = self.hashed(server_id) if server_id is not None else None
        found = AnswerContents.of(answer)
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    answer.id,
                    now,
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
                    (answer.id, now, asker, answer.question, server),
                )

    def answer(self, answer_id: str, user_id: int, server_id: int | None) -> StoredAnswer | None:
        """
        An answer as a member may know it, if it is still kept.

        Members of a server know all that were given there; of those given in direct messages, each
        knows their own.
        """
        with self._database.statements() as connection:
            row = connection.execute(
                "SELECT id, server, asker, found FROM answers WHERE id = ?", (answer_id,)
            ).fetchone()
        here = self.hashed(server_id) if server_id is not None else None
        if row is None or row[1] != here:
            return None
        if here is None and row[2] != self.hashed(user_id):
            return None
        return StoredAnswer(row[0], row[1], row[2], CONTENTS.validate_json(row[3]))

    def forget_document(self, scope: str, document_id: str) -> None:
        """Take what is quoted from a document of a server's own out of answers and votes."""
        with self._database.deletion() as connection:
            forget_document(connection, server_of(scope), scope, document_id)

    def vote(
        self,
        answer: StoredAnswer,
        user_id: int,
        *,
        complaint: Complaint | None,
        expected: str | None,
        question: str | None,
    ) -> None:
        """
        Remember one member's vote; it takes the place of the one before, but for its words.

        Args:
            answer: What the vote is about.
            user_id: Who votes.
            complaint: What is said against the answer; none if it is right.
            expected: The right answer, if it was given.
            question: The question, if it is to be kept.
        """
        given = "; ".join(span.text for span in answer.found.spans) or None
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO feedback (answer_id, voter, created, is_right, given, expected,"
                " question, server, complaint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (answer_id, voter) DO UPDATE SET created = excluded.created,"
                " is_right = excluded.is_right, complaint = excluded.complaint,"
                " expected = CASE WHEN excluded.is_right THEN NULL"
                " ELSE coalesce(excluded.expected, feedback.expected) END,"
                " question = coalesce(excluded.question, feedback.question)",
                (
                    answer.id,
                    self.hashed(user_id),
                    self._clock(),
                    complaint is None,
                    given,
                    expected,
                    question,
                    answer.server,
                    complaint,
                ),
            )

    def asked(self) -> list[LoggedQuestion]:
        """The questions whose text is kept, oldest first, with what members said of the answers."""
        with self._database.statements() as connection:
            return logged_questions(connection)

    def open_questions(self, since: float, server_id: int | None) -> list[OpenQuestion]:
        """The questions of a server, or of direct messages, that got no good answer since then."""
        here = self.hashed(server_id) if server_id is not None else None
        with self._database.statements() as connection:
            return open_questions(connection, since, here, anywhere=False)

    def open_questions_anywhere(self, since: float) -> list[OpenQuestion]:
        """The questions that got no good answer since then, wherever they were asked."""
        with self._database.statements() as connection:
            return open_questions(connection, since, None, anywhere=True)

    def quoting(self, server_id: int) -> list[Quoting]:
        """The answers that were given in a server, with what was said of them."""
        here = self.hashed(server_id)
        with self._database.statements() as connection:
            rows = connection.execute(
                "SELECT found, EXISTS (SELECT 1 FROM feedback WHERE answer_id = id"
                " AND complaint = 'outdated') FROM answers WHERE server = ? AND answered",
                (here,),
            ).fetchall()
        return [Quoting(CONTENTS.validate_json(found).spans, bool(said)) for found, said in rows]

    def today(self, server_id: int | None) -> Today:
        """The answers of this server since midnight, UTC."""
        return self.answered_since(server_id, self._clock() // DAY_S * DAY_S)

    def answered_since(self, server_id: int | None, since: float) -> Today:
        """The answers of this server since then, in seconds since 1970."""
        here = self.hashed(server_id) if server_id is not None else None
        with self._database.statements() as connection:
            rows = connection.execute(
                "SELECT answered, seconds FROM answers"
                " WHERE created >= ? AND coalesce(server, '') = ?",
                (since, here or ""),
            ).fetchall()
        median = statistics.median(seconds for _, seconds in rows) if rows else 0.0
        return Today(len(rows), sum(answered for answered, _ in rows), median)

    def forget(self, user_id: int) -> Forgotten:
        """Delete what is kept of a member; what they did as a moderator stays, without them."""
        who = (self.hashed(user_id),)
        with self._database.deletion() as connection:
            connection.execute("UPDATE audit SET member_id = NULL WHERE member_id = ?", (user_id,))
            return Forgotten(
                answers=connection.execute("DELETE FROM answers WHERE asker = ?", who).rowcount,
                questions=connection.execute("DELETE FROM questions WHERE asker = ?", who).rowcount,
                votes=connection.execute("DELETE FROM feedback WHERE voter = ?", who).rowcount,
            )

    # Whoever waits.

    def begin(self, waiting: Waiting) -> None:
        """Note that somebody waits for an answer."""
        with self._database.transaction() as connection:
            unanswered.begin(connection, waiting, self._clock())

    def end(self, waiting_id: int) -> None:
        """Note that they wait no longer."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM unanswered WHERE id = ?", (waiting_id,))

    def unanswered(self, shards: Shards) -> list[Waiting]:
        """Those who wait on some shards and can still be told."""
        with self._database.transaction() as connection:
            return unanswered.all_since(connection, self._clock(), shards)

    def last_heard(self, shard: int, count: int) -> float:
        """When a shard of so many was last heard, in seconds since 1970; 0 if none ever was."""
        with self._database.statements() as connection:
            heard = {
                str(name): float(time)
                for name, time in connection.execute(
                    "SELECT name, value FROM meta WHERE name LIKE 'heard%'"
                )
            }
        # If there were more or fewer shards then, its servers were on any of them.
        return heard.get(_heard(shard, count), min(heard.values(), default=0.0))

    def hear(self, shards: Shards) -> None:
        """Note that some shards are heard."""
        now = str(self._clock())
        with self._database.transaction() as connection:
            connection.executemany(
                _SET_META, [(_heard(shard, shards.count), now) for shard in shards.named]
            )

    # What moderators did.

    def note_action(self, server_id: int, member_id: int, action: Action, subject: str) -> None:
        """Write down what a member did."""
        entry = Entry(self._clock(), self.hashed(server_id), member_id, action, subject)
        with self._database.transaction() as connection:
            audit.write(connection, entry)

    def actions(self, server_id: int, start: int, count: int) -> tuple[list[Entry], int]:
        """What was done in a server, the newest first, and how much in all."""
        with self._database.statements() as connection:
            return audit.newest(connection, self.hashed(server_id), start, count)

    def all_actions(self) -> list[Entry]:
        """What was done in all servers, the oldest first."""
        with self._database.statements() as connection:
            return list(audit.everywhere(connection))

    # Servers.

    def channel_rules(self) -> dict[int, dict[int, bool]]:
        """By server, the channels that were allowed (True) or denied (False)."""
        rules: dict[int, dict[int, bool]] = {}
        with self._database.statements() as connection:
            for server, channel, is_allowed in connection.execute("SELECT * FROM channels"):
                rules.setdefault(server, {})[channel] = bool(is_allowed)
        return rules

    def servers_with_allowed_channels_only(self) -> set[int]:
        """The servers where channels without a rule are not allowed."""
        with self._database.statements() as connection:
            rows = connection.execute("SELECT server_id FROM servers WHERE only_allowed")
            return {server_id for (server_id,) in rows}

    def servers_without_base(self) -> set[int]:
        """The servers that are answered from their own documents alone."""
        with self._database.statements() as connection:
            rows = connection.execute("SELECT server_id FROM servers WHERE NOT has_base")
            return {server_id for (server_id,) in rows}

    def set_base(self, server_id: int, *, is_on: bool) -> None:
        """Answer a server from the base too, or not."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO servers (server_id, has_base) VALUES (?, ?)"
                " ON CONFLICT (server_id) DO UPDATE SET has_base = excluded.has_base",
                (server_id, is_on),
            )

    def set_channel_rule(self, server_id: int, channel_id: int, *, is_allowed: bool) -> None:
        """Allow or deny a channel; once one is allowed, those without a rule are not."""
        with self._database.transaction() as connection:
            if is_allowed:
                connection.execute(
                    "INSERT INTO servers (server_id, only_allowed) VALUES (?, TRUE)"
                    " ON CONFLICT (server_id) DO UPDATE SET only_allowed = TRUE",
                    (server_id,),
                )
            connection.execute(
                "INSERT INTO channels VALUES (?, ?, ?) ON CONFLICT (server_id, channel_id)"
                " DO UPDATE SET is_allowed = excluded.is_allowed",
                (server_id, channel_id, is_allowed),
            )

    def clear_channel_rules(self, server_id: int) -> None:
        """Forget which channels of a server were allowed or denied."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM channels WHERE server_id = ?", (server_id,))
            connection.execute(
                "UPDATE servers SET only_allowed = FALSE WHERE server_id = ?", (server_id,)
            )

    def set_servers(self, server_ids: set[int], others: Iterable[str], shards: Shards) -> None:
        """
        Note which of the known servers Quoth has left, and which it is in again.

        Args:
            server_ids: Those that it is in.
            others: The hashed ids of servers that something is kept of elsewhere.
            shards: Those that `server_ids` are of. A server of another shard is not left because
                it is not among them; one of which only the hash is known may be of any shard.
        """
        here = {self.hashed(server_id) for server_id in server_ids}
        with self._database.transaction() as connection:
            known = set()
            for (server_id,) in connection.execute(_SERVER_IDS):
                if shards.hold(server_id):
                    known.add(self.hashed(server_id))
            if shards.is_all:
                known |= {*others}
                for (server,) in connection.execute(
                    "SELECT server FROM answers UNION SELECT server FROM questions"
                    " UNION SELECT server FROM feedback UNION SELECT server FROM audit"
                ):
                    known |= {server} if server else set()
            self._leave(connection, known - here)
            connection.executemany(
                "DELETE FROM departures WHERE server = ?", [(server,) for server in here]
            )

    def leave(self, server_id: int) -> None:
        """Note that Quoth was removed from a server."""
        with self._database.transaction() as connection:
            self._leave(connection, {self.hashed(server_id)})

    def _leave(self, connection: Connection, servers: Iterable[str]) -> None:
        connection.executemany(
            "INSERT INTO departures VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(server, self._clock()) for server in servers],
        )

    def departed(self) -> list[str]:
        """The hashed ids of the servers that Quoth left so long ago that nothing may remain."""
        with self._database.statements() as connection:
            rows = connection.execute(
                'SELECT server FROM departures WHERE "left" < ?',
                (self._clock() - SERVER_GRACE_DAYS * DAY_S,),
            ).fetchall()
        return [server for (server,) in rows]

    def delete_server(self, server: str) -> None:
        """Delete all that is kept of a server, named by its hashed id; its departure last."""
        with self._database.deletion() as connection:
            for table in ("questions", "answers", "feedback", "audit"):
                connection.execute(f"DELETE FROM {table} WHERE server = ?", (server,))  # noqa: S608 - our own names
            ids = connection.execute(_SERVER_IDS).fetchall()
            those = [row for row in ids if self.hashed(row[0]) == server]
            for table in _BY_SERVER_ID:
                connection.executemany(f"DELETE FROM {table} WHERE server_id = ?", those)  # noqa: S608
            connection.execute("DELETE FROM departures WHERE server = ?", (server,))

    # Housekeeping.

    def tidy(self, kept: KeptDays) -> None:
        """Delete what is older than it may be."""
        now = self._clock()
        with self._database.deletion() as connection:
            for table, days in (
                ("answers", ANSWERS_KEPT_DAYS),
                ("questions", kept.log_questions_days),
                ("feedback", kept.votes_days),
                ("audit", kept.audit_days),
            ):
                connection.execute(
                    f"DELETE FROM {table} WHERE created < ?",  # noqa: S608 - our own names
                    (now - days * DAY_S,),
                )

    def commands_hash(self) -> str:
        """The hash of the command set that Discord was last given."""
        return self._meta("commands", "")

    def set_commands_hash(self, value: str) -> None:
        """Note that Discord was given this command set."""
        self._set_meta("commands", value)


def _heard(shard: int, count: int) -> str:
    return f"heard {shard}/{count}"
