"""Readers that run on torch: any extractive question-answering model, from a folder or the hub."""

from pathlib import Path
from typing import TYPE_CHECKING

from index.model_files import ModelKind
from reader.errors import ReaderError

if TYPE_CHECKING:
    from reader.transformers_reader import TransformersReader

_KIND = ModelKind(
    "reader",
    "Name the folder of a question-answering model",
    unwanted=("*/*",),
    error=ReaderError,
)


def find_reader(name: str) -> Path:
    """
    Find the folder of a reader.

    Args:
        name: A folder, or `NAME@COMMIT` on the Hugging Face hub.

    Raises:
        ReaderError: If there is no such reader.
    """
    return _KIND.find(name)


def open_on_torch(name: str, threads: int) -> "TransformersReader":
    """
    Open a reader, which imports torch.

    Args:
        name: See `find_reader`.
        threads: For one passage; 0 lets torch choose.

    Raises:
        ReaderError: If it can't be found, or is no such model.
    """
    from reader.transformers_reader import TransformersReader

    folder = find_reader(name)
    return TransformersReader(folder, _KIND.sha256(folder), threads)
