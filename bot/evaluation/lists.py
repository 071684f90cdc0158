"""
Questions that ask for several things, with known answers -> how much of each list is found.

They are asked from all passages, as a person would ask them. The single questions of the passages
show how often one answer is wrongly made a list.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from answering.answerer import Answerer
from answering.lists import asks_for_several
from answering.question import Question, QuestionError
from bot.evaluation.metrics import set_f1
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from bot.evaluation.report import percentage, rounded


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
        return {name: rounded(value) for name, value in asdict(self).items()}


def ask_lists(
    passages: Iterable[QuestionedPassage],
    lists: Mapping[str, Sequence[ExamQuestion]],
    answerer: Answerer,
    max_question_chars: int,
) -> Iterator[ListOutcome]:
    """
    Ask for lists, and the single questions that look as if they did.

    Args:
        passages: With their single questions.
        lists: Questions by the id of their passage.
        answerer: Answers from an index of the passages as a person would see it.
        max_question_chars: As in `bot.settings.Settings`.
    """
    for passage in passages:
        several = lists.get(passage.id, ())
        for place, question in enumerate((*several, *passage.questions)):
            yield ListOutcome(
                found=_found(question.text, answerer, max_question_chars),
                wanted=question.answers,
                is_detected=asks_for_several(question.text),
                is_single=place >= len(several),
            )


def _found(question: str, answerer: Answerer, max_question_chars: int) -> tuple[str, ...]:
    try:
        asked = Question.typed(question, max_question_chars)
    except QuestionError:
        # The bot refuses it too.
        return ()
    return tuple(span.text for span in answerer.answer(asked).spans)


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
