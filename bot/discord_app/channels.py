"""Where Quoth answers: the rules of each server, in memory and in the records."""

from collections.abc import Sequence

import discord

from bot.discord_app.records import Records


def above(channel: object, guild: discord.Guild | None) -> tuple[int, ...]:
    """What a channel follows, as far as it is known: a thread its channel, that its category."""
    found = []
    parent_id: int | None = getattr(channel, "parent_id", None)
    if parent_id is not None:
        found.append(parent_id)
        channel = guild.get_channel(parent_id) if guild is not None else None
    category_id: int | None = getattr(channel, "category_id", None)
    if category_id is not None:
        found.append(category_id)
    return tuple(found)


class ChannelRules:
    """
    The rules of channels, read once and kept in memory.

    They are asked for before anything may be awaited. Threads change them: whoever walks through
    them takes a copy first.
    """

    def __init__(self, records: Records) -> None:
        """Read the rules of all servers."""
        self._database = records.database
        self.read()

    def read(self) -> None:
        """Read the rules of all servers; blocks for the file."""
        rules: dict[int, dict[int, bool]] = {}
        with self._database.statements() as connection:
            for server, channel, is_allowed in connection.execute("SELECT * FROM channels"):
                rules.setdefault(server, {})[channel] = bool(is_allowed)
            rows = connection.execute("SELECT server_id FROM servers WHERE only_allowed")
            self._only_allowed = {server for (server,) in rows}
            # Before anybody else may write: what is set afterwards is noted in these.
            self._rules = rules

    def has_any(self, server_id: int | None) -> bool:
        """Whether it depends on the channel whether Quoth answers in a server."""
        return server_id in self._rules or server_id in self._only_allowed

    def is_allowed(self, server_id: int | None, channel_ids: Sequence[int]) -> bool:
        """
        Whether Quoth answers in a channel.

        Once a channel of a server was allowed, those without a rule are not, until all rules are
        cleared: denying the last one opens no other.

        Args:
            server_id: The id of the server; none in direct messages.
            channel_ids: The ids of the channel and of those above it, which it follows if it has
                no rule of its own.
        """
        if server_id is None:
            return True
        rules = self._rules.get(server_id, {})
        for channel_id in channel_ids:
            if channel_id in rules:
                return rules[channel_id]
        return server_id not in self._only_allowed

    def is_only_allowed(self, server_id: int | None) -> bool:
        """Whether Quoth answers in the allowed channels of a server alone."""
        return server_id in self._only_allowed

    def allowed(self, server_id: int | None) -> list[str]:
        """The allowed channels, as Discord links them."""
        return self._mentions(server_id, is_allowed=True)

    def denied(self, server_id: int | None) -> list[str]:
        """The denied channels, as Discord links them."""
        return self._mentions(server_id, is_allowed=False)

    def with_rules(self, server_id: int) -> frozenset[int]:
        """The channels of a server that have a rule of their own."""
        return frozenset(self._rules.get(server_id, {}))

    def _mentions(self, server_id: int | None, *, is_allowed: bool) -> list[str]:
        rules = self._rules.get(server_id, {}) if server_id is not None else {}
        return [f"<#{channel}>" for channel, rule in rules.copy().items() if rule is is_allowed]

    def set(self, server_id: int, channel_id: int, *, is_allowed: bool) -> None:
        """Allow or deny a channel, for good; blocks for the write."""
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
        self._rules.setdefault(server_id, {})[channel_id] = is_allowed
        if is_allowed:
            self._only_allowed.add(server_id)

    def forget(self, server_id: int, channel_id: int) -> None:
        """Forget the rule of a channel that is gone; blocks for the write."""
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM channels WHERE server_id = ? AND channel_id = ?",
                (server_id, channel_id),
            )
        self._rules.get(server_id, {}).pop(channel_id, None)

    def clear(self, server_id: int) -> None:
        """Answer in every channel of a server again; blocks for the write."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM channels WHERE server_id = ?", (server_id,))
            connection.execute(
                "UPDATE servers SET only_allowed = FALSE WHERE server_id = ?", (server_id,)
            )
        self._rules.pop(server_id, None)
        self._only_allowed.discard(server_id)
