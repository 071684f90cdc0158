"""Outcomes -> a picture: how wrong at which coverage, and how far confidence can be believed."""

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.evaluation.errors import PlotError
from bot.evaluation.report import reliability, wrong_by_coverage
from bot.evaluation.run import QuestionOutcome
from prompts import render

# Those that matplotlib writes without another program; .pgf, for one, needs LaTeX.
_SUFFIXES = (".png", ".svg", ".pdf", ".jpg")


def check_plotting(path: Path) -> None:
    """
    Tell whether a picture could be written, before anything is measured for it.

    Raises:
        PlotError: If matplotlib is missing, or can't write such a file.
    """
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise PlotError(render("extra_missing.txt", extra="plot", module="matplotlib")) from error
    if path.suffix.lower() not in _SUFFIXES:
        raise PlotError(f"{path}: a picture's name ends in one of {', '.join(_SUFFIXES)}.")
    if not path.absolute().parent.is_dir():
        raise PlotError(f"{path}: there is no folder {path.parent}.")
    try:
        with tempfile.TemporaryFile(dir=path.absolute().parent):
            pass
    except OSError as error:
        raise _unwritable(path, error) from error


def plot(outcomes: Mapping[str, Sequence[QuestionOutcome]], path: Path) -> None:
    """
    Draw the share wrong by coverage, and the reliability diagram.

    Args:
        outcomes: By mode.
        path: A picture; its ending says of which kind.

    Raises:
        PlotError: If it can't be written.
    """
    from matplotlib.figure import Figure

    # Without pyplot: no state is shared, and no display is looked for.
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    curve, reliable = figure.subplots(1, 2)
    for mode, some in outcomes.items():
        coverage, wrong = zip(*wrong_by_coverage(some), strict=True)
        curve.plot(coverage, wrong, label=_label(mode))
        bins = reliability(some)
        confidences = [one.confidence for one in bins]
        reliable.plot(confidences, [one.right for one in bins], marker="o", label=_label(mode))
    reliable.plot([0, 1], [0, 1], color="grey", linestyle=":", label=_label("perfect"))
    for axes, title, horizontal, vertical in (
        (curve, "wrong_by_coverage", "coverage", "share_wrong"),
        (reliable, "reliability", "confidence", "right"),
    ):
        axes.set(xlim=(0, 1), ylim=(0, 1), title=_label(title))
        axes.set(xlabel=_label(horizontal), ylabel=_label(vertical))
        axes.legend()
        axes.grid(alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> PlotError:
    return PlotError(f"{path}: can't be written ({error.strerror}).")


def _label(name: str) -> str:
    return render("plot.txt", name=name)
