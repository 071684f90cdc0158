"""
Processes that need not import everything: forks of one that has.

Most of what a short command takes is importing its libraries, and tests start hundreds. Each fork
has arguments, a folder, an environment and streams of its own, and ends as Python ends, or when
whoever asked for it does. What a fresh process imports, and that it knows a terminal, is tested on
fresh ones.

The processes that share the tests are forks, too, of one that has imported all tests.
"""

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import prompts
from index import parser_forks

ROOT = Path(__file__).resolve().parents[1]
_COMMANDS, _PARSERS, _TESTS = "commands", "parsers", "tests"
# The more a process holds, the longer each fork takes: for the parsers of builds, of which each
# forks one for each file, there is a process that has imported little else.
_IMPORTED = {
    _COMMANDS: (
        *(f"bot.cli.{name}" for name in ("ask", "chat", "doctor", "eval", "index", "rendering")),
        *("bot.checkup", "bot.cli.talk", "bot.evaluation.exam", "index.build", "index.inspection"),
        *("bot.postgres", "index.pruning", "index.searchable"),
        *("faiss", "jinja2", "nupunkt", "onnxruntime", "py3langid", "tantivy", "tokenizers"),
        *("tests.bot.discord_app.fake_index", "tests.bot.discord_app.launcher", "tests.commands"),
    ),
    _PARSERS: (
        *("index.documents", "index.parser_forks", "index.parser_server", "index.slices"),
        *(f"index.formats.{name}" for name in ("html", "markdown", "text")),
        *("nupunkt", "tokenizers"),
    ),
}
# What is started as a fork of the latter.
_READ_FILES = frozenset(
    {parser_forks.__name__, "tests.index.hostile_parser", "tests.index.told_parser"}
)
_MAX_BYTES = 1 << 17
_GONE = (
    "The process that forks for the tests is gone, and with it whatever needs it. Look for what it "
    "said on standard error, and start the tests again."
)
# What all processes of a run share, such as the sockets at which forks are asked for: known in
# whoever has made it, in whoever was told of it, and in all forks.
_folder = ""
_is_warm = False
"""Whether processes that fork were started."""


class NoForkError(Exception):
    """There is no process any more that forks."""


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
            cwd: The folder that it runs in.
            environment: All of it.

        Raises:
            NoForkError: If nothing forks any more.
        """
        asked = json.dumps([started, [*arguments], os.fspath(cwd), {**environment}]).encode()
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._told.connect(_asked_at(_COMMANDS))
            socket.send_fds(self._told, [asked], streams)
        except (ConnectionError, FileNotFoundError) as error:
            self._told.close()
            raise NoForkError(_GONE) from error
        self.pid = self._heard()
        self.returncode: int | None = None

    def _heard(self) -> int:
        """A number that the process tells which forks."""
        try:
            told = self._told.recv(_MAX_BYTES)
        except ConnectionError:
            told = b""
        if not told:
            self._told.close()
            raise NoForkError(_GONE)
        return int(told)

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        with suppress(BlockingIOError):
            self.wait(0)
        return self.returncode

    def wait(self, timeout_s: float) -> int:
        """
        Its exit code, negative for a signal, once it has ended.

        Raises:
            NoForkError: If nobody is left to tell.
        """
        if self.returncode is None:
            self._told.settimeout(timeout_s)
            self.returncode = self._heard()
            self._told.close()
        return self.returncode

    def send_signal(self, which: signal.Signals) -> None:
        """Do nothing if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)


def forked_command(module: str, *arguments: str) -> list[str]:
    """
    A command that does what `module_command` says, in a fork.

    A module whose function is not `main` is given as `module:function`.
    """
    kind = _PARSERS if module in _READ_FILES else _COMMANDS
    return [*_client(kind, module if ":" in module else f"{module}:main"), *arguments]


def _client(kind: str, started: str) -> list[str]:
    """The command that stands for a fork."""
    client = Path(__file__).with_name("fork_client.py")
    return [sys.executable, "-I", "-S", str(client), _asked_at(kind), started]


def worker_command(tests: Sequence[str]) -> list[str]:
    """What stands for Python where xdist starts it: a fork that has imported these tests."""
    warm_processes()
    _keep_warm(_TESTS, *tests)
    return _client(_TESTS, "tests.forks:run_program")


def run_program() -> None:
    """Run the program in the last argument, as Python does with `-c`."""
    exec(sys.argv[-1], {"__name__": "__main__"})  # noqa: S102 - xdist's own


def fork_parsers() -> None:
    """Let forks read the documents of builds that this process makes."""
    vars(parser_forks)["module_command"] = forked_command


def _asked_at(kind: str) -> str:
    """Where the process is asked that has imported what one kind of forks needs."""
    return f"{warm_processes()}/{kind}"


def shared_folder() -> Path:
    """A folder that all processes of a run share, and that goes with whoever has made it."""
    global _folder  # noqa: PLW0603 - one a process
    if not _folder:
        _folder = tempfile.mkdtemp(prefix="quoth-tests-")
        # PostgreSQL runs as somebody else where the tests run as root, and has its programs there.
        Path(_folder).chmod(0o711)
        atexit.register(shutil.rmtree, _folder)
    return Path(_folder)


def warm_processes() -> str:
    """The folder in which the processes are asked that fork; they end with whoever starts them."""
    folder = str(shared_folder())
    if not _is_warm:
        use_warm_processes(folder)
        for kind in _IMPORTED:
            _keep_warm(kind)
    return folder


def use_warm_processes(folder: str) -> None:
    """Have those fork that somebody else has started."""
    global _folder, _is_warm
    _folder, _is_warm = folder, True


def _keep_warm(kind: str, *arguments: str) -> None:
    """Start the process of one kind, which ends with this one."""
    ours, its = socket.socketpair()
    with its, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked:
        asked.bind(f"{_folder}/{kind}")
        asked.listen()
        given = (asked.fileno(), its.fileno())
        process = subprocess.Popen(
            [
                *(sys.executable, "-W", "ignore", "-m", "tests.forks"),
                kind,
                *map(str, given),
                *(_folder, *arguments),
            ],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            # What is wrong with the tests, each fork says for itself.
            stdout=subprocess.DEVNULL,
            pass_fds=given,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)


def main() -> None:
    """Fork whenever asked; a fork returns from here as the process that it was asked to be."""
    # Whoever interrupts the tests ends them, and this with them.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kind, *given, folder = sys.argv[1:5]
    # Nothing of what is imported is garbage.
    gc.disable()
    for module in _IMPORTED.get(kind, ()):
        import_module(module)
    if kind == _COMMANDS:
        templates = prompts._environment()
        for name in templates.list_templates(["j2"]):
            templates.get_template(name)
    if kind == _TESTS:
        pytest = import_module("pytest")
        pytest.main([*sys.argv[5:], "--collect-only", "-qq"])
        # The fork has its own arguments, and warnings as pytest wants them.
        sys.warnoptions.clear()
    # Forks share what nobody looks through for garbage.
    gc.freeze()
    gc.enable()
    listener, theirs = (socket.socket(fileno=int(number)) for number in given)
    # This is `__main__`; forks import the module by its name.
    import_module("tests.forks").use_warm_processes(folder)
    asked = _serve(listener, theirs)
    if asked is None:
        return
    message, streams = asked
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
    _run_and_end(getattr(import_module(module), function))


@dataclass(frozen=True)
class _Running:
    """A fork that was asked for."""

    pid: int
    asker: socket.socket
    end: int
    """A descriptor that can be read from once it has ended."""

    def close(self) -> None:
        self.asker.close()
        os.close(self.end)


def _serve(listener: socket.socket, theirs: socket.socket) -> tuple[bytes, list[int]] | None:
    """
    Fork whenever asked, and tell which process that is and how it ended.

    Returns:
        In a fork, what it is asked to be, and its streams; None once whoever started this process
        has ended, and all forks with it.
    """
    forks: list[_Running] = []
    while True:
        descriptors = [each for fork in forks for each in (fork.asker, fork.end)]
        ready, _, _ = select.select([listener, theirs, *descriptors], [], [])
        is_over = theirs in ready
        for fork in [each for each in forks if is_over or {each.asker, each.end} & {*ready}]:
            _end_and_tell(fork)
            forks.remove(fork)
        if is_over:
            return None
        if listener not in ready:
            continue
        asker, _ = listener.accept()
        message, streams, _, _ = socket.recv_fds(asker, _MAX_BYTES, 3)
        pid = os.fork() if message else None
        if pid == 0:
            for each in (listener, theirs, asker):
                each.close()
            for fork in forks:
                fork.close()
            return message, streams
        for stream in streams:
            os.close(stream)
        if pid is None:
            asker.close()
            continue
        forks.append(_Running(pid, asker, os.pidfd_open(pid)))
        with suppress(OSError):  # nobody waits for it any more
            asker.send(b"%d" % pid)


def _end_and_tell(fork: _Running) -> None:
    """Tell how a fork ended, or end it: whoever asked for it is gone."""
    # Nothing happens to one that has ended.
    os.kill(fork.pid, signal.SIGKILL)
    _, status = os.waitpid(fork.pid, 0)
    with suppress(OSError):
        fork.asker.send(b"%d" % os.waitstatus_to_exitcode(status))
    fork.close()


def _run_and_end(function: Callable[[], None]) -> None:
    """
    Do what Python does at its end, but for taking down what was imported.

    That would write to every page of it, which a fork shares until then: most of the time that a
    short command takes. Where anything else than an exit ends it, Python itself ends it.
    """
    try:
        function()
        code: object = None
    except SystemExit as error:
        code = error.code
    if code is not None and not isinstance(code, int):
        sys.exit(str(code))
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except (OSError, ValueError):
        sys.exit(code)
    os._exit(code or 0)


if __name__ == "__main__":
    main()
