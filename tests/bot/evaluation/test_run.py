"""Questions are asked of one passage, or of all."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from answering.answerer import Answerer
from bot.evaluation.errors import QuestionsError
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from bot.evaluation.run import (
    QuestionOutcome,
    ask_given,
    ask_open,
    given_parts,
    indexed,
    question_word,
    rank_of,
)
from index.passages import Passage
from index.retrieve import Hit, Retrieval, Retriever
from tests.conftest import FAKE_CALIBRATION, FAKE_TUNING, FakeReader, QuietReporter
from tests.fakes import FakeEncoder

THEFT = QuestionedPassage(
    "Fines",
    "Fines for theft 35; for arson 90.\r\n\r\nNobody was fined for singing.",
    (
        ExamQuestion("theft", "how many for theft", ("35",)),
        ExamQuestion("arson", "how many for arson", ("90", "ninety")),
        ExamQuestion("singing", "how many for singing", ()),
        ExamQuestion("blank", "???", ()),
    ),
)
BREAD = QuestionedPassage("Bread", "A loaf costs 2.", (ExamQuestion("b", "what costs", ("2",)),))


def by_id(outcomes: list[QuestionOutcome]) -> dict[str, QuestionOutcome]:
    return {one.question_id: one for one in outcomes}


def test_given_the_passage_only_that_passage_is_read() -> None:
    outcomes = by_id(
        list(
            ask_given(
                [
                    QuestionedPassage("", THEFT.text, THEFT.questions[:3]),
                    QuestionedPassage("", BREAD.text, (ExamQuestion("x", "why theft", ()),)),
                ],
                FakeReader(),
                FAKE_CALIBRATION.given_passage,
                FakeEncoder().token_offsets,
                max_question_chars=100,
            )
        )
    )

    assert outcomes["theft"].prediction == "35"
    assert outcomes["theft"].confidence > 0.5
    assert outcomes["arson"].graded.f1 == 1
    assert outcomes["singing"].confidence < 0.5
    assert outcomes["x"].margin < 0
    assert not outcomes["x"].graded.has_answer


def test_the_title_is_read_with_the_passage_as_with_a_document_of_that_title() -> None:
    reader = FakeReader()
    passage = QuestionedPassage("Fines of May", BREAD.text, BREAD.questions)
    offsets = FakeEncoder().token_offsets

    outcome = list(ask_given([passage], reader, FAKE_CALIBRATION.given_passage, offsets, 100))

    (part,) = given_parts("Fines of May", BREAD.text, offsets)
    assert part.whole == f"Fines of May\n{BREAD.text}"
    (part,) = given_parts("A loaf", BREAD.text, offsets)
    assert part.whole == BREAD.text
    assert [one.prediction for one in outcome] == ["2"]


def test_an_outcome_is_small_whatever_the_passage() -> None:
    """So a hundred thousand of them take some 50 MB."""
    count = 200
    text = "Fines for theft are 35. " * 400

    def ask_all(times: int) -> list[QuestionOutcome]:
        questions = tuple(ExamQuestion(str(n), "how many for theft", ("35",)) for n in range(times))
        return list(
            ask_given(
                [QuestionedPassage("", text, questions)],
                FakeReader(),
                FAKE_CALIBRATION.given_passage,
                FakeEncoder().token_offsets,
                max_question_chars=100,
            )
        )

    ask_all(1)  # what is loaded and compiled once is not an outcome's
    tracemalloc.start()
    try:
        outcomes = ask_all(count)
        held = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()

    assert len(outcomes) == count
    assert held < 1_000 * count


class CountingRetriever(Retriever):
    """Counts what it is asked for."""

    count = 0

    def retrieve(self, *asked: Any, **named: Any) -> Retrieval:
        self.count += 1
        return super().retrieve(*asked, **named)


def ask(
    folder: Path, *passages: QuestionedPassage, keep: bool = False
) -> dict[str, QuestionOutcome]:
    encoder = FakeEncoder()
    vectors = folder / "vectors"
    with indexed(passages, folder, encoder, vectors, QuietReporter()) as generation:
        retriever = CountingRetriever(generation, encoder)
        answerer = Answerer(
            retriever,
            FakeReader(),
            FAKE_CALIBRATION,
            FAKE_TUNING,
            passages=5,
            max_risk=1.0,
        )
        asked = ask_open(
            passages,
            answerer,
            searched=retriever.passages,
            max_question_chars=100,
            keep_candidates=keep,
        )
        outcomes = by_id(list(asked))
    # Those without a rank may have been blank, which nothing is retrieved for.
    assert retriever.count == sum(each != "blank" for each in outcomes)
    return outcomes


def test_open_questions_are_answered_from_all_passages(tmp_path: Path) -> None:
    outcomes = ask(tmp_path, THEFT, BREAD)

    assert outcomes["theft"].prediction == "35"
    assert outcomes["b"].prediction == "2"
    assert outcomes["b"].rank == 1
    assert outcomes["b"].passage_key == BREAD.key
    assert outcomes["singing"].rank is None
    assert outcomes["theft"].candidates == ()
    assert {one.passages for one in outcomes.values()} == {2}


def test_a_passage_is_found_by_its_title(tmp_path: Path) -> None:
    """As a document of that title is."""
    same = "It opens at {}. Dogs stay outside."
    question = ExamQuestion("hours", "when does the bakery open", ("7:30",))
    bakery = QuestionedPassage("Bakery", same.format("7:30"), (question,))
    others = [QuestionedPassage(f"Shop {n}", same.format(n), ()) for n in range(8, 20)]

    assert ask(tmp_path, *others, bakery)["hours"].rank == 1


def test_a_question_that_the_bot_refuses_is_no_answer(tmp_path: Path) -> None:
    blank = ask(tmp_path, THEFT)["blank"]

    assert (blank.prediction, blank.confidence, blank.graded.f1) == ("", 0.0, 1.0)
    assert blank.passages == 1


def test_the_same_text_is_indexed_once(tmp_path: Path) -> None:
    twin = QuestionedPassage("Twin", BREAD.text, (ExamQuestion("c", "what costs", ("2",)),))

    outcomes = ask(tmp_path, BREAD, twin)

    assert outcomes["c"].rank == outcomes["b"].rank == 1
    assert len(list((tmp_path / "documents").iterdir())) == 1


@pytest.mark.parametrize("others", [(), (BREAD,)])
def test_a_passage_that_can_not_be_indexed_is_named(
    tmp_path: Path, others: tuple[QuestionedPassage, ...]
) -> None:
    """Without it the other questions would be easier."""
    broken = QuestionedPassage("", "A loaf\0 costs 2.", (), where="q.jsonl, line 7")

    with pytest.raises(QuestionsError, match=r"q\.jsonl, line 7: the passage can't be indexed \("):
        ask(tmp_path, broken, *others)


def test_an_answer_that_is_absent_counts_for_the_grade_and_not_for_the_rank(
    tmp_path: Path,
) -> None:
    question = ExamQuestion("c", "what costs", ("two", "2"), absent=("two",))

    outcome = ask(tmp_path, QuestionedPassage("", BREAD.text, (question,)))["c"]

    assert (outcome.rank, outcome.graded.em) == (1, 1.0)
    assert ExamQuestion("d", "what", ("two", "2"), absent=("two",)).present == ("2",)


def test_candidates_are_kept_when_asked_for_without_their_passages(tmp_path: Path) -> None:
    (kept, *_) = ask(tmp_path, THEFT, keep=True)["theft"].candidates

    assert kept.candidate.span.text == "35"
    assert kept.graded.f1 == 1
    assert kept.candidate.passage.text == ""


def test_a_rank_counts_the_right_documents_passage_with_the_answer() -> None:
    texts = [("other", "has 35"), ("own", "has nothing"), ("own", "has 35")]
    hits = [
        Hit(Passage(place, document, 0, 9, text, ()), 0.1, 1, 0.5, None, None)
        for place, (document, text) in enumerate(texts)
    ]

    assert rank_of(hits, "own", ["36", "35"]) == 3
    assert rank_of(hits, "own", ["36"]) is None
    assert rank_of(hits, "own", []) is None


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("Who runs ICE?", "who"),
        ("In which year did it end", "which"),
        ("and how  many for theft", "how many"),
        ("HOW MUCH is it", "how many"),
        ("how come", "how"),
        ("whose hat", "who"),
        ("loaf price station", "other"),
        ("somewhat whatever", "other"),
    ],
)
def test_the_first_question_word_counts(question: str, word: str) -> None:
    assert question_word(question) == word
