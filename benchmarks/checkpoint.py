"""
The shipped reader as a Hugging Face checkpoint, so that others can run the same weights.

    python -m benchmarks.checkpoint [--out build/reader-checkpoint]

The int8 weights of the ONNX file become the floats they stand for; nothing is trained or rounded
again, so what is read from the checkpoint is what Quoth ships.
"""

import argparse
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from reader.model import MODEL_NAME, TOKENIZER_NAME, shipped_weights

DEFAULT_OUT = Path("build/reader-checkpoint")

Array = npt.NDArray[np.float32]

_EMBEDDING = re.compile(r"(bert\.embeddings\.\S+)_quantized")
_QKV = re.compile(r"Attention_(\d+)_qkv_(weight|bias)(?:_quantized)?")
_DENSE = re.compile(r"/(bert/encoder/layer\.\d+/\S+/dense|qa_outputs)/MatMul_quant")


def read_weights(path: Path) -> dict[str, Array]:
    """
    Read the weights of a model that `training.export` wrote.

    Args:
        path: The ONNX file.

    Returns:
        Arrays by their names in a `BertForQuestionAnswering`.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    stored: dict[str, Any] = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
    }

    def floats(name: str) -> Array:
        """Undo `q = round(w / scale) + zero_point`; one scale per tensor or per column."""
        quantised = stored[f"{name}_quantized"].astype(np.float32)
        zero_point = stored[f"{name}_zero_point"].astype(np.float32)
        weights: Array = (quantised - zero_point) * stored[f"{name}_scale"]
        return weights

    weights: dict[str, Array] = {
        name: array
        for name, array in stored.items()
        if name.endswith((".weight", ".bias")) and array.dtype == np.float32
    }
    for name, array in stored.items():
        if match := _EMBEDDING.fullmatch(name):
            weights[match[1]] = floats(match[1])
        elif (match := _QKV.fullmatch(name)) and not name.endswith("_scale"):
            layer, kind = match.groups()
            fused = floats(name.removesuffix("_quantized")) if kind == "weight" else array
            parts = np.split(fused, 3, axis=-1)
            for part, projection in zip(parts, ("query", "key", "value"), strict=True):
                target = f"bert.encoder.layer.{layer}.attention.self.{projection}.{kind}"
                # ONNX multiplies by the matrix, torch by its transpose.
                weights[target] = part.T
    for node in graph.node:
        if match := _DENSE.fullmatch(node.name):
            name = node.input[1].removesuffix("_quantized")
            weights[f"{match[1].replace('/', '.')}.weight"] = floats(name).T
    return weights


def write_checkpoint(weights: dict[str, Array], out: Path) -> None:
    """
    Write a folder that `AutoModelForQuestionAnswering` and `AutoTokenizer` load.

    Raises:
        RuntimeError: If the weights are not all of a model's, and nothing else.
    """
    import torch
    from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

    config = BertConfig(
        hidden_size=weights["bert.embeddings.word_embeddings.weight"].shape[1],
        num_hidden_layers=sum(name.endswith("query.weight") for name in weights),
        num_attention_heads=12,
        intermediate_size=weights["bert.encoder.layer.0.intermediate.dense.bias"].shape[0],
    )
    model = BertForQuestionAnswering(config)
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    model.save_pretrained(out)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(shipped_weights() / TOKENIZER_NAME),
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        unk_token="[UNK]",
        mask_token="[MASK]",
        model_max_length=config.max_position_embeddings,
        # Not all that load it ask for the types, without which the reader reads worse.
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    ).save_pretrained(out)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write the shipped reader as a checkpoint.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="the folder to write")
    arguments = parser.parse_args()
    write_checkpoint(read_weights(shipped_weights() / MODEL_NAME), arguments.out)
    print(arguments.out)


if __name__ == "__main__":
    main()
