"""Who waits for an answer, noted so that they hear of it although Quoth is killed meanwhile."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol

from bot.database import Connection, DatabaseError
from bot.discord_app.limits import INTERACTION_S
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
    """That of an interaction: whoever has it may change its response; messages have none."""
    server_id: int | None = None
    """None in direct messages."""


class Notes(Protocol):
    """Where it is noted; its methods block."""

    under_way: set[int]
    """Those whom this process is about to answer, by id."""

    def begin(self, waiting: Waiting) -> None:
        """Note that somebody waits."""

    def end(self, waiting_id: int) -> None:
        """Note that they wait no longer."""


def begin(connection: Connection, waiting: Waiting, now: float) -> None:
    """Note that somebody waits."""
    connection.execute(
        "INSERT INTO unanswered VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " created = excluded.created, channel_id = excluded.channel_id, kind = excluded.kind,"
        " token = excluded.token, server_id = excluded.server_id",
        (waiting.id, now, waiting.channel_id, waiting.kind, waiting.token, waiting.server_id),
    )


def all_since(connection: Connection, now: float, shards: Shards) -> list[Waiting]:
    """Those on these shards who can still be told, the longest wait first; others are too old."""
    connection.execute("DELETE FROM unanswered WHERE created < ?", (now - INTERACTION_S,))
    rows = connection.execute(
        "SELECT id, channel_id, kind, token, server_id FROM unanswered ORDER BY created"
    )
    return [waiting for row in rows if shards.hold((waiting := Waiting(*row)).server_id)]


@asynccontextmanager
async def noted(waiting: Waiting, notes: Notes) -> AsyncIterator[None]:
    """
    Have it noted until the block ends that somebody waits; what is done there does not wait for it.

    Where the block is cancelled, as at the end of the process, it stays noted.
    """
    noting = asyncio.create_task(asyncio.to_thread(_unless_locked, partial(notes.begin, waiting)))
    notes.under_way.add(waiting.id)
    failure = None
    try:
        try:
            yield
        except Exception as error:
            failure = error
        await noting
        await asyncio.to_thread(_unless_locked, partial(notes.end, waiting.id))
    finally:
        notes.under_way.discard(waiting.id)
    if failure is not None:
        raise failure


async def left_waiting(read: Callable[[], list[Waiting]], notes: Notes) -> list[Waiting]:
    """
    Those who wait, but for those whom this process is about to answer.

    Args:
        read: Reads who waits, and blocks; nobody new can wait there meanwhile.
        notes: Where this process notes who does.
    """
    # As it was before: who is answered while they are read heard all they wait for.
    under_way = frozenset(notes.under_way)
    return [one for one in await asyncio.to_thread(read) if one.id not in under_way]


def _unless_locked(change: Callable[[], None]) -> None:
    try:
        change()
    except DatabaseError as error:
        event(_log, "not_noted", logging.WARNING, reason=error.reason)
