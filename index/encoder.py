"""
Text -> unit vectors.

An encoder is exported once to ONNX, and from then on encodes questions and documents without torch.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from index.encoder_files import DEFAULT_ENCODER_SHA256, find_encoder, folder_sha256
from index.encoder_graphs import EncoderFacts, write_default, write_loaded
from index.encoder_session import inputs_of, open_session
from index.errors import EncoderError
from index.exporting import (
    MODEL_NAME,
    TOKENIZER_NAME,
    Precision,
    checked_manifest,
    ensure_exported,
)
from index.passages import offsets_by
from index.tracing import FUSIBLE_ATTENTION

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]
EncodingProgress = Callable[[int], None]
"""Called with how many more are done."""

# More of a question than this says nothing new about where to look.
MAX_QUESTION_TOKENS = 128


class Encoder(Protocol):
    """What building an index asks of an encoder."""

    @property
    def name(self) -> str:
        """The name of the encoder, as it was set."""
        ...

    @property
    def sha256(self) -> str:
        """The hash that tells two encoders apart, whatever their names."""
        ...

    @property
    def dim(self) -> int:
        """How many numbers a vector has."""
        ...

    @property
    def precision(self) -> Precision:
        """The numbers in which the encoder computes."""
        ...

    @property
    def tokenizer(self) -> bytes:
        """Its tokenizer as the library `tokenizers` writes it, for other processes."""
        ...

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        ...

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        """Embed texts: unit length, shape (len(texts), dim)."""
        ...


class QuestionEncoder(Protocol):
    """What retrieval asks of an encoder."""

    def encode_question(self, question: str) -> Vectors:
        """Embed one question: unit length, shape (dim,)."""
        ...


class SentenceEncoder:
    """An encoder as a build uses it, by its folder or name: exported to ONNX if need be."""

    def __init__(
        self, name: str, exports: Path, *, begins: Callable[[str], None] = lambda _: None
    ) -> None:
        """
        Find the encoder, and export it if that has not been done.

        Args:
            name: See `find_encoder`.
            exports: The folder of exported encoders, one subfolder per encoder hash.
            begins: Told of what takes seconds: "export".

        Raises:
            EncoderError: If it can't be found, loaded or exported.
        """
        self.name = name
        self._begins = begins
        self._folder = find_encoder(name)
        self.sha256 = folder_sha256(self._folder)
        self.export = ensure_exported(exports, name, self.sha256, self._write)
        self._documents = OnnxDocumentEncoder(self.export)
        self.dim = self._documents.dim
        self.precision = self._documents.precision

    @property
    def tokenizer(self) -> bytes:
        """See `Encoder`."""
        return (self.export / TOKENIZER_NAME).read_bytes()

    def token_offsets(self, texts: Sequence[str], /) -> list[list[tuple[int, int]]]:
        """See `index.passages.TokenOffsets`."""
        return self._documents.token_offsets(texts)

    def encode(self, texts: Sequence[str], progress: EncodingProgress) -> Vectors:
        """
        Embed documents' texts, on all cores.

        Args:
            texts: At least one.
            progress: Told of each text.

        Returns:
            Unit length, shape (len(texts), dim).
        """
        vectors = np.empty((len(texts), self.dim), dtype=np.float32)
        # Each text by itself: in int8 the texts beside it would change its vector a little, and in
        # any precision they would be padded to the longest.
        with ThreadPoolExecutor(_cores(), thread_name_prefix="encoder") as threads:
            encoded = threads.map(self._documents.encode_document, texts)
            for row, vector in enumerate(encoded):
                vectors[row] = vector
                progress(1)
        return vectors

    def _write(self, target: Path) -> EncoderFacts:
        self._begins("export")
        if self.sha256 == DEFAULT_ENCODER_SHA256:
            return write_default(self._folder, target)
        return write_loaded(self._load(), target)

    def _load(self) -> "SentenceTransformer":
        # The hub is asked once, in find_encoder; from here on nothing may reach for it.
        os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            return SentenceTransformer(
                str(self._folder),
                device="cpu",
                model_kwargs={"attn_implementation": FUSIBLE_ATTENTION},
            )
        # A folder can be wrong in as many ways as there are model classes.
        except Exception as error:
            raise EncoderError(
                f"{self._folder}: sentence-transformers can't load it ({error})."
            ) from error


def _cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _OnnxEncoder:
    """An exported encoder: opens in milliseconds and encodes one text at a time, in any thread."""

    _verifies = True
    """Whether its files are compared with their checksums."""

    def __init__(self, export: Path) -> None:
        """
        Open an export.

        Args:
            export: The folder that `SentenceEncoder` wrote.

        Raises:
            EncoderError: If it is missing or damaged.
        """
        from tokenizers import Tokenizer

        try:
            self._manifest = checked_manifest(export, verify=self._verifies)
            self._tokenizer = Tokenizer.from_file(str(export / TOKENIZER_NAME))
            self._session = open_session(export / MODEL_NAME)
        # ONNX Runtime and tokenizers raise classes of their own, or plain Exception.
        except Exception as error:
            raise EncoderError(
                f"{export}: the exported encoder can't be opened ({error}). "
                "`quoth index` writes it again."
            ) from error
        self.dim = self._manifest.dim
        self.precision = self._manifest.precision
        self.token_offsets = offsets_by(self._tokenizer)

    def _encode(self, text: str, max_tokens: int) -> Vectors:
        inputs = inputs_of(self._tokenizer.encode(text), max_tokens, self._manifest.inputs)
        vector: Vectors = self._session.run(None, inputs)[0][0]
        return vector


class OnnxQuestionEncoder(_OnnxEncoder):
    """Encodes questions; any thread may call it."""

    def encode_question(self, question: str) -> Vectors:
        """Embed one question: unit length, shape (dim,)."""
        return self._encode(self._manifest.question_prefix + question, MAX_QUESTION_TOKENS)


class OnnxDocumentEncoder(_OnnxEncoder):
    """Encodes texts of documents; any thread may call it."""

    # They were compared when it was seen that there is an export.
    _verifies = False

    def encode_document(self, text: str) -> Vectors:
        """Embed one text of a document: unit length, shape (dim,)."""
        return self._encode(self._manifest.document_prefix + text, self._manifest.max_tokens)
