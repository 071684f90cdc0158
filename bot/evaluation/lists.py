"""
Questions that ask for several things, with known answers -> how much of each list is found.

Each is asked of its own passage. The single questions of the passages show how often one answer is
wrongly made a list.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from answering.answerer import SPANS_PER_PASSAGE
from answering.calibration import Calibration, Features
from answering.candidates import Candidate, judge
from answering.lists import MAX_ITEMS_PER_PASSAGE, asks_for_several
from answering.selection import Selection, select
from bot.evaluation.metrics import set_f1
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from bot.evaluation.report import percentage
from bot.evaluation.run import document_of
from index.passages import Passage, Splitting, TokenOffsets, split
from reader.model import PassageText, Reader


@dataclass(frozen=True, slots=True)
class ListOutcome:
    """What became of a question."""

    found: tuple[str, ...]
    wanted: tuple[str, ...]
    is_detected: bool
    """Whether it looked like a question for several things."""
    is_single: bool
    """Whether it is one of the passage's own questions, which want one answer."""


@dataclass(frozen=True, slots=True)
class ListReport:
    """What questions for several things gave."""

    total: int
    set_f1: float
    """Over all of them, from 0 to 100."""
    several_total: int
    several_set_f1: float
    """Over those that have at least two answers."""
    one_total: int
    one_set_f1: float
    none_total: int
    refused: float | None
    """Percentage of those without an answer that are refused; None if there are none."""
    detected: float | None
    """Percentage of those with at least two answers that look like asking for several; likewise."""
    single_total: int
    wrongly_listed: float | None
    """Percentage of the single questions that are answered with a list; likewise."""

    def as_json(self) -> dict[str, Any]:
        """The figures for programs; the keys are stable."""
        return {
            name: None if value is None else round(value, 4) for name, value in asdict(self).items()
        }


def ask_lists(
    passages: Iterable[QuestionedPassage],
    lists: Mapping[str, Sequence[ExamQuestion]],
    reader: Reader,
    calibration: Calibration,
    min_confidence: float,
    splitting: Splitting,
    token_offsets: TokenOffsets,
) -> Iterator[ListOutcome]:
    """
    Ask for lists, and the single questions that look as if they did.

    Args:
        passages: With their single questions.
        lists: Questions by the id of their passage.
        reader: Finds the spans.
        calibration: The reader's, for a given passage.
        min_confidence: Below it the passage doesn't say.
        splitting: How passages are split.
        token_offsets: Counts their tokens.
    """
    for passage in passages:
        parts = list(split(document_of(passage.title, passage.text), splitting, token_offsets))
        for question in lists.get(passage.id, ()):
            choice = _choice(question.text, parts, reader, calibration, min_confidence)
            yield ListOutcome(
                found=tuple(one.candidate.span.text for one in choice.chosen),
                wanted=question.answers,
                is_detected=asks_for_several(question.text),
                is_single=False,
            )
        for question in passage.questions:
            choice = _choice(question.text, parts, reader, calibration, min_confidence)
            found = tuple(one.candidate.span.text for one in choice.chosen)
            yield ListOutcome(
                found, question.answers, asks_for_several(question.text), is_single=True
            )


def _choice(
    question: str,
    parts: Sequence[Passage],
    reader: Reader,
    calibration: Calibration,
    min_confidence: float,
) -> Selection:
    by_id = {part.id: part for part in parts}
    read = [PassageText(part.id, part.text, context=part.context) for part in parts]
    # As many as the product asks for.
    count = MAX_ITEMS_PER_PASSAGE if asks_for_several(question) else SPANS_PER_PASSAGE
    spans = reader.read(question, read, count)
    found = [
        Candidate(
            span=span,
            passage=by_id[span.passage_id],
            collection="",
            features=Features(margin=span.margin, cosine=0.0, lexical=0.0),
            asked=question,
        )
        for span in spans
    ]
    # A whole passage is its own surroundings.
    return select(
        question, judge(found, calibration), calibration, min_confidence, lambda passage: passage
    )


def for_given_passage(calibration: Calibration) -> Calibration:
    """The weights for a given passage, as weights of a search that found it alone."""
    given = calibration.given_passage
    return calibration.model_copy(
        update={
            "intercept": given.intercept,
            "evidence_weight": given.margin_weight,
            "gap_weight": 0.0,
        }
    )


def report_lists(outcomes: Sequence[ListOutcome]) -> ListReport:
    """Measure outcomes."""
    lists = [one for one in outcomes if not one.is_single]
    several = [one for one in lists if len(one.wanted) > 1]
    single_answer = [one for one in lists if len(one.wanted) == 1]
    none = [one for one in lists if not one.wanted]
    singles = [one for one in outcomes if one.is_single and one.wanted]
    return ListReport(
        total=len(lists),
        set_f1=_mean(lists),
        several_total=len(several),
        several_set_f1=_mean(several),
        one_total=len(single_answer),
        one_set_f1=_mean(single_answer),
        none_total=len(none),
        refused=percentage(sum(not one.found for one in none), len(none)),
        detected=percentage(sum(one.is_detected for one in several), len(several)),
        single_total=len(singles),
        wrongly_listed=percentage(sum(len(one.found) > 1 for one in singles), len(singles)),
    )


def _mean(outcomes: Sequence[ListOutcome]) -> float:
    return 100 * sum(set_f1(one.found, one.wanted) for one in outcomes) / max(1, len(outcomes))
