"""
The question encoder on disk: exported to ONNX once per encoder, checked whenever it is opened.

    <exports>/<encoder hash>/   question.onnx, its weights beside it, tokenizer.json, manifest.json
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import EncoderError, IndexDamagedError
from index.files import FileStamp, check_file, fsync, stamp_file
from index.tracing import INPUT_NAMES, write_onnx

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Counts changes of what is exported.
FORMAT_VERSION = 3
MODEL_NAME = "question.onnx"
WEIGHTS_NAME = f"{MODEL_NAME}.data"
TOKENIZER_NAME = "tokenizer.json"
MANIFEST_NAME = "manifest.json"

_EXPORTED = (MODEL_NAME, WEIGHTS_NAME, TOKENIZER_NAME)
_UNFINISHED = ".exporting-"
_OUTPUT_NAME = "embedding"
# Of a model that names no limit of its own.
_NO_LIMIT = 1_000_000
# Under one of these names a model may say what goes before a document's text.
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")


class ExportManifest(BaseModel):
    """Beside the exported model: what it was made from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    name: str
    sha256: str
    dim: int
    question_prefix: str
    document_prefix: str
    max_tokens: int
    """Of a document's text; the model was made for no more."""
    inputs: tuple[str, ...]
    files: dict[str, FileStamp]


def checked_manifest(export: Path, *, verify: bool = False) -> ExportManifest:
    """
    Read the manifest of an export and compare its files.

    Raises:
        OSError, ValidationError, KeyError, IndexDamagedError: If it is not what was written.
    """
    manifest = ExportManifest.model_validate_json((export / MANIFEST_NAME).read_bytes())
    for name in _EXPORTED:
        check_file(export / name, manifest.files[name], verify=verify)
    return manifest


def verify_export(export: Path) -> None:
    """
    Compare the checksums of an exported encoder.

    Raises:
        EncoderError: If a file is missing or is not what was written.
    """
    try:
        checked_manifest(export, verify=True)
    except (OSError, ValidationError, KeyError, IndexDamagedError) as error:
        raise EncoderError(
            f"{export}: the exported question encoder is damaged ({error}). "
            "`quoth index` writes it again."
        ) from error


def ensure_exported(
    exports: Path, name: str, sha256: str, load: "Callable[[], SentenceTransformer]"
) -> Path:
    """
    Export an encoder unless that was done, one process at a time.

    Args:
        exports: The folder of exported encoders. What a killed process left there is deleted.
        name: Of the encoder.
        sha256: Of the encoder.
        load: Gives the model, with attention that can be fused.

    Returns:
        The export's folder.

    Raises:
        EncoderError: If it can't be exported or written.
    """
    target = exports / sha256
    try:
        with _alone(exports):
            for leftover in exports.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            if not _is_exported(target, sha256):
                _export(load(), name, sha256, target)
    except EncoderError:
        raise
    # Tracing an arbitrary model fails in arbitrary ways; a full disk arrives as OSError.
    except Exception as error:
        raise EncoderError(f'encoder "{name}" can\'t be exported to ONNX: {error}') from error
    return target


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder's lock, which the kernel frees when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _is_exported(export: Path, sha256: str) -> bool:
    try:
        manifest = checked_manifest(export)
    except (OSError, ValidationError, KeyError, IndexDamagedError):
        return False
    return manifest.format_version == FORMAT_VERSION and manifest.sha256 == sha256


def _export(model: "SentenceTransformer", name: str, sha256: str, target: Path) -> None:
    """Write `target` aside and rename it, so that it is there whole or not at all."""
    scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        inputs = _export_model(model, scratch / MODEL_NAME)
        tokenizer = model.tokenizer.backend_tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.save(str(scratch / TOKENIZER_NAME), pretty=False)
        manifest = ExportManifest(
            format_version=FORMAT_VERSION,
            name=name,
            sha256=sha256,
            dim=model.get_embedding_dimension() or 0,
            question_prefix=model.prompts.get("query") or "",
            document_prefix=next(filter(None, map(model.prompts.get, _DOCUMENT_PROMPTS)), ""),
            max_tokens=model.max_seq_length or _NO_LIMIT,
            inputs=inputs,
            files={name: stamp_file(scratch / name) for name in _EXPORTED},
        )
        # Other users of this machine may ask too.
        scratch.chmod(0o755)
        (scratch / WEIGHTS_NAME).chmod(0o644)
        (scratch / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
        for written in (*_EXPORTED, MANIFEST_NAME):
            fsync(scratch / written)
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _export_model(model: "SentenceTransformer", target: Path) -> tuple[str, ...]:
    """Write the model with pooling and normalisation as one graph; return its inputs' names."""
    import torch

    features = model.preprocess(["an example", "another one"])
    examples = {name: features[name] for name in INPUT_NAMES if name in features}

    class Graph(torch.nn.Module):
        """The model as a function of tensors: tracing follows no dicts."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            embedding: torch.Tensor = self.model(dict(zip(examples, tensors, strict=True)))[
                "sentence_embedding"
            ]
            return torch.nn.functional.normalize(embedding, dim=-1)

    config = getattr(model[0], "auto_model").config  # noqa: B009 - torch hides its type
    write_onnx(Graph(), config, examples, {_OUTPUT_NAME: 1}, target, weights_apart=True)
    return tuple(examples)
