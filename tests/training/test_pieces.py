"""Weights in several files."""

from pathlib import Path

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import pytest

from reader.model import open_session
from training.pieces import cut_weights


@pytest.mark.parametrize(("max_bytes", "pieces"), [(10_000, 1), (2_500, 2), (1_000, 4)])
def test_a_model_in_pieces_computes_the_same(tmp_path: Path, max_bytes: int, pieces: int) -> None:
    rng = np.random.default_rng(0)
    # Each tensor has 1,200 bytes, more than the smallest pieces.
    added = {f"w{n}": rng.normal(size=300).astype(np.float32) for n in range(4)}
    path = tmp_path / "model.onnx"
    write_sum(added, path)

    cut_weights(path, max_bytes)

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "model.onnx",
        "model.onnx.data",
        *(f"model.onnx.data.{number}" for number in range(2, pieces + 1)),
    ]
    (found,) = open_session(path).run(None, {"value": np.ones(300, np.float32)})
    np.testing.assert_allclose(found, 1 + sum(added.values()), atol=1e-5)


def write_sum(added: dict[str, np.ndarray], path: Path) -> None:
    """A model that adds weights, which lie in a file beside it."""
    value, *results = "value", *(f"sum{n}" for n in range(len(added)))
    nodes = []
    for name, result in zip(added, results, strict=True):
        nodes.append(onnx.helper.make_node("Add", [value, name], [result], result))
        value = result
    kind = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        nodes,
        "sum",
        [onnx.helper.make_tensor_value_info("value", kind, [300])],
        [onnx.helper.make_tensor_value_info(value, kind, [300])],
        [onnx.numpy_helper.from_array(array, name) for name, array in added.items()],
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8
    )
    onnx.save(
        model, path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=0
    )
