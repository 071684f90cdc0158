"""Which passages hold a word, and how often: packed for a database, and scored by BM25."""

import struct
from collections import Counter
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from index.lexical import bm25, indexed_words

# A passage that holds a word: its id, how often it holds the word, and how many words it has.
POSTING = np.dtype([("id", "<u4"), ("count", "<u2"), ("words", "<u2")])
_PACKED = struct.Struct("<IHH")
_MOST = 2**16 - 1

Postings = npt.NDArray[np.void]


class PostingsWriter:
    """Gathers the words of passages."""

    def __init__(self) -> None:
        """Begin without any."""
        self.words = 0
        """How many words all passages have together."""
        self._packed: dict[str, bytearray] = {}

    def add(self, passage_id: int, searched: str) -> None:
        """Take in what is searched of a passage."""
        counts = Counter(indexed_words(searched))
        total = counts.total()
        self.words += total
        for word, count in counts.items():
            posting = _PACKED.pack(passage_id, min(count, _MOST), min(total, _MOST))
            self._packed.setdefault(word, bytearray()).extend(posting)

    def take(self) -> Iterator[tuple[str, int, bytes]]:
        """Give each word with its frequency and its postings, in order, and begin again."""
        packed, self._packed = self._packed, {}
        for word in sorted(packed):
            yield word, len(packed[word]) // POSTING.itemsize, bytes(packed[word])


def unpacked(packed: bytes) -> Postings:
    """What `PostingsWriter` has packed."""
    return np.frombuffer(packed, POSTING)


def scored(
    postings: Mapping[str, Postings], weights: Mapping[str, float], average_words: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """
    Score every passage that holds one of some words.

    Args:
        postings: Those of these words, of one at least.
        weights: What these words weigh, and maybe others.
        average_words: How many a passage has.

    Returns:
        Ids in order, and BM25 scores.
    """
    parts = [
        bm25(weights[word], held["count"].astype(float), held["words"].astype(float), average_words)
        for word, held in postings.items()
    ]
    every = np.concatenate([held["id"] for held in postings.values()]).astype(np.int64)
    ids, places = np.unique(every, return_inverse=True)
    return ids, np.bincount(places, np.concatenate(parts), len(ids)).astype(np.float64)
