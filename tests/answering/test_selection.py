"""Which candidates are shown, and what they are together."""

from answering.candidates import Judged
from answering.selection import MAX_CANDIDATES, MIN_CANDIDATE_CONFIDENCE, likely
from index.passages import Passage
from tests.answering.test_candidates import FIRST, candidate


def judged(*confidences: float) -> list[Judged]:
    return [
        Judged(candidate(FIRST, at, at + 1, f"x{at}", 1.0), 1.0, 0.0, confidence)
        for at, confidence in enumerate(confidences)
    ]


def found(passage: Passage, *texts: str) -> list[Judged]:
    starts = map(passage.text.index, texts)
    return [
        Judged(candidate(passage, start, start + len(text), text, 1.0), 1.0, 0.0, 0.2)
        for start, text in zip(starts, texts, strict=True)
    ]


def texts(*likeliest: Judged) -> list[str]:
    return [one.candidate.span.text for one in likeliest]


def test_a_candidate_that_means_nothing_is_not_shown_beside_one_that_does() -> None:
    assert [one.confidence for one in likely(judged(0.12, 0.004, 0.0))] == [0.12]
    assert [one.confidence for one in likely(judged(0.0, MIN_CANDIDATE_CONFIDENCE, 0.12))] == [
        0.12,
        MIN_CANDIDATE_CONFIDENCE,
    ]


def test_no_more_are_shown_than_a_person_reads_at_a_glance() -> None:
    assert len(likely(judged(*[0.2] * (MAX_CANDIDATES + 1)))) == MAX_CANDIDATES
    # The one that was best before its sentence was read alone is among them.
    assert [one.confidence for one in likely(judged(0.1, 0.4, 0.3, 0.2))] == [0.4, 0.3, 0.1]


def test_what_two_documents_say_is_shown_once() -> None:
    first, other = (
        Passage(number, f"{number}.txt", 0, 20, "Ada Lum, of Vellmar.", ((0, 20),))
        for number in range(2)
    )

    shown = likely([*found(first, "Ada Lum"), *found(other, "Ada Lum", "Vellmar")])

    assert texts(*shown) == ["Ada Lum", "Vellmar"]


def test_what_says_nothing_is_not_shown() -> None:
    text = "It is shut between May and one day above, says IT."
    passage = Passage(0, "a.txt", 0, len(text), text, ((0, len(text)),))

    shown = likely(found(passage, "between", "May", "above", "one", "IT"))

    assert texts(*shown) == ["May", "one", "IT"]


def test_a_mark_without_a_word_says_something() -> None:
    text = "Day: Monday | Lift: ✓"
    passage = Passage(0, "a.txt", 0, len(text), text, ((0, len(text)),))

    assert texts(*likely(found(passage, "✓"))) == ["✓"]


def test_the_name_of_a_column_is_not_shown() -> None:
    text = "Day: Monday | Coach: Bernard\n\nNote: bring a towel"
    passage = Passage(0, "a.md", 0, len(text), text, ((0, 28), (30, len(text))))

    assert texts(*likely(found(passage, "Day", "Coach: Bernard", "Note"))) == [
        *("Coach: Bernard", "Note"),
    ]
