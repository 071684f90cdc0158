"""`quoth` as people and programs run it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from answering.calibration import ChosenCalibration
from answering.tuning import ChosenTuning
from bot import assembly, chosen_reader, collection_builds
from bot.cli.main import main
from bot.evaluation import exam
from reader.model import Reader
from tests.conftest import FAKE_CALIBRATION, FAKE_TUNING, ROOT, FakeReader
from tests.forks import Fork, fork_parsers, forked_command

QUOTH = (sys.executable, "-W", "ignore", "-m", "bot.cli.main")
"""The command in a fresh process."""

# Long enough for a build with an export on the busiest machine; only a failing test waits so long.
PATIENCE_S = 1_200


# What the fake reader finds to this question: the number behind the question's last word.
QUESTION = "how many were deported for drunk driving?"
FAKE_ANSWER = "5,848"


def use_reader(reader: Reader) -> None:
    """Let this process answer with a fake, with a calibration and a tuning for it."""
    vars(chosen_reader)["open_reader"] = lambda _: reader
    for module in (assembly, exam):
        vars(module)["calibration_for"] = lambda *_: ChosenCalibration(FAKE_CALIBRATION)
        vars(module)["tuning_for"] = lambda *_: ChosenTuning(FAKE_TUNING)


def main_with_fake_reader() -> None:
    """`quoth`, but with a fake for its reader, and with forks for the processes that it starts."""
    use_reader(FakeReader())
    fork_parsers()
    vars(collection_builds)["module_command"] = forked_command
    main()


def quoth(
    *arguments: str,
    stdin: str | bytes = "",
    cwd: Path = ROOT,
    is_real: bool = False,
    **environment: str,
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a fork, to its end; with a fake reader, unless all is to be real."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write(stdin if isinstance(stdin, bytes) else stdin.encode())
        given.seek(0)
        code = Fork(
            "bot.cli.main:main" if is_real else "tests.commands:main_with_fake_reader",
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
