import json
from xml.etree import ElementTree

from training.curve import SMOOTHED, draw, points, smooth

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
    assert points(LOG, "loss") == [(10, 4.0), (20, 2.0)]
    assert points(LOG, "dev_f1") == [(20, 40.0)]


def test_smoothing_averages_neighbours() -> None:
    values = [(float(step), float(step % 2)) for step in range(2 * SMOOTHED)]

    assert smooth(values) == [(SMOOTHED - 1, 0.5), (2 * SMOOTHED - 1, 0.5)]


def test_a_curve_is_an_svg_with_both_lines() -> None:
    root = ElementTree.fromstring(draw(points(LOG, "loss"), points(LOG, "dev_f1"), "A run"))  # noqa: S314 - our own text

    lines = [element for element in root if element.tag.endswith("polyline")]
    assert len(lines) == 2
    # The loss starts at the top of its axis and ends halfway down.
    first, last = (place.split(",") for place in lines[0].attrib["points"].split())
    assert (float(first[1]), float(last[1])) == (32.0, 172.0)


def test_an_empty_log_still_draws() -> None:
    assert draw([], [], "Nothing yet").count("polyline") == 0
