"""What was asked and answered before, for a while, so that a question can be a follow-up."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from pydantic import TypeAdapter

from answering.followups.turns import MAX_TURNS, Turn
from bot.database import Connection, DatabaseError
from bot.discord_app.records import Records
from bot.event_log import event

_log = logging.getLogger(__name__)

# A conversation that nobody went on with is over.
KEPT_S = 15 * 60
MAX_CONVERSATIONS = 5_000
# What a database missed while it was away is written by those who use it next, so many rows each:
# whoever waits for an answer waits for that too.
_SHARED_AT_ONCE = 10
_T = TypeVar("_T")
_TURNS = TypeAdapter(tuple[Turn, ...])
_Row = tuple[str, float, int, str, bool, str]


class Conversations(Protocol):
    """The latest turns, by the answer that ended them and by who asked where."""

    async def remember(
        self,
        answer_id: str,
        turns: tuple[Turn, ...],
        channel_id: int,
        user_id: int,
        *,
        is_private: bool = False,
        asked: float | None = None,
    ) -> None:
        """
        Keep the turns that ended in an answer; private ones are found by that answer alone.

        Args:
            answer_id: The id of the answer.
            turns: The turns, oldest first.
            channel_id: Where the last one was asked.
            user_id: By whom.
            is_private: Whether others may not learn of it.
            asked: When, in seconds since 1970; now, where it is not said. Nothing is kept of a
                member who was forgotten since.
        """

    async def until(
        self, answer_id: str, channel_id: int, *, is_private: bool = False
    ) -> tuple[Turn, ...]:
        """
        The turns that ended in an answer; none if they are forgotten, or of elsewhere.

        Args:
            answer_id: The id of the answer.
            channel_id: Where somebody goes on from it.
            is_private: Whether its asker does, who alone sees it there. Others see of private turns
                the last one at most, and get that alone.
        """

    async def latest(self, channel_id: int, user_id: int) -> tuple[Turn, ...]:
        """The turns of this member in this channel."""

    async def forget(self, user_id: int) -> None:
        """Drop what this member asked until now from memory."""

    async def follow_forgotten(self) -> None:
        """
        Drop what members asked whom another process has forgotten, and from a database what is
        over.

        Raises:
            DatabaseError: If it can't be told who that is.
        """


@dataclass(frozen=True, slots=True)
class _Conversation:
    turns: tuple[Turn, ...]
    place: tuple[int, int]
    touched: float
    is_private: bool


class ConversationStore:
    """Conversations in the memory of this process: each call is over without being waited for."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        """Take the clock that says when a conversation is over, in seconds since 1970."""
        self._clock = clock
        self._by_answer: OrderedDict[str, _Conversation] = OrderedDict()
        self._latest: dict[tuple[int, int], str] = {}
        self._forgotten: dict[int, float] = {}
        """When a member was, of whom an answer may still be on its way."""

    async def remember(
        self,
        answer_id: str,
        turns: tuple[Turn, ...],
        channel_id: int,
        user_id: int,
        *,
        is_private: bool = False,
        asked: float | None = None,
    ) -> None:
        """See `Conversations.remember`."""
        now = self._clock()
        asked = now if asked is None else asked
        if asked <= self._forgotten.get(user_id, 0.0):
            return
        place = (channel_id, user_id)
        self._by_answer[answer_id] = _Conversation(turns[-MAX_TURNS:], place, asked, is_private)
        if not is_private:
            self._latest[place] = answer_id
        while self._by_answer:
            oldest_id, oldest = next(iter(self._by_answer.items()))
            if len(self._by_answer) <= MAX_CONVERSATIONS and now - oldest.touched <= KEPT_S:
                break
            del self._by_answer[oldest_id]
            if self._latest.get(oldest.place) == oldest_id:
                del self._latest[oldest.place]

    async def until(
        self, answer_id: str, channel_id: int, *, is_private: bool = False
    ) -> tuple[Turn, ...]:
        """See `Conversations.until`."""
        found = self._by_answer.get(answer_id)
        if found is None or self._clock() - found.touched > KEPT_S:
            return ()
        if found.place[0] != channel_id:
            # Whoever names an answer of another server learns nothing of it.
            return ()
        return found.turns if is_private or not found.is_private else found.turns[-1:]

    async def latest(self, channel_id: int, user_id: int) -> tuple[Turn, ...]:
        """See `Conversations.latest`."""
        answer_id = self._latest.get((channel_id, user_id))
        return await self.until(answer_id, channel_id) if answer_id is not None else ()

    async def forget(self, user_id: int) -> None:
        """See `Conversations.forget`."""
        now = self._clock()
        recent = {one: at for one, at in self._forgotten.items() if now - at <= KEPT_S}
        self._forgotten = recent | {user_id: now}
        self.drop(lambda member, _: member == user_id)

    async def follow_forgotten(self) -> None:
        """Do nothing: no other process has a part in these conversations."""

    def drop(self, is_gone: Callable[[int, float], bool]) -> None:
        """Drop each conversation that is gone, as its member and the time of its last turn tell."""
        for answer_id, conversation in list(self._by_answer.items()):
            if is_gone(conversation.place[1], conversation.touched):
                del self._by_answer[answer_id]
                if self._latest.get(conversation.place) == answer_id:
                    del self._latest[conversation.place]


class SharedConversations:
    """Conversations in a database that processes share; while it is away, this one's own."""

    def __init__(self, records: Records) -> None:
        """Keep them beside the records, by whose clock they are over."""
        self._records = records
        self._clock = records.clock
        self._own = ConversationStore(records.clock)
        self._unshared: OrderedDict[str, _Row] = OrderedDict()
        """Rows that are still to be written, by their answers' ids; most are written at once."""
        self._being_shared: set[str] = set()
        """Those of them that somebody waits to see written."""

    async def remember(
        self,
        answer_id: str,
        turns: tuple[Turn, ...],
        channel_id: int,
        user_id: int,
        *,
        is_private: bool = False,
        asked: float | None = None,
    ) -> None:
        """See `Conversations.remember`."""
        asked = self._clock() if asked is None else asked
        await self._own.remember(
            answer_id, turns, channel_id, user_id, is_private=is_private, asked=asked
        )
        asker = self._records.hashed(user_id)

        try:
            text = _TURNS.dump_json(turns[-MAX_TURNS:]).decode()
            self._unshared[answer_id] = (answer_id, asked, channel_id, asker, is_private, text)
            if len(self._unshared) > MAX_CONVERSATIONS:
                self._unshared.popitem(last=False)
            await self._soon(lambda _: None)
        # Names of files may hold half characters, which JSON does not.
        except (DatabaseError, ValueError) as error:
            event(_log, "conversation_not_shared", logging.WARNING, reason=type(error).__name__)

    async def until(
        self, answer_id: str, channel_id: int, *, is_private: bool = False
    ) -> tuple[Turn, ...]:
        """See `Conversations.until`."""
        try:
            turns, was_private = await self._turns(
                "answer_id = ? AND channel_id = ?", answer_id, channel_id
            )
        except DatabaseError:
            return await self._own.until(answer_id, channel_id, is_private=is_private)
        return turns if is_private or not was_private else turns[-1:]

    async def latest(self, channel_id: int, user_id: int) -> tuple[Turn, ...]:
        """See `Conversations.latest`."""
        asker = self._records.hashed(user_id)
        try:
            turns, _ = await self._turns(
                "channel_id = ? AND asker = ? AND NOT is_private", channel_id, asker
            )
        except DatabaseError:
            return await self._own.latest(channel_id, user_id)
        return turns

    async def _turns(self, where: str, *values: object) -> tuple[tuple[Turn, ...], bool]:
        """The latest turns of those that are meant, and whether they are private."""
        row = await self._soon(
            lambda database: database.execute(
                f"SELECT turns, is_private FROM conversations WHERE {where} AND touched >= ?"  # noqa: S608 - ours
                " ORDER BY touched DESC LIMIT 1",
                (*values, self._clock() - KEPT_S),
            ).fetchone()
        )
        return (_TURNS.validate_json(row[0]), row[1]) if row is not None else ((), False)

    async def _soon(self, work: Callable[[Connection], _T]) -> _T:
        """Write first what the database missed while it was away, and then do something with it."""
        # Nobody goes on from one that is over, and its member may be forgotten for so long that
        # nothing says so any more.
        self._drop_unshared(lambda row: row[1] < self._clock() - KEPT_S)
        # Where it is slow, many wait for it at once; each row is written by one of them.
        waiting = [one for one in self._unshared.items() if one[0] not in self._being_shared]
        missed = dict(waiting[:_SHARED_AT_ONCE])

        def catch_up(database: Connection) -> _T:
            for values in missed.values():
                database.execute(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    values,
                )
            return work(database)

        self._being_shared |= missed.keys()
        try:
            done = await self._records.soon(catch_up)
        finally:
            self._being_shared -= missed.keys()
        for answer_id in missed:
            self._unshared.pop(answer_id, None)
        return done

    async def forget(self, user_id: int) -> None:
        """See `Conversations.forget`; what is in the database, `Records.forget` deletes."""
        await self._own.forget(user_id)
        asker = self._records.hashed(user_id)
        self._drop_unshared(lambda row: row[3] == asker)

    def _drop_unshared(self, is_gone: Callable[[_Row], bool]) -> None:
        for answer_id, row in list(self._unshared.items()):
            if is_gone(row):
                del self._unshared[answer_id]

    async def follow_forgotten(self) -> None:
        """See `Conversations.follow_forgotten`."""
        old = (self._clock() - KEPT_S,)

        def look(database: Connection) -> dict[str, float]:
            database.execute("DELETE FROM conversations WHERE touched < ?", old)
            return dict(database.execute("SELECT member, noted FROM forgotten").fetchall())

        forgotten = await self._records.soon(look)
        self._own.drop(
            lambda user_id, asked: asked <= forgotten.get(self._records.hashed(user_id), 0.0)
        )
