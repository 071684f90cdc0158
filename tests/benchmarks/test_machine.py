"""The reader's arithmetic is counted from the file that is shipped."""

import numpy as np

from benchmarks.machine import Weights, in_turns, int8_weights, multiplication
from reader.model import MODEL_NAME, shipped_weights


def test_every_int8_weight_of_the_reader_is_counted() -> None:
    hidden, wide, layers = 384, 1_536, 6

    assert int8_weights(shipped_weights() / MODEL_NAME) == Weights(
        alone=layers * (hidden * hidden + 2 * hidden * wide) + 2 * hidden,
        attention=layers * 3 * hidden * hidden,
    )


def test_a_weight_is_two_operations_for_each_token() -> None:
    assert Weights(alone=3, attention=4).operations == 14


def test_the_multiplication_that_is_timed_is_one_of_int8() -> None:
    (product,) = multiplication((5, 7, 3), threads=1)()

    assert product.shape == (5, 3)
    assert product.dtype == np.int32
    assert product.any()


def test_what_is_compared_is_run_in_turns() -> None:
    runs: list[str] = []

    seconds = in_turns(
        [lambda: runs.append("a"), lambda: runs.append("b")], lambda: runs.append("other"), 2
    )

    assert runs == ["a", "other", "b", "other"] * 2
    assert min(seconds) > 0
