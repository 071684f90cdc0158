"""Questions and changes that were cut short because Quoth was killed or away: told or finished."""

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast

import discord
from discord.ext import commands
from discord.utils import time_snowflake

from bot.database import DatabaseError
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import UNREACHED, deliver
from bot.discord_app.housekeeping import finish_changes, scopes_to_index
from bot.discord_app.limits import INTERACTION_S
from bot.discord_app.rendering import notice
from bot.discord_app.shards import Shards
from bot.discord_app.taught_store import TaughtStore
from bot.discord_app.unanswered import Waiting
from bot.event_log import event

_log = logging.getLogger(__name__)

# Between two notes that Quoth hears Discord.
HEAR_EVERY_S = 10.0
# Discord's clock, which dates messages, and ours may differ by so much.
_CLOCKS_S = 5.0
# After an outage: channels that are looked through, those first in which something was said last,
# and messages of each; all requests together stay far below what Discord takes in a second.
MAX_CHANNELS = 200
MAX_MESSAGES = 100
# Discord takes this name for the id of a response.
_ORIGINAL = cast("int", "@original")
# What says how far a change is ends so.
_GOES_ON = "…"

_Readable = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
_FAILURES = (discord.DiscordException, *UNREACHED)


class CatchUp(commands.Cog):
    """Answers whoever waited, or says that nothing came of it, once Discord is heard again."""

    def __init__(self, bot: QuothBot) -> None:
        """Catch up for one bot."""
        self._bot = bot
        self._heard: dict[int, float] = {}
        """When each shard that is heard was heard last, in seconds since 1970."""
        self._unheard: dict[int, float] = {}
        """When each shard that is away was heard last."""
        self._hearing: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Note from now on what is heard."""
        self._hearing = asyncio.create_task(self._hear())

    async def cog_unload(self) -> None:
        """Hear no more."""
        if self._hearing is not None:
            self._hearing.cancel()

    async def _hear(self) -> None:
        while True:
            await asyncio.sleep(HEAR_EVERY_S)
            hearing = [shard_id for shard_id in self._heard if self._is_open(shard_id)]
            if hearing:
                await self._note_hearing(*hearing)

    def _is_open(self, shard_id: int) -> bool:
        """Whether a shard is connected: of several that are lost, discord.py tells one by one."""
        shard = self._bot.get_shard(shard_id)
        return shard is not None and not shard.is_closed()

    async def _note_hearing(self, *shard_ids: int) -> None:
        self._heard.update(dict.fromkeys(shard_ids, self._bot.records.clock()))
        assert self._bot.shard_count is not None  # noqa: S101 - it is connected
        shards = Shards(self._bot.shard_count, frozenset(shard_ids))
        try:
            await asyncio.to_thread(self._bot.unanswered.hear, shards)
        except DatabaseError as error:
            event(_log, "not_noted", logging.WARNING, reason=error.reason)

    @commands.Cog.listener()
    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note since when a shard hears nothing."""
        self._unheard.setdefault(shard_id, self._heard.pop(shard_id, 0.0))

    @commands.Cog.listener()
    async def on_shard_resumed(self, shard_id: int) -> None:
        """Miss nothing: Discord sends again what a shard did not hear."""
        self._heard[shard_id] = self._unheard.pop(shard_id, 0.0)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Tell or answer who waited when Quoth was killed, and what came meanwhile."""
        heard = max(self._unheard.pop(shard_id, 0.0), await self._last_heard(shard_id))
        for one in self._bot.waiting.pop(shard_id, ()):
            try:
                await (self._tell(one, one.token) if one.token else self._answer(one))
            except (*_FAILURES, DatabaseError) as error:
                event(_log, "not_told", logging.WARNING, error=type(error).__name__)
        # At its first start there is nothing to catch up with.
        if heard:
            await self._answer_missed(shard_id, heard)
        # It may be lost again by now, or another process's.
        if shard_id not in self._unheard and self._is_open(shard_id):
            await self._note_hearing(shard_id)
        await self._finish_changes(shard_id)

    async def _finish_changes(self, shard_id: int) -> None:
        """Finish what was being changed in a shard's servers when that was cut short."""
        bot = self._bot
        taught = TaughtStore(bot.records)
        here = [
            bot.records.scope_of(guild.id) for guild in bot.guilds if guild.shard_id == shard_id
        ]
        for scope in await scopes_to_index(bot.settings, taught, here):
            async with bot.changes.turn(scope):
                await finish_changes(bot.settings, bot.builder, taught, scope, bot.answers)

    async def _last_heard(self, shard_id: int) -> float:
        assert self._bot.shard_count is not None  # noqa: S101 - it is connected
        read = self._bot.unanswered.last_heard
        try:
            return await asyncio.to_thread(read, shard_id, self._bot.shard_count)
        except DatabaseError as error:
            event(_log, "not_caught_up", logging.WARNING, reason=error.reason)
            return 0.0

    async def _tell(self, waiting: Waiting, token: str) -> None:
        """Say in the response to an interaction that nothing came of it, if it still loads."""
        assert self._bot.application_id is not None  # noqa: S101 - true since login
        webhook = discord.Webhook.partial(self._bot.application_id, token, client=self._bot)
        response = await webhook.fetch_message(_ORIGINAL)
        if response.flags.loading or response.content.endswith(_GOES_ON):
            text = notice(f"interrupted_{waiting.kind}")
            await deliver(lambda: webhook.edit_message(_ORIGINAL, content=text))
            event(_log, "told_later", kind=waiting.kind)
        await asyncio.to_thread(self._bot.unanswered.end, waiting.id)

    async def _answer(self, waiting: Waiting) -> None:
        """Answer a message, if it is still there and was not answered."""
        channel = self._bot.get_channel(waiting.channel_id)
        if channel is None:
            channel = await self._bot.fetch_channel(waiting.channel_id)
        if isinstance(channel, discord.abc.Messageable):
            message = await channel.fetch_message(waiting.id)
            after = [one async for one in channel.history(after=message, limit=MAX_MESSAGES)]
            self._hand_over([message, *after], only=message)

    async def _answer_missed(self, shard_id: int, heard: float) -> None:
        """Answer the mentions and the new posts that came since a shard was heard last."""
        since = max(heard - _CLOCKS_S, self._bot.records.clock() - INTERACTION_S)
        start = discord.Object(time_snowflake(datetime.fromtimestamp(since, UTC)))
        active = sorted(self._active(shard_id, start.id), key=_newest, reverse=True)
        if len(active) > MAX_CHANNELS:
            event(_log, "channels_left_out", logging.WARNING, channels=len(active) - MAX_CHANNELS)
        for channel in active[:MAX_CHANNELS]:
            try:
                said = [one async for one in channel.history(after=start, limit=MAX_MESSAGES)]
            except _FAILURES as error:
                event(_log, "channel_unread", logging.WARNING, error=type(error).__name__)
                continue
            self._hand_over(said)
            if not isinstance(channel, discord.Thread) or _begun(channel) <= start.id:
                continue
            # Others, Quoth among them, may have answered it meanwhile.
            if all(one.author.id == channel.owner_id for one in said):
                self._bot.dispatch("thread_create", channel)

    def _active(self, shard_id: int, since_id: int) -> Iterator[_Readable]:
        """The channels of a shard that are new or in which something was said, and may be read."""
        for guild in self._bot.guilds:
            if guild.shard_id != shard_id:
                continue
            for channel in (*guild.channels, *guild.threads):
                if not isinstance(channel, _Readable):
                    continue
                if _newest(channel) <= since_id:
                    continue
                permissions = channel.permissions_for(guild.me)
                if permissions.view_channel and permissions.read_message_history:
                    yield channel

    def _hand_over(
        self, messages: list[discord.Message], only: discord.Message | None = None
    ) -> None:
        """Have those that mention Quoth heard as if they came now, unless they have a reply."""
        answered = {
            one.reference.message_id
            for one in messages
            if one.author == self._bot.user and one.reference is not None
        }
        for message in [only] if only is not None else messages:
            is_meant = only is not None or self._bot.is_mentioned(message)
            if is_meant and message.id not in answered:
                event(_log, "heard_later")
                self._bot.dispatch("message", message)


def _newest(channel: _Readable) -> int:
    """The id of what came last to a channel, or one of the time when it began."""
    return max(channel.last_message_id or 0, _begun(channel))


def _begun(channel: _Readable) -> int:
    """An id of the time when a channel began; a thread may have the id of an older message."""
    return time_snowflake(channel.created_at) if channel.created_at else channel.id
