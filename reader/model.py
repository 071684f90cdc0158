"""
The reader's model: question and passage in, logits out, on ONNX Runtime.

Each passage is read in a run of its own, without padding. int8 activations take their scales from
the whole run, so in a batch one passage's logits would depend on its company. A run has one thread,
and several passages are read side by side: threads that share a run wait for each other at every
operator.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, field_validator

from reader.errors import ReaderError
from reader.spans import Logits, Span, best_spans, from_character, without_spaces
from reader.threads import ReaderThreads

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MODEL_NAME = "reader.onnx"
# Apart from the graph, weights are mapped; within it, they would be read, parsed and copied.
WEIGHTS_NAME = f"{MODEL_NAME}.data"
TOKENIZER_NAME = "tokenizer.json"
MANIFEST_NAME = "manifest.json"
FORMAT_VERSION = 3
AGAIN = "Reinstall Quoth, or add the reader again if it is one that you added."

# Passages are cut far shorter; this bounds what a model that has room for more is given.
MAX_TOKENS = 512
# With less, neither question nor passage has room.
MIN_TOKENS = 32
# The end of a long question is kept: people tell the story first and then ask.
MAX_QUESTION_TOKENS = 64
# Between two parts of a file, Python's lock is waited for, which whoever imports beside holds for
# milliseconds. `hashlib.file_digest` reads sixteen times as many.
_READ_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class PassageText:
    """What the reader needs of a passage."""

    id: int
    text: str
    context: str = ""
    """What is read before it, such as its document's title; no span is of that."""

    @property
    def whole(self) -> str:
        """What is read: the context, if there is one, and the text."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def text_start(self) -> int:
        """Where the text begins in `whole`, in characters."""
        return len(self.whole) - len(self.text)


class Reader(Protocol):
    """Question and passages in, spans out."""

    @property
    def sha256(self) -> str:
        """Tells two readers apart; a calibration holds for one."""
        ...

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        """
        Find the spans that may answer a question.

        Args:
            question: Not blank.
            passages: Any number; each is read on its own.
            spans_per_passage: How many spans of each passage, at most.

        Returns:
            Spans of all passages, the largest margin first.
        """
        ...


class Layout(BaseModel):
    """How a model wants question and passage: ids of special tokens around the two."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before: tuple[int, ...] = Field(min_length=1)
    """Before the question. The first of them stands for the whole, where it says "no answer"."""
    between: tuple[int, ...]
    """Between question and passage."""
    after: tuple[int, ...]
    """After the passage."""
    has_types: bool
    """Whether it is told, by `token_type_ids`, which tokens are the question's and which not."""
    max_tokens: int = Field(ge=MIN_TOKENS, le=MAX_TOKENS)
    """What it has positions for, special tokens included."""

    @property
    def special_tokens(self) -> int:
        """How many there are around question and passage."""
        return len(self.before) + len(self.between) + len(self.after)

    @property
    def max_question_tokens(self) -> int:
        """What is kept of a long question, so that half of the room is the passage's."""
        return min(MAX_QUESTION_TOKENS, self.max_tokens // 2)


class ReaderManifest(BaseModel):
    """What the weights are, written down beside them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format_version: int
    files: dict[str, str]
    """sha256 by name: of graph and tokenizer, and of one or more files of weights."""
    layout: Layout

    @field_validator("files")
    @classmethod
    def _check_names(cls, files: dict[str, str]) -> dict[str, str]:
        missing = {MODEL_NAME, TOKENIZER_NAME} - files.keys()
        if missing:
            raise ValueError(f"names no {' and no '.join(sorted(missing))}")
        elsewhere = [name for name in files if name == ".." or Path(name).name != name]
        if elsewhere:
            raise ValueError(f"names {elsewhere[0]!r}, which is no file of this folder")
        return files

    @property
    def sha256(self) -> str:
        """Tells two readers apart, by all of their files."""
        hashes = "".join(self.files[name] for name in sorted(self.files))
        return hashlib.sha256(hashes.encode()).hexdigest()


class _Version(BaseModel):
    format_version: int


def model_files(folder: Path) -> list[Path]:
    """A reader's graph and its weights, in one file or several."""
    return [folder / MODEL_NAME, *sorted(folder.glob(f"{WEIGHTS_NAME}*"))]


def write_manifest(folder: Path, layout: Layout) -> None:
    """Complete a reader's folder: from here on it can be opened."""
    every = [*model_files(folder), folder / TOKENIZER_NAME]
    files = {path.name: file_sha256(path) for path in every}
    manifest = ReaderManifest(format_version=FORMAT_VERSION, files=files, layout=layout)
    content = manifest.model_dump_json(indent=2) + "\n"
    (folder / MANIFEST_NAME).write_text(content, encoding="utf-8")


def read_manifest(weights: Path) -> ReaderManifest:
    """
    Read what a reader's folder says of itself.

    Raises:
        ReaderError: If the folder holds no reader that this Quoth reads.
    """
    try:
        content = (weights / MANIFEST_NAME).read_bytes()
        version = _Version.model_validate_json(content).format_version
        if version != FORMAT_VERSION:
            raise ReaderError(
                f"{weights / MANIFEST_NAME}: has format version {version}, "
                f"this Quoth reads {FORMAT_VERSION}. {AGAIN}"
            )
        return ReaderManifest.model_validate_json(content)
    except (OSError, ValueError) as error:
        raise ReaderError(f"{weights}: holds no reader ({error}). {AGAIN}") from error


def shipped_weights() -> Path:
    """The folder of the weights that come with Quoth."""
    return Path(str(files("reader") / "weights"))


class OnnxReader:
    """A reader that was exported, such as the shipped one; any thread may call it."""

    def __init__(self, weights: Path, threads: int = 0) -> None:
        """
        Open a reader.

        Args:
            weights: A folder that `write_manifest` completed.
            threads: For one question, each in a passage of its own; 0 means one per core.

        Raises:
            ReaderError: If the folder holds no sound reader.
        """
        from tokenizers import Tokenizer

        manifest = read_manifest(weights)
        try:
            found = {name: file_sha256(weights / name) for name in sorted(manifest.files)}
        except OSError as error:
            raise ReaderError(f"{weights}: holds no reader ({error}). {AGAIN}") from error
        for name, sha256 in found.items():
            if sha256 != manifest.files[name]:
                raise ReaderError(f"{weights / name}: is not what was written (checksum). {AGAIN}")
        self.folder = weights
        self.sha256 = manifest.sha256
        self._tokenizer = Tokenizer.from_file(str(weights / TOKENIZER_NAME))
        self._session = open_session(weights / MODEL_NAME)
        self._layout = manifest.layout
        self._threads = ReaderThreads(threads or os.cpu_count() or 1)

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        """See `Reader.read`."""
        asked = self._question_ids(question)

        def read_one(passage: PassageText) -> list[Span]:
            tokens = self._tokenizer.encode(passage.whole, add_special_tokens=False)
            logits = self.logits(asked, tokens.ids)
            kept = len(logits.start) - 1
            offsets = without_spaces(passage.whole, tokens.offsets[:kept])
            offsets, logits = from_character(passage.text_start, offsets, logits)
            return best_spans(passage.id, passage.text, offsets, logits, spans_per_passage)

        read = self._threads.map(read_one, passages, size=lambda passage: len(passage.whole))
        return sorted(chain.from_iterable(read), key=lambda span: -span.margin)

    def _question_ids(self, question: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(question, add_special_tokens=False).ids
        return ids[-self._layout.max_question_tokens :]

    def logits(self, question_ids: Sequence[int], passage_ids: Sequence[int]) -> Logits:
        """
        Run the model on one question and one passage.

        Args:
            question_ids: Token ids without the special ones.
            passage_ids: Token ids likewise, of which those are read for which there is room.
        """
        inputs, keep = self._inputs(question_ids, passage_ids)
        start, end = self._session.run(None, inputs)
        return Logits(start[0][keep], end[0][keep])

    def inputs(self, question: str, passage: str) -> dict[str, npt.NDArray[np.int64]]:
        """What the model is given for a question and a passage, by name."""
        tokens = self._tokenizer.encode(passage, add_special_tokens=False)
        return self._inputs(self._question_ids(question), tokens.ids)[0]

    def _inputs(
        self, question_ids: Sequence[int], passage_ids: Sequence[int]
    ) -> tuple[dict[str, npt.NDArray[np.int64]], npt.NDArray[np.int64]]:
        """What the model is given, and where the logits stand that count."""
        layout = self._layout
        read = passage_ids[: layout.max_tokens - layout.special_tokens - len(question_ids)]
        head = [*layout.before, *question_ids, *layout.between]
        ids = np.array([[*head, *read, *layout.after]], dtype=np.int64)
        inputs = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        if layout.has_types:
            types = np.zeros_like(ids)
            types[0, len(head) :] = 1
            inputs["token_type_ids"] = types
        # "No answer" is the first token; the question and the separators are no answers.
        return inputs, np.r_[0, len(head) : len(head) + len(read)]


def open_session(model: Path, profile: Path | None = None) -> "InferenceSession":
    """
    Open a model as it is read with.

    Args:
        model: The ONNX file.
        profile: Where ONNX Runtime writes what each operator takes; the beginning of the name.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    # Planned, all of a run would be one block, which the arena keeps for each length anew.
    options.enable_mem_pattern = False
    # Joined in one operator, a sum and its normalisation take five times as long on a processor.
    options.add_session_config_entry(
        "optimization.disable_specified_optimizers", "SkipLayerNormFusion"
    )
    if profile is not None:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile)
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's content."""
    digest = hashlib.sha256()
    part = bytearray(_READ_BYTES)
    with path.open("rb", buffering=0) as file:
        while length := file.readinto(part):
            digest.update(memoryview(part)[:length])
    return digest.hexdigest()
