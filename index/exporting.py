"""
The encoder on disk: exported to ONNX once, checked whenever it is opened.

    <exports>/<encoder hash>/   encoder.onnx with its weights beside it, tokenizer.json,
                                manifest.json

It is in int8, for questions and documents, where that makes nearly the same vectors, and else in
fp32: int8 takes less time and memory (docs/lab/speed.md), and finds the answer as often
(docs/lab/retrieval.md).
"""

import math
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from index.encoder_graphs import EncoderFacts
from index.encoder_guard import MIN_MEAN_COSINE, mean_cosine
from index.errors import EncoderError, IndexDamagedError
from index.files import FileStamp, alone_in, check_file, fsync, stamp_file
from index.tracing import quantise

# Counts changes of what is exported.
FORMAT_VERSION = 5
MODEL_NAME = "encoder.onnx"
TOKENIZER_NAME = "tokenizer.json"
MANIFEST_NAME = "manifest.json"
_NEEDED = frozenset({MODEL_NAME, TOKENIZER_NAME})
Precision = Literal["int8", "fp32"]
"""In which numbers an encoder multiplies."""

_UNFINISHED = ".exporting-"


class ExportManifest(BaseModel):
    """What an exported model was made from, written down beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    name: str
    sha256: str
    dim: int
    question_prefix: str
    document_prefix: str
    max_tokens: int
    """How many tokens of a document's text count; the model was made for no more."""
    inputs: tuple[str, ...]
    precision: Precision
    mean_cosine: float | None
    """Between vectors in int8 and fp32, as `mean_cosine` has it; None if int8 can't be made."""
    files: dict[str, FileStamp]


def checked_manifest(export: Path, *, verify: bool = False) -> ExportManifest:
    """
    Read the manifest of an export and compare its files.

    Args:
        export: The folder.
        verify: Compare the files' checksums, and not only their size and time.

    Raises:
        OSError, ValidationError, IndexDamagedError: If it is not what this Quoth writes.
    """
    manifest = ExportManifest.model_validate_json((export / MANIFEST_NAME).read_bytes())
    if manifest.format_version != FORMAT_VERSION:
        raise IndexDamagedError(
            f"it has format version {manifest.format_version}, this Quoth reads {FORMAT_VERSION}"
        )
    if missing := _NEEDED - manifest.files.keys():
        raise IndexDamagedError(f"its manifest does not name {', '.join(sorted(missing))}")
    for name, stamp in manifest.files.items():
        check_file(export / name, stamp, verify=verify)
    return manifest


def verify_export(export: Path) -> None:
    """
    Compare the checksums of an exported encoder.

    Raises:
        EncoderError: If a file is missing or is not what was written.
    """
    try:
        checked_manifest(export, verify=True)
    except (OSError, ValidationError, IndexDamagedError) as error:
        raise EncoderError(
            f"{export}: the exported encoder is damaged ({error}). `quoth index` writes it again."
        ) from error


def ensure_exported(
    exports: Path, name: str, sha256: str, write: Callable[[Path], EncoderFacts]
) -> Path:
    """
    Export an encoder unless that was done, one process at a time.

    Args:
        exports: The folder of exported encoders. What a killed process left there is deleted.
        name: The name of the encoder.
        sha256: The hash of the encoder.
        write: Writes the encoder's fp32 graph.

    Returns:
        The export's folder.

    Raises:
        EncoderError: If it can't be exported or written.
    """
    target = exports / sha256
    try:
        with alone_in(exports):
            for leftover in exports.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(leftover, ignore_errors=True)
            if not _is_exported(target, sha256):
                _export(write, name, sha256, target)
    except EncoderError:
        raise
    # Writing an arbitrary model fails in arbitrary ways; a full disk arrives as OSError.
    except Exception as error:
        raise EncoderError(f'encoder "{name}" can\'t be exported to ONNX: {error}') from error
    return target


def _is_exported(export: Path, sha256: str) -> bool:
    try:
        manifest = checked_manifest(export, verify=True)
    except (OSError, ValidationError, IndexDamagedError):
        return False
    return manifest.sha256 == sha256


def _export(write: Callable[[Path], EncoderFacts], name: str, sha256: str, target: Path) -> None:
    """Write `target` aside and rename it, so that it is there whole or not at all."""
    scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        whole, small = scratch / "fp32", scratch / "int8"
        for folder in (whole, small):
            folder.mkdir()
        encoder = write(whole / MODEL_NAME)
        # Every text is encoded alone, so the tokenizer neither pads nor truncates.
        encoder.tokenizer.no_padding()
        encoder.tokenizer.no_truncation()
        encoder.tokenizer.save(str(scratch / TOKENIZER_NAME), pretty=False)
        cosine = _make_int8(encoder, whole / MODEL_NAME, small / MODEL_NAME)
        is_near = cosine is not None and cosine >= MIN_MEAN_COSINE
        for file in (small if is_near else whole).iterdir():
            file.rename(scratch / file.name)
        for folder in (whole, small):
            shutil.rmtree(folder)
        exported = sorted(path.name for path in scratch.iterdir())
        manifest = ExportManifest(
            format_version=FORMAT_VERSION,
            name=name,
            sha256=sha256,
            dim=encoder.dim,
            question_prefix=encoder.question_prefix,
            document_prefix=encoder.document_prefix,
            max_tokens=encoder.max_tokens,
            inputs=encoder.inputs,
            precision="int8" if is_near else "fp32",
            mean_cosine=cosine,
            files={file: stamp_file(scratch / file) for file in exported},
        )
        _place(scratch, manifest, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _place(scratch: Path, manifest: ExportManifest, target: Path) -> None:
    """Give an export its name, when all of it is on the disk."""
    (scratch / MANIFEST_NAME).write_text(manifest.model_dump_json(indent=2), encoding="utf-8")
    for written in (*manifest.files, MANIFEST_NAME):
        fsync(scratch / written)
    shutil.rmtree(target, ignore_errors=True)
    scratch.rename(target)


def receive_export(exports: Path, sha256: str, fetch: Callable[[Path], None]) -> None:
    """
    Have an encoder that was exported elsewhere, unless it is here, one process at a time.

    Args:
        exports: The folder of exported encoders.
        sha256: The hash of the encoder.
        fetch: Writes the files of the export to a folder.

    Raises:
        EncoderError: If it is not what this Quoth writes.
        OSError: If it can't be written.
    """
    target = exports / sha256
    with alone_in(exports):
        if _is_exported(target, sha256):
            return
        scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=exports))
        try:
            fetch(scratch)
            manifest = checked_manifest(scratch, verify=True)
            stamps = {name: stamp_file(scratch / name) for name in manifest.files}
            _place(scratch, manifest.model_copy(update={"files": stamps}), target)
        except (ValidationError, IndexDamagedError) as error:
            raise EncoderError(
                f"The exported encoder {sha256} is not one for this Quoth ({error}). Let all "
                "machines run the same version."
            ) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _make_int8(encoder: EncoderFacts, whole: Path, small: Path) -> float | None:
    """Write an encoder in int8; see `ExportManifest.mean_cosine`."""
    try:
        # Seven bits: with eight, sums overflow on processors without VNNI, and a vector would
        # depend on which machine made it (docs/lab/speed.md).
        quantise(whole, small, seven_bits=True)
        cosine = mean_cosine(encoder, whole, small)
    # Quantising an arbitrary model fails in arbitrary ways, and fp32 serves as well.
    except Exception:
        return None
    # A model that int8 breaks makes vectors that are no numbers.
    return cosine if math.isfinite(cosine) else None
