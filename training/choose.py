"""Averages of a run's snapshots, and the one that dev prefers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from training.measure import Report, say
from training.models import Network, open_student

AVERAGED = (1, 2, 3, 5, 8)
"""Numbers of last snapshots whose mean is tried."""


def choose(folder: Path, measured: Callable[[Network], Report]) -> None:
    """
    Keep the best mean of last snapshots, by F1 at dev's best threshold, as `folder / "chosen"`.

    `chosen/dev.json` says how good it is.

    Args:
        folder: A student's run, complete.
        measured: Measures a network on dev.
    """
    newest_first = sorted((folder / "snapshots").iterdir(), reverse=True)
    snapshots = [folder / "final", *newest_first]
    best: tuple[float, Network, Report] | None = None
    for count in AVERAGED:
        if count > len(snapshots):
            break
        network = average(snapshots[:count])
        report = measured(network)
        say(f"mean of the last {count}: {report}")
        if best is None or report.best_f1 > best[0]:
            best = report.best_f1, network, report
    if best is not None:
        _, network, report = best
        shutil.rmtree(folder / "chosen", ignore_errors=True)
        network.save(folder / "chosen")
        (folder / "chosen" / "dev.json").write_text(json.dumps(report.figures(), indent=2) + "\n")


def average(snapshots: list[Path]) -> Network:
    """A student whose every weight is the mean of the snapshots' weights."""
    import torch
    from safetensors.torch import load_file

    network = open_student(snapshots[0])
    weights = [load_file(snapshot / "model.safetensors") for snapshot in snapshots]
    mean = {name: torch.stack([each[name] for each in weights]).mean(dim=0) for name in weights[0]}
    network.model.load_state_dict(mean)
    return network
