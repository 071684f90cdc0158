"""
Follow-up questions with known answers -> what is lost to their being short.

Each is asked after its first question, which Quoth answers as well as it can; and its full form is
asked alone, and after the first question of another passage, which should change nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from answering.answer import Answer
from answering.answerer import Answerer
from answering.followups.turns import Turn, turn_of
from answering.question import Question, QuestionError
from bot.evaluation.questions import ExamQuestion, FollowUpQuestion, QuestionedPassage
from bot.evaluation.report import Report, make_report, rounded
from bot.evaluation.run import QuestionOutcome, document_id, unanswered, with_best

Way = Literal["rewrite", "follow_up", "after_unrelated"]
"""How a question is asked: in full, short after its first question, in full after another's."""


@dataclass(frozen=True, slots=True)
class Conversed:
    """What became of a follow-up."""

    ways: dict[Way, QuestionOutcome]
    is_begun_right: bool
    """Whether its first question was answered, and from the passage that both are about."""


@dataclass(frozen=True, slots=True)
class ConversationReport:
    """What each way of asking the same questions gave."""

    ways: dict[Way, Report]
    begun_right: dict[Way, Report]
    """The same for those alone whose first question was answered from their passage; {} if there
    are none. Elsewhere a conversation speaks of another passage, and no way of asking leads
    back."""

    @property
    def kept_always(self) -> float:
        """The follow-ups' F1 over that of the full forms, in percent, where all are answered."""
        return _share(*(self.ways[way].always.has_answer.f1 for way in _COMPARED))

    @property
    def kept(self) -> float:
        """The same share, where only what is sure enough is answered."""
        return _share(*(self.ways[way].scores.has_answer.f1 for way in _COMPARED))

    @property
    def kept_begun_right(self) -> float | None:
        """As `kept_always`, of those begun right; None if there are none."""
        if not self.begun_right:
            return None
        return _share(*(self.begun_right[way].always.has_answer.f1 for way in _COMPARED))

    @property
    def lost_always(self) -> float:
        """Points of F1 that full forms lose after an unrelated question, where all are answered."""
        return (
            self.ways["rewrite"].always.has_answer.f1
            - self.ways["after_unrelated"].always.has_answer.f1
        )

    def as_json(self) -> dict[str, Any]:
        """The figures for programs; the keys are stable."""
        return {
            "ways": _json(self.ways),
            "begun_right": _json(self.begun_right),
            "kept_always": rounded(self.kept_always),
            "kept": rounded(self.kept),
            "kept_begun_right": rounded(self.kept_begun_right),
            "lost_always": rounded(self.lost_always),
        }


def _json(ways: dict[Way, Report]) -> dict[str, Any]:
    return {way: report.as_json() for way, report in ways.items()}


_COMPARED: tuple[Way, Way] = ("follow_up", "rewrite")


def _share(part: float, whole: float) -> float:
    return 100 * part / whole if whole else 0.0


def converse(
    passages: Iterable[QuestionedPassage], answerer: Answerer, max_question_chars: int
) -> Iterator[Conversed]:
    """
    Ask each follow-up in every way.

    Args:
        passages: At least two with follow-ups.
        answerer: Answers first questions as a person would see them, refusals included.
        max_question_chars: As in `bot.settings.Settings`.
    """
    asked = [(passage, one) for passage in passages for one in passage.followups]
    firsts = [first_answer(one, answerer, max_question_chars) for _, one in asked]
    turns = [() if first is None else (turn_of(first),) for first in firsts]
    for number, (passage, one) in enumerate(asked):
        unrelated = next(
            (
                turns[(number + step) % len(asked)]
                for step in range(1, len(asked))
                if asked[(number + step) % len(asked)][0].key != passage.key
            ),
            (),
        )
        texts: dict[Way, tuple[str, Sequence[Turn]]] = {
            "rewrite": (one.rewrite, ()),
            "follow_up": (one.elliptical, turns[number]),
            "after_unrelated": (one.rewrite, unrelated),
        }
        first = firsts[number]
        spans = () if first is None else first.spans
        yield Conversed(
            ways={
                way: outcome_of(passage, one, answerer, text, earlier, max_question_chars)
                for way, (text, earlier) in texts.items()
            },
            is_begun_right=any(span.document_id == document_id(passage) for span in spans),
        )


def first_answer(
    one: FollowUpQuestion, answerer: Answerer, max_question_chars: int
) -> Answer | None:
    """Answer the question before a follow-up; None where the bot refuses it."""
    try:
        return answerer.answer(Question.typed(one.first, max_question_chars))
    except QuestionError:
        return None


def outcome_of(
    passage: QuestionedPassage,
    one: FollowUpQuestion,
    answerer: Answerer,
    text: str,
    earlier: Sequence[Turn],
    max_question_chars: int,
) -> QuestionOutcome:
    """Ask a follow-up, in one way or another."""
    outcome = unanswered(passage, ExamQuestion(one.rewrite, one.rewrite, one.answers))
    try:
        asked = Question.typed(text, max_question_chars)
    except QuestionError:
        # The bot refuses it too.
        return outcome
    return with_best(outcome, answerer.find(asked, earlier), answerer.calibration, one.answers)


def report_conversations(conversed: Sequence[Conversed], threshold: float) -> ConversationReport:
    """Measure outcomes; at least one."""

    def reports(some: Sequence[Conversed]) -> dict[Way, Report]:
        ways = some[0].ways if some else ()
        return {way: make_report(way, [one.ways[way] for one in some], threshold) for way in ways}

    return ConversationReport(
        ways=reports(conversed),
        begun_right=reports([one for one in conversed if one.is_begun_right]),
    )
