"""Questions for several things are measured by sets, beside single ones."""

from bot.evaluation.lists import ListOutcome, ListReport, ask_lists, for_given_passage, report_lists
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from index.passages import Splitting
from tests.conftest import FAKE_CALIBRATION, FakeReader
from tests.fakes import FakeEncoder

FINES = QuestionedPassage(
    "Fines",
    "Fines: robbery 35, robbery 90, arson 7.",
    (
        ExamQuestion("a", "how many for arson", ("7",)),
        ExamQuestion("b", "which fines are for robbery", ("35",)),
    ),
    id="p1",
)


def ask(*lists: ExamQuestion) -> list[ListOutcome]:
    asked = ask_lists(
        [FINES],
        {"p1": lists},
        FakeReader(),
        for_given_passage(FAKE_CALIBRATION),
        0.5,
        Splitting(),
        FakeEncoder().token_offsets,
    )
    return list(asked)


def test_a_list_is_found_and_a_single_question_may_wrongly_get_one() -> None:
    wanted, single, wrong = ask(ExamQuestion("l", "name the two fines for robbery", ("35", "90")))

    assert {one.strip(",") for one in wanted.found} == {"35", "90"}
    assert not single.is_detected
    assert wrong.is_detected
    assert len(wrong.found) == 2


def test_the_figures_tell_lists_from_single_questions() -> None:
    outcomes = [
        ListOutcome(("a", "b"), ("a", "b"), is_detected=True, is_single=False),
        ListOutcome(("a",), ("a",), is_detected=False, is_single=False),
        ListOutcome((), (), is_detected=True, is_single=False),
        ListOutcome(("a", "b"), ("a",), is_detected=True, is_single=True),
        ListOutcome((), ("a",), is_detected=False, is_single=True),
    ]

    report = report_lists(outcomes)

    assert report == ListReport(
        total=3,
        set_f1=100,
        several_total=1,
        several_set_f1=100,
        one_total=1,
        one_set_f1=100,
        none_total=1,
        refused=100,
        detected=100,
        single_total=2,
        wrongly_listed=50,
    )
