"""
Text -> unit vectors.

Documents are encoded by sentence-transformers. The same model is exported once to ONNX, so that
encoding a question, or a few texts of documents, imports neither torch nor transformers.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from index.encoder_files import DEFAULT_ENCODER_SHA256, find_encoder, folder_sha256
from index.encoder_graphs import EncoderFacts, write_default, write_loaded
from index.errors import EncoderError
from index.exporting import (
    TOKENIZER_NAME,
    Verified,
    checked_manifest,
    ensure_exported,
    open_documents,
    open_questions,
)
from index.tracing import FUSIBLE_ATTENTION, INPUT_NAMES

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], None]
"""Called with how many more are done."""

# More of a question than this says nothing new about where to look.
MAX_QUESTION_TOKENS = 128

_BATCH_SIZE = 32
# So few are encoded with ONNX Runtime, one by one, before torch would even be imported (over 4 s).
FEW_TEXTS = 128
# Where Linux says what the processor can do, and its words for bfloat16.
_CPU_FLAGS = Path("/proc/cpuinfo")
_BFLOAT16_FLAGS = ("avx512_bf16", "amx_bf16")


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
        """How many numbers a vector has."""
        ...

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        ...

    def prepare(self, count: int) -> None:
        """Get ready to embed so many texts, in calls for some of them."""
        ...

    def encode(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """Embed texts: unit length, shape (len(texts), dim)."""
        ...


class QuestionEncoder(Protocol):
    """What retrieval asks of an encoder."""

    def encode_question(self, question: str) -> Vectors:
        """Embed one question: unit length, shape (dim,)."""
        ...


class SentenceEncoder:
    """The real encoder. Its weights are read when the first text is encoded."""

    def __init__(
        self, name: str, exports: Path, *, begins: Callable[[str], None] = lambda _: None
    ) -> None:
        """
        Find the encoder, and export it if that has not been done.

        Args:
            name: See `find_encoder`.
            exports: The folder of exported encoders, one subfolder per encoder hash.
            begins: Told of what takes seconds: "export", or "model", which is loaded.

        Raises:
            EncoderError: If it can't be found, loaded or exported.
        """
        self.name = name
        self._begins = begins
        self._folder = find_encoder(name)
        self.sha256 = folder_sha256(self._folder)
        self._model: SentenceTransformer | None = None
        self.export = ensure_exported(exports, name, self.sha256, self._write)
        self._few = OnnxDocumentEncoder(self.export)
        self.dim = self._few.dim

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        return self._few.token_offsets(texts)

    def prepare(self, count: int) -> None:
        """Load the model, unless it is there or `count` texts are too few for it."""
        if self._model is None and count > FEW_TEXTS:
            self._begins("model")
            self._model = self._load()
            if _has_bfloat16():
                self._model.bfloat16()

    def encode(self, texts: Sequence[str], progress: Progress) -> Vectors:
        """
        Embed documents' texts.

        Args:
            texts: At least one.
            progress: Told of each batch.

        Returns:
            Unit length, shape (len(texts), dim).
        """
        self.prepare(len(texts))
        if self._model is None:
            return self._encode_few(texts, progress)
        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
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
            vectors[row] = self._few.encode_document(text)
            progress(1)
        return vectors

    def _write(self, target: Path) -> EncoderFacts:
        self._begins("export")
        if self.sha256 == DEFAULT_ENCODER_SHA256:
            return write_default(self._folder, target)
        return write_loaded(self._load(FUSIBLE_ATTENTION), target)

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


@cache
def _has_bfloat16() -> bool:
    """Whether the processor has instructions for it; elsewhere it is slower."""
    try:
        flags = _CPU_FLAGS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return any(name in flags for name in _BFLOAT16_FLAGS)


class _OnnxEncoder:
    """A model of an export: opens in milliseconds and encodes one text at a time."""

    def __init__(
        self,
        export: Path,
        open_session: "Callable[[Path], InferenceSession]",
        verified: Verified,
    ) -> None:
        from tokenizers import Tokenizer

        try:
            self._manifest = checked_manifest(export, verified)
            self._tokenizer = Tokenizer.from_file(str(export / TOKENIZER_NAME))
            self._session = open_session(export)
        # ONNX Runtime and tokenizers raise classes of their own, or plain Exception.
        except Exception as error:
            raise EncoderError(
                f"{export}: the exported encoder can't be opened ({error}). "
                "`quoth index` writes it again."
            ) from error
        self.dim = self._manifest.dim

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.offsets for encoding in encodings]

    def _encode(self, text: str, max_tokens: int) -> Vectors:
        encoding = self._tokenizer.encode(text)
        ids, mask, types = encoding.ids, encoding.attention_mask, encoding.type_ids
        if len(ids) > max_tokens:
            # The last token closes the sequence, so it is kept.
            ids = [*ids[: max_tokens - 1], ids[-1]]
            mask, types = mask[:max_tokens], types[:max_tokens]
        feed = dict(zip(INPUT_NAMES, (ids, mask, types), strict=True))
        inputs = {name: np.array([feed[name]], dtype=np.int64) for name in self._manifest.inputs}
        vector: Vectors = self._session.run(None, inputs)[0][0]
        return vector


class OnnxQuestionEncoder(_OnnxEncoder):
    """Encodes questions; any thread may call it."""

    def __init__(self, export: Path) -> None:
        """
        Open an export.

        Args:
            export: The folder that `SentenceEncoder` wrote.

        Raises:
            EncoderError: If it is missing or damaged.
        """
        super().__init__(export, open_questions, "questions")

    def encode_question(self, question: str) -> Vectors:
        """Embed one question: unit length, shape (dim,)."""
        return self._encode(self._manifest.question_prefix + question, MAX_QUESTION_TOKENS)


class OnnxDocumentEncoder(_OnnxEncoder):
    """Encodes texts of documents as `SentenceEncoder` does."""

    def __init__(self, export: Path) -> None:
        """
        Open an export.

        Raises:
            EncoderError: If it is missing or damaged.
        """
        # They were compared when it was seen that there is an export.
        super().__init__(export, open_documents, "none")

    def encode_document(self, text: str) -> Vectors:
        """Embed one text of a document: unit length, shape (dim,)."""
        return self._encode(self._manifest.document_prefix + text, self._manifest.max_tokens)
