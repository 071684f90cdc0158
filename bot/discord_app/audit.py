"""Who changed what in a server: the audit trail, for its moderators."""

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from bot.database import DatabaseError
from bot.discord_app.records import Records
from bot.event_log import event

if TYPE_CHECKING:
    import discord

_log = logging.getLogger(__name__)

_COLUMNS = "created, server, member_id, action, subject"

Action = Literal[
    "added", "replaced", "removed", "rebuilt", "rolled_back",
    "allowed", "denied", "all_allowed", "base_on", "base_off",
    "cooldown_set", "cooldown_cleared",
    "author_asked", "taught", "untaught", "posts_on", "posts_off", "digest_on", "digest_off",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a member did."""

    created: float
    """In seconds since 1970."""
    server: str
    """The server's hashed id."""
    member_id: int | None
    """None once the member had themselves forgotten."""
    action: Action
    subject: str
    """What it was done to: a document's name, or a channel or role as Discord links it."""


class AuditTrail:
    """The table. All methods but `note` block for the database."""

    def __init__(self, records: Records) -> None:
        """Keep it in the records."""
        self._records = records

    async def note(
        self,
        interaction: "discord.Interaction[Any]",
        action: Action,
        subject: str = "",
        *,
        began: float | None = None,
    ) -> None:
        """
        Write down what a member did by an interaction, which is done although that can't be.

        Args:
            interaction: Who did it, and in which server.
            action: What they did.
            subject: To what.
            began: When they began it, in seconds since 1970; now, where it is not said. They are
                not named if they were forgotten since.
        """
        assert interaction.guild_id is not None  # noqa: S101 - there is none outside of a server
        server_id, member_id = interaction.guild_id, interaction.user.id
        try:
            await asyncio.to_thread(self.write, server_id, member_id, action, subject, began)
        except DatabaseError as error:
            event(_log, "not_audited", logging.ERROR, action=action, reason=error.reason)

    def write(
        self,
        server_id: int,
        member_id: int,
        action: Action,
        subject: str,
        began: float | None = None,
    ) -> None:
        """Write down what a member did; see `note`."""
        now, server = self._records.clock(), self._records.hashed(server_id)
        began = now if began is None else began
        self._records.write(
            f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, CASE WHEN EXISTS"  # noqa: S608 - our own names
            " (SELECT 1 FROM forgotten WHERE member = ? AND noted >= ?) THEN NULL ELSE ? END,"
            " ?, ?)",
            (now, server, self._records.hashed(member_id), began, member_id, action, subject),
        )

    def newest(self, server_id: int, start: int, count: int) -> tuple[list[Entry], int]:
        """Entries of a server from number `start` on, the newest first, and how many in all."""
        server = self._records.hashed(server_id)
        with self._records.database.statements() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM audit WHERE server = ?"  # noqa: S608 - our own names
                " ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?",
                (server, count, start),
            )
            (total,) = connection.execute(
                "SELECT count(*) FROM audit WHERE server = ?", (server,)
            ).fetchone()
            return [Entry(*row) for row in rows], total

    def everywhere(self) -> list[Entry]:
        """What was done in all servers, the oldest first."""
        query = f"SELECT {_COLUMNS} FROM audit ORDER BY created, rowid"  # noqa: S608 - our own names
        return [Entry(*row) for row in self._records.rows(query)]
