"""Activations are made even before int8."""

from pathlib import Path

import numpy as np
import onnx
import onnx.helper
import onnxruntime
from onnx import numpy_helper

from bot.readers.smoothing import smooth
from index.tracing import quantise

RNG = np.random.default_rng(7)
DEPTH = 64
# One channel in a hundred of a large model is like this.
LOUD, TIMES = 5, 60.0


def matrix(folder: Path, weights: np.ndarray) -> Path:
    """A model that multiplies by one matrix, twice: each half of the rows by itself."""
    rows = onnx.helper.make_tensor_value_info("rows", onnx.TensorProto.FLOAT, ["n", DEPTH])
    out = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, ["n", 8])
    nodes = [
        onnx.helper.make_node("Split", ["rows"], ["first", "rest"], "split", num_outputs=2),
        onnx.helper.make_node("MatMul", ["first", "w"], ["a"], "one"),
        onnx.helper.make_node("MatMul", ["rest", "w"], ["b"], "other"),
        onnx.helper.make_node("Concat", ["a", "b"], ["out"], "joined", axis=0),
    ]
    graph = onnx.helper.make_graph(
        nodes, "graph", [rows], [out], [numpy_helper.from_array(weights, "w")]
    )
    opset = onnx.helper.make_opsetid("", 18)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=10)
    onnx.save(model, folder / "model.onnx")
    return folder / "model.onnx"


def run(model: Path, rows: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(model)
    (out,) = session.run(None, {"rows": rows})
    return np.asarray(out)


def test_a_loud_channel_costs_the_others_little(tmp_path: Path) -> None:
    weights = RNG.normal(size=(DEPTH, 8)).astype(np.float32)
    weights[LOUD] /= TIMES
    rows = RNG.normal(size=(40, DEPTH)).astype(np.float32)
    rows[:, LOUD] *= TIMES
    (tmp_path / "fp32").mkdir()
    (tmp_path / "even").mkdir()
    plain = matrix(tmp_path / "fp32", weights)
    even = tmp_path / "even" / "model.onnx"
    exact = run(plain, rows)

    smooth(plain, even, [{"rows": part} for part in np.split(rows, 4)])  # type: ignore[dict-item]

    np.testing.assert_allclose(run(even, rows), exact, rtol=1e-4, atol=1e-4)
    errors = []
    for source in (plain, even):
        quantise(source, tmp_path / "int8.onnx")
        errors.append(np.abs(run(tmp_path / "int8.onnx", rows) - exact).mean())
    assert errors[1] < errors[0] / 3


def test_a_model_that_multiplies_nothing_is_made_even(tmp_path: Path) -> None:
    """One row is the first half; XLNet multiplies what it remembers, which is nothing."""
    (tmp_path / "even").mkdir()
    plain = matrix(tmp_path, RNG.normal(size=(DEPTH, 8)).astype(np.float32))
    rows = RNG.normal(size=(1, DEPTH)).astype(np.float32)

    smooth(plain, tmp_path / "even" / "model.onnx", [{"rows": rows}])  # type: ignore[dict-item]

    found = run(tmp_path / "even" / "model.onnx", rows)
    np.testing.assert_allclose(found, run(plain, rows), rtol=1e-4, atol=1e-4)
