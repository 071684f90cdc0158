"""
What reads a file and splits it, seen from inside its process; `index.parsing` asks it.

It reads requests, each a line of JSON and then bytes, and answers in frames: the length of one in
eight bytes, then so much of it. The text that it has read it keeps, to split it if it is asked to:
what travels then are offsets.
"""

import itertools
import json
import resource
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, BinaryIO

from index.errors import DocumentError
from index.formats import parse
from index.formats.base import BeyondPythonError, Loaded, Place, page_read, reads_several
from index.patience import BUSY, STANDSTILL_S

if TYPE_CHECKING:
    from index.passages import Passage, TokenOffsets

LENGTH_BYTES = 8
# The length of its process's number, which it says before all else, and of an exit code.
NUMBER_BYTES = 8
# A frame that says that a page has been read, and that the text is still to come.
PAGE_READ = b""
# The longest text of a document; what is longer is data and no document.
MAX_FRAME_BYTES = 256_000_000
# The longest frame with passages, of which each has less than 30 kB, however many sentences are in
# it; or with places or code.
MAX_SOME_BYTES = 16_000_000
# The longest frame with what else is said of a file: a title, a date, and the pages that were left
# out.
MAX_HEAD_BYTES = 100_000
# The most places in a document, and pieces of code: more than the rows of any table that can be
# read in memory.
MAX_PLACES = 2_000_000
# The longest reason why a file can't be read: a parser may quote the file, which may be one line.
MAX_REASON_CHARS = 1_000
# Text may hold half of a pair of surrogates, which UTF-8 has no bytes for.
TEXT_ERRORS = "surrogatepass"
# In a frame.
_AT_ONCE = 500
# Whoever asks ends this process at its limits. In case that it can't any more, this process ends
# itself at so many times these.
_ALONE = 2

_FIELDS_OF_PLACE = attrgetter(*(field.name for field in fields(Place)))
_NO_DATE = datetime.fromtimestamp(0, UTC)


class ParserServer:
    """Answers one request after the other."""

    def __init__(
        self, requests: BinaryIO, replies: BinaryIO, token_offsets: "TokenOffsets | None"
    ) -> None:
        """
        Begin.

        Args:
            requests: To read from.
            replies: To write to.
            token_offsets: Measures passages; None where nothing is split.
        """
        self._requests = requests
        self._replies = replies
        self._loaded: Loaded | None = None
        self._token_offsets = token_offsets

    def serve(self) -> None:
        """Answer until nobody asks any more."""
        answers: dict[str, Callable[..., None]] = {"parse": self._parse, "split": self._split}
        while line := self._requests.readline():
            name, given = json.loads(line)
            try:
                answers[name](**given)
            except (BeyondPythonError, DocumentError) as error:
                self._send(_error(str(error), ends=False))
            except MemoryError:
                limit, _ = resource.getrlimit(resource.RLIMIT_AS)
                said = f"reading it takes more than {limit / 1e9:.1f} GB of memory; split it"
                self._send(_error(said, ends=True))
            # Nobody has to ask for more soon.
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _parse(self, suffix: str, length: int, computing_s: float, *, shares: bool) -> None:
        """Send what a file holds, without its text, and then its text."""
        # Nothing of the file before is kept.
        self._loaded = None
        content = self._requests.read(length)
        _end_after(computing_s)

        def go_on() -> None:
            _end_after(computing_s)
            self._send(PAGE_READ)

        page_read.set(go_on)
        reads_several.set(shares)
        loaded = parse(suffix, content)
        values = {
            "title": loaded.title,
            "dated": loaded.dated.isoformat() if loaded.dated else None,
            "unread": loaded.unread,
        }
        text = loaded.text.encode(errors=TEXT_ERRORS)
        if len(text) > MAX_FRAME_BYTES or max(len(loaded.places), len(loaded.code)) > MAX_PLACES:
            self._send(_error("it holds too much text for one document; split it", ends=True))
            return
        self._loaded = loaded
        self._send(json.dumps(values).encode())
        # A long table has a million.
        for each in (map(_FIELDS_OF_PLACE, loaded.places), loaded.code):
            for some in _some_at_a_time(each):
                self._send(json.dumps(some).encode())
        self._send(text)

    def _split(
        self, document_id: str, title: str, limits: dict[str, int], computing_s: float
    ) -> None:
        """Send the passages of the text that was read, some at a time; none after the last."""
        if self._loaded is None or self._token_offsets is None:
            raise DocumentError("nothing was read that could be split")
        from index.slices import slice_of

        _end_after(computing_s)
        passages = _passages(self._loaded, document_id, title, limits, self._token_offsets)
        for some in _some_at_a_time(map(slice_of, passages)):
            self._send(json.dumps(some).encode())
            # Whoever asked writes them down meanwhile, for which it takes its time.
            _end_after(computing_s, computing=False)

    def _send(self, frame: bytes) -> None:
        # A text is not copied.
        self._replies.write(len(frame).to_bytes(LENGTH_BYTES))
        self._replies.write(frame)
        self._replies.flush()


def ready_to_split(tokenizer: bytes) -> "TokenOffsets":
    """Load what splits a text, and a tokenizer that measures passages."""
    from tokenizers import Tokenizer

    from index.passages import offsets_by

    token_offsets = offsets_by(Tokenizer.from_buffer(tokenizer))
    limits = {"max_tokens": 100, "max_chars": 100}
    for _ in _passages(Loaded("One is here. Two is there."), "", "", limits, token_offsets):
        pass
    return token_offsets


def _passages(
    loaded: Loaded,
    document_id: str,
    title: str,
    limits: dict[str, int],
    token_offsets: "TokenOffsets",
) -> "Iterator[Passage]":
    from index.documents import Document
    from index.passages import Splitting, split

    document = Document(
        id=document_id,
        title=title,
        text=loaded.text,
        sha256="",
        modified=_NO_DATE,
        places=loaded.places,
        headings=loaded.headings,
        code=loaded.code,
    )
    return split(document, Splitting(**limits), token_offsets)


def _some_at_a_time(values: Iterable[Any]) -> Iterator[list[Any]]:
    """All values in lists of bounded length, and an empty list after the last."""
    waiting = iter(values)
    while some := list(itertools.islice(waiting, _AT_ONCE)):
        yield some
    yield []


def _end_after(timeout_s: float, *, computing: bool = True) -> None:
    """
    End this process if it goes on for long after its limit: nobody may be there who ends it.

    Args:
        timeout_s: The limit.
        computing: Whether it may compute for so long once more from now on.
    """
    signal.setitimer(signal.ITIMER_REAL, _ALONE * (STANDSTILL_S + BUSY * timeout_s))
    if computing:
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        limit = int(time.process_time() + _ALONE * timeout_s) + 1
        resource.setrlimit(
            resource.RLIMIT_CPU,
            (limit if most == resource.RLIM_INFINITY else min(limit, most), most),
        )


def _error(text: str, *, ends: bool) -> bytes:
    return json.dumps({"error": text[:MAX_REASON_CHARS], "ends": ends}).encode()
