"""
Parsing and splitting in a process of their own, which may hang, swell or crash without harm.

A file may also take it over: it has nothing that is worth taking (`index.confinement`), and gets
the bytes of that file through a pipe, through which it gives back the text and where its passages
are (`index.parser_server`). Where the system can fork (`index.parser_forks`), a file has a process
of its own, unless it is short and Python alone reads it: such files share a process, in turn
(`index.parser_sharing`). Each file has limits of its own everywhere: what may be computed for it,
and memory. Each scanned page that was read gives it as much to compute as one file. Splitting has
it in proportion to the text.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from types import NoneType
from typing import TYPE_CHECKING, Any, Self, get_args

from index import parser_forks
from index.documents import Document
from index.errors import DocumentError, ParserStartError
from index.formats import parse
from index.formats.base import FORMATS, Loaded, Place, PlaceKind
from index.parser_forks import ParserForks
from index.parser_pipes import ParserPipes
from index.parser_server import MAX_HEAD_BYTES, MAX_PLACES, MAX_SOME_BYTES
from index.parser_sharing import SHARED_TIMEOUT_S, Share, may_share
from index.passages import Passage, Splitting, split
from index.shortening import MAX_TITLE_CHARS
from index.slices import Slices

if TYPE_CHECKING:
    from index.encoder import Encoder

# Seconds of a core, which others may want, too. A PDF of a thousand pages takes some.
PARSE_TIMEOUT_S = 120.0
# In so many seconds, so much text is split at least; a million characters take about one.
CHARS_IN_TIME = 12_000_000
# OCR takes some seconds for each.
MAX_SCANNED_PAGES = 1_000
# Address space. Parsers take some twenty times a file's size; text of 50 MB still fits.
PARSE_MEMORY_BYTES = 2_000_000_000
# Plain text of this size costs a second and some megabytes at worst, wherever it is read. A folder
# that holds nothing else needs no other process, whose start takes half a second.
MAX_PLAIN_BYTES = 200_000

_KINDS_OF_PLACES = frozenset(get_args(PlaceKind))
_TYPES_OF_PLACES = frozenset(
    (int, int, str, str, int, line, within)
    for line in (int, NoneType)
    for within in (str, NoneType)
)
# What the other process gives no reason for: it ended, or says what can't be true.
_BROKEN = (
    *(OSError, EOFError, TimeoutError, ValueError, TypeError, KeyError, OverflowError),
    RecursionError,
)


class ParserProcess:
    """Reads files one after the other; use it as a context, and from one thread."""

    def __init__(
        self,
        timeout_s: float = PARSE_TIMEOUT_S,
        *,
        encoder: "Encoder | None" = None,
        niceness: int | None = None,
        page_read: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Set the limits for each file.

        Args:
            timeout_s: Seconds of a core; for a file that is scanned, for each of its pages.
            encoder: Its tokenizer measures passages; None where nothing is split.
            niceness: For a process that serves people meanwhile: the other ones make way for it by
                so much, and read short plain text too.
            page_read: Called after each page of a file that is read by OCR.
        """
        self.timeout_s = timeout_s
        """What the next file may take."""
        self._encoder = encoder
        self._niceness = niceness
        self._page_read = page_read
        self._forks: ParserForks | None = None
        self._expects_scans = False
        """Whether the process that forks has imported OCR, since a scanned page was read."""
        self._pipes: ParserPipes | None = None
        """The pipes of the process that read the last file which was not read here."""
        self._share: Share | None = None
        """What that process has read, if it may read others."""
        self._is_here = True
        """Whether the last file was read here."""

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes."""
        self._end()
        if self._forks is not None:
            self._forks.close()

    def parse(self, suffix: str, content: bytes) -> Loaded:
        """
        See `index.formats.parse`; short plain text is read here, all else in another process.

        Raises:
            DocumentError: If it can't be read, or not within the limits.
        """
        is_short = FORMATS[suffix].is_plain and len(content) <= MAX_PLAIN_BYTES
        self._is_here = is_short and self._niceness is None
        if self._is_here:
            if self._waiting() is None:
                self._end()
            return parse(suffix, content)
        if parser_forks.FORKS and may_share(suffix, content):
            # Why it is refused, a process says that has read nothing else.
            with suppress(DocumentError):
                return self._apart(suffix, content, shares=True)
        return self._apart(suffix, content, shares=False)

    def split(self, document: Document, splitting: Splitting, first_id: int) -> Iterator[Passage]:
        """
        Split the document that was read last, where it was read.

        If that fails where other files were read, too, the file is read again by a process of its
        own, and split there.

        Args:
            document: As it was read, under any title.
            splitting: The limits of a passage.
            first_id: See `index.passages.split`.

        Raises:
            DocumentError: If that can't be done within the limits.
            ValueError: If there is no encoder.
        """
        if self._encoder is None:
            raise ValueError("no encoder whose tokenizer measures passages")
        if self._is_here:
            yield from split(document, splitting, self._encoder.token_offsets, first_id)
            return
        share = self._share
        if share is not None and share.files > 1:
            # All passages come from one reading: none is given before the last one is there.
            try:
                passages = [*self._passages(document, splitting, first_id, SHARED_TIMEOUT_S)]
            except DocumentError:
                self._read_again(document, *share.last)
            else:
                yield from passages
                return
        yield from self._passages(document, splitting, first_id, self.timeout_s)

    def _passages(
        self, document: Document, splitting: Splitting, first_id: int, most_s: float
    ) -> Iterator[Passage]:
        """The passages of the document that a process has read, in so many seconds at most."""
        slices = Slices(document, splitting, first_id)
        try:
            for each in self._slices(document, splitting, min(most_s, self.timeout_s)):
                yield slices.passage(each)
        except DocumentError as error:
            error.sha256 = document.sha256
            raise
        except _BROKEN as error:
            raise self._broken(error, document.sha256) from error

    def _read_again(self, document: Document, suffix: str, content: bytes) -> None:
        """Have a process that has read nothing else read the file of a document, to split it."""
        try:
            loaded = self._apart(suffix, content, shares=False)
        except DocumentError as error:
            error.sha256 = document.sha256
            raise
        if loaded.text != document.text:
            # Without a hash: the next build tries the file again.
            raise DocumentError("reading it twice gave two texts; index it again")

    def _apart(self, suffix: str, content: bytes, *, shares: bool) -> Loaded:
        """Read a file in another process, which reads no other unless they share it."""
        try:
            return self._loaded(suffix, content, shares=shares)
        except MemoryError:
            self._end()
            raise
        except _BROKEN as error:
            raise self._broken(error) from error

    def _waiting(self) -> Share | None:
        """What the process has read that waits for another file; None if none does."""
        is_done = self._pipes is not None and self._pipes.is_done
        return self._share if is_done else None

    def _goes_on(self, suffix: str, content: bytes, *, shares: bool) -> bool:
        """Whether that process may read this file."""
        share = self._waiting()
        if share is None or self._forks is None:
            return False
        if shares:
            return self._forks.is_ready(suffix) and share.takes(content)
        # What has refused this file, and has read no other, may read it again.
        return not share.files

    def _pipes_for(self, suffix: str, content: bytes, *, shares: bool) -> ParserPipes:
        """The pipes of a process that may read a file, started if the last one may not."""
        if self._pipes is not None and self._goes_on(suffix, content, shares=shares):
            self._share = self._share if shares else None
            return self._pipes
        self._end()
        self._share = Share() if shares else None
        # What forks may end between two files, which is no fault of the second.
        with suppress(OSError):
            return self._begin(suffix)
        try:
            return self._begin(suffix)
        except OSError as error:
            raise ParserStartError(
                f"the process that reads it could not be started ({error})"
            ) from error

    def _begin(self, suffix: str) -> ParserPipes:
        if self._forks is not None and self._forks.is_over:
            self._forks.close()
            self._forks = None
        if self._forks is None:
            tokenizer = self._encoder.tokenizer if self._encoder else b""
            self._forks = ParserForks(PARSE_MEMORY_BYTES, self._niceness or 0, tokenizer)
            self._expects_scans = False
        self._pipes = self._forks.begin(suffix)
        return self._pipes

    def _loaded(self, suffix: str, content: bytes, *, shares: bool) -> Loaded:
        pipes = self._pipes_for(suffix, content, shares=shares)
        given = {"suffix": suffix, "length": len(content), "shares": shares}
        most_s = SHARED_TIMEOUT_S if shares else self.timeout_s
        pipes.meet()
        pipes.ask("parse", given, min(most_s, self.timeout_s), content)
        for _ in range(MAX_SCANNED_PAGES + 1):
            found = pipes.frame(MAX_HEAD_BYTES)
            if found is not None:
                places = tuple(_places(pipes))
                code = tuple((int(start), int(end)) for start, end in _each(pipes))
                text = pipes.text()
                pipes.is_done = True
                loaded = _checked(text, places, code, **found)
                if self._share is not None:
                    self._share.add(suffix, content)
                return loaded
            self._page_read()
            self._expect_scans()
        self._end()
        raise DocumentError(f"it has more than {MAX_SCANNED_PAGES:,} scanned pages; split it")

    def _expect_scans(self) -> None:
        if self._forks is not None and not self._expects_scans:
            self._expects_scans = True
            self._forks.expect_scans()

    def _slices(self, document: Document, splitting: Splitting, timeout_s: float) -> Iterator[Any]:
        """The slices of a text, as they arrive."""
        pipes = self._pipes
        if pipes is None:
            raise EOFError
        given = {"document_id": document.id, "title": document.title, "limits": asdict(splitting)}
        share = max(1.0, len(document.text) / CHARS_IN_TIME)
        pipes.ask("split", given, share * timeout_s)
        while received := pipes.frame(MAX_SOME_BYTES):
            yield from received
        pipes.is_done = True

    def _broken(self, error: Exception, sha256: str | None = None) -> DocumentError:
        """End the process after an error; why the file is refused."""
        given_s = self.timeout_s
        if self._pipes is not None:
            # It may say that it is.
            self._pipes.is_done = False
            given_s = self._pipes.given_s
        code = self._end()
        if code is None and self._forks is not None:
            code = self._forks.close()
        if isinstance(error, TimeoutError):
            refused = DocumentError(f"reading it {error}")
        elif code == -signal.SIGXCPU:
            refused = DocumentError(f"reading it takes more than {given_s:.0f} seconds")
        else:
            refused = DocumentError(
                f"the process that read it ended (exit code {code}); it needs more than "
                f"{PARSE_MEMORY_BYTES / 1e9:.1f} GB of memory, or breaks the parser"
            )
        refused.sha256 = sha256
        return refused

    def _end(self) -> int | None:
        """End what has read the last file; its exit code, if it was there and has ended."""
        pipes, self._pipes = self._pipes, None
        self._share = None
        if pipes is None or self._forks is None:
            return None
        pipes.close()
        return self._forks.end(is_done=pipes.is_done)


def _places(pipes: ParserPipes) -> Iterator[Place]:
    """
    The places of a text, as they arrive.

    Raises:
        ValueError: If there can't be such.
    """
    # A name is held once, however many places have it.
    names: dict[str, str] = {}
    for values in _each(pipes):
        yield _place(values, names)


def _each(pipes: ParserPipes) -> Iterator[Any]:
    """
    Each value of what the other process sends in lists, as it arrives.

    Raises:
        ValueError: If it is more than there can be.
    """
    count = 0
    while received := pipes.frame(MAX_SOME_BYTES):
        count += len(received)
        if count > MAX_PLACES:
            raise ValueError(f"more than {MAX_PLACES:,}")
        yield from received


def _checked(
    text: str,
    places: tuple[Place, ...],
    code: tuple[tuple[int, int], ...],
    *,
    title: str | None,
    dated: str | None,
    unread: str | None,
) -> Loaded:
    """
    What was read, of what the other process says.

    Raises:
        ValueError: If that can't be true.
        TypeError: If it is of another type.
    """
    day = None if dated is None else date.fromisoformat(dated)
    if not isinstance(title, str | None) or not isinstance(unread, str | None):
        raise TypeError(title, unread)
    # It is sent back to be split with the text, through a pipe that holds little.
    if title is not None and len(title) > MAX_TITLE_CHARS:
        raise ValueError(f"a title of {len(title):,} characters")
    return Loaded(text, title, day, places, code=code, unread=unread)


def _place(values: list[Any], names: dict[str, str]) -> Place:
    if tuple(map(type, values)) not in _TYPES_OF_PLACES or values[2] not in _KINDS_OF_PLACES:
        raise ValueError(values)
    shared: list[Any] = [
        names.setdefault(each, each) if isinstance(each, str) else each for each in values
    ]
    return Place(*shared)
