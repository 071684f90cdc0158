"""Forks that stand where processes of Python would."""

import signal
import subprocess

import pytest

from tests.forks import forked_command


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
