"""An encoder -> its fp32 ONNX file, with pooling and normalisation, and its tokenizer."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from index.bert import Pooling, bert_config, read_bert, write_encoder
from index.tracing import INPUT_NAMES, write_onnx

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

# Stands in models that name no limit of their own.
_NO_LIMIT = 1_000_000
# Under one of these names a model may say what goes before a document's text.
_DOCUMENT_PROMPTS = ("document", "passage", "corpus")
_OUTPUT_NAME = "embedding"
# What `sentence_bert_config.json` and `1_Pooling/config.json` of the default encoder say, whose
# checksum is known.
_DEFAULT_MAX_TOKENS = 256
_DEFAULT_POOLING: Pooling = "mean"


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What is to be known of an encoder beside its graph."""

    dim: int
    max_tokens: int
    """How many tokens of a document's text count; the model was made for no more."""
    tokenizer: "Tokenizer"
    question_prefix: str = ""
    document_prefix: str = ""
    inputs: tuple[str, ...] = INPUT_NAMES


def write_default(folder: Path, target: Path) -> EncoderFacts:
    """
    Write the default encoder's graph, without torch.

    Args:
        folder: The folder of the default encoder, as `find_encoder` gives it.
        target: The file to write.
    """
    from tokenizers import Tokenizer

    config, weights = read_bert(folder)
    write_encoder(config, weights, _DEFAULT_POOLING, target)
    return EncoderFacts(
        dim=len(weights["embeddings.LayerNorm.weight"]),
        max_tokens=_DEFAULT_MAX_TOKENS,
        tokenizer=Tokenizer.from_file(str(folder / "tokenizer.json")),
    )


def write_loaded(model: "SentenceTransformer", target: Path) -> EncoderFacts:
    """
    Write any encoder's graph.

    Args:
        model: Loaded with `FUSIBLE_ATTENTION`.
        target: The file to write.
    """
    inputs = INPUT_NAMES if _write_bert(model, target) else _trace(model, target)
    return EncoderFacts(
        dim=model.get_embedding_dimension() or 0,
        max_tokens=model.max_seq_length or _NO_LIMIT,
        tokenizer=model.tokenizer.backend_tokenizer,
        question_prefix=model.prompts.get("query") or "",
        document_prefix=next(filter(None, map(model.prompts.get, _DOCUMENT_PROMPTS)), ""),
        inputs=inputs,
    )


def _write_bert(model: "SentenceTransformer", target: Path) -> bool:
    """Write a BERT with a plain pooling; whether the encoder is one."""
    from sentence_transformers.sentence_transformer.modules import (
        Normalize,
        Pooling,
        Transformer,
    )
    from transformers import BertModel

    first, pooling, *others = model
    if not (
        isinstance(first, Transformer)
        and isinstance(bert := getattr(first, "auto_model"), BertModel)  # noqa: B009 - torch hides its type
        and (config := bert_config(bert.config.to_dict())) is not None
        and isinstance(pooling, Pooling)
        and pooling.pooling_mode in ("mean", "cls")
        and all(isinstance(other, Normalize) for other in others)
        and set(INPUT_NAMES) <= model.preprocess(["an example"]).keys()
    ):
        return False
    weights = {name: value.float().numpy() for name, value in bert.state_dict().items()}
    write_encoder(config, weights, pooling.pooling_mode, target)
    return True


def _trace(model: "SentenceTransformer", target: Path) -> tuple[str, ...]:
    """Trace a model with pooling and normalisation; return its inputs' names."""
    import torch

    features = model.preprocess(["an example", "another one"])
    examples = {name: features[name] for name in INPUT_NAMES if name in features}

    class Graph(torch.nn.Module):  # type: ignore[misc]
        """The model as a function of tensors: tracing follows no dicts."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> torch.Tensor:
            embedding: torch.Tensor = self.model(dict(zip(examples, tensors, strict=True)))[
                "sentence_embedding"
            ]
            return torch.nn.functional.normalize(embedding, dim=-1)

    config = getattr(model[0], "auto_model").config  # noqa: B009 - torch hides its type
    write_onnx(Graph(), config, examples, {_OUTPUT_NAME: 1}, target)
    return tuple(examples)
