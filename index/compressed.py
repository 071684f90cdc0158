"""
An approximate index: short codes of all vectors are searched, and the best are scored exactly.

Two files make it up: FAISS's own, with codes of 4 bits (Jégou, Douze and Schmid, "Product
Quantization for Nearest Neighbor Search", 2011), which is small enough to be read; and the vectors
themselves, one after the other, which are mapped.

Lists around centres (FAISS's IVF) were tried first. Questions and passages are not near enough to
each other for them: to find 98 % of what an exact search finds, a quarter of all had to be read.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors
from index.sizing import Sizing

Ids = npt.NDArray[np.int64]
Allowed = npt.NDArray[np.bool_]
ReadVectors = Callable[[Sequence[int] | Ids], Vectors]
"""Ids in order -> their vectors of unit length, shape (n, dim)."""

# Half precision: half of the disk and of the time, and it moves a cosine by less than 0.0005.
STORED = np.dtype("<f2")
_SUFFIX = ".half"

# Vectors held in memory at once while files are written.
_ROWS_AT_ONCE = 1_000
# FAISS's fast search takes codes of this size.
_CODE_BITS = 4
# To look up a vector and compare it takes as long as to get so many from the codes.
_CODES_PER_VECTOR = 12
# How many more codes are asked for than hold enough of those allowed on average, since to search
# again takes longest.
_MARGIN = 1.25


def write_compressed(path: Path, dim: int, count: int, read: ReadVectors, sizing: Sizing) -> None:
    """
    Write an approximate index; memory holds what the codes take, an eighth of a byte per number.

    Args:
        path: FAISS's file; the other stands beside it.
        dim: How many numbers each vector has.
        count: How many vectors there are; their ids count up from 0.
        read: Gives any of them; each is asked for in order, and some before, for training.
        sizing: How short the codes are.

    Raises:
        OSError: If the disk is full or can't be written.
    """
    import faiss

    index = faiss.IndexPQFastScan(
        dim, _codes(dim, sizing.numbers_per_code), _CODE_BITS, faiss.METRIC_INNER_PRODUCT
    )
    # FAISS warns about few of them, which small tests have.
    index.pq.cp.min_points_per_centroid = 1
    chance = np.random.default_rng(0)
    sample = chance.choice(count, min(count, sizing.trained), replace=False)
    index.train(read(np.sort(sample)))
    with halves_path(path).open("wb") as halves:
        for first in range(0, count, _ROWS_AT_ONCE):
            vectors = read(range(first, min(first + _ROWS_AT_ONCE, count)))
            index.add(vectors)
            halves.write(vectors.astype(STORED).tobytes())
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path}: can't be written ({error})") from error


def _codes(dim: int, numbers_per_code: int) -> int:
    """How many codes stand for a vector: as many as divide it evenly into long enough parts."""
    return max(
        codes
        for codes in range(1, dim + 1)
        if dim % codes == 0 and (codes == 1 or dim // codes >= numbers_per_code)
    )


class CompressedIndex:
    """An opened approximate index."""

    def __init__(self, path: Path, removed: Ids, sizing: Sizing) -> None:
        """
        Read the codes, and map the vectors.

        Args:
            path: FAISS's file.
            removed: Ids that are never found.
            sizing: How many of the best by their codes are scored exactly, and among how few all.

        Raises:
            RuntimeError, OSError, ValueError: If the files are not what was written.
        """
        import faiss

        self._index = faiss.read_index(str(path))
        self.dim = int(self._index.d)
        # As a plain array: numpy's mapped ones take three times as long to give a row.
        halves = np.asarray(np.memmap(halves_path(path), STORED, "r"))
        self._halves = halves.reshape(-1, self.dim)
        if len(self._halves) != self._index.ntotal:
            raise ValueError(f"{halves_path(path).name} holds {len(self._halves):,} vectors")
        self._sizing = sizing
        self._kept = np.ones(len(self), dtype=np.bool_)
        self._kept[removed[removed < len(self)]] = False

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int, allowed: Allowed | None) -> tuple[Vectors, Ids]:
        """Cosines and ids of the vectors nearest to a query, of those that are allowed."""
        ids = self._candidates(query, k) if allowed is None else self._among(query, k, allowed)
        scores = self._halves[ids].astype(np.float32) @ query
        best = np.argsort(-scores, kind="stable")[:k]
        return scores[best], ids[best]

    def _candidates(self, query: Vectors, k: int) -> Ids:
        return self._best_codes(query, max(k, self._sizing.rescored), self._kept, k)

    def _among(self, query: Vectors, k: int, allowed: Allowed) -> Ids:
        """As many candidates of those allowed as there would be of all; all, if that is faster."""
        count = int(np.count_nonzero(allowed))
        enough = max(k, self._sizing.rescored)
        wanted = int(_MARGIN * enough * len(self) / max(count, 1))
        if _CODES_PER_VECTOR * count <= wanted:
            return np.flatnonzero(allowed)
        return self._best_codes(query, wanted, allowed, enough)

    def _best_codes(self, query: Vectors, wanted: int, allowed: Allowed, enough: int) -> Ids:
        # The codes don't know what is allowed, so more may be wanted; of no use is a search for
        # all, of which FAISS leaves the last ones out.
        while wanted < len(self):
            ids: Ids = self._index.search(query[None, :], wanted)[1][0]
            # In order, which is how they lie on the disk.
            ids = np.sort(ids[ids >= 0])
            ids = ids[allowed[ids]]
            if len(ids) >= enough:
                return ids
            wanted *= 4
        return np.flatnonzero(allowed)

    def vector(self, row: int) -> Vectors:
        """One stored vector, shape (dim,)."""
        return np.asarray(self._halves[row], dtype=np.float32)


def halves_path(path: Path) -> Path:
    """The file of the vectors themselves, beside FAISS's own."""
    return path.with_suffix(_SUFFIX)
