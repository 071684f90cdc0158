"""What was asked for -> files in the folder of documents, and what is known of them."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from bot.fetching.errors import FetchError, GoneError, NotPublicError
from bot.fetching.git import InRepository, cloned
from bot.fetching.listing import Listed, in_feed, in_sitemap
from bot.fetching.names import ending_of, is_alike, name_of
from bot.fetching.web import NOTHING_SEEN, Response, Seen, Web
from index.files import fsync
from index.formats.charsets import decode_as
from index.provenance import Fetched, FetchOrigin, Provenance, read_provenance, write_provenance

FetchOutcome = Literal[
    "new", "changed", "unchanged", "same", "edited", "gone", "left_out", "failed"
]
# An origin that brought one of these is fetched again by an update.
_SUCCESSES = frozenset({"new", "changed", "unchanged", "same"})
# So often what is known is written down while pages come.
_WRITTEN_EVERY = 20
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class FetchResult:
    """What became of a page."""

    outcome: FetchOutcome
    url: str
    detail: str = ""
    """The name of its file, or why there is none."""
    was_fetched: bool = False
    """Whether it had been fetched before, so that a failure is news."""
    has_copy: bool = False
    """Whether its file from before is there."""


@dataclass(slots=True)
class Fetcher:
    """Fetches into one folder of documents."""

    web: Web
    folder: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    allow_private: bool = False
    _known: Provenance = field(init=False)
    _written: Provenance = field(init=False)
    _done: set[str] = field(init=False, default_factory=set)
    """Where pages of this run stand, after redirects."""
    _seen: set[str] = field(init=False, default_factory=set)
    """The names of files that were looked at in this run."""
    _waiting: list[Path] = field(init=False, default_factory=list)
    """The files whose new content lies beside them until what is known of it is written."""

    def __post_init__(self) -> None:
        """Read what is known; raises ProvenanceError where it can't be used."""
        self._known = self._written = read_provenance(self.folder)

    @property
    def origins(self) -> tuple[FetchOrigin, ...]:
        """What was fetched so far."""
        return self._known.origins

    @property
    def passed_over(self) -> list[str]:
        """The names of fetched files that nothing led to in this run."""
        here = (name for name in self._known.files if (self.folder / name).is_file())
        return sorted(name for name in here if name not in self._seen)

    async def fetch(
        self,
        origins: Sequence[FetchOrigin],
        began: Callable[[FetchOrigin, int | None], None],
        told: Callable[[FetchResult], None],
    ) -> None:
        """
        Fetch what was asked for, or see whether it has changed.

        Args:
            origins: Each is kept to be fetched again, once it brought something.
            began: Told of each before it is looked at, and then how many pages it will bring.
            told: Told of each page, or of an origin that can't be listed.

        Raises:
            OSError: If the folder can't be written.
        """
        self._finish()
        for origin in origins:
            outcomes: set[FetchOutcome] = set()

            def heard(one: FetchResult, outcomes: set[FetchOutcome] = outcomes) -> None:
                outcomes.add(one.outcome)
                told(one)

            try:
                await self._take_all(origin, began, heard)
            except FetchError as error:
                heard(_failed(origin.url, error, was_fetched=self._was_fetched(origin)))
            finally:
                if outcomes & _SUCCESSES:
                    self._keep(origin)
                self._save()

    def _was_fetched(self, origin: FetchOrigin) -> bool:
        return any(one.key == origin.key for one in self._known.origins)

    def _keep(self, origin: FetchOrigin) -> None:
        """Have an origin fetched again; what it brought before is not left by a smaller limit."""
        others = [one for one in self._known.origins if one.key != origin.key]
        most = max(one.most for one in (*self._known.origins, origin) if one.key == origin.key)
        kept = (*others, origin.model_copy(update={"most": most}))
        self._known = self._known.model_copy(update={"origins": kept})

    def _save(self) -> None:
        if self._known != self._written:
            self.folder.mkdir(parents=True, exist_ok=True)
            for path in self._waiting:
                fsync(_beside(path))
            write_provenance(self.folder, self._known)
            self._written = self._known
        # Not before: a file of which nothing is known counts as somebody else's from then on.
        while self._waiting:
            path = self._waiting.pop()
            _beside(path).replace(path)

    def _finish(self) -> None:
        """Put in place what an earlier run that was killed had written, and noted, and no more."""
        for name, fetched in self._known.files.items():
            path = self.folder / name
            written = _beside(path)
            if _sha256(written) == fetched.sha256 and not _is_newer(path, written):
                written.replace(path)

    async def _take_all(
        self,
        origin: FetchOrigin,
        began: Callable[[FetchOrigin, int | None], None],
        told: Callable[[FetchResult], None],
    ) -> None:
        began(origin, None)
        if origin.kind == "git":
            with cloned(origin, allow_private=self.allow_private) as found:
                began(origin, len(found))
                for one in found:
                    told(self._take_file(one))
            return
        pages = await self._listed(origin, told)
        began(origin, len(pages))
        for number, page in enumerate(pages, start=1):
            try:
                told(await self._take(page))
            except FetchError as error:
                name, before = self._file_of(page.url)
                self._seen.add(name)
                failed = _failed(page.url, error, was_fetched=before is not None)
                told(replace(failed, has_copy=(self.folder / name).is_file()))
            if not number % _WRITTEN_EVERY:
                self._save()

    async def _listed(
        self, origin: FetchOrigin, told: Callable[[FetchResult], None]
    ) -> list[Listed]:
        if origin.kind == "sitemap":
            pages, failures = await in_sitemap(self.web, origin.url, origin.under, origin.most)
            # Nothing says whether one of several sitemaps could be read the last time.
            was_fetched = not pages and self._was_fetched(origin)
            for url, error in failures.items():
                told(_failed(url, error, was_fetched=was_fetched))
            return pages
        if origin.kind == "feed":
            return await in_feed(self.web, origin.url, origin.under, origin.most)
        return [Listed(origin.url)]

    async def _take(self, page: Listed) -> FetchResult:
        name, before = self._file_of(page.url)
        is_here = before is not None and (self.folder / name).is_file()
        seen = Seen(before.etag, before.last_modified) if before and is_here else NOTHING_SEEN
        found = await self.web.get(page.url, seen)
        if found.url in self._done:
            return FetchResult("same", page.url, found.url)
        if found.is_unchanged and before is not None and found.url != before.source:
            # It leads to another page now, of which what was seen says nothing.
            found = await self.web.get(page.url)
        self._done.add(found.url)
        if before is None or found.url != before.source:
            # It may have been fetched by another address, whose file is the page's one file.
            holder, held = self._file_of(found.url)
            name, before = (holder, held) if held else (name, before)
        self._seen.add(name)
        if found.is_unchanged and before is not None:
            return FetchResult("unchanged", page.url, name)
        ending = ending_of(found.url, found.media_type) if found.content else None
        if ending is None:
            return FetchResult("left_out", page.url, not_read(found))
        if before is not None and not is_alike(name, ending):
            if (self.folder / name).is_file():
                return FetchResult("left_out", page.url, _of_another_kind(found, name))
            files = {other: one for other, one in self._known.files.items() if other != name}
            self._known, before = self._known.model_copy(update={"files": files}), None
        if before is None:
            name = name_of(page.url, ending, self._known.files.keys())
        return self._write(name, in_utf_8(found), page, found, before)

    def _file_of(self, url: str) -> tuple[str, Fetched | None]:
        """The file of a page that was asked for at this address, or else that stands there."""
        files = self._known.files.items()
        asked = ((name, one) for name, one in files if one.url == url)
        standing = ((name, one) for name, one in files if one.source == url)
        return next(asked, None) or next(standing, ("", None))

    def _write(
        self, name: str, content: bytes, page: Listed, found: Response, before: Fetched | None
    ) -> FetchResult:
        fetched = Fetched(
            url=before.url if before else page.url,
            source=found.url,
            sha256=hashlib.sha256(content).hexdigest(),
            fetched=self.now(),
            dated=page.dated or (before.dated if before else None),
            etag=found.seen.etag,
            last_modified=found.seen.last_modified,
        )
        return FetchResult(self._put(name, content, fetched), page.url, name)

    def _put(self, name: str, content: bytes, fetched: Fetched) -> FetchOutcome:
        """Write a file, unless it says the same, or somebody has changed it here."""
        self._seen.add(name)
        path = self.folder / name
        before = self._known.files.get(name)
        here = _sha256(path)
        if here not in {None, fetched.sha256} and (before is None or here != before.sha256):
            return "edited"
        if here != fetched.sha256:
            path.parent.mkdir(parents=True, exist_ok=True)
            _beside(path).write_bytes(content)
            self._waiting.append(path)
        self._known = self._known.model_copy(update={"files": self._known.files | {name: fetched}})
        if here is None:
            return "new"
        return "unchanged" if here == fetched.sha256 else "changed"

    def _take_file(self, found: InRepository) -> FetchResult:
        fetched = Fetched(
            url=found.url,
            source=found.url,
            sha256=hashlib.sha256(found.content).hexdigest(),
            fetched=self.now(),
        )
        return FetchResult(self._put(found.name, found.content, fetched), found.url, found.name)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _is_newer(path: Path, written: Path) -> bool:
    """Whether somebody has changed a file since the other was written."""
    return path.is_file() and path.stat().st_mtime_ns > written.stat().st_mtime_ns


def _sha256(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _failed(url: str, error: FetchError, *, was_fetched: bool) -> FetchResult:
    outcome: FetchOutcome = "gone" if isinstance(error, GoneError) else "failed"
    remedy = "; --allow-private allows it" if isinstance(error, NotPublicError) else ""
    return FetchResult(outcome, url, f"{error}{remedy}", was_fetched)


def not_read(found: Response) -> str:
    """Why a page is no document."""
    return f"it is {found.media_type}, which is not read" if found.content else "it is empty"


def _of_another_kind(found: Response, name: str) -> str:
    return (
        f"it is now {found.media_type}, which is not what {name} holds; that file is kept. Delete "
        "it to fetch the page as it is now"
    )


def in_utf_8(found: Response) -> bytes:
    """A text whose encoding only the server tells, in one that the file itself tells."""
    charset = (found.charset or "utf-8").lower()
    if charset in _UTF_8 or not found.media_type.startswith("text/"):
        return found.content
    try:
        return _BYTE_ORDER_MARK + decode_as(found.content, charset).encode()
    except (LookupError, ValueError):
        return found.content
