"""
The best candidates of a search, ranked again by how well their words fit those of the question.

A cosine blurs which sentence speaks of what, and BM25 knows nothing of words that mean nearly the
same. So each word of the question is looked for in each sentence of a candidate, as it is and by
words that are near it, and a linear model weighs what was found beside the cosine. That takes some
milliseconds, and the texts alone. `benchmarks/rerank.py` makes the files that are read here.
"""

import itertools
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from index.lexical import indexed_words
from index.passages import Passage

FORMAT_VERSION = 1
WEIGHTS_NAME = "reranking.json"
WORDS_NAME = "words.npz"
# Candidates that are ranked again. Twice as many find no more, and take twice as long.
RERANKED = 50

# What a word of `Weights.question_words` counts.
_QUESTION_WORD_SHARE = 0.25
# What a word counts in every sentence that stands under a heading or title with it.
_CONTEXT_SHARE = 0.7
# The cosine of two words from which on they count as near.
_NEAR = 0.3

Numbers = npt.NDArray[np.float64]


class Weights(BaseModel):
    """The linear model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    encoder_sha256: str
    """The hash of the encoder that the cosines came from; with another one's, nothing is ranked
    again."""
    fitted_on: str
    """For people: which questions, and how many."""
    weights: dict[str, float]
    """The weight of each of `FEATURES`, by its name."""
    question_words: frozenset[str]
    """What questions are made of, as `index.lexical` has words: it says little about what is asked
    for, however rare it is in a collection of a few notes. The weights were fitted with it."""


@dataclass(frozen=True, slots=True)
class WordVectors:
    """Vectors of stemmed words, of which those of like meaning are near each other."""

    rows: Mapping[str, int]
    vectors: npt.NDArray[np.float32]
    """Unit length, shape (words, dim)."""

    def nearness(self, words: Sequence[str], others: Sequence[str]) -> npt.NDArray[np.float32]:
        """The cosines of words with others, shape (words, others); 0 where one has no vector."""
        found = np.zeros((len(words), len(others)), np.float32)
        here = [(at, self.rows[word]) for at, word in enumerate(words) if word in self.rows]
        there = [(at, self.rows[word]) for at, word in enumerate(others) if word in self.rows]
        if here and there:
            places, rows = np.array(here).T
            other_places, other_rows = np.array(there).T
            cosines = self.vectors[rows] @ self.vectors[other_rows].T
            found[np.ix_(places, other_places)] = cosines
        return found


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate, and its cosine with the question."""

    passage: Passage
    cosine: float


FEATURES = ("cosine", "in order", "in passage", "in sentence", "in two sentences")
"""
What is known of a candidate. All but the cosine are shares of the question's weight, from 0 to 1:
of its words in the passage with its context, in the best sentence and in the best two that follow
each other, where near words count as far as they are near; and of its pairs of neighbouring words
that stand side by side in the passage, too.
"""


class Reranker:
    """Ranks candidates again; any thread may call it."""

    def __init__(self, weights: Weights, words: WordVectors) -> None:
        """Take the model and the vectors of words."""
        self._weights = np.array([weights.weights[name] for name in FEATURES])
        self._question_words = weights.question_words
        self._words = words

    def scores(self, weights: Mapping[str, float], candidates: Sequence[Scored]) -> list[float]:
        """
        Score candidates of one question.

        Args:
            weights: The question's words as `index.lexical` has them, and what each weighs.
            candidates: At least one.

        Returns:
            Their scores, on a scale on which they lie as far apart as cosines with their share of
            BM25 do.
        """
        known = features(weights, candidates, self._words, self._question_words)
        scores: list[float] = (known @ self._weights).tolist()
        return scores


def features(
    weights: Mapping[str, float],
    candidates: Sequence[Scored],
    vectors: WordVectors,
    question_words: Set[str],
) -> Numbers:
    """
    What is known of each candidate, shape (candidates, `FEATURES`).

    Args:
        weights: See `Reranker.scores`.
        candidates: At least one.
        vectors: Tell which words are near each other.
        question_words: See `Weights`.
    """
    asked = list(weights)
    # The others are near no word.
    telling = [word if word not in question_words else "" for word in asked]
    shares = np.array(
        [
            weights[word] * (1.0 if tells else _QUESTION_WORD_SHARE)
            for word, tells in zip(asked, telling, strict=True)
        ]
    )
    shares = shares / max(float(shares.sum()), 1e-9)
    units = _Units([each.passage for each in candidates])
    nearness = vectors.nearness(telling, units.vocabulary)
    near = np.clip((nearness - _NEAR) / (1 - _NEAR), 0, 1)
    cosines = np.array([each.cosine for each in candidates])
    found = units.shares_found(np.maximum(near, units.exactly(asked)), shares)
    in_order = units.shares_in_order(asked, shares, [bool(word) for word in telling])
    return np.stack([cosines, in_order, *found], axis=1)


class _Units:
    """The contexts and sentences of some passages: of each passage its context, then the others."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        units = [
            indexed_words(text)
            for passage in passages
            for text in (
                passage.context,
                *(passage.text[start:end] for start, end in passage.sentences),
            )
        ]
        counts = np.array([1 + len(passage.sentences) for passage in passages])
        self._contexts = np.cumsum(counts) - counts
        self._passage_of = np.repeat(np.arange(len(passages)), counts)
        # Each unit ends with a word that no other is like: so none is empty.
        ended = [word for unit in units for word in (*unit, "")]
        lengths = np.array([len(unit) + 1 for unit in units])
        self._begins = np.cumsum(lengths) - lengths
        places: dict[str, int] = {}
        self._words = np.array([places.setdefault(word, len(places)) for word in ended])
        self._places = places
        self.vocabulary = list(places)
        """Each word that occurs, once."""

    def exactly(self, asked: Sequence[str]) -> npt.NDArray[np.float32]:
        """1 where a word of a question is one of the vocabulary, shape (asked, vocabulary)."""
        same = np.zeros((len(asked), len(self.vocabulary)), np.float32)
        for row, word in enumerate(asked):
            if word in self._places:
                same[row, self._places[word]] = 1.0
        return same

    def shares_found(
        self, likeness: npt.NDArray[np.float32], shares: Numbers
    ) -> tuple[Numbers, Numbers, Numbers]:
        """
        How much of a question is found in each passage, from 0 to 1.

        Args:
            likeness: Between the question's words and the vocabulary, from 0 to 1.
            shares: What each of the question's words weighs, 1 in all.

        Returns:
            In the passage with its context, in the best sentence, and in the best two sentences
            that follow each other.
        """
        # Every word of the question in every unit.
        found = np.maximum.reduceat(likeness[:, self._words], self._begins, axis=1)
        context = _CONTEXT_SHARE * found[:, self._contexts][:, self._passage_of]
        follow = np.append(self._passage_of[:-1] == self._passage_of[1:], False)
        follow[self._contexts] = False
        pairs = shares @ np.maximum(found, np.roll(found, -1, axis=1))
        return (
            shares @ np.maximum.reduceat(found, self._contexts, axis=1),
            self._best_sentences(shares @ np.maximum(found, context)),
            self._best_sentences(np.where(follow, pairs, shares @ found)),
        )

    def _best_sentences(self, values: Numbers) -> Numbers:
        """The highest value of any sentence of each passage."""
        of_sentences = values.copy()
        of_sentences[self._contexts] = 0.0
        return np.maximum.reduceat(of_sentences, self._contexts)

    def shares_in_order(
        self, asked: Sequence[str], shares: Numbers, tells: Sequence[bool]
    ) -> Numbers:
        """
        How much of a question's pairs of neighbouring words stands so in each passage.

        Args:
            asked: The words.
            shares: What each weighs.
            tells: Whether it says what is asked for; of a pair, one has to.
        """
        owners = np.repeat(self._passage_of, np.diff(self._begins, append=len(self._words)))
        found = np.zeros(len(self._contexts))
        total = 0.0
        for (first, share, first_tells), (second, next_share, second_tells) in itertools.pairwise(
            zip(asked, shares, tells, strict=True)
        ):
            if not (first_tells or second_tells):
                continue
            total += share + next_share
            here, there = self._places.get(first, -1), self._places.get(second, -1)
            side_by_side = (self._words[:-1] == here) & (self._words[1:] == there)
            # A passage that has the pair more than once gains no more.
            found[owners[:-1][side_by_side]] += share + next_share
        return found / (total or 1.0)


@cache
def reranker_for(encoder_sha256: str) -> Reranker | None:
    """The reranker that was made for an encoder; None if there is none."""
    folder = files("index") / "weights"
    weights = Weights.model_validate_json((folder / WEIGHTS_NAME).read_bytes())
    if weights.encoder_sha256 != encoder_sha256:
        return None
    with (folder / WORDS_NAME).open("rb") as file, np.load(file) as stored:
        return Reranker(weights, word_vectors(stored))


def word_vectors(stored: Mapping[str, Any]) -> WordVectors:
    """The vectors of a file that `stored_words` made."""
    words = stored["words"].tobytes().decode("ascii").split("\n")
    vectors = stored["vectors"].astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return WordVectors({word: row for row, word in enumerate(words)}, vectors)


def stored_words(words: Sequence[str], vectors: npt.NDArray[np.float32]) -> dict[str, Any]:
    """What a file holds of words and their vectors of unit length: in eight bits."""
    return {
        "words": np.frombuffer("\n".join(words).encode("ascii"), np.uint8),
        "vectors": np.round(vectors / np.abs(vectors).max() * 127).astype(np.int8),
    }
