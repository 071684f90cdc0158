"""BM25 (Robertson and Zaragoza 2009, with Lucene's IDF) over texts in memory, by bm25s."""

import re
from collections.abc import Sequence

import bm25s
import numpy as np

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
    """Texts that can be searched; there has to be a word in them."""

    def __init__(self, texts: Sequence[str]) -> None:
        # In half the precision, texts of equal score would come in another order.
        self._index = bm25s.BM25(K1, B, method="lucene", dtype="float64")
        self._index.index([terms(text) for text in texts], show_progress=False)

    def search(self, query: str, k: int) -> list[int]:
        """Numbers of the `k` best texts that share a term with the query, best first."""
        scores = self._index.get_scores(sorted(set(terms(query))))
        best = np.argsort(-scores, kind="stable")[:k]
        return [int(number) for number in best if scores[number] > 0]
