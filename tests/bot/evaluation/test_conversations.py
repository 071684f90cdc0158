"""Follow-ups are asked in full, short, and after another subject."""

from dataclasses import replace
from pathlib import Path

from answering.answerer import Answerer
from bot.evaluation.conversations import ConversationReport, converse, report_conversations
from bot.evaluation.questions import FollowUpQuestion, QuestionedPassage
from bot.evaluation.run import indexed
from index.retrieve import Retriever
from tests.conftest import FAKE_CALIBRATION, FAKE_TUNING, FakeReader, QuietReporter
from tests.fakes import FakeEncoder

FINES = QuestionedPassage(
    "Fines",
    "Fines for theft 35; for arson 90.",
    (),
    followups=(
        FollowUpQuestion("how many for theft", "and for arson", "how many for arson", ("90",)),
    ),
)
BREAD = QuestionedPassage(
    "Bread",
    "A loaf costs 2; a roll 1. Nobody counts cakes.",
    (),
    followups=(FollowUpQuestion("what is one loaf", "and a cake", "what is a poppyseed cake", ()),),
)
AFTER_NO_ANSWER = FollowUpQuestion(
    "how many for piracy", "and for arson", "how many for arson", ("90",)
)


def converse_about(folder: Path, *passages: QuestionedPassage) -> ConversationReport:
    encoder = FakeEncoder()
    vectors = folder / "vectors"
    with indexed(passages, folder, encoder, vectors, QuietReporter()) as generation:

        def answerer(max_risk: float) -> Answerer:
            return Answerer(
                Retriever(generation, encoder),
                FakeReader(),
                FAKE_CALIBRATION,
                FAKE_TUNING,
                passages=5,
                max_risk=max_risk,
            )

        asked = converse(passages, answerer(0.5), 100)
        return report_conversations(list(asked), 0.5)


def test_what_is_kept_is_a_share_of_the_full_forms_f1(tmp_path: Path) -> None:
    report = converse_about(tmp_path, FINES, BREAD)

    assert report.ways["rewrite"].scores.has_answer.f1 == 100
    assert report.ways["follow_up"].scores.has_answer.f1 == 100
    assert report.ways["follow_up"].scores.no_answer.f1 == 100
    assert (report.kept, report.kept_always, report.lost_always) == (100, 100, 0)
    assert set(report.as_json()) == {
        *("ways", "kept", "kept_always", "lost_always", "begun_right", "kept_begun_right"),
    }


def test_conversations_that_begin_elsewhere_are_told_apart(tmp_path: Path) -> None:
    passage = replace(FINES, followups=(*FINES.followups, AFTER_NO_ANSWER))

    report = converse_about(tmp_path, passage, BREAD)

    assert report.ways["follow_up"].always.has_answer.total == 2
    assert report.begun_right["follow_up"].always.has_answer.total == 1
    assert report.kept_begun_right == 100


def test_where_no_conversation_begins_right_nothing_is_said_of_them(tmp_path: Path) -> None:
    report = converse_about(tmp_path, replace(FINES, followups=(AFTER_NO_ANSWER,)))

    assert report.begun_right == {}
    assert report.kept_begun_right is None


def test_one_passage_has_no_other_to_talk_about_before(tmp_path: Path) -> None:
    report = converse_about(tmp_path, FINES)

    assert report.ways["after_unrelated"].scores.has_answer.f1 == 100


def test_a_question_that_the_bot_refuses_gets_no_answer(tmp_path: Path) -> None:
    refused = FollowUpQuestion("?", "!", "...", ("90",))

    report = converse_about(tmp_path, replace(FINES, followups=(*FINES.followups, refused)), BREAD)

    for way in report.ways.values():
        assert way.always.has_answer.total == 2
        assert way.always.has_answer.f1 == 50
