"""Where Quoth answers: the rules of each server, in memory and in the records."""

from bot.discord_app.records import Records


class ChannelRules:
    """Read once and kept in memory, since they are asked for before anything may be awaited."""

    def __init__(self, records: Records) -> None:
        """Read the rules of all servers."""
        self._records = records
        self.read()

    def read(self) -> None:
        """Read the rules of all servers; blocks for the file."""
        self._rules = self._records.channel_rules()

    def is_allowed(self, server_id: int | None, channel_id: int, parent_id: int | None) -> bool:
        """
        Whether Quoth answers in a channel.

        A thread without a rule of its own follows its channel. Once a channel of a server is
        allowed, those without a rule are not.
        """
        if server_id is None:
            return True
        rules = self._rules.get(server_id, {})
        for place in (channel_id, parent_id):
            if place in rules:
                return rules[place]
        return not any(rules.values())

    def allowed(self, server_id: int | None) -> list[str]:
        """The allowed channels, as Discord links them."""
        return self._mentions(server_id, is_allowed=True)

    def denied(self, server_id: int | None) -> list[str]:
        """The denied channels, as Discord links them."""
        return self._mentions(server_id, is_allowed=False)

    def _mentions(self, server_id: int | None, *, is_allowed: bool) -> list[str]:
        rules = self._rules.get(server_id, {}) if server_id is not None else {}
        return [f"<#{channel}>" for channel, rule in rules.items() if rule is is_allowed]

    def set(self, server_id: int, channel_id: int, *, is_allowed: bool) -> None:
        """Allow or deny a channel, for good; blocks for the write."""
        self._records.set_channel_rule(server_id, channel_id, is_allowed=is_allowed)
        self._rules.setdefault(server_id, {})[channel_id] = is_allowed

    def clear(self, server_id: int) -> None:
        """Answer in every channel of a server again; blocks for the write."""
        self._records.clear_channel_rules(server_id)
        self._rules.pop(server_id, None)
