"""Answering new posts and threads of support channels by itself."""

import asyncio
import logging

import discord
from discord.ext import commands

from bot.discord_app.asking import Reply, contents
from bot.discord_app.channels import above
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import deliver, failures_logged
from bot.discord_app.markdown import without_references
from bot.discord_app.once import Once
from bot.discord_app.origins import Origin
from bot.discord_app.permissions import ANSWERING_IN_THREADS, lacking
from bot.discord_app.posts import SupportChannel, questions_in
from bot.discord_app.solving import PersonButton

_log = logging.getLogger(__name__)

# The message that a post begins with may come a moment after the post.
STARTER_PAUSES_S = (0.5, 2.0)
_MAX_BEGUN = 1_000


class Posts(commands.Cog):
    """Hears of new threads."""

    def __init__(self, bot: QuothBot) -> None:
        """Listen for one bot."""
        self._bot = bot
        self._begun = Once(_MAX_BEGUN)
        """Threads: one that was missed may come from the gateway as well."""

    async def cog_load(self) -> None:
        """Have the bot know the button that asks a person."""
        self._bot.add_dynamic_items(PersonButton)

    @commands.Cog.listener()
    async def on_thread_create(self, thread: discord.Thread) -> None:
        """
        Answer a new thread of a support channel if Quoth is sure, and else keep quiet.

        Its title is asked, and where Quoth may read messages, the questions in its first message.
        """
        channel = self._bot.support.get(thread.parent_id)
        if channel is None or thread.is_private():
            return
        origin = Origin(thread.owner_id, thread.id, above(thread, thread.guild), channel.server_id)
        if self._bot.asking.closed_to(origin) is not None or not _may_answer(thread):
            return
        if not await self._bot.hold(channel.server_id) or not self._begun.begin(thread.id):
            return
        with self._bot.asking.in_flight(), failures_logged(_log, "not_sent"):
            await self._answer(thread, channel, origin)

    async def _answer(
        self, thread: discord.Thread, channel: SupportChannel, origin: Origin
    ) -> None:
        starter = await self._starter(thread)
        if starter is not None and (starter.author.bot or self._is_asked_by(starter)):
            # Bots are not answered, and a mention is answered as one.
            return
        title = without_references(thread.name)
        if await self._bot.asking.refusal(title, origin) is not None:
            return
        reply = await self._reply(title, starter, origin)
        if reply.answer is None:
            return
        if channel.role_id is not None:
            reply.buttons[-1].add_item(PersonButton(reply.answer.id))
        # Discord takes a message with the same nonce once, however often it is sent.
        await deliver(lambda: thread.send(**contents(reply), nonce=str(thread.id)))

    async def _reply(self, title: str, starter: discord.Message | None, origin: Origin) -> Reply:
        """What the title finds, or else what one of the questions of the body does."""
        body = starter.content if starter and self._bot.settings.message_content else ""
        for question in (title, *questions_in(without_references(body))):
            reply = await self._bot.asking.ask(question, origin, only="sure")
            if reply.answer is not None:
                return reply
        return Reply()

    def _is_asked_by(self, starter: discord.Message) -> bool:
        """Whether a message mentions Quoth; its role counts where Discord shows what was asked."""
        is_shown = bool(starter.content) or self._bot.user in starter.mentions
        return is_shown and self._bot.is_mentioned(starter)

    async def _starter(self, thread: discord.Thread) -> discord.Message | None:
        """The message that a thread begins with; a thread of a text channel may have none."""
        is_post = isinstance(thread.parent, discord.ForumChannel)
        place = thread if is_post else thread.parent
        assert isinstance(place, discord.Thread | discord.TextChannel)  # noqa: S101 - as chosen
        for pause_s in (*STARTER_PAUSES_S, None) if is_post else (None,):
            try:
                return await place.fetch_message(thread.id)
            except discord.NotFound:
                if pause_s is not None:
                    await asyncio.sleep(pause_s)
        return None


def _may_answer(thread: discord.Thread) -> bool:
    """Whether Quoth may answer there."""
    if not isinstance(thread.parent, discord.ForumChannel | discord.TextChannel):
        return False
    return not lacking(ANSWERING_IN_THREADS, thread.permissions_for(thread.guild.me))
