"""
MPNet's attention through torch's fused kernel, as fast as it goes on a CPU.

transformers spells it out, at twice the cost. The kernel computes in float, also under autocast,
since its way back is slower in bf16.
"""

import torch
from torch import nn
from transformers import MPNetForQuestionAnswering
from transformers.models.mpnet.modeling_mpnet import MPNetAttention, MPNetSelfAttention


class FusedAttention(nn.Module):  # type: ignore[misc]
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
        with torch.autocast("cpu", enabled=False):
            mixed = nn.functional.scaled_dot_product_attention(
                query.float(), key.float(), value.float(), attn_mask=scores.detach().float()
            ).to(query.dtype)
        return (self.o(mixed.transpose(1, 2).reshape(hidden.shape)),)

    def _split(self, projected: torch.Tensor) -> torch.Tensor:
        batch, tokens, _ = projected.shape
        return projected.view(batch, tokens, self._heads, -1).transpose(1, 2)


def fuse_attention(model: MPNetForQuestionAnswering) -> None:
    """Replace the attention of every layer."""
    for module in model.modules():
        if isinstance(module, MPNetAttention):
            module.add_module("attn", FusedAttention(module.attn))
