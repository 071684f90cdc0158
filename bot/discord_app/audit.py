"""Who changed what in a server: the audit trail, for its moderators."""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from bot.database import Connection, DatabaseError
from bot.event_log import event

if TYPE_CHECKING:
    import discord

_log = logging.getLogger(__name__)

_COLUMNS = "created, server, member_id, action, subject"

Action = Literal[
    "added", "replaced", "removed", "rebuilt", "rolled_back",
    "allowed", "denied", "all_allowed", "base_on", "base_off",
    "cooldown_set", "cooldown_cleared",
    "taught", "untaught", "posts_on", "posts_off", "digest_on", "digest_off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a member did."""

    created: float
    """In seconds since 1970."""
    server: str
    """By its hashed id."""
    member_id: int | None
    """None once the member had themselves forgotten."""
    action: Action
    subject: str
    """What it was done to: a document's name, or a channel or role as Discord links it."""


class Trail(Protocol):
    """Where it is written."""

    def note_action(self, server_id: int, member_id: int, action: Action, subject: str) -> None:
        """Write down what a member did; blocks."""


async def note(
    trail: Trail, interaction: "discord.Interaction[Any]", action: Action, subject: str = ""
) -> None:
    """Write down what a member did by an interaction, which is done although that can't be."""
    assert interaction.guild_id is not None  # noqa: S101 - there is none outside of a server
    try:
        await asyncio.to_thread(
            trail.note_action, interaction.guild_id, interaction.user.id, action, subject
        )
    except DatabaseError as error:
        event(_log, "not_audited", logging.ERROR, action=action, reason=error.reason)


def write(connection: Connection, entry: Entry) -> None:
    """Add an entry."""
    connection.execute(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608 - our own names
        (entry.created, entry.server, entry.member_id, entry.action, entry.subject),
    )


def newest(connection: Connection, server: str, start: int, count: int) -> tuple[list[Entry], int]:
    """Entries of a server from number `start` on, the newest first, and how many it has in all."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM audit WHERE server = ?"  # noqa: S608 - our own names
        " ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
        (server, count, start),
    )
    (total,) = connection.execute(
        "SELECT count(*) FROM audit WHERE server = ?", (server,)
    ).fetchone()
    return [Entry(*row) for row in rows], total


def everywhere(connection: Connection) -> Iterator[Entry]:
    """The entries of all servers, the oldest first."""
    for row in connection.execute(
        f"SELECT {_COLUMNS} FROM audit ORDER BY created, rowid"  # noqa: S608 - our own names
    ):
        yield Entry(*row)
