"""Who waits for an answer, noted so that they hear of it although Quoth is killed meanwhile."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal

from bot.database import DatabaseError
from bot.discord_app.limits import INTERACTION_S
from bot.discord_app.records import Records
from bot.discord_app.shards import Shards
from bot.event_log import event

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message or an interaction that somebody waits to see answered."""

    id: int
    channel_id: int
    kind: Literal["question", "change"] = "question"
    token: str | None = None
    """An interaction's token, by which its response can be changed; messages have none."""
    server_id: int | None = None
    """None in direct messages."""


class Unanswered:
    """The table, and when shards were last heard. Its methods block unless they are async."""

    def __init__(self, records: Records) -> None:
        """Keep it in the records."""
        self._records = records

    def begin(self, waiting: Waiting) -> None:
        """Note that somebody waits for an answer."""
        values = (waiting.channel_id, waiting.kind, waiting.token, waiting.server_id)
        self._records.write(
            "INSERT INTO unanswered VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
            " created = excluded.created, channel_id = excluded.channel_id, kind = excluded.kind,"
            " token = excluded.token, server_id = excluded.server_id",
            (waiting.id, self._records.clock(), *values),
        )

    def end(self, waiting_id: int) -> None:
        """Note that they wait no longer."""
        self._records.write("DELETE FROM unanswered WHERE id = ?", (waiting_id,))

    def all_on(self, shards: Shards) -> list[Waiting]:
        """Who waits on some shards and can still be told, the longest wait first."""
        with self._records.database.transaction() as connection:
            since = self._records.clock() - INTERACTION_S
            # The others are too old.
            connection.execute("DELETE FROM unanswered WHERE created < ?", (since,))
            rows = connection.execute(
                "SELECT id, channel_id, kind, token, server_id FROM unanswered ORDER BY created"
            )
            return [waiting for row in rows if shards.hold((waiting := Waiting(*row)).server_id)]

    async def left(self, shards: Shards) -> list[Waiting]:
        """Who waits on shards that nobody asks on now, but for whom this process is to answer."""
        # As it was before: who is answered while they are read heard all they wait for.
        under_way = frozenset(self._records.under_way)
        waiting = await asyncio.to_thread(self.all_on, shards)
        return [one for one in waiting if one.id not in under_way]

    @asynccontextmanager
    async def noted(self, waiting: Waiting) -> AsyncIterator[None]:
        """
        Have it noted until the block ends that somebody waits; the block does not wait for it.

        Where the block is cancelled, as at the end of the process, it stays noted.
        """
        begin, end = partial(self.begin, waiting), partial(self.end, waiting.id)
        noting = asyncio.create_task(asyncio.to_thread(_unless_locked, begin))
        under_way = self._records.under_way
        under_way.add(waiting.id)
        failure = None
        try:
            try:
                yield
            except Exception as error:
                failure = error
            await noting
            await asyncio.to_thread(_unless_locked, end)
        finally:
            under_way.discard(waiting.id)
        if failure is not None:
            raise failure

    def last_heard(self, shard: int, count: int) -> float:
        """When a shard of so many was last heard, in seconds since 1970; 0 if none ever was."""
        rows = self._records.rows("SELECT name, value FROM meta WHERE name LIKE 'heard%'")
        heard = {str(name): float(time) for name, time in rows}
        # If there were more or fewer shards then, its servers were on any of them.
        return heard.get(_heard(shard, count), min(heard.values(), default=0.0))

    def hear(self, shards: Shards) -> None:
        """Note that some shards are heard."""
        now = str(self._records.clock())
        self._records.set_meta({_heard(shard, shards.count): now for shard in shards.named})


def _heard(shard: int, count: int) -> str:
    return f"heard {shard}/{count}"


def _unless_locked(change: Callable[[], None]) -> None:
    try:
        change()
    except DatabaseError as error:
        event(_log, "not_noted", logging.WARNING, reason=error.reason)
