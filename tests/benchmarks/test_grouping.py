"""Questions of one meaning are put together by the encoder that comes with Quoth."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import grouping
from bot.evaluation.gaps import MAX_DISTANCE


def test_pairs_are_counted_by_meaning() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1], [1, 0]], np.float32)

    found = grouping.pairs(vectors, [0, 0, 0, 1], 0.5)
    # One of three pairs together means the same; one of three that mean the same is together.
    assert (found.precision, found.recall, found.groups) == (1 / 3, 1 / 3, 2)


def test_what_is_put_together_means_the_same(
    real_data: Callable[[], Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["grouping", "--data", str(real_data())])
    grouping.main()

    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "80 questions of 20 meanings"
    (used,) = [line.split() for line in lines if "in use" in line]
    assert float(used[0]) == MAX_DISTANCE
    assert float(used[2]) >= 0.9
    assert float(used[4]) >= 0.6
