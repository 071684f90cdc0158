"""Changing a server's own documents: one change at a time, each said in words when it is done."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bot.building import roll_back_collection
from bot.discord_app.building import Builder, Built, Progress
from bot.discord_app.filenames import safe_name, suffix_of
from bot.discord_app.logs import event
from bot.discord_app.markdown import fit
from bot.discord_app.own_documents import OwnDocuments
from bot.discord_app.rendering import notice
from bot.discord_app.uploads import Upload, UploadError, fetch
from bot.settings import Settings
from index.errors import DocumentError, IndexingError, IndexMissingError
from index.store import Collection
from prompts.printing import one_line

_log = logging.getLogger(__name__)

NAME_CHARS = 150
REASON_CHARS = 400

Show = Callable[[str], None]


class Changes:
    """
    Changes the own documents of servers, each by the name of its collection.

    Every method returns what to tell the member who asked for the change. What documents are called
    is told to that member and to nobody else: the log has counts and sizes only.
    """

    def __init__(self, settings: Settings, builder: Builder) -> None:
        """Take the limits, and what indexes."""
        self._settings = settings
        self._builder = builder
        self._under_way: set[str] = set()
        # A parser may take two gigabytes; there is one at a time.
        self._parsing = asyncio.Semaphore(1)

    @contextmanager
    def claim(self, scope: str) -> Iterator[bool]:
        """Whether a change of a server may begin: none is under way until the block ends."""
        if scope in self._under_way or Collection(self._settings.collection(scope)).is_locked():
            yield False
            return
        self._under_way.add(scope)
        try:
            yield True
        finally:
            self._under_way.remove(scope)

    def names(self, scope: str) -> list[str]:
        """The names of a server's documents; blocks for the folder."""
        return self._own(scope).names()

    def _own(self, scope: str) -> OwnDocuments:
        return OwnDocuments(self._settings.documents(scope))

    async def add(self, scope: str, upload: Upload, show: Show) -> str:
        """Check a file, keep it, and index it."""
        name = safe_name(upload.name)
        if suffix_of(name).removeprefix(".") not in self._settings.document_types:
            types = sorted(self._settings.document_types)
            return self._refused(scope, notice("document_type", types=types))
        own = self._own(scope)
        names = await asyncio.to_thread(own.names)
        if name not in names and len(names) >= self._settings.max_documents:
            return self._refused(
                scope, notice("too_many_documents", most=self._settings.max_documents)
            )
        show(notice("document_reading", name=_shown(name)))
        try:
            content = await fetch(upload, self._settings.max_document_bytes)
        except UploadError as error:
            return self._refused(
                scope, notice(error.kind, most=self._settings.max_document_bytes / 2**20)
            )
        try:
            async with self._parsing:
                await asyncio.to_thread(_check_and_keep, own, name, content)
        except OSError as error:
            return self._not_written(scope, error)
        except DocumentError as error:
            # What a parser says may quote the file, or span lines.
            reason = fit(one_line(str(error)), REASON_CHARS)
            return self._refused(
                scope, notice("document_unreadable", name=_shown(name), reason=reason)
            )
        kind = "document_replaced" if name in names else "document_added"
        event(_log, kind, collection=scope, bytes=len(content), type=suffix_of(name))
        return await self._index(scope, show, notice(kind, name=_shown(name)))

    async def remove(self, scope: str, name: str, show: Show) -> str:
        """Delete a document, and its passages from the index."""
        try:
            was_there = await asyncio.to_thread(self._own(scope).remove, name)
        except OSError as error:
            return self._not_written(scope, error)
        if not was_there:
            return self._refused(scope, notice("no_such_document", name=_shown(name)))
        event(_log, "document_removed", collection=scope)
        return await self._index(scope, show, notice("document_removed", name=_shown(name)))

    async def rebuild(self, scope: str, show: Show) -> str:
        """Read and encode everything again."""
        if not await asyncio.to_thread(self._has_any, scope):
            return self._refused(scope, notice("no_own_documents"))
        return await self._index(scope, show, notice("rebuilt"), rebuild=True)

    def _has_any(self, scope: str) -> bool:
        """Whether there is a document, or an index of some that are gone."""
        with suppress(IndexingError):
            return bool(Collection(self._settings.collection(scope)).current())
        return bool(self.names(scope))

    async def _index(self, scope: str, show: Show, done: str, *, rebuild: bool = False) -> str:
        show(notice("building", done=None if rebuild else done, stage="start", count=0, total=0))

        def progress(now: Progress) -> None:
            shown = None if rebuild else done
            show(notice("building", done=shown, stage=now.stage, count=now.done, total=now.total))

        built = await self._builder.build(scope, rebuild=rebuild, progress=progress)
        if built is None:
            kind = "build_cut_short" if self._builder.is_closed else "not_built"
            return notice(kind, done=None if rebuild else done)
        return notice("built", done=done, **_described(built))

    async def roll_back(self, scope: str) -> str:
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
        event(_log, "rolled_back", collection=scope, generation=generation)
        return notice(
            "rolled_back",
            created=int(manifest.created.timestamp()),
            documents=manifest.documents,
        )

    def _not_written(self, scope: str, error: OSError) -> str:
        # Its text would name the file.
        event(_log, "not_written", logging.ERROR, collection=scope, code=error.errno)
        return notice("not_written")

    def _refused(self, scope: str, text: str) -> str:
        event(_log, "change_refused", collection=scope)
        return text


def _check_and_keep(own: OwnDocuments, name: str, content: bytes) -> None:
    with own.incoming(name, content) as path:
        own.check(path)
        own.keep(path, name)


def _shown(name: str) -> str:
    return fit(name, NAME_CHARS)


def _described(built: Built) -> dict[str, object]:
    unread = [
        {"name": _shown(failure.id), "reason": fit(one_line(failure.reason), REASON_CHARS)}
        for failure in built.failures[:3]
    ]
    return {
        "documents": built.documents,
        "passages": built.passages,
        "unread": unread,
        "more": len(built.failures) - len(unread),
    }
