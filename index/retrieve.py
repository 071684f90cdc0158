"""
Question -> ranked passages.

Dense and lexical search each name candidates; a candidate's score is its cosine plus a share of
its BM25 score, the best of which counts 1. Bruch, Gai and Ingber ("An Analysis of Fusion Functions
for Hybrid Retrieval", 2023) compare such sums of scores with reciprocal ranks. The best of them are
ranked again by their texts, see `index.reranking`.
"""

import bisect
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from types import MappingProxyType

from index.compressed import Allowed
from index.encoder import QuestionEncoder, Vectors
from index.engine import SearchEngine
from index.errors import EncoderError
from index.filters import EVERYTHING, Chosen, Filter, Narrowed, together
from index.generation import Generation
from index.lexical import SharedStatistics
from index.passages import Passage
from index.reranking import RERANKED, Reranker, Scored, reranker_for

# What the best BM25 score weighs beside a cosine; docs/lab/retrieval.md says what else was tried.
LEXICAL_WEIGHT = 0.3
# What each kind of search finds. Twice as many change nothing measurable among the few read.
CANDIDATES = 50
# Enough to know how long a collection's passages are.
_SAMPLED_PASSAGES = 200
# Searches by words while the caller searches by vectors, each of which leaves Python alone.
_BESIDE = ThreadPoolExecutor(1, thread_name_prefix="lexical")


_Allowed = Sequence[Allowed | None]
"""Which passages of each generation may be found, by id; None where all may."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, and how."""

    passage: Passage
    score: float
    """What it is ranked by; comparable within one question only."""
    dense_rank: int | None
    """From 1; none if the passage is not among the dense candidates."""
    cosine_score: float
    """Between the question and the passage, however it was found; with what the passage gains."""
    lexical_rank: int | None
    bm25_score: float | None


@dataclass(frozen=True, slots=True)
class _Words:
    """What was searched for by words, and found."""

    weights: Mapping[str, float]
    found: dict[int, float]
    """BM25 scores by id, the best first."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The passages for one question, best first, and how long it took to find them."""

    hits: tuple[Hit, ...]
    encode_s: float
    search_s: float
    narrowed: Narrowed | None = None
    """None where the passages of all documents were searched."""


class Retriever:
    """
    Finds passages in the generations that it was made of, and can reach no others.

    Several are searched as one: by raw cosines, and by BM25 under statistics that they share. Whose
    documents a question may be answered from is decided where a retriever is made, not where it is
    asked.
    """

    def __init__(
        self, generation: Generation, encoder: QuestionEncoder, *others: Generation
    ) -> None:
        """
        Search a generation, and others with it, with the encoder that made their vectors.

        Raises:
            EncoderError: If they were made by different encoders.
        """
        self.generation = generation
        self._generations = (generation, *others)
        for other in others:
            if other.manifest.encoder.sha256 != generation.manifest.encoder.sha256:
                raise EncoderError(
                    f"The indexes of {generation.collection} and {other.collection} were made by "
                    "different encoders. Index both with the same one."
                )
        self._encoder = encoder
        self._reranker = reranker_for(generation.manifest.encoder.sha256)
        # The retriever's own ids: those of each generation begin where those of the last end.
        self._firsts = [0]
        for each in self._generations[:-1]:
            self._firsts.append(self._firsts[-1] + each.texts.next_id)
        self._statistics = SharedStatistics(
            [each.engine for each in self._generations],
            lambda number: self._generations[number].texts.sample(_SAMPLED_PASSAGES),
        )

    @property
    def passages(self) -> int:
        """How many are searched."""
        return sum(each.manifest.passages for each in self._generations)

    def source(self, passage: Passage) -> Generation:
        """The generation that a passage was found in."""
        return self._generations[self._source(passage.id)]

    def _source(self, passage_id: int) -> int:
        return bisect.bisect_right(self._firsts, passage_id) - 1

    def passages_in(
        self, collection: str, document_id: str, start_char: int, end_char: int
    ) -> list[int]:
        """The ids of the passages that touch a range of a document; none if it is not there."""
        return [
            first + row
            for first, each in zip(self._firsts, self._generations, strict=True)
            if each.collection == collection
            for row in each.texts.passages_in(document_id, start_char, end_char)
        ]

    def around(self, passage: Passage, chars: int) -> Passage:
        """
        A passage of this retriever with its neighbours, as one: what its document says around it.

        Args:
            passage: One that was found; the other passage has its id and context.
            chars: How far it reaches to either side, at least, where the document does.
        """
        texts = self.source(passage).texts
        near = texts.passages(
            texts.passages_in(
                passage.document_id, passage.start_char - chars, passage.end_char + chars
            )
        ).values()
        start = min(one.start_char for one in near)
        end = max(one.end_char for one in near)

        def shared(
            bounds_of: Callable[[Passage], tuple[tuple[int, int], ...]],
        ) -> tuple[tuple[int, int], ...]:
            found = {
                (one.start_char + first - start, one.start_char + last - start)
                for one in near
                for first, last in bounds_of(one)
            }
            return tuple(sorted(found))

        return replace(
            passage,
            start_char=start,
            end_char=end,
            text=texts.text(passage.document_id, start, end),
            sentences=shared(lambda one: one.sentences),
            code=shared(lambda one: one.code),
        )

    def retrieve(
        self,
        question: str,
        k: int,
        gains: Mapping[int, float] = MappingProxyType({}),
        within: Filter = EVERYTHING,
    ) -> Retrieval:
        """
        Find the passages most likely to hold an answer.

        Args:
            question: Not blank.
            k: How many; fewer come back if the index is smaller.
            gains: What passages that are likelier than others, whatever the question, have more
                than their cosine, by their ids.
            within: Whose passages are searched.

        Raises:
            FilterError: If the filter leaves no document.
        """
        started = time.perf_counter()
        query = self._encoder.encode_question(question)
        encoded = time.perf_counter()
        allowed: _Allowed = [None] * len(self._generations)
        narrowed = None
        if within != EVERYTHING:
            chosen, narrowed = narrow(self._generations, within)
            allowed = [one.allowed for one in chosen]
            gains = {row: gain for row, gain in gains.items() if self._is_among(row, chosen)}
        beside = _BESIDE.submit(self._lexical, question, allowed)
        try:
            dense = self._dense(query, allowed)
        finally:
            # Where the thread is busy for somebody else, nobody waits for it. But who is told of a
            # failure may close what is searched.
            if not beside.cancel():
                wait([beside])
        words = self._lexical(question, allowed) if beside.cancelled() else beside.result()
        lexical = words.found
        others = dict.fromkeys(row for row in (*lexical, *gains) if row not in dense)
        plain = dense | self._cosines(query, [*others])
        cosines = plain | {row: plain[row] + gain for row, gain in gains.items()}
        scores = fuse(cosines, lexical)
        passages = self._passages(ranked(scores)[: max(k, RERANKED) if self._reranker else k])
        if self._reranker is not None:
            again = {row: Scored(passages[row], plain[row]) for row in ranked(scores)[:RERANKED]}
            scores = rerank(self._reranker, words.weights, scores, again, gains)
        # Where scores are equal, one that was not looked up may stand before the last that was.
        best = [row for row in ranked(scores) if row in passages][:k]
        dense_ranks = {row: rank for rank, row in enumerate(dense, start=1)}
        lexical_ranks = {row: rank for rank, row in enumerate(lexical, start=1)}
        hits = tuple(
            Hit(
                passage=passages[row],
                score=scores[row],
                dense_rank=dense_ranks.get(row),
                cosine_score=cosines[row],
                lexical_rank=lexical_ranks.get(row),
                bm25_score=lexical.get(row),
            )
            for row in best
        )
        return Retrieval(hits, encoded - started, time.perf_counter() - encoded, narrowed)

    def _is_among(self, passage_id: int, chosen: Sequence[Chosen]) -> bool:
        number = self._source(passage_id)
        return bool(chosen[number].allowed[passage_id - self._firsts[number]])

    def _dense(self, query: Vectors, allowed: _Allowed) -> dict[int, float]:
        return _best(
            (first + row, score)
            for first, each, some in zip(self._firsts, self._generations, allowed, strict=True)
            for row, score in each.engine.dense(query, CANDIDATES, some)
        )

    def _lexical(self, question: str, allowed: _Allowed) -> _Words:
        weights = self._statistics.weights(question)
        found = {
            first + row: score
            for first, each, some in zip(self._firsts, self._generations, allowed, strict=True)
            for row, score in each.engine.lexical(weights, CANDIDATES, some)
        }
        if len(self._generations) > 1:
            # Each has scored by the length of its own passages.
            found = {
                row: self._statistics.score(weights, passage.searched)
                for row, passage in self._passages([*found]).items()
            }
        return _Words(weights, _best(found.items()))

    def _passages(self, ids: Sequence[int]) -> dict[int, Passage]:
        return {
            first + row: replace(passage, id=first + row)
            for first, engine, rows in self._engines_of(ids)
            for row, passage in engine.passages(rows).items()
        }

    def _cosines(self, query: Vectors, ids: Sequence[int]) -> dict[int, float]:
        return {
            first + row: cosine
            for first, engine, rows in self._engines_of(ids)
            for row, cosine in engine.cosines(query, rows).items()
        }

    def _engines_of(self, ids: Sequence[int]) -> Iterator[tuple[int, SearchEngine, list[int]]]:
        """Share ids out to the generations: the first id of each, its engine, and its own ones."""
        for number, (first, each) in enumerate(zip(self._firsts, self._generations, strict=True)):
            rows = [i - first for i in ids if self._source(i) == number]
            if rows:
                yield first, each.engine, rows


def _best(found: Iterable[tuple[int, float]]) -> dict[int, float]:
    return dict(sorted(found, key=lambda hit: (-hit[1], hit[0]))[:CANDIDATES])


def narrow(generations: Sequence[Generation], within: Filter) -> tuple[list[Chosen], Narrowed]:
    """
    Find what a filter leaves of generations that are searched as one.

    Args:
        generations: That of the base, then those of other collections; a name may begin with
            the name of one of these.
        within: The filter.

    Raises:
        FilterError: If no document has one of its names, or it leaves none.
    """
    first, *others = generations
    chosen = [first.choose(within), *(each.choose(within, each.collection) for each in others)]
    return chosen, together(chosen, [each.texts for each in generations], within)


def fuse(cosines: Mapping[int, float], bm25: Mapping[int, float]) -> dict[int, float]:
    """
    Score candidates by both kinds of search.

    Args:
        cosines: The cosine of every candidate, from -1 to 1.
        bm25: The scores of those that lexical search found, above 0.

    Returns:
        The score of every candidate, from -1 to 1 + `LEXICAL_WEIGHT`.
    """
    best = max(bm25.values(), default=1.0)
    return {
        row: cosine + LEXICAL_WEIGHT * bm25.get(row, 0.0) / best for row, cosine in cosines.items()
    }


def ranked(scores: Mapping[int, float]) -> list[int]:
    """Passages by their scores, best first; of equal ones the lower id is first."""
    return sorted(scores, key=lambda row: (-scores[row], row))


def rerank(
    reranker: Reranker,
    weights: Mapping[str, float],
    scores: Mapping[int, float],
    again: Mapping[int, Scored],
    gains: Mapping[int, float] = MappingProxyType({}),
) -> dict[int, float]:
    """
    Rank the best candidates again; the others stay behind them, in their order.

    Args:
        reranker: Scores them.
        weights: The question's words and what they weigh.
        scores: The fused scores of all candidates.
        again: Those that are ranked again, which are the best of all.
        gains: See `Retriever.retrieve`.

    Returns:
        New scores of all.
    """
    if not again:
        return dict(scores)
    found = reranker.scores(weights, [*again.values()])
    new = {row: score + gains.get(row, 0.0) for row, score in zip(again, found, strict=True)}
    behind = min(new.values()) - min(scores[row] for row in again)
    return {row: new[row] if row in new else score + behind for row, score in scores.items()}
