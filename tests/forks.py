"""
Processes that need not import everything: forks of one that has.

Most of what a short command takes is importing its libraries, and tests start hundreds. Each fork
has arguments, a folder, an environment and streams of its own, and ends as Python ends. What a
fresh process imports, and what it does on a terminal, is tested on fresh ones.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_IMPORTED = (
    *("bot.cli.ask", "bot.cli.chat", "bot.cli.doctor", "bot.cli.eval", "bot.cli.index"),
    *("index.build", "onnxruntime", "tantivy", "tokenizers"),
    "tests.bot.discord_app.launcher",
)
_MAX_BYTES = 1 << 17


class Fork:
    """A process of its own, with what tests need of `subprocess.Popen`."""

    def __init__(
        self,
        started: str,
        arguments: Sequence[str],
        streams: tuple[int, int, int],
        *,
        cwd: Path = ROOT,
        environment: Mapping[str, str],
    ) -> None:
        """
        Start it.

        Args:
            started: A function without arguments, as `module:function`.
            arguments: What follows on the command line.
            streams: Descriptors of standard input, output and error; the caller's to close.
            cwd: Its folder.
            environment: All of it.
        """
        asked = json.dumps([started, [*arguments], os.fspath(cwd), {**environment}]).encode()
        self._told, its = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with its:
            socket.send_fds(_warm_process(), [asked], [its.fileno(), *streams])
        self.pid = int(self._told.recv(_MAX_BYTES))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        with suppress(BlockingIOError):
            self.wait(0)
        return self.returncode

    def wait(self, timeout_s: float) -> int:
        """Its exit code, negative for a signal, once it has ended."""
        if self.returncode is None:
            self._told.settimeout(timeout_s)
            self.returncode = int(self._told.recv(_MAX_BYTES))
            self._told.close()
        return self.returncode

    def send_signal(self, which: signal.Signals) -> None:
        """Do nothing if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)


@cache
def _warm_process() -> socket.socket:
    """The connection to the process that has imported everything, and ends with this one."""
    ours, its = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with its:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.forks", str(its.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            pass_fds=[its.fileno()],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def main() -> None:
    """Fork whenever asked; a fork returns from here as the process that it was asked to be."""
    # Whoever interrupts the tests ends them, and this with them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in _IMPORTED:
        import_module(module)
    with socket.socket(fileno=int(sys.argv[1])) as asker:
        while True:
            message, descriptors, _, _ = socket.recv_fds(asker, _MAX_BYTES, 4)
            if not message:
                return
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG) != (0, 0):
                    pass
            if os.fork() == 0:
                break
            for descriptor in descriptors:
                os.close(descriptor)
    told, *streams = descriptors
    _fork_and_tell(socket.socket(fileno=told))
    started, arguments, cwd, environment = json.loads(message)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [started, *arguments]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    module, _, function = started.partition(":")
    getattr(import_module(module), function)()


def _fork_and_tell(asker: socket.socket) -> None:
    """Return in a fork; stay behind, and tell which process it is and how it ended."""
    fork = os.fork()
    if fork == 0:
        asker.close()
        return
    asker.send(b"%d" % fork)
    # A pipe ends when nobody holds its other end any more.
    os.closerange(0, asker.fileno())
    os.closerange(asker.fileno() + 1, 1 << 16)
    _, status = os.waitpid(fork, 0)
    with suppress(OSError):  # nobody waits for it any more
        asker.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


if __name__ == "__main__":
    main()
