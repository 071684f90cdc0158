"""A server's own documents: `/documents`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import discord
from discord import app_commands

from bot.discord_app.choices import choices
from bot.discord_app.client import QuothBot
from bot.discord_app.delivery import deliver, load_alone, respond_alone
from bot.discord_app.document_changes import Note, Show
from bot.discord_app.limits import EXPIRED_TOKEN, MAX_CONTENT
from bot.discord_app.markdown import escape
from bot.discord_app.moderators import MANAGERS, ServerCog, add_menu, required_server_id
from bot.discord_app.progress import ProgressMessage
from bot.discord_app.rendering import notice
from bot.discord_app.unanswered import Waiting
from bot.discord_app.uploads import Upload
from index.provenance import MAX_URL_CHARS

MENU_NAME = "Add to documents"
_Interaction = discord.Interaction[QuothBot]
Change = Callable[[str, Show, Note], Awaitable[str]]


class Documents(ServerCog):
    """
    Commands of those who manage a server, about what it is answered from beside the base.

    Discord lets members use them who may manage the server, unless the server says otherwise under
    Integrations: that is left to Discord.
    """

    documents = app_commands.Group(
        name="documents",
        description="The documents that answers in this server come from, beside the common ones.",
        guild_only=True,
        default_permissions=MANAGERS,
    )

    def __init__(self, bot: QuothBot) -> None:
        """Change the documents of one bot's servers, and add the menu, as a cog does not."""
        self._bot = bot
        add_menu(bot, MENU_NAME, self._add_attached)

    @documents.command(name="add")
    @app_commands.describe(
        file="It is answered from in this server alone.",
        url="The address of a page, which is fetched as it is now.",
    )
    async def add(
        self,
        interaction: _Interaction,
        file: discord.Attachment | None = None,
        url: app_commands.Range[str, 1, MAX_URL_CHARS] | None = None,
        file2: discord.Attachment | None = None,
        file3: discord.Attachment | None = None,
        file4: discord.Attachment | None = None,
        file5: discord.Attachment | None = None,
        file6: discord.Attachment | None = None,
        file7: discord.Attachment | None = None,
        file8: discord.Attachment | None = None,
        file9: discord.Attachment | None = None,
        file10: discord.Attachment | None = None,
    ) -> None:
        """Add documents to this server; each takes the place of one that has its name."""
        given = (file, file2, file3, file4, file5, file6, file7, file8, file9, file10)
        files = [one for one in given if one is not None]
        if not files and url is None:
            await respond_alone(interaction, notice("nothing_to_add"))
            return
        await self._add(interaction, files, url)

    async def _add_attached(self, interaction: _Interaction, message: discord.Message) -> None:
        """Add what is attached to a message, after the changes before it."""
        required_server_id(interaction)
        if not message.attachments:
            await respond_alone(interaction, notice("no_attachments"))
            return
        await self._add(interaction, message.attachments, waits=True)

    async def _add(
        self,
        interaction: _Interaction,
        files: Sequence[discord.Attachment],
        url: str | None = None,
        *,
        waits: bool = False,
    ) -> None:
        uploads = [Upload.of(file) for file in files]
        changes = self._bot.changes
        await self._change(
            interaction,
            lambda scope, show, note: changes.add(scope, uploads, url, show, note),
            waits=waits,
        )

    @documents.command(name="remove")
    @app_commands.describe(name="One of this server's own documents.")
    async def remove(self, interaction: _Interaction, name: str) -> None:
        """Remove one of this server's documents."""
        changes = self._bot.changes
        await self._change(
            interaction, lambda scope, show, note: changes.remove(scope, name, show, note)
        )

    @remove.autocomplete("name")
    async def _names(
        self, interaction: _Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Name the server's documents."""
        scope = self._bot.records.collection(interaction.guild_id)
        if scope is None:
            return []
        return choices(await asyncio.to_thread(self._bot.changes.names, scope), current)

    @documents.command(name="rebuild")
    async def rebuild(self, interaction: _Interaction) -> None:
        """Read and index all of this server's documents again."""
        await self._change(interaction, self._bot.changes.rebuild)

    @documents.command(name="rollback")
    async def rollback(self, interaction: _Interaction) -> None:
        """Answer from this server's documents as they were before the last change."""
        changes = self._bot.changes
        await self._change(interaction, lambda scope, _, note: changes.roll_back(scope, note))

    async def _change(
        self, interaction: _Interaction, change: Change, *, waits: bool = False
    ) -> None:
        await change_documents(self._bot, interaction, change, waits=waits)


async def change_documents(
    bot: QuothBot, interaction: _Interaction, change: Change, *, waits: bool = False
) -> None:
    """Make one change, and tell the member alone how it goes and what came of it."""
    waiting = Waiting(
        interaction.id,
        interaction.channel_id or 0,
        "change",
        interaction.token,
        interaction.guild_id,
    )
    with bot.asking.in_flight():
        async with bot.unanswered.noted(waiting):
            await load_alone(interaction)
            told = _Told(interaction)
            text = await _change_in_turn(bot, interaction, change, told, waits=waits)
            await deliver(lambda: told.show(text))


async def _change_in_turn(
    bot: QuothBot, interaction: _Interaction, change: Change, told: "_Told", *, waits: bool
) -> str:
    """Make one change in its turn; return what to tell of it in the end."""
    scope = bot.records.scope_of(required_server_id(interaction))
    message = ProgressMessage(told.show)
    note = partial(bot.audit.note, interaction, began=bot.records.clock())
    if bot.changes.is_finishing(scope):
        message.show(notice("building", done=None, stage="wait"))
    async with message.running(), bot.changes.claim(scope, waits=waits) as is_free:
        if bot.asking.is_closing:
            return notice("closing")
        if not is_free:
            return notice("change_under_way")
        return await change(scope, message.show, note)


class _Told:
    """Where a member is told of a change: in the response, or later in a direct message."""

    def __init__(self, interaction: _Interaction) -> None:
        self._interaction = interaction
        self._message: discord.Message | None = None

    async def show(self, text: str) -> None:
        """Show a text in place of the one before."""
        if self._message is None:
            try:
                await self._interaction.edit_original_response(content=text[:MAX_CONTENT])
                return
            except discord.HTTPException as error:
                if error.code != EXPIRED_TOKEN:
                    raise
        guild = self._interaction.guild
        told = notice("change_told", server=escape(guild.name) if guild else "", text=text)
        if self._message is None:
            # Discord takes a message with the same nonce once.
            nonce = str(self._interaction.id)
            self._message = await self._interaction.user.send(told[:MAX_CONTENT], nonce=nonce)
        else:
            await self._message.edit(content=told[:MAX_CONTENT])
