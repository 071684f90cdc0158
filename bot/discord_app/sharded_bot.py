"""A bot in several connections to Discord, its shards, of which other processes may have some."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from discord.ext import commands
from yarl import URL

from bot.discord_app.records import Records, once_reached
from bot.discord_app.shards import Shards
from bot.discord_app.shared_shards import SharedShards
from bot.discord_app.unanswered import Unanswered, Waiting
from bot.event_log import event
from bot.serving.upkeep import cancel

if TYPE_CHECKING:
    from bot.shard_leases import ShardLeases

_log = logging.getLogger(__name__)

# What members say. All else changes what is known of servers: where that can't be read, the bot
# ends, and learns it anew when it is started again.
_SAID = ("MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE")


def _forgiving(name: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    """Leave out an event that discord.py can't read, which would end the bot for all servers."""

    def parsed(data: Any) -> None:
        try:
            parse(data)
        # There are as many errors as there are ways to say something that nobody expects.
        except Exception as error:
            # Without the error's words, in which what somebody wrote may stand.
            event(_log, "not_understood", logging.ERROR, kind=name, error=type(error).__name__)

    return parsed


class ShardedBot(commands.AutoShardedBot):
    """Connects all shards, or those that other processes leave to this one."""

    def __init__(
        self,
        records: Records,
        shards: int | Literal["recommended"] | None,
        leases: "ShardLeases | None",
        **options: Any,
    ) -> None:
        """
        Connect none yet.

        Args:
            records: What the bot remembers.
            shards: How many there are in all processes together, if that is set.
            leases: Which this process has, if other processes have some.
            options: Those of discord.py.
        """
        super().__init__(shard_count=shards if isinstance(shards, int) else None, **options)
        self.records = records
        self.unanswered = Unanswered(records)
        self.waiting: dict[int, list[Waiting]] = {}
        """Who had waited on each shard before that was connected."""
        self._named: set[int] = set()
        parsers = self._connection.parsers
        self._parse_ready = parsers["READY"]
        parsers["READY"] = self._begin_session
        for name in _SAID:
            parsers[name] = _forgiving(name, parsers[name])
        self._shared = (
            SharedShards(self, leases, shards, self.before_first_shard)
            if leases is not None and shards is not None
            else None
        )

    def _begin_session(self, ready: Any) -> None:
        """Take a server for left that a shard's new session does not name: nobody tells of it."""
        (shard_id, _), named = ready["shard"], {int(guild["id"]) for guild in ready["guilds"]}
        for guild in self.guilds:
            if guild.shard_id == shard_id and guild.id not in named:
                self._connection._remove_guild(guild)
                # Where only its hash is known, it would not be missed among the servers of a shard.
                self.dispatch("guild_remove", guild)
        self._parse_ready(ready)

    async def before_first_shard(self) -> None:
        """Do what one process does for all, before shard 0 is connected: here, nothing."""

    @property
    def shares_shards(self) -> bool:
        """Whether other processes may have some."""
        return self._shared is not None

    @property
    def shards_up(self) -> int:
        """How many connections to Discord are open."""
        return sum(not shard.is_closed() for shard in self.shards.values())

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect, and follow which shards are this process's own, until the bot is closed."""
        if self._shared is None:
            await super().connect(reconnect=reconnect)
            return
        connected = asyncio.create_task(super().connect(reconnect=reconnect))
        following = asyncio.create_task(self._shared.follow())
        both = {connected, following}
        try:
            done, _ = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(*both)
        for task in done:
            try:
                task.result()
            except ExceptionGroup as errors:
                raise errors.exceptions[0] from None

    async def launch_shards(self) -> None:
        """Connect all shards, unless other processes have some."""
        if self._shared is None:
            await super().launch_shards()

    async def launch_shard(self, gateway: URL, shard_id: int, *, initial: bool = False) -> None:
        """Read who waits on a shard, before anybody can ask there again, and connect it."""
        only = self._only(shard_id)
        # Who asked here before the shard was lost for a moment is answered all the same. Other
        # shards keep their connections while this one waits for the records.
        self.waiting[shard_id] = await once_reached(
            lambda: self.unanswered.left(only), shard=shard_id
        )
        await super().launch_shard(gateway, shard_id, initial=initial)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Wait until Discord lets a shard in."""
        if self._shared is None or shard_id is None:
            await super().before_identify_hook(shard_id, initial=initial)
        else:
            await self._shared.until_turn(shard_id)

    def share_out(self, count: int) -> None:
        """Learn how many shards all processes have together; this one has none yet."""
        self.shard_count = self._connection.shard_count = count
        self.shard_ids = []
        # discord.py would wait for these, of which some may be another's before they are ready.
        self._connection.shard_ids = []

    def note_shard(self, shard_id: int) -> None:
        """Note that a shard was connected."""
        assert self.shard_ids is not None  # noqa: S101 - shards are shared out
        self.shard_ids.append(shard_id)

    async def drop_shard(self, shard_id: int) -> None:
        """Close a shard, and know its servers no longer: they are another process's."""
        assert self.shard_ids is not None  # noqa: S101 - shards are shared out
        self._named.discard(shard_id)
        if shard_id in self.shard_ids:
            self.shard_ids.remove(shard_id)
        for guild in self.guilds:
            if guild.shard_id == shard_id:
                self._connection._remove_guild(guild)
        self.dispatch("shard_disconnect", shard_id)
        shard = self.shards.get(shard_id)
        if shard is not None:
            # `disconnect` would leave one that is just trying again to go on with it.
            await shard._parent.close()

    def unanswered_on(self, shard_id: int) -> list[Waiting]:
        """Who waits on a shard; blocks for the records."""
        return self.unanswered.all_on(self._only(shard_id))

    def _only(self, *shard_ids: int) -> Shards:
        assert self.shard_count is not None  # noqa: S101 - known before any is connected
        return Shards(self.shard_count, frozenset(shard_ids))

    async def hold(self, server_id: int | None) -> bool:
        """Whether no other process answers in a server, or in direct messages."""
        return self._shared is None or await self._shared.hold(server_id)

    @property
    def stands_by(self) -> bool:
        """Whether other processes have all shards."""
        return self._shared is not None and self._shared.stands_by

    async def close(self) -> None:
        """Leave Discord, and let other processes have the shards."""
        await super().close()
        if self._shared is not None:
            await self._shared.close()

    async def on_shard_connect(self, shard_id: int) -> None:
        """Note that Discord has named all servers of a shard."""
        self._named.add(shard_id)

    @property
    def named(self) -> Shards:
        """The shards of this process of which Discord has named all servers."""
        return self._only(*self._named)

    @property
    def has_named_all(self) -> bool:
        """Whether these are all that this process has."""
        return self._named.issuperset(self.shard_ids or range(self.named.count))

    def note_ready(self) -> None:
        """Call the bot ready when its first shard is: other processes may have the other shards."""
        if self.shares_shards and not self.is_ready():
            self._connection.call_handlers("ready")
            self.dispatch("ready")
