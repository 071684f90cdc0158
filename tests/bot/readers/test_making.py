"""A model becomes a reader that answers without torch, with a confidence of its own."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks.checkpoint import write_checkpoint
from bot.added_readers import AddedReaders
from bot.chosen_reader import calibration_for, open_reader, reader_name, tuning_for
from bot.evaluation import calibrate, exam
from bot.evaluation.errors import EvaluationError
from bot.readers import making
from bot.readers.making import add_reader, shipped_questions
from bot.settings import Settings, load_settings
from index.encoder import SentenceEncoder
from index.reporting import SilentReporter
from reader import SHIPPED_READER
from reader.errors import ReaderError
from reader.model import (
    MODEL_NAME,
    TOKENIZER_NAME,
    OnnxReader,
    read_manifest,
    shipped_weights,
)
from tests.bot.readers.knowing import Knowing, make_knowing
from tests.bot.readers.models import make_model
from training.floats import read_weights

# torch's, of its older exporter.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def settings(tmp_path: Path, real_data: Callable[[], Path]) -> Settings:
    """The encoder is the real one; nothing was added yet."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "encoder").symlink_to(real_data() / "encoder")
    return load_settings(data=data)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader that comes with Quoth, in the form in which models are published."""
    folder = tmp_path_factory.mktemp("published")
    shipped = shipped_weights()
    write_checkpoint(read_weights(shipped / MODEL_NAME), shipped / TOKENIZER_NAME, folder)
    return folder


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """The first few passages of those that come with Quoth."""
    path = tmp_path / "asked.jsonl"
    with shipped_questions().open(encoding="utf-8") as lines:
        path.write_text("".join(islice(lines, 4)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory) -> Knowing:
    return make_knowing(tmp_path_factory.mktemp("knowing"))


def test_an_added_reader_is_measured_calibrated_tuned_and_used(
    tmp_path: Path, knowing: Knowing, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few questions may cost more by chance.
    monkeypatch.setattr(making, "MAX_LOSS", 100.0)
    monkeypatch.setattr(exam, "MIN_QUESTIONS", 20)
    # The shipped reader is asked them too, and takes its time.
    monkeypatch.setattr(making, "GUARDING_QUESTIONS", 4)
    monkeypatch.setattr(calibrate, "MAX_CALIBRATION_ERROR", -1.0)
    model, questions = knowing.model, tmp_path / "asked.jsonl"
    row, *others = map(json.loads, knowing.questions.read_text().splitlines())
    row["qas"].append({"q": "who?", "a": "nobody here"})
    questions.write_text("\n".join(map(json.dumps, (row, *others))))

    made = add_reader(
        model, "here/model", "mine", [questions], settings=settings, reporter=SilentReporter()
    )

    card, added = made.card, AddedReaders(settings.readers)
    assert added.names() == ["mine"]
    assert added.card("mine") == card
    assert made.misfits.left_out == 1
    assert made.doubts.startswith("Warning: the calibration error is")
    assert (card.origin, card.architecture, card.precision) == ("here/model", "bert", "int8")
    assert card.measured.f1 > card.shipped.f1
    assert card.measured.bytes < card.shipped.bytes
    added.use("mine")
    assert reader_name(settings) == "mine"
    reader = open_reader(settings)
    assert isinstance(reader, OnnxReader)
    encoder = SentenceEncoder(settings.encoder, settings.encoder_exports)
    chosen = calibration_for(settings, reader, encoder.sha256)
    assert chosen.calibration.reader_sha256 == reader.sha256
    assert (chosen.own_differs, chosen.shipped_differs) == ((), ())
    assert tuning_for(reader, encoder.sha256).differs == ()


@pytest.mark.stress
def test_the_shipped_reader_can_be_added_and_answers_as_before(
    published: Path, settings: Settings, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So few questions may cost more by chance.
    monkeypatch.setattr(making, "MAX_LOSS", 100.0)
    monkeypatch.setattr(exam, "MIN_QUESTIONS", 20)
    rows = questions.read_text(encoding="utf-8").splitlines(keepends=True)
    questions.write_text("".join(rows[:2]), encoding="utf-8")

    made = add_reader(
        published, "here/model", "mine", [questions], settings=settings, reporter=SilentReporter()
    )

    card = made.card
    assert (card.origin, card.architecture, card.precision) == ("here/model", "mpnet", "int8")
    assert card.measured.f1 == pytest.approx(card.shipped.f1, abs=8)
    assert card.measured.bytes == pytest.approx(card.shipped.bytes, rel=0.2)


def test_what_is_set_counts_more_than_what_was_chosen(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers = AddedReaders(settings.readers)
    with readers.making("mine") as folder:
        (folder / "card.json").write_text("{}", encoding="utf-8")
    readers.use("mine")
    monkeypatch.setenv("QUOTH_READER", SHIPPED_READER)

    given = load_settings(data=settings.data)

    assert reader_name(given) == SHIPPED_READER
    assert open_reader(given).sha256 == read_manifest(shipped_weights()).sha256


@pytest.mark.stress
def test_fp32_is_kept_where_int8_costs_too_much(
    published: Path, settings: Settings, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "MAX_LOSS", -100.0)

    made = add_reader(
        published, "here/model", "mine", [questions], settings=settings, reporter=SilentReporter()
    )

    assert made.card.precision == "fp32"
    folder = AddedReaders(settings.readers).folder("mine")
    assert OnnxReader(folder).read("who rows", [], 1) == []


def test_a_model_that_answers_by_chance_is_refused(
    tmp_path: Path, settings: Settings, questions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # How it compares with the one that comes with Quoth is of no interest here, and by two passages
    # it is as much of a chance as by all.
    monkeypatch.setattr(making, "GUARDING_QUESTIONS", 1)
    monkeypatch.setattr(exam, "MIN_QUESTIONS", 20)
    rows = questions.read_text(encoding="utf-8").splitlines(keepends=True)
    questions.write_text("".join(rows[:2]), encoding="utf-8")
    model = make_model(tmp_path / "model", "roberta")

    # Which of both is found first is up to chance, and so to the processor.
    with pytest.raises(EvaluationError, match=r"it gets right|the less often it is"):
        add_reader(
            model, "here/model", "mine", [questions], settings=settings, reporter=SilentReporter()
        )

    assert AddedReaders(settings.readers).names() == []
    assert list(settings.readers.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda asked: asked[:3], "Give at least"),
        (
            lambda _: [{"q": f"who {n}?", "a": None} for n in range(50)],
            "None of the questions has an answer",
        ),
    ],
)
def test_questions_that_can_not_be_used_are_refused_before_a_model_is_looked_at(
    tmp_path: Path,
    settings: Settings,
    questions: Path,
    change: Callable[[list[Any]], list[Any]],
    said: str,
) -> None:
    first, *_ = questions.read_text(encoding="utf-8").splitlines()
    row = json.loads(first)
    questions.write_text(json.dumps({**row, "qas": change(row["qas"])}))

    with pytest.raises(EvaluationError, match=said):
        add_reader(
            tmp_path / "no model",
            "here/model",
            "mine",
            [questions],
            settings=settings,
            reporter=SilentReporter(),
        )

    assert AddedReaders(settings.readers).names() == []
    assert list(settings.readers.iterdir()) == []


def test_a_file_of_questions_that_is_named_twice_is_refused_before_a_model_is_looked_at(
    tmp_path: Path, settings: Settings, questions: Path
) -> None:
    with pytest.raises(EvaluationError, match="was used before"):
        add_reader(
            tmp_path / "no model",
            "here/model",
            "mine",
            [questions, questions],
            settings=settings,
            reporter=SilentReporter(),
        )


def test_one_that_was_chosen_and_is_gone_is_named(settings: Settings) -> None:
    settings.readers.mkdir()
    (settings.readers / "used").write_text("mine", encoding="utf-8")

    with pytest.raises(ReaderError, match='The reader "mine" was chosen and is gone'):
        open_reader(settings)
