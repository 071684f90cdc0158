"""Outcomes -> a picture: how wrong at which coverage, and how far confidence can be believed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.evaluation.errors import PlotError
from bot.evaluation.report import reliability, risk_coverage
from bot.evaluation.run import Outcome
from prompts import render


def check_plotting(path: Path) -> None:
    """
    Tell whether a picture could be written, before anything is measured for it.

    Raises:
        PlotError: If matplotlib is missing, or can't write such a file.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ImportError as error:
        raise PlotError(
            'Pictures need matplotlib, which is not installed: pip install "quoth[plot]".'
        ) from error
    kinds = FigureCanvasAgg.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in kinds:
        raise PlotError(f"{path}: a picture's name ends in one of .{', .'.join(sorted(kinds))}.")
    if not path.absolute().parent.is_dir():
        raise PlotError(f"{path}: there is no folder {path.parent}.")


def plot(outcomes: Mapping[str, Sequence[Outcome]], path: Path) -> None:
    """
    Draw the risk-coverage curve and the reliability diagram.

    Args:
        outcomes: By mode.
        path: A picture; its ending says of which kind.

    Raises:
        PlotError: If it can't be written.
    """
    from matplotlib.figure import Figure

    # Without pyplot: no state is shared, and no display is looked for.
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    risk, reliable = figure.subplots(1, 2)
    for mode, some in outcomes.items():
        coverage, wrong = zip(*risk_coverage(some), strict=True)
        risk.plot(coverage, wrong, label=_label(mode))
        bins = reliability(some)
        confidences = [one.confidence for one in bins]
        reliable.plot(confidences, [one.right for one in bins], marker="o", label=_label(mode))
    reliable.plot([0, 1], [0, 1], color="grey", linestyle=":", label=_label("perfect"))
    for axes, title, horizontal, vertical in (
        (risk, "risk_coverage", "coverage", "risk"),
        (reliable, "reliability", "confidence", "right"),
    ):
        axes.set(xlim=(0, 1), ylim=(0, 1), title=_label(title))
        axes.set(xlabel=_label(horizontal), ylabel=_label(vertical))
        axes.legend()
        axes.grid(alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise PlotError(f"{path}: can't be written ({error.strerror}).") from error


def _label(name: str) -> str:
    return render("plot.txt", name=name)
