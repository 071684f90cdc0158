"""
Text -> unit vectors.

Documents are encoded by sentence-transformers. The same model is exported once to ONNX, so that
encoding a question imports neither torch nor transformers.
"""

import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from index.encoder_files import find_encoder, folder_sha256
from index.errors import EncoderError, IndexDamagedError
from index.files import FileStamp, check_file, fsync, stamp_file

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]
"""Called with how many more are done."""

EXPORT_FORMAT_VERSION = 3
MODEL_NAME = "question.onnx"
WEIGHTS_NAME = f"{MODEL_NAME}.data"
TOKENIZER_NAME = "tokenizer.json"
MANIFEST_NAME = "manifest.json"
_EXPORTED = (MODEL_NAME, WEIGHTS_NAME, TOKENIZER_NAME)
OPSET = 17
INPUT_NAMES = ("input_ids", "attention_mask", "token_type_ids")

# More of a question than this says nothing new about where to look.
MAX_QUESTION_TOKENS = 128

_BATCH_SIZE = 32
# So few are encoded with ONNX Runtime, one by one, before torch would even be imported (over 4 s).
FEW_TEXTS = 128
# Only this attention has the shape that the optimiser fuses on export.
_EXPORTED_ATTENTION = "eager"
# Where Linux says what the processor can do, and its words for bfloat16.
_CPU_FLAGS = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")
_UNFINISHED = ".exporting-"
# An export that was begun so long ago was killed; another process may be at a younger one.
_ABANDONED_S = 3_600
# Of a model that names no limit of its own.
_NO_LIMIT = 1_000_000
# Under one of these names a model may say what goes before a document's text.
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")


class Encoder(Protocol):
    """What building an index asks of an encoder."""

    @property
    def name(self) -> str:
        """As it was set."""
        ...

    @property
    def sha256(self) -> str:
        """Tells two encoders apart whatever their names."""
        ...

    @property
    def dim(self) -> int:
        """Of its vectors."""
        ...

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """Embed texts: unit length, shape (len(texts), dim)."""
        ...


class QuestionEncoder(Protocol):
    """What retrieval asks of an encoder."""

    def encode_question(self, question: str) -> Vectors:
        """Embed one question: unit length, shape (dim,)."""
        ...


class _ExportManifest(BaseModel):
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


class SentenceEncoder:
    """The real encoder. Its weights are read when the first text is encoded."""

    def __init__(self, name: str, exports: Path) -> None:
        """
        Find the encoder, and export it if that has not been done.

        Args:
            name: See `find_encoder`.
            exports: The folder of exported encoders, one subfolder per encoder hash.

        Raises:
            EncoderError: If it can't be found, loaded or exported.
        """
        self.name = name
        self._folder = find_encoder(name)
        self.sha256 = folder_sha256(self._folder)
        self._model: SentenceTransformer | None = None
        self.export = exports / self.sha256
        if not _is_exported(self.export, self.sha256):
            _export(self._load(_EXPORTED_ATTENTION), name, self.sha256, self.export)
        self._questions = OnnxQuestionEncoder(self.export)
        self.dim = self._questions.dim

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        return self._questions.token_offsets(texts)

    def encode(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """
        Embed documents' texts.

        Args:
            texts: At least one.
            progress: Told of each batch.

        Returns:
            Unit length, shape (len(texts), dim).
        """
        if self._model is None and len(texts) <= FEW_TEXTS:
            return self._encode_few(texts, progress)
        if self._model is None:
            self._model = self._load()
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        with _fast_precision():
            for start in range(0, len(order), _BATCH_SIZE):
                rows = order[start : start + _BATCH_SIZE]
                vectors[rows] = self._model.encode_document(
                    [texts[row] for row in rows],
                    batch_size=_BATCH_SIZE,
                    show_progress_bar=False,
                    convert_to_numpy=True,
                )
                progress(len(rows))
        # Here and not in the model, which would do it in its own precision.
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _encode_few(self, texts: Sequence[str], progress: Progress) -> Vectors:
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            vectors[row] = self._questions.encode_document(text)
            progress(1)
        return vectors

    def _load(self, attention: str | None = None) -> "SentenceTransformer":
        # The hub is asked once, in find_encoder; from here on nothing may reach for it.
        os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        try:
            return SentenceTransformer(
                str(self._folder),
                device="cpu",
                model_kwargs={"attn_implementation": attention} if attention else None,
            )
        # A folder can be wrong in as many ways as there are model classes.
        except Exception as error:
            raise EncoderError(
                f"{self._folder}: sentence-transformers can't load it ({error})."
            ) from error


@contextmanager
def _fast_precision() -> Iterator[None]:
    """Compute in bfloat16 where the processor has instructions for it; elsewhere it is slower."""
    import torch

    with torch.autocast("cpu", torch.bfloat16, enabled=_has_bfloat16()):
        yield


@cache
def _has_bfloat16() -> bool:
    try:
        flags = _CPU_FLAGS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(name in flags for name in _BFLOAT16_FLAGS)


class OnnxQuestionEncoder:
    """An exported encoder: opens in milliseconds and encodes one text at a time."""

    def __init__(self, export: Path, threads: int = 0) -> None:
        """
        Open an export.

        Args:
            export: The folder that `SentenceEncoder` wrote.
            threads: For one encoding; 0 lets ONNX Runtime choose.

        Raises:
            EncoderError: If it is missing or damaged.
        """
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # A thread that spins for its next task takes a core from whoever works after: with spinning
        # here, the reader took twice as long on two cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The graph was optimised when it was written.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            manifest = _checked_manifest(export)
            self._tokenizer = Tokenizer.from_file(str(export / TOKENIZER_NAME))
            self._session = onnxruntime.InferenceSession(
                str(export / MODEL_NAME), options, providers=["CPUExecutionProvider"]
            )
        # ONNX Runtime and tokenizers raise classes of their own, or plain Exception.
        except Exception as error:
            raise EncoderError(
                f"{export}: the exported question encoder can't be opened ({error}). "
                "`quoth index` writes it again."
            ) from error
        self.dim = manifest.dim
        self._question_prefix = manifest.question_prefix
        self._document_prefix = manifest.document_prefix
        self._max_tokens = manifest.max_tokens
        self._inputs = manifest.inputs

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]

    def encode_question(self, question: str) -> Vectors:
        """Embed one question: unit length, shape (dim,)."""
        return self._encode(self._question_prefix + question, MAX_QUESTION_TOKENS)

    def encode_document(self, text: str) -> Vectors:
        """Embed one text of a document as `SentenceEncoder` does: unit length, shape (dim,)."""
        return self._encode(self._document_prefix + text, self._max_tokens)

    def _encode(self, text: str, max_tokens: int) -> Vectors:
        encoding = self._tokenizer.encode(text)
        ids, mask, types = encoding.ids, encoding.attention_mask, encoding.type_ids
        if len(ids) > max_tokens:
            # The last token closes the sequence, so it is kept.
            ids = [*ids[: max_tokens - 1], ids[-1]]
            mask, types = mask[:max_tokens], types[:max_tokens]
        feed = dict(zip(INPUT_NAMES, (ids, mask, types), strict=True))
        inputs = {name: np.array([feed[name]], dtype=np.int64) for name in self._inputs}
        vector: Vectors = self._session.run(None, inputs)[0][0]
        return vector


def verify_export(export: Path) -> None:
    """
    Compare the checksums of an exported encoder.

    Raises:
        EncoderError: If a file is missing or is not what was written.
    """
    try:
        _checked_manifest(export, verify=True)
    except (OSError, ValidationError, KeyError, IndexDamagedError) as error:
        raise EncoderError(
            f"{export}: the exported question encoder is damaged ({error}). "
            "`quoth index` writes it again."
        ) from error


def _is_exported(export: Path, sha256: str) -> bool:
    try:
        manifest = _checked_manifest(export)
    except (OSError, ValidationError, IndexDamagedError):
        return False
    return manifest.format_version == EXPORT_FORMAT_VERSION and manifest.sha256 == sha256


def _checked_manifest(export: Path, *, verify: bool = False) -> _ExportManifest:
    manifest = _ExportManifest.model_validate_json((export / MANIFEST_NAME).read_bytes())
    for name in _EXPORTED:
        check_file(export / name, manifest.files[name], verify=verify)
    return manifest


def _export(model: "SentenceTransformer", name: str, sha256: str, target: Path) -> None:
    """Write `target` aside and rename it, so that it is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f"{_UNFINISHED}*"):
        if time.time() - leftover.stat().st_mtime > _ABANDONED_S:
            shutil.rmtree(leftover, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=target.parent))
    try:
        inputs = _export_onnx(model, scratch / MODEL_NAME)
        tokenizer = model.tokenizer.backend_tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.save(str(scratch / TOKENIZER_NAME), pretty=False)
        manifest = _ExportManifest(
            format_version=EXPORT_FORMAT_VERSION,
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
    except EncoderError:
        raise
    # Tracing an arbitrary model fails in arbitrary ways; a full disk arrives as OSError.
    except Exception as error:
        raise EncoderError(f'encoder "{name}" can\'t be exported to ONNX: {error}') from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _export_onnx(model: "SentenceTransformer", target: Path) -> tuple[str, ...]:
    """Write the model with pooling and normalisation as one graph; return its inputs' names."""
    import torch
    from onnxruntime.transformers import optimizer

    features = {
        key: value
        for key, value in model.preprocess(["an example", "another one"]).items()
        if key in INPUT_NAMES
    }
    inputs = tuple(name for name in INPUT_NAMES if name in features)

    class Graph(torch.nn.Module):
        """The model as a function of tensors: tracing follows no dicts."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            embedding: torch.Tensor = self.model(dict(zip(inputs, tensors, strict=True)))[
                "sentence_embedding"
            ]
            return torch.nn.functional.normalize(embedding, dim=-1)

    axes: dict[str, dict[int, str]] = {name: {0: "batch", 1: "tokens"} for name in inputs}
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        # The tracing exporter warns that it is the older one; the newer does not yield fusible
        # attention here and needs one more package.
        warnings.simplefilter("ignore")
        traced = Path(scratch) / "traced.onnx"
        torch.onnx.export(
            Graph().eval(),
            tuple(features[name] for name in inputs),
            str(traced),
            input_names=list(inputs),
            output_names=["embedding"],
            dynamic_axes={**axes, "embedding": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
        config: Any = getattr(model[0], "auto_model").config  # noqa: B009 - torch hides its type
        optimised = optimizer.optimize_model(
            str(traced),
            model_type="bert",
            num_heads=getattr(config, "num_attention_heads", 0),
            hidden_size=getattr(config, "hidden_size", 0),
            opt_level=0,
        )
        # With its weights in a file of their own, the model is mapped instead of read and parsed.
        optimised.save_model_to_file(
            str(target), use_external_data_format=True, all_tensors_to_one_file=True
        )
    return inputs
