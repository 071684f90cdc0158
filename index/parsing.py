"""
Parsing and splitting in a process of their own, which may hang, swell or crash without harm.

A file may also take it over: it has nothing that is worth taking (`index.confinement`), and gets
the bytes of a file through a pipe, through which it gives back the text and where its passages are
(`index.parser_server`).

The process is started when the first file needs it, and goes on to the next file; one that is too
slow or asks for too much memory is ended, and another takes its place. Each scanned page that it
has read gives it the time of one more. Splitting has time in proportion to the text.
"""

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from types import NoneType
from typing import IO, TYPE_CHECKING, Any, Self, get_args

from index.documents import Document
from index.errors import DocumentError
from index.formats import parse
from index.formats.base import FORMATS, Loaded, Place, PlaceKind
from index.parser_server import (
    BUSY,
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    MAX_PASSAGES_BYTES,
    PAGE_READ,
    TEXT_ERRORS,
)
from index.passages import Passage, Splitting, split
from index.processes import bare_environment, module_command
from index.slices import Slices

if TYPE_CHECKING:
    from index.encoder import Encoder

# A PDF of a thousand pages takes about a minute.
PARSE_TIMEOUT_S = 120.0
# In so many seconds of a core, so much text is split at least; a million characters take about one.
CHARS_IN_TIME = 12_000_000
# OCR takes some seconds for each.
MAX_SCANNED_PAGES = 1_000
# Of address space. Parsers take some twenty times a file's size; text of 50 MB still fits.
PARSE_MEMORY_BYTES = 2_000_000_000
# Plain text of this size costs a second and some megabytes at worst, wherever it is read, and
# starting a process takes half a second.
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
        memory_bytes: int = PARSE_MEMORY_BYTES,
        *,
        niceness: int | None = None,
        page_read: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Set the limits for each file.

        Args:
            timeout_s: Seconds; for a file that is scanned, for each of its pages.
            memory_bytes: How much address space it may take.
            niceness: For a process that serves people meanwhile: the other one makes way for it by
                so much, and reads short plain text too.
            page_read: Called after each page of a file that is read by OCR.
        """
        self.timeout_s = timeout_s
        """What the next file may take."""
        self._memory_bytes = memory_bytes
        self._niceness = niceness
        self._page_read = page_read
        self._process: subprocess.Popen[bytes] | None = None
        self._has_tokenizer = False
        self._holds_text = False
        """Whether the text that was read last is in the other process."""
        self._is_splitting = False

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._end()

    def parse(self, suffix: str, content: bytes) -> Loaded:
        """
        See `index.formats.parse`; short plain text is read here, all else in the other process.

        Raises:
            DocumentError: If it can't be read, or not within the limits.
        """
        is_short = FORMATS[suffix].is_plain and len(content) <= MAX_PLAIN_BYTES
        self._holds_text = not (is_short and self._niceness is None)
        if not self._holds_text:
            return parse(suffix, content)
        if self._is_splitting:
            # Somebody went away before the last passage, and the others would be taken for a reply.
            self._end()
        given = {"suffix": suffix, "length": len(content), "timeout_s": self.timeout_s}
        try:
            return self._loaded(given, content)
        except MemoryError:
            self._end()
            raise
        except _BROKEN as error:
            raise self._broken(error, self.timeout_s) from error

    def split(
        self, document: Document, splitting: Splitting, encoder: "Encoder", first_id: int
    ) -> Iterator[Passage]:
        """
        Split the document that was read last, where it was read.

        Args:
            document: As it was read, under any title.
            splitting: The limits of a passage.
            encoder: Its tokenizer measures passages.
            first_id: See `index.passages.split`.

        Raises:
            DocumentError: If that can't be done within the limits.
        """
        if not self._holds_text:
            yield from split(document, splitting, encoder.token_offsets, first_id)
            return
        timeout_s = self.timeout_s * max(1.0, len(document.text) / CHARS_IN_TIME)
        slices = Slices(document, splitting, first_id)
        self._is_splitting = True
        try:
            self._ask_to_split(document, splitting, encoder, timeout_s)
            patience = _Patience(BUSY * timeout_s)
            while received := self._frame(patience, MAX_PASSAGES_BYTES):
                for each in received:
                    yield slices.passage(each)
        except DocumentError as error:
            error.sha256 = document.sha256
            raise
        except _BROKEN as error:
            raise self._broken(error, timeout_s, document.sha256) from error
        self._is_splitting = False

    def _loaded(self, given: dict[str, Any], content: bytes) -> Loaded:
        self._ask("parse", given, content)
        for _ in range(MAX_SCANNED_PAGES + 1):
            patience = _Patience(self.timeout_s)
            found = self._frame(patience)
            if found is not None:
                return _checked(self._bytes(patience).decode(errors=TEXT_ERRORS), **found)
            self._page_read()
        self._end()
        raise DocumentError(f"it has more than {MAX_SCANNED_PAGES:,} scanned pages; split it")

    def _ask_to_split(
        self, document: Document, splitting: Splitting, encoder: "Encoder", timeout_s: float
    ) -> None:
        tokenizer = b"" if self._has_tokenizer else encoder.tokenizer
        given = {
            "document_id": document.id,
            "title": document.title,
            "limits": asdict(splitting),
            "tokenizer_length": len(tokenizer),
            "timeout_s": timeout_s,
        }
        self._ask("split", given, tokenizer)
        self._has_tokenizer = True

    def _ask(self, name: str, given: dict[str, Any], content: bytes) -> None:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                module_command(
                    "index.parser_server", str(self._memory_bytes), str(self._niceness or 0)
                ),
                env=bare_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        requests = self._process.stdin
        if requests is None:
            raise EOFError
        requests.write(json.dumps([name, given]).encode() + b"\n")
        requests.write(content)
        requests.flush()

    def _frame(self, patience: "_Patience", most: int = MAX_FRAME_BYTES) -> Any:
        """
        What the other process says next, in so many bytes at most; None if it has read a page and
        is not done.

        Raises:
            DocumentError: If it says that it can't.
        """
        content = self._bytes(patience, most)
        if content == PAGE_READ:
            return None
        said = json.loads(content)
        if isinstance(said, dict) and "error" in said:
            if said["ends"]:
                self._end()
            raise DocumentError(str(said["error"]))
        return said

    def _bytes(self, patience: "_Patience", most: int = MAX_FRAME_BYTES) -> bytearray:
        if self._process is None or self._process.stdout is None:
            raise EOFError
        length = int.from_bytes(_read(self._process.stdout, LENGTH_BYTES, patience))
        if length > most:
            raise EOFError
        return _read(self._process.stdout, length, patience)

    def _broken(
        self, error: Exception, timeout_s: float, sha256: str | None = None
    ) -> DocumentError:
        """End the process after an error; why the file is refused."""
        code = self._end()
        if isinstance(error, TimeoutError) or code == -signal.SIGXCPU:
            refused = DocumentError(f"reading it takes more than {timeout_s:.0f} seconds")
        else:
            refused = DocumentError(
                f"the process that read it ended (exit code {code}); it needs more than "
                f"{self._memory_bytes / 1e9:.1f} GB of memory, or breaks the parser"
            )
        refused.sha256 = sha256
        return refused

    def _end(self) -> int | None:
        process, self._process = self._process, None
        self._has_tokenizer = self._is_splitting = False
        if process is None:
            return None
        process.kill()
        process.communicate()
        return process.returncode


def _checked(
    text: str,
    *,
    title: str | None,
    dated: str | None,
    places: list[list[Any]],
    code: list[list[int]],
    unread: str | None,
) -> Loaded:
    """
    What was read, of what the other process says.

    Raises:
        ValueError: If that can't be true.
        TypeError: Likewise.
    """
    day = None if dated is None else date.fromisoformat(dated)
    loaded = Loaded(text, title, day, tuple(map(_place, places)), _ranges(code), unread)
    if not isinstance(title, str | None) or not isinstance(unread, str | None):
        raise TypeError(title, unread)
    return loaded


def _place(values: list[Any]) -> Place:
    if tuple(map(type, values)) not in _TYPES_OF_PLACES or values[2] not in _KINDS_OF_PLACES:
        raise ValueError(values)
    return Place(*values)


def _ranges(code: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((int(start), int(end)) for start, end in code)


class _Patience:
    """For how long another process may still be waited for: what is done between does not count."""

    def __init__(self, seconds: float) -> None:
        """Begin with all of it."""
        self._left_s = seconds

    def wait(self, selector: selectors.BaseSelector) -> None:
        """
        Wait until there is something to read.

        Raises:
            TimeoutError: If there is nothing when it has come to an end.
        """
        started = time.monotonic()
        if not selector.select(max(0.0, self._left_s)):
            raise TimeoutError
        self._left_s -= time.monotonic() - started


def _read(pipe: IO[bytes], count: int, patience: _Patience) -> bytearray:
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(received) < count:
            patience.wait(selector)
            chunk = os.read(pipe.fileno(), min(count - len(received), 1 << 20))
            if not chunk:
                raise EOFError
            received += chunk
    return received
