"""
The shipped int8 weights -> the floats that they stand for.

What training left is large and not part of the project. Where it is lost, a lesson goes on from
these: each number is off by at most half a step of its channel's int8.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bot.readers.smoothing import DIVISOR
from training.errors import SourceError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

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


def restore(network: "PreTrainedModel", path: Path) -> None:
    """
    Give a network the weights of a model that `training.export` wrote.

    What is not trained stays as it is: the base model's own floats are better.

    Args:
        network: Changed in place.
        path: The ONNX file.

    Raises:
        SourceError: If the file is of another network.
    """
    import torch

    found = {name: torch.tensor(array) for name, array in read_weights(path).items()}
    trained = {name: one for name, one in network.named_parameters() if one.requires_grad}
    for name, parameter in trained.items():
        if name not in found or found[name].shape != parameter.shape:
            raise SourceError(
                f"{path} doesn't say what {name} is: it is of another network than the base's."
            )
    with torch.no_grad():
        for name, parameter in trained.items():
            parameter.copy_(found[name])
