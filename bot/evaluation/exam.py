"""Files of questions + settings -> outcomes, reports and calibrations."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

from answering.answerer import Answerer
from answering.calibration import Calibration, ChosenCalibration, uncalibrated
from answering.tuning import ChosenTuning, Tuning
from bot.chosen_reader import calibration_for, tuning_for
from bot.evaluation.calibrate import (
    FOLDS,
    MAX_CALIBRATION_ERROR,
    MAX_QUESTIONS,
    MIN_QUESTIONS,
    Doubt,
    calibrate,
)
from bot.evaluation.conversations import ConversationReport, converse, report_conversations
from bot.evaluation.errors import CalibrationError, QuestionsError
from bot.evaluation.lists import ListReport, ask_lists, report_lists
from bot.evaluation.questions import (
    Misfits,
    QuestionedPassage,
    read_distractors,
    read_lists,
    read_questions,
)
from bot.evaluation.report import Report, is_shown, make_report
from bot.evaluation.run import QuestionOutcome, ask_given, ask_open, searchable
from bot.evaluation.small_folders import groups
from bot.settings import Settings
from index.encoder import SentenceEncoder
from index.reporting import Reporter, SilentReporter
from index.retrieve import Retriever
from prompts import counted, render
from reader.model import Reader

_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True, slots=True)
class Files:
    """Which files are used, and how."""

    asked: tuple[Path, ...]
    distractors: tuple[Path, ...] = ()
    """Their passages are indexed with the others; they need no questions."""
    refuse_misfits: bool = False
    """Whether an answer that is not in its passage is an error; see `Misfits`."""


@dataclass(frozen=True, slots=True)
class Result:
    """What the questions gave, and the calibration that judged it."""

    outcomes: dict[str, list[QuestionOutcome]]
    """What became of the questions by mode, "reader" or "open"; after calibrating, cross-fitted."""
    calibration: Calibration
    thresholds: dict[str, float]
    """The threshold of each mode."""
    error_among_few: float = 0.0
    """The error of a calibration that was just made; see `Calibrated`."""
    doubts: tuple[Doubt, ...] = ()
    """Why a calibration that was just made may mean little."""

    def reports(self) -> list[Report]:
        """The figures of each mode."""
        return [
            make_report(mode, outcomes, self.thresholds[mode])
            for mode, outcomes in self.outcomes.items()
        ]

    def predictions(self, mode: str) -> dict[str, str]:
        """SQuAD's predictions: question id to text, "" for no answer."""
        return {
            one.question_id: one.prediction if is_shown(one, self.thresholds[mode]) else ""
            for one in self.outcomes[mode]
        }


class Exam:
    """Asks a reader the questions of files."""

    def __init__(
        self,
        files: Files,
        settings: Settings,
        reporter: Reporter,
        *,
        open_reader: Callable[[], Reader],
        calibrating: bool = False,
        tuning: Tuning | None = None,
    ) -> None:
        """
        Open the models, and look through the files.

        Args:
            files: What is asked.
            settings: Which encoder, and where vectors are kept.
            reporter: Told of progress.
            open_reader: Called once the files have turned out to be sound.
            calibrating: Leave the calibration there is alone; the outcomes are to make a new one.
            tuning: Instead of the one that there is.

        Raises:
            QuestionsError: If a file can't be used.
            IndexingError: If the encoder can't be used.
            ReaderError: If the reader, its calibration or its tuning can't be used.
        """
        self._files = files
        self._settings = settings
        self._reporter = reporter
        self._calibrating = calibrating
        self.misfits = Misfits(refuse=files.refuse_misfits)
        reporter.stage("load", len(files.asked) + len(files.distractors))
        self.questions = 0
        ids: set[bytes] = set()
        for path in files.asked:
            self.questions += sum(
                len(passage.questions) for passage in read_questions(path, self.misfits, ids)
            )
            reporter.advance(1)
        for path in files.distractors:
            for _ in read_distractors(path):
                pass
            reporter.advance(1)
        if not self.questions:
            names = ", ".join(map(str, files.asked))
            raise QuestionsError(f"{names}: no question is left to ask. {self.misfits.first[0]}")
        self._encoder = SentenceEncoder(settings.encoder, settings.encoder_exports)
        self._reader = open_reader()
        self.calibration = (
            ChosenCalibration(_nothing_sure(self._reader.sha256))
            if calibrating
            else calibration_for(settings, self._reader, self._encoder.sha256)
        )
        self._calibration = self.calibration.calibration
        self.tuned = (
            tuning_for(self._reader, self._encoder.sha256)
            if tuning is None
            else ChosenTuning(tuning)
        )
        self._tuning = self.tuned.tuning

    def run(self, modes: Sequence[str], *, always_answer: bool = False) -> Result:
        """
        Ask all questions.

        Args:
            modes: Those that are wanted, "reader" and "open".
            always_answer: Set the thresholds aside.

        Raises:
            IndexingError: If the passages can't be indexed.
        """
        outcomes = {mode: self._given() if mode == "reader" else self._open() for mode in modes}
        return self._result(outcomes, self._calibration, always_answer=always_answer)

    def converse(self) -> ConversationReport:
        """
        Ask the follow-ups of the files, from the passages of all.

        Raises:
            QuestionsError: If they have none.
            IndexingError: If the passages can't be indexed.
        """
        followups = sum(len(passage.followups) for passage in self.passages())
        if not followups:
            names = ", ".join(map(str, self._files.asked))
            raise QuestionsError(f'{names}: no passage has "followups".')
        with self._all_indexed() as retriever:
            answerer = self._answerer(retriever)
            outcomes = converse(self.passages(), answerer, self._settings.max_question_chars)
            return report_conversations(
                list(self._counted(outcomes, followups)), answerer.min_confidence
            )

    def ask_for_lists(self, path: Path) -> ListReport:
        """
        Ask a file's questions for several things, from the passages of all.

        Args:
            path: See `read_lists`; its passages are those of the files.

        Raises:
            QuestionsError: If it can't be used, or a passage is missing.
            IndexingError: If the passages can't be indexed.
        """
        lists = read_lists(path)
        known = {passage.id for passage in self.passages()}
        missing = sorted(lists.keys() - known)
        if missing:
            raise QuestionsError(
                f'{path}: no file has the passage "{missing[0]}". Name the file that holds it.'
            )
        total = self.questions + sum(map(len, lists.values()))
        with self.answerer() as answerer:
            outcomes = ask_lists(
                self.passages(), lists, answerer, self._settings.max_question_chars
            )
            return report_lists(list(self._counted(outcomes, total)))

    @contextmanager
    def answerer(self) -> Iterator[Answerer]:
        """
        Answer from the passages of all files, as a person is answered.

        Raises:
            IndexingError: If the passages can't be indexed.
        """
        with self._all_indexed() as retriever:
            yield self._answerer(retriever)

    def calibrate(self, *, always_answer: bool = False) -> Result:
        """
        Ask all questions in both modes, and fit a calibration to the outcomes.

        They are asked from all passages, and once more from groups of few.

        Args:
            always_answer: Set the thresholds aside.

        Raises:
            IndexingError: If the passages can't be indexed.
            CalibrationError: If the questions are too few, too many or no ground for a calibration.
        """
        check_count(self.questions)
        fitted = calibrate(
            self._given(),
            self._open(),
            self._among_few(),
            reader_sha256=self._reader.sha256,
            encoder_sha256=self._encoder.sha256,
            fitted_on=render(
                "fitted_on.txt",
                questions=self.questions,
                names=[path.name for path in self._files.asked],
                distractors=[path.name for path in self._files.distractors],
            ),
        )
        outcomes = {"reader": fitted.given, "open": fitted.open}
        result = self._result(outcomes, fitted.calibration, always_answer=always_answer)
        return replace(result, doubts=fitted.doubts, error_among_few=fitted.error_among_few)

    def _result(
        self, outcomes: dict[str, list[QuestionOutcome]], used: Calibration, *, always_answer: bool
    ) -> Result:
        # All are asked from the same passages.
        searched = max((one.passages for one in outcomes.get("open", ())), default=0)
        thresholds = {
            "reader": used.given_passage.min_confidence,
            "open": used.among(searched).threshold(self._settings.max_risk),
        }
        if always_answer:
            thresholds = dict.fromkeys(thresholds, 0.0)
        return Result(outcomes, used, thresholds)

    def _given(self) -> list[QuestionOutcome]:
        """Answer each question from its own passage."""
        outcomes = ask_given(
            self.passages(),
            self._reader,
            self._calibration.given_passage,
            self._encoder.token_offsets,
            self._settings.max_question_chars,
        )
        return list(self._counted(outcomes))

    def _open(self) -> list[QuestionOutcome]:
        """Answer each question from the passages of all files."""
        with self._all_indexed() as retriever:
            outcomes = self._ask_open(retriever, self.passages())
            return list(self._counted(outcomes))

    def _among_few(self) -> list[QuestionOutcome]:
        """Answer each question from a few passages, its own among them."""
        few = groups(list(self.passages()))
        return list(self._counted(chain.from_iterable(map(self._among, few))))

    def _among(self, passages: Sequence[QuestionedPassage]) -> Iterator[QuestionOutcome]:
        # Silent: the stage that is told of is the asking.
        with self._indexed(passages, SilentReporter()) as retriever:
            yield from self._ask_open(retriever, passages)

    def _ask_open(
        self, retriever: Retriever, passages: Iterable[QuestionedPassage]
    ) -> Iterator[QuestionOutcome]:
        answerer = self._answerer(retriever)
        return ask_open(
            passages,
            answerer,
            searched=retriever.passages,
            max_question_chars=self._settings.max_question_chars,
            keep_candidates=self._calibrating,
        )

    def _all_indexed(self) -> AbstractContextManager[Retriever]:
        """Search the passages of all files."""
        every = chain(
            self.passages(),
            chain.from_iterable(map(read_distractors, self._files.distractors)),
        )
        return self._indexed(every, self._reporter)

    def _indexed(
        self, passages: Iterable[QuestionedPassage], reporter: Reporter
    ) -> AbstractContextManager[Retriever]:
        return searchable(passages, self._encoder, self._settings.vectors, reporter)

    def _answerer(self, retriever: Retriever) -> Answerer:
        return Answerer(
            retriever,
            self._reader,
            self._calibration,
            self._tuning,
            passages=self._settings.passages,
            max_risk=self._settings.max_risk,
        )

    def passages(self) -> Iterator[QuestionedPassage]:
        """The passages of the files, with their questions."""
        # What doesn't fit was named when the files were looked through.
        return chain.from_iterable(read_questions(path, Misfits()) for path in self._files.asked)

    def _counted(
        self, outcomes: Iterable[_Outcome], total: int | None = None
    ) -> Iterator[_Outcome]:
        self._reporter.stage("ask", self.questions if total is None else total)
        for outcome in outcomes:
            yield outcome
            self._reporter.advance(1)


def check_count(questions: int) -> None:
    """
    Refuse what no calibration can be made of.

    Raises:
        CalibrationError: If the questions are too few or too many.
    """
    if questions < MIN_QUESTIONS:
        raise CalibrationError(
            f"{counted(questions, 'question')} can't be the ground for a calibration. Give at "
            f"least {MIN_QUESTIONS}."
        )
    if questions > MAX_QUESTIONS:
        raise CalibrationError(
            f"{questions:,} questions are more than a calibration needs. Give at most "
            f"{MAX_QUESTIONS:,} of them."
        )


def _nothing_sure(reader_sha256: str) -> Calibration:
    """
    The plain rule, but with no answer sure, so that all that may be read for a question is read.

    For which questions more is read depends on the calibration, which is yet to be made.
    """
    plain = uncalibrated(reader_sha256)
    return plain.model_copy(update={"thresholds": (1.0,) * len(plain.thresholds)})


def say_calibrated(result: Result, path: Path, *, max_risk: float, always_answer: bool) -> str:
    """
    Word what a new calibration means, and the doubts about it.

    Args:
        result: What `Exam.calibrate` gave.
        path: Where the calibration was written.
        max_risk: The one that is set.
        always_answer: Whether thresholds were set aside, so that none shows what it does.
    """
    (opened,) = (report for report in result.reports() if report.mode == "open")
    return render(
        "calibrated.txt",
        path=path,
        fitted_on=result.calibration.fitted_on,
        max_risk=max_risk,
        shown_wrong=None if always_answer else opened.shown_wrong,
        **_about_doubts(result),
    )


def say_doubts(result: Result) -> str:
    """Word why a new calibration may mean little; "" where nothing speaks against it."""
    return render("calibration_doubts.txt", **_about_doubts(result))


def _about_doubts(result: Result) -> dict[str, object]:
    return {
        "error": result.calibration.expected_calibration_error,
        "error_among_few": result.error_among_few,
        "max_error": MAX_CALIBRATION_ERROR,
        "folds": FOLDS,
        "doubts": result.doubts,
    }
