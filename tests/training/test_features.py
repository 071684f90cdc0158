from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.model import MAX_QUESTION_TOKENS
from tests.training.words import UNKNOWN, word_tokenizer
from training.examples import Example
from training.features import (
    MAX_TOKENS,
    PAD,
    SEPARATOR,
    RowGroup,
    TrainingRow,
    collate,
    encode,
    hard_targets,
    plan_batches,
    row_of,
    rows_of,
)

TOKENIZER = word_tokenizer()
CONTEXT = "Ada rowed home, alone, in 1901"


def test_question_and_context_are_joined_as_mpnet_wants_them() -> None:
    encoded = encode(TOKENIZER, "who", "Ada rowed")

    assert encoded.ids == (0, UNKNOWN, 2, 2, UNKNOWN, UNKNOWN, 2)
    assert encoded.context_at == 4
    assert encoded.offsets == ((0, 3), (4, 9))


def test_long_texts_are_cut_to_the_limits() -> None:
    encoded = encode(TOKENIZER, "why " * 500, "so " * 500)

    assert len(encoded.ids) == MAX_TOKENS
    assert encoded.context_at == MAX_QUESTION_TOKENS + 3
    assert encoded.ids[-1] == SEPARATOR


@given(st.integers(0, 29), st.integers(1, 30))
def test_a_span_is_covered_by_its_tokens(start: int, end: int) -> None:
    """The wanted tokens begin at or before the span and end at or after it, and no sooner."""
    if not CONTEXT[start:end].strip():
        return
    encoded = encode(TOKENIZER, "who", CONTEXT)
    stripped = start + len(CONTEXT[start:end]) - len(CONTEXT[start:end].lstrip())

    (first,), (last,) = hard_targets(encoded, [(stripped, end)])

    first_token = encoded.offsets[first - encoded.context_at]
    last_token = encoded.offsets[last - encoded.context_at]
    assert first_token[0] <= stripped < first_token[1]
    assert last_token[0] < end
    assert last_token[1] >= len(CONTEXT[:end].rstrip())


def test_several_answers_share_the_probability() -> None:
    encoded = encode(TOKENIZER, "who", CONTEXT)

    starts, ends = hard_targets(encoded, [(0, 3), (0, 9)])

    assert starts == {4: 1.0}
    assert ends == {4: 0.5, 5: 0.5}


def test_without_an_answer_the_first_position_is_wanted() -> None:
    encoded = encode(TOKENIZER, "who", CONTEXT)

    assert hard_targets(encoded, []) == ({0: 1.0}, {0: 1.0})


def test_an_answer_that_was_cut_off_counts_as_none() -> None:
    context = "so " * 500 + "Ada"
    encoded = encode(TOKENIZER, "who", context)

    assert hard_targets(encoded, [(1500, 1503)]) == ({0: 1.0}, {0: 1.0})


def test_rows_are_padded_to_the_longest() -> None:
    encoded = [encode(TOKENIZER, "who", "Ada"), encode(TOKENIZER, "who", "Ada rowed")]

    targets = [({0: 1.0}, {0: 1.0}), ({4: 0.25, 5: 0.75}, {5: 1.0})]

    batch = collate([row_of(*pair) for pair in zip(encoded, targets, strict=True)])

    assert batch.ids.tolist()[0] == [0, UNKNOWN, 2, 2, UNKNOWN, 2, PAD]
    assert batch.mask.tolist() == [[1, 1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1, 1]]
    assert batch.starts.tolist() == [[1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0.25, 0.75, 0]]
    assert batch.ends.sum() == 2.0


def test_rows_are_grouped_as_their_examples_are_and_want_the_written_answers() -> None:
    answered = Example("who", "Ada rows", ((0, 3),), "passage")
    unanswered = Example("who", "Bo sails", (), "mismatched")

    groups = rows_of(TOKENIZER, [(answered, unanswered), (answered,)])

    assert [[row.starts for row in group] for group in groups] == [
        [{4: 1.0}, {0: 1.0}],
        [{4: 1.0}],
    ]


def groups_of(lengths: Sequence[Sequence[int]]) -> list[RowGroup]:
    """Rows of so many tokens, of which nothing is wanted."""
    nothing = {0: 1.0}
    return [
        tuple(TrainingRow(np.zeros(length, dtype=np.uint16), nothing, nothing) for length in group)
        for group in lengths
    ]


GROUPS = st.lists(st.lists(st.integers(1, 384), min_size=1, max_size=4), min_size=1, max_size=99)


@given(GROUPS, st.integers(4, 9))
def test_every_group_is_in_one_batch(lengths: list[list[int]], size: int) -> None:
    batches = plan_batches(groups_of(lengths), size, np.random.default_rng(3), pool_batches=4)

    assert sorted(index for batch in batches for index in batch) == list(range(len(lengths)))
    assert all(1 <= sum(len(lengths[index]) for index in batch) <= size for batch in batches)


def test_a_group_larger_than_a_batch_is_a_batch() -> None:
    groups = groups_of([[9, 9, 9], [5], [5]])

    batches = plan_batches(groups, 2, np.random.default_rng(0))

    assert sorted(map(sorted, batches)) == [[0], [1, 2]]


def test_batches_repeat_with_their_seed() -> None:
    groups = groups_of([[length] for length in range(1, 100)])

    one, same, other = (plan_batches(groups, 8, np.random.default_rng(n)) for n in (1, 1, 2))

    assert one == same != other


@pytest.mark.parametrize("size", [8, 16])
def test_batches_hold_groups_of_like_length(size: int) -> None:
    lengths = [[10, 10], [10, 300]] * 160

    batches = plan_batches(groups_of(lengths), size, np.random.default_rng(0))

    assert all(len({max(lengths[index]) for index in batch}) == 1 for batch in batches)
