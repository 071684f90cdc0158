"""
Training that rounds as the shipped int8 does, so that the weights learn to bear it.

Quantisation-aware training with a straight-through estimator (Jacob et al., "Quantization and
Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018): values are
rounded on the way forward, and gradients pass as if they had not been.

What is rounded, and how, is what `index.tracing.quantise` makes of the graph: matrices of weights
with one scale per output channel; what they are multiplied by, and the embeddings with their
normalisation, with one scale and zero point per tensor.
"""

from typing import TYPE_CHECKING

from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    import torch

LARGEST = 127
"""Of a signed byte; the scales of matrices have no zero point."""
STEPS = 255
"""Between the least and the greatest value of an unsigned byte."""
_TINY = 1e-12


class RoundedLinear(nn.Linear):
    """A product of two rounded matrices."""

    def forward(self, input: "torch.Tensor") -> "torch.Tensor":  # noqa: A002 (torch's name)
        """Map shape (..., inputs) to (..., outputs)."""
        return functional.linear(round_tensor(input), round_rows(self.weight), self.bias)


class RoundedEmbedding(nn.Embedding):
    """Rows of a rounded table."""

    def forward(self, input: "torch.Tensor") -> "torch.Tensor":  # noqa: A002 (torch's name)
        """Look up shape (...) as (..., dimensions)."""
        # Rounded after they are looked up: the whole table is many times as large.
        return round_tensor(super().forward(input), within=self.weight)


class RoundedLayerNorm(nn.LayerNorm):
    """A normalisation whose parameters are rounded."""

    def forward(self, input: "torch.Tensor") -> "torch.Tensor":  # noqa: A002 (torch's name)
        """Normalise over the last axis."""
        weight, bias = round_tensor(self.weight), round_tensor(self.bias)
        return functional.layer_norm(input, self.normalized_shape, weight, bias, self.eps)


def round_inside(model: nn.Module) -> None:
    """
    Make a BERT compute with rounded numbers from now on; its parameters and their names stay.

    Args:
        model: Changed in place. To do so again changes nothing.
    """
    for name, module in model.named_modules():
        # Only the class is exchanged, which is all that differs.
        if type(module) is nn.Linear:
            module.__class__ = RoundedLinear
        elif type(module) is nn.Embedding:
            module.__class__ = RoundedEmbedding
        elif type(module) is nn.LayerNorm and name.endswith("embeddings.LayerNorm"):
            module.__class__ = RoundedLayerNorm


def round_tensor(values: "torch.Tensor", *, within: "torch.Tensor | None" = None) -> "torch.Tensor":
    """
    Round to one of `STEPS` equal steps from the least to the greatest, zero being one of them.

    Args:
        values: Of any shape.
        within: What has the least and the greatest; None for the values themselves.
    """
    least, greatest = (values if within is None else within).detach().float().aminmax()
    least, greatest = least.clamp(max=0), greatest.clamp(min=0)
    scale = ((greatest - least) / STEPS).clamp(min=_TINY)
    zero_point = (-least / scale).round()
    return _straight_through(values, ((values / scale + zero_point).round() - zero_point) * scale)


def round_rows(weights: "torch.Tensor") -> "torch.Tensor":
    """Round to `LARGEST` equal steps on either side of zero, each row (an output) its own."""
    scale = (weights.detach().abs().amax(dim=1, keepdim=True) / LARGEST).clamp(min=_TINY)
    return _straight_through(weights, (weights / scale).round() * scale)


def _straight_through(values: "torch.Tensor", rounded: "torch.Tensor") -> "torch.Tensor":
    return values + (rounded - values).detach()
