"""The search engine of a generation whose files are on this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from index.compressed import Allowed
from index.encoder import Vectors
from index.engine import Ranked
from index.errors import IndexDamagedError
from index.lexical import LexicalIndex
from index.manifest import (
    ADDED_VECTORS_NAME,
    LEXICAL_NAME,
    MANIFEST_NAME,
    TEXTS_NAME,
    VECTORS_NAME,
    Manifest,
)
from index.passages import Passage
from index.texts import Texts
from index.vectors import VectorIndex


class LocalEngine:
    """Searches vectors by FAISS and words by tantivy; see `index.engine.SearchEngine`."""

    def __init__(self, folder: Path, manifest: Manifest, texts: Texts) -> None:
        """
        Open the files, which have been checked; whoever opened the texts closes them.

        Raises:
            IndexDamagedError: If a file can't be opened, or the parts don't belong together.
        """
        added = folder / ADDED_VECTORS_NAME if ADDED_VECTORS_NAME in manifest.files else None
        self.vectors = VectorIndex(folder / VECTORS_NAME, added, texts.removed())
        self.words = LexicalIndex(folder / LEXICAL_NAME)
        self._texts = texts
        counts = {
            TEXTS_NAME: texts.passage_count,
            VECTORS_NAME: len(self.vectors),
            LEXICAL_NAME: len(self.words),
        }
        for name, count in counts.items():
            if count != manifest.passages:
                raise IndexDamagedError(
                    f"{folder / name}: holds {count:,} passages, "
                    f"but {MANIFEST_NAME} says {manifest.passages:,}."
                )
        if self.vectors.dim != manifest.encoder.dim:
            raise IndexDamagedError(
                f"{folder / VECTORS_NAME}: holds vectors of {self.vectors.dim} numbers, "
                f"but {MANIFEST_NAME} says {manifest.encoder.dim}."
            )

    def count(self) -> int:
        """See `SearchEngine.count`."""
        return self._texts.passage_count

    def dense(self, query: Vectors, k: int, allowed: Allowed | None = None) -> Ranked:
        """See `SearchEngine.dense`."""
        return self.vectors.search(query, k, allowed)

    def lexical(self, words: Mapping[str, float], k: int, allowed: Allowed | None = None) -> Ranked:
        """See `SearchEngine.lexical`."""
        return self.words.search(words, k, allowed)

    def statistics(self, words: Sequence[str]) -> Mapping[str, int]:
        """See `SearchEngine.statistics`."""
        return {word: self.words.frequency(word) for word in words}

    def cosines(self, query: Vectors, ids: Sequence[int]) -> Mapping[int, float]:
        """See `SearchEngine.cosines`."""
        return {row: float(query @ self.vectors.vector(row)) for row in ids}

    def passages(self, ids: Sequence[int]) -> Mapping[int, Passage]:
        """See `SearchEngine.passages`."""
        return self._texts.passages(ids)

    def close(self) -> None:
        """Close nothing: the files are mapped until nobody holds the engine any more."""
