"""For those who manage a server: `/channels`, `/base` and `/status`."""

import asyncio
import time

import discord
from discord import app_commands

from bot.discord_app.audit import Action
from bot.discord_app.cards import layout
from bot.discord_app.channels import above
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import load_alone, respond_alone, show_response
from bot.discord_app.list_cards import information_card
from bot.discord_app.moderators import MANAGERS, ServerCog, required_server_id
from bot.discord_app.permissions import ANSWERING_IN_THREADS, lacking, needed_in
from bot.discord_app.posts import SupportChannel, solved_tag
from bot.discord_app.rendering import notice
from bot.discord_app.solving import may_ping
from bot.serving import scope_documents
from index.store import Collection

Channel = (
    discord.TextChannel
    | discord.Thread
    | discord.ForumChannel
    | discord.VoiceChannel
    | discord.StageChannel
    | discord.CategoryChannel
)


class Manage(ServerCog):
    """
    Commands of moderators.

    Discord lets members use them who may manage the server, unless the server says otherwise under
    Integrations: that is left to Discord.
    """

    channels = app_commands.Group(
        name="channels",
        description="Where I answer in this server.",
        guild_only=True,
        default_permissions=MANAGERS,
    )

    def __init__(self, bot: QuothBot) -> None:
        """Manage one bot."""
        self._bot = bot

    @channels.command(name="allow")
    @app_commands.describe(
        channel="A channel or category; others are not allowed then. Without one, all are again."
    )
    async def allow(
        self, interaction: discord.Interaction[QuothBot], channel: Channel | None = None
    ) -> None:
        """Answer in a channel, and only in channels that were allowed; or in every one again."""
        if channel is not None:
            await self._set(interaction, channel, is_allowed=True)
            return
        await load_alone(interaction)
        await asyncio.to_thread(self._bot.channels.clear, required_server_id(interaction))
        await self._bot.audit.note(interaction, "all_allowed")
        await show_response(interaction, content=self._where(interaction.guild_id))

    @channels.command(name="deny")
    @app_commands.describe(channel="A channel or category; commands there get no answer.")
    async def deny(self, interaction: discord.Interaction[QuothBot], channel: Channel) -> None:
        """Stop answering in a channel."""
        await self._set(interaction, channel, is_allowed=False)

    async def _set(
        self, interaction: discord.Interaction[QuothBot], channel: Channel, *, is_allowed: bool
    ) -> None:
        await load_alone(interaction)
        await asyncio.to_thread(
            self._bot.channels.set, channel.guild.id, channel.id, is_allowed=is_allowed
        )
        action: Action = "allowed" if is_allowed else "denied"
        await self._bot.audit.note(interaction, action, channel.mention)
        kind = "channel_allowed" if is_allowed else "channel_denied"
        lacks = lacking(needed_in(channel), channel.permissions_for(channel.guild.me))
        told = notice(kind, channel=channel.mention, lacks=lacks)
        text = f"{told} {self._where(channel.guild.id)}"
        await show_response(interaction, content=text)

    def _where(self, server_id: int | None) -> str:
        """Where Quoth answers in a server now."""
        rules = self._bot.channels
        return notice(
            "channels",
            only_allowed=rules.is_only_allowed(server_id),
            allowed=rules.allowed(server_id),
            denied=rules.denied(server_id),
            posts=[
                f"<#{one.channel_id}>"
                for one in self._bot.support.of(server_id)
                if self._is_allowed(one.server_id, one.channel_id)
            ],
        )

    def _is_allowed(self, server_id: int, channel_id: int) -> bool:
        """Whether Quoth answers in a channel of a server, by its rule or its category's."""
        guild = self._bot.get_guild(server_id)
        channel = guild.get_channel(channel_id) if guild is not None else None
        return self._bot.channels.is_allowed(server_id, (channel_id, *above(channel, guild)))

    @channels.command(name="answer-posts")
    @app_commands.describe(
        channel="A forum, or a channel with threads.",
        answer="False: stop answering new posts there.",
        person="A role that members can have pinged, once for each post.",
    )
    async def answer_posts(
        self,
        interaction: discord.Interaction[QuothBot],
        channel: discord.TextChannel | discord.ForumChannel,
        answer: bool = True,
        person: discord.Role | None = None,
    ) -> None:
        """Answer new posts and threads by myself, where I am sure of the answer."""
        await load_alone(interaction)
        support, server_id = self._bot.support, channel.guild.id
        is_allowed = self._is_allowed(server_id, channel.id)
        if not answer:
            await asyncio.to_thread(support.remove, channel.id)
            await self._bot.audit.note(interaction, "posts_off", channel.mention)
        elif is_allowed:
            role_id = person.id if person is not None else None
            chosen = SupportChannel(server_id, channel.id, role_id)
            await asyncio.to_thread(support.add, chosen)
            await self._bot.audit.note(interaction, "posts_on", channel.mention)
        permissions = channel.permissions_for(channel.guild.me)
        tag = solved_tag(channel)
        text = notice(
            "answers_posts",
            channel=channel.mention,
            answers=answer,
            is_allowed=is_allowed,
            reads=self._bot.settings.message_content,
            lacks=lacking(ANSWERING_IN_THREADS, permissions),
            tag=tag.name if tag else None,
            may_tag=permissions.manage_threads,
            role=person.mention if person else None,
            may_ping=person is None or may_ping(person, permissions),
        )
        await show_response(interaction, content=text)

    @channels.command(name="list")
    async def list(self, interaction: discord.Interaction[QuothBot]) -> None:
        """Say where I answer."""
        await respond_alone(interaction, self._where(interaction.guild_id))

    base = app_commands.Group(
        name="base",
        description="Whether I answer in this server from the common documents too.",
        guild_only=True,
        default_permissions=MANAGERS,
    )

    @base.command(name="on")
    async def base_on(self, interaction: discord.Interaction[QuothBot]) -> None:
        """Answer from the common documents, and from this server's own."""
        await self._set_base(interaction, is_on=True)

    @base.command(name="off")
    async def base_off(self, interaction: discord.Interaction[QuothBot]) -> None:
        """Answer from this server's own documents alone."""
        await self._set_base(interaction, is_on=False)

    async def _set_base(self, interaction: discord.Interaction[QuothBot], *, is_on: bool) -> None:
        await load_alone(interaction)
        bot, server_id = self._bot, required_server_id(interaction)
        await asyncio.to_thread(bot.servers.set_base, server_id, is_on=is_on)
        await bot.audit.note(interaction, "base_on" if is_on else "base_off")
        scope = bot.records.scope_of(server_id)
        bot.service.use_base(scope, is_on=is_on)
        counts = await asyncio.to_thread(scope_documents.counts, bot.service, scope)
        text = notice("base_on" if is_on else "base_off", own_documents=counts.own_documents)
        await show_response(interaction, content=text)

    @app_commands.command(name="status")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def status(self, interaction: discord.Interaction[QuothBot]) -> None:
        """How I am: the index, the time I am up, the questions of today."""
        await load_alone(interaction)
        bot = self._bot
        scope = bot.records.scope_of(required_server_id(interaction))
        today = await asyncio.to_thread(bot.answers.today, interaction.guild_id)
        counts = await asyncio.to_thread(scope_documents.counts, bot.service, scope)
        card = information_card(
            "status_title",
            "discord/status.md",
            generation=bot.service.generation,
            has_base=bot.service.uses_base(scope),
            may_add=bot.settings.max_documents > 0,
            documents=counts.documents,
            passages=counts.passages,
            own_generation=counts.own_generation,
            own_documents=counts.own_documents,
            own_passages=counts.own_passages,
            is_broken=bot.service.servers.is_broken(scope),
            is_held=Collection(bot.settings.collection(scope)).is_held(),
            collection=scope,
            up_s=time.monotonic() - bot.started,
            questions=today.questions,
            answered=today.answered,
            median_ms=1e3 * today.median_s,
            waiting=bot.queue.taken,
        )
        await show_response(interaction, view=layout(card))
