"""`quoth` as people and programs run it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import ROOT
from tests.forks import Fork

QUOTH = (sys.executable, "-W", "ignore", "-m", "bot.cli.main")
"""The command in a fresh process."""

# Long enough for a build with an export on the busiest machine; only a failing test waits so long.
PATIENCE_S = 1_200


def quoth(
    *arguments: str, stdin: str | bytes = "", cwd: Path = ROOT, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a fork, to its end."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin if isinstance(stdin, bytes) else stdin.encode())
        given.seek(0)
        code = Fork(
            "bot.cli.main:main",
            arguments,
            (given.fileno(), out.fileno(), err.fileno()),
            cwd=cwd,
            environment={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        ).wait(PATIENCE_S)
        printed = []
        for stream in (out, err):
            stream.seek(0)
            printed.append(stream.read().decode("utf-8", "surrogateescape"))
    return subprocess.CompletedProcess(arguments, code, *printed)
