"""Averages of a run's snapshots, and the one that dev prefers."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from training.errors import RunError
from training.measure import Report, say
from training.models import Network, open_student

AVERAGED = (1, 3, 6)
"""Numbers of last snapshots whose mean is tried: each costs a measurement on all of dev."""
NO_DIFFERENCE = 0.3
"""Points of F1 that dev can't tell apart: a mean of more snapshots has to gain more than that."""


def choose(folder: Path, measured: Callable[[Network], Report]) -> None:
    """
    Keep the mean of last snapshots with the best F1 at dev's best threshold as `folder / "chosen"`.

    Of those that are as good but for `NO_DIFFERENCE`, it is the mean of the fewest.

    `chosen/dev.json` says how good it is, and of how many it is the mean.

    Args:
        folder: A student's run, complete.
        measured: Measures a network on dev; it may change it.

    Raises:
        RunError: If the run is not complete.
    """
    if not (folder / "final").exists():
        msg = f"{folder} holds no complete run: run the stage {folder.name} first."
        raise RunError(msg)
    newest_first = sorted(folder.glob("snapshots/*"), reverse=True)
    snapshots = [folder / "final", *newest_first]
    tried: list[tuple[Report, int]] = []
    for count in AVERAGED:
        if count <= len(snapshots):
            report = measured(average(snapshots[:count]))
            say(f"mean of the last {count}: {report}")
            tried.append((report, count))
    best = max(report.best_f1 for report, _ in tried)
    report, count = next(one for one in tried if one[0].best_f1 >= best - NO_DIFFERENCE)
    shutil.rmtree(folder / "chosen", ignore_errors=True)
    average(snapshots[:count]).save(folder / "chosen")
    figures = {"averaged": count, **report.figures()}
    (folder / "chosen" / "dev.json").write_text(
        json.dumps(figures, indent=2) + "\n", encoding="utf-8"
    )
    say(f"chosen: the mean of the last {count}")


def average(snapshots: list[Path]) -> Network:
    """A student whose every weight is the mean of the snapshots' weights."""
    import torch
    from safetensors.torch import load_file

    network = open_student(snapshots[0])
    weights = [load_file(snapshot / "model.safetensors") for snapshot in snapshots]
    mean = {name: torch.stack([each[name] for each in weights]).mean(dim=0) for name in weights[0]}
    network.model.load_state_dict(mean)
    return network
