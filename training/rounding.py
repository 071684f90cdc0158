"""
Training that rounds as the shipped int8 does, so that the weights learn to bear it.

Quantisation-aware training with a straight-through estimator (Jacob et al., "Quantization and
Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018): values are
rounded on the way forward, and gradients pass as if they had not been.

What is rounded, and how, is what `index.tracing.quantise` makes of the whole graph: matrices of
weights with one scale per output channel; what they are multiplied by with one scale and zero point
per example, since the product reads each passage by itself (the padding of a batch counts, too);
the embeddings and their normalisation with one scale and zero point per tensor. In bf16, under
autocast, what has been rounded still loses its last bits.
"""

import re

import torch
from torch import nn
from torch.nn import functional

LARGEST = 127
"""The largest value of a signed byte; the scales of matrices have no zero point."""
STEPS = 255
"""Between the least and the greatest value of an unsigned byte."""
_TINY = 1e-12
_FEED_FORWARD = re.compile(r"layer\.\d+\.(?:intermediate|output)\.dense$")


class RoundedLinear(nn.Linear):
    """A product of two rounded matrices."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 (torch's name)
        """Map shape (examples, tokens, inputs) to (examples, tokens, outputs)."""
        return functional.linear(round_examples(input), round_rows(self.weight), self.bias)


class RoundedFeedForward(RoundedLinear):
    """The same, the first token by itself (`index.tracing.set_first_token_apart`)."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 (torch's name)
        """Map shape (examples, tokens, inputs) to (examples, tokens, outputs)."""
        parts = [round_examples(part) for part in (input[:, :1], input[:, 1:])]
        return functional.linear(torch.cat(parts, dim=1), round_rows(self.weight), self.bias)


class RoundedEmbedding(nn.Embedding):
    """Rows of a rounded table."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 (torch's name)
        """Look up shape (...) as (..., dimensions)."""
        # Rounded after they are looked up: the whole table is many times as large.
        return round_tensor(super().forward(input), self.weight)


class RoundedLayerNorm(nn.LayerNorm):
    """A normalisation whose parameters are rounded."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:  # noqa: A002 (torch's name)
        """Normalise over the last axis."""
        weight, bias = (round_tensor(one, one) for one in (self.weight, self.bias))
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
            is_block = _FEED_FORWARD.search(name)
            module.__class__ = RoundedFeedForward if is_block else RoundedLinear
        elif type(module) is nn.Embedding:
            module.__class__ = RoundedEmbedding
        elif type(module) is nn.LayerNorm and name.endswith("embeddings.LayerNorm"):
            module.__class__ = RoundedLayerNorm


def round_examples(values: torch.Tensor) -> torch.Tensor:
    """Round each example by its own least and greatest; shape (examples, ...)."""
    # In float: a bf16 knows no halves from 128 on.
    exact = values.float()
    apart = exact.detach().flatten(1)
    scales, zero_points = _scale(apart.amin(dim=1), apart.amax(dim=1))
    return torch.fake_quantize_per_channel_affine(exact, scales, zero_points, 0, 0, STEPS)


def round_tensor(values: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    """Round values of a whole tensor by its least and greatest."""
    scale, zero_point = _scale(*whole.detach().aminmax())
    return torch.fake_quantize_per_tensor_affine(values, scale, zero_point, 0, STEPS)


def _scale(least: torch.Tensor, greatest: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Scale and zero point of `STEPS` steps from least to greatest, zero being one of them."""
    least, greatest = least.clamp(max=0), greatest.clamp(min=0)
    scale = ((greatest - least) / STEPS).clamp(min=_TINY)
    return scale, (-least / scale).round().int()


def round_rows(weights: torch.Tensor) -> torch.Tensor:
    """Round to `LARGEST` equal steps on either side of zero, each row (an output) its own."""
    scales = (weights.detach().abs().amax(dim=1) / LARGEST).clamp(min=_TINY)
    zeros = torch.zeros_like(scales, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weights, scales, zeros, 0, -LARGEST, LARGEST)
