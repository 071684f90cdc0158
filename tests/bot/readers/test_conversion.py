"""What a model answers does not change when it becomes a reader."""

import json
from pathlib import Path

import pytest

from reader.errors import ReaderError
from reader.model import TOKENIZER_NAME, OnnxReader, PassageText
from reader.transformers_reader import TransformersReader
from tests.bot.readers.models import ARCHITECTURES, CORPUS, make_model

# torch's, of its older exporter.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

PASSAGES = [
    PassageText(0, CORPUS[0], context="Report of May"),
    PassageText(1, CORPUS[1]),
    PassageText(2, " ".join(CORPUS * 9)),
]
QUESTION = "how many people were fined for theft?"


def convert(model: Path, folder: Path) -> str:
    """Convert a model; torch is imported for it, and not while tests are collected."""
    from bot.readers import conversion

    return conversion.convert(model, folder)


@pytest.mark.parametrize(
    "architecture",
    [
        # One of each kind of tokenizer, and one whose attention is of another kind.
        each
        if each in {"bert", "mpnet", "deberta-v2"}
        else pytest.param(each, marks=pytest.mark.stress)
        for each in ARCHITECTURES
    ],
)
def test_a_converted_model_finds_the_same_spans(tmp_path: Path, architecture: str) -> None:
    """Also where a passage is too long for it."""
    model = make_model(tmp_path / "model", architecture)
    written = tmp_path / "reader"
    written.mkdir()

    assert convert(model, written) == architecture

    converted, original = OnnxReader(written, threads=1), TransformersReader(model, "", threads=1)
    for passage in PASSAGES:
        (found,) = converted.read(QUESTION, [passage], 1)
        (expected,) = original.read(QUESTION, [passage], 1)
        assert (found.text, found.start_char) == (expected.text, expected.start_char)
        assert found.margin == pytest.approx(expected.margin, abs=0.02)
    # What is too long is cut.
    (found,) = converted.read(f"{CORPUS[1]} " * 9 + QUESTION, PASSAGES[2:], 1)
    assert PASSAGES[2].text[found.start_char : found.end_char] == found.text


def test_a_model_that_answers_no_questions_is_refused(tmp_path: Path) -> None:
    model = make_model(tmp_path / "model", "bert", answers=False)

    with pytest.raises(ReaderError, match="was not trained for question answering"):
        convert(model, tmp_path)


def test_a_model_without_a_token_for_no_answer_is_refused(tmp_path: Path) -> None:
    model = make_model(tmp_path / "model", "bert")
    path = model / "tokenizer.json"
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    tokenizer["post_processor"]["pair"].pop(0)
    path.write_text(json.dumps(tokenizer), encoding="utf-8")

    with pytest.raises(ReaderError, match='no first token that stands for the whole, as "no answ'):
        convert(model, tmp_path)


def test_a_folder_that_holds_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="holds no model of transformers"):
        convert(tmp_path, tmp_path)


def test_a_disk_that_is_full_when_the_tokenizer_is_written_is_no_fault_of_the_model(
    tmp_path: Path,
) -> None:
    model = make_model(tmp_path / "model", "bert")
    written = tmp_path / "reader"
    written.mkdir()
    (written / TOKENIZER_NAME).symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space left on device"):
        convert(model, written)
