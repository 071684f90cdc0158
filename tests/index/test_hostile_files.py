"""Files that were made to cost much cost no more than others of their size, and no one else."""

import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from benchmarks.hostile_files import HOSTILE_FILES
from benchmarks.large_files import measure
from index.documents import Document
from index.errors import DocumentError
from index.formats import parse
from index.parsing import PARSE_MEMORY_BYTES
from index.passages import Splitting, split
from tests.fakes import FakeEncoder

# The share of its full size that each file has, which takes a tenth of a second; files that are
# small in full have more.
SHARE = 0.001
SHARES = {"gridSpan": 1.0, "chapters": 0.1, "long chapter": 0.000_1, "headings": 0.000_3}
# What twice the size may take, of what the size takes: twice, and a little.
TWICE = 2.3
# A table that is made larger, or a library that is imported.
HARMLESS_CALLS, HARMLESS_BYTES = 20_000, 1_000_000


def read_and_split(suffix: str, content: bytes) -> int:
    """How many passages a file becomes; none if it is refused."""
    try:
        loaded = parse(suffix, content)
    except DocumentError:
        return 0
    document = Document(
        f"a{suffix}",
        loaded.title or "a",
        loaded.text,
        "0" * 64,
        datetime.fromtimestamp(0, UTC),
        places=loaded.places,
        code=loaded.code,
    )
    return sum(1 for _ in split(document, Splitting(), FakeEncoder().token_offsets))


def calls_of(done: Callable[[], object]) -> int:
    """How many functions are called, of Python's and of its libraries'."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        done()
    finally:
        sys.setprofile(before)
    return calls


def peak_of(done: Callable[[], object]) -> int:
    """The most bytes that are held at once."""
    tracemalloc.start()
    try:
        done()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_what_a_hostile_file_costs_is_in_proportion_to_its_size(name: str) -> None:
    hostile = HOSTILE_FILES[name]
    size = round(hostile.size * SHARES.get(name, SHARE))
    once, twice = (hostile.make(size * times) for times in (1, 2))
    # Libraries are imported, and tables filled.
    read_and_split(hostile.suffix, once)
    calls, calls_twice = (
        calls_of(lambda content=content: read_and_split(hostile.suffix, content))  # type: ignore[misc]
        for content in (once, twice)
    )
    peak, peak_twice = (
        peak_of(lambda content=content: read_and_split(hostile.suffix, content))  # type: ignore[misc]
        for content in (once, twice)
    )

    assert calls_twice <= TWICE * calls + HARMLESS_CALLS
    assert peak_twice <= TWICE * peak + HARMLESS_BYTES


# The memory of the process that asks: for its libraries and the encoder, for each byte of a file
# and its text, and for each place in it.
PARENT_BYTES, PARENT_BYTES_FOR_A_BYTE, PARENT_BYTES_FOR_A_PLACE = 250_000_000, 8, 300


@pytest.mark.stress
@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_hostile_file_in_full_costs_whoever_asks_little(
    name: str, tmp_path: Path, real_data: Callable[[], Path]
) -> None:
    hostile = HOSTILE_FILES[name]
    path = tmp_path / f"hostile{hostile.suffix}"
    path.write_bytes(hostile.make(hostile.size))

    measured = measure(path, real_data() / "encoder")

    print(f"{name}: {measured}")  # noqa: T201 - quoted by people
    assert measured.passages or measured.refused
    assert measured.child_bytes <= PARSE_MEMORY_BYTES
    of_content = PARENT_BYTES_FOR_A_BYTE * path.stat().st_size
    of_places = PARENT_BYTES_FOR_A_PLACE * measured.places
    assert measured.parent_bytes <= PARENT_BYTES + of_content + of_places
