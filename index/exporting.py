"""
The encoder on disk: exported to ONNX once, checked whenever it is opened.

    <exports>/<encoder hash>/   document.onnx, in fp32, for the texts of documents
                                question.onnx, in int8 where that makes nearly the same of questions
                                weights beside both, tokenizer.json, manifest.json

int8 takes less time and memory (docs/lab/speed.md), and finds the answer as often
(docs/lab/retrieval.md).
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from index.encoder_graphs import EncoderFacts
from index.errors import EncoderError, IndexDamagedError
from index.files import FileStamp, check_file, fsync, stamp_file
from index.tracing import INPUT_NAMES, quantise

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# Counts changes of what is exported.
FORMAT_VERSION = 4
DOCUMENT_NAME = "document.onnx"
QUESTION_NAME = "question.onnx"
TOKENIZER_NAME = "tokenizer.json"
MANIFEST_NAME = "manifest.json"
_NEEDED = frozenset({DOCUMENT_NAME, QUESTION_NAME, TOKENIZER_NAME})
Verified = Literal["none", "questions", "all"]

# Between the vectors in fp32 and int8 of each of these. all-MiniLM-L6-v2 has 0.986 at least over
# 400 questions; encoders with activations of very different sizes lose much more.
MIN_COSINE = 0.97
_EXAMPLES = (
    "how many were deported for drunk driving?",
    "Who is the chair of the association, and since when?",
    "when does the swimming pool open on public holidays",
    "What happens to members who have not paid their fee by the end of March?",
    "why",
    "cost of a day ticket for 2 adults and 3 children under 6 in euros",
    "Along with Marie Curie, who was awarded the Nobel Prize in Physics in 1903?",
    "rules about posting links in #general",
)
_UNFINISHED = ".exporting-"
PROVIDERS = ("CPUExecutionProvider",)


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
    """How many tokens of a document's text count; the model was made for no more."""
    inputs: tuple[str, ...]
    files: dict[str, FileStamp]


def checked_manifest(export: Path, verified: Verified = "none") -> ExportManifest:
    """
    Read the manifest of an export and compare its files.

    Args:
        export: The folder.
        verified: The files whose checksums are compared, and not only their size and time.

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
        verify = verified == "all" or (verified == "questions" and name in _for_questions(manifest))
        check_file(export / name, stamp, verify=verify)
    return manifest


def _for_questions(manifest: ExportManifest) -> frozenset[str]:
    """The files that are read to encode questions."""
    own = frozenset(name for name in manifest.files if name.startswith(QUESTION_NAME))
    # A model without weights of its own names those of the documents' model.
    return own | {TOKENIZER_NAME} if len(own) > 1 else frozenset(manifest.files)


def verify_export(export: Path) -> None:
    """
    Compare the checksums of an exported encoder.

    Raises:
        EncoderError: If a file is missing or is not what was written.
    """
    try:
        checked_manifest(export, "all")
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
        name: The encoder's.
        sha256: The encoder's.
        write: Writes the encoder's fp32 graph.

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
                _export(write, name, sha256, target)
    except EncoderError:
        raise
    # Writing an arbitrary model fails in arbitrary ways; a full disk arrives as OSError.
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
        manifest = checked_manifest(export, "all")
    except (OSError, ValidationError, IndexDamagedError):
        return False
    return manifest.sha256 == sha256


def _export(write: Callable[[Path], EncoderFacts], name: str, sha256: str, target: Path) -> None:
    """Write `target` aside and rename it, so that it is there whole or not at all."""
    scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        encoder = write(scratch / DOCUMENT_NAME)
        # Every text is encoded alone, so the tokenizer neither pads nor truncates.
        encoder.tokenizer.no_padding()
        encoder.tokenizer.no_truncation()
        encoder.tokenizer.save(str(scratch / TOKENIZER_NAME), pretty=False)
        if not _quantised_well(encoder, scratch):
            # Its graph names the documents' weights.
            (scratch / f"{QUESTION_NAME}.data").unlink(missing_ok=True)
            shutil.copyfile(scratch / DOCUMENT_NAME, scratch / QUESTION_NAME)
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
        sha256: The encoder's.
        fetch: Writes the files of the export to a folder.

    Raises:
        EncoderError: If it is not what this Quoth writes.
        OSError: If it can't be written.
    """
    target = exports / sha256
    with _alone(exports):
        if _is_exported(target, sha256):
            return
        scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=exports))
        try:
            fetch(scratch)
            manifest = checked_manifest(scratch, "all")
            stamps = {name: stamp_file(scratch / name) for name in manifest.files}
            _place(scratch, manifest.model_copy(update={"files": stamps}), target)
        except (ValidationError, IndexDamagedError) as error:
            raise EncoderError(
                f"The exported encoder {sha256} is not one for this Quoth ({error}). Let all "
                "machines run the same version."
            ) from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _quantised_well(encoder: EncoderFacts, folder: Path) -> bool:
    """Write the questions' model; whether it makes of `_EXAMPLES` what the documents' makes."""
    try:
        quantise(folder / DOCUMENT_NAME, folder / QUESTION_NAME)
        small = open_questions(folder)
    # Quantising an arbitrary model fails in arbitrary ways, and fp32 serves as well.
    except Exception:
        return False
    exact = open_documents(folder)
    cosines = []
    for example in _EXAMPLES:
        tokens = encoder.tokenizer.encode(encoder.question_prefix + example)
        values = (tokens.ids, tokens.attention_mask, tokens.type_ids)
        given = dict(zip(INPUT_NAMES, values, strict=True))
        feed = {name: np.array([given[name]], dtype=np.int64) for name in encoder.inputs}
        (one,), (other,) = (session.run(None, feed)[0] for session in (exact, small))
        cosines.append(one @ other)
    # Of a model that int8 breaks, some are no numbers; then this is none either, and not enough.
    return bool(np.min(cosines) >= MIN_COSINE)


def open_questions(export: Path) -> "InferenceSession":
    """Open the questions' model as they are encoded."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Of the default encoder so little is to compute that a second thread gains nothing.
    options.intra_op_num_threads = 1
    # It would keep what the longest question took.
    options.enable_cpu_mem_arena = False
    # A sum and its normalisation in one operator take five times as long on a processor.
    options.add_session_config_entry(
        "optimization.disable_specified_optimizers", "SkipLayerNormFusion"
    )
    return onnxruntime.InferenceSession(str(export / QUESTION_NAME), options, providers=PROVIDERS)


def open_documents(export: Path) -> "InferenceSession":
    """Open the documents' model, with as many threads as ONNX Runtime chooses."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # A thread that spins for its next task takes a core from whoever works beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The graph was optimised when it was written.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(str(export / DOCUMENT_NAME), options, providers=PROVIDERS)
