"""Which candidates are shown, and what they are together."""

from answering.calibration import Features
from answering.candidates import Candidate, Judged, judge
from answering.selection import (
    MAX_CANDIDATES,
    MIN_CANDIDATE_CONFIDENCE,
    Selection,
    likely,
    select,
)
from index.passages import Passage
from reader.spans import Span
from tests.answering.test_candidates import FIRST, candidate
from tests.conftest import FAKE_CALIBRATION


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


def test_a_question_of_the_document_is_not_shown_but_what_answers_it_is() -> None:
    text = "Do I have to row?\n\nNo, nobody has to row.\n\nWho rows? Ada."
    passage = Passage(0, "a.md", 0, len(text), text, ((0, 17), (19, 41), (43, len(text))))

    assert texts(*likely(found(passage, "to row", "nobody", "Ada"))) == ["nobody", "Ada"]


def test_an_answer_is_shown_whose_question_stands_in_the_last_cell_of_its_row() -> None:
    text = "Answer: 4 euros | Question: What does a swim cost?"
    passage = Passage(0, "a.csv", 0, len(text), text, ((0, len(text)),))

    assert texts(*likely(found(passage, "4 euros", "What does a swim cost?"))) == ["4 euros"]


FORMS = "who takes the forms?"


def read(text: str, document: int, margins: dict[str, float]) -> list[Candidate]:
    passage = Passage(document, f"{document}.txt", 0, len(text), text, ((0, len(text)),))
    found = [
        Span(document, text.index(name), text.index(name) + len(name), name, margin, 0.0)
        for name, margin in margins.items()
    ]
    return [Candidate(one, passage, "base", Features(one.margin, 0.0, 0.0), FORMS) for one in found]


def selected(*found: Candidate) -> Selection:
    judged = judge(found, FAKE_CALIBRATION)
    return select(FORMS, judged, FAKE_CALIBRATION, 0.5, lambda passage: passage)


def test_a_list_that_is_not_asked_for_gives_way_to_documents_that_disagree() -> None:
    listed = read("The forms are taken by Ada, Tom or Kim.", 1, {"Ada": 9.0, "Tom": 8.0})
    other = read("The forms are taken by Jo.", 2, {"Jo": 7.0})

    assert (selected(*listed).kind, texts(*selected(*listed).chosen)) == (
        "list",
        ["Ada", "Tom", "Kim"],
    )
    assert (selected(*listed, *other).kind, texts(*selected(*listed, *other).chosen)) == (
        "conflict",
        ["Ada", "Jo"],
    )


def test_a_list_does_not_give_way_to_one_of_its_items() -> None:
    listed = read("The forms are taken by Ada, Tom or Kim.", 1, {"Ada": 9.0, "Tom": 8.0})
    item = read("The forms are taken by Kim.", 2, {"Kim": 7.0})
    items = read("The forms are taken by Kim, Ada or Tom.", 3, {"Kim, Ada or Tom": 6.0})
    other = read("The forms are taken by Jo.", 4, {"Jo": 5.0})

    assert selected(*listed, *item).kind == "list"
    assert selected(*listed, *items).kind == "list"
    # What is no item counts against it, and stands beside the best one alone.
    assert texts(*selected(*listed, *item, *other).chosen) == ["Ada", "Jo"]
