"""The shards of one of several processes: connected when they become its own, and closed before."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sized
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Literal, ParamSpec, Protocol, TypeVar

from discord.http import HTTPClient
from yarl import URL

from bot.database import DatabaseError
from bot.discord_app.records import once_reached
from bot.discord_app.shards import shard_of
from bot.event_log import event

if TYPE_CHECKING:
    from bot.shard_leases import ShardLeases

_log = logging.getLogger(__name__)

# Between two looks at who has which shards, in seconds; far below `LEASE_S`.
CHECK_S = 1.0
# Discord takes one IDENTIFY in five seconds for each of `max_concurrency`; some are longer under
# way than others.
IDENTIFY_S = 5.5
# Where a shard is not connected by then, another process may have better luck.
CONNECT_S = 180.0
# So long is waited for answers that are under way when another process takes a shard over. What
# takes longer, such as a build, goes on, and its end is told; until then it counts as cut short.
_HAND_OVER_S = 15.0
_LOOK_S = 0.2

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Bot(Protocol):
    """What connects shards: `QuothBot`."""

    http: HTTPClient

    @property
    def shard_count(self) -> int | None:
        """How many there are, once it is known."""

    def share_out(self, count: int) -> None:
        """Learn how many there are; none is connected yet."""

    async def launch_shard(self, gateway: URL, shard_id: int, /) -> None:
        """Connect one, and try until it is."""

    def note_shard(self, shard_id: int) -> None:
        """Note that one was connected."""

    async def drop_shard(self, shard_id: int) -> None:
        """Close one."""

    def unanswered_on(self, shard_id: int) -> Sized:
        """Who waits on one; blocks."""


class SharedShards:
    """Lives in the loop of a bot."""

    def __init__(
        self,
        bot: Bot,
        leases: "ShardLeases",
        wanted: int | Literal["recommended"],
        on_first: Callable[[], Awaitable[None]],
    ) -> None:
        """
        Share the shards of a bot.

        Args:
            bot: Connects them.
            leases: Which are its own.
            wanted: How many there are in all processes together.
            on_first: Done by the process that has shard 0, before it connects.
        """
        self._bot = bot
        self._leases = leases
        self._wanted = wanted
        self._on_first = on_first
        # One at a time: what is asked of the locks would overtake each other.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="shards")
        self._connecting: dict[int, asyncio.Task[None]] = {}
        """What connects each shard that is or will be connected."""
        self._leaving: set[int] = set()
        self._has_checked = False
        self._is_closed = False
        self._gateway = URL()
        self._turns = 1
        self._may_connect = asyncio.Semaphore()

    @property
    def stands_by(self) -> bool:
        """Whether other processes have all shards."""
        return self._has_checked and not self._leases.held

    async def hold(self, server_id: int | None) -> bool:
        """Whether a server, or direct messages, are this process's to answer."""
        assert self._bot.shard_count is not None  # noqa: S101 - it has joined
        shard = shard_of(server_id, self._bot.shard_count)
        if shard not in self._leases.held and not self._is_closed:
            # Nothing may have been looked at for a while, as where the machine was halted.
            await self._do(self._leases.check)
        return shard in self._leases.held

    async def follow(self) -> None:
        """
        Connect the shards that this process gets, and close those that it loses, until cancelled.

        Raises:
            RecordsError: If it can't share them with those who are there.
            DatabaseError: If it can't be known which it may have.
        """
        recommended, url, limit = await self._bot.http.get_bot_gateway()
        self._gateway, self._turns = URL(url), limit["max_concurrency"]
        # A connection that waits for its turn hears nothing, and discord.py would take it for dead
        # after a minute; as many wait as may identify at once.
        self._may_connect = asyncio.Semaphore(self._turns)
        is_fixed = self._wanted != "recommended"
        count = self._wanted if isinstance(self._wanted, int) else recommended
        count = await self._do(self._leases.join, count, is_fixed=is_fixed)
        self._bot.share_out(count)
        event(_log, "shards_shared", shards=count)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._do(self._leases.check)
                self._has_checked = True
                self._connect_and_close(tasks)
                await asyncio.sleep(CHECK_S)

    def _connect_and_close(self, tasks: asyncio.TaskGroup) -> None:
        held = self._leases.held
        for shard in self._connecting.keys() - held - self._leaving:
            event(_log, "shard_lost", logging.WARNING, shard=shard)
            tasks.create_task(self._close(shard))
        for shard in sorted(held - self._connecting.keys() - self._leaving):
            event(_log, "shard_taken", shard=shard)
            self._connecting[shard] = tasks.create_task(self._connect(shard))
        for shard in (held & self._leases.excess) - self._leaving:
            self._leaving.add(shard)
            tasks.create_task(self._hand_over(shard))

    async def _connect(self, shard: int) -> None:
        if shard == 0:
            await once_reached(self._on_first, shard=shard)
        async with self._may_connect:
            connecting = self._bot.launch_shard(self._gateway, shard)
            await asyncio.wait_for(connecting, CONNECT_S)
        self._bot.note_shard(shard)

    async def _close(self, shard: int) -> None:
        self._connecting.pop(shard).cancel()
        await self._bot.drop_shard(shard)

    async def _hand_over(self, shard: int) -> None:
        """Let another process have a shard, once those who asked there were answered."""
        await self._close(shard)
        try:
            async with asyncio.timeout(_HAND_OVER_S):
                while await asyncio.to_thread(self._bot.unanswered_on, shard):
                    await asyncio.sleep(_LOOK_S)
        except (TimeoutError, DatabaseError):
            event(_log, "handed_over_early", logging.WARNING, shard=shard)
        await self._do(self._leases.give_up, shard)
        self._leaving.discard(shard)
        event(_log, "shard_given_up", shard=shard)

    async def until_turn(self, shard: int) -> None:
        """Wait until Discord takes an IDENTIFY, of all processes together."""
        try:
            bucket = shard % self._turns
            while left_s := await self._do(self._leases.wait_for_turn, bucket, IDENTIFY_S):
                await asyncio.sleep(left_s)
        except DatabaseError:
            # Each spares Discord by itself.
            await asyncio.sleep(IDENTIFY_S)

    async def close(self) -> None:
        """Let others have all shards at once; the bot no longer listens to them."""
        if not self._is_closed:
            self._is_closed = True
            await self._do(self._leases.close)
            self._thread.shutdown()

    async def _do(self, work: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, lambda: work(*arguments, **named))
