"""Which mean of snapshots is kept, of networks whose weights can be added by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.metrics import summarise
from tests.training.tiny import equal, tiny_network, weights
from training.choose import average, choose
from training.errors import RunError
from training.measure import Report
from training.models import Network, open_student


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A complete run with two snapshots, all of them with other weights."""
    folder = tmp_path / "student"
    for seed, name in enumerate(["snapshots/step-000200", "snapshots/step-000400", "final"]):
        tiny_network(seed).save(folder / name)
    return folder


def scored(*scores: float) -> Callable[[Network], Report]:
    """Gives each network that is measured the next score."""
    waiting = iter(scores)
    return lambda _: Report(summarise([]), next(waiting), threshold=0, refused=0, answered=0)


def test_snapshots_are_averaged(run: Path) -> None:
    one, two = (weights(open_student(run / name)) for name in ("final", "snapshots/step-000200"))

    mean = weights(average([run / "final", run / "snapshots/step-000200"]))

    assert not equal(one, two)
    assert all(bool(((one[name] + two[name]) / 2 == mean[name]).all()) for name in mean)


def test_the_mean_that_dev_prefers_is_kept(run: Path) -> None:
    """Of the last one and the last three; six there are not."""
    choose(run, scored(60.0, 61.0))

    last_three = [run / "final", *sorted((run / "snapshots").iterdir(), reverse=True)]
    chosen = weights(open_student(run / "chosen"))
    assert equal(chosen, weights(average(last_three)))
    figures = json.loads((run / "chosen" / "dev.json").read_text())
    assert (figures["averaged"], figures["dev_best_f1"]) == (3, 61.0)


def test_of_means_as_good_that_of_fewer_is_kept_and_an_earlier_choice_replaced(
    run: Path,
) -> None:
    choose(run, scored(60.0, 61.0))

    choose(run, scored(61.0, 61.2))

    assert equal(weights(open_student(run / "chosen")), weights(open_student(run / "final")))


def test_a_run_that_is_not_complete_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run the stage student first"):
        choose(tmp_path / "student", scored())
