"""
Checkpoints of several lessons -> one with the mean of their weights.

    python -m training.averaging FOLDER... OUT

Where lessons go on from the same weights, their mean answers better than each of them (Wortsman et
al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time", 2022). `python -m training.run export` takes it where it is the folder
`further/final` of the work folder.
"""

import argparse
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from training.errors import RunError, TrainingError
from training.models import open_network, writing

if TYPE_CHECKING:
    import torch


def average(folders: Sequence[Path], out: Path) -> None:
    """
    Write a checkpoint with the mean of others' weights, each counting as much.

    Args:
        folders: Checkpoints as `Network.save` writes them; at least one.
        out: A folder that is not there yet.

    Raises:
        RunError: If one is not there or of another network, or `out` is there or can't be written.
    """
    import torch

    if out.exists():
        raise RunError(f"{out} is there already. Name another folder.")
    for folder in folders:
        if not (folder / "config.json").exists():
            raise RunError(f"{folder} holds no checkpoint: name the folder `final` of a lesson.")
    mean = open_network(folders[0])
    weights = dict(mean.model.named_parameters())
    with torch.no_grad():
        for folder in folders[1:]:
            others = dict(open_network(folder).model.named_parameters())
            if _shapes(others) != _shapes(weights):
                raise RunError(f"{folder} is of another network than {folders[0]}.")
            for name, weight in weights.items():
                weight.add_(others[name])
        for weight in weights.values():
            weight.div_(len(folders))
    # What a kill or a full disk leaves is no lesson that an export would take.
    partial = out.with_name(f"{out.name}.partial")
    with writing(out, "average them again"):
        shutil.rmtree(partial, ignore_errors=True)
        mean.save(partial)
        partial.replace(out)


def _shapes(weights: "Mapping[str, torch.Tensor]") -> dict[str, tuple[int, ...]]:
    return {name: tuple(weight.shape) for name, weight in weights.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Average what the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m training.averaging",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help="a checkpoint")
    parser.add_argument("out", type=Path, metavar="OUT", help="where their mean goes")
    given = parser.parse_args(arguments)
    try:
        average(given.folders, given.out)
    except TrainingError as error:
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
