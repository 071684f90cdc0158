"""The bot: one Discord client with its collaborators."""

import asyncio
import contextlib
import hashlib
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from answering.answer import Answer
from bot.collection_names import collections_in, server_of
from bot.database import DatabaseError
from bot.discord_app.asking import Asking
from bot.discord_app.audit import AuditTrail
from bot.discord_app.buttons import AnswerButton, add_answer_forms, answer_buttons
from bot.discord_app.cards import Buttons
from bot.discord_app.channels import ChannelRules
from bot.discord_app.collaborators import ListPage
from bot.discord_app.conversation_store import (
    Conversations,
    ConversationStore,
    SharedConversations,
)
from bot.discord_app.cooldowns import Cooldown, Cooldowns, OwnCounts, SharedCounts
from bot.discord_app.delivery import UNREACHED, deliver, respond_alone
from bot.discord_app.document_changes import Changes
from bot.discord_app.errors import report
from bot.discord_app.forms import Forms
from bot.discord_app.list_pages import ListButton
from bot.discord_app.metrics import Metrics
from bot.discord_app.once import Once
from bot.discord_app.origins import Audience, Origin, server_id_of
from bot.discord_app.permissions import INVITED
from bot.discord_app.posts import SupportChannels
from bot.discord_app.records import Records, once_reached
from bot.discord_app.servers import Servers
from bot.discord_app.sharded_bot import ShardedBot
from bot.discord_app.sharing import private_buttons
from bot.discord_app.stored_answers import AnswerContents, StoredAnswers
from bot.discord_app.taught_store import TaughtStore
from bot.discord_app.teaching import Teaching
from bot.event_log import event
from bot.serving.build_queue import Builds
from bot.serving.mending import Mender
from bot.serving.queue import AnswerQueue
from bot.serving.service import AnswerService
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.shard_leases import ShardLeases

_log = logging.getLogger(__name__)

# Seconds that Discord may make a request wait; a longer wait is an error, not silence.
MAX_RATELIMIT_S = 30.0
# Messages whose button does something once: it is gone soon, so that the last ones are enough.
MAX_PRESSED = 1_000
# Discord sends only what follows from being there: servers, their channels, and messages that are
# addressed to Quoth. None is privileged; `_intents_for` adds the one that may be set.
INTENTS = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)


def _intents_for(settings: Settings) -> discord.Intents:
    """`INTENTS`, and the text of all messages where a person has set so: that one is privileged."""
    return INTENTS | discord.Intents(message_content=settings.message_content)


def _whole(http: discord.http.HTTPClient) -> Callable[..., Awaitable[Any]]:
    """
    Requests that are not cut off while Discord makes the whole bot wait.

    Where whoever waits for one gives up then, discord.py would have all others wait for ever.
    """
    request = http.request
    kept: set[asyncio.Task[Any]] = set()

    def ended(task: asyncio.Task[Any]) -> None:
        kept.discard(task)
        # Nobody is left who asks what went wrong.
        if not task.cancelled():
            task.exception()

    async def whole(*args: Any, **options: Any) -> Any:
        task = asyncio.create_task(request(*args, **options))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            kept.add(task)
            task.add_done_callback(ended)
            if http._global_over.is_set():
                task.cancel()
            raise

    return whole


class _Tree(app_commands.CommandTree["QuothBot"]):
    async def on_error(
        self, interaction: "discord.Interaction[QuothBot]", error: app_commands.AppCommandError, /
    ) -> None:
        """Hand every command's error to the one handler."""
        await report(interaction, error)

    async def interaction_check(self, interaction: "discord.Interaction[QuothBot]", /) -> bool:
        """Serve no server that Quoth is about to leave."""
        server_id = server_id_of(interaction)
        if server_id is None:
            return True
        unwelcome = interaction.client.asking.unwelcome(server_id)
        if unwelcome is None:
            return True
        if interaction.type is discord.InteractionType.application_command:
            await respond_alone(interaction, unwelcome)
        return False


class QuothBot(ShardedBot):
    """Quoth in Discord; it starts with `start` and stops with `close`."""

    def __init__(
        self,
        settings: Settings,
        service: AnswerService,
        records: Records,
        builder: Builds,
        mender: Mender,
        cogs: Sequence[Callable[["QuothBot"], commands.Cog]],
        leases: "ShardLeases | None" = None,
    ) -> None:
        """
        Take what it answers from, remembers and indexes with; none is closed with it.

        Args:
            settings: All of them.
            service: What it answers from.
            records: What it remembers.
            builder: What it indexes with.
            mender: What builds anew what turns out damaged.
            cogs: What members can do, each made for the bot.
            leases: Which shards it has, if other processes have some; else it has all.
        """
        super().__init__(
            records,
            settings.shards,
            leases,
            command_prefix=commands.when_mentioned,
            help_command=None,
            intents=_intents_for(settings),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=MAX_RATELIMIT_S,
            tree_cls=_Tree,
            # A command that says nothing else is there where a server has added Quoth.
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
            # Nothing reads old messages or members; a bot in many servers stays small.
            max_messages=None,
            chunk_guilds_at_startup=False,
        )
        # mypy takes methods for fixed.
        setattr(self.http, "request", _whole(self.http))  # noqa: B010
        self._make_cogs = cogs
        self.settings = settings
        self.service = service
        self.started = time.monotonic()
        self.logged_in = asyncio.Event()
        """Set when the application's id is known."""
        self.servers_noted = asyncio.Event()
        """Set when the records know which servers Quoth is in."""
        shared = records.database.is_shared
        self.conversations: Conversations = (
            SharedConversations(records) if shared else ConversationStore()
        )
        self.lists: dict[str, ListPage] = {}
        self.pressed = Once(MAX_PRESSED)
        self.forms = Forms()
        add_answer_forms(self.forms)
        self.channels = ChannelRules(records)
        self.cooldowns = Cooldowns(
            records,
            Cooldown(settings.cooldown_questions, settings.cooldown_s),
            SharedCounts(records) if shared else OwnCounts(),
        )
        self.support = SupportChannels(records)
        self.answers = StoredAnswers(records)
        self.audit = AuditTrail(records)
        self.servers = Servers(records)
        self._noting_servers = asyncio.Lock()
        """Held from looking which servers Quoth is in until that is noted."""
        self._without_base: set[int] = set()
        self._read_who_is_alone()
        self.builder = builder
        taught = TaughtStore(records)
        self.changes = Changes(settings, builder, taught, self.answers.forget_document)
        self.teaching = Teaching(records, taught, self.changes, self.get_partial_messageable)
        self.queue = AnswerQueue(
            service,
            mender.mend,
            workers=settings.answered_at_once,
            max_waiting=settings.max_waiting,
            time_limit_s=settings.time_limit_s,
        )
        self.metrics = Metrics(
            waiting=lambda: self.queue.taken,
            generation=lambda: self.service.generation,
            shards_up=lambda: self.shards_up,
            collections_open=lambda: self.service.servers.open_count,
            collections_broken=lambda: self.service.servers.broken_count,
            builds_waiting=lambda: builder.waiting,
        )
        builder.counted = self.metrics.built
        self.asking = Asking(
            queue=self.queue,
            records=records,
            answers=self.answers,
            unanswered=self.unanswered,
            channels=self.channels,
            cooldowns=self.cooldowns,
            conversations=self.conversations,
            metrics=self.metrics,
            settings=settings,
            buttons=self._buttons,
        )

    def is_mentioned(self, message: discord.Message) -> bool:
        """Whether a message mentions Quoth, or the role that Discord has made for it."""
        assert self.user is not None  # noqa: S101 - true since login
        made_for = (role.tags.bot_id for role in message.role_mentions if role.tags is not None)
        return self.user in message.mentions or self.user.id in made_for

    def read_rules(self) -> None:
        """Read what servers have set, which is kept in memory; blocks for the records."""
        self.channels.read()
        self.support.read()
        self.cooldowns.read()
        self._read_who_is_alone()

    def _read_who_is_alone(self) -> None:
        without_base = self.servers.without_base()
        for server_id in without_base ^ self._without_base:
            scope = self.records.scope_of(server_id)
            self.service.use_base(scope, is_on=server_id not in without_base)
        self._without_base = without_base

    def _buttons(self, answer: Answer, origin: Origin) -> Buttons:
        found = AnswerContents.of(answer)
        if origin.audience is Audience.EVERYBODY:
            return answer_buttons(answer.id, found)
        may_share = origin.audience is Audience.ASKER
        owner = self.records.hashed(origin.user_id) if may_share else None
        return private_buttons(answer.id, found, owner)

    @property
    def invite_link(self) -> str:
        """Where a person adds Quoth to a server; known after login."""
        assert self.application_id is not None  # noqa: S101 - true since login
        return discord.utils.oauth_url(
            self.application_id,
            permissions=INVITED,
            scopes=("bot", "applications.commands"),
        )

    async def setup_hook(self) -> None:
        """Add commands and buttons, and tell Discord of the commands if they are new to it."""
        self.logged_in.set()
        for make_cog in self._make_cogs:
            await self.add_cog(make_cog(self))
        self.add_dynamic_items(AnswerButton, ListButton)
        if not self.shares_shards:
            await self.before_first_shard()

    async def before_first_shard(self) -> None:
        """Send the command set if it is not the one that was sent last: Discord counts changes."""
        payload = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        text = json.dumps([self.application_id, payload], sort_keys=True, default=str)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        if await asyncio.to_thread(self.records.commands_hash) == fingerprint:
            return
        await self.tree.sync()
        await asyncio.to_thread(self.records.set_commands_hash, fingerprint)
        event(_log, "commands_sent", commands=len(payload))

    async def on_interaction(self, interaction: "discord.Interaction[QuothBot]") -> None:
        """Take what was typed into forms; commands and buttons find their way by themselves."""
        await self.forms.fill_in(interaction)

    async def on_message(self, message: discord.Message, /) -> None:
        """Leave messages to the part that listens; there are no commands with a prefix."""

    async def on_ready(self) -> None:
        """Say that Quoth hears; this comes again after each lost session."""
        event(_log, "ready", servers=len(self.guilds), shards=self.shard_count)

    async def on_shard_ready(self, shard_id: int) -> None:
        """Note which servers of a shard Quoth is in; this comes again after each lost session."""
        self.note_ready()
        await self._note_servers()
        for guild in self.guilds:
            if guild.shard_id == shard_id:
                await self._leave_unless_welcome(guild)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what is remembered of a server that Quoth is in again, and nothing else."""
        await self._note_servers()
        # Its rules may have been deleted since it was left.
        await asyncio.to_thread(self.read_rules)
        await self._leave_unless_welcome(guild)

    async def _leave_unless_welcome(self, guild: discord.Guild) -> None:
        """Tell a server that Quoth does not serve it, where that can be told, and leave it."""
        unwelcome = self.asking.unwelcome(guild.id)
        if unwelcome is None:
            return
        event(_log, "unwelcome", server=self.records.hashed(guild.id))
        channel = _where_to_speak(guild)
        try:
            if channel is not None:
                # Discord takes a message with the same nonce once.
                await deliver(lambda: channel.send(unwelcome, nonce=str(guild.id)))
        except (discord.DiscordException, *UNREACHED) as error:
            event(_log, "not_sent", logging.WARNING, error=type(error).__name__)
        try:
            await deliver(guild.leave)
        except (discord.DiscordException, *UNREACHED) as error:
            event(_log, "not_left", logging.ERROR, error=type(error).__name__)

    async def _note_servers(self) -> None:
        """Note where Quoth is, and where it is no longer, as far as its shards can tell."""
        names = await asyncio.to_thread(collections_in, self.settings.collections)
        with_documents = [server for name in names if (server := server_of(name)) is not None]

        async def note() -> None:
            async with self._noting_servers:
                here = {guild.id for guild in self.guilds}
                await asyncio.to_thread(self.servers.note_present, here, with_documents, self.named)

        await once_reached(note)
        if self.has_named_all:
            self.servers_noted.set()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Begin the time after which a server's data is deleted."""

        async def note() -> None:
            async with self._noting_servers:
                # It may have let Quoth in again while that could not be noted.
                if self.get_guild(guild.id) is None:
                    await asyncio.to_thread(self.servers.leave, guild.id)

        await once_reached(note)
        event(_log, "left", server=self.records.hashed(guild.id))

    async def on_error(self, event_method: str, /, *_: Any, **__: Any) -> None:
        """Log what went wrong in a listener, without what it was given or was to write down."""
        error = sys.exception()
        if isinstance(error, DatabaseError):
            named = {"reason": error.reason, "listener": event_method}
            event(_log, "records_away", logging.ERROR, **named)
            return
        _log.exception("failed", extra={"quoth_fields": {"listener": event_method}})

    async def stop(self) -> None:
        """Answer what is in flight, then leave."""
        self.builder.close()
        await self.asking.drain(self.settings.time_limit_s + MAX_RATELIMIT_S)
        self.queue.close()
        with contextlib.suppress(discord.HTTPException):
            await self.close()


def _where_to_speak(guild: discord.Guild) -> discord.TextChannel | None:
    """The channel for words to a server as a whole: the one it named, or the first that is open."""
    first = [guild.system_channel] if guild.system_channel is not None else []
    for channel in (*first, *guild.text_channels):
        permissions = channel.permissions_for(guild.me)
        if permissions.view_channel and permissions.send_messages:
            return channel
    return None
