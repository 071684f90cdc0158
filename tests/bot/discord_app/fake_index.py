"""
`quoth index` with a fake encoder.

Usage: fake_index.py FOLDER index ARGUMENT ...

While there is a file `hold-build` in the folder, texts are read and not encoded.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import index.encoder
from bot.cli.main import main
from index.encoder import Progress, Vectors
from tests.conftest import FakeEncoder


@dataclass
class HeldEncoder(FakeEncoder):
    """Encodes when it is let."""

    hold: Path = Path("hold-build")

    def encode(self, texts: Sequence[str], progress: Progress) -> Vectors:
        while self.hold.exists():
            time.sleep(0.01)
        return super().encode(texts, progress)


if __name__ == "__main__":
    hold = Path(sys.argv.pop(1)) / "hold-build"
    index.encoder.SentenceEncoder = lambda name, *_, **__: HeldEncoder(name, hold=hold)  # type: ignore[assignment, misc, return-value]
    main()
