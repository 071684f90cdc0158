"""
`quoth index` with a fake encoder.

Usage: fake_index.py FOLDER index ARGUMENT ...

While there is a file `hold-build` in the folder, texts are read and not encoded; with a file
`slow-build`, many are encoded one by one, each after so many seconds as it says.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import index.encoder
from bot.cli import main as quoth
from index.encoder import EncodingProgress, Vectors
from tests.fakes import FakeEncoder
from tests.forks import fork_parsers


@dataclass
class HeldEncoder(FakeEncoder):
    """Encodes when it is let."""

    hold: Path = Path("hold-build")

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        while self.hold.exists():
            time.sleep(0.01)
        slow = self.hold.with_name("slow-build")
        if not slow.exists() or len(texts) == 1:
            return super().encode(texts, progress)
        made = []
        for text in texts:
            # While a test writes another number there, it is empty.
            time.sleep(float(slow.read_text() or 0))
            made.append(super().encode([text], progress))
        return np.concatenate(made)


def main() -> None:
    """Run what the command line says."""
    fork_parsers()
    hold = Path(sys.argv.pop(1)) / "hold-build"
    index.encoder.SentenceEncoder = lambda name, *_, **__: HeldEncoder(name, hold=hold)  # type: ignore[assignment, misc]
    quoth.main()
