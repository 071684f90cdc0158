"""The search engine of one generation: the least that a retriever asks of it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from index.compressed import Allowed
from index.encoder import Vectors
from index.passages import Passage

Ranked = list[tuple[int, float]]
"""Passage ids and scores, best first; of equal scores the lower id is first."""


class SearchEngine(Protocol):
    """
    Searches the passages of one generation, and none of any other.

    `allowed` says by id which passages may be found, none that were removed; without, all others.
    Every method raises `IndexDamagedError` if what it reads is not what was written.
    """

    def count(self) -> int:
        """How many passages there are."""
        ...

    def dense(self, query: Vectors, k: int, allowed: Allowed | None = None) -> Ranked:
        """
        Find the passages whose vectors are nearest to a query.

        Args:
            query: A vector of unit length, shape (dim,).
            k: How many; fewer come back if there are fewer.
            allowed: See the class.

        Returns:
            Ids and cosines in [-1, 1].
        """
        ...

    def lexical(self, words: Mapping[str, float], k: int, allowed: Allowed | None = None) -> Ranked:
        """
        Find the passages that hold the weightiest words.

        Args:
            words: As `index.lexical.indexed_words` gives them, each with its weight.
            k: How many; fewer come back if fewer hold a word.
            allowed: See the class.

        Returns:
            Ids and BM25 scores, by the average length of this generation's passages.
        """
        ...

    def statistics(self, words: Sequence[str]) -> Mapping[str, int]:
        """How many passages hold each of some words."""
        ...

    def cosines(self, query: Vectors, ids: Sequence[int]) -> Mapping[int, float]:
        """The cosines between a query, as in `dense`, and the passages with these ids."""
        ...

    def passages(self, ids: Sequence[int]) -> Mapping[int, Passage]:
        """The passages with these ids."""
        ...

    def close(self) -> None:
        """Close what is searched."""
        ...
