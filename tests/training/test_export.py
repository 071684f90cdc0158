"""From a checkpoint to files that the reader opens."""

import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import onnx.helper
import onnx.numpy_helper
import pytest

from bot.evaluation.metrics import Graded
from reader.model import (
    MANIFEST_NAME,
    MODEL_NAME,
    TOKENIZER_NAME,
    WEIGHTS_NAME,
    OnnxReader,
    PassageText,
    shipped_weights,
)
from tests.training.tiny import ASKED, make_checkpoint
from training.errors import ExportError
from training.measure import DevReport, report_of
from training.models import open_network

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's and transformers' own

GRADED = [(1.0, Graded(1.0, 1.0, has_answer=True)), (0.0, Graded(0.0, 0.0, has_answer=False))]
FULL = report_of(GRADED)


def scored(*best_f1s: float) -> Callable[[Path], DevReport]:
    """Gives each folder that is measured the next best F1; the first is fp32's."""
    waiting = iter(best_f1s)

    def measured(folder: Path) -> DevReport:
        OnnxReader(folder)  # it can be opened
        return replace(FULL, best_f1=next(waiting))

    return measured


QUESTION_IDS, PASSAGE_IDS = [5, 6, 7], [8, 9, 10, 11, 12]


@dataclass(frozen=True)
class Exported:
    """A checkpoint, and the folder in which the weights of another reader lay before its own."""

    checkpoint: Path
    weights: Path
    figures: Path
    starts: list[np.ndarray]
    """Start logits of a question and a passage: in fp32, and as int8."""


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """An export, which tests only read."""
    from training.export import export

    folder = tmp_path_factory.mktemp("exported")
    made = Exported(folder / "checkpoint", folder / "weights", folder / "figures.json", [])
    make_checkpoint(made.checkpoint)
    made.weights.mkdir()
    (made.weights / f"{WEIGHTS_NAME}.2").write_bytes(b"of another reader")
    score = scored(70.0, 69.5)

    def measured(weights: Path) -> DevReport:
        made.starts.append(OnnxReader(weights).logits(QUESTION_IDS, PASSAGE_IDS).start)
        return score(weights)

    export(made.checkpoint, made.weights, measured, ASKED, made.figures)
    return made


def test_an_exported_checkpoint_is_read_whole(exported: Exported) -> None:
    from training.export import model_bytes

    text = "Bread costs two francs at the station, and it is baked at dawn."
    reader = OnnxReader(exported.weights)
    (span, *_) = reader.read("what?", [PassageText(0, text)], 20)
    assert span.text in text
    ids = reader._tokenizer.encode(text, add_special_tokens=False).ids
    assert len(ids) > 8
    (attempt,) = json.loads(exported.figures.read_text())["int8"]
    assert (attempt["in_fp32"], attempt["best_f1_loss"]) == ("nothing", 0.5)
    assert attempt["model_bytes"] == model_bytes(exported.weights)
    operators = {node.op_type for node in onnx.load(exported.weights / MODEL_NAME).graph.node}
    assert {"DynamicQuantizeMatMul", "LayerNormalization"} <= operators
    assert "SkipLayerNormalization" not in operators


def test_sums_and_normalisations_are_taken_apart_and_compute_the_same(tmp_path: Path) -> None:
    from index.tracing import split_norms
    from reader.model import open_session

    whole, split = joined_norm(), joined_norm()
    split_norms(split)
    onnx.save(whole, tmp_path / "whole.onnx")
    onnx.save(split, tmp_path / "split.onnx")

    assert [node.op_type for node in whole.graph.node] == ["SkipLayerNormalization"]
    assert [node.op_type for node in split.graph.node] == ["Add", "Add", "LayerNormalization"]
    rng = np.random.default_rng(0)
    feed = {name: rng.normal(size=(1, 5, 8)).astype(np.float32) for name in ("value", "skipped")}
    (expected,), (found,) = (
        open_session(tmp_path / name).run(None, feed) for name in ("whole.onnx", "split.onnx")
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def joined_norm() -> onnx.ModelProto:
    """One operator that adds two values and a bias, and normalises the sum."""
    rng = np.random.default_rng(1)
    weights = [
        onnx.numpy_helper.from_array(rng.normal(size=8).astype(np.float32), name)
        for name in ("weight", "bias", "value_bias")
    ]
    node = onnx.helper.make_node(
        "SkipLayerNormalization",
        ["value", "skipped", "weight", "bias", "value_bias"],
        ["normed"],
        "norm",
        domain="com.microsoft",
        epsilon=0.1,
    )
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, 5, 8])
        for name in ("value", "skipped", "normed")
    ]
    graph = onnx.helper.make_graph([node], "norm", values[:2], values[2:], weights)
    versions = [onnx.helper.make_opsetid("", 17), onnx.helper.make_opsetid("com.microsoft", 1)]
    return onnx.helper.make_model(graph, opset_imports=versions, ir_version=8)


def test_more_stays_in_fp32_until_little_is_lost_and_else_nothing_is_replaced(
    exported: Exported, tmp_path: Path
) -> None:
    from training.export import export, model_bytes

    out, figures = tmp_path / "weights", tmp_path / "figures.json"

    with pytest.raises(ExportError, match=r"more than 1\.25 points"):
        export(exported.checkpoint, out, scored(70.0, 68.7, 68.7, 68.7), ASKED, figures)
    assert not out.exists()
    assert len(json.loads(figures.read_text())["int8"]) == 3

    export(exported.checkpoint, out, scored(70.0, 68.7, 68.8), ASKED, figures)
    all_small, shipped = json.loads(figures.read_text())["int8"]
    assert shipped["in_fp32"] == "the last layer and the head"
    assert all_small["model_bytes"] < shipped["model_bytes"]
    assert shipped["model_bytes"] == model_bytes(out)
    assert (out / WEIGHTS_NAME).stat().st_size == weights_end(out / MODEL_NAME)
    OnnxReader(out)


def test_a_disk_that_fills_leaves_the_reader_that_was(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import export

    out = tmp_path / "weights"
    shutil.copytree(exported.weights, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    other = shutil.copytree(exported.weights, tmp_path / "other")
    (other / TOKENIZER_NAME).write_text("of another reader")

    def full(source: Path, target: Path) -> None:
        if source.name == MANIFEST_NAME:
            raise OSError(errno.ENOSPC, "No space left on device")
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        export._move_into_place(other, out)

    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def weights_end(model: Path) -> int:
    """Where the last of a model's weights ends in its file of weights."""
    places = [
        {entry.key: entry.value for entry in weight.external_data}
        for weight in onnx.load(model, load_external_data=False).graph.initializer
    ]
    return max(int(place["offset"]) + int(place["length"]) for place in places if place)


def test_a_loss_of_either_figure_counts() -> None:
    from training.export import ExportAttempt

    attempt = ExportAttempt("nothing", 1, FULL, f1_loss=1.25, best_f1_loss=-1.0)

    assert attempt.is_good
    assert not replace(attempt, f1_loss=1.26).is_good
    assert not replace(attempt, best_f1_loss=1.26).is_good
    assert "loses 1.25 points of HasAns F1 and -1.00 of best F1" in str(attempt)


def test_what_stays_in_fp32_is_named_by_its_place_in_the_network() -> None:
    from training.export import fp32_choices

    output = "/_model/mpnet/encoder/layer.{}/attention/attn/o/MatMul"
    inner = "/_model/mpnet/encoder/layer.{}/output/dense/MatMul_first"
    first, last = ([name.format(layer) for name in (output, inner)] for layer in (9, 10))
    head = "/_model/qa_outputs/MatMul"

    choices = fp32_choices(["/_model/mpnet/embeddings/Add", *first, *last, head])

    nothing, last_layer, outputs = choices.values()
    assert nothing == []
    assert last_layer == [*last, head]
    assert set(outputs) == {*last, head, output.format(9)}


def test_the_export_computes_what_the_checkpoint_does(exported: Exported) -> None:
    """In fp32, before it is made small."""
    import torch

    network = open_network(exported.checkpoint)
    ids = torch.tensor([[0, *QUESTION_IDS, 2, 2, *PASSAGE_IDS, 2]])
    with torch.inference_mode():
        expected = network.model.train(mode=False)(input_ids=ids).start_logits[0].numpy()

    in_fp32, in_int8 = exported.starts
    passage_at = len(QUESTION_IDS) + 3
    keep = [0, *range(passage_at, passage_at + len(PASSAGE_IDS))]
    assert np.allclose(in_fp32, expected[keep], atol=1e-4)
    assert np.corrcoef(in_int8, expected[keep])[0, 1] > 0.9


def test_an_earlier_readers_pieces_are_not_left(exported: Exported) -> None:
    assert {path.name for path in exported.weights.iterdir()} == {
        *(MODEL_NAME, WEIGHTS_NAME, TOKENIZER_NAME, MANIFEST_NAME)
    }


def test_the_shipped_weights_are_in_files_that_a_repository_takes() -> None:
    from reader.model import model_files
    from training.pieces import MAX_BYTES

    assert all(path.stat().st_size <= MAX_BYTES for path in model_files(shipped_weights()))
