"""Spans of all passages compete."""

from answering.calibration import Features
from answering.candidates import Candidate, candidates, distinct_candidates, judge
from index.passages import Passage
from index.retrieve import Hit
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION


def in_base(_: Passage) -> str:
    return "base"


def candidate(passage: Passage, start: int, end: int, text: str, margin: float) -> Candidate:
    span = Span(passage.id, start, end, text, margin, 0)
    return Candidate(span, passage, "base", Features(margin=margin, cosine=0.0, lexical=0.0), "a")


FIRST = Passage(0, "a.txt", 0, 50, "", ())
SECOND = Passage(1, "a.txt", 30, 90, "", ())
OTHER_DOCUMENT = Passage(2, "b.txt", 0, 50, "", ())


def test_spans_that_overlap_in_the_document_are_one() -> None:
    best = candidate(FIRST, 35, 41, "35,927", 9)
    same = candidate(SECOND, 5, 11, "35,927", 8)
    elsewhere = candidate(OTHER_DOCUMENT, 35, 41, "35,927", 7)
    next_to_it = candidate(SECOND, 11, 14, "for", 6)

    assert distinct_candidates([best, same, elsewhere, next_to_it]) == [
        best,
        elsewhere,
        next_to_it,
    ]


def test_the_gap_is_to_the_best_span_that_says_something_else() -> None:
    best = candidate(FIRST, 35, 41, "35,927", 9)
    agreeing = candidate(OTHER_DOCUMENT, 35, 41, "35,927", 7)
    rival = candidate(FIRST, 0, 5, "1,119", 4)

    judged = judge([rival, agreeing, best], FAKE_CALIBRATION)

    assert [one.candidate for one in judged] == [best, agreeing, rival]
    assert [one.gap for one in judged] == [5, 3, -5]
    assert [one.gap for one in judge([best], FAKE_CALIBRATION)] == [9]


def test_clues_compare_each_passage_with_the_best_by_words() -> None:
    hits = [
        Hit(FIRST, 0.03, 1, 0.7, 2, 3.0),
        Hit(SECOND, 0.02, 2, 0.6, 1, 12.0),
        Hit(OTHER_DOCUMENT, 0.01, 3, 0.5, None, None),
    ]

    found = candidates(
        "a", [Span(passage, 0, 1, "x", 5.0, 2.0) for passage in (0, 1, 2)], hits, in_base
    )

    assert [one.features for one in found] == [
        Features(3.0, 0.7, 0.25),
        Features(3.0, 0.6, 1.0),
        Features(3.0, 0.5, 0.0),
    ]


def test_no_passage_sharing_a_word_is_no_clue() -> None:
    (found,) = candidates(
        "a", [Span(0, 0, 1, "x", 5.0, 2.0)], [Hit(FIRST, 0.01, 1, 0.5, None, None)], in_base
    )

    assert found.features.lexical == 0.0
