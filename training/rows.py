"""Examples -> rows to train on: tokenised, with what is wanted of each position."""

from collections.abc import Iterable, Mapping

from training.distil import Distribution, mixed, soft_targets
from training.examples import Example, Group
from training.features import MAX_TOKENS, Row, RowGroup, encode, hard_targets, row_of
from training.models import Network

SOFT_SHARE = 0.5
"""Weight of the teacher's opinion beside a written answer."""


def labelled(
    network: Network, groups: Iterable[Group], max_tokens: int = MAX_TOKENS
) -> list[RowGroup]:
    """Rows that want the written answers and nothing else."""

    def row(example: Example) -> Row:
        encoded = encode(
            network.tokenizer, network.layout, example.question, example.context, max_tokens
        )
        return row_of(encoded, hard_targets(encoded, example.spans))

    return [tuple(map(row, group)) for group in groups]


def taught(
    network: Network, examples: Iterable[Example], opinions: Mapping[int, Distribution]
) -> list[RowGroup]:
    """
    Rows that want the written answers and the teacher's opinion, where it has one, each by itself.

    Where both are known, what is wanted is a mean of the two. What a question finds in a retrieved
    passage nobody has written down: there the teacher decides, and without its opinion the example
    is left out.
    """
    rows: list[RowGroup] = []
    for example in examples:
        opinion = opinions.get(example.key)
        is_written = example.kind != "retrieved"
        if opinion is None and not is_written:
            continue
        encoded = encode(network.tokenizer, network.layout, example.question, example.context)
        written = hard_targets(encoded, example.spans)
        if opinion is None:
            rows.append((row_of(encoded, written),))
            continue
        soft_share = SOFT_SHARE if is_written else 1.0
        starts, ends = (
            mixed(soft, hard, soft_share)
            for soft, hard in zip(soft_targets(encoded, opinion), written, strict=True)
        )
        rows.append((row_of(encoded, (starts, ends)),))
    return rows
