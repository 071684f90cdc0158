"""Which candidates are shown, and what they are together."""

from answering.candidates import Judged
from answering.selection import MAX_CANDIDATES, MIN_CANDIDATE_CONFIDENCE, likely
from tests.answering.test_candidates import FIRST, candidate


def judged(*confidences: float) -> list[Judged]:
    return [
        Judged(candidate(FIRST, at, at + 1, "x", 1.0), 1.0, 0.0, confidence)
        for at, confidence in enumerate(confidences)
    ]


def test_a_candidate_that_means_nothing_is_not_shown_beside_one_that_does() -> None:
    assert [one.confidence for one in likely(judged(0.12, 0.004, 0.0))] == [0.12]
    assert [one.confidence for one in likely(judged(0.0, 0.12, MIN_CANDIDATE_CONFIDENCE))] == [
        0.12,
        MIN_CANDIDATE_CONFIDENCE,
    ]


def test_no_more_are_shown_than_a_person_reads_at_a_glance() -> None:
    assert len(likely(judged(*[0.2] * (MAX_CANDIDATES + 1)))) == MAX_CANDIDATES
