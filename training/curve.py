"""Runs' logs -> one learning curve, drawn by matplotlib."""

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

    name: str
    losses: tuple[Point, ...]
    dev: tuple[Point, ...]
    """F1 of the answerable, from 0 to 100."""

    @property
    def steps(self) -> float:
        """The last step that was logged."""
        return max((step for step, _ in (*self.losses, *self.dev)), default=0.0)


def read_curve(folder: Path) -> Curve:
    """
    Read a run's log.

    Raises:
        RunError: If there is none.
    """
    path = folder / LOG_NAME
    if not path.is_file():
        msg = f"{path} is not there: run the stage {folder.name} first."
        raise RunError(msg)
    log = path.read_text(encoding="utf-8")
    return Curve(folder.name, smooth(points(log, "loss")), points(log, "dev_f1"))


def points(log: str, name: str) -> tuple[Point, ...]:
    """A log's values of one name, by step. A resumed run's repeated steps count once, last."""
    values: dict[float, float] = {}
    for line in log.splitlines():
        entry = json.loads(line)
        if name in entry:
            values[entry["step"]] = entry[name]
    return tuple(sorted(values.items()))


def smooth(values: Sequence[Point]) -> tuple[Point, ...]:
    """Means of `SMOOTHED` neighbours, at the last one's step."""
    groups = [values[at : at + SMOOTHED] for at in range(0, len(values), SMOOTHED)]
    return tuple((group[-1][0], sum(value for _, value in group) / len(group)) for group in groups)


def joined(curves: Sequence[Curve]) -> list[Curve]:
    """The same curves on one axis: the steps of each go on from those of the one before."""
    begun = 0.0
    moved = []
    for curve in curves:
        losses, dev = (
            tuple((begun + step, value) for step, value in values)
            for values in (curve.losses, curve.dev)
        )
        moved.append(Curve(curve.name, losses, dev))
        begun += curve.steps
    return moved


def draw(curves: Sequence[Curve], path: Path) -> None:
    """
    Draw the loss against the left axis and F1 on dev against the right one, run after run.

    Args:
        curves: In the order of the runs.
        path: The SVG file to write.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # Without pyplot: no state is shared, and no display is looked for.
    figure = Figure(figsize=(9, 4), layout="constrained")
    left = figure.subplots()
    right = left.twinx()
    begun = 0.0
    for number, curve in enumerate(joined(curves)):
        left.plot(*_columns(curve.losses), color=_LOSS_COLOUR)
        right.plot(*_columns(curve.dev), color=_DEV_COLOUR, marker="o")
        left.axvline(begun, color="grey", linestyle=":")
        left.annotate(
            curve.name,
            (begun, 1),
            xycoords=("data", "axes fraction"),
            # In two rows: a short run is narrower than its name.
            xytext=(3, 4 + 12 * (number % 2)),
            textcoords="offset points",
        )
        begun = curve.steps
    left.set(xlim=(0, begun or 1), xlabel="step")
    left.set_ylabel("loss", color=_LOSS_COLOUR)
    left.set_ylim(bottom=0)
    right.set_ylabel("F1 on a sample of dev, answerable", color=_DEV_COLOUR)
    right.set_ylim(0, 100)
    left.grid(alpha=0.3)
    # With these, the same runs give the same bytes, and text stays text.
    with rc_context({"svg.hashsalt": "quoth", "svg.fonttype": "none"}):
        figure.savefig(path, format="svg", metadata={"Date": None})


def _columns(values: Sequence[Point]) -> tuple[list[float], list[float]]:
    return [step for step, _ in values], [value for _, value in values]
