"""Which servers Discord has told of: it divides them over the connections of a bot, the shards."""

from dataclasses import dataclass

# Discord's rule: a server's shard comes from the time in its id, which these bits follow.
_BELOW_TIME = 22


@dataclass(frozen=True, slots=True)
class Shards:
    """The shards whose servers are known by name; nothing can be said of others' servers."""

    count: int
    """How many the bot has in all processes together."""
    named: frozenset[int]
    """Those of this process of which Discord has named all servers."""

    @property
    def is_all(self) -> bool:
        """Whether every server of the bot is known."""
        return len(self.named) == self.count

    def hold(self, server_id: int | None) -> bool:
        """Whether a server would be known if the bot were in it; None for direct messages."""
        return shard_of(server_id, self.count) in self.named


def shard_of(server_id: int | None, count: int) -> int:
    """Which of so many shards hears of a server, or of direct messages."""
    return 0 if server_id is None else (server_id >> _BELOW_TIME) % count
