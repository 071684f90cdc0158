"""
Any extractive question-answering model, run by transformers' model classes.

Slower to open than the shipped reader by seconds, since torch is imported.
"""

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from textwrap import shorten
from typing import Any

import numpy as np

from reader.errors import ReaderError
from reader.model import (
    MAX_QUESTION_TOKENS,
    MAX_TOKENS,
    PassageText,
)
from reader.spans import Logits, Span, best_spans, from_character, without_spaces

# How much an error shows of what a library says.
_REASON_CHARS = 300


class TransformersReader:
    """A reader that somebody else made; any thread may call it."""

    def __init__(self, folder: Path, sha256: str, threads: int = 0) -> None:
        """
        Load a model.

        Args:
            folder: Holds a model with a question-answering head, and a fast tokenizer.
            sha256: Tells it from all others, by its files.
            threads: For one passage; 0 lets torch choose.

        Raises:
            ReaderError: If the folder holds no such model.
        """
        import torch

        if threads:
            torch.set_num_threads(threads)
        self._model, self._tokenizer = load_model(folder)
        # Each call sets anew what the tokenizer does with long texts, for all threads.
        self._tokenizing = threading.Lock()
        self._max_tokens = max_tokens_of(self._model, self._tokenizer)
        self.sha256 = sha256

    def read(
        self,
        question: str,
        passages: Sequence[PassageText],
        spans_per_passage: int,
    ) -> list[Span]:
        """See `reader.model.Reader.read`."""
        asked = self._shortened(question)
        spans: list[Span] = []
        for passage in passages:
            offsets, logits = self._logits(asked, passage.whole)
            offsets, logits = from_character(passage.text_start, offsets, logits)
            spans += best_spans(passage.id, passage.text, offsets, logits, spans_per_passage)
        return sorted(spans, key=lambda span: -span.margin)

    def _shortened(self, question: str) -> str:
        """The end of a long question, as the shipped reader keeps it."""
        with self._tokenizing:
            read = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
        offsets = read["offset_mapping"]
        most = min(MAX_QUESTION_TOKENS, self._max_tokens // 2)
        return question[offsets[-most][0] :] if len(offsets) > most else question

    def _logits(self, question: str, text: str) -> tuple[list[tuple[int, int]], Logits]:
        """The passage's tokens as start and end character, and what the model says of them."""
        import torch

        with self._tokenizing:
            read = self._tokenizer(
                question,
                text,
                truncation="only_second",
                max_length=self._max_tokens,
                return_offsets_mapping=True,
                return_tensors="pt",
            )
        inside = [place for place, part in enumerate(read.sequence_ids(0)) if part == 1]
        offsets = without_spaces(text, read["offset_mapping"][0, inside].tolist())
        del read["offset_mapping"]
        with torch.inference_mode():
            output = self._model(**read)
        ids = read["input_ids"][0].tolist()
        # "No answer" is the token that stands for the whole; nearly always it is the first.
        whole = self._tokenizer.cls_token_id
        keep = [ids.index(whole) if whole in ids else 0, *inside]
        start = output.start_logits[0].float().numpy()
        end = output.end_logits[0].float().numpy()
        return offsets, Logits(np.asarray(start[keep]), np.asarray(end[keep]))


def load_model(folder: Path, **options: object) -> tuple[Any, Any]:
    """
    Load a model and its tokenizer by transformers' classes.

    Args:
        folder: Holds a model with a question-answering head, and a fast tokenizer.
        options: For the model's `from_pretrained`.

    Raises:
        ReaderError: If the folder holds no such model.
    """
    if not (folder / "config.json").is_file():
        raise ReaderError(f"{folder}: holds no model of transformers; there is no config.json.")
    # Nothing from here on may reach for the hub.
    os.environ["HF_HUB_OFFLINE"] = "1"
    from safetensors import SafetensorError
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    # What matters of its warnings is an error below.
    logging.set_verbosity_error()
    try:
        # Else it asks at the terminal whether to run code that comes with a model.
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False)
        model, found = AutoModelForQuestionAnswering.from_pretrained(
            str(folder),
            output_loading_info=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,
            **options,
        )
    except SafetensorError as error:
        raise ReaderError(
            f"{folder}: its weights are damaged, or were not downloaded whole ({error}). Download "
            "them again."
        ) from error
    # A folder can be wrong in as many ways as there are model classes.
    except Exception as error:
        reason = shorten(str(error) or type(error).__name__, _REASON_CHARS, placeholder=" …")
        raise ReaderError(
            f"{folder}: transformers can't load it as a question-answering model ({reason})."
        ) from error
    if found["mismatched_keys"]:
        name, *_ = sorted(found["mismatched_keys"])[0]
        raise ReaderError(f"{folder}: its weights for {name} are not as large as config.json says.")
    if found["missing_keys"]:
        missing = ", ".join(sorted(found["missing_keys"]))
        raise ReaderError(
            f"{folder}: was not trained for question answering; it has no weights for "
            f"{missing}. Name a model with an extractive question-answering head."
        )
    if not tokenizer.is_fast:
        raise ReaderError(
            f"{folder}: its tokenizer has no fast version, which alone knows the characters "
            "that a token stands for."
        )
    words = set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens)
    if len(words) <= 1 and not (folder / "tokenizer.json").is_file():
        # Where its files are missing, transformers makes one that knows no words, or a mark alone.
        raise ReaderError(
            f"{folder}: its tokenizer knows no words. Its files, such as tokenizer.json, belong "
            "into the folder."
        )
    return model.eval(), tokenizer


def max_tokens_of(model: Any, tokenizer: Any) -> int:
    """How many tokens a model takes, at most `MAX_TOKENS`."""
    # Many tokenizers don't say, which reads as a huge number.
    most: int = min(MAX_TOKENS, tokenizer.model_max_length, _positions(model))
    return most


def _positions(model: Any) -> int:
    """How many tokens the model has positions for; `MAX_TOKENS` where it has no limit."""
    positions = getattr(model.config, "max_position_embeddings", None)
    if not isinstance(positions, int) or positions <= 0:
        return MAX_TOKENS
    for name, module in model.named_modules():
        padding = getattr(module, "padding_idx", None)
        # RoBERTa and its like count from the position after that of padding.
        if name.endswith("position_embeddings") and padding is not None:
            return positions - int(padding) - 1
    return positions
