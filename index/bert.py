"""
A BERT -> an ONNX file with fused attention, made of its weights alone, without torch.

The operators are those that ONNX Runtime's optimiser would put in the place of a traced BERT, which
may be an encoder or a reader.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from index.tracing import INPUT_NAMES, OPSET, set_first_token_apart

if TYPE_CHECKING:
    from onnx import NodeProto

Tensors = Mapping[str, npt.NDArray[np.float32]]
"""The tensors of a checkpoint, by their names."""
Pooling = Literal["mean", "cls"]

_ONNX_RUNTIME = "com.microsoft"
# ONNX's own numbers for these types.
_FLOAT, _INT32, _INT64 = 1, 6, 7
# The newest that the oldest ONNX Runtime we take can read.
_IR_VERSION = 8
# A checkpoint with a head names what is below it so, and one without leaves it out. In the file,
# weights have the longer names, by which a checkpoint can be made of it again.
_BODY = "bert."
_HEAD = "qa_outputs"


class BertConfig(BaseModel):
    """What a checkpoint's `config.json` says of a BERT that can be written; others are traced."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    model_type: Literal["bert"]
    # What is left out of the file has transformers' default.
    num_hidden_layers: int = 12
    num_attention_heads: int = 12
    layer_norm_eps: float = 1e-12
    hidden_act: Literal["gelu"] = "gelu"
    position_embedding_type: Literal["absolute"] = "absolute"
    is_decoder: Literal[False] = False


def bert_config(config: Mapping[str, Any]) -> BertConfig | None:
    """Tell whether a model is a BERT that can be written; None where it is another one."""
    try:
        return BertConfig.model_validate(config)
    except ValidationError:
        return None


def read_bert(folder: Path) -> tuple[BertConfig, Tensors]:
    """
    Read a checkpoint of a BERT.

    Args:
        folder: Holds `config.json` and `model.safetensors`.

    Raises:
        OSError, ValueError: If it holds no such checkpoint.
    """
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_bytes())
    return BertConfig.model_validate(config), load_file(folder / "model.safetensors")


def write_encoder(config: BertConfig, weights: Tensors, pooling: Pooling, target: Path) -> None:
    """
    Write a BERT that embeds texts.

    Args:
        config: The configuration of the model.
        weights: The weights of the model, with others or without.
        pooling: What becomes of the tokens' vectors: their mean, or the first of them.
        target: The file to write; the weights come beside it. Its inputs are `INPUT_NAMES`; its
            output "embedding" has unit length.
    """
    graph = _Graph(config, weights)
    hidden = graph.body()
    pooled = graph.mean(hidden) if pooling == "mean" else graph.first(hidden)
    graph.node("LpNormalization", [pooled], "embedding", axis=-1, p=2)
    graph.save({"embedding": ("batch", "dim")}, target)


def write_reader(config: BertConfig, weights: Tensors, target: Path) -> None:
    """
    Write a BERT that says where answers begin and end.

    Args:
        config: The configuration of the model.
        weights: The weights of the model, with those of its head.
        target: The file to write; the weights come beside it. Its inputs are `INPUT_NAMES`; its
            outputs "start_logits" and "end_logits" have their shape.
    """
    graph = _Graph(config, weights)
    logits = graph.linear(graph.body(), _HEAD, f"/{_HEAD}")
    starts_and_ends = [f"{logits}_start", f"{logits}_end"]
    graph.node("Split", [logits, graph.number("split", [1, 1])], *starts_and_ends, axis=-1)
    axis = graph.number("logits_axis", [-1])
    outputs = ("start_logits", "end_logits")
    for one, output in zip(starts_and_ends, outputs, strict=True):
        graph.node("Squeeze", [one, axis], output)
    graph.save(dict.fromkeys(outputs, ("batch", "tokens")), target, first_token_apart=True)


class _Graph:
    """A graph that is being written; each method gives the name of what it computes."""

    def __init__(self, config: BertConfig, weights: Tensors) -> None:
        self._config = config
        self._checkpoint = {
            name if name.startswith((_BODY, _HEAD)) else _BODY + name: value
            for name, value in weights.items()
        }
        self._nodes: list[NodeProto] = []
        self._weights: dict[str, np.ndarray] = {}

    def node(
        self,
        kind: str,
        inputs: list[str],
        *outputs: str,
        name: str = "",
        domain: str = "",
        **how: Any,
    ) -> str:
        from onnx import helper

        made = helper.make_node(
            kind, inputs, list(outputs), name or outputs[0], domain=domain, **how
        )
        self._nodes.append(made)
        return outputs[0]

    def number(self, name: str, value: list[int]) -> str:
        """Whole numbers that an operator takes as an input."""
        self._weights[name] = np.array(value, dtype=np.int64)
        return name

    def _weight(self, name: str) -> str:
        """A weight as the checkpoint has it."""
        self._weights[name] = self._checkpoint[name].astype(np.float32)
        return name

    def _side_by_side(self, names: list[str], joined: str) -> str:
        """Several weights in one. ONNX multiplies by a matrix, torch by its transpose."""
        values = [self._checkpoint[name].astype(np.float32).T for name in names]
        self._weights[joined] = np.ascontiguousarray(np.concatenate(values, axis=-1))
        return joined

    def _matmul(self, value: str, weights: str, place: str) -> str:
        weight = self._side_by_side([f"{weights}.weight"], f"{weights}.transposed")
        name = f"{place}/MatMul"
        return self.node("MatMul", [value, weight], f"{name}_output", name=name)

    def linear(self, value: str, weights: str, place: str) -> str:
        """A layer of weights and a bias."""
        product = self._matmul(value, weights, place)
        return self.node("Add", [product, self._weight(f"{weights}.bias")], f"{place}/Add_output")

    def _add_and_norm(self, value: str, skipped: str, weights: str, place: str) -> str:
        # On processors, ONNX Runtime's operator of both is five times slower than one after the
        # other (docs/lab/speed.md).
        total = self.node("Add", [value, skipped], f"{place}/LayerNorm_sum")
        inputs = [total, *map(self._weight, (f"{weights}.weight", f"{weights}.bias"))]
        epsilon = self._config.layer_norm_eps
        name = f"{place}/LayerNorm"
        return self.node(
            "LayerNormalization", inputs, f"{name}_output", name=name, axis=-1, epsilon=epsilon
        )

    def body(self) -> str:
        """What all layers make of the inputs; of shape (batch, tokens, n)."""
        ids, mask, types = (
            self.node("Cast", [name], f"{name}_int32", to=_INT32) for name in INPUT_NAMES
        )
        kinds = ("word", "position", "token_type")
        place = f"{_BODY}embeddings"
        tables = [self._weight(f"{place}.{kind}_embeddings.weight") for kind in kinds]
        norm = [self._weight(f"{place}.LayerNorm.{part}") for part in ("weight", "bias")]
        # How many tokens of each text count.
        lengths = "lengths"
        hidden = self.node(
            "EmbedLayerNormalization",
            [ids, types, *tables, *norm, mask],
            "EmbedLayerNormalization_0_output",
            lengths,
            name="EmbedLayerNormalization_0",
            domain=_ONNX_RUNTIME,
            epsilon=self._config.layer_norm_eps,
        )
        for layer in range(self._config.num_hidden_layers):
            hidden = self._layer(layer, hidden, lengths)
        return hidden

    def _layer(self, number: int, hidden: str, lengths: str) -> str:
        weights, place = f"{_BODY}encoder.layer.{number}", f"/bert/encoder/layer.{number}"
        parts = [f"{weights}.attention.self.{part}" for part in ("query", "key", "value")]
        name = f"Attention_{number}"
        attended = self.node(
            "Attention",
            [
                hidden,
                self._side_by_side([f"{part}.weight" for part in parts], f"{name}_qkv_weight"),
                self._side_by_side([f"{part}.bias" for part in parts], f"{name}_qkv_bias"),
                lengths,
            ],
            f"{place}/attention/self_output",
            name=name,
            domain=_ONNX_RUNTIME,
            num_heads=self._config.num_attention_heads,
        )
        output = "attention.output"
        value = self.linear(
            attended, f"{weights}.{output}.dense", f"{place}/attention/output/dense"
        )
        hidden = self._add_and_norm(
            value, hidden, f"{weights}.{output}.LayerNorm", f"{place}/attention/output"
        )
        wider = self._matmul(hidden, f"{weights}.intermediate.dense", f"{place}/intermediate/dense")
        bent = self.node(
            "BiasGelu",
            [wider, self._weight(f"{weights}.intermediate.dense.bias")],
            f"{place}/intermediate/gelu_output",
            domain=_ONNX_RUNTIME,
        )
        value = self.linear(bent, f"{weights}.output.dense", f"{place}/output/dense")
        return self._add_and_norm(value, hidden, f"{weights}.output.LayerNorm", f"{place}/output")

    def first(self, hidden: str) -> str:
        """The first token's vector."""
        begin, end = self.number("first", [0]), self.number("second", [1])
        axis = self.number("tokens_axis", [1])
        first = self.node("Slice", [hidden, begin, end, axis], "/pooling/first")
        return self.node("Squeeze", [first, axis], "/pooling/pooled")

    def mean(self, hidden: str) -> str:
        """The mean vector of those tokens that count."""
        _, mask, _ = INPUT_NAMES
        axis, last = self.number("tokens_axis", [1]), self.number("last_axis", [-1])
        counted = self.node("Cast", [mask], "/pooling/mask", to=_FLOAT)
        apart = self.node("Unsqueeze", [counted, last], "/pooling/mask_apart")
        masked = self.node("Mul", [hidden, apart], "/pooling/masked")
        total = self.node("ReduceSum", [masked, axis], "/pooling/sum", keepdims=0)
        count = self.node("ReduceSum", [apart, axis], "/pooling/count", keepdims=0)
        return self.node("Div", [total, count], "/pooling/pooled")

    def save(
        self,
        outputs: Mapping[str, tuple[str, ...]],
        target: Path,
        *,
        first_token_apart: bool = False,
    ) -> None:
        """Write the file, and the weights beside it; `outputs` names the axes of each."""
        import onnx
        from onnx import helper, numpy_helper
        from onnxruntime.quantization.quant_utils import add_pre_process_metadata

        shape = ("batch", "tokens")
        graph = helper.make_graph(
            self._nodes,
            "bert",
            [helper.make_tensor_value_info(name, _INT64, shape) for name in INPUT_NAMES],
            [helper.make_tensor_value_info(name, _FLOAT, axes) for name, axes in outputs.items()],
            [numpy_helper.from_array(value, name) for name, value in self._weights.items()],
        )
        versions = [helper.make_opsetid("", OPSET), helper.make_opsetid(_ONNX_RUNTIME, 1)]
        model = helper.make_model(graph, opset_imports=versions, ir_version=_IR_VERSION)
        if first_token_apart:
            set_first_token_apart(model)
        # Else the quantiser warns that nobody has optimised it.
        add_pre_process_metadata(model)
        onnx.save(
            model,
            target,
            save_as_external_data=True,
            all_tensors_to_one_file=True,
            location=f"{target.name}.data",
        )
