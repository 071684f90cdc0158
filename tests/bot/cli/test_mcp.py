"""`quoth mcp` while its first build runs, in a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bot import assembly
from bot.cli.main import main
from tests.forks import forked_command
from tests.waiting import PATIENCE_S, until

_LASTING = f"import pathlib, time; pathlib.Path('begun').touch(); time.sleep({2 * PATIENCE_S})"


def main_with_lasting_build() -> None:
    """`quoth` with a build that never ends."""
    vars(assembly)["index_command"] = lambda *_: [sys.executable, "-c", _LASTING]
    main()


@pytest.mark.parametrize(
    ("options", "told", "code"),
    [
        ((), None, 0),
        ((), signal.SIGTERM, -signal.SIGTERM),
        (("--http", "--port", "0"), signal.SIGTERM, 0),
    ],
    ids=["the client has gone", "the client ends it", "it is stopped"],
)
def test_a_build_ends_with_the_server_that_began_it(
    tmp_path: Path, options: tuple[str, ...], told: signal.Signals | None, code: int
) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds/fines.txt").write_text("Fines for theft 35.")
    with subprocess.Popen(
        forked_command(f"{__name__}:main_with_lasting_build", "mcp", *options),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as server:
        until((tmp_path / "begun").exists)
        if told is not None:
            server.send_signal(told)

        # Standard error is open until both have ended. The input is closed first.
        server.communicate(timeout=PATIENCE_S)

    assert server.returncode == code
