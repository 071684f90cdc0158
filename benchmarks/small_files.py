"""
What each of many small files costs to read and split, beyond what the first one does.

    python -m benchmarks.small_files [--files 200] [--only .md .html ...] [--stay]

Each .html and .eml file is read by a fork of its own, and up to 100 files of .md or .csv by one
fork; with `--stay`, one process reads all files, as it does where nothing forks. Seconds are those
of a core, and "faults" are pages of memory that the kernel handed out, most of them copies of what
a fork shares until it writes to it: what that takes depends on the machine, so a page is timed as
well.
"""

import mmap
import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from benchmarks import parser_of
from bot.settings import load_settings
from index import parser_forks
from index.documents import Document
from index.encoder import SentenceEncoder
from index.parsing import ParserProcess
from index.passages import Splitting

_PARAGRAPH = "The harbour was closed for 41 days in the winter of 1987, when the ice was thick. "
_CONTENTS: Mapping[str, bytes] = MappingProxyType(
    {
        ".md": f"# The harbour\n\n## Ice\n\n{_PARAGRAPH}\n\n- `{_PARAGRAPH}`\n".encode() * 3,
        ".csv": b"year,days,ice\n1987,41,thick\n1988,0,none\n" * 10,
        ".html": f"<h1>The harbour</h1>{f'<p>{_PARAGRAPH}</p>' * 12}".encode(),
        ".eml": f"Subject: Ice\nFrom: a@example.org\n\n{_PARAGRAPH}\n".encode(),
    }
)
_PAGES = 10_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What was taken so far."""

    computed_s: float
    parent_s: float
    clock_s: float
    faults: int


def _spent() -> Spent:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    computed_s = children.ru_utime + children.ru_stime
    return Spent(computed_s, time.process_time(), time.perf_counter(), children.ru_minflt)


def measure(suffix: str, encoder: SentenceEncoder, files: int) -> Spent:
    """Read and split the same file so many times."""
    before = _spent()
    with ParserProcess(encoder=encoder) as parser:
        for _ in range(files):
            loaded = parser.parse(suffix, _CONTENTS[suffix])
            modified = datetime.fromtimestamp(0, UTC)
            document = Document(f"a{suffix}", "a", loaded.text, "0" * 64, modified)
            for _ in parser.split(document, Splitting(), 0):
                pass
    after = _spent()
    return Spent(
        after.computed_s - before.computed_s,
        after.parent_s - before.parent_s,
        after.clock_s - before.clock_s,
        after.faults - before.faults,
    )


def _page_s() -> float:
    """How long the kernel takes to hand out a page, in seconds of a core."""
    with mmap.mmap(-1, _PAGES * mmap.PAGESIZE) as memory:
        memory.madvise(mmap.MADV_NOHUGEPAGE)
        started = time.process_time()
        for at in range(0, len(memory), mmap.PAGESIZE):
            memory[at] = 1
        return (time.process_time() - started) / _PAGES


def main() -> None:
    """Measure files of each kind, and print."""
    parser = parser_of("small_files", __doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=_CONTENTS, default=[*_CONTENTS])
    parser.add_argument("--stay", action="store_true")
    chosen = parser.parse_args()
    parser_forks.FORKS = parser_forks.FORKS and not chosen.stay
    with tempfile.TemporaryDirectory() as scratch:
        encoder = SentenceEncoder(load_settings().encoder, Path(scratch))
        for suffix in chosen.only:
            one, all_of_them = (measure(suffix, encoder, n) for n in (1, 1 + chosen.files))
            print(
                f"{suffix}: the first {one.computed_s:.2f} s; each more "
                f"{(all_of_them.computed_s - one.computed_s) / chosen.files * 1e3:.1f} ms and "
                f"{(all_of_them.parent_s - one.parent_s) / chosen.files * 1e3:.1f} ms in the "
                f"process that asks, {(all_of_them.clock_s - one.clock_s) / chosen.files * 1e3:.0f}"
                f" ms by the clock, {(all_of_them.faults - one.faults) / chosen.files:,.0f} faults",
                flush=True,
            )
    print(f"a page: {_page_s() * 1e6:.1f} microseconds")


if __name__ == "__main__":
    main()
