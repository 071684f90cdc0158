"""A BERT that is written without torch computes what torch does, and what tracing would give."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from index.bert import Pooling, bert_config, read_bert, write_encoder, write_reader
from index.tracing import FUSIBLE_ATTENTION, INPUT_NAMES, write_onnx

# torch's and transformers' own warnings
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A reader with random weights."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=100,
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
    )
    BertForQuestionAnswering(config).save_pretrained(tmp_path / "checkpoint")
    return tmp_path / "checkpoint"


def load(checkpoint: Path) -> Any:
    from transformers import BertForQuestionAnswering

    loaded: Any = BertForQuestionAnswering.from_pretrained(
        checkpoint, attn_implementation=FUSIBLE_ATTENTION
    )
    return loaded.eval()


def two_texts() -> dict[str, np.ndarray]:
    """A text of nine tokens, and one of six that is padded."""
    mask = np.ones((2, 9), dtype=np.int64)
    mask[1, 6:] = 0
    types = np.repeat([[0, 1]], [4, 5], axis=1).repeat(2, axis=0)
    values = (np.arange(18).reshape(2, 9), mask, types)
    return dict(zip(INPUT_NAMES, values, strict=True))


def run(path: Path, feed: dict[str, np.ndarray]) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found: list[np.ndarray] = session.run(None, feed)
    return found


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_an_encoder_gives_the_vectors_that_torch_gives(
    checkpoint: Path, tmp_path: Path, pooling: Pooling
) -> None:
    import torch

    texts = two_texts()
    with torch.inference_mode():
        states = load(checkpoint).bert(**{name: torch.tensor(texts[name]) for name in INPUT_NAMES})
    hidden, mask = states.last_hidden_state.numpy(), texts["attention_mask"][..., None]
    expected = (hidden * mask).sum(1) / mask.sum(1) if pooling == "mean" else hidden[:, 0]

    write_encoder(*read_bert(checkpoint), pooling, tmp_path / "encoder.onnx")

    (found,) = run(tmp_path / "encoder.onnx", texts)
    assert np.linalg.norm(found, axis=1) == pytest.approx([1, 1])
    cosines = (found * expected).sum(axis=1) / np.linalg.norm(expected, axis=1)
    assert cosines.min() > 1 - 1e-6


def test_a_reader_gives_the_logits_that_a_traced_one_gives(
    checkpoint: Path, tmp_path: Path
) -> None:
    import onnx
    import torch

    one = {name: value[:1] for name, value in two_texts().items()}
    model = load(checkpoint)
    examples = {name: torch.tensor(value) for name, value in one.items()}
    outputs = {"start_logits": 2, "end_logits": 2}
    traced, written = tmp_path / "traced.onnx", tmp_path / "written.onnx"
    write_onnx(model, model.config, examples, outputs, traced, first_token_apart=True)

    write_reader(*read_bert(checkpoint), written)

    for expected, found in zip(run(traced, one), run(written, one), strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-6)
    # So the quantiser, which goes by the operators, makes the same of both.
    operators = [
        sorted(node.op_type for node in onnx.load(path).graph.node if node.op_type != "Constant")
        for path in (traced, written)
    ]
    assert operators[0] == operators[1]


@pytest.mark.parametrize(
    "other",
    [
        {"model_type": "roberta"},
        {"hidden_act": "relu"},
        {"position_embedding_type": "relative_key"},
        {"is_decoder": True},
    ],
)
def test_what_computes_something_else_is_no_such_bert(other: dict[str, object]) -> None:
    assert bert_config({"model_type": "bert"}) is not None
    assert bert_config({"model_type": "bert"} | other) is None
