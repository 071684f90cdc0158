"""
Attention through torch's fused kernel, as fast as it goes on a CPU.

MPNet's is spelled out by transformers, at twice the cost. BERT's is not, but under autocast the
kernel gets bf16, in which its way back takes twice as long as in float.
"""

from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface, MPNetForQuestionAnswering
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask
from transformers.models.mpnet.modeling_mpnet import MPNetAttention, MPNetSelfAttention


class FusedAttention(nn.Module):
    """Drop-in for `MPNetSelfAttention`, with its weights under the same names."""

    def __init__(self, plain: MPNetSelfAttention) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = plain.q, plain.k, plain.v, plain.o
        self._heads = plain.num_attention_heads

    def forward(
        self,
        hidden: torch.Tensor,
        attention_mask: torch.Tensor | None,
        position_bias: torch.Tensor,
        **_: object,
    ) -> tuple[torch.Tensor]:
        """
        Attend.

        Args:
            hidden: Shape (batch, tokens, width).
            attention_mask: 0 for tokens and very low for padding, shape (batch, 1, 1, tokens);
                `None` where nothing is padding.
            position_bias: Added to the scores, shape (batch, heads, tokens, tokens). It gets no
                gradient, for the fused kernel has none to give.

        Returns:
            The new hidden states alone, in the shape of the old.
        """
        query, key, value = (self._split(project(hidden)) for project in (self.q, self.k, self.v))
        scores = position_bias if attention_mask is None else position_bias + attention_mask
        bias = scores.detach().to(query.dtype)
        mixed = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return (self.o(mixed.transpose(1, 2).reshape(hidden.shape)),)

    def _split(self, projected: torch.Tensor) -> torch.Tensor:
        batch, tokens, _ = projected.shape
        return projected.view(batch, tokens, self._heads, -1).transpose(1, 2)


def fuse_attention(model: MPNetForQuestionAnswering) -> None:
    """Replace the attention of every layer."""
    for module in model.modules():
        if isinstance(module, MPNetAttention):
            module.add_module("attn", FusedAttention(module.attn))


_IN_FLOAT = "sdpa_in_float"


def attention_in_float() -> str:
    """Register the attention that computes in float, and say its name for `from_pretrained`."""
    AttentionInterface.register(_IN_FLOAT, _attend_in_float)
    AttentionMaskInterface.register(_IN_FLOAT, sdpa_mask)
    return _IN_FLOAT


def _attend_in_float(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """Take and give what transformers' own attentions do."""
    if attention_mask is not None and attention_mask.is_floating_point():
        attention_mask = attention_mask.float()
    with torch.autocast("cpu", enabled=False):
        attended, _ = sdpa_attention_forward(
            module, query.float(), key.float(), value.float(), attention_mask, **options
        )
    return attended.to(query.dtype), None
