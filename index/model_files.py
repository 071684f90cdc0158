"""Where the files of a model are, of an encoder or a reader, and which model they are."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Files of a model's folder that decide what it computes.
_DECIDING_SUFFIXES = frozenset({".safetensors", ".bin", ".json", ".txt", ".model"})
# What is fetched from the hub: weights, configuration and tokenizer. Pickled weights can run code.
_FETCHED = ("*.safetensors", "*.json", "*.txt", "*.model")
# A model on the hub and its commit; a branch's or a tag's name says something else tomorrow.
_PINNED = re.compile(r"(?P<name>[\w.-]+(?:/[\w.-]+)?)@(?P<commit>[0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class ModelKind:
    """A kind of model, and how a person is told that there is none of a name."""

    name: str
    """As errors call it."""
    advice: str
    """What to name instead, as a sentence without its end."""
    unwanted: tuple[str, ...]
    """Patterns of files on the hub that hold the same weights in other formats."""
    error: type[Exception]

    def find(self, name: str) -> Path:
        """
        Find the folder of a model.

        Args:
            name: A folder, or `NAME@COMMIT` on the Hugging Face hub.

        Raises:
            Exception: The kind's `error`, if there is no such model.
        """
        if Path(name).is_dir():
            return Path(name)
        pinned = _PINNED.fullmatch(name)
        if pinned is None:
            raise self.error(
                f'{self.name} "{name}": there is no such folder. {self.advice}, or a model of the '
                "Hugging Face hub with its commit, as in owner/model@COMMIT: the 40 digits that "
                "its page shows under Files, History."
            )
        return self._fetched(name, pinned["name"], pinned["commit"])

    def _fetched(self, name: str, model: str, commit: str) -> Path:
        from huggingface_hub import snapshot_download

        try:
            folder = Path(
                snapshot_download(
                    model,
                    revision=commit,
                    allow_patterns=list(_FETCHED),
                    ignore_patterns=list(self.unwanted),
                )
            )
        # Its errors share no base: a wrong name, no network and no permission are all different.
        except Exception as error:
            raise self.error(
                f'{self.name} "{name}": the Hugging Face hub did not give it '
                f"({type(error).__name__}). Check its name and the network. Without a network, "
                "download the model elsewhere and name its folder."
            ) from error
        if not any(folder.rglob("*.safetensors")):
            raise self.error(
                f'{self.name} "{name}": has no weights as safetensors. Other formats can run code, '
                "so they are not fetched; name another model."
            )
        return folder

    def sha256(self, folder: Path) -> str:
        """
        Tell models apart by the files that decide what they compute.

        Raises:
            Exception: The kind's `error`, if one of them can't be read.
        """
        digest = hashlib.sha256()
        for path in sorted(_deciding_files(folder)):
            name = path.relative_to(folder).as_posix()
            digest.update(json.dumps([name, self._file_sha256(path)]).encode())
        return digest.hexdigest()

    def _file_sha256(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise self.error(f"{path}: can't be read ({error.strerror}).") from error


def _deciding_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in _DECIDING_SUFFIXES)
