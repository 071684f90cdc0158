"""Taking in one document: fetched or given, checked, and kept among a server's own by its name."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeVar

from bot.discord_app.filenames import safe_name
from bot.discord_app.markdown import fit
from bot.discord_app.rendering import notice
from bot.discord_app.uploads import Upload, UploadError, fetch
from bot.event_log import event
from bot.fetching.errors import FetchError
from bot.fetching.one_page import one_page
from bot.serving.own_documents import Before, OwnDocuments
from bot.settings import Settings
from index.errors import DocumentError
from index.formats.parts import suffix_of
from index.provenance import Fetched
from prompts.printing import one_line

_log = logging.getLogger(__name__)

_T = TypeVar("_T")

NAME_CHARS = 150
REASON_CHARS = 400
# A page is given up then, whatever it waited for: a thread, its server, or a turn to ask that. A
# server that asks for half a minute between two requests is still read.
PAGE_S = 120.0
# Pages that are fetched at the same time. Each takes a thread, which mostly waits for a server.
PAGES_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class KeptDocument:
    """A document that was checked and has its name."""

    name: str
    before: Before
    """What had the name before, to be put back or deleted."""
    kind: Literal["added", "replaced"]
    size: int


class Intake:
    """
    Takes documents in, within the limits of a server, or says in words why not.

    `sizes` are the bytes of the documents that the server has, by their names.
    """

    def __init__(self, settings: Settings) -> None:
        """Take the limits."""
        self._settings = settings
        # A parser may take two gigabytes; there is one at a time.
        self._parsing = asyncio.Semaphore(1)
        # Slow servers hold up these threads alone: those of asyncio are few, and read the records.
        self._fetching = ThreadPoolExecutor(PAGES_AT_ONCE, thread_name_prefix="page")

    def wrong_type(self, name: str) -> str | None:
        """Why a server can't have a document of such a type."""
        if suffix_of(name).removeprefix(".") in self._settings.document_types:
            return None
        return notice("document_type", types=sorted(self._settings.document_types))

    def too_much(self, name: str, size: int, sizes: dict[str, int]) -> str | None:
        """Why a server can't have a document, beside those that it has."""
        most = self._settings.max_documents
        if name not in sizes and len(sizes) >= most:
            return notice("too_many_documents", most=most)
        together = sum(sizes.values()) - sizes.get(name, 0) + size
        if together > self._settings.max_server_bytes:
            return notice(
                "too_many_bytes",
                together=together,
                most=self._settings.max_server_bytes,
            )
        return None

    async def fetch_upload(
        self, scope: str, own: OwnDocuments, name: str, upload: Upload
    ) -> KeptDocument | str:
        """Fetch a file that Discord has, check it and give it its name; or say why not."""
        try:
            content = await fetch(upload, self._settings.max_document_bytes)
        except UploadError as error:
            return notice(error.kind, most=self._settings.max_document_bytes)
        return await self.keep(scope, own, name, content)

    async def fetch_page(
        self, scope: str, own: OwnDocuments, url: str, sizes: dict[str, int]
    ) -> KeptDocument | str:
        """Fetch a page, check it and give it a name; or say why not."""
        most = self._settings.max_document_bytes
        try:
            # Beside the event loop: what a site sends to be unpacked and read may take a while.
            page = await asyncio.get_running_loop().run_in_executor(
                self._fetching, partial(one_page, url, most, until=time.monotonic() + PAGE_S)
            )
        except FetchError as error:
            return notice("page_not_fetched", reason=shown_reason(str(error)))
        found = await asyncio.to_thread(page.name, lambda name: own.is_another(name, url))
        name = safe_name(found)
        refused = self.wrong_type(name) or self.too_much(name, len(page.content), sizes)
        return refused or await self.keep(scope, own, name, page.content, page.fetched)

    async def keep(
        self,
        scope: str,
        own: OwnDocuments,
        name: str,
        content: bytes,
        fetched: Fetched | None = None,
    ) -> KeptDocument | str:
        """Check a document and give it its name; or say why not."""
        before = await self._try(scope, lambda: _check_and_keep(own, name, content, fetched))
        if isinstance(before, str):
            return before
        kind: Literal["added", "replaced"] = "replaced" if before.path else "added"
        event(_log, f"document_{kind}", collection=scope, bytes=len(content), type=suffix_of(name))
        return KeptDocument(name, before, kind, len(content))

    async def unreadable(
        self, scope: str, own: OwnDocuments, name: str, content: bytes
    ) -> str | None:
        """Why a document can't be taken in, which is not kept here."""
        return await self._try(scope, lambda: _check(own, name, content))

    async def _try(self, scope: str, work: Callable[[], _T]) -> _T | str:
        """Do what reads a document, one at a time; or say why that can't be done."""
        try:
            async with self._parsing:
                return await asyncio.to_thread(work)
        except OSError as error:
            return not_written(scope, error)
        except DocumentError as error:
            return notice("document_unreadable", reason=shown_reason(str(error)))


def _check(own: OwnDocuments, name: str, content: bytes) -> None:
    with own.incoming(name, content) as path:
        own.check(path)


def _check_and_keep(
    own: OwnDocuments, name: str, content: bytes, fetched: Fetched | None
) -> Before:
    with own.incoming(name, content) as path:
        own.check(path)
        return own.keep(path, name, fetched)


def not_written(scope: str, error: OSError) -> str:
    """What to tell where the disk refuses a change, which is logged."""
    # The error's text would name the file.
    event(_log, "not_written", logging.ERROR, collection=scope, code=error.errno)
    return notice("not_written")


def shown_name(name: str) -> str:
    """The name of a document, as far as there is room for it."""
    return fit(name, NAME_CHARS)


def shown_reason(said: str) -> str:
    """What a parser or a site said, which may quote a document or span lines, on one short line."""
    return fit(one_line(said), REASON_CHARS)
