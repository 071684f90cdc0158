"""
A model on torch -> an ONNX file whose attention is fused; such a file -> one in int8, optimised.

A BERT is written by `index.bert`, without torch's exporter; all other models are traced.
"""

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from onnx import ModelProto

OPSET = 17
INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids")
"""What a model of BERT's kind takes, in its order; each of shape (batch, tokens)."""
# Only this attention has the shape of graph that ONNX Runtime's optimiser fuses.
FUSIBLE_ATTENTION = "eager"

NORMS_APART = ("optimization.disable_specified_optimizers", "SkipLayerNormFusion")
"""The entry of a session's configuration that keeps what `split_norms` took apart from being joined
again."""

_AXES = ("batch", "tokens")
# Where operators are from: ONNX, and ONNX Runtime.
_DOMAINS = ("", "com.microsoft")


def write_onnx(
    model: "torch.nn.Module",
    config: Any,
    examples: "Mapping[str, torch.Tensor]",
    outputs: Mapping[str, int],
    target: Path,
    *,
    first_token_apart: bool = False,
) -> None:
    """
    Trace a model and write it.

    Args:
        model: Takes the inputs one after the other; loaded with `FUSIBLE_ATTENTION`.
        config: The transformer's own.
        examples: A value of each input, by its name and in order; int64, shape (batch, tokens).
        outputs: How many axes of each output may have any length: the batch is the first, the
            tokens are the second.
        target: The file to write; the weights come beside it.
        first_token_apart: See `set_first_token_apart`.
    """
    import torch
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata
    from onnxruntime.transformers import optimizer

    free = dict.fromkeys(examples, len(_AXES)) | dict(outputs)
    # Beside the target, which whoever was killed over it is tidied up after.
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch, warnings.catch_warnings():
        # The tracing exporter warns that it is the older one; the newer does not yield fusible
        # attention here and needs one more package.
        warnings.simplefilter("ignore")
        traced = Path(scratch) / "traced.onnx"
        torch.onnx.export(
            model.eval(),
            tuple(examples.values()),
            str(traced),
            input_names=list(examples),
            output_names=list(outputs),
            dynamic_axes={name: dict(enumerate(_AXES[:count])) for name, count in free.items()},
            opset_version=OPSET,
            dynamo=False,
        )
        optimised = optimizer.optimize_model(
            str(traced),
            model_type="bert",
            num_heads=getattr(config, "num_attention_heads", 0),
            hidden_size=getattr(config, "hidden_size", 0),
            opt_level=0,
        )
        split_norms(optimised.model)
        if first_token_apart:
            set_first_token_apart(optimised.model)
        # Else the quantiser warns that nobody has optimised it.
        add_pre_process_metadata(optimised.model)
        optimised.save_model_to_file(
            str(target), use_external_data_format=True, all_tensors_to_one_file=True
        )


def split_norms(model: "ModelProto") -> None:
    """
    Take each sum and its layer normalisation apart, which the optimiser makes one operator.

    On processors, ONNX Runtime's operator of both is five times slower than one after the other,
    and took a sixth of all reading (docs/lab/speed.md). Whoever runs the model keeps ONNX Runtime
    from joining them again.
    """
    from onnx import helper

    nodes = []
    for node in model.graph.node:
        if node.op_type != "SkipLayerNormalization" or len(node.output) > 1:
            nodes.append(node)
            continue
        value, skipped, weight, bias, *value_bias = node.input
        (normed,) = node.output
        for place, added in enumerate([*value_bias, skipped]):
            total = f"{normed}_sum_{place}"
            nodes.append(helper.make_node("Add", [value, added], [total], total))
            value = total
        epsilon = next(one.f for one in node.attribute if one.name == "epsilon")
        nodes.append(
            helper.make_node(
                "LayerNormalization",
                [value, weight, bias],
                [normed],
                node.name,
                axis=-1,
                epsilon=epsilon,
            )
        )
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def set_first_token_apart(model: "ModelProto") -> None:
    """
    Let each feed-forward block compute the first token by itself, beside all others.

    In a fine-tuned BERT one number of that token ([CLS]) can be several times as large as all
    others, and an int8 tensor has one scale: with it, little is left of them (training/LOG.md). In
    fp32 the same is computed as before.

    Args:
        model: As `write_onnx` leaves it, changed in place; activations of shape (batch, tokens, n).
    """
    import numpy as np
    from onnx import helper, numpy_helper

    graph = model.graph
    makers = {output: node for node in graph.node for output in node.output}
    parts = {"first": (0, 1), "others": (1, np.iinfo(np.int64).max)}
    nodes = []
    for node in graph.node:
        nodes.append(node)
        gelu = makers.get(node.input[0]) if node.op_type == "MatMul" else None
        if gelu is None or gelu.op_type != "BiasGelu":
            continue
        widening = makers[gelu.input[0]]
        block = (widening, gelu, node)
        nodes = [other for other in nodes if other not in block]
        values, (result,) = widening.input[0], node.output
        for part in parts:
            value = f"{result}_{part}_in"
            slicing = [values, f"{part}_begin", f"{part}_end", "tokens_axis"]
            nodes.append(helper.make_node("Slice", slicing, [value], f"{value}_slice"))
            for one in block:
                copied = type(one)()
                copied.CopyFrom(one)
                # Those of the others keep their names, by which weights are found.
                copied.name = one.name if part == "others" else f"{one.name}_{part}"
                copied.input[0] = value
                value = copied.output[0] = f"{one.output[0]}_{part}"
                nodes.append(copied)
        joined = [f"{result}_{part}" for part in parts]
        nodes.append(helper.make_node("Concat", joined, [result], f"{result}_joined", axis=1))
    if len(nodes) == len(graph.node):
        # ONNX Runtime warns of numbers that nothing uses, whenever it opens the model.
        return
    numbers = {"tokens_axis": 1}
    for part, (begin, end) in parts.items():
        numbers |= {f"{part}_begin": begin, f"{part}_end": end}
    for name, number in numbers.items():
        graph.initializer.append(numpy_helper.from_array(np.array([number], dtype=np.int64), name))
    del graph.node[:]
    graph.node.extend(nodes)


def quantise(
    source: Path, target: Path, in_fp32: Sequence[str] = (), *, seven_bits: bool = False
) -> None:
    """
    Write `source` with int8 weights: a scale per output channel; activations scaled per run.

    Args:
        source: An fp32 ONNX file of `write_onnx`.
        target: The file to write; the weights come beside it.
        in_fp32: Names of nodes that stay as they are.
        seven_bits: Use half of the range for weights. Without, ONNX Runtime's sums of two products
            overflow where a processor has no instructions for int8 (VNNI).
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Weights are appended to a file of weights that is there.
    for earlier in (target, target.with_name(f"{target.name}.data")):
        earlier.unlink(missing_ok=True)
    quantize_dynamic(
        source,
        target,
        per_channel=True,
        use_external_data_format=True,
        weight_type=QuantType.QInt8,
        reduce_range=seven_bits,
        nodes_to_exclude=list(in_fp32),
        # Fused operators hide the types of their outputs from the quantiser.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def optimise(model: Path) -> None:
    """
    Do to a graph, once, what ONNX Runtime would do to it whenever it is opened.

    What suits one kind of processor alone is not done here. The files of weights stay as they are.

    Args:
        model: The ONNX file, which is written anew; its weights may lie beside it.
    """
    import onnx
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Above this level, ONNX Runtime warns that what it writes may suit this hardware alone.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.add_session_config_entry(*NORMS_APART)
    options.add_session_config_entry("session.disable_prepacking", "1")
    with tempfile.TemporaryDirectory(dir=model.parent) as scratch:
        options.optimized_model_filepath = str(Path(scratch) / model.name)
        onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        optimised = onnx.load(options.optimized_model_filepath, load_external_data=False)
    # Shapes in between are found out anew, and would be read in vain.
    del optimised.graph.value_info[:]
    # It names every domain that it knows, which another version may not know.
    opsets = [one for one in optimised.opset_import if one.domain in _DOMAINS]
    del optimised.opset_import[:]
    optimised.opset_import.extend(opsets)
    onnx.save(optimised, model)
