"""Questions for several things are measured by sets, beside single ones."""

from bot.evaluation.lists import ListOutcome, ListReport, ask_lists, report_lists
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from tests.conftest import Library

FINES = QuestionedPassage(
    "Fines",
    "Fines: robbery 35, robbery 90, arson 7.",
    (
        ExamQuestion("a", "how many for arson", ("7",)),
        ExamQuestion("b", "which fines are for robbery", ("35",)),
        ExamQuestion("c", "?!", ()),
    ),
    id="p1",
)


def ask(library: Library, *lists: ExamQuestion) -> list[ListOutcome]:
    library.write("fines.txt", FINES.text)
    library.build()
    return list(ask_lists([FINES], {"p1": lists}, library.answerer(), max_question_chars=100))


def test_a_list_is_found_and_a_single_question_may_wrongly_get_one(library: Library) -> None:
    wanted, single, wrong, refused = ask(
        library, ExamQuestion("l", "name the two fines for robbery", ("35", "90"))
    )

    assert {one.strip(",") for one in wanted.found} == {"35", "90"}
    assert not single.is_detected
    assert wrong.is_detected
    assert len(wrong.found) == 2
    assert refused.found == ()
    assert [one.is_single for one in (wanted, single, wrong, refused)] == [False, True, True, True]


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
