"""What is kept of a run: the mean of its last snapshots, or half or a third of the way there."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import mean

from training.measure import Report, say
from training.models import Network, open_student

LAST = 3
"""Snapshots whose mean is the run's end. One and six were tried, and are no better (LOG.md)."""


def choose(folder: Path, began: Path, measured: Callable[[Network], Mapping[str, Report]]) -> None:
    """
    Keep the best as `folder / "chosen"`: where a run ended, the middle of that and where it began,
    or a third of the way.

    The best has the highest F1, each set's at the threshold that suits it, averaged over the sets.

    A later stage may teach one thing at the expense of another; between the weights before it and
    after it much of both is kept (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).

    `chosen/dev.json` says how good it is, and which of them it is.

    Args:
        folder: A student's run, complete.
        began: The weights it began with.
        measured: Measures a network on sets kept for it, by name; it may change it.
    """
    newest_first = sorted(folder.glob("snapshots/*"), reverse=True)
    end = folder / "end"
    average([folder / "final", *newest_first][:LAST]).save(end)
    ways = {"end": [end], "middle": [began, end], "third": [began, began, end]}
    reports: dict[str, Mapping[str, Report]] = {}
    for name, averaged in ways.items():
        reports[name] = measured(average(averaged))
        for exam, report in reports[name].items():
            say(f"{name}, {exam}: {report}")
    chosen = max(ways, key=lambda name: mean(one.best_f1 for one in reports[name].values()))
    shutil.rmtree(folder / "chosen", ignore_errors=True)
    average(ways[chosen]).save(folder / "chosen")
    figures = {name: report.figures() for name, report in reports[chosen].items()}
    (folder / "chosen" / "dev.json").write_text(
        json.dumps({"chosen": chosen, **figures}, indent=2) + "\n", encoding="utf-8"
    )
    say(f"chosen: the {chosen}")


def average(snapshots: list[Path]) -> Network:
    """A student whose every weight is the mean of the snapshots' weights."""
    import torch
    from safetensors.torch import load_file

    network = open_student(snapshots[0])
    weights = [load_file(snapshot / "model.safetensors") for snapshot in snapshots]
    mean = {name: torch.stack([each[name] for each in weights]).mean(dim=0) for name in weights[0]}
    network.model.load_state_dict(mean)
    return network
