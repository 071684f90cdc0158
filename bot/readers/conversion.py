"""A question-answering model of transformers -> a reader that runs without torch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from index.bert import bert_config, write_reader
from index.tracing import FUSIBLE_ATTENTION, INPUT_NAMES, write_onnx
from reader.errors import ReaderError
from reader.model import (
    MIN_TOKENS,
    MODEL_NAME,
    TOKENIZER_NAME,
    Layout,
    open_session,
    write_manifest,
)
from reader.transformers_reader import load_model, max_tokens_of

_OUTPUT_NAMES = ("start_logits", "end_logits")
# Logits of torch and of ONNX Runtime differ in the last digits.
_MAX_DIFFERENCE = 1e-2


class _Logits(torch.nn.Module):  # type: ignore[misc]
    """The model with its inputs in the order of `INPUT_NAMES` and its two outputs alone."""

    def __init__(self, model: Any, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self._names = names

    def forward(self, *values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        output = self.model(**dict(zip(self._names, values, strict=True)))
        return output.start_logits, output.end_logits


def convert(model_folder: Path, folder: Path) -> str:
    """
    Write a model as fp32 ONNX with its tokenizer and manifest.

    Args:
        model_folder: Holds a model with a question-answering head, and a fast tokenizer.
        folder: An empty folder, which `OnnxReader` can open afterwards.

    Returns:
        What transformers calls the architecture.

    Raises:
        ReaderError: If the folder holds no such model, or it can't be converted.
    """
    model, tokenizer = load_model(
        model_folder, attn_implementation=FUSIBLE_ATTENTION, dtype=torch.float32
    )
    max_tokens = max_tokens_of(model, tokenizer)
    if max_tokens < MIN_TOKENS:
        raise _not_converted(
            model_folder, f"it takes {max_tokens} tokens at a time, too few for two texts"
        )
    ids, types, sequence = _example(tokenizer, model_folder)
    names = INPUT_NAMES if types is not None else INPUT_NAMES[:2]
    values = [ids, np.ones_like(ids), types][: len(names)]
    examples = dict(zip(names, map(torch.from_numpy, values), strict=True))
    logits = _Logits(model, names)
    with failures_told(model_folder):
        _write(logits, examples, folder / MODEL_NAME)
        taken = _compare(logits, folder / MODEL_NAME, examples, max_tokens)
    _write_tokenizer(tokenizer, folder / TOKENIZER_NAME)
    has_types = "token_type_ids" in taken
    write_manifest(folder, _layout(ids, sequence, max_tokens, has_types=has_types))
    architecture: str = model.config.model_type
    return architecture


@contextmanager
def failures_told(model_folder: Path) -> Iterator[None]:
    """
    Tell that a model can't be converted, whatever it is that fails.

    Raises:
        ReaderError: If anything but the disk fails.
    """
    try:
        yield
    except (OSError, ReaderError):
        raise
    # torch's exporter and ONNX Runtime fail in as many ways as there are architectures.
    except Exception as error:
        raise _not_converted(model_folder, str(error)) from error


def _write(logits: _Logits, examples: dict[str, torch.Tensor], target: Path) -> None:
    config = bert_config(logits.model.config.to_dict())
    if config is not None and tuple(examples) == INPUT_NAMES:
        weights = {name: value.numpy() for name, value in logits.model.state_dict().items()}
        write_reader(config, weights, target)
        return
    write_onnx(
        logits,
        logits.model.config,
        examples,
        dict.fromkeys(_OUTPUT_NAMES, 2),
        target,
        first_token_apart=True,
    )


def _not_converted(model_folder: Path, why: str) -> ReaderError:
    first_line = why.strip().partition("\n")[0]
    return ReaderError(
        f"{model_folder}: can't be converted ({first_line}). Name it as QUOTH_READER, and it runs "
        "on torch, or add another model."
    )


def _example(
    tokenizer: Any, model_folder: Path
) -> tuple[np.ndarray, np.ndarray | None, list[int | None]]:
    """A question and a passage as the tokenizer joins them: ids, types if any, whose each is."""
    joined = tokenizer(
        "how many people",
        "two of three people " * MIN_TOKENS,
        truncation="only_second",
        max_length=MIN_TOKENS,
    )
    sequence: list[int | None] = joined.sequence_ids(0)
    ids = joined["input_ids"]
    if sequence[0] is not None or ids[0] != tokenizer.cls_token_id:
        raise _not_converted(
            model_folder, 'it has no first token that stands for the whole, as "no answer"'
        )
    types = joined.get("token_type_ids")
    if types is None or not any(types):
        return np.array([ids]), None, sequence
    passage_at = sequence.index(1)
    if types != [int(place >= passage_at) for place in range(len(ids))]:
        raise _not_converted(model_folder, "its token types are none that Quoth knows")
    return np.array([ids]), np.array([types]), sequence


def _layout(
    ids: np.ndarray, sequence: list[int | None], max_tokens: int, *, has_types: bool
) -> Layout:
    question, passage = sequence.index(0), sequence.index(1)
    (row,) = ids.tolist()
    return Layout(
        before=tuple(row[:question]),
        between=tuple(row[question + sequence.count(0) : passage]),
        after=tuple(row[passage + sequence.count(1) :]),
        has_types=has_types,
        max_tokens=max_tokens,
    )


def _compare(
    logits: _Logits, written: Path, examples: dict[str, torch.Tensor], max_tokens: int
) -> set[str]:
    """Check that the file computes what the model does, whatever the length; name its inputs."""
    session = open_session(written)
    taken = {one.name for one in session.get_inputs()}
    for tokens in (MIN_TOKENS // 2, max_tokens):
        repeated = {
            name: value.repeat(1, -(-tokens // value.shape[1]))[:, :tokens]
            for name, value in examples.items()
        }
        with torch.inference_mode():
            expected = logits(*repeated.values())
        found = session.run(
            list(_OUTPUT_NAMES),
            {name: value.numpy() for name, value in repeated.items() if name in taken},
        )
        for one, other in zip(expected, found, strict=True):
            if not np.allclose(one.numpy(), other, atol=_MAX_DIFFERENCE, rtol=_MAX_DIFFERENCE):
                raise ValueError("what was written computes something else than the model")
    return taken


def _write_tokenizer(tokenizer: Any, path: Path) -> None:
    backend = tokenizer.backend_tokenizer
    # Every passage is read whole and alone, so the tokenizer neither pads nor truncates.
    backend.no_padding()
    backend.no_truncation()
    # By `save`, a full disk would be an error that tells nobody so by its kind.
    path.write_text(backend.to_str(pretty=False), encoding="utf-8")
