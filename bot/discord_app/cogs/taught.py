"""Teaching from messages: the menu *Teach Quoth*, and `/taught`."""

import asyncio
import io
import logging
import zipfile
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.database import DatabaseError
from bot.discord_app.cards import MessageCard
from bot.discord_app.client import QuothBot
from bot.discord_app.cogs.documents import change_documents
from bot.discord_app.consent import ask_author, message_text, today
from bot.discord_app.delivery import (
    UNREACHED,
    deliver,
    failures_logged,
    load_alone,
    respond_alone,
    show_response,
)
from bot.discord_app.forms import Form, open_form
from bot.discord_app.limits import MAX_CHOICE, MAX_CHOICES
from bot.discord_app.list_cards import taught_card
from bot.discord_app.list_pages import page_among, show_list
from bot.discord_app.markdown import escape
from bot.discord_app.moderators import MANAGERS, ServerCog, add_menu, required_server_id
from bot.discord_app.posts import questions_in
from bot.discord_app.rendering import label, notice
from bot.discord_app.taught import MAX_QUESTION_CHARS, MessageAt, Taught
from index.shortening import shorten
from prompts.printing import one_line

_Interaction = discord.Interaction[QuothBot]
_log = logging.getLogger(__name__)

MENU_NAME = "Teach Quoth"
EXPORT_NAME = "taught.zip"
PAGE_TAUGHT = 10
# Messages whose form is open; of the others, a form that is filled in asks Discord.
MAX_OPENED = 100
# Requests to authors that are known to go with their message; the others go when somebody presses a
# button below.
MAX_REQUESTS = 1_000
# Until a form has to be open, three seconds after the menu was used.
_FETCH_S = 1.0


class TaughtAnswers(ServerCog):
    """
    The menu entry and the commands with which members teach.

    Discord gives them to members who may manage the server, and to the roles that the server names
    under Integrations.
    """

    taught = app_commands.Group(
        name="taught",
        description="Messages that I was taught as answers in this server.",
        guild_only=True,
        default_permissions=MANAGERS,
    )

    def __init__(self, bot: QuothBot) -> None:
        """Teach one bot."""
        self._bot = bot
        bot.lists["taught"] = self._page
        add_menu(bot, MENU_NAME, self._open_form)
        self._opened: OrderedDict[int, discord.Message] = OrderedDict()
        """Messages whose form was opened here, by id: Discord shows them with the menu alone."""
        self._requests: OrderedDict[int, list[discord.Message]] = OrderedDict()
        """What authors were asked by here, by the message about which; it shows all of that."""

    async def cog_load(self) -> None:
        """Have the bot know the forms."""
        self._bot.forms.add(
            r"quoth:form:(teach|edit):(\d{1,20}):(\d{1,20}):([0-9a-f]{24})",
            lambda match: self._question_form(match[1], int(match[2]), int(match[3]), match[4]),
        )

    async def _open_form(self, interaction: _Interaction, message: discord.Message) -> None:
        at = MessageAt(required_server_id(interaction), message.channel.id, message.id)
        refused = None
        if message.author.bot:
            refused = notice("teach_program")
        elif not message.content.strip():
            refused = notice("no_text")
        if refused is not None:
            await respond_alone(interaction, refused)
            return
        self._opened[message.id] = message
        if len(self._opened) > MAX_OPENED:
            self._opened.popitem(last=False)
        prefilled = await self._question_before(message)
        await open_form(interaction, self._form("teach", at, interaction.user.id, prefilled))

    def _form(self, kind: str, at: MessageAt, user_id: int, question: str) -> "_QuestionForm":
        """The form that asks a member which question a message answers."""
        proof = self._bot.records.proof(kind, at, user_id)
        return self._question_form(kind, at.channel_id, at.id, proof, question)

    def _question_form(
        self, kind: str, channel_id: int, message_id: int, proof: str, question: str = ""
    ) -> "_QuestionForm":
        custom_id = f"quoth:form:{kind}:{channel_id}:{message_id}:{proof}"

        async def then(interaction: _Interaction, question: str) -> None:
            at = MessageAt(required_server_id(interaction), channel_id, message_id)
            # Discord lets use the commands that open it only some, of whom this has to be one.
            if proof != self._bot.records.proof(kind, at, interaction.user.id):
                await respond_alone(interaction, notice("not_your_form"))
            elif kind == "teach":
                await self._teach(interaction, at, question)
            else:
                await self._change(interaction, at, question)

        return _QuestionForm(custom_id, question, then)

    async def _question_before(self, message: discord.Message) -> str:
        """The question that a message replies to, as far as Discord shows it."""
        reference = message.reference
        if reference is None or reference.message_id is None:
            return ""
        text = ""
        if isinstance(reference.resolved, discord.Message):
            text = message_text(reference.resolved)
        elif self._bot.settings.message_content:
            try:
                async with asyncio.timeout(_FETCH_S):
                    replied = await message.channel.fetch_message(reference.message_id)
                    text = message_text(replied)
            except (discord.DiscordException, *UNREACHED):
                return ""
        return shorten(one_line(next(iter(questions_in(text)), text)), MAX_QUESTION_CHARS)

    async def _teach(self, interaction: _Interaction, at: MessageAt, question: str) -> None:
        message = self._opened.get(at.id) or await self._shown(interaction, at)
        if message is None:
            await respond_alone(interaction, notice("teach_again", question=escape(question)))
            return
        if message.author.id != interaction.user.id:
            await load_alone(interaction)

            async def noted(request: discord.Message) -> None:
                self._requests.setdefault(at.id, []).append(request)
                if len(self._requests) > MAX_REQUESTS:
                    self._requests.popitem(last=False)
                # Whoever heard of its deletion before found no request to delete.
                if await self._bot.teaching.is_gone(at):
                    await self._let_go({at.id})
                await self._bot.audit.note(interaction, "author_asked", at.channel)

            text = await ask_author(message, question, str(interaction.id), noted)
            await show_response(interaction, content=text)
            return
        taught = Taught(
            at,
            question,
            message_text(message),
            message.created_at.date(),
            self._bot.records.hashed(message.author.id),
            notice("consent_of_author", day=today()),
            self._bot.records.clock(),
        )
        await self._keep(interaction, taught)

    async def _shown(self, interaction: _Interaction, at: MessageAt) -> discord.Message | None:
        """A message whose form was opened before a restart, if Discord shows what it says."""
        channel = interaction.channel
        if not isinstance(channel, discord.abc.Messageable):
            return None
        try:
            async with asyncio.timeout(_FETCH_S):
                message = await channel.fetch_message(at.id)
        except (discord.DiscordException, *UNREACHED):
            return None
        return message if message.content.strip() else None

    async def _change(self, interaction: _Interaction, at: MessageAt, question: str) -> None:
        found = await self._find(interaction, at.document)
        if found is not None:
            await self._keep(interaction, replace(found, question=question))

    async def _keep(self, interaction: _Interaction, taught: Taught) -> None:
        teaching = self._bot.teaching
        await change_documents(
            self._bot,
            interaction,
            lambda scope, show, note: teaching.teach(scope, taught, show, note),
            # Whoever typed a question can't send it again: its form has gone.
            waits=True,
        )

    @taught.command(name="list")
    async def list_taught(self, interaction: _Interaction) -> None:
        """List the messages that I was taught in this server."""
        await show_list(interaction, self._bot, "taught")

    def _page(self, server_id: int, wanted: int) -> tuple[MessageCard, int, int]:
        taught = self._bot.teaching.all(self._bot.records.scope_of(server_id))
        page, pages = page_among(wanted, len(taught), PAGE_TAUGHT)
        shown = taught[page * PAGE_TAUGHT : (page + 1) * PAGE_TAUGHT]
        return taught_card(shown, page, pages, len(taught)), page, pages

    @taught.command(name="edit")
    @app_commands.describe(answer="The question that it answers.")
    async def edit(self, interaction: _Interaction, answer: str) -> None:
        """Change the question of a taught message; its words stay its author's."""
        found = await self._find(interaction, answer)
        if found is not None:
            user_id = interaction.user.id
            await open_form(interaction, self._form("edit", found.message, user_id, found.question))

    @taught.command(name="remove")
    @app_commands.describe(answer="The question that it answers.")
    async def remove(self, interaction: _Interaction, answer: str) -> None:
        """Forget a taught message."""
        found = await self._find(interaction, answer)
        if found is not None:
            teaching = self._bot.teaching
            await change_documents(
                self._bot,
                interaction,
                lambda scope, show, note: teaching.remove(scope, found, show, note),
            )

    @taught.command(name="export")
    async def export(self, interaction: _Interaction) -> None:
        """Get all taught messages as files."""
        await load_alone(interaction)
        taught = await asyncio.to_thread(self._bot.teaching.all, self._scope(interaction))
        if not taught:
            await show_response(interaction, content=notice("nothing_taught"))
            return
        archive = await asyncio.to_thread(_zipped, taught)
        # Each try sends a file of its own, which is read to its end.
        await deliver(
            lambda: interaction.edit_original_response(
                attachments=[discord.File(io.BytesIO(archive), EXPORT_NAME)]
            )
        )

    def _scope(self, interaction: discord.Interaction[Any]) -> str:
        return self._bot.records.scope_of(required_server_id(interaction))

    async def _find(self, interaction: _Interaction, name: str) -> Taught | None:
        """A taught answer; None after saying that there is none."""
        found = await asyncio.to_thread(self._bot.teaching.find, self._scope(interaction), name)
        if found is None:
            await respond_alone(interaction, notice("no_such_answer"))
        return found

    @edit.autocomplete("answer")
    @remove.autocomplete("answer")
    async def _answers(
        self, interaction: _Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        """Name the questions of what was taught; none while the records are away."""
        try:
            taught = await asyncio.to_thread(self._bot.teaching.all, self._scope(interaction))
        except DatabaseError:
            return []
        return [
            app_commands.Choice(name=one.question[:MAX_CHOICE], value=one.message.document)
            for one in taught
            if current.casefold() in one.question.casefold()
        ][:MAX_CHOICES]

    # What is held here of a message goes with it.

    @commands.Cog.listener()
    async def on_raw_message_delete(self, deleted: discord.RawMessageDeleteEvent) -> None:
        """Forget a message that was deleted."""
        await self._let_go({deleted.message_id})

    @commands.Cog.listener()
    async def on_raw_bulk_message_delete(self, deleted: discord.RawBulkMessageDeleteEvent) -> None:
        """Forget messages that were deleted together."""
        await self._let_go(deleted.message_ids)

    async def _let_go(self, gone: set[int]) -> None:
        for message_id in gone:
            self._opened.pop(message_id, None)
            for request in self._requests.pop(message_id, ()):
                # Its author, or a moderator, may have said no.
                with failures_logged(_log, "request_not_deleted"), suppress(discord.NotFound):
                    await deliver(request.delete)


def _zipped(taught: list[Taught]) -> bytes:
    """The documents in one archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for one in taught:
            file.writestr(one.message.document, one.file())
    return archive.getvalue()


class _QuestionForm(Form):
    """Asks which question a message answers."""

    def __init__(
        self,
        custom_id: str,
        question: str,
        then: Callable[[_Interaction, str], Awaitable[None]],
    ) -> None:
        super().__init__(label("teach_title"), custom_id)
        self.field: ui.TextInput[_QuestionForm] = ui.TextInput(
            custom_id="question", default=question, max_length=MAX_QUESTION_CHARS
        )
        self.add_item(ui.Label(text=label("question_field"), component=self.field))
        self._then = then

    async def on_submit(self, interaction: _Interaction) -> None:  # type: ignore[override]  # as it is sent
        """Go on with the question."""
        question = one_line(self.field.value)
        if question:
            await self._then(interaction, question)
        else:
            await respond_alone(interaction, notice("no_question"))
