"""The vectors are those of sentence-transformers, or nearly so, whatever the encoder is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from index import exporting
from index.encoder import OnnxDocumentEncoder, OnnxQuestionEncoder, SentenceEncoder
from index.encoder_files import DEFAULT_ENCODER, find_encoder
from index.encoder_graphs import write_default
from index.encoder_guard import MIN_MEAN_COSINE
from index.encoder_session import inputs_of, open_session
from index.errors import EncoderError
from index.exporting import MODEL_NAME
from tests.index.test_encoder import TEXTS

# torch's and transformers' own.
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]

ASKED = ("how many were deported", "Of the people deported, many were sentenced.", "x")
LONG = "so long that it is cut before its end comes into sight"
SIZE = 48


def save(model: Any, folder: Path) -> str:
    model.save(str(folder), create_model_card=False)
    return str(folder)


def tokenizer(**changed: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(find_encoder(DEFAULT_ENCODER), **changed)


def bert(folder: Path) -> Any:
    """A tiny BERT that pools by its first token, has prompts, and cuts after eight tokens."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=SIZE, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    network = Transformer(str(folder))
    network.max_seq_length = 8
    return SentenceTransformer(
        modules=[network, Pooling(SIZE, "cls")],
        prompts={"query": "query: ", "document": "text: "},
    )


def least_cosine(found: Sequence[np.ndarray] | np.ndarray, expected: np.ndarray) -> float:
    return float((np.stack(list(found)) * expected).sum(axis=1).min())


def test_the_default_encoder_is_written_as_it_is_and_exported_near_it(
    export: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = find_encoder(DEFAULT_ENCODER)
    model = SentenceTransformer(str(folder), device="cpu")
    expected = model.encode(TEXTS, normalize_embeddings=True)
    facts = write_default(folder, tmp_path / MODEL_NAME)
    facts.tokenizer.no_padding()
    session = open_session(tmp_path / MODEL_NAME)
    tokens = map(facts.tokenizer.encode, TEXTS)
    inputs = [inputs_of(each, facts.max_tokens, facts.inputs) for each in tokens]
    whole = np.stack([session.run(None, each)[0][0] for each in inputs])
    documents = OnnxDocumentEncoder(export)
    small = np.stack([documents.encode_document(text) for text in TEXTS])

    for vectors, least in ((whole, 0.999), (small, 0.97)):
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(len(TEXTS)), abs=1e-5)
        assert least_cosine(vectors, expected) >= least
    assert documents.precision == "int8"


def test_another_encoder_is_exported_with_its_pooling_and_its_prompts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A BERT is written without it.
    monkeypatch.setattr("torch.onnx.export", None)
    model = bert(tmp_path / "bert")
    name, begun = save(model, tmp_path / "encoder"), list[str]()

    encoder = SentenceEncoder(name, tmp_path / "exports", begins=begun.append)
    again = SentenceEncoder(name, tmp_path / "exports", begins=begun.append)

    assert encoder.dim == SIZE
    assert again.export == encoder.export
    # Only the first export is said.
    assert begun == ["export"]
    asked = OnnxQuestionEncoder(encoder.export)
    found = [asked.encode_question(text) for text in ASKED]
    assert least_cosine(found, model.encode_query([*ASKED], normalize_embeddings=True)) >= 0.999
    # Documents have a prompt of their own, and are cut where the model cuts.
    texts = [*ASKED, LONG]
    expected = model.encode_document(texts, normalize_embeddings=True)
    assert least_cosine(encoder.encode(texts, lambda _: None), expected) >= 0.999


def test_an_encoder_stays_in_fp32_where_int8_would_spoil_it_or_can_t_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    model = bert(tmp_path / "bert")
    # A number thousands of times as large as its neighbours leaves them none of the 256 steps.
    with torch.no_grad():
        for layer in model[0].auto_model.encoder.layer:
            layer.intermediate.dense.bias[0] = 10_000
            layer.output.dense.weight *= 50
            layer.output.dense.weight[:, 0] = 0
    name = save(model, tmp_path / "uneven")

    uneven = SentenceEncoder(name, tmp_path / "exports")

    assert uneven.precision == "fp32"
    found = [OnnxQuestionEncoder(uneven.export).encode_question(ASKED[0])]
    assert least_cosine(found, model.encode_query([ASKED[0]], normalize_embeddings=True)) >= 0.999

    def refuse(*_: object) -> NoReturn:
        raise RuntimeError("no model can be quantised")

    monkeypatch.setattr(exporting, "quantise", refuse)
    assert SentenceEncoder(name, tmp_path / "others").precision == "fp32"


def test_an_encoder_of_another_kind_is_traced(tmp_path: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import DistilBertConfig, DistilBertModel

    torch.manual_seed(0)
    network = tmp_path / "distilbert"
    config = DistilBertConfig(dim=SIZE, n_layers=2, n_heads=4, hidden_dim=64)
    DistilBertModel(config).save_pretrained(network)
    tokenizer(model_input_names=["input_ids", "attention_mask"]).save_pretrained(network)
    model = SentenceTransformer(modules=[Transformer(str(network)), Pooling(SIZE)])

    traced = SentenceEncoder(save(model, tmp_path / "encoder"), tmp_path / "exports")

    asked = OnnxQuestionEncoder(traced.export)
    found = [asked.encode_question(text) for text in (*ASKED, LONG)]
    expected = model.encode_query([*ASKED, LONG], normalize_embeddings=True)
    assert least_cosine(found, expected) >= MIN_MEAN_COSINE
    assert traced.precision == "int8"


def test_a_folder_that_is_no_encoder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")

    with pytest.raises(EncoderError, match="sentence-transformers can't load it"):
        SentenceEncoder(str(tmp_path), tmp_path / "exports")
