"""Readers of somebody else's, with a tiny random model that is made here."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from reader.errors import ReaderError
from reader.model import PassageText
from reader.transformers_reader import TransformersReader

PASSAGES = [
    PassageText(0, "The town fined 35 people for theft and 90 people for arson."),
    PassageText(1, "Bread costs two francs at the station."),
]
pytestmark = pytest.mark.torch

SHA256 = "of no importance here"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "town", "fined", "people", "for"]
WORDS += ["theft", "arson", "bread", "costs", "two", "francs", "at", "station", "how", "many", "."]
WORDS += list("0123456789") + [f"##{digit}" for digit in "0123456789"]


def make_model(
    folder: Path,
    *,
    seed: int = 0,
    answers: bool = True,
    says_length: bool = True,
    kind: str = "bert",
) -> Path:
    """A model of two tiny layers with random weights, for 64 positions."""
    import torch
    from transformers import (
        AutoConfig,
        AutoModel,
        AutoModelForQuestionAnswering,
        BertTokenizer,
    )

    folder.mkdir()
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(WORDS))
    length: dict[str, Any] = {"model_max_length": 64} if says_length else {}
    tokenizer = BertTokenizer(vocab=str(vocabulary), **length)
    tokenizer.save_pretrained(str(folder))
    torch.manual_seed(seed)
    config = AutoConfig.for_model(
        kind,
        pad_token_id=0,
        type_vocab_size=2,
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        initializer_range=1.0,
    )
    kind_of_model: Any = AutoModelForQuestionAnswering if answers else AutoModel
    model = kind_of_model.from_config(config)
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("reader") / "tiny")


@pytest.fixture(scope="module")
def reader(folder: Path) -> TransformersReader:
    return TransformersReader(folder, SHA256, threads=1)


def test_spans_come_best_first_and_are_slices(reader: TransformersReader) -> None:
    spans = reader.read("how many for theft", PASSAGES, 3)

    texts = {passage.id: passage.text for passage in PASSAGES}
    assert {span.passage_id for span in spans} == {0, 1}
    assert [span.margin for span in spans] == sorted((s.margin for s in spans), reverse=True)
    for span in spans:
        assert texts[span.passage_id][span.start_char : span.end_char] == span.text


def test_the_scores_are_the_models_logits(reader: TransformersReader, folder: Path) -> None:
    """Whatever is read elsewhere: one number that can be computed by hand."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    question, passage = "how many", PassageText(0, "theft")
    (span,) = reader.read(question, [passage], 1)

    tokens = AutoTokenizer.from_pretrained(str(folder))(question, passage.text, return_tensors="pt")
    with torch.inference_mode():
        output = AutoModelForQuestionAnswering.from_pretrained(str(folder))(**tokens)
    whole = output.start_logits[0] + output.end_logits[0]
    # [CLS] how many [SEP] theft [SEP]
    assert span.score == pytest.approx(float(whole[4]), rel=1e-4)
    assert span.no_answer_score == pytest.approx(float(whole[0]), rel=1e-4)


def test_what_is_too_long_is_cut_to_what_the_model_takes(reader: TransformersReader) -> None:
    long = PassageText(0, "bread costs two francs . " * 100)

    (span,) = reader.read("how many people for theft " * 50, [long], 1)

    assert span.end_char < 400


def test_threads_that_read_at_once_find_what_one_alone_finds(reader: TransformersReader) -> None:
    """Also where a passage is too long for the model."""
    long = PassageText(0, "bread costs two francs . " * 100)
    (expected,) = reader.read("how many", [long], 1)

    with ThreadPoolExecutor(4) as threads:
        found = threads.map(lambda _: reader.read("how many", [long], 1), range(200))

    assert all(span.start_char == expected.start_char for (span,) in found)


@pytest.mark.parametrize("kind", ["bert", "roberta"])
def test_a_model_takes_what_it_has_positions_for_where_its_tokenizer_does_not_say(
    tmp_path: Path, kind: str
) -> None:
    """RoBERTa has one position less here: that of padding is never used."""
    reader = TransformersReader(make_model(tmp_path / kind, says_length=False, kind=kind), SHA256)
    long = PassageText(0, "bread costs two francs . " * 100)

    (span,) = reader.read("how many", [long], 1)

    assert span.end_char < 400


@pytest.mark.parametrize("text", ["", "   ", "🍞", "ﷺ\u200b"])
def test_odd_passages_are_read_all_the_same(reader: TransformersReader, text: str) -> None:
    for span in reader.read("how many", [PassageText(0, text)], 2):
        assert text[span.start_char : span.end_char] == span.text


def test_no_span_is_of_what_is_read_before_a_passage(reader: TransformersReader) -> None:
    passage = PassageText(0, "bread costs two francs", context="theft arson: people")

    spans = reader.read("how many people for theft", [passage], 20)

    assert spans
    for span in spans:
        assert passage.text[span.start_char : span.end_char] == span.text


def test_a_model_that_was_not_trained_for_it_is_refused(tmp_path: Path) -> None:
    """Transformers would answer with random weights."""
    with pytest.raises(ReaderError, match=r"no weights for .*qa_outputs"):
        TransformersReader(make_model(tmp_path / "plain", answers=False), SHA256)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match="holds no model of transformers"):
        TransformersReader(tmp_path, SHA256)


def test_a_model_that_was_not_downloaded_whole_is_refused(tmp_path: Path) -> None:
    weights = make_model(tmp_path / "cut") / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])

    with pytest.raises(ReaderError, match="were not downloaded whole"):
        TransformersReader(tmp_path / "cut", SHA256)


def test_weights_of_another_size_than_the_model_says_are_named(tmp_path: Path) -> None:
    path = make_model(tmp_path / "other") / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"vocab_size": config["vocab_size"] + 1}))

    with pytest.raises(ReaderError, match=r"its weights for \S*word_embeddings\S* are not as"):
        TransformersReader(tmp_path / "other", SHA256)


def test_a_model_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    """Transformers would make a tokenizer that knows no words."""
    folder = make_model(tmp_path / "mute")
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        (folder / name).unlink()

    with pytest.raises(ReaderError, match="its tokenizer knows no words"):
        TransformersReader(folder, SHA256)


def test_code_that_comes_with_a_model_is_not_run_and_nothing_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transformers would ask at the terminal, and wait."""
    folder, ran = make_model(tmp_path / "strange"), tmp_path / "ran"
    path = folder / "config.json"
    config = json.loads(path.read_text())
    own = {"AutoConfig": "own.Config", "AutoModelForQuestionAnswering": "own.Model"}
    path.write_text(json.dumps({**config, "model_type": "strange", "auto_map": own}))
    (folder / "own.py").write_text(f"open({str(ran)!r}, 'w')\n")
    monkeypatch.setattr("builtins.input", lambda _: "y")

    with pytest.raises(ReaderError, match="contains custom code"):
        TransformersReader(folder, SHA256)

    assert not ran.exists()
