"""
Nearest vectors by inner product, on FAISS.

The vectors are of unit length, so an inner product is a cosine.
"""

from collections.abc import Iterable, Sequence
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
    """An opened index; its vectors stay in their files and are mapped, not read."""

    def __init__(self, path: Path, added: Path | None = None, removed: Sequence[int] = ()) -> None:
        """
        Open an index.

        Args:
            path: A file that `write_vectors` wrote.
            added: Another, whose ids go on where those of the first end.
            removed: Ids that are never found.

        Raises:
            IndexDamagedError: If FAISS can't make an index of a file, or the two differ in `dim`.
        """
        self._parts = [_Part(path, 0, removed)]
        if added is not None:
            self._parts.append(_Part(added, len(self._parts[0]), removed))
            if self._parts[1].dim != self.dim:
                raise IndexDamagedError(f"{added}: its vectors are not as long as those of {path}.")
        self._removed_count = len(removed)

    @property
    def dim(self) -> int:
        """Of its vectors."""
        return self._parts[0].dim

    @property
    def first_added_id(self) -> int:
        """The ids below it are in the first file."""
        return len(self._parts[0])

    def __len__(self) -> int:
        return sum(map(len, self._parts)) - self._removed_count

    def search(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        """
        Find the vectors nearest to one query.

        Args:
            query: Of unit length, shape (dim,).
            k: How many; fewer come back if the index is smaller.

        Returns:
            Ids and cosines in [-1, 1], best first.
        """
        found = [hit for part in self._parts for hit in part.search(query, k)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def vector(self, vector_id: int) -> Vectors:
        """One stored vector, shape (dim,)."""
        part = next(part for part in reversed(self._parts) if part.first_id <= vector_id)
        return part.vector(vector_id)


class _Part:
    """One FAISS file."""

    def __init__(self, path: Path, first_id: int, removed: Sequence[int]) -> None:
        import faiss

        try:
            # For a flat index IO_FLAG_MMAP is accepted and copies; only _IFC really maps.
            self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise IndexDamagedError(f"{path}: is no FAISS index ({error}).") from error
        self.first_id = first_id
        here = np.array(removed, dtype=np.int64) - first_id
        here = here[(here >= 0) & (here < len(self))]
        self._parameters = None
        if len(here):
            # FAISS keeps no reference to a selector, so it has to stay reachable from here.
            self._selectors = faiss.IDSelectorBatch(here)
            self._kept = faiss.IDSelectorNot(self._selectors)
            self._parameters = faiss.SearchParameters()
            self._parameters.sel = self._kept

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int) -> list[tuple[int, float]]:
        k = min(k, len(self))
        if k == 0:
            return []
        scores, ids = self._index.search(query[None, :], k, params=self._parameters)
        return [
            (self.first_id + int(i), float(score))
            for i, score in zip(ids[0], scores[0], strict=True)
            if i >= 0
        ]

    def vector(self, vector_id: int) -> Vectors:
        return np.asarray(self._index.reconstruct(vector_id - self.first_id), dtype=np.float32)
