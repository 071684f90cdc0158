"""From a checkpoint to files that the reader opens."""

from pathlib import Path

import numpy as np
import pytest

from reader.model import MODEL_NAME, OnnxReader, PassageText, shipped_weights

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own


def make_checkpoint(folder: Path) -> None:
    """A reader with random weights and the shipped vocabulary."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=48, num_hidden_layers=2, num_attention_heads=12, intermediate_size=64
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(shipped_weights() / "tokenizer.json"))
    tokenizer.enable_truncation(8)
    tokenizer.save(str(folder / "tokenizer.json"))


def test_an_exported_checkpoint_is_read_whole(tmp_path: Path) -> None:
    from training.export import export

    make_checkpoint(tmp_path / "checkpoint")

    export(tmp_path / "checkpoint", tmp_path / "weights")

    text = "Bread costs two francs at the station, and it is baked at dawn."
    (span, *_) = OnnxReader(tmp_path / "weights").read("what?", [PassageText(0, text)], 20)
    assert span.text in text
    reader = OnnxReader(tmp_path / "weights")
    ids = reader._tokenizer.encode(text, add_special_tokens=False).ids
    assert len(ids) > 8


def test_the_export_computes_what_the_checkpoint_does(tmp_path: Path) -> None:
    """In fp32, before it is made small."""
    import onnxruntime
    import torch
    from transformers import BertForQuestionAnswering

    from training.export import INPUT_NAMES, export_onnx

    make_checkpoint(tmp_path)
    export_onnx(tmp_path, tmp_path / "fp32.onnx")
    inputs = {
        "input_ids": np.arange(1_000, 1_020, dtype=np.int64)[None],
        "attention_mask": np.ones((1, 20), dtype=np.int64),
        "token_type_ids": np.repeat([0, 1], 10).astype(np.int64)[None],
    }

    found = onnxruntime.InferenceSession(tmp_path / "fp32.onnx").run(None, inputs)

    model = BertForQuestionAnswering.from_pretrained(tmp_path).eval()  # type: ignore[no-untyped-call]
    with torch.inference_mode():
        expected = model(**{name: torch.from_numpy(inputs[name]) for name in INPUT_NAMES})
    assert np.allclose(found[0], expected.start_logits.numpy(), atol=1e-4)
    assert np.allclose(found[1], expected.end_logits.numpy(), atol=1e-4)


def test_the_shipped_weights_are_small() -> None:
    assert (shipped_weights() / MODEL_NAME).stat().st_size < 25_000_000
