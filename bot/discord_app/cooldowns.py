"""How often a member may ask: the rule for all, and where a role or a channel has its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from discord.ext import commands

from bot.discord_app.records import Records


@dataclass(frozen=True, slots=True)
class Cooldown:
    """So many questions of one member within so many seconds."""

    questions: int
    seconds: float


class Cooldowns:
    """Read once and kept in memory, since they are asked for before anything may be awaited."""

    def __init__(self, records: Records, everybody: Cooldown) -> None:
        """Read the rules of all servers; `everybody` is the one where there is no other."""
        self._records = records
        self._everybody = everybody
        self._rules: dict[tuple[int, int], Cooldown] = {}
        self._roles: set[tuple[int, int]] = set()
        rows = records.look_up(lambda file: file.execute("SELECT * FROM cooldowns").fetchall())
        for server_id, target_id, is_role, questions, seconds in rows:
            self._note(server_id, target_id, Cooldown(questions, seconds), is_role=bool(is_role))
        self._counts: dict[Cooldown, commands.CooldownMapping[int]] = {}

    def _note(self, server_id: int, target_id: int, rule: Cooldown, *, is_role: bool) -> None:
        self._rules[server_id, target_id] = rule
        if is_role:
            self._roles.add((server_id, target_id))

    def wait_s(
        self,
        user_id: int,
        server_id: int | None,
        role_ids: Iterable[int],
        channel_ids: Iterable[int],
    ) -> float | None:
        """
        Count a question of a member, or say how long they have to wait.

        The rule that lets a member ask most counts among those of their roles; where no role has
        one, that of the channel, or of the nearest above it; else the one for everybody.

        Args:
            user_id: The member's.
            server_id: The server's; none in direct messages.
            role_ids: The member's roles.
            channel_ids: The channel, and those above it.
        """
        rule = self._everybody
        if server_id is not None:
            rules = self._rules
            of_roles = [rules[key] for role in role_ids if (key := (server_id, role)) in rules]
            of_channels = [rules[key] for one in channel_ids if (key := (server_id, one)) in rules]
            if of_roles:
                rule = max(of_roles, key=lambda one: one.questions / one.seconds)
            elif of_channels:
                rule = of_channels[0]
        counts = self._counts.get(rule)
        if counts is None:
            counts = self._counts[rule] = commands.CooldownMapping.from_cooldown(
                rule.questions, rule.seconds, lambda user_id: user_id
            )
        return counts.update_rate_limit(user_id)

    def set(self, server_id: int, target_id: int, rule: Cooldown, *, is_role: bool) -> None:
        """Give a role or a channel a rule of its own, for good; blocks for the write."""
        values = (server_id, target_id, is_role, rule.questions, rule.seconds)
        self._records.change(
            lambda file: file.execute(
                "INSERT OR REPLACE INTO cooldowns VALUES (?, ?, ?, ?, ?)", values
            )
        )
        self._note(server_id, target_id, rule, is_role=is_role)

    def clear(self, server_id: int, target_id: int) -> bool:
        """Take a rule away, for good; whether there was one. Blocks for the write."""
        key = (server_id, target_id)
        self._records.change(
            lambda file: file.execute(
                "DELETE FROM cooldowns WHERE server_id = ? AND target_id = ?", key
            )
        )
        self._roles.discard(key)
        return self._rules.pop(key, None) is not None

    def listed(self, server_id: int) -> list[tuple[str, Cooldown]]:
        """The rules of a server, each with its role or channel as Discord links it."""
        return [
            (f"<@&{target}>" if (server, target) in self._roles else f"<#{target}>", rule)
            for (server, target), rule in self._rules.items()
            if server == server_id
        ]

    @property
    def everybody(self) -> Cooldown:
        """The rule where there is no other."""
        return self._everybody
