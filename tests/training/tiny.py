"""A student small enough to train in a second."""

from typing import TYPE_CHECKING

from tests.training.words import word_tokenizer
from training.features import BERT
from training.models import Network

if TYPE_CHECKING:
    import torch


def tiny_network(seed: int = 0) -> Network:
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=110,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        attention_probs_dropout_prob=0.0,
    )
    return Network(BertForQuestionAnswering(config), word_tokenizer(), BERT)


def weights(network: Network) -> "dict[str, torch.Tensor]":
    return {name: value.clone() for name, value in network.model.state_dict().items()}


def equal(one: "dict[str, torch.Tensor]", other: "dict[str, torch.Tensor]") -> bool:
    return all(bool((one[name] == other[name]).all()) for name in one)
