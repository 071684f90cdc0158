"""BM25 (Robertson and Zaragoza 2009, with Lucene's IDF) over texts in memory."""

import math
import re
from collections import Counter
from collections.abc import Sequence

K1 = 1.2
B = 0.75

_MIN_PLURAL_CHARS = 4
_WORD = re.compile(r"\w+")


def terms(text: str) -> list[str]:
    """Lower-case words, the plural's s taken off; short ones like "gas" keep theirs."""
    return [_singular(word) for word in _WORD.findall(text.lower())]


def _singular(word: str) -> str:
    return word[:-1] if len(word) >= _MIN_PLURAL_CHARS and word.endswith("s") else word


class Bm25:
    """Texts that can be searched."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(terms(text)) for text in texts]
        lengths = [sum(count.values()) for count in counts]
        mean_length = sum(lengths) / max(1, len(lengths))
        postings: dict[str, list[tuple[int, float]]] = {}
        for number, (count, length) in enumerate(zip(counts, lengths, strict=True)):
            norm = K1 * (1 - B + B * length / mean_length)
            for term, frequency in count.items():
                weight = frequency / (frequency + norm)
                postings.setdefault(term, []).append((number, weight))
        self._postings = {
            term: [(number, weight * _idf(len(texts), len(found))) for number, weight in found]
            for term, found in postings.items()
        }

    def search(self, query: str, k: int) -> list[int]:
        """Numbers of the `k` best texts that share a term with the query, best first."""
        scores: dict[int, float] = {}
        for term in sorted(set(terms(query))):
            for number, weight in self._postings.get(term, ()):
                scores[number] = scores.get(number, 0.0) + weight
        return sorted(scores, key=lambda number: (-scores[number], number))[:k]


def _idf(texts: int, holding: int) -> float:
    return math.log(1 + (texts - holding + 0.5) / (holding + 0.5))
