import re
from collections.abc import Sequence
from typing import cast

import numpy as np
import pytest

from bot.evaluation.metrics import Graded
from reader.model import PassageText
from reader.spans import Span
from tests.training.words import word_tokenizer
from training import measure
from training.features import Encoded
from training.measure import DevExam, TokenLogits, questions_of, sample
from training.models import Network
from training.sources import TrainingPassage, TrainingQuestion

PASSAGE = TrainingPassage(
    "w",
    "Ada rows home. " + "Nothing else happens here. " * 100 + "Bo sails far.",
    (
        TrainingQuestion("who rows", ((0, 3),)),
        TrainingQuestion("who swims", ()),
        TrainingQuestion("who are they", ((0, 3), (2715, 2717))),
    ),
    (),
)
# It is read by a fake, which needs no model.
NETWORK = Network(cast("object", None), word_tokenizer())


def token_offsets(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    return [[word.span() for word in re.finditer(r"\w+|[^\w\s]", text)] for text in texts]


def test_questions_with_several_answers_are_left_out() -> None:
    assert [question.text for _, question in questions_of([PASSAGE])] == ["who rows", "who swims"]


def test_a_sample_is_always_the_same() -> None:
    asked = [(PASSAGE, TrainingQuestion(str(n), ())) for n in range(50)]

    assert sample(asked, 10) == sample(asked, 10)
    assert len(sample(asked, 100)) == 50


def first_token_reader(_: Network, rows: Sequence[Encoded]) -> list[tuple[int, TokenLogits]]:
    """Believes in a context's first token, more firmly the shorter question and context are."""
    found = []
    for index, row in enumerate(rows):
        logits = np.zeros(len(row.ids), dtype=np.float32)
        logits[row.context_at] = 1000 - len(row.ids)
        found.append((index, (logits, logits)))
    return found


def test_a_passage_too_long_to_be_read_whole_is_answered_by_its_surest_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measure, "read", first_token_reader)
    exam = DevExam(questions_of([PASSAGE]), token_offsets)

    report = exam.measure(NETWORK)

    # The last part is the shortest, and begins with "Nothing".
    assert report.always.has_answer.em == 0.0
    assert report.always.no_answer.total == 1


def test_a_passage_that_fits_the_reader_is_read_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `quoth eval --mode reader` reads it; what is learnt from is shorter."""
    monkeypatch.setattr(measure, "read", last_token_reader)
    text = "Ada rows. " * 130 + "Bo sails"
    exam = DevExam(
        [(TrainingPassage("w", text, (), ()), TrainingQuestion("who", ((1303, 1308),)))],
        token_offsets,
    )

    assert exam.measure(NETWORK).always.has_answer.em == 100.0


def test_a_title_is_read_before_its_passage_and_is_no_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[int] = []

    def reader(network: Network, rows: Sequence[Encoded]) -> list[tuple[int, TokenLogits]]:
        read.extend(len(row.offsets) for row in rows)
        return first_token_reader(network, rows)

    monkeypatch.setattr(measure, "read", reader)
    passage = TrainingPassage("w", "Bo sails", (), (), title="Boats of old")

    exam = DevExam([(passage, TrainingQuestion("who", ((0, 2),)))], token_offsets)
    report = exam.measure(NETWORK)

    assert read == [5]
    # The title's first token, which the reader prefers, can't be chosen.
    assert report.always.has_answer.em == 100.0


def last_token_reader(_: Network, rows: Sequence[Encoded]) -> list[tuple[int, TokenLogits]]:
    """Believes in a context's last token."""
    found = []
    for index, row in enumerate(rows):
        logits = np.zeros(len(row.ids), dtype=np.float32)
        logits[row.context_at + len(row.offsets) - 1] = 10
        found.append((index, (logits, logits)))
    return found


class FirstWordReader:
    """Believes in a passage's first word, more firmly the shorter the passage is."""

    sha256 = "0" * 64

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        shortest = min(passages, key=lambda passage: len(passage.text))
        word = shortest.text.split()[0]
        return [Span(shortest.id, 0, len(word), word, 5.0, float(len(question)))]


def test_a_shipped_reader_sits_the_same_exam() -> None:
    exam = DevExam([(PASSAGE, TrainingQuestion("who?", ((15, 22),)))], token_offsets)

    report = exam.measure_reader(FirstWordReader())

    assert report.always.has_answer.em == 100.0
    assert report.threshold == 1.0


def test_a_report_says_what_the_best_threshold_does() -> None:
    right, vain = Graded(1.0, 1.0, has_answer=True), Graded(0.0, 0.0, has_answer=False)

    report = measure.report_of([(2.0, right), (1.0, right), (0.0, vain), (3.0, vain)])

    assert report.best_f1 == 75.0
    assert report.threshold == 1.0
    assert (report.refused, report.answered) == (50.0, 100.0)
    assert "HasAns EM 100.0" in str(report)
    assert report.figures()["dev_f1"] == 100.0


def test_an_infinite_threshold_is_left_out_of_the_figures() -> None:
    report = measure.report_of([(0.0, Graded(0.0, 0.0, has_answer=False))])

    assert "dev_threshold" not in report.figures()
