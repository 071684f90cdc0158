"""
The process that forks the processes that read files, and how it is asked to.

What a file does to the process that reads it ends with that process, which says nothing of files
that other processes read. Which files are read by the same process is decided elsewhere
(`index.parser_sharing`). The process that forks imports once what is needed, reads nothing that
strangers wrote, and ends each fork when it is told to.

Elsewhere than on Linux, what libraries use of the system may break in a fork. There the process
reads the files itself, one after the other.
"""

import gc
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import IO, NoReturn

from index.confinement import Confining
from index.formats import make_ready, make_ready_for_scans
from index.formats.base import FORMATS, Format
from index.parser_pipes import ParserPipes
from index.parser_server import NUMBER_BYTES, ParserServer, ready_to_split
from index.processes import bare_environment, module_command

FORKS = sys.platform == "linux"
"""Whether files get processes of their own."""

# What is asked: to end what reads, or also to tell how it ended; to get ready for scanned pages; or
# the ending of the next file, whose pipes come with it.
_MESSAGE_BYTES = 16
_END, _END_AND_TELL, _SCANS = "end", "end and tell", "scans"
# Threads are lost in a fork, and take address space.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}


class ParserForks:
    """Starts processes that read files, and ends them."""

    def __init__(self, memory_bytes: int, niceness: int, tokenizer: bytes) -> None:
        """
        Start the process that forks them.

        Args:
            memory_bytes: How much address space each of them may take.
            niceness: By how much they make way for others.
            tokenizer: Measures passages; empty where nothing is split.

        Raises:
            OSError: If it can't be started.
        """
        self._forks = FORKS
        self._ready: set[Format] = set()
        numbers = (memory_bytes, niceness, len(tokenizer), int(self._forks))
        self._control, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 - our own program
                    module_command("index.parser_forks", *map(str, numbers)),
                    env=bare_environment(),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        except OSError:
            self._control.close()
            raise
        try:
            self._control.sendall(tokenizer)
        except OSError:
            self.close()
            raise

    @property
    def is_over(self) -> bool:
        """Whether the process that forks has ended."""
        return self._control.fileno() < 0 or self._process.poll() is not None

    def begin(self, suffix: str) -> ParserPipes:
        """
        Start a process that reads files with this ending; the one before has to be ended.

        Raises:
            OSError: If the one that forks has ended.
        """
        (its_requests, requests), (replies, its_replies) = _pipe(), _pipe()
        with its_requests, its_replies:
            given = (its_requests.fileno(), its_replies.fileno())
            pipes = ParserPipes(requests, replies, self._process.pid)
            try:
                socket.send_fds(self._control, [_message(suffix)], given)
            except OSError:
                pipes.close()
                self.close()
                raise
        self._ready.add(FORMATS[suffix])
        return pipes

    def is_ready(self, suffix: str) -> bool:
        """Whether what reads files with this ending is imported before a process is started."""
        return FORMATS[suffix] in self._ready

    def end(self, *, is_done: bool) -> int | None:
        """
        End the process that reads files.

        Args:
            is_done: Whether it has said all that it was asked for. Where nothing forks, it goes on
                to the next file then.

        Returns:
            Its exit code, negative for a signal; None if it was done.
        """
        if is_done and not self._forks:
            return None
        if not self._forks:
            return self.close()
        try:
            self._control.sendall(_message(_END if is_done else _END_AND_TELL))
            if is_done:
                return None
            return int.from_bytes(_received(self._control, NUMBER_BYTES), signed=True)
        except (OSError, EOFError):
            return self.close()

    def expect_scans(self) -> None:
        """Get ready for files with scanned pages: the libraries that read them take a second."""
        if self._forks:
            # Where it has ended, that shows with the next file.
            with suppress(OSError):
                self._control.sendall(_message(_SCANS))

    def close(self) -> int:
        """End the process that forks, and return its exit code."""
        if not self._forks:
            self._process.kill()
        # It ends a fork that is left, and then itself.
        self._control.close()
        return self._process.wait()


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    """An end to read from, and one to write to."""
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


def _message(text: str) -> bytes:
    return text.encode().ljust(_MESSAGE_BYTES)


def _received(control: socket.socket, count: int) -> bytearray:
    received = bytearray()
    while len(received) < count:
        more = control.recv(count - len(received))
        if not more:
            raise EOFError
        received += more
    return received


class _Server:
    """Starts the processes that read, and ends them, as it is told to."""

    def __init__(self, control: socket.socket, read: Callable[[int, int], None]) -> None:
        """
        Begin without any.

        Args:
            control: Where it is asked.
            read: Reads a file, of which it is asked at one descriptor and tells at another.
        """
        self._control = control
        self._read = read

    def read_each(self) -> None:
        """Read one file after the other."""
        while asked := self._asked():
            self._read(*asked[1])

    def fork_for_each(self, confining: Confining) -> None:
        """Have a fork read each file."""
        fork = None
        while asked := self._asked():
            text, pipes = asked
            if text == _SCANS:
                make_ready_for_scans()
                continue
            if not pipes:
                code = _end_fork(fork)
                fork = None
                if text == _END_AND_TELL:
                    self._control.sendall(code.to_bytes(NUMBER_BYTES, signed=True))
                continue
            make_ready(text)
            # What all forks share is copied where somebody looks through it for garbage.
            gc.freeze()
            own = os.getpid()
            fork = os.fork()
            if fork == 0:
                self._read_and_end(confining, own, *pipes)
            for pipe in pipes:
                os.close(pipe)
        _end_fork(fork)

    def _asked(self) -> tuple[str, list[int]] | None:
        """The ending of a file and its two pipes, or what else is asked; None after the last."""
        message, pipes, _, _ = socket.recv_fds(self._control, _MESSAGE_BYTES, 2)
        if not message:
            return None
        message += _received(self._control, _MESSAGE_BYTES - len(message))
        return message.decode().strip(), pipes

    def _read_and_end(
        self, confining: Confining, parent: int, requests: int, replies: int
    ) -> NoReturn:
        """Never return to what the fork was made of."""
        code = 1
        try:
            # Nobody else knows of it.
            confining.end_with(parent)
            # Both lead to where all is asked.
            self._control.close()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            confining.confine()
            self._read(requests, replies)
            code = 0
        finally:
            os._exit(code)


def _end_fork(fork: int | None) -> int:
    """End a fork, killed if it goes on, and return its exit code; 0 if there is none."""
    if fork is None:
        return 0
    os.kill(fork, signal.SIGKILL)
    _, status = os.waitpid(fork, 0)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Serve the process that started this one: read files, within its memory limit and confined."""
    memory_bytes, niceness, tokenizer_bytes, forks = map(int, sys.argv[1:])
    # That it is over, it sees from where it is asked.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    os.environ |= _ONE_THREAD
    confining = Confining()
    if not forks:
        confining.confine()
    with socket.socket(fileno=os.dup(0)) as control:
        tokenizer = bytes(_received(control, tokenizer_bytes))
        token_offsets = ready_to_split(tokenizer) if tokenizer else None

        def read(requests: int, replies: int) -> None:
            with os.fdopen(requests, "rb") as asked, os.fdopen(replies, "wb") as said:
                said.write(os.getpid().to_bytes(NUMBER_BYTES))
                said.flush()
                ParserServer(asked, said, token_offsets).serve()

        server = _Server(control, read)
        if forks:
            server.fork_for_each(confining)
        else:
            server.read_each()
    # Taking down all that was imported takes a while.
    os._exit(0)


if __name__ == "__main__":
    main()
