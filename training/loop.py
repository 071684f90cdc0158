"""One training run that can be cut at any moment and goes on from its last checkpoint."""

import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.errors import RunError
from training.features import RowGroup, collate, plan_batches
from training.fingerprint import claim
from training.loss import cross_entropy
from training.measure import DevReport, say
from training.models import Network, autocast, writing

if TYPE_CHECKING:
    import torch

CHECKPOINT_EVERY_S = 600.0
REPORT_EVERY_STEPS = 10
LOG_NAME = "log.jsonl"
_STEP_NAME = "step.json"
"""The last file of a checkpoint to be written, and the first to be deleted."""
_AGAIN = "run the stage again: it goes on from its last checkpoint"
MAX_GRADIENT_NORM = 1.0
WEIGHT_DECAY = 0.01


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    learning_rate: float
    """At its highest, after `warm_up`; from there it falls to zero in a straight line."""
    batch_size: int
    epochs: int = 1
    max_steps: int | None = None
    """Where to end sooner than the epochs do; the learning rate is zero there."""
    warm_up: float = 0.06
    """Share of the steps."""
    measure_every_steps: int = 250
    seed: int = 0


def train(
    network: Network,
    groups: Sequence[RowGroup],
    recipe: Recipe,
    folder: Path,
    dev: Callable[[Network], DevReport],
) -> None:
    """
    Train a network in place and leave it in `folder / "final"`.

    If `folder` holds a checkpoint of a run that was cut, that run goes on: batches depend on
    the seed and the epoch alone. If it holds "final", there is nothing to do.

    Args:
        network: Changed in place.
        groups: What to learn, the same in each epoch.
        recipe: How to train.
        folder: For checkpoints, the log (`LOG_NAME`) and the result.
        dev: Measures the network while it trains.

    Raises:
        RunError: If the folder holds a run of another recipe or other rows, its checkpoint is
            damaged, or it can't be written.
    """
    import torch

    claim(folder, asdict(recipe), groups)
    if (folder / "final").exists():
        say(f"{folder} is complete")
        return
    order = _order(groups, recipe, 0)
    total = len(order) * recipe.epochs
    if recipe.max_steps is not None:
        total = min(total, recipe.max_steps)
    trained = [weight for weight in network.model.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(
        trained, lr=recipe.learning_rate, weight_decay=WEIGHT_DECAY, fused=True
    )
    done = _restore(network, optimiser, folder)
    examples = sum(map(len, groups))
    say(f"{folder}: {examples} examples an epoch, {total} steps, {done} of them done")
    saved_at = started_at = time.monotonic()
    current = 0
    losses: list[float] = []
    for step in range(done, total):
        number, at = divmod(step, len(order))
        if number != current:
            order, current = _order(groups, recipe, number), number
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * rate_at(step, total, recipe.warm_up)
        losses.append(_step(network, optimiser, trained, [groups[index] for index in order[at]]))
        if _is_due(step + 1, REPORT_EVERY_STEPS):
            seconds = (time.monotonic() - started_at) / (step + 1 - done)
            loss = float(np.mean(losses))
            left_minutes = seconds * (total - step - 1) / 60
            say(
                f"step {step + 1}/{total} loss {loss:.3f}, {seconds:.2f} s a step, "
                f"{left_minutes:.0f} min left"
            )
            _log(folder, {"step": step + 1, "loss": round(loss, 4)})
            losses = []
        if _is_due(step + 1, recipe.measure_every_steps):
            report = dev(network)
            say(f"step {step + 1}/{total} dev {report}")
            _log(folder, {"step": step + 1, **report.figures()})
        if time.monotonic() - saved_at > CHECKPOINT_EVERY_S:
            with writing(folder, _AGAIN):
                _checkpoint(network, optimiser, folder, step + 1)
            saved_at = time.monotonic()
    with writing(folder, _AGAIN):
        network.save(folder / "final.partial")
        (folder / "final.partial").replace(folder / "final")
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)


def _is_due(steps_done: int, every: int) -> bool:
    return steps_done % every == 0


def rate_at(step: int, total: int, warm_up: float) -> float:
    """Share of the highest learning rate at a step: up in a straight line, then down to zero."""
    rising = max(1, round(total * warm_up))
    if step < rising:
        return (step + 1) / rising
    return (total - step) / max(1, total - rising)


def _order(groups: Sequence[RowGroup], recipe: Recipe, epoch: int) -> list[list[int]]:
    rng = np.random.default_rng([recipe.seed, epoch])
    return plan_batches(groups, recipe.batch_size, rng)


def _step(
    network: Network,
    optimiser: "torch.optim.Optimizer",
    trained: "Sequence[torch.Tensor]",
    groups: Sequence[RowGroup],
) -> float:
    import torch

    network.model.train()
    batch = collate([row for group in groups for row in group])
    with autocast():
        logits = network.logits(batch)
    padding = torch.from_numpy(batch.mask == 0)
    sizes = [len(group) for group in groups]
    of_starts, of_ends = (
        cross_entropy(found, torch.from_numpy(wanted), padding, sizes)
        for found, wanted in zip(logits, (batch.starts, batch.ends), strict=True)
    )
    loss = (of_starts + of_ends) / 2
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(trained, MAX_GRADIENT_NORM)
    optimiser.step()
    optimiser.zero_grad()
    return float(loss.detach())


def _checkpoint(
    network: Network, optimiser: "torch.optim.Optimizer", folder: Path, step: int
) -> None:
    import torch

    partial, kept = folder / "checkpoint.partial", folder / "checkpoint"
    shutil.rmtree(partial, ignore_errors=True)
    network.save(partial)
    torch.save(optimiser.state_dict(), partial / "optimiser.pt")
    (partial / _STEP_NAME).write_text(json.dumps({"step": step}), encoding="utf-8")
    # A folder can't be replaced in one move: until the last of these, the partial one counts. What
    # a kill leaves of the other doesn't, since it has no step.
    (kept / _STEP_NAME).unlink(missing_ok=True)
    shutil.rmtree(kept, ignore_errors=True)
    partial.replace(kept)


def _restore(network: Network, optimiser: "torch.optim.Optimizer", folder: Path) -> int:
    import torch
    from safetensors.torch import load_model

    partial, kept = folder / "checkpoint.partial", folder / "checkpoint"
    if not (kept / _STEP_NAME).exists():
        if not (partial / _STEP_NAME).exists():
            return 0
        # The next checkpoint is written where this one lies.
        with writing(folder, _AGAIN):
            shutil.rmtree(kept, ignore_errors=True)
            partial.replace(kept)
    try:
        load_model(network.model, kept / "model.safetensors", strict=False)
        optimiser.load_state_dict(torch.load(kept / "optimiser.pt", weights_only=True))
        return int(json.loads((kept / _STEP_NAME).read_text(encoding="utf-8"))["step"])
    # Each of the three files is read by another library, and damaged in many ways.
    except Exception as error:
        raise RunError(
            f"{kept} can't be read ({error}). If it is damaged, delete it: the lesson begins anew."
        ) from error


def _log(folder: Path, entry: dict[str, float]) -> None:
    with writing(folder, _AGAIN), (folder / LOG_NAME).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")
        log.flush()
        os.fsync(log.fileno())
