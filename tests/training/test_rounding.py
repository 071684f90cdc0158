"""That what is computed in training is what int8 computes when it ships."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime
import pytest

from index.tracing import INPUT_NAMES, quantise
from tests.training.test_export import make_checkpoint
from tests.training.tiny import equal, tiny_network, weights
from tests.training.words import word_tokenizer
from training import loop
from training.features import BERT, encode, hard_targets, row_of
from training.fingerprint import FINGERPRINT_NAME
from training.loop import Recipe, train
from training.measure import Report, report_of
from training.models import Network, open_student

if TYPE_CHECKING:
    import torch

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own

LONG = "Bread costs two francs at the station, and it is baked at dawn by three women and a boy."


def test_a_rounded_layer_computes_what_int8_does(tmp_path: Path) -> None:
    """To the last bits of a float."""
    import onnx
    import torch
    from onnx import TensorProto, helper, numpy_helper

    from training.rounding import RoundedLinear

    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(24, 10)).astype(np.float32)
    values = rng.uniform(-1, 1, size=(7, 24)).astype(np.float32)
    # Bytes up to 128 times bytes up to 127, but for one value that counts nothing: old processors
    # add pairs of products in 16 bits.
    values[0, 0], matrix[0] = 3, 0
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["values", "matrix"], ["product"], "product")],
        "one",
        [helper.make_tensor_value_info("values", TensorProto.FLOAT, ["rows", 24])],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, ["rows", 10])],
        [numpy_helper.from_array(matrix, "matrix")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, tmp_path / "fp32.onnx")
    quantise(tmp_path / "fp32.onnx", tmp_path / "int8.onnx")
    layer = RoundedLinear(24, 10, bias=False)
    layer.weight.data = torch.from_numpy(matrix.T.copy())

    session = onnxruntime.InferenceSession(tmp_path / "int8.onnx")
    (wanted,) = session.run(None, {"values": values})

    (found,) = layer(torch.from_numpy(values[np.newaxis])).detach().numpy()
    assert found == pytest.approx(wanted, abs=1e-4)
    assert values @ matrix != pytest.approx(wanted, abs=1e-2)


def test_a_rounded_network_answers_as_its_export_does(tmp_path: Path) -> None:
    """But for values at the border of two steps, which the last bits of a float decide."""
    import torch

    from training.export import export_onnx
    from training.rounding import round_inside

    make_checkpoint(tmp_path)
    export_onnx(tmp_path, tmp_path / "fp32.onnx")
    quantise(tmp_path / "fp32.onnx", tmp_path / "int8.onnx")
    network = open_student(tmp_path)
    network.model.train(mode=False)
    network.tokenizer.no_truncation()
    encoded = network.tokenizer.encode("what?", LONG)
    numbers = (encoded.ids, encoded.attention_mask, encoded.type_ids)
    inputs = {
        name: np.array([one], dtype=np.int64)
        for name, one in zip(INPUT_NAMES, numbers, strict=True)
    }

    def starts() -> np.ndarray:
        with torch.no_grad():
            given = {name: torch.from_numpy(one) for name, one in inputs.items()}
            logits: np.ndarray = network.model(**given).start_logits.numpy()
        return logits

    wanted = onnxruntime.InferenceSession(tmp_path / "int8.onnx").run(None, inputs)[0]
    as_fp32 = starts()
    round_inside(network.model)
    rounded = starts()

    def distance(logits: np.ndarray) -> float:
        return float(np.abs(logits - wanted).mean())

    assert 0 < distance(rounded) < distance(as_fp32) / 3


def roundings() -> "list[Callable[[torch.Tensor], torch.Tensor]]":
    from training.rounding import round_examples, round_rows, round_tensor

    return [round_examples, round_rows, lambda values: round_tensor(values, values)]


@pytest.mark.parametrize("number", range(3))
def test_gradients_pass_a_rounding_as_if_it_were_none(number: int) -> None:
    import torch

    values = torch.randn(5, 8, generator=torch.Generator().manual_seed(3), requires_grad=True)
    factors = torch.randn(5, 8)

    rounded = roundings()[number](values)
    torch.autograd.backward((rounded * factors).sum())

    assert not torch.equal(rounded, values)
    assert values.grad is not None
    assert torch.equal(values.grad, factors)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("constant", [0.0, 3.0, -2.5])
def test_a_tensor_of_one_value_stays_what_it_is(constant: float, number: int) -> None:
    import torch

    values = torch.full((2, 3), constant)

    assert roundings()[number](values).numpy() == pytest.approx(values.numpy(), rel=1e-6)


@pytest.mark.parametrize("number", range(3))
def test_what_is_rounded_again_stays_the_same(number: int) -> None:
    """A network's weights are on their steps once it has been exported."""
    import torch

    values = torch.randn(5, 8, generator=torch.Generator().manual_seed(1))
    rounding = roundings()[number]

    once = rounding(values)

    assert rounding(once).numpy() == pytest.approx(once.numpy(), abs=1e-6)


def test_an_example_is_rounded_alike_whatever_stands_beside_it() -> None:
    """The product reads each passage by itself."""
    import torch

    from training.rounding import round_examples

    small, large = torch.rand(1, 4, 8), 100 * torch.randn(1, 4, 8)

    together = round_examples(torch.cat([small, large]))

    assert torch.equal(together[:1], round_examples(small))
    assert torch.equal(together[1:], round_examples(large))


def test_in_feed_forward_blocks_the_first_token_is_rounded_by_itself() -> None:
    import torch

    from training.rounding import RoundedFeedForward, round_inside

    model = tiny_network().model
    round_inside(model)
    rounded = {
        name for name, module in model.named_modules() if isinstance(module, RoundedFeedForward)
    }
    layer = model.get_submodule("bert.encoder.layer.0.intermediate.dense")
    quiet = torch.randn(1, 5, 16)
    loud = quiet.clone()
    loud[0, 0] *= 100

    assert rounded == {
        f"bert.encoder.layer.{number}.{block}.dense"
        for number in range(2)
        for block in ("intermediate", "output")
    }
    assert torch.equal(layer(loud)[:, 1:], layer(quiet)[:, 1:])


def test_what_comes_in_bf16_is_rounded_to_the_same_steps() -> None:
    """As under autocast. A bf16 knows no halves from 128 on: steps counted in it would be off."""
    import torch

    from training.rounding import round_examples

    values = torch.randn(1, 40, 60, generator=torch.Generator().manual_seed(2)).bfloat16()

    assert torch.equal(round_examples(values), round_examples(values.float()))


def test_embeddings_and_their_normalisation_are_rounded_as_they_are_exported(
    tmp_path: Path,
) -> None:
    import torch

    from benchmarks.checkpoint import read_weights
    from training.export import export_onnx
    from training.rounding import round_inside

    make_checkpoint(tmp_path)
    export_onnx(tmp_path, tmp_path / "fp32.onnx")
    quantise(tmp_path / "fp32.onnx", tmp_path / "int8.onnx")
    exported = {
        name.removeprefix("bert.embeddings."): torch.tensor(values)
        for name, values in read_weights(tmp_path / "int8.onnx").items()
    }
    model = open_student(tmp_path).model
    round_inside(model)
    embeddings = model.get_submodule("bert.embeddings")
    ids, values = torch.arange(0, 300, 7), torch.randn(2, 3, 48)

    for name in ("word_embeddings", "position_embeddings"):
        found = embeddings.get_submodule(name)(ids)
        assert found.detach().numpy() == pytest.approx(exported[f"{name}.weight"][ids].numpy())
    found = embeddings.get_submodule("LayerNorm")(values)
    wanted = torch.nn.functional.layer_norm(
        values,
        (48,),
        exported["LayerNorm.weight"],
        exported["LayerNorm.bias"],
        model.config.layer_norm_eps,
    )
    assert found.detach().numpy() == pytest.approx(wanted.numpy(), abs=1e-6)


def test_a_rounded_network_keeps_its_own_weights(tmp_path: Path) -> None:
    """What rounds is what is computed with them; they are saved as they are."""
    from training.rounding import round_inside

    network = tiny_network()
    before = weights(network)

    round_inside(network.model)
    round_inside(network.model)
    network.save(tmp_path)

    assert equal(weights(open_student(tmp_path)), before)


def test_a_recipe_may_ask_to_round(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it trains and where it is measured; such a run is told from others."""
    from training.rounding import (
        RoundedEmbedding,
        RoundedFeedForward,
        RoundedLayerNorm,
        RoundedLinear,
    )

    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    one = encode(word_tokenizer(), BERT, "who", "Ada rows")
    rows = [(row_of(one, hard_targets(one, [(0, 2)])),)] * 4
    measured: list[set[type]] = []

    def dev(network: Network) -> Report:
        measured.append({type(module) for module in network.model.modules()})
        return report_of([])

    ended = []
    for rounds in (False, True):
        network = tiny_network()
        recipe = Recipe(learning_rate=1e-2, batch_size=2, measure_every_steps=1, rounds=rounds)
        train(network, rows, recipe, tmp_path / str(rounds), dev)
        ended.append(weights(network))

    assert not equal(*ended)
    begun = [
        json.loads((tmp_path / name / FINGERPRINT_NAME).read_text()) for name in ("False", "True")
    ]
    assert [one["recipe"]["rounds"] for one in begun] == [False, True]
    kinds = {RoundedEmbedding, RoundedFeedForward, RoundedLayerNorm, RoundedLinear}
    assert [kinds & kind for kind in measured] == [set(), set(), kinds, kinds]
