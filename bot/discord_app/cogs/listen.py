"""Asking by message: a mention, a pinging reply, a direct message."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import discord
from discord.ext import commands

from answering.english.questions import is_question
from answering.followups.turns import Turn
from bot.discord_app.asking import ASK_AGAIN, Refusal, contents
from bot.discord_app.buttons import answer_id_of
from bot.discord_app.cards import layout
from bot.discord_app.channels import above
from bot.discord_app.client import QuothBot
from bot.discord_app.cogs.read import help_card
from bot.discord_app.delivery import UNREACHED, deliver, failures_logged
from bot.discord_app.markdown import without_references
from bot.discord_app.once import Once
from bot.discord_app.origins import Origin, moderates, role_ids
from bot.discord_app.permissions import lacking, needed_in
from bot.discord_app.rendering import notice
from bot.discord_app.unanswered import Waiting
from bot.event_log import event

_log = logging.getLogger(__name__)


class Listen(commands.Cog):
    """Hears the messages that are addressed to Quoth."""

    def __init__(self, bot: QuothBot) -> None:
        """Listen for one bot."""
        self._bot = bot
        self._fetched: dict[int, tuple[int, ...]] = {}
        """What each channel follows that was asked for."""
        self._heard = Once(_MAX_HEARD)
        """Messages: one that was missed may come both from the gateway and from its channel."""

    @commands.Cog.listener()
    async def on_message(self, message: discord.Message) -> None:
        """
        Answer a message that is addressed to Quoth.

        Other bots are not answered: two of them would never stop. Where Quoth may not answer it
        says nothing, since a channel was closed to keep it quiet.

        Where Quoth may read all messages, one without a mention may be meant for it too, in a
        thread in which its author asked a moment ago; people also talk there.
        """
        if message.author.bot or message.type not in _SPOKEN:
            return
        server_id = _server_id(message)
        if not await self._bot.hold(server_id) or not self._heard.begin(message.id):
            return
        is_called = server_id is None or (
            self._bot.is_mentioned(message) and not self._is_blank_post(message)
        )
        if server_id is not None and self._bot.asking.unwelcome(server_id):
            return
        if not is_called and not await self._may_go_on(message):
            return
        await self._hear(message, server_id, is_called=is_called)

    def _is_blank_post(self, message: discord.Message) -> bool:
        """Whether a support post begins with it and Discord hides its text: the title is asked."""
        parent_id: int | None = getattr(message.channel, "parent_id", None)
        is_post = message.id == message.channel.id and self._bot.support.get(parent_id) is not None
        return is_post and not message.content

    async def _hear(
        self, message: discord.Message, server_id: int | None, *, is_called: bool
    ) -> None:
        """Answer a message where Quoth may."""
        channels_above = await self._above(message)
        # Discord bans who is refused too often: 10,000 times in ten minutes.
        if channels_above is None or not _may_speak(message):
            return
        origin = Origin(
            message.author.id,
            message.channel.id,
            channels_above,
            server_id,
            role_ids(message.author),
            _is_moderator(message),
        )
        if not self._bot.channels.is_allowed(server_id, origin.channel_ids):
            return
        waiting = Waiting(message.id, message.channel.id, server_id=server_id)
        # The message may be deleted, its thread archived, or Quoth have no right to speak there.
        with self._bot.asking.in_flight(), failures_logged(_log, "not_sent"):
            if not is_called:
                await self._answer_if_known(message, origin)
                return
            async with self._bot.unanswered.noted(waiting):
                await self._answer(message, origin)

    async def _above(self, message: discord.Message) -> tuple[int, ...] | None:
        """
        What the channel of a message follows, for the rules of its server.

        A thread or a server that is not known yet is asked for, once; None if Discord does not
        tell, since the channel may be one where Quoth is to be quiet.
        """
        channel: Any = message.channel
        if not isinstance(channel, discord.PartialMessageable):
            return above(channel, message.guild)
        if not self._bot.channels.has_any(_server_id(message)):
            return ()
        if channel.id in self._fetched:
            return self._fetched[channel.id]
        try:
            found = await self._bot.fetch_channel(channel.id)
            follows = above(found, message.guild)
            if isinstance(found, discord.Thread) and found.parent is None:
                parent = await self._bot.fetch_channel(found.parent_id)
                follows = (found.parent_id, *above(parent, message.guild))
        except (discord.DiscordException, *UNREACHED) as error:
            event(_log, "channel_unknown", logging.WARNING, error=type(error).__name__)
            return None
        if len(self._fetched) >= _MAX_FETCHED:
            self._fetched.clear()
        self._fetched[channel.id] = follows
        return follows

    async def _may_go_on(self, message: discord.Message) -> bool:
        """Whether a message without a mention asks on. Without the intent it arrives blank."""
        return (
            self._bot.settings.message_content
            and is_question(message.content)
            and not message.mentions
            and isinstance(message.channel, discord.Thread)
            # The message that a post begins with asks nothing on.
            and message.id != message.channel.id
            and bool(await self._bot.conversations.latest(message.channel.id, message.author.id))
        )

    async def _answer_if_known(self, message: discord.Message, origin: Origin) -> None:
        """Answer if the documents say, and else keep quiet: it may be meant for somebody else."""
        asking = self._bot.asking
        question = without_references(message.content)
        earlier, _ = await self._earlier(message)
        if await asking.refusal(question, origin, earlier) is None:
            reply = await asking.ask(question, origin, earlier, only="answered")
            if reply.answer is not None:
                await self._send(message, **contents(reply))

    async def _answer(self, message: discord.Message, origin: Origin) -> None:
        question, instead = self._asked_by(message)
        earlier, goes_on = await self._earlier(message)
        # Who mentions it too often is told to wait, whatever they say.
        refused = await self._bot.asking.refusal(question, origin, earlier, by_message=True)
        if refused is not None:
            await self._refuse(message, refused)
            return
        if instead is not None:
            await self._send(message, **instead)
            return
        is_first = await self._begins_in_thread(message)
        async with _typing(message.channel):
            reply = await self._bot.asking.ask(question, origin, earlier, goes_on=goes_on)
        if reply.refused is not None:
            await self._refuse(message, reply.refused)
            return
        below = (notice("mention_me"),) if is_first else ()
        await self._send(message, **contents(reply, *below))

    def _asked_by(self, message: discord.Message) -> tuple[str, dict[str, Any] | None]:
        """The question that a mention asks; where it asks none, what is sent instead."""
        question = without_references(message.content)
        if question:
            return question, None
        if message.role_mentions and not message.content:
            # Discord shows what was said only to the member who is mentioned.
            assert self._bot.user is not None  # noqa: S101 - true since login
            return "", {"content": notice("role_mentioned", mention=self._bot.user.mention)}
        # A bare mention, as a reply to what somebody else asks, asks that.
        other = self._replied_to(message)
        if other is None or other.author == self._bot.user:
            return "", {"view": layout(help_card(self._bot))}
        question = without_references(other.content)
        return question, None if question else {"content": notice("can_not_read")}

    async def _refuse(self, message: discord.Message, refused: Refusal) -> None:
        """Say why there is no answer: in a message, or by a reaction where too many are asking."""
        permissions = _permissions(message)
        may_react = permissions is not None and permissions.add_reactions
        if refused.is_overload and may_react:
            await deliver(lambda: message.add_reaction(ASK_AGAIN))
        elif refused.text:
            await self._send(message, content=refused.text)

    def _replied_to(self, message: discord.Message) -> discord.Message | None:
        """The message that another one replies to, if it is still there."""
        replied = message.reference.resolved if message.reference else None
        return replied if isinstance(replied, discord.Message) else None

    async def _begins_in_thread(self, message: discord.Message) -> bool:
        """Whether its author should hear how to ask on: in a thread, a mention seems needless."""
        return (
            isinstance(message.channel, discord.Thread)
            and not self._bot.settings.message_content
            and not await self._bot.conversations.latest(message.channel.id, message.author.id)
        )

    async def _earlier(self, message: discord.Message) -> tuple[tuple[Turn, ...], bool]:
        """
        The turns that a message goes on from, and whether it is in a place to go on from some.

        Those of the answer it replies to, else of its thread or its direct messages.
        """
        conversations = self._bot.conversations
        replied = self._replied_to(message)
        if replied is not None:
            answer_id = answer_id_of(replied)
            if answer_id is None:
                return (), False
            return await conversations.until(answer_id, message.channel.id), True
        if _server_id(message) is None or isinstance(message.channel, discord.Thread):
            return await conversations.latest(message.channel.id, message.author.id), True
        return (), False

    async def _send(self, message: discord.Message, **values: Any) -> None:
        await deliver(
            lambda: message.channel.send(
                reference=message.to_reference(fail_if_not_exists=False),
                mention_author=False,
                # Discord takes a message with the same nonce once, however often it is sent.
                nonce=str(message.id),
                **values,
            )
        )


# Channels that were asked for; one that is forgotten is asked for again.
_MAX_FETCHED = 1_000
_MAX_HEARD = 10_000
_SPOKEN = (discord.MessageType.default, discord.MessageType.reply)


def _server_id(message: discord.Message) -> int | None:
    """The id of the server that a message stands in; None if the message is direct."""
    if message.guild is not None:
        return message.guild.id
    # A server that is not known yet leaves its id with the channel.
    server_id: int | None = getattr(message.channel, "guild_id", None)
    return server_id


def _may_speak(message: discord.Message) -> bool:
    """Whether Quoth may answer there, as far as it knows."""
    permissions = _permissions(message)
    if permissions is None:
        return True
    return not lacking(needed_in(message.channel), permissions)


def _is_moderator(message: discord.Message) -> bool:
    """Whether the author of a message is a moderator, as far as that is known."""
    author, channel = message.author, message.channel
    if not isinstance(author, discord.Member) or _permissions(message) is None:
        return False
    return moderates(channel.permissions_for(author))


def _permissions(message: discord.Message) -> discord.Permissions | None:
    """What Quoth may do where a message stands; None where nothing is known of that."""
    channel = message.channel
    if message.guild is None or isinstance(channel, discord.PartialMessageable):
        return None
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return None
    return channel.permissions_for(message.guild.me)


@contextlib.asynccontextmanager
async def _typing(channel: discord.abc.Messageable) -> AsyncIterator[None]:
    """Show that Quoth types; where that fails or lags, the answer does not wait for it."""

    async def show() -> None:
        with contextlib.suppress(discord.DiscordException, *UNREACHED, OSError):
            async with channel.typing():
                await asyncio.Event().wait()

    shown = asyncio.create_task(show())
    try:
        yield
    finally:
        shown.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await shown
