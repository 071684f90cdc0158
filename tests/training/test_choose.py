"""Which weights are kept, of networks whose weights can be added by hand."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation.metrics import summarise
from tests.training.tiny import equal, tiny_network, weights
from training.choose import average, choose
from training.measure import Report
from training.models import Network, open_student


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A complete run with two snapshots, all of them with other weights."""
    folder = tmp_path / "student"
    for seed, name in enumerate(["snapshots/step-000200", "snapshots/step-000400", "final"]):
        tiny_network(seed).save(folder / name)
    return folder


@pytest.fixture
def began(tmp_path: Path) -> Path:
    """What the run began with."""
    tiny_network(seed=7).save(tmp_path / "before")
    return tmp_path / "before"


def scored(*scores: float, apart: float = 0) -> Callable[[Network], dict[str, Report]]:
    """Gives each network that is measured the next score as the mean of two sets."""
    waiting = iter(scores)

    def report(score: float) -> Report:
        return Report(summarise([]), score, threshold=0, refused=0, answered=0)

    def measured(_: Network) -> dict[str, Report]:
        score = next(waiting)
        return {"ours": report(score + apart), "others": report(score - apart)}

    return measured


def test_snapshots_are_averaged(run: Path) -> None:
    one, two = (weights(open_student(run / name)) for name in ("final", "snapshots/step-000200"))

    mean = weights(average([run / "final", run / "snapshots/step-000200"]))

    assert not equal(one, two)
    assert all(bool(((one[name] + two[name]) / 2 == mean[name]).all()) for name in mean)


@pytest.mark.parametrize(
    ("scores", "chosen"),
    [((61.0, 60.0, 59.0), "end"), ((60.0, 61.0, 59.0), "middle"), ((60.0, 59.0, 61.0), "third")],
)
def test_what_dev_prefers_is_kept_and_an_earlier_choice_replaced(
    run: Path, began: Path, scores: tuple[float, float, float], chosen: str
) -> None:
    choose(run, began, scored(*scores[::-1]))

    choose(run, began, scored(*scores, apart=7.0))

    end = average([run / "final", *sorted((run / "snapshots").iterdir(), reverse=True)])
    end.save(run / "expected")
    middle, third = ([began] * count + [run / "expected"] for count in (1, 2))
    expected = {"end": end, "middle": average(middle), "third": average(third)}
    kept = weights(open_student(run / "chosen"))
    assert [name for name, network in expected.items() if equal(weights(network), kept)] == [chosen]
    figures = json.loads((run / "chosen" / "dev.json").read_text())
    assert figures["chosen"] == chosen
    assert figures["ours"]["dev_best_f1"] == 68.0
    assert figures["others"]["dev_best_f1"] == 54.0


def test_the_end_is_the_mean_of_the_last_snapshots_alone(run: Path, began: Path) -> None:
    last = sorted((run / "snapshots").iterdir())[-2:]
    tiny_network(seed=8).save(run / "snapshots" / "step-000100")

    choose(run, began, scored(61.0, 60.0, 59.0))

    kept = weights(open_student(run / "chosen"))
    assert equal(kept, weights(average([run / "final", *last[::-1]])))
