"""Channels and roles that were deleted in Discord: what was set for them is forgotten."""

import asyncio
import logging

import discord
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import UNREACHED
from bot.discord_app.digests import Digests
from bot.event_log import event

_log = logging.getLogger(__name__)


class Gone(commands.Cog):
    """Forgets what nobody could take back: no command can name what is no longer there."""

    def __init__(self, bot: QuothBot) -> None:
        """Forget what was set in one bot's servers."""
        self._bot = bot
        self._digests = Digests(bot.records)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget a channel or a category."""
        await self._forget_channel(channel.guild.id, channel.id)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        """Forget a thread."""
        await self._forget_channel(thread.guild_id, thread.thread_id)

    @commands.Cog.listener()
    async def on_guild_role_delete(self, role: discord.Role) -> None:
        """Forget a role."""
        await self._forget_role(role.guild.id, role.id)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Forget what was deleted while nobody listened to a shard."""
        for guild in [one for one in self._bot.guilds if one.shard_id == shard_id]:
            # While Discord has an outage, a server seems to have neither channels nor roles.
            if not guild.unavailable:
                await self._forget_gone(guild)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Forget what a server has deleted since it removed Quoth, which it now adds again."""
        await self._forget_gone(guild)

    async def _forget_gone(self, guild: discord.Guild) -> None:
        for role_id in self._role_ids(guild.id):
            if guild.get_role(role_id) is None:
                await self._forget_role(guild.id, role_id)
        for channel_id in await self._channel_ids(guild.id):
            # Archived threads are not known.
            if guild.get_channel_or_thread(channel_id) is None and await self._is_gone(channel_id):
                await self._forget_channel(guild.id, channel_id)

    def _role_ids(self, server_id: int) -> frozenset[int]:
        roles, _ = self._bot.cooldowns.targets(server_id)
        called = {one.role_id for one in self._bot.support.of(server_id) if one.role_id is not None}
        return roles | called

    async def _channel_ids(self, server_id: int) -> frozenset[int]:
        _, limited = self._bot.cooldowns.targets(server_id)
        answered = {one.channel_id for one in self._bot.support.of(server_id)}
        posted = await asyncio.to_thread(self._digests.channel_id, server_id)
        found = limited | answered | self._bot.channels.with_rules(server_id)
        return found if posted is None else found | {posted}

    async def _is_gone(self, channel_id: int) -> bool:
        try:
            await self._bot.fetch_channel(channel_id)
        except discord.NotFound:
            return True
        except (discord.DiscordException, *UNREACHED) as error:
            event(_log, "channel_unknown", logging.WARNING, error=type(error).__name__)
        return False

    async def _forget_channel(self, server_id: int, channel_id: int) -> None:
        bot = self._bot

        def forget() -> None:
            bot.channels.forget(server_id, channel_id)
            bot.cooldowns.clear(server_id, channel_id)
            bot.support.remove(channel_id)
            self._digests.forget_channel(server_id, channel_id)

        if channel_id in await self._channel_ids(server_id):
            await asyncio.to_thread(forget)

    async def _forget_role(self, server_id: int, role_id: int) -> None:
        bot = self._bot

        def forget() -> None:
            bot.cooldowns.clear(server_id, role_id)
            bot.support.forget_role(server_id, role_id)

        if role_id in self._role_ids(server_id):
            await asyncio.to_thread(forget)
