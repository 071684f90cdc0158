"""Forks that stand where processes of Python would."""

import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.forks import Fork, NoForkError, forked_command, use_warm_processes, warm_processes
from tests.waiting import until

_PATIENCE_S = 600.0
# More than any process has.
_NO_PID = b"%d" % (1 << 30)


def begun() -> "subprocess.Popen[str]":
    """A fork that does what it is told."""
    *command, _ = forked_command("code")
    return subprocess.Popen(
        [*command, "code:interact"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("which", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_what_stands_for_a_fork_ends_by_the_signal_that_ended_it(which: signal.Signals) -> None:
    with begun() as process:
        _, err = process.communicate(f"import os; os.kill(os.getpid(), {which:d})\n")

    assert process.returncode == -which
    assert "Traceback" not in err


def test_a_fork_has_the_environment_of_what_stands_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD", 'ä " \\ \n \udcff')

    with begun() as process:
        out, _ = process.communicate("import os; print(ascii(os.environ['ODD']))\nexit(3)\n")

    assert ascii('ä " \\ \n \udcff') in out
    assert process.returncode == 3


@contextmanager
def asked_instead() -> Iterator[socket.socket]:
    """Where forks are asked for, in the place of the process that forks."""
    forking = warm_processes()
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener,
    ):
        listener.settimeout(_PATIENCE_S)
        listener.bind(f"{folder}/commands")
        use_warm_processes(folder)
        try:
            yield listener
        finally:
            use_warm_processes(forking)


# When the process that forks may end.
_ENDS = ["before it is asked", "before it reads", "before it forks", "before the fork ends"]


@contextmanager
def ending(when: str) -> Iterator[None]:
    """What was asked for forks ends, and hangs up."""

    def answer(listener: socket.socket) -> None:
        asker, _ = listener.accept()
        with closing(asker):
            if when != "before it reads":
                asker.recv(1 << 17)
            if when == "before the fork ends":
                asker.send(_NO_PID)

    with asked_instead() as listener:
        if when == "before it is asked":
            yield
            return
        listener.listen()
        answering = threading.Thread(target=answer, args=[listener], daemon=True)
        answering.start()
        yield
        answering.join()


@pytest.mark.parametrize("when", _ENDS)
def test_what_stands_for_a_fork_says_that_there_is_none_with_a_code_of_its_own(when: str) -> None:
    with ending(when):
        done = subprocess.run(forked_command("code"), capture_output=True, text=True, check=False)

    assert done.returncode == 70
    assert re.fullmatch(r"The process that forks .* can't be asked any more: .+\n", done.stderr)


@pytest.mark.parametrize("when", _ENDS)
def test_whoever_starts_a_fork_hears_that_nothing_forks_any_more(when: str) -> None:
    with ending(when), pytest.raises(NoForkError, match="is gone"):
        Fork("code:interact", [], (0, 1, 2), environment=os.environ).wait(_PATIENCE_S)


def test_what_stands_for_a_fork_ends_as_it_also_where_a_signal_comes_too_late() -> None:
    with asked_instead() as listener:
        listener.listen()
        with subprocess.Popen(forked_command("code"), stderr=subprocess.PIPE) as process:
            asker, _ = listener.accept()
            with closing(asker):
                asker.recv(1 << 17)
                asker.send(_NO_PID)
                until(lambda: process.poll() is not None or catches(process.pid, signal.SIGUSR2))
                process.send_signal(signal.SIGUSR2)
                asker.send(b"3")
            _, err = process.communicate()

    assert (process.returncode, err) == (3, b"")


def catches(pid: int, which: signal.Signals) -> bool:
    """Whether a process has said what it does for a signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = re.search(r"SigCgt:\s+(\w+)", status)
    return bool(caught and int(caught[1], 16) >> (which - 1) & 1)
