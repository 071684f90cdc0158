"""Messages that were deleted in Discord: what was taught goes with them."""

import discord
from discord.ext import commands

from bot.discord_app.client import QuothBot
from bot.discord_app.consent import ConsentButton
from bot.discord_app.taught import MessageAt


class DeletedMessages(commands.Cog):
    """Forgets taught messages, also where nobody can teach any more."""

    def __init__(self, bot: QuothBot) -> None:
        """Forget what one bot was taught."""
        self._bot = bot

    async def cog_load(self) -> None:
        """Have the bot know the buttons by which authors agree, or have what they were asked go."""
        self._bot.add_dynamic_items(ConsentButton)

    @commands.Cog.listener()
    async def on_raw_message_delete(self, deleted: discord.RawMessageDeleteEvent) -> None:
        """Forget a message that was deleted."""
        if deleted.guild_id is not None:
            gone = deleted.message_id
            self._bot.teaching.forget_messages(deleted.guild_id, lambda one: one.id == gone)

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, deleted: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget messages that were deleted together."""
        if deleted.guild_id is not None:
            gone = deleted.message_ids
            self._bot.teaching.forget_messages(deleted.guild_id, lambda one: one.id in gone)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Forget the messages of a channel that was deleted, and of its threads."""
        gone, guild = channel.id, channel.guild
        self._bot.teaching.forget_messages(guild.id, lambda one: one.channel_id == gone)

        def may_be_gone(message: MessageAt) -> bool:
            known = guild.get_channel_or_thread(message.channel_id)
            return known is None and message.channel_id != gone

        # Nobody tells of threads that were archived, and discord.py knows none of them.
        await self._bot.teaching.forget_gone(guild.id, may_be_gone)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, thread: discord.RawThreadDeleteEvent) -> None:
        """Forget the messages of a thread that was deleted."""
        gone = thread.thread_id
        self._bot.teaching.forget_messages(thread.guild_id, lambda one: one.channel_id == gone)

    @commands.Cog.listener()
    async def on_shard_ready(self, shard_id: int) -> None:
        """Forget the messages that were deleted while nobody listened to a shard."""
        here = {
            self._bot.records.scope_of(guild.id): guild.id
            for guild in self._bot.guilds
            if guild.shard_id == shard_id
        }
        for scope in await self._bot.teaching.scopes_among([*here]):
            await self._bot.teaching.forget_gone(here[scope])

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Forget the messages that a server has deleted since it removed Quoth."""
        await self._bot.teaching.forget_gone(guild.id)
