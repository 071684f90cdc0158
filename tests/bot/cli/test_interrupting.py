"""Ctrl-C while the documents are indexed."""

import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.cli.main import main
from index import encoder
from index.encoder import EncodingProgress, Vectors
from tests.fakes import FakeEncoder
from tests.forks import forked_command


class Encoder(FakeEncoder):
    """One that is interrupted as a terminal interrupts it."""

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        if "INTERRUPT" in os.environ and len(self.encoded) >= 200:
            os.kill(os.getpid(), signal.SIGINT)
        return super().encode(texts, progress)


def main_with_encoder() -> None:
    """`quoth` with this encoder."""
    vars(encoder)["SentenceEncoder"] = lambda *_, **__: Encoder()
    main()


def index(folder: Path, *options: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        forked_command(f"{__name__}:main_with_encoder", "index", *options),
        cwd=folder,
        env=os.environ | environment,
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
    assert ended.stderr.endswith("\nInterrupted. What was indexed before is served as it was.\n\n")
