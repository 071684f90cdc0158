"""Nearest vectors, against brute force."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index.encoder import Vectors
from index.errors import IndexDamagedError
from index.vectors import VectorIndex, write_vectors


def unit_vectors(count: int, dim: int = 16) -> Vectors:
    vectors = np.random.default_rng(0).normal(size=(count, dim)).astype(np.float32)
    normalised: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised


def test_search_agrees_with_brute_force(tmp_path: Path) -> None:
    vectors = unit_vectors(200)
    query = unit_vectors(201)[-1]

    assert write_vectors(tmp_path / "v", 16, [vectors[:150], vectors[150:]]) == 200
    found = VectorIndex(tmp_path / "v").search(query, 7)

    cosines = vectors @ query
    assert [row for row, _ in found] == list(np.argsort(-cosines)[:7])
    assert [score for _, score in found] == pytest.approx(sorted(cosines, reverse=True)[:7])


def test_fewer_come_back_from_a_small_index(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", 16, [unit_vectors(3)])

    index = VectorIndex(tmp_path / "v")

    assert len(index.search(unit_vectors(1)[0], 10)) == 3
    assert index.vector(2) == pytest.approx(unit_vectors(3)[2])


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v", 16, [])

    assert VectorIndex(tmp_path / "v").search(unit_vectors(1)[0], 5) == []


def test_what_is_no_index_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"not an index")

    with pytest.raises(IndexDamagedError, match="is no FAISS index"):
        VectorIndex(tmp_path / "v")


def test_a_disk_that_can_not_be_written_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="can't be written"):
        write_vectors(tmp_path / "missing" / "v", 16, [unit_vectors(3)])


_OPEN_AND_WEIGH = """
import sys, faiss
from pathlib import Path
from index.vectors import VectorIndex

def anonymous_kib():
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Anonymous:"))

before = anonymous_kib()
index = VectorIndex(Path(sys.argv[1]))
assert len(index) == 20_000
print(anonymous_kib() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="reads Linux's /proc")
def test_opening_maps_the_vectors_and_copies_none(tmp_path: Path) -> None:
    """The plain flag for mapping is accepted for a flat index, and copies all of it."""
    write_vectors(tmp_path / "v", 256, [unit_vectors(20_000, 256)])

    weighed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _OPEN_AND_WEIGH, str(tmp_path / "v")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(weighed.stdout) < 20_000 * 256 * 4 / 1024 / 4
