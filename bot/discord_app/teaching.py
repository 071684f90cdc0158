"""Taught answers of servers: found, written, and deleted with their messages and their authors."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from bot.collection_names import collections_in, server_of
from bot.discord_app.document_changes import Changes, Note, Show
from bot.discord_app.records import Records, once_reached
from bot.discord_app.rendering import notice
from bot.discord_app.taught import MessageAt, Taught, message_of, read_taught
from bot.settings import Settings

# Until another process has changed the same server's documents.
CLAIM_PAUSE_S = 2.0


class Teaching:
    """What is taught; the documents themselves are all that it keeps."""

    def __init__(self, settings: Settings, records: Records, changes: Changes) -> None:
        """Take where collections are, who is called what, and what changes documents."""
        self._settings = settings
        self._records = records
        self._changes = changes
        self._deletions: set[asyncio.Task[None]] = set()

    def messages(self, scope: str) -> list[MessageAt]:
        """The messages that a server was taught; blocks for the folder."""
        found = map(message_of, self._changes.names(scope))
        return [message for message in found if message is not None]

    def find(self, scope: str, name: str) -> Taught | None:
        """A taught answer by the name of its document; blocks for the file."""
        content = self._changes.read(scope, name)
        return read_taught(name, content) if content is not None else None

    def all(self, scope: str) -> list[Taught]:
        """The taught answers of a server, the newest message first; blocks for the files."""
        newest = sorted(self.messages(scope), key=lambda message: -message.id)
        found = (self.find(scope, message.document) for message in newest)
        return [taught for taught in found if taught is not None]

    async def teach(
        self, scope: str, taught: Taught, show: Show, note: Note, *, agreed: float
    ) -> str:
        """
        Keep a taught answer, in place of one of the same message; returns what to tell.

        Args:
            scope: The server's collection.
            taught: What is kept, unless its author is forgotten meanwhile.
            show: Shows how far it is.
            note: Writes down what a member did.
            agreed: When its author agreed, or what is changed was read; in seconds since 1970.
        """

        async def noted() -> None:
            await note("taught", taught.message.channel)

        name, done = taught.message.document, notice("taught")
        told = await self._changes.write(scope, name, taught.file(), done, show, noted)
        self._soon(self._delete_if_forgotten(scope, taught, agreed))
        return told

    async def _delete_if_forgotten(self, scope: str, taught: Taught, since: float) -> None:
        """Delete what is written by now if its author was forgotten after a time."""
        # Whoever forgets an author has noted that before looking for what there is of them.
        looked = partial(self._records.was_forgotten, taught.author, since)
        if await once_reached(lambda: asyncio.to_thread(looked), collection=scope):
            await self._delete(scope, lambda: [taught.message.document])

    async def remove(self, scope: str, taught: Taught, show: Show, note: Note) -> str:
        """Delete a taught answer; returns what to tell."""
        await note("untaught", taught.message.channel)
        name, done = taught.message.document, notice("untaught")
        return await self._changes.take_back(scope, [name], done, show)

    def forget_messages(self, server_id: int, is_gone: Callable[[MessageAt], bool]) -> None:
        """Delete, soon, what was made of messages of a server that are gone."""
        scope = self._records.collection(server_id)
        assert scope is not None  # noqa: S101 - a server has one

        def names() -> list[str]:
            return [one.document for one in self.messages(scope) if is_gone(one)]

        self._soon(self._delete(scope, names))

    async def forget_author(self, user_id: int) -> int:
        """Delete, soon, what a member has written, in every server; returns how much that is."""
        author = self._records.hashed(user_id)
        scopes = await asyncio.to_thread(collections_in, self._settings.collections)
        count = 0
        for scope in scopes:
            if server_of(scope) is not None:
                taught = await asyncio.to_thread(self.all, scope)
                names = [one.message.document for one in taught if one.author == author]
                count += len(names)
                if names:
                    self._soon(self._delete(scope, partial(list, names)))
        return count

    def _soon(self, deleting: Coroutine[Any, Any, None]) -> None:
        deletion = asyncio.create_task(deleting)
        self._deletions.add(deletion)
        deletion.add_done_callback(self._deletions.discard)

    async def _delete(self, scope: str, names: Callable[[], Iterable[str]]) -> None:
        """Delete documents, once no other change of the server's is under way."""
        found = [*await asyncio.to_thread(names)]
        while found:
            async with self._changes.claim(scope, waits=True) as is_free:
                if is_free:
                    await self._changes.take_back(scope, found, "", lambda _: None)
                    return
            await asyncio.sleep(CLAIM_PAUSE_S)
