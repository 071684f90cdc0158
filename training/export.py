"""
A fine-tuned checkpoint -> the files in `reader/weights/`.

The checkpoint is a Hugging Face folder. It is converted as `quoth reader add` converts one, and
made int8, unless that costs too much: then more of it stays in fp32.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.readers.making import write_int8

# The file names are the reader's, so that what is written here is what is opened there.
from reader.model import (
    MANIFEST_NAME,
    MODEL_NAME,
    TOKENIZER_NAME,
    ReaderManifest,
    model_files,
    write_manifest,
)
from training.errors import ExportError
from training.measure import DevReport, say
from training.pieces import cut_weights

MAX_LOSS = 1.25
"""
Points of F1 on dev that int8 may cost, answering always and at the best threshold. It has cost 0.4
after one lesson, 1.1 after two and 0.5 after three; a layer in fp32 would take more than the 120 MB
that may ship.
"""

_LAYER = re.compile(r"/layer\.(\d+)/")
_ATTENTION_OUTPUT = "/attention/attn/o/MatMul"
_HEAD = "/qa_outputs/MatMul"


@dataclass(frozen=True, slots=True)
class ExportAttempt:
    """One export, measured."""

    in_fp32: str
    """What of it was not made int8."""
    model_bytes: int
    """The size of graph and weights."""
    report: DevReport
    f1_loss: float
    """Points of the answerable's F1, answering always, that fp32 has more."""
    best_f1_loss: float
    """Points of F1 at the best threshold that fp32 has more."""

    @property
    def is_good(self) -> bool:
        """Whether it may ship."""
        return max(self.f1_loss, self.best_f1_loss) <= MAX_LOSS

    def __str__(self) -> str:
        return (
            f"int8, with {self.in_fp32} in fp32, {self.model_bytes:,} bytes: {self.report}; "
            f"loses {self.f1_loss:.2f} points of HasAns F1 and {self.best_f1_loss:.2f} of best F1"
        )

    def figures(self) -> dict[str, float | str]:
        """For JSON."""
        return {
            "in_fp32": self.in_fp32,
            "model_bytes": self.model_bytes,
            "f1_loss": self.f1_loss,
            "best_f1_loss": self.best_f1_loss,
            **self.report.figures(),
        }


def export(
    checkpoint: Path,
    out: Path,
    measured: Callable[[Path], DevReport],
    asked: Sequence[tuple[str, str]],
    figures: Path,
) -> None:
    """
    Turn a checkpoint into the shipped files: the smallest that loses at most `MAX_LOSS`.

    Args:
        checkpoint: A Hugging Face folder with `model.safetensors` and `tokenizer.json`.
        out: The folder to write; its files are replaced once the new ones are good.
        measured: Measures on dev a folder that the product's reader can open.
        asked: Questions and passages that int8 is fitted to.
        figures: A JSON file for what fp32 scores, and each attempt.

    Raises:
        ExportError: If every attempt loses more; `out` is as it was.
    """
    from bot.readers.conversion import convert

    with tempfile.TemporaryDirectory() as scratch:
        whole, small = Path(scratch) / "fp32", Path(scratch) / "int8"
        for folder in (whole, small):
            folder.mkdir()
        convert(checkpoint, whole)
        full = measured(whole)
        say(f"fp32: {full}")
        attempts: list[ExportAttempt] = []
        for name, nodes in fp32_choices(node_names(whole / MODEL_NAME)).items():
            write_int8(whole, small, asked, nodes)
            report = measured(small)
            attempt = ExportAttempt(
                in_fp32=name,
                model_bytes=model_bytes(small),
                report=report,
                f1_loss=full.always.has_answer.f1 - report.always.has_answer.f1,
                best_f1_loss=full.best_f1 - report.best_f1,
            )
            say(str(attempt))
            attempts.append(attempt)
            _write_figures(figures, full, attempts)
            if attempt.is_good:
                _cut(small)
                _move_into_place(small, out)
                return
    raise ExportError(
        f"int8 loses more than {MAX_LOSS} points of F1 on dev, whatever is kept in fp32 ({figures} "
        f"has the figures). {out} is as it was."
    )


def model_bytes(folder: Path) -> int:
    """How large a reader's graph and weights are together."""
    return sum(path.stat().st_size for path in model_files(folder))


def node_names(model: Path) -> list[str]:
    """The names of an ONNX file's nodes."""
    import onnx

    return [node.name for node in onnx.load(model, load_external_data=False).graph.node]


def fp32_choices(names: Sequence[str]) -> dict[str, list[str]]:
    """
    What to keep in fp32, less first.

    Args:
        names: The names of all nodes, as the optimiser leaves them.

    Returns:
        Nodes to keep, each list with a name for people.
    """
    layers = {name: int(found[1]) for name in names if (found := _LAYER.search(name))}
    last = [name for name, layer in layers.items() if layer == max(layers.values())]
    last += [name for name in names if name.endswith(_HEAD)]
    outputs = [name for name in names if name.endswith(_ATTENTION_OUTPUT)]
    return {
        "nothing": [],
        "the last layer and the head": last,
        "the last layer, the head and all attention outputs": [*last, *outputs],
    }


def _cut(folder: Path) -> None:
    manifest = ReaderManifest.model_validate_json((folder / MANIFEST_NAME).read_bytes())
    cut_weights(folder / MODEL_NAME)
    write_manifest(folder, manifest.layout)


def _write_figures(path: Path, full: DevReport, attempts: Sequence[ExportAttempt]) -> None:
    content = {"fp32": full.figures(), "int8": [attempt.figures() for attempt in attempts]}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _move_into_place(source: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    written = [path.name for path in model_files(source)]
    # Each is replaced and not written over, since a Quoth that runs has the old weights mapped, and
    # none before all are there: a disk that fills leaves the reader that was.
    # The manifest comes last: until then it tells that the others are not its own.
    names = (*written, TOKENIZER_NAME, MANIFEST_NAME)
    partial = {name: out / f".{name}.partial" for name in names}
    try:
        for name, path in partial.items():
            shutil.copyfile(source / name, path)
        for name, path in partial.items():
            path.replace(out / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    # Earlier weights may have had more pieces.
    for path in model_files(out):
        if path.name not in written:
            path.unlink()
