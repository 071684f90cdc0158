"""Nearest vectors, against brute force."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from index.compressed import ReadVectors, halves_path
from index.encoder import Vectors
from index.errors import IndexDamagedError
from index.sizing import SIZING, Sizing
from index.vectors import VectorIndex, write_exact, write_vectors
from tests.conftest import ROOT

# Everything over these is many.
SMALL = Sizing(exact_up_to=100, rescored=600)


def unit_vectors(count: int, dim: int = 16) -> Vectors:
    """Around a few centres, as texts are around their subjects."""
    chance = np.random.default_rng(0)
    centres = chance.normal(size=(10, dim))
    vectors = centres[chance.integers(10, size=count)] + 0.5 * chance.normal(size=(count, dim))
    normalised: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("f4")
    return normalised


def reading(vectors: Vectors) -> ReadVectors:
    return lambda rows: vectors[np.asarray(rows, dtype=np.int64)]


def write(path: Path, vectors: Vectors, sizing: Sizing = SIZING) -> Path:
    write_vectors(path, vectors.shape[1], len(vectors), reading(vectors), sizing)
    return path


def nearest(vectors: Vectors, query: Vectors, k: int) -> list[int]:
    return [int(row) for row in np.argsort(-(vectors @ query), kind="stable")[:k]]


def test_search_agrees_with_brute_force(tmp_path: Path) -> None:
    vectors = unit_vectors(2_200)
    query = unit_vectors(2_201)[-1]

    found = VectorIndex(write(tmp_path / "v", vectors)).search(query, 7)

    cosines = vectors @ query
    assert [row for row, _ in found] == nearest(vectors, query, 7)
    assert [score for _, score in found] == pytest.approx(sorted(cosines, reverse=True)[:7])


def test_fewer_come_back_from_a_small_index(tmp_path: Path) -> None:
    index = VectorIndex(write(tmp_path / "v", unit_vectors(3)))

    assert len(index.search(unit_vectors(1)[0], 10)) == 3
    assert index.vector(2) == pytest.approx(unit_vectors(3)[2])


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    index = VectorIndex(write(tmp_path / "v", unit_vectors(0)))

    assert index.search(unit_vectors(1)[0], 5) == []


def test_the_index_is_chosen_by_size(tmp_path: Path) -> None:
    few = VectorIndex(write(tmp_path / "few.faiss", unit_vectors(100), SMALL))
    many = VectorIndex(write(tmp_path / "many.faiss", unit_vectors(101), SMALL))

    assert (few.is_exact, many.is_exact) == (True, False)


@pytest.mark.parametrize("dim", [16, 30, 7, 384])
def test_an_approximate_index_finds_nearly_all_with_their_cosines(tmp_path: Path, dim: int) -> None:
    vectors = unit_vectors(3_000, dim)
    index = VectorIndex(write(tmp_path / "v.faiss", vectors, SMALL), sizing=SMALL)
    queries = unit_vectors(3_050, dim)[-50:]

    recalls = []
    for query in queries:
        found = index.search(query, 10)
        assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
        for row, score in found:
            assert score == pytest.approx(float(vectors[row] @ query), abs=1e-3)
        recalls.append(len({row for row, _ in found} & set(nearest(vectors, query, 10))) / 10)

    assert len(index) == 3_000
    assert np.mean(recalls) > 0.9
    assert index.vector(1_234) == pytest.approx(vectors[1_234], abs=1e-3)


@pytest.mark.parametrize(
    "sizing", [SIZING, replace(SMALL, rescored=60)], ids=["exact", "approximate"]
)
def test_removed_and_added_vectors_are_minded(tmp_path: Path, sizing: Sizing) -> None:
    vectors = unit_vectors(600)
    main = write(tmp_path / "v.faiss", vectors[:500], sizing)
    write_exact(tmp_path / "added", 16, 100, reading(vectors[500:]))
    query = vectors[520]
    # The nearest of both files, and more of the first than an approximate search scores at once.
    removed = sorted({*nearest(vectors, query, 30), *nearest(vectors[:500], query, 200)})
    index = VectorIndex(main, tmp_path / "added", removed, sizing)

    found = [row for row, _ in index.search(query, 40)]

    kept = np.delete(np.arange(600), removed)
    expected = [int(kept[row]) for row in nearest(vectors[kept], query, 40)]
    assert not set(found) & set(removed)
    assert len(found) == 40
    assert len(set(found) & set(expected)) >= (40 if index.is_exact else 36)
    assert len(index) == 600 - len(removed)
    assert index.first_added_id == 500
    assert index.vector(520) == pytest.approx(vectors[520])


def test_what_is_no_index_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "v").write_bytes(b"not an index")

    with pytest.raises(IndexDamagedError, match="is no FAISS index"):
        VectorIndex(tmp_path / "v")


def test_codes_without_all_their_vectors_are_damaged(tmp_path: Path) -> None:
    path = write(tmp_path / "v.faiss", unit_vectors(200), SMALL)
    os.truncate(halves_path(path), 2 * 16 * 199)

    with pytest.raises(IndexDamagedError, match=r"v\.half holds 199 vectors"):
        VectorIndex(path)


@pytest.mark.parametrize("count", [3, 300])
def test_a_disk_that_can_not_be_written_is_an_os_error(tmp_path: Path, count: int) -> None:
    with pytest.raises(OSError, match="missing"):
        write(tmp_path / "missing" / "v", unit_vectors(count), SMALL)


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
index.search(index.vector(5), 10)
print(anonymous_kib() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("sizing", [SIZING, SMALL], ids=["exact", "approximate"])
def test_opening_maps_the_vectors_and_copies_none(tmp_path: Path, sizing: Sizing) -> None:
    """The plain flag for mapping is accepted for a flat index, and copies all of it."""
    path = write(tmp_path / "v.faiss", unit_vectors(20_000, 256), sizing)

    weighed = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _OPEN_AND_WEIGH, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(weighed.stdout) < 20_000 * 256 * 4 / 1024 / 4
