"""
Question -> ranked passages.

Dense and lexical ranks are fused by reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR
2009): a passage's score is the sum of 1 / (k + rank) over the two rankings.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from index.encoder import QuestionEncoder, Vectors
from index.passages import Passage
from index.store import Generation

# The paper's constant; it says how much less the tenth rank counts than the first.
RRF_K = 60
# Ranks beyond this add under 1 / 110 to a score, too little to matter among the few that are read.
CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and how."""

    passage: Passage
    score: float
    """Fused; comparable within one question only."""
    dense_rank: int | None
    """From 1; none if the passage is not among the dense candidates."""
    cosine_score: float
    """Between the question and the passage, however it was found."""
    lexical_rank: int | None
    bm25_score: float | None


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The passages for one question, best first, and how long it took to find them."""

    hits: tuple[Hit, ...]
    encode_s: float
    search_s: float


class Retriever:
    """Finds passages in one generation."""

    def __init__(self, generation: Generation, encoder: QuestionEncoder) -> None:
        """Search `generation` with the encoder that made its vectors."""
        self.generation = generation
        self._encoder = encoder

    def retrieve(self, question: str, k: int) -> Retrieval:
        """
        Find the passages most likely to hold an answer.

        Args:
            question: Not blank.
            k: How many; fewer come back if the index is smaller.
        """
        started = time.perf_counter()
        query = self._encoder.encode_question(question)
        encoded = time.perf_counter()
        dense = dict(self.generation.vectors.search(query, CANDIDATES))
        lexical = dict(self.generation.lexical.search(question, CANDIDATES))
        scores = fuse(dense, lexical)
        best = sorted(scores, key=lambda row: (-scores[row], row))[:k]
        passages = self.generation.texts.passages(best)
        dense_ranks = {row: rank for rank, row in enumerate(dense, start=1)}
        lexical_ranks = {row: rank for rank, row in enumerate(lexical, start=1)}
        hits = tuple(
            Hit(
                passage=passages[row],
                score=scores[row],
                dense_rank=dense_ranks.get(row),
                cosine_score=dense[row] if row in dense else self._cosine(query, row),
                lexical_rank=lexical_ranks.get(row),
                bm25_score=lexical.get(row),
            )
            for row in best
        )
        return Retrieval(hits, encoded - started, time.perf_counter() - encoded)

    def _cosine(self, query: Vectors, row: int) -> float:
        return float(query @ self.generation.vectors.vector(row))


def fuse(*rankings: Mapping[int, float]) -> dict[int, float]:
    """
    Fuse rankings by their ranks alone.

    Args:
        rankings: Of each, the passages in order, best first.

    Returns:
        The score of every passage that is in at least one ranking.
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, start=1):
            scores[row] = scores.get(row, 0.0) + 1 / (RRF_K + rank)
    return scores
