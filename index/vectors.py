"""
Nearest vectors by inner product, on FAISS.

The vectors are of unit length, so an inner product is a cosine.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.encoder import Vectors
from index.errors import IndexDamagedError

Ids = npt.NDArray[np.int64]


def write_vectors(path: Path, dim: int, batches: Iterable[Vectors]) -> int:
    """
    Write an index that searches exactly.

    Args:
        path: The file to write.
        dim: Of each vector.
        batches: Vectors of unit length, shape (n, dim); their ids count up from 0.

    Returns:
        How many vectors were written.

    Raises:
        OSError: If the disk is full or can't be written.
    """
    import faiss

    index = faiss.IndexFlatIP(dim)
    for batch in batches:
        index.add(np.ascontiguousarray(batch))
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path}: can't be written ({error})") from error
    return int(index.ntotal)


class VectorIndex:
    """An opened index; its vectors stay in the file and are mapped, not read."""

    def __init__(self, path: Path) -> None:
        """
        Open an index.

        Raises:
            IndexDamagedError: If FAISS can't make an index of the file.
        """
        import faiss

        try:
            # For a flat index IO_FLAG_MMAP is accepted and copies; only _IFC really maps.
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexDamagedError(f"{path}: is no FAISS index ({error}).") from error

    @property
    def dim(self) -> int:
        """Of its vectors."""
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        """
        Find the vectors nearest to one query.

        Args:
            query: Of unit length, shape (dim,).
            k: How many; fewer come back if the index is smaller.

        Returns:
            Ids and cosines in [-1, 1], best first.
        """
        k = min(k, len(self))
        if k == 0:
            return []
        scores, ids = self._index.search(query[None, :], k)
        return [(int(i), float(score)) for i, score in zip(ids[0], scores[0], strict=True)]

    def vector(self, vector_id: int) -> Vectors:
        """One stored vector, shape (dim,)."""
        return np.asarray(self._index.reconstruct(vector_id), dtype=np.float32)


def fsync(path: Path) -> None:
    """Wait until a file's or folder's content is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
