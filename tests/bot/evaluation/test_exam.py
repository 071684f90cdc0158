"""Files in, figures out, with fakes for models."""

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from answering.answerer import MORE_PASSAGES
from bot.evaluation import exam as exam_module
from bot.evaluation import run as run_module
from bot.evaluation.calibrate import MIN_QUESTIONS
from bot.evaluation.errors import CalibrationError, QuestionsError
from bot.evaluation.exam import Exam, Files, Result, check_count, say_calibrated
from bot.evaluation.questions import ExamQuestion, QuestionedPassage
from bot.evaluation.run import unanswered
from bot.settings import load_settings
from reader.model import PassageText
from reader.spans import Span
from tests.conftest import FAKE_CALIBRATION, FAKE_TUNING, FakeReader, QuietReporter
from tests.fakes import FakeEncoder


class ExportedEncoder(FakeEncoder):
    """One that says where the encoder of questions lies, which is a fake, too."""

    export = Path("encoder")


@pytest.fixture(autouse=True)
def _fake_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exam opens its encoders by the settings; these need none."""
    monkeypatch.setattr(exam_module, "SentenceEncoder", lambda *_: ExportedEncoder())
    monkeypatch.setattr(run_module, "OnnxQuestionEncoder", lambda _: FakeEncoder())


def exam(folder: Path, files: Files) -> Exam:
    settings = load_settings(data=folder / "data")
    return Exam(files, settings, QuietReporter(), open_reader=FakeReader)


def write(path: Path, *, passage: str = "p", context: str = "Fines for theft are 35.") -> Path:
    qas = [{"q": "how many for theft", "a": ["thirty-five", "35"]}]
    path.write_text(json.dumps({"id": passage, "text": context, "qas": qas}) + "\n")
    return path


def test_distractors_are_looked_through_at_the_start(tmp_path: Path) -> None:
    asked = write(tmp_path / "q.jsonl")
    distractors = tmp_path / "d.jsonl"
    distractors.write_text('{"text": "Bread costs 2."}\n{"text": 3}\n')

    with pytest.raises(QuestionsError, match=r"d\.jsonl, line 2: text: should be a text"):
        exam(tmp_path, Files((asked,), (distractors,)))


def test_two_files_may_not_use_the_same_id(tmp_path: Path) -> None:
    files = (write(tmp_path / "a.jsonl"), write(tmp_path / "b.jsonl"))

    with pytest.raises(QuestionsError, match=r'b\.jsonl, line 1: the id "p#0" was used before'):
        exam(tmp_path, Files(files))


def test_a_question_with_an_absent_answer_is_asked_and_the_answer_counted(tmp_path: Path) -> None:
    made = exam(tmp_path, Files((write(tmp_path / "q.jsonl"),)))

    assert (made.questions, made.misfits.answers, made.misfits.left_out) == (1, 1, 0)


def test_few_questions_are_no_ground_for_a_calibration_and_are_not_asked(tmp_path: Path) -> None:
    qas = [{"q": f"how many for theft in {year}", "a": "35"} for year in range(MIN_QUESTIONS - 1)]
    path = tmp_path / "few.jsonl"
    path.write_text(json.dumps({"id": "p", "text": "Fines for theft are 35.", "qas": qas}) + "\n")
    reporter = QuietReporter()
    settings = load_settings(data=tmp_path / "data")
    made = Exam(Files((path,)), settings, reporter, open_reader=FakeReader, calibrating=True)

    with pytest.raises(
        CalibrationError, match=f"^{MIN_QUESTIONS - 1} questions .* at least {MIN_QUESTIONS}"
    ):
        made.calibrate()

    assert "ask" not in reporter.stages
    with pytest.raises(CalibrationError, match=r"^1 question can't"):
        check_count(1)


class CountingReader(FakeReader):
    """Which passages it was given."""

    def __init__(self) -> None:
        self.given: set[str] = set()

    def read(
        self, question: str, passages: Sequence[PassageText], spans_per_passage: int
    ) -> list[Span]:
        self.given.update(passage.text for passage in passages)
        return super().read(question, passages, spans_per_passage)


@pytest.mark.parametrize("is_calibrating", [True, False])
def test_while_calibrating_all_is_read_that_may_be_since_nothing_is_known_to_be_sure(
    tmp_path: Path, is_calibrating: bool
) -> None:
    files = (write(tmp_path / "q.jsonl"),)
    others = tmp_path / "others.jsonl"
    others.write_text(
        "".join(json.dumps({"text": f"Fines for theft {number}."}) + "\n" for number in range(9))
    )
    reader = CountingReader()
    settings = load_settings(data=tmp_path / "data")
    made = Exam(
        Files(files, (others,)),
        settings,
        QuietReporter(),
        open_reader=lambda: reader,
        calibrating=is_calibrating,
        tuning=FAKE_TUNING,
    )

    made.run(["open"])

    most = settings.passages + MORE_PASSAGES
    assert len(reader.given) == most if is_calibrating else len(reader.given) <= settings.passages


@pytest.mark.parametrize(
    "questions", [2_000, pytest.param(100_000, marks=pytest.mark.stress)], ids=["some", "many"]
)
def test_many_questions_are_measured_in_little_memory(tmp_path: Path, questions: int) -> None:
    """What is kept is a question's outcome, and what its file says, which is read as a whole."""
    path = tmp_path / "many.json"
    context = "Fines for theft are 35. " * 20
    with path.open("w") as file:
        file.write('{"data": [{"title": "Fines", "paragraphs": [')
        for first in range(0, questions, 10):
            qas = [
                {
                    "id": str(first + n),
                    "question": "how many for theft",
                    "answers": [{"text": "35"}],
                }
                for n in range(10)
            ]
            file.write(("," if first else "") + json.dumps({"context": context, "qas": qas}))
        file.write("]}]}")
    # What is loaded and compiled once is not a question's.
    exam(tmp_path, Files((write(tmp_path / "one.jsonl"),))).run(["reader"])
    tracemalloc.start()
    try:
        result = exam(tmp_path, Files((path,))).run(["reader"])
        (report,) = result.reports()
        predicted = len(result.predictions("reader"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (report.scores.overall.total, report.scores.overall.em) == (questions, 100)
    assert predicted == questions
    assert peak < 20_000_000 + 1_200 * questions


def test_of_two_calibration_errors_the_warning_names_the_larger() -> None:
    question = ExamQuestion("q", "who", ())
    outcome = unanswered(QuestionedPassage("", "Bread costs 2.", (question,)), question)
    calibration = FAKE_CALIBRATION.model_copy(update={"expected_calibration_error": 0.021})
    result = Result({"open": [outcome]}, calibration, {"open": 0.5}, 0.08, ("error",))

    said = say_calibrated(result, Path("c.json"), max_risk=0.2, always_answer=False)

    assert "the calibration error is 0.080, more than 0.05" in said
