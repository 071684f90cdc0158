"""
Parsing in a process of its own, which may hang, swell or crash without anybody else's harm.

A file may also take it over: it has nothing that is worth taking (`index.confinement`), and gets
the bytes of a file through a pipe, through which it gives back the text.

The process is started when the first file needs it, and goes on to the next file; one that is too
slow or asks for too much memory is ended, and another takes its place. Each scanned page that it
has read gives it the time of one more.
"""

import json
import os
import resource
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any, BinaryIO, Self

from index.confinement import confine
from index.errors import DocumentError
from index.formats import parse
from index.formats.base import FORMATS, Loaded, Place, page_read
from index.processes import bare_environment, module_command

# A PDF of a thousand pages takes about a minute.
PARSE_TIMEOUT_S = 120.0
# OCR takes some seconds for each.
MAX_SCANNED_PAGES = 1_000
# Of address space. Parsers take some twenty times a file's size; text of 50 MB still fits.
PARSE_MEMORY_BYTES = 2_000_000_000
# Of one document's text and places; beyond it, it is data and not a document.
_MAX_REPLY_BYTES = 256_000_000

_LENGTH_BYTES = 8
# In the place of a reply's length: a page has been read, and the reply is still to come.
_PAGE_READ = 0
_FIELDS_OF_PLACE = attrgetter(*(field.name for field in fields(Place)))


class ParserProcess:
    """Parses files one after the other; use it as a context, and from one thread."""

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
                so much, and parses plain text too.
            page_read: Called after each page of a file that is read by OCR.
        """
        self.timeout_s = timeout_s
        """What the next file may take."""
        self._memory_bytes = memory_bytes
        self._niceness = niceness
        self._page_read = page_read
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        self._end()

    def parse(self, suffix: str, content: bytes) -> Loaded:
        """
        See `index.formats.parse`; plain text is read here, all else in the other process.

        Raises:
            DocumentError: If it can't be read, or not within the limits.
        """
        if FORMATS[suffix].is_plain and self._niceness is None:
            return parse(suffix, content)
        try:
            reply = self._ask(suffix, content)
        except TimeoutError as error:
            self._end()
            raise DocumentError(
                f"reading it takes more than {self.timeout_s:.0f} seconds"
            ) from error
        except (OSError, EOFError) as error:
            code = self._end()
            raise DocumentError(
                f"the process that read it ended (exit code {code}); it needs more than "
                f"{self._memory_bytes / 1e9:.1f} GB of memory, or breaks the parser"
            ) from error
        except MemoryError:
            # What it still says would be taken for its reply to the next file.
            self._end()
            raise
        if "error" in reply:
            if reply["ends"]:
                self._end()
            raise DocumentError(reply["error"])
        return Loaded(
            reply["text"],
            reply["title"],
            date.fromisoformat(reply["dated"]) if reply["dated"] else None,
            tuple(Place(*place) for place in reply["places"]),
            tuple((start, end) for start, end in reply["code"]),
            reply["unread"],
        )

    def _ask(self, suffix: str, content: bytes) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                module_command("index.parsing", str(self._memory_bytes), str(self._niceness or 0)),
                env=bare_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise EOFError
        process.stdin.write(json.dumps([suffix, len(content), self.timeout_s]).encode() + b"\n")
        process.stdin.write(content)
        process.stdin.flush()
        for _ in range(MAX_SCANNED_PAGES + 1):
            deadline = time.monotonic() + self.timeout_s
            length = int.from_bytes(_read(process.stdout, _LENGTH_BYTES, deadline))
            if length != _PAGE_READ:
                reply: dict[str, Any] = json.loads(_read(process.stdout, length, deadline))
                return reply
            self._page_read()
        self._end()
        raise DocumentError(f"it has more than {MAX_SCANNED_PAGES:,} scanned pages; split it")

    def _end(self) -> int | None:
        process, self._process = self._process, None
        if process is None:
            return None
        process.kill()
        process.communicate()
        return process.returncode


def _read(pipe: Any, count: int, deadline: float) -> bytes:
    received = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(received) < count:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            chunk = os.read(pipe.fileno(), min(count - len(received), 1 << 20))
            if not chunk:
                raise EOFError
            received += chunk
    return bytes(received)


def _serve(requests: BinaryIO, replies: BinaryIO) -> None:
    while line := requests.readline():
        suffix, length, timeout_s = json.loads(line)
        content = requests.read(length)
        _end_after(2 * timeout_s)

        def go_on(timeout_s: float = timeout_s) -> None:
            _end_after(2 * timeout_s)
            _send(replies, _PAGE_READ.to_bytes(_LENGTH_BYTES))

        page_read.set(go_on)
        reply = _reply(suffix, content)
        _send(replies, len(reply).to_bytes(_LENGTH_BYTES) + reply)


def _send(replies: BinaryIO, content: bytes) -> None:
    replies.write(content)
    replies.flush()


def _end_after(seconds: float) -> None:
    """
    End this process if it takes longer over a file, by the clock or in what it computes.

    The process that asked may have ended by then, and could no longer end this one.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(time.process_time() + seconds) + 1
    resource.setrlimit(
        resource.RLIMIT_CPU,
        (limit if most == resource.RLIM_INFINITY else min(limit, most), most),
    )


def _reply(suffix: str, content: bytes) -> bytes:
    try:
        loaded = parse(suffix, content)
        values = {
            "text": loaded.text,
            "title": loaded.title,
            "dated": loaded.dated.isoformat() if loaded.dated else None,
            # A long table has a million.
            "places": list(map(_FIELDS_OF_PLACE, loaded.places)),
            "code": loaded.code,
            "unread": loaded.unread,
        }
        reply = json.dumps(values).encode()
    except DocumentError as error:
        return _error(str(error), ends=False)
    except MemoryError:
        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        return _error(
            f"reading it takes more than {limit / 1e9:.1f} GB of memory; split it", ends=True
        )
    if len(reply) > _MAX_REPLY_BYTES:
        return _error("it holds too much text for one document; split it", ends=True)
    return reply


def _error(text: str, *, ends: bool) -> bytes:
    return json.dumps({"error": text, "ends": ends}).encode()


def main() -> None:
    """Serve the process that started this one, within its memory limit and confined."""
    memory_bytes = int(sys.argv[1])
    os.nice(int(sys.argv[2]))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    # What a library prints must not get between the replies.
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)
        confine()
        _serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
