"""
Activations made even before int8, at the cost of weights, which have a scale for each channel.

All that enters a matrix multiplication is rounded by one scale. In large models a few channels hold
values that are thirty times the others', and little is left of these. So each channel is divided by
a number of its own, and the weights that it meets are multiplied by it (Xiao et al., "SmoothQuant",
ICML 2023): in fp32 the same comes out.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

DIVISOR = "_smoothing"
"""What the name of a matrix is followed by in the name of what its input is divided by."""
STRENGTH = 0.75
"""How much of the unevenness goes to the weights, in [0, 1]. Of 0.5 (the paper's) to 1, this is
where the logits of all-mpnet-base-v2, taught to read, changed least."""
_SMALLEST = 1e-5

Inputs = Mapping[str, npt.NDArray[np.int64]]
_Peaks = dict[str, npt.NDArray[np.float32]]


def smooth(source: Path, target: Path, asked: Iterable[Inputs]) -> None:
    """
    Write an fp32 ONNX file that gives the same and loses less as int8.

    Args:
        source: The file; its weights may lie beside it.
        target: The file to write, in another folder; the weights come beside it.
        asked: What the model is typically given: a few dozen will do.
    """
    import onnx
    from onnx import numpy_helper

    model = onnx.load(source)
    weights = {one.name: one for one in model.graph.initializer}
    multiplied: dict[str, list[NodeProto]] = {}
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights:
            multiplied.setdefault(node.input[1], []).append(node)
    inputs = {node.input[0] for nodes in multiplied.values() for node in nodes}
    peaks = _peaks(source, sorted(inputs), target.with_suffix(".probe.onnx"), asked)
    before: dict[str, NodeProto] = {}
    for name, nodes in multiplied.items():
        values = numpy_helper.to_array(weights[name])
        scale = _scale(np.maximum.reduce([peaks[node.input[0]] for node in nodes]), values)
        weights[name].CopyFrom(numpy_helper.from_array(values * scale[:, None], name))
        divisor = numpy_helper.from_array(1 / scale, f"{name}{DIVISOR}")
        model.graph.initializer.append(divisor)
        for node in nodes:
            even = f"{node.name}_even"
            before[node.name] = onnx.helper.make_node(
                "Mul", [node.input[0], divisor.name], [even], f"{node.name}{DIVISOR}"
            )
            node.input[0] = even
    ordered = [
        one for node in model.graph.node for one in (before.get(node.name), node) if one is not None
    ]
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    _save(model, target)


def _peaks(source: Path, names: list[str], probe: Path, asked: Iterable[Inputs]) -> _Peaks:
    """The largest absolute value of each channel of some activations."""
    import onnx
    import onnxruntime

    model = onnx.load(source)
    outputs = [onnx.helper.make_tensor_value_info(name, 1, None) for name in names]
    model.graph.output.extend(outputs)
    _save(model, probe)
    session = onnxruntime.InferenceSession(probe)
    peaks: _Peaks = {}
    for inputs in asked:
        for name, values in zip(names, session.run(names, dict(inputs)), strict=True):
            # XLNet multiplies what it remembers of texts before, which is nothing.
            found = np.abs(values).reshape(-1, values.shape[-1]).max(axis=0, initial=0)
            peaks[name] = np.maximum(peaks[name], found) if name in peaks else found
    return peaks


def _scale(peaks: npt.NDArray[Any], weights: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """What each channel is divided by; the geometric mean of all is 1."""
    largest = np.maximum(np.abs(weights).max(axis=1), _SMALLEST)
    scale = np.maximum(peaks, _SMALLEST) ** STRENGTH / largest ** (1 - STRENGTH)
    even: npt.NDArray[np.float32] = (scale / np.exp(np.log(scale).mean())).astype(np.float32)
    return even


def _save(model: "ModelProto", target: Path) -> None:
    import onnx

    location = f"{target.name}.data"
    target.with_name(location).unlink(missing_ok=True)
    onnx.save(model, target, save_as_external_data=True, location=location)
