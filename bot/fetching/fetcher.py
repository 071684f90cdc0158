"""What was asked for -> files in the folder of documents, and what is known of them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bot.fetching.errors import FetchError, GoneError
from bot.fetching.git import cloned
from bot.fetching.listing import Listed, in_feed, in_sitemap
from bot.fetching.names import ending_of, name_of
from bot.fetching.web import NOTHING_SEEN, Response, Seen, Web
from index.provenance import Fetched, Origin, Provenance, read_provenance, write_provenance

Outcome = Literal["new", "changed", "unchanged", "same", "edited", "gone", "left_out", "failed"]
# So often what is known is written down while pages come.
_WRITTEN_EVERY = 20
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a page."""

    outcome: Outcome
    url: str
    detail: str = ""
    """The name of its file, or why there is none."""


@dataclass(slots=True)
class Fetcher:
    """Fetches into one folder of documents."""

    web: Web
    folder: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    allow_private: bool = False
    _known: Provenance = field(init=False)
    _done: set[str] = field(init=False, default_factory=set)
    """Where pages of this run stand, after redirects."""

    def __post_init__(self) -> None:
        """Read what is known; raises ProvenanceError where it can't be used."""
        self._known = read_provenance(self.folder)

    @property
    def origins(self) -> tuple[Origin, ...]:
        """What was asked for so far."""
        return self._known.origins

    async def fetch(
        self,
        origins: Sequence[Origin],
        began: Callable[[int], None],
        told: Callable[[Told], None],
    ) -> None:
        """
        Fetch what was asked for, or see whether it has changed.

        Args:
            origins: Kept, so that they can be fetched again.
            began: Told how many pages each will bring, before the first.
            told: Told of each page, or of an origin that can't be listed.

        Raises:
            OSError: If the folder can't be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        for origin in origins:
            kept = tuple(one for one in self._known.origins if one.url != origin.url)
            self._known = self._known.model_copy(update={"origins": (*kept, origin)})
            try:
                if origin.kind == "git":
                    self._take_repository(origin, began, told)
                else:
                    await self._take_pages(await self._listed(origin), began, told)
            except FetchError as error:
                told(Told("failed", origin.url, str(error)))
            finally:
                write_provenance(self.folder, self._known)

    async def _listed(self, origin: Origin) -> list[Listed]:
        if origin.kind == "sitemap":
            return await in_sitemap(self.web, origin.url, origin.under, origin.most)
        if origin.kind == "feed":
            return await in_feed(self.web, origin.url, origin.under, origin.most)
        return [Listed(origin.url)]

    async def _take_pages(
        self,
        pages: Sequence[Listed],
        began: Callable[[int], None],
        told: Callable[[Told], None],
    ) -> None:
        began(len(pages))
        for number, page in enumerate(pages, start=1):
            try:
                told(await self._take(page))
            except GoneError as error:
                told(Told("gone", page.url, str(error)))
            except FetchError as error:
                told(Told("failed", page.url, str(error)))
            if not number % _WRITTEN_EVERY:
                write_provenance(self.folder, self._known)

    async def _take(self, page: Listed) -> Told:
        name, before = self._file_of(page.url)
        is_here = before is not None and (self.folder / name).is_file()
        seen = Seen(before.etag, before.last_modified) if before and is_here else NOTHING_SEEN
        found = await self.web.get(page.url, seen)
        if found.url in self._done:
            return Told("same", page.url, found.url)
        self._done.add(found.url)
        if found.is_unchanged and before is not None:
            return Told("unchanged", page.url, name)
        ending = ending_of(found.url, found.media_type)
        if ending is None:
            return Told("left_out", page.url, f"it is {found.media_type}, which is not read")
        if before is None:
            name = name_of(page.url, ending, self._known.files.keys())
        return self._write(name, _in_utf_8(found), page, found)

    def _file_of(self, url: str) -> tuple[str, Fetched | None]:
        for name, one in self._known.files.items():
            if one.url == url:
                return name, one
        return "", None

    def _write(self, name: str, content: bytes, page: Listed, found: Response) -> Told:
        fetched = Fetched(
            url=page.url,
            source=found.url,
            sha256=hashlib.sha256(content).hexdigest(),
            fetched=self.now(),
            dated=page.dated,
            etag=found.seen.etag,
            last_modified=found.seen.last_modified,
        )
        return Told(self._put(name, content, fetched), page.url, name)

    def _put(self, name: str, content: bytes, fetched: Fetched) -> Outcome:
        """Write a file, unless it says the same, or somebody has changed it here."""
        path = self.folder / name
        before = self._known.files.get(name)
        here = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        if here is not None and (before is None or here != before.sha256):
            return "edited"
        if here != fetched.sha256:
            path.parent.mkdir(parents=True, exist_ok=True)
            scratch = path.with_name(f".{path.name}.new")
            scratch.write_bytes(content)
            scratch.replace(path)
        self._known = self._known.model_copy(update={"files": self._known.files | {name: fetched}})
        if here is None:
            return "new"
        return "unchanged" if here == fetched.sha256 else "changed"

    def _take_repository(
        self, origin: Origin, began: Callable[[int], None], told: Callable[[Told], None]
    ) -> None:
        with cloned(origin, allow_private=self.allow_private) as found:
            began(len(found))
            for one in found:
                fetched = Fetched(
                    url=one.url,
                    source=one.url,
                    sha256=hashlib.sha256(one.content).hexdigest(),
                    fetched=self.now(),
                )
                told(Told(self._put(one.name, one.content, fetched), one.url, one.name))


def _in_utf_8(found: Response) -> bytes:
    """A text whose encoding only the server tells, in one that the file itself tells."""
    charset = (found.charset or "utf-8").lower()
    if charset in _UTF_8 or not found.media_type.startswith("text/"):
        return found.content
    try:
        return _BYTE_ORDER_MARK + found.content.decode(charset).encode()
    except (LookupError, UnicodeDecodeError):
        return found.content
