"""
What training lowers.

Each example wants a distribution over its tokens. Those of one question, a group, want one over all
their tokens as well: the shared normalisation of Clark and Gardner ("Simple and Effective
Multi-Paragraph Reading Comprehension", 2018), of logits over those of "no answer" in the same
passage, which margins are made of. It is by margins that spans of several passages compete in the
product, as far as the reader decides it (`answering.calibration.Calibration.evidence`). For a
group of one both are the same.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from training.features import NO_ANSWER

if TYPE_CHECKING:
    import torch

# Far below any logit, yet finite: 0 times minus infinity would be no number.
_NEVER = -1e4


def cross_entropy(
    logits: "torch.Tensor", wanted: "torch.Tensor", padding: "torch.Tensor", sizes: Sequence[int]
) -> "torch.Tensor":
    """
    Mean of examples and mean of groups, each counting half.

    Args:
        logits: Shape (examples, tokens).
        wanted: Probabilities of the same shape; rows sum to 1. In a group at most one wants
            anything but "no answer".
        padding: A mask of the same shape; true where there is no token.
        sizes: The sizes of the groups, in the order of their examples; they sum to the number of
            examples.

    Returns:
        A scalar, at least 0, in nats.
    """
    import torch

    present = logits.float().masked_fill(padding, _NEVER)
    each = -(wanted * present.log_softmax(dim=-1)).sum(dim=-1)
    # "No answer" is 0 in every context, and counts once.
    margins = present - present[:, NO_ANSWER, None]
    spans, wanted_spans = (values[:, NO_ANSWER + 1 :] for values in (margins, wanted))
    nothing = torch.zeros(1)
    groups = [
        torch.cat([nothing, found.flatten()]).logsumexp(dim=0) - (found * share).sum()
        for found, share in zip(
            spans.split_with_sizes(list(sizes)),
            wanted_spans.split_with_sizes(list(sizes)),
            strict=True,
        )
    ]
    return (each.mean() + torch.stack(groups).mean()) / 2
