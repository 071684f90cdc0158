"""A reader small enough to train in a second."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.training.words import mpnet_tokenizer, word_tokenizer
from training.models import FROZEN_LAYERS, Network

if TYPE_CHECKING:
    import torch
    from transformers import MPNetForQuestionAnswering

ASKED = (("what costs two francs?", "Bread costs two francs, and it is baked at dawn."),)
"""What such a reader is typically asked."""


def tiny_mpnet(
    seed: int = 0, words: int = 110, layers: int = FROZEN_LAYERS + 1
) -> "MPNetForQuestionAnswering":
    import torch
    from transformers import MPNetConfig, MPNetForQuestionAnswering

    torch.manual_seed(seed)
    config = MPNetConfig(
        vocab_size=words,
        hidden_size=32,
        num_hidden_layers=layers,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=514,
        layer_norm_eps=1e-5,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    model = MPNetForQuestionAnswering(config)
    # As they are drawn, biases are all alike, and what comes out is hardly more than rounding.
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
        torch.nn.init.normal_(model.qa_outputs.weight)
    return model


def tiny_network(seed: int = 0) -> Network:
    return Network(tiny_mpnet(seed), word_tokenizer())


def make_checkpoint(folder: Path, layers: int = 2) -> None:
    """A reader with random weights, as a run leaves it; an export takes time for each layer."""
    tokenizer = mpnet_tokenizer()
    # Whatever it was taught with.
    tokenizer.enable_truncation(8)
    model = tiny_mpnet(words=tokenizer.get_vocab_size(), layers=layers)
    Network(model, tokenizer).save(folder)


def weights(network: Network) -> "dict[str, torch.Tensor]":
    return {name: value.clone() for name, value in network.model.state_dict().items()}


def equal(one: "dict[str, torch.Tensor]", other: "dict[str, torch.Tensor]") -> bool:
    return all(bool((one[name] == other[name]).all()) for name in one)
