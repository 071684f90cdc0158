"""
What a second build costs beside a full one: `python -m benchmarks.incremental`.

The documents are made of sentences of the seed article, put together anew with a number of their
own, so that each is one short passage. Each build is a whole `quoth index` process.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import parser_of
from index.passages import sentences

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Print the seconds of four builds, and their shares of the full one."""
    parser = parser_of("incremental", __doc__)
    parser.add_argument("--documents", type=int, default=1_000, metavar="N")
    count = parser.parse_args().documents
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "seeds").mkdir()
        first = home / "seeds/0.txt"
        first.write_text("The encoder is exported before anything is measured.")
        _seconds(home)
        for number, text in enumerate(_texts(count)):
            (home / f"seeds/{number}.txt").write_text(text)
        full = _seconds(home)
        print(f"full build of {count:,} documents: {full:.1f} s")
        _report("nothing changed", _seconds(home), full)
        first.write_text("This document says something else now, about the price of bread.")
        _report("one document changed", _seconds(home), full)
        first.rename(home / "seeds/renamed.txt")
        _report("one document renamed", _seconds(home), full)


def _texts(count: int) -> list[str]:
    article = next((ROOT / "seeds").iterdir()).read_text(encoding="utf-8")
    pieces = [article[start:end] for start, end in sentences(article)]
    chance = random.Random(0)  # noqa: S311 - texts, not secrets
    return [f"Report {number}. {' '.join(chance.sample(pieces, 3))}" for number in range(count)]


def _seconds(home: Path) -> float:
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "bot.cli.main", "index"],
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def _report(name: str, seconds: float, full: float) -> None:
    print(f"{name}: {seconds:.2f} s, {seconds / full:.1%} of the full build")


if __name__ == "__main__":
    main()
