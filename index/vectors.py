"""
Nearest vectors by inner product, on FAISS.

The vectors are of unit length, so an inner product is a cosine. Few are searched exactly, many
approximately; `index.sizing` says which.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.compressed import (
    Allowed,
    CompressedIndex,
    Ids,
    ReadVectors,
    halves_path,
    write_compressed,
)
from index.encoder import Vectors
from index.errors import IndexDamagedError
from index.sizing import SIZING, Sizing

# Vectors held in memory at once while a file is written.
_ROWS_AT_ONCE = 1_000


def write_vectors(path: Path, dim: int, count: int, read: ReadVectors, sizing: Sizing) -> None:
    """
    Write an index.

    Args:
        path: The file to write; an approximate index has another beside it.
        dim: How many numbers each vector has.
        count: How many vectors there are; their ids count up from 0.
        read: Gives any of them.
        sizing: Which index is made.

    Raises:
        OSError: If the disk is full or can't be written.
    """
    if sizing.is_exact(count):
        write_exact(path, dim, count, read)
    else:
        write_compressed(path, dim, count, read, sizing)


def write_exact(path: Path, dim: int, count: int, read: ReadVectors) -> None:
    """Write an index that searches exactly, whatever its size; see `write_vectors`."""
    import faiss

    index = faiss.IndexFlatIP(dim)
    for first in range(0, count, _ROWS_AT_ONCE):
        index.add(np.ascontiguousarray(read(range(first, min(first + _ROWS_AT_ONCE, count)))))
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:
        raise OSError(f"{path}: can't be written ({error})") from error


class VectorIndex:
    """An opened index; its vectors stay in their files and are mapped, not read."""

    def __init__(
        self,
        path: Path,
        added: Path | None = None,
        removed: Sequence[int] = (),
        sizing: Sizing = SIZING,
    ) -> None:
        """
        Open an index.

        Args:
            path: A file that `write_vectors` wrote.
            added: One that `write_exact` wrote, whose ids go on where those of the first end.
            removed: Ids that are never found.
            sizing: How much an approximate index looks at.

        Raises:
            IndexDamagedError: If FAISS can't make an index of a file, or two don't fit together.
        """
        ids = np.array(removed, dtype=np.int64)
        self.is_exact = not halves_path(path).exists()
        """Whether a search finds the nearest vectors, and not only nearly all of them."""
        self._main: _Exact | CompressedIndex
        self._added = None
        try:
            if self.is_exact:
                self._main = _Exact(path, ids)
            else:
                self._main = CompressedIndex(path, ids, sizing)
            if added is not None:
                here = ids[ids >= self.first_added_id] - self.first_added_id
                self._added = _Exact(added, here)
        except (RuntimeError, OSError, ValueError) as error:
            raise IndexDamagedError(f"{path}: is no FAISS index ({error}).") from error
        if self._added is not None and self._added.dim != self.dim:
            raise IndexDamagedError(f"{added}: its vectors are not as long as those of {path}.")
        self._removed_count = len(removed)

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        return self._main.dim

    @property
    def first_added_id(self) -> int:
        """The ids below it are in the first file."""
        return len(self._main)

    def __len__(self) -> int:
        added = 0 if self._added is None else len(self._added)
        return len(self._main) + added - self._removed_count

    def search(
        self, query: Vectors, k: int, allowed: Allowed | None = None
    ) -> list[tuple[int, float]]:
        """
        Find the vectors nearest to one query.

        Args:
            query: A vector of unit length, shape (dim,).
            k: How many; fewer come back if the index is smaller.
            allowed: By id, which vectors may be found; none that were removed. Without, all others.

        Returns:
            Ids and cosines in [-1, 1], best first.
        """
        first = self.first_added_id
        here, there = (None, None) if allowed is None else (allowed[:first], allowed[first:])
        scores, ids = self._main.search(query, min(k, len(self._main)), here)
        if self._added is not None:
            more_scores, more_ids = self._added.search(query, min(k, len(self._added)), there)
            scores = np.concatenate((scores, more_scores))
            ids = np.concatenate((ids, more_ids + self.first_added_id))
        found = zip(ids.tolist(), scores.tolist(), strict=True)
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:k]

    def vector(self, vector_id: int) -> Vectors:
        """
        One stored vector, shape (dim,).

        Raises:
            IndexDamagedError: If there is none with this id, which other files then give in error.
        """
        if not 0 <= vector_id < len(self) + self._removed_count:
            raise IndexDamagedError(f"There is no vector {vector_id} among {len(self):,}.")
        if self._added is not None and vector_id >= self.first_added_id:
            return self._added.vector(vector_id - self.first_added_id)
        return self._main.vector(vector_id)


class _Exact:
    """A file of vectors that are searched one by one."""

    def __init__(self, path: Path, removed: Ids) -> None:
        """
        Map a file.

        Raises:
            RuntimeError: If FAISS can't make an index of it.
        """
        import faiss

        # IO_FLAG_MMAP is accepted for such a file and copies it; only _IFC really maps.
        self._index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self._parameters = None
        removed = removed[removed < len(self)]
        if len(removed):
            # FAISS keeps no reference to a selector, so it has to stay reachable from here.
            self._selectors = faiss.IDSelectorBatch(removed)
            self._kept = faiss.IDSelectorNot(self._selectors)
            self._parameters = faiss.SearchParameters()
            self._parameters.sel = self._kept

    @property
    def dim(self) -> int:
        return int(self._index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def search(self, query: Vectors, k: int, allowed: Allowed | None) -> tuple[Vectors, Ids]:
        import faiss

        if not k:
            return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
        parameters = self._parameters
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            # Its types are those of C++; the wrapper takes an array alone.
            selector = faiss.IDSelectorBitmap(bits)  # type: ignore[arg-type, call-arg]
            parameters = faiss.SearchParameters()
            parameters.sel = selector
        scores, ids = self._index.search(query[None, :], k, params=parameters)
        return scores[0][ids[0] >= 0], ids[0][ids[0] >= 0]

    def vector(self, row: int) -> Vectors:
        return np.asarray(self._index.reconstruct(row), dtype=np.float32)
