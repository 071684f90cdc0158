"""Ctrl-C while the documents are indexed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# `quoth` with an encoder that makes nothing of texts but numbers, and is interrupted as a terminal
# interrupts it.
_QUOTH = """
import os, signal
import index.encoder
from tests.fakes import FakeEncoder

class Encoder(FakeEncoder):
    def encode(self, texts, progress):
        if "INTERRUPT" in os.environ and len(self.encoded) >= 200:
            os.kill(os.getpid(), signal.SIGINT)
        return super().encode(texts, progress)

# Whoever runs the tests in the background has it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
index.encoder.SentenceEncoder = lambda *_, **__: Encoder()
from bot.cli.main import main
main()
"""


def index(folder: Path, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _QUOTH, "index", *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "seeds").mkdir()
    for number in range(400):
        (tmp_path / f"seeds/{number}.txt").write_text(f"Crime {number} costs {number}00.")
    return tmp_path


def test_what_is_kept_is_said_and_the_next_run_goes_on_from_there(home: Path) -> None:
    ended = index(home, INTERRUPT="yes")
    resumed = index(home)

    assert ended.returncode == 130
    assert (
        "Interrupted: 256 of 400 passages are encoded and kept. Run the command again to go on"
    ) in ended.stderr
    assert ended.stdout == ""
    assert "400 passages (144 encoded, 256 reused)" in resumed.stdout


def test_of_a_rebuild_that_is_ended_nothing_is_promised(home: Path) -> None:
    ended = index(home, "--rebuild", INTERRUPT="yes")

    assert ended.returncode == 130
    assert "Interrupted. What was indexed before is served as it was." in ended.stderr
