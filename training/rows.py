"""Examples -> rows to train on: tokenised, with what is wanted of each position."""

from collections.abc import Iterable, Mapping

from training.distil import Distribution, mixed, soft_targets
from training.examples import Example
from training.features import Row, encode, hard_targets, row_of
from training.models import Network

SOFT_SHARE = 0.7
"""Weight of the teacher's opinion beside a written answer."""


def labelled(network: Network, examples: Iterable[Example]) -> list[Row]:
    """Rows that want the written answers and nothing else."""
    rows: list[Row] = []
    for example in examples:
        encoded = encode(network.tokenizer, network.layout, example.question, example.context)
        rows.append(row_of(encoded, hard_targets(encoded, example.spans)))
    return rows


def taught(
    network: Network, examples: Iterable[Example], opinions: Mapping[int, Distribution]
) -> list[Row]:
    """
    Rows for those examples that the teacher has an opinion of.

    Where an answer is written too, or its absence, what is wanted is a mean of both. What a
    question finds in a retrieved passage nobody has written down: there the teacher decides.
    """
    rows: list[Row] = []
    for example in examples:
        opinion = opinions.get(example.key)
        if opinion is None:
            continue
        encoded = encode(network.tokenizer, network.layout, example.question, example.context)
        starts, ends = soft_targets(encoded, opinion)
        if example.kind != "retrieved":
            written = hard_targets(encoded, example.spans)
            starts = mixed(starts, written[0], SOFT_SHARE)
            ends = mixed(ends, written[1], SOFT_SHARE)
        rows.append(row_of(encoded, (starts, ends)))
    return rows
