"""The reader's arithmetic is counted from its file."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.machine import in_turns, int8_weights, multiplication
from reader.model import MODEL_NAME
from tests.training.tiny import ASKED, make_checkpoint


@pytest.mark.filterwarnings("ignore")  # torch's and transformers' own
def test_every_int8_weight_is_counted_once(tmp_path: Path) -> None:
    from bot.readers.conversion import convert
    from bot.readers.making import write_int8

    made, whole, small = (tmp_path / name for name in ("made", "fp32", "int8"))
    hidden, wide, layers = 32, 64, 2
    make_checkpoint(made, layers)
    for folder in (whole, small):
        folder.mkdir()
    convert(made, whole)
    write_int8(whole, small, ASKED)

    found = int8_weights(small / MODEL_NAME)

    assert found == layers * (4 * hidden * hidden + 2 * hidden * wide) + 2 * hidden


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
