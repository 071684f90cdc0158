"""What is done to a graph before and after it becomes int8, on a block of a few numbers."""

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from index.files import link
from index.tracing import optimise, quantise, set_first_token_apart
from reader.model import MODEL_NAME, model_files, shipped_weights

WIDTH, INNER = 8, 16


@pytest.fixture
def block() -> onnx.ModelProto:
    """As ONNX Runtime's optimiser leaves one; with shapes (batch, tokens, WIDTH)."""
    rng = np.random.default_rng(0)
    weights = {"wider": (WIDTH, INNER), "bias": (INNER,), "narrower": (INNER, WIDTH)}
    nodes = [
        helper.make_node("MatMul", ["values", "wider"], ["widened"], "widening"),
        helper.make_node(
            "BiasGelu", ["widened", "bias"], ["bent"], "bending", domain="com.microsoft"
        ),
        helper.make_node("MatMul", ["bent", "narrower"], ["result"], "narrowing"),
    ]
    shape: list[str | int | None] = ["batch", "tokens", WIDTH]
    graph = helper.make_graph(
        nodes,
        "block",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("result", TensorProto.FLOAT, shape)],
        [
            numpy_helper.from_array(rng.normal(size=size).astype(np.float32), name)
            for name, size in weights.items()
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def run(model: onnx.ModelProto | Path, values: np.ndarray) -> np.ndarray:
    given = model.SerializeToString() if isinstance(model, onnx.ModelProto) else model
    session = onnxruntime.InferenceSession(given, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"values": values})
    found: np.ndarray = result
    return found


@pytest.mark.parametrize("tokens", [1, 2, 9])
def test_a_block_computes_the_same_with_its_first_token_apart(
    block: onnx.ModelProto, tokens: int
) -> None:
    values = np.random.default_rng(1).normal(size=(2, tokens, WIDTH)).astype(np.float32)
    before = run(block, values)

    set_first_token_apart(block)

    assert run(block, values) == pytest.approx(before, abs=1e-5)
    # Weights are found by the names of the nodes.
    assert {"widening", "bending", "narrowing"} < {node.name for node in block.graph.node}


def test_a_graph_without_such_a_block_stays_as_it_is(block: onnx.ModelProto) -> None:
    """ONNX Runtime would warn of numbers that nothing uses, whenever it opens the model."""
    block.graph.node[1].op_type = "FastGelu"
    before = block.SerializeToString()

    set_first_token_apart(block)

    assert block.SerializeToString() == before


def test_what_the_first_token_has_costs_the_others_nothing_in_int8(
    block: onnx.ModelProto, tmp_path: Path
) -> None:
    """Whatever it has: as one tensor, they would share its scale."""
    values = np.random.default_rng(2).normal(size=(1, 9, WIDTH)).astype(np.float32)
    loud = values.copy()
    loud[0, 0, 3] = 500
    exact = run(block, loud)
    onnx.save(block, tmp_path / "block.onnx")
    quantise(tmp_path / "block.onnx", tmp_path / "together.onnx")
    set_first_token_apart(block)
    onnx.save(block, tmp_path / "apart.onnx")

    quantise(tmp_path / "apart.onnx", tmp_path / "int8.onnx")

    quiet_others, others = (run(tmp_path / "int8.onnx", one)[:, 1:] for one in (values, loud))
    assert np.array_equal(quiet_others, others)

    def loss(found: np.ndarray) -> float:
        return float(np.abs(found[:, 1:] - exact[:, 1:]).mean())

    together = run(tmp_path / "together.onnx", loud)
    assert 10 * loss(run(tmp_path / "int8.onnx", loud)) < loss(together)


def test_an_optimised_graph_computes_the_same(block: onnx.ModelProto, tmp_path: Path) -> None:
    onnx.save(block, tmp_path / "whole.onnx")
    model = tmp_path / "small.onnx"
    quantise(tmp_path / "whole.onnx", model)
    values = np.random.default_rng(1).normal(size=(1, 9, WIDTH)).astype(np.float32)
    before = run(model, values)

    optimise(model)

    assert (run(model, values) == before).all()
    assert {path.name for path in tmp_path.iterdir()} == {"whole.onnx", model.name}
    written = onnx.load(model)
    assert [node.op_type for node in written.graph.node] == [
        "DynamicQuantizeMatMul",
        "BiasGelu",
        "DynamicQuantizeMatMul",
    ]
    assert {one.domain for one in written.opset_import} == {"", "com.microsoft"}


def test_nothing_is_left_to_optimise_in_the_shipped_reader(tmp_path: Path) -> None:
    graph, *weights = model_files(shipped_weights())
    shipped = onnx.load(graph, load_external_data=False)
    onnx.save(shipped, tmp_path / MODEL_NAME)
    for path in weights:
        link(path, tmp_path / path.name)

    optimise(tmp_path / MODEL_NAME)

    again = onnx.load(tmp_path / MODEL_NAME, load_external_data=False)
    assert operators(again) == operators(shipped)
    assert outside(again) == outside(shipped)


def operators(model: onnx.ModelProto) -> Counter[str]:
    """How often each stands in a graph."""
    return Counter(node.op_type for node in model.graph.node)


def outside(model: onnx.ModelProto) -> dict[str, list[tuple[str, str]]]:
    """Where the weights lie that are not in the file itself."""
    return {
        one.name: [(entry.key, entry.value) for entry in one.external_data]
        for one in model.graph.initializer
        if one.external_data
    }
