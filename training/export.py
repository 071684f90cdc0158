"""
A fine-tuned checkpoint -> the files in `reader/weights/`.

    python -m training.export CHECKPOINT_FOLDER [--out reader/weights]

The checkpoint is a Hugging Face folder of a `BertForQuestionAnswering`.
It leaves as one int8 ONNX file whose attention is fused, with its tokenizer and a manifest.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
import warnings
from pathlib import Path

# The file names are the reader's, so that what is written here is what is opened there.
from reader.model import MANIFEST_NAME, MODEL_NAME, TOKENIZER_NAME

OPSET = 17
INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids")
OUTPUT_NAMES = ("start_logits", "end_logits")


def export_onnx(checkpoint: Path, target: Path) -> None:
    """
    Write a checkpoint as fp32 ONNX with fused attention.

    Inputs are int64 of shape (batch, tokens); outputs are float32 of the same shape.

    Args:
        checkpoint: A Hugging Face folder.
        target: The ONNX file to write.
    """
    import torch
    from onnxruntime.transformers import optimizer
    from transformers import AutoModelForQuestionAnswering

    # Only the eager attention has the shape of graph that ONNX Runtime's optimiser fuses.
    model = AutoModelForQuestionAnswering.from_pretrained(
        checkpoint, attn_implementation="eager", dtype=torch.float32
    ).eval()
    example = torch.ones((1, 8), dtype=torch.int64)
    axes = {name: {0: "batch", 1: "tokens"} for name in (*INPUT_NAMES, *OUTPUT_NAMES)}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # The tracing exporter warns that it is the older one; the newer does not yield fusible
        # attention here and needs one more package.
        warnings.simplefilter("ignore")
        traced = Path(scratch) / "traced.onnx"
        torch.onnx.export(
            model,
            (example, example, torch.zeros_like(example)),
            str(traced),
            input_names=list(INPUT_NAMES),
            output_names=list(OUTPUT_NAMES),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        optimised = optimizer.optimize_model(
            str(traced),
            model_type="bert",
            num_heads=model.config.num_attention_heads,
            hidden_size=model.config.hidden_size,
            opt_level=0,
        )
        optimised.save_model_to_file(str(target))


def quantise(source: Path, target: Path) -> None:
    """Write `source` with int8 weights: a scale per output channel; activations scaled per run."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        source,
        target,
        per_channel=True,
        weight_type=QuantType.QInt8,
        # Fused operators hide the types of their outputs from the quantiser.
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def export(checkpoint: Path, out: Path) -> None:
    """
    Turn a checkpoint into the shipped files.

    Args:
        checkpoint: A Hugging Face folder with `model.safetensors` and `tokenizer.json`.
        out: The folder to write; its files are replaced.
    """
    from tokenizers import Tokenizer

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "fp32.onnx"
        export_onnx(checkpoint, full)
        small = Path(scratch) / "int8.onnx"
        quantise(full, small)
        shutil.copyfile(small, out / MODEL_NAME)
    tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    # Every passage is read whole and alone, so the tokenizer neither pads nor truncates.
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.save(str(out / TOKENIZER_NAME), pretty=False)
    manifest = {
        "format_version": 1,
        "files": {
            name: hashlib.sha256((out / name).read_bytes()).hexdigest()
            for name in (MODEL_NAME, TOKENIZER_NAME)
        },
    }
    (out / MANIFEST_NAME).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description="Turn a checkpoint into Quoth's reader weights.")
    parser.add_argument("checkpoint", type=Path, help="a Hugging Face question-answering folder")
    parser.add_argument("--out", type=Path, default=Path("reader/weights"), help="where to write")
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.out)
    for path in sorted(arguments.out.iterdir()):
        print(f"{path}  {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
