"""Taught answers of servers: found, written, and deleted with their messages and their authors."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import Any

import discord

from bot.discord_app.delivery import UNREACHED
from bot.discord_app.document_changes import Changes, Note, Show
from bot.discord_app.records import Records, once_reached
from bot.discord_app.rendering import notice
from bot.discord_app.taught import MessageAt, Taught
from bot.discord_app.taught_store import TaughtStore
from bot.event_log import event
from bot.serving.build_process import Built

_log = logging.getLogger(__name__)

# Where a file can't be deleted, or an index not be made, it is tried again after so long.
DELETE_AGAIN_S = (10.0, 60.0, 300.0)


class Teaching:
    """What is taught, and what is forgotten of it."""

    def __init__(
        self,
        records: Records,
        taught: TaughtStore,
        changes: Changes,
        channel: Callable[[int], discord.abc.Messageable],
    ) -> None:
        """
        Take what others remember and change.

        Args:
            records: Who is called what.
            taught: What was taught.
            changes: What changes documents.
            channel: A channel of Discord by its id, in which messages are looked for.
        """
        self._records = records
        self._taught = taught
        self._changes = changes
        self._channel = channel
        self._deletions: set[asyncio.Task[None]] = set()

    def find(self, scope: str, name: str) -> Taught | None:
        """A taught answer by the name of its document; blocks for the records."""
        return self._taught.find(scope, name)

    def all(self, scope: str) -> list[Taught]:
        """The taught answers of a server, the newest message first; blocks for the records."""
        return self._taught.all(scope)

    async def scopes_among(self, scopes: Sequence[str]) -> list[str]:
        """Those of some servers' collections that were taught something, once that can be known."""
        return await once_reached(lambda: asyncio.to_thread(self._taught.scopes_among, scopes))

    async def messages(self, scope: str) -> list[MessageAt]:
        """The messages that a server was taught, once that can be known."""
        return await once_reached(
            lambda: asyncio.to_thread(self._taught.messages, scope), collection=scope
        )

    async def is_gone(self, message: MessageAt) -> bool:
        """Whether a message was deleted; False where Discord does not say."""
        try:
            await self._channel(message.channel_id).fetch_message(message.id)
        except discord.NotFound:
            return True
        except (discord.DiscordException, *UNREACHED) as error:
            event(_log, "message_unknown", logging.WARNING, error=type(error).__name__)
        return False

    async def teach(self, scope: str, taught: Taught, show: Show, note: Note) -> str:
        """
        Keep a taught answer, in place of one of the same message; returns what to tell.

        Args:
            scope: The server's collection.
            taught: What is kept, unless its message is deleted or its author forgotten meanwhile.
            show: Shows how far it is.
            note: Writes down what a member did.
        """

        async def noted() -> None:
            await note("taught", taught.message.channel)

        async def is_gone() -> bool:
            return await self.is_gone(taught.message)

        return await self._changes.teach(scope, taught, notice("taught"), show, noted, is_gone)

    async def remove(self, scope: str, taught: Taught, show: Show, note: Note) -> str:
        """Delete a taught answer; returns what to tell."""
        await note("untaught", taught.message.channel)
        name, done = taught.message.document, notice("untaught")
        return await self._changes.take_back(scope, [name], done, show)

    def forget_messages(self, server_id: int, is_gone: Callable[[MessageAt], bool]) -> None:
        """Forget, soon, messages of a server that are gone."""
        scope = self._scope(server_id)

        async def names() -> list[str]:
            return [one.document for one in await self.messages(scope) if is_gone(one)]

        self._soon(self._delete(scope, names))

    async def forget_gone(
        self, server_id: int, may_be_gone: Callable[[MessageAt], bool] = lambda _: True
    ) -> None:
        """
        Forget, soon, the messages of a server that Discord has no longer.

        Args:
            server_id: The server.
            may_be_gone: Which of the messages Discord is asked for.
        """
        gone = set()
        for message in await self.messages(self._scope(server_id)):
            if may_be_gone(message) and await self.is_gone(message):
                gone.add(message)
        if gone:
            self.forget_messages(server_id, gone.__contains__)

    def forget_documents(self, forgotten: Iterable[MessageAt]) -> None:
        """Delete, soon, what was made of messages that are forgotten."""
        by_scope: dict[str, list[str]] = {}
        for message in forgotten:
            by_scope.setdefault(self._scope(message.server_id), []).append(message.document)
        for scope, found in by_scope.items():

            async def names(found: list[str] = found) -> list[str]:
                return found

            self._soon(self._delete(scope, names))

    def _scope(self, server_id: int) -> str:
        scope = self._records.collection(server_id)
        assert scope is not None  # noqa: S101 - a server has one
        return scope

    def _soon(self, deleting: Coroutine[Any, Any, None]) -> None:
        deletion = asyncio.create_task(deleting)
        self._deletions.add(deletion)
        deletion.add_done_callback(self._deletions.discard)

    async def _delete(self, scope: str, names: Callable[[], Awaitable[Sequence[str]]]) -> None:
        """Delete documents, once no other change of the server's is under way."""
        found = await names()
        if not found:
            return
        is_removed = False
        for pause_s in (0.0, *DELETE_AGAIN_S):
            await asyncio.sleep(pause_s)
            async with self._changes.turn(scope):
                # Once only: a message may be taught anew before the index is made.
                is_removed = is_removed or await self._is_removed(scope, found)
                if is_removed and await self._is_indexed_without(scope, found):
                    return
        event(_log, "not_forgotten", logging.ERROR, collection=scope, documents=len(found))

    async def _is_removed(self, scope: str, names: Sequence[str]) -> bool:
        refused = await once_reached(
            lambda: self._changes.remove_taught(scope, names), collection=scope
        )
        return refused is None

    async def _is_indexed_without(self, scope: str, names: Sequence[str]) -> bool:
        """Whether an index without documents was made, or none is made any more."""
        built = await self._changes.index(scope, names)
        # They were answered from until now.
        await once_reached(lambda: self._changes.forget_quoted(scope, names), collection=scope)
        return isinstance(built, Built) or built.reason == "closed"
