"""A model of transformers -> an added reader: converted, measured, calibrated, tuned."""

import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from answering.tuning import Tuning, load_tuning
from bot.added_readers import CARD_NAME, UNFINISHED, AddedReaders, Card, Measured
from bot.evaluation.caching import CachingReader
from bot.evaluation.errors import CalibrationError
from bot.evaluation.exam import Exam, Files, Result, check_count, say_doubts
from bot.evaluation.metrics import grade
from bot.evaluation.questions import Misfits, QuestionedPassage, read_questions
from bot.evaluation.run import given_parts
from bot.evaluation.tuning import Tuner
from bot.readers.smoothing import smooth
from bot.settings import CALIBRATION_NAME, TUNING_NAME, Settings
from index.encoder import SentenceEncoder
from index.passages import TokenOffsets
from index.reporting import Reporter
from index.tracing import optimise, quantise
from reader.model import (
    MANIFEST_NAME,
    MODEL_NAME,
    TOKENIZER_NAME,
    OnnxReader,
    Reader,
    ReaderManifest,
    model_files,
    shipped_weights,
    write_manifest,
)

MAX_LOSS = 1.0
"""Points of F1 that int8 may cost on the questions that guard it; else fp32 is kept."""
SMOOTHED_BY = 24
"""Questions whose activations are looked at before int8."""
GUARDING_QUESTIONS = 300
"""Answerable questions, at most, by which int8 is compared with fp32, and the new reader with the
one that comes with Quoth. Of so many, three are a point."""
ASKED_OF_SHIPPED = 4
"""Every so many-th of the questions that come with Quoth is asked to calibrate: each is read in a
dozen passages, and a large reader takes a multiple of the shipped one's time for each."""

_QUESTIONS_NAME = "questions.jsonl"
_IN_CHECKOUT = Path(__file__).parents[2] / "training" / "data" / "dev.jsonl"


def shipped_questions() -> Path:
    """The questions that come with Quoth, on which no reader of its own was taught."""
    packaged = Path(__file__).with_name(_QUESTIONS_NAME)
    return packaged if packaged.is_file() else _IN_CHECKOUT


@dataclass(frozen=True, slots=True)
class Made:
    """A reader that was added."""

    card: Card
    misfits: Misfits
    """Answers that were left out, since they are not in their passages."""
    doubts: str
    """Why its calibration may mean little, in words; "" where nothing speaks against it."""


def add_reader(
    model: Path,
    origin: str,
    name: str,
    questions: Sequence[Path],
    *,
    settings: Settings,
    reporter: Reporter,
) -> Made:
    """
    Make a reader of a model; it can be used once all is done, and nothing is left if it can't be.

    Args:
        model: The folder of a model with a question-answering head.
        origin: How the model was named.
        name: What the reader will be called.
        questions: Files to measure and calibrate it on; without, a part of those that come with
            Quoth.
        settings: Where readers are kept, and which encoder retrieves.
        reporter: Told of progress.

    Raises:
        ReaderError: If the model is none that can be a reader, or something can't be written.
        EvaluationError: If the questions can't be used.
        IndexingError: If the encoder or the passages of the questions can't be used.
    """
    from bot.readers.conversion import convert, failures_told

    added = AddedReaders(settings.readers)
    with (
        added.making(name) as folder,
        tempfile.TemporaryDirectory(UNFINISHED, ".", folder.parent) as scratch,
    ):
        files = tuple(questions) or (_part_of_shipped(Path(scratch)),)
        # Else that would be said once the reader is made and measured, which takes minutes.
        misfits = Misfits()
        check_count(sum(len(passage.questions) for passage in _passages_of(files, misfits)))
        guarding = _Guard(files, SentenceEncoder(settings.encoder, settings.encoder_exports))
        if not guarding.count:
            raise CalibrationError(
                "None of the questions has an answer, so that nothing can be compared or fitted. "
                "Give some that their passages answer."
            )
        reporter.stage("convert", 0)
        whole = Path(scratch) / "fp32"
        whole.mkdir()
        architecture = convert(model, whole)
        reporter.stage("quantise", 0)
        with failures_told(model):
            write_int8(whole, folder, guarding.asked)
        reporter.stage("measure", 3 * guarding.count)
        full, small, shipped = (
            guarding.measure(each, settings.threads, reporter)
            for each in (whole, folder, shipped_weights())
        )
        is_small = full.f1 - small.f1 <= MAX_LOSS
        if not is_small:
            shutil.rmtree(folder)
            whole.rename(folder)
        with closing(CachingReader(OnnxReader(folder, settings.threads))) as reader:
            fitted = _fit(folder, reader, files, settings, reporter)
        card = Card(
            origin=origin,
            architecture=architecture,
            precision="int8" if is_small else "fp32",
            added=datetime.now(UTC),
            questions=guarding.count,
            measured=small if is_small else full,
            shipped=shipped,
        )
        (folder / CARD_NAME).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return Made(card, misfits, say_doubts(fitted))


def _fit(
    folder: Path,
    reader: CachingReader,
    files: tuple[Path, ...],
    settings: Settings,
    reporter: Reporter,
) -> Result:
    """Calibrate and tune a folder's reader, and once more calibrate it as it reads then."""
    encoder = SentenceEncoder(settings.encoder, settings.encoder_exports)

    def calibrated(tuning: Tuning) -> Result:
        exam = Exam(
            Files(files),
            settings,
            reporter,
            open_reader=lambda: reader,
            calibrating=True,
            tuning=tuning,
        )
        return exam.calibrate()

    first = load_tuning(shipped_weights() / TUNING_NAME).numbers
    tuner = Tuner(files, settings, encoder, reader, calibrated(first).calibration, reporter)
    tuned = tuner.tune(first).stored
    result = calibrated(tuned.numbers)
    for name, fitted in ((CALIBRATION_NAME, result.calibration), (TUNING_NAME, tuned)):
        content = fitted.model_dump_json(indent=2) + "\n"
        (folder / name).write_text(content, encoding="utf-8")
    return result


def _part_of_shipped(scratch: Path) -> Path:
    """Every so many-th question of each passage; all passages stay, to be searched."""
    source, target = shipped_questions(), scratch / shipped_questions().name
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as part:
        for line in lines:
            row = json.loads(line)
            row["qas"] = row["qas"][::ASKED_OF_SHIPPED]
            part.write(json.dumps(row) + "\n")
    return target


def write_int8(
    whole: Path, folder: Path, asked: Sequence[tuple[str, str]], in_fp32: Sequence[str] = ()
) -> None:
    """
    Make a converted reader small.

    Args:
        whole: The reader's folder, in fp32.
        folder: The folder to write.
        asked: Questions and passages such as it will be asked; the first `SMOOTHED_BY` count.
        in_fp32: Names of nodes that stay as they are.
    """
    given = _inputs_of(whole, asked[:SMOOTHED_BY])
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        smoothed = Path(scratch) / MODEL_NAME
        smooth(whole / MODEL_NAME, smoothed, given)
        quantise(smoothed, folder / MODEL_NAME, in_fp32)
    optimise(folder / MODEL_NAME)
    shutil.copyfile(whole / TOKENIZER_NAME, folder / TOKENIZER_NAME)
    manifest = ReaderManifest.model_validate_json((whole / MANIFEST_NAME).read_bytes())
    write_manifest(folder, manifest.layout)


def _inputs_of(
    folder: Path, asked: Sequence[tuple[str, str]]
) -> list[dict[str, npt.NDArray[np.int64]]]:
    """What a reader's model is given of questions with passages; the model is held no longer."""
    reader = OnnxReader(folder)
    return [reader.inputs(*each) for each in asked]


class _Guard:
    """Answerable questions with their passages, for readers to be compared on."""

    def __init__(self, files: Sequence[Path], encoder: SentenceEncoder) -> None:
        self._token_offsets: TokenOffsets = encoder.token_offsets
        self._asked = list(islice(_answerable(_passages_of(files)), GUARDING_QUESTIONS))
        self.count = len(self._asked)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The questions, with what is read for them."""
        return [(text, f"{passage.title}\n{passage.text}") for passage, text, _ in self._asked]

    def measure(self, weights: Path, threads: int, reporter: Reporter) -> Measured:
        """Ask a reader all questions, each of its own passage."""
        reader: Reader = OnnxReader(weights, threads)
        f1 = seconds = 0.0
        read = 0
        for passage, text, answers in self._asked:
            parts = given_parts(passage.title, passage.text, self._token_offsets)
            begun = time.perf_counter()
            spans = reader.read(text, parts, 1)
            seconds += time.perf_counter() - begun
            read += len(parts)
            f1 += grade(spans[0].text if spans else "", answers).f1
            reporter.advance(1)
        return Measured(
            f1=100 * f1 / max(1, self.count),
            milliseconds=1000 * seconds / max(1, read),
            bytes=sum(path.stat().st_size for path in model_files(weights)),
        )


def _passages_of(
    files: Sequence[Path], misfits: Misfits | None = None
) -> Iterator[QuestionedPassage]:
    told, ids = Misfits() if misfits is None else misfits, set[bytes]()
    return (one for path in files for one in read_questions(path, told, ids))


def _answerable(
    passages: Iterator[QuestionedPassage],
) -> Iterator[tuple[QuestionedPassage, str, tuple[str, ...]]]:
    for passage in passages:
        for question in passage.questions:
            if question.answers:
                yield passage, question.text, question.answers
