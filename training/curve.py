"""A run's log -> its learning curve, drawn by matplotlib."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.errors import RunError
from training.loop import LOG_NAME

Point = tuple[float, float]
"""Step and value."""

SMOOTHED = 5
"""Entries of the loss that are averaged into a point: a batch's own loss says little."""
_LOSS_COLOUR, _DEV_COLOUR = "#9a6700", "#0550ae"


@dataclass(frozen=True, slots=True)
class Curve:
    """What one run's log says."""

    losses: tuple[Point, ...]
    dev: tuple[Point, ...]
    """F1 of the answerable, from 0 to 100."""


def read_curve(folder: Path) -> Curve:
    """
    Read a run's log.

    Raises:
        RunError: If there is none.
    """
    path = folder / LOG_NAME
    if not path.is_file():
        raise RunError(f"{path} is not there: run the stage {folder.name} first.")
    log = path.read_text(encoding="utf-8")
    return Curve(smooth(points(log, "loss")), points(log, "dev_f1"))


def points(log: str, name: str) -> tuple[Point, ...]:
    """
    A log's values of one name, by step. A resumed run's repeated steps count once, last.

    An entry that a full disk cut counts as none, nor does what was written right behind it.
    """
    values: dict[float, float] = {}
    for line in log.splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if name in entry:
            values[entry["step"]] = entry[name]
    return tuple(sorted(values.items()))


def smooth(values: Sequence[Point]) -> tuple[Point, ...]:
    """Means of `SMOOTHED` neighbours, at the last one's step."""
    groups = [values[at : at + SMOOTHED] for at in range(0, len(values), SMOOTHED)]
    return tuple((group[-1][0], sum(value for _, value in group) / len(group)) for group in groups)


def draw(curve: Curve, path: Path) -> None:
    """
    Draw the loss against the left axis and F1 on dev against the right one.

    Args:
        curve: What is drawn; it may be empty.
        path: The SVG file to write.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Without pyplot: no state is shared, and no display is looked for.
    figure = Figure(figsize=(9, 4), layout="constrained")
    left = figure.subplots()
    right = left.twinx()
    left.plot(*_columns(curve.losses), color=_LOSS_COLOUR)
    right.plot(*_columns(curve.dev), color=_DEV_COLOUR, marker="o")
    left.set_xlabel("step")
    left.set_xlim(left=0)
    left.set_ylabel("loss", color=_LOSS_COLOUR)
    left.set_ylim(bottom=0)
    right.set_ylabel("F1 on a sample of dev, answerable", color=_DEV_COLOUR)
    right.set_ylim(0, 100)
    left.grid(alpha=0.3)
    # With these, the same run gives the same bytes, and text stays text.
    with rc_context({"svg.hashsalt": "quoth", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _columns(values: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [step for step, _ in values], [value for _, value in values]
