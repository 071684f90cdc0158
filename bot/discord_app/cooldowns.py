"""How often a member may ask: the rule for all, and where a role or a channel has its own."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from discord.ext import commands

from bot.database import DatabaseError
from bot.discord_app.records import Records
from bot.event_log import event

_log = logging.getLogger(__name__)

# Between two looks for counts that are over.
_TIDY_EVERY_S = 10 * 60.0
# The time that is asked for is counted from a member's first question since the last one was over.
# One question more than the rule allows is the most that is counted.
_COUNT = """
    INSERT INTO cooldown_counts AS counted VALUES (?, ?, ?, ?, 1)
    ON CONFLICT (asker, questions, seconds) DO UPDATE SET
        began = CASE WHEN excluded.began > counted.began + counted.seconds
            THEN excluded.began ELSE counted.began END,
        asked = CASE WHEN excluded.began > counted.began + counted.seconds
            THEN 1 ELSE least(counted.asked + 1, counted.questions + 1) END
    RETURNING asked, began
"""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """So many questions of one member within so many seconds."""

    questions: int
    seconds: float


class QuestionCounts(Protocol):
    """The questions of each member, counted by rule."""

    async def count(self, user_id: int, rule: Cooldown) -> float | None:
        """Count a question of a member, or say how long they have to wait."""


class OwnCounts:
    """Counts in the memory of this process: each call is over without being waited for."""

    def __init__(self) -> None:
        """Count from now on."""
        self._counts: dict[Cooldown, commands.CooldownMapping[int]] = {}

    async def count(self, user_id: int, rule: Cooldown) -> float | None:
        """Count a question of a member, or say how long they have to wait."""
        counts = self._counts.get(rule)
        if counts is None:
            counts = self._counts[rule] = commands.CooldownMapping.from_cooldown(
                rule.questions, rule.seconds, lambda user_id: user_id
            )
        return counts.update_rate_limit(user_id)


class SharedCounts:
    """Counts in a database that processes share; while it is away, this process counts alone."""

    def __init__(self, records: Records) -> None:
        """Count beside the records, and by their clock."""
        self._records = records
        self._own = OwnCounts()
        self._tidied = 0.0

    async def count(self, user_id: int, rule: Cooldown) -> float | None:
        """Count a question of a member, or say how long they have to wait."""
        now = self._records.clock()
        values = (self._records.hashed(user_id), rule.questions, rule.seconds, now)
        try:
            asked, began = await self._records.soon(
                lambda database: database.execute(_COUNT, values).fetchone()
            )
            if now - self._tidied > _TIDY_EVERY_S:
                self._tidied = now
                await self._records.soon(
                    lambda database: database.execute(
                        "DELETE FROM cooldown_counts WHERE began + seconds < ?", (now,)
                    )
                )
        except DatabaseError as error:
            event(_log, "counted_alone", logging.WARNING, reason=error.reason)
            return await self._own.count(user_id, rule)
        return began + rule.seconds - now if asked > rule.questions else None


class Cooldowns:
    """
    The rules, read once and kept in memory; and the questions that are counted by them.

    Threads change the rules: whoever walks through them takes a copy first.
    """

    def __init__(self, records: Records, everybody: Cooldown, counts: QuestionCounts) -> None:
        """Read the rules of all servers."""
        self._records = records
        self.everybody = everybody
        """The rule where there is no other."""
        self._counts = counts
        self.read()

    def read(self) -> None:
        """Read the rules of all servers; blocks for the file."""
        with self._records.database.statements() as connection:
            rows = connection.execute(
                "SELECT server_id, target_id, is_role, questions, seconds FROM cooldowns"
            ).fetchall()
            # Before anybody else may write: what is set afterwards is noted in these.
            self._rules = {(row[0], row[1]): Cooldown(row[3], row[4]) for row in rows}
            self._roles = {(row[0], row[1]) for row in rows if row[2]}

    def rule(
        self, server_id: int | None, role_ids: Iterable[int], channel_ids: Iterable[int]
    ) -> Cooldown:
        """
        The rule that holds for a member in a channel.

        The rule that lets a member ask most counts among those of their roles; where no role has
        one, that of the channel, or of the nearest above it; else the one for everybody.

        Args:
            server_id: The id of the server; none in direct messages.
            role_ids: The member's roles.
            channel_ids: The channel, and those above it.
        """
        if server_id is None:
            return self.everybody
        rules = self._rules
        of_roles = [rules[key] for role in role_ids if (key := (server_id, role)) in rules]
        of_channels = [rules[key] for one in channel_ids if (key := (server_id, one)) in rules]
        if of_roles:
            return max(of_roles, key=lambda one: one.questions / one.seconds)
        return of_channels[0] if of_channels else self.everybody

    async def wait_s(self, user_id: int, rule: Cooldown) -> float | None:
        """Count a question of a member by a rule, or say how long they have to wait."""
        return await self._counts.count(user_id, rule)

    def set(self, server_id: int, target_id: int, rule: Cooldown, *, is_role: bool) -> None:
        """Give a role or a channel a rule of its own, for good; blocks for the write."""
        self._records.write(
            "INSERT INTO cooldowns VALUES (?, ?, ?, ?, ?) ON CONFLICT (server_id, target_id)"
            " DO UPDATE SET is_role = excluded.is_role, questions = excluded.questions,"
            " seconds = excluded.seconds",
            (server_id, target_id, is_role, rule.questions, rule.seconds),
        )
        key = (server_id, target_id)
        self._rules[key] = rule
        if is_role:
            self._roles.add(key)
        else:
            self._roles.discard(key)

    def clear(self, server_id: int, target_id: int) -> bool:
        """Take a rule away, for good; whether there was one. Blocks for the write."""
        key = (server_id, target_id)
        self._records.write("DELETE FROM cooldowns WHERE server_id = ? AND target_id = ?", key)
        self._roles.discard(key)
        return self._rules.pop(key, None) is not None

    def targets(self, server_id: int) -> tuple[frozenset[int], frozenset[int]]:
        """The roles and the channels of a server that have a rule of their own."""
        targets = frozenset(target for server, target in self._rules.copy() if server == server_id)
        roles = frozenset(target for target in targets if (server_id, target) in self._roles)
        return roles, targets - roles

    def listed(self, server_id: int) -> list[tuple[str, Cooldown]]:
        """The rules of a server, each with its role or channel as Discord links it."""
        return [
            (f"<@&{target}>" if (server, target) in self._roles else f"<#{target}>", rule)
            for (server, target), rule in self._rules.copy().items()
            if server == server_id
        ]
