"""What is asked of a process that reads a file, and what comes back, which may be anything."""

import json
import os
import selectors
from contextlib import suppress
from typing import IO, Any

from index.errors import DocumentError
from index.parser_server import (
    LENGTH_BYTES,
    MAX_FRAME_BYTES,
    MAX_REASON_CHARS,
    NUMBER_BYTES,
    PAGE_READ,
    TEXT_ERRORS,
)
from index.patience import Patience

_AT_ONCE = 1 << 20
# Seconds of a core: to import what reads all formats takes some.
_START_S = 60.0


class ParserPipes:
    """The two pipes of a process that reads a file, which is waited for with patience."""

    def __init__(self, requests: IO[bytes], replies: IO[bytes], starter: int) -> None:
        """
        Begin to talk.

        Args:
            requests: To write to.
            replies: To read from.
            starter: The number of the process that starts it.
        """
        self._requests = requests
        self._replies = replies
        # Who doesn't read must not hold whoever writes.
        os.set_blocking(requests.fileno(), False)
        self._process_id: int | None = None
        self._patience = Patience()
        self._patience.watch(starter)
        self._patience.give(_START_S)
        self.is_done = True
        """Whether it has said all that it was asked for, and can go on."""

    @property
    def given_s(self) -> float:
        """How much it was last allowed to compute, in seconds of a core."""
        return self._patience.given_s

    def close(self) -> None:
        """Close both pipes."""
        self._requests.close()
        self._replies.close()

    def ask(
        self, name: str, given: dict[str, Any], computing_s: float, content: bytes = b""
    ) -> None:
        """
        Ask for something.

        Args:
            name: What `index.parser_server.ParserServer` calls it.
            given: The arguments of what is asked for.
            computing_s: How much it may compute for that, in seconds of a core.
            content: What it reads beside them.

        Raises:
            TimeoutError: If patience comes to an end.
        """
        self.is_done = False
        self._patience.give(computing_s)
        asked = [name, given | {"computing_s": computing_s}]
        # Why it takes no more stands in its reply, if it could say so.
        with suppress(BrokenPipeError):
            self._write(json.dumps(asked).encode() + b"\n")
            self._write(content)

    def meet(self) -> int:
        """
        Call before each file: hear which process reads it, and watch what that computes.

        The start of the process is waited for once.

        Raises:
            TimeoutError: If patience comes to an end.
            EOFError: If it says nothing.
        """
        if self._process_id is None:
            self._process_id = int.from_bytes(self._read(NUMBER_BYTES))
        self._patience.watch(self._process_id)
        return self._process_id

    def frame(self, most: int) -> Any:
        """
        The next thing that the process says; None if it has read a page and is not done.

        Raises:
            DocumentError: If it says that it can't.
            TimeoutError: If patience comes to an end.
            EOFError: If it says no more, or too much.
            ValueError: If it says what makes no sense.
            RecursionError: If it says what is nested too deeply.
        """
        content = self._bytes(most)
        if content == PAGE_READ:
            self._patience.give_again()
            return None
        said = json.loads(content)
        if isinstance(said, dict) and "error" in said:
            self.is_done = not said["ends"]
            reason = str(said["error"])[:MAX_REASON_CHARS]
            raise DocumentError(reason.encode("utf-8", "replace").decode())
        return said

    def text(self) -> str:
        """The text that the process sends next; see `frame` for what may go wrong."""
        return self._bytes(MAX_FRAME_BYTES).decode(errors=TEXT_ERRORS)

    def _bytes(self, most: int) -> bytearray:
        length = int.from_bytes(self._read(LENGTH_BYTES))
        if length > most:
            raise EOFError
        return self._read(length)

    def _write(self, content: bytes) -> None:
        left = memoryview(content)
        with selectors.DefaultSelector() as selector:
            selector.register(self._requests, selectors.EVENT_WRITE)
            while left:
                self._patience.wait(selector)
                left = left[os.write(self._requests.fileno(), left[:_AT_ONCE]) :]

    def _read(self, count: int) -> bytearray:
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._replies, selectors.EVENT_READ)
            while len(received) < count:
                self._patience.wait(selector)
                chunk = os.read(self._replies.fileno(), min(count - len(received), _AT_ONCE))
                if not chunk:
                    raise EOFError
                received += chunk
        return received
