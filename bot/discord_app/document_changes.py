"""Changing a server's own documents: one change at a time, each said in words when it is done."""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from discord.ext import commands

from bot.collection_builds import preview_collection, roll_back_collection
from bot.database import DatabaseError
from bot.discord_app.audit import Action
from bot.discord_app.document_intake import (
    Intake,
    KeptDocument,
    not_written,
    shown_name,
    shown_reason,
)
from bot.discord_app.filenames import safe_name
from bot.discord_app.records import once_reached
from bot.discord_app.rendering import notice
from bot.discord_app.taught import Taught
from bot.discord_app.taught_store import TaughtStore
from bot.discord_app.uploads import Upload
from bot.event_log import event
from bot.serving.build_process import Built, NotBuilt, Progress
from bot.serving.build_queue import Builds
from bot.serving.own_documents import OwnDocuments
from bot.settings import Settings
from index.errors import IndexingError, IndexMissingError
from index.store import Collection
from prompts.printing import Shown

_log = logging.getLogger(__name__)

# What is told of files that were refused; the names of the others stand beside it.
REFUSALS_CHARS = 800

# Until another process has changed the same server's documents.
CLAIM_PAUSE_S = 2.0

Show = Callable[[str], None]
Note = Callable[[Action, str], Awaitable[None]]
"""Writes down what a member did, and to which document."""

Noted = Callable[[], Awaitable[None]]
"""Writes down a change that was made."""


class Changes:
    """
    Changes the own documents of servers, each by the name of its collection.

    Every method returns what to tell the member who asked for the change. What documents are called
    is told to that member and to nobody else: the log has counts and sizes only.
    """

    def __init__(
        self,
        settings: Settings,
        builder: Builds,
        taught: TaughtStore,
        forget: Callable[[str, str], None],
    ) -> None:
        """
        Take the limits, what indexes, what was taught, and what forgets.

        Args:
            settings: All of them.
            builder: Indexes a collection.
            taught: Makes documents of what servers were taught.
            forget: Takes what is quoted from a document of a collection out of what is remembered.
        """
        self._settings = settings
        self._taught = taught
        self._builder = builder
        self._forget = forget
        self._intake = Intake(settings)
        self._under_way: set[str] = set()
        self._finishing: set[str] = set()
        """Those of them that nobody who waits for an answer has begun."""
        self._forgetting: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Condition()
        self._cooldowns: commands.CooldownMapping[str] = commands.CooldownMapping.from_cooldown(
            settings.cooldown_builds, settings.cooldown_builds_s, lambda scope: scope
        )

    @asynccontextmanager
    async def claim(self, scope: str, *, waits: bool = False) -> AsyncIterator[bool]:
        """
        Whether a change of a server may begin: none is under way until the block ends.

        What is finished after a start is waited for: no member of the server began it.

        Args:
            scope: The scope of the server.
            waits: Wait for the end of other members' changes, too, if they were begun here.
        """
        before = self._under_way if waits else self._finishing
        async with self._ended:
            await self._ended.wait_for(lambda: scope not in before)
            is_locked = Collection(self._settings.collection(scope)).lock.is_locked()
            is_free = scope not in self._under_way and not is_locked
            if is_free:
                self._under_way.add(scope)
        try:
            yield is_free
        finally:
            if is_free:
                self._under_way.remove(scope)
                async with self._ended:
                    self._ended.notify_all()

    @asynccontextmanager
    async def turn(self, scope: str) -> AsyncIterator[None]:
        """Wait until no process changes a server; none does, from here, until the block ends."""
        while True:
            async with self.claim(scope, waits=True) as is_free:
                if is_free:
                    self._finishing.add(scope)
                    try:
                        yield
                    finally:
                        self._finishing.remove(scope)
                    return
            await asyncio.sleep(CLAIM_PAUSE_S)

    def is_finishing(self, scope: str) -> bool:
        """Whether a change waits for what no member has begun."""
        return scope in self._finishing

    def names(self, scope: str) -> list[str]:
        """The names of a server's documents; blocks for the folder."""
        return self._own(scope).names()

    def _own(self, scope: str) -> OwnDocuments:
        return OwnDocuments(self._settings.documents(scope))

    async def add(
        self, scope: str, uploads: Sequence[Upload], url: str | None, show: Show, note: Note
    ) -> str:
        """
        Check files, keep those that can be read, and index them together.

        Args:
            scope: The server's collection.
            uploads: Files that Discord has.
            url: The address of a page that is fetched, too.
            show: Shows how far it is.
            note: Called for each that is kept.
        """
        own = self._own(scope)
        sizes = await asyncio.to_thread(own.sizes)
        wanted: list[tuple[str, Upload]] = []
        refused: list[tuple[str, str]] = []
        for upload in uploads:
            name = safe_name(upload.name)
            reason = self._reserved(scope, name) or self._intake.wrong_type(name)
            if reason is not None:
                refused.append((name, reason))
                continue
            wanted.append((name, upload))
        too_soon = self._too_soon(scope) if wanted or url else None
        if too_soon is not None:
            return self._refused(scope, too_soon)
        kept: list[KeptDocument] = []
        await asyncio.to_thread(own.sweep)
        for name, upload in wanted:
            show(notice("document_reading", name=shown_name(name)))
            # Files that were refused take no place, and those that got smaller leave some.
            one = self._intake.too_much(
                name, upload.size, sizes
            ) or await self._intake.fetch_upload(scope, own, name, upload)
            if isinstance(one, KeptDocument):
                kept.append(one)
                sizes[name] = one.size
            else:
                refused.append((name, one))
        if url is not None:
            show(notice("document_reading", name=shown_name(url)))
            one = await self._intake.fetch_page(scope, own, url, sizes)
            if isinstance(one, KeptDocument):
                kept.append(one)
            else:
                refused.append((url, one))
        refusals = _refusals(refused, len(uploads) + (url is not None))
        if not kept:
            return self._refused(scope, refusals)

        async def noted() -> None:
            for one in kept:
                await note(one.kind, one.name)

        done = " ".join(notice(f"document_{one.kind}", name=shown_name(one.name)) for one in kept)
        told = Shown(f"{refusals}\n{done}" if refusals else done)
        return await self._index(scope, own, kept, told, show, noted)

    async def teach(
        self,
        scope: str,
        taught: Taught,
        done: str,
        show: Show,
        noted: Noted,
        is_gone: Callable[[], Awaitable[bool]],
    ) -> str:
        """
        Keep what a server is taught, in place of what was kept of the same message, and index it.

        Args:
            scope: The server's collection.
            taught: What is kept, unless its author is forgotten meanwhile.
            done: What to tell once it is kept.
            show: Shows how far it is.
            noted: Called once it is indexed.
            is_gone: Whether its message was deleted.
        """
        own = self._own(scope)
        name, content = taught.message.document, taught.file()
        sizes = await asyncio.to_thread(own.sizes)
        refused = self._intake.too_much(name, len(content), sizes) or self._too_soon(scope)
        if refused is not None:
            return self._refused(scope, refused)
        await asyncio.to_thread(own.sweep)
        unreadable = await self._intake.unreadable(scope, own, name, content)
        if unreadable is not None:
            return self._refused(scope, unreadable)
        before = await asyncio.to_thread(self._taught.find, scope, name)
        if not await asyncio.to_thread(self._taught.keep, taught):
            return self._refused(scope, notice("author_forgotten"))
        # Whoever heard of its deletion before found no row of it to delete.
        if await is_gone():
            return await self.take_back(scope, [name], notice("taught_gone"), show)
        built = await self._build(scope, show, done, size=len(content))
        if isinstance(built, NotBuilt) and built.is_refused:
            await asyncio.to_thread(self._teach_instead, scope, name, before)
            return self._refused(scope, self._told(built, None))
        await noted()
        is_kept = await asyncio.to_thread(self._is_kept, scope, name)
        return self._told(built, done) if is_kept else notice("author_forgotten")

    def _is_kept(self, scope: str, name: str) -> bool:
        """Whether a message that was taught is not forgotten yet, as far as that can be known."""
        with suppress(DatabaseError):
            return self._taught.find(scope, name) is not None
        return True

    def _teach_instead(self, scope: str, name: str, before: Taught | None) -> None:
        """Keep what was kept of a message before, or nothing; its document is as it was."""
        if before is None:
            self._taught.remove(scope, [name])
        else:
            self._taught.keep(before)
        self._write_taught(scope)

    async def _index(
        self,
        scope: str,
        own: OwnDocuments,
        kept: Sequence[KeptDocument],
        done: str,
        show: Show,
        noted: Noted,
    ) -> str:
        """Index what was kept, or take it back; `done` says what was."""
        built = await self._build(scope, show, done, size=sum(one.size for one in kept))
        if isinstance(built, NotBuilt) and built.is_refused:
            for one in reversed(kept):
                await asyncio.to_thread(own.put_back, one.name, one.before)
            return self._refused(scope, self._told(built, None))
        await noted()
        return self._told(built, done)

    def _too_soon(self, scope: str) -> str | None:
        """Why a server's next build has to wait; it counts from when it may."""
        wait_s = self._cooldowns.update_rate_limit(scope)
        return None if wait_s is None else notice("build_cooldown", seconds=math.ceil(wait_s))

    async def remove(self, scope: str, name: str, show: Show, note: Note) -> str:
        """Delete a document, and its passages from the index."""
        if name not in await asyncio.to_thread(self._own(scope).names):
            return self._refused(scope, notice("no_such_document", name=shown_name(name)))
        refused = self._too_soon(scope)
        if refused is not None:
            return self._refused(scope, refused)
        # First, as documents are made of what was taught.
        await asyncio.to_thread(self._taught.remove, scope, [name])
        try:
            was_there = await asyncio.to_thread(self._own(scope).remove, name)
        except OSError as error:
            return not_written(scope, error)
        if not was_there:
            return self._refused(scope, notice("no_such_document", name=shown_name(name)))
        event(_log, "document_removed", collection=scope)
        await note("removed", name)
        with suppress(DatabaseError):
            await asyncio.to_thread(self._forget, scope, name)
        done = notice("document_removed", name=shown_name(name))
        return self._told(await self._index_without(scope, [name], done, show), done)

    async def take_back(self, scope: str, names: Sequence[str], done: str, show: Show) -> str:
        """Forget what a server was taught, by document, however often there was a change before."""
        refused = await self.remove_taught(scope, names)
        return refused or self._told(await self._index_without(scope, names, done, show), done)

    async def remove_taught(self, scope: str, names: Sequence[str]) -> str | None:
        """Delete what a server was taught, which is answered from until it is indexed again."""
        await asyncio.to_thread(self._taught.remove, scope, names)
        try:
            for name in names:
                await asyncio.to_thread(self._own(scope).remove, name)
        except OSError as error:
            return not_written(scope, error)
        event(_log, "documents_taken_back", collection=scope, documents=len(names))
        with suppress(DatabaseError):
            await self.forget_quoted(scope, names)
        return None

    async def _index_without(
        self, scope: str, names: Sequence[str], done: str, show: Show
    ) -> Built | NotBuilt:
        """Index a server's documents once some were removed; nobody can quote these then."""
        built = await self._build(scope, show, done, without=names)
        # They were answered from until now. What can't be forgotten even now is an error.
        await self._forget_in_the_end(scope, names)
        return built

    async def index(self, scope: str, without: Sequence[str] = ()) -> Built | NotBuilt:
        """
        Index a server's documents as they are now, while nobody waits for it.

        Args:
            scope: The server's collection.
            without: Documents of which the caller forgets, after that, what is quoted.
        """
        return await self._build(scope, lambda _: None, None, without=without)

    async def forget_quoted(self, scope: str, names: Sequence[str]) -> None:
        """
        Take what is quoted from documents out of what is remembered.

        Raises:
            DatabaseError: If that failed. It may be done already for some of them.
        """
        for name in names:
            await asyncio.to_thread(self._forget, scope, name)

    async def _forget_in_the_end(self, scope: str, names: Sequence[str]) -> None:
        """As `forget_quoted`, and again once the records can be reached, if that failed."""
        try:
            await self.forget_quoted(scope, names)
        except DatabaseError:
            forgetting = asyncio.create_task(
                once_reached(lambda: self.forget_quoted(scope, names), collection=scope)
            )
            self._forgetting.add(forgetting)
            forgetting.add_done_callback(self._forgetting.discard)
            raise

    async def rebuild(self, scope: str, show: Show, note: Note) -> str:
        """Read and encode everything again."""
        if not await asyncio.to_thread(self._has_any, scope):
            return self._refused(scope, notice("no_own_documents"))
        refused = self._too_soon(scope)
        if refused is not None:
            return self._refused(scope, refused)
        await note("rebuilt", "")
        size = sum((await asyncio.to_thread(self._own(scope).sizes)).values())
        built = await self._build(scope, show, None, rebuild=True, size=size)
        return self._told(built, notice("rebuilt") if isinstance(built, Built) else None)

    def _has_any(self, scope: str) -> bool:
        """Whether there is a document, or an index of some that are gone."""
        with suppress(IndexingError):
            return bool(Collection(self._settings.collection(scope)).current())
        return bool(self.names(scope))

    async def _build(
        self,
        scope: str,
        show: Show,
        done: str | None,
        *,
        size: int = 0,
        rebuild: bool = False,
        without: Sequence[str] = (),
    ) -> Built | NotBuilt:
        """
        Index, with what the server was taught; show how far it is after what is done already.

        What is quoted of documents that are gone is forgotten, but for those in `without`: their
        quotes are the caller's to forget.
        """
        await asyncio.to_thread(self._write_taught, scope)
        own = self._own(scope)
        unsettled = await asyncio.to_thread(own.unsettled)
        removed = await asyncio.to_thread(self._removed, scope)
        show(notice("building", done=done, stage="start", count=0, total=0))

        def progress(now: Progress) -> None:
            show(notice("building", done=done, stage=now.stage, count=now.done, total=now.total))

        built = await self._builder.build(scope, rebuild=rebuild, size=size, progress=progress)
        # What was not built may still be refused.
        if isinstance(built, Built):
            for _, before in unsettled:
                await asyncio.to_thread(own.settle, before)
            # One of them may be left of a removal that was cut short, which nobody sees afterwards.
            with suppress(DatabaseError):
                await self._forget_in_the_end(scope, [one for one in removed if one not in without])
        return built

    def _removed(self, scope: str) -> Sequence[str]:
        """The documents in a server's index that are no longer there."""
        with suppress(IndexingError):
            return preview_collection(self._settings, scope).changes.removed
        return ()

    def _write_taught(self, scope: str) -> None:
        """Make documents of what the server was taught; what fails is done at the next change."""
        try:
            self._taught.write_documents(scope, self._settings.documents(scope))
        except DatabaseError as away:
            event(_log, "taught_not_read", logging.WARNING, collection=scope, reason=away.reason)
        except OSError as error:
            not_written(scope, error)

    def _reserved(self, scope: str, name: str) -> str | None:
        """Why a document that a member gives can't have its name, if that is kept for another."""
        if self._taught.owns(scope, name):
            return notice("document_name_of_taught", name=shown_name(name))
        return None

    def _told(self, built: Built | NotBuilt, done: str | None) -> str:
        """What came of a build, after what was done before it."""
        if isinstance(built, Built):
            return notice("built", done=done, **_described(built))
        return notice(
            f"build_{built.reason}",
            done=done,
            passages=built.passages,
            most=built.most,
            minutes=math.ceil(self._settings.build_limit_s / 60),
        )

    async def roll_back(self, scope: str, note: Note) -> str:
        """Answer from the generation before."""
        try:
            generation = await asyncio.to_thread(
                roll_back_collection, self._settings, scope, lambda _: None
            )
        except IndexMissingError:
            return self._refused(scope, notice("nothing_before"))
        except IndexingError as error:
            event(
                _log,
                "not_rolled_back",
                logging.ERROR,
                collection=scope,
                reason=type(error).__name__,
            )
            return notice("not_rolled_back")
        collection = Collection(self._settings.collection(scope))
        manifest = await asyncio.to_thread(collection.manifest)
        await note("rolled_back", "")
        event(_log, "rolled_back", collection=scope, generation=generation)
        return notice(
            "rolled_back",
            created=int(manifest.created.timestamp()),
            documents=manifest.documents,
        )

    def _refused(self, scope: str, text: str) -> str:
        event(_log, "change_refused", collection=scope)
        return text


def _refusals(refused: Sequence[tuple[str, str]], uploads: int) -> str:
    """What became of the files that were not kept, each named where there were several."""
    if uploads == 1:
        return refused[0][1] if refused else ""
    lines = [
        notice("document_refused", name=shown_name(name), reason=text) for name, text in refused
    ]
    while len("\n".join(lines)) > REFUSALS_CHARS:
        lines = [*lines[:-2], notice("more_refused")]
    return Shown("\n".join(lines))


def _described(built: Built) -> dict[str, object]:
    unread = [
        {"name": shown_name(failure.id), "reason": shown_reason(failure.reason)}
        for failure in built.failures[:3]
    ]
    return {
        "documents": built.documents,
        "passages": built.passages,
        "unread": unread,
        "more": len(built.failures) - len(unread),
    }
