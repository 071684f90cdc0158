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

from bot.readers.smoothing import DIVISOR
from reader.model import MAX_TOKENS, MODEL_NAME, TOKENIZER_NAME, shipped_weights

DEFAULT_OUT = Path("build/reader-checkpoint")
LAYER_NORM_EPS = 1e-5
"""all-mpnet-base-v2's own, where `MPNetConfig` has another."""

Array = npt.NDArray[np.float32]

# As `bot.readers.conversion` traces it, the model is a part of something.
_DENSE = re.compile(r"/\w+/((?:mpnet|qa_outputs)\S*)/MatMul(?:_quant)?")
_WEIGHT = re.compile(r"\w+\.((?:mpnet|qa_outputs)\.(?:\S+\.)?(?:weight|bias))")
_QUANTISED = "_quantized"


def read_weights(path: Path) -> dict[str, Array]:
    """
    Read the weights of a model that `training.export` wrote.

    Args:
        path: The ONNX file.

    Returns:
        Arrays by their names in an `MPNetForQuestionAnswering`.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(path).graph
    stored: dict[str, Any] = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer
    }

    def floats(name: str) -> Array:
        """Undo `q = round(w / scale) + zero_point`; one scale per tensor or per column."""
        plain: Array | None = stored.get(name)
        if plain is not None:
            return plain
        quantised = stored[f"{name}{_QUANTISED}"].astype(np.float32)
        zero_point = stored[f"{name}_zero_point"].astype(np.float32)
        weights: Array = (quantised - zero_point) * stored[f"{name}_scale"]
        return weights

    names = {name.removesuffix(_QUANTISED) for name in stored}
    weights = {found[1]: floats(name) for name in names if (found := _WEIGHT.fullmatch(name))}
    for node in graph.node:
        match = _DENSE.fullmatch(node.name)
        # Attention multiplies by what is no weight.
        if match and node.input[1] in stored:
            module = match[1].replace("/", ".")
            # ONNX multiplies by the matrix, torch by its transpose.
            name = node.input[1].removesuffix(_QUANTISED)
            # What enters is divided first, and the matrix holds what it was multiplied by.
            weights[f"{module}.weight"] = (floats(name) * stored[f"{name}{DIVISOR}"][:, None]).T
    return weights


def write_checkpoint(weights: dict[str, Array], tokenizer: Path, out: Path) -> None:
    """
    Write a folder that `AutoModelForQuestionAnswering` and `AutoTokenizer` load.

    Args:
        weights: All of a model's.
        tokenizer: Its file.
        out: The folder.

    Raises:
        RuntimeError: If the weights are not all of a model's, and nothing else.
    """
    import torch
    from transformers import MPNetConfig, MPNetForQuestionAnswering, PreTrainedTokenizerFast

    words, width = weights["mpnet.embeddings.word_embeddings.weight"].shape
    buckets, heads = weights["mpnet.encoder.relative_attention_bias.weight"].shape
    config = MPNetConfig(
        vocab_size=words,
        hidden_size=width,
        num_hidden_layers=sum(name.endswith("attn.q.weight") for name in weights),
        num_attention_heads=heads,
        relative_attention_num_buckets=buckets,
        intermediate_size=weights["mpnet.encoder.layer.0.intermediate.dense.bias"].shape[0],
        max_position_embeddings=weights["mpnet.embeddings.position_embeddings.weight"].shape[0],
        layer_norm_eps=LAYER_NORM_EPS,
    )
    model = MPNetForQuestionAnswering(config)
    model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
    model.save_pretrained(out)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(tokenizer),
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="[UNK]",
        mask_token="<mask>",
        model_max_length=MAX_TOKENS,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(out)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Write the shipped reader as a checkpoint.")
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="the folder to write")
    arguments = parser.parse_args()
    shipped = shipped_weights()
    weights = read_weights(shipped / MODEL_NAME)
    write_checkpoint(weights, shipped / TOKENIZER_NAME, arguments.out)
    print(arguments.out)


if __name__ == "__main__":
    main()
