import math

import pytest

from training.bm25 import K1, B, Bm25, terms

TEXTS = ["boats in the harbour", "a boat and a boat", "gas prices", "harbour prices rose and rose"]


def test_plurals_meet_their_singulars() -> None:
    assert terms("Boats, gas; 3 boat's") == ["boat", "gas", "3", "boat", "s"]


def reference(query: str, text: str) -> float:
    """The formula, term by term, over all texts."""
    score = 0.0
    lengths = [len(terms(each)) for each in TEXTS]
    for term in set(terms(query)):
        holding = sum(term in terms(each) for each in TEXTS)
        frequency = terms(text).count(term)
        norm = K1 * (1 - B + B * len(terms(text)) / (sum(lengths) / len(lengths)))
        idf = math.log(1 + (len(TEXTS) - holding + 0.5) / (holding + 0.5))
        score += idf * frequency / (frequency + norm)
    return score


@pytest.mark.parametrize("query", ["boats", "harbour prices", "rose boat", "gas"])
def test_search_ranks_as_the_formula_does(query: str) -> None:
    scores = [reference(query, text) for text in TEXTS]
    expected = sorted((n for n in range(4) if scores[n] > 0), key=lambda n: -scores[n])

    assert Bm25(TEXTS).search(query, 4) == expected


def test_no_more_than_k_come_back_and_none_without_a_shared_term() -> None:
    assert len(Bm25(TEXTS).search("boat harbour", 2)) == 2
    assert Bm25(TEXTS).search("zebra", 2) == []
