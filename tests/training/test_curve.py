import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from training.curve import SMOOTHED, Curve, draw, points, read_curve, smooth
from training.errors import RunError
from training.loop import LOG_NAME

LOG = "\n".join(
    json.dumps(entry)
    for entry in [
        {"step": 10, "loss": 4.0},
        {"step": 20, "loss": 3.0},
        {"step": 20, "dev_f1": 40.0},
        {"step": 20, "loss": 2.0},
    ]
)


def test_values_are_read_by_name_and_a_repeated_step_counts_once() -> None:
    assert points(LOG, "loss") == ((10, 4.0), (20, 2.0))
    assert points(LOG, "dev_f1") == ((20, 40.0),)


def test_an_entry_that_a_full_disk_cut_does_not_count() -> None:
    cut = '{"step": 30, "lo' + '{"step": 30, "loss": 1.0}'

    log = f'{LOG}\n{cut}\n{{"step": 40, "loss": 0.5}}'

    assert points(log, "loss") == ((10, 4.0), (20, 2.0), (40, 0.5))


def test_smoothing_averages_neighbours() -> None:
    values = [(float(step), float(step // SMOOTHED)) for step in range(2 * SMOOTHED)]

    assert smooth(values) == ((SMOOTHED - 1, 0.0), (2 * SMOOTHED - 1, 1.0))


def test_a_curve_names_its_axes_and_is_drawn_alike_each_time(tmp_path: Path) -> None:
    (tmp_path / LOG_NAME).write_text(LOG)
    curve = read_curve(tmp_path)

    draw(curve, tmp_path / "one.svg")
    draw(curve, tmp_path / "two.svg")

    svg = (tmp_path / "one.svg").read_text()
    texts = {element.text for element in ElementTree.fromstring(svg).iter()}  # noqa: S314 - our own text
    assert {"step", "loss", "F1 on a sample of dev, answerable", "40"} <= texts
    assert (tmp_path / "two.svg").read_text() == svg


def test_an_empty_log_still_draws(tmp_path: Path) -> None:
    draw(Curve((), ()), tmp_path / "empty.svg")

    assert ">loss<" in (tmp_path / "empty.svg").read_text()


def test_a_run_without_a_log_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="run the stage train first"):
        read_curve(tmp_path / "train")
