"""Readers that run on torch: where they are found, and how they are told apart."""

from pathlib import Path
from typing import Any

import pytest

from bot.torch_readers import find_reader, open_on_torch
from reader.errors import ReaderError
from tests.reader.test_transformers_reader import make_model

COMMIT = "a1" * 20


@pytest.mark.torch
def test_two_models_have_two_hashes(tmp_path: Path) -> None:
    folders = [make_model(tmp_path / f"{seed}", seed=seed) for seed in range(2)]

    one, other = (open_on_torch(str(folder), 1).sha256 for folder in folders)

    assert one != other


def test_of_the_hub_only_weights_configuration_and_tokenizer_are_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub.utils._paths import filter_repo_objects

    there = ["config.json", "model.safetensors", "vocab.txt", "tokenizer.json", "spiece.model"]
    heavy = ["pytorch_model.bin", "tf_model.h5", "model.onnx", "onnx/config.json", "run.py"]
    fetched: list[str] = []

    def fetch(name: str, *, revision: str, **patterns: Any) -> str:
        assert (name, revision) == ("some/model", COMMIT)
        fetched.extend(filter_repo_objects(there + heavy, **patterns))
        for each in fetched:
            (tmp_path / each).touch()
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)

    assert find_reader(f"some/model@{COMMIT}") == tmp_path
    assert fetched == there
    there.remove("model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    fetched.clear()
    with pytest.raises(ReaderError, match="no weights as safetensors"):
        find_reader(f"some/model@{COMMIT}")


@pytest.mark.parametrize("name", ["some/model", "some/model@main", "some/model@a1b2"])
def test_a_model_without_its_commit_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr("huggingface_hub.snapshot_download", pytest.fail)

    with pytest.raises(ReaderError, match="owner/model@COMMIT"):
        find_reader(name)


def test_a_reader_that_is_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(name: str, **_: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", unreachable)

    with pytest.raises(
        ReaderError, match=r"the Hugging Face hub did not give it .* name its folder"
    ):
        find_reader(f"no/such@{COMMIT}")
