"""What a run leaves behind, with a network small enough to train in a second."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from bot.evaluation.metrics import summarise
from tests.training.tiny import equal, tiny_network, weights
from tests.training.words import word_tokenizer
from training import loop
from training.errors import RunError
from training.features import Encoded, RowGroup, encode, hard_targets, row_of
from training.fingerprint import rows_sha256
from training.loop import Recipe, train
from training.measure import DevReport, read
from training.models import FROZEN_LAYERS, Network, open_network

RECIPE = Recipe(learning_rate=1e-2, batch_size=2, epochs=2, measure_every_steps=3)
CONTEXTS = ["Ada rows", "Bo sails far", "Cy", "Di swims in the sea", "Ed runs", "Flo flies high"]


class CutError(Exception):
    """Stands for whatever ends a run early."""


ENCODED: list[Encoded] = [encode(word_tokenizer(), "who", each) for each in CONTEXTS]
ROWS: list[RowGroup] = [(row_of(one, hard_targets(one, [(0, 2)])),) for one in ENCODED]
REPORT = DevReport(summarise([]), best_f1=1.0, threshold=0.0, refused=2.0, answered=3.0)


def train_tiny(network: Network, folder: Path) -> None:
    train(network, ROWS, RECIPE, folder, lambda _: REPORT)


def test_a_cut_run_ends_as_an_uncut_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same weights to the last bit."""
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    uncut = tiny_network()
    train_tiny(uncut, tmp_path / "uncut")

    def cut(_: Network) -> DevReport:
        raise CutError

    with pytest.raises(CutError):
        train(tiny_network(), ROWS, RECIPE, tmp_path / "cut", cut)
    resumed = tiny_network(seed=9)
    train_tiny(resumed, tmp_path / "cut")

    assert equal(weights(resumed), weights(uncut))


def cut_after_a_checkpoint(folder: Path) -> None:
    """Let a run be cut by its first measurement, with checkpoints before that."""

    def cut(_: Network) -> DevReport:
        raise CutError

    with pytest.raises(CutError):
        train(tiny_network(), ROWS, RECIPE, folder, cut)


def test_a_run_that_is_killed_while_it_deletes_a_checkpoint_goes_on_from_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)

    def killed(folder: Path, **_: object) -> None:
        if (folder / "model.safetensors").exists():
            (folder / "model.safetensors").unlink()
            raise CutError

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", killed)
        with pytest.raises(CutError):
            train_tiny(tiny_network(), tmp_path)

    train_tiny(tiny_network(seed=9), tmp_path)

    assert "2 of them done" in capsys.readouterr().err


def test_a_run_that_is_killed_between_two_checkpoints_is_not_lost_when_the_next_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    cut_after_a_checkpoint(tmp_path)
    (tmp_path / "checkpoint").rename(tmp_path / "checkpoint.partial")

    def full(*_: object) -> None:
        raise RuntimeError("PytorchStreamWriter failed writing file")

    with monkeypatch.context() as patched:
        patched.setattr(Network, "save", full)
        with pytest.raises(RunError, match="can't be written"):
            train_tiny(tiny_network(), tmp_path)
    train_tiny(tiny_network(), tmp_path)

    assert capsys.readouterr().err.count("2 of them done") == 2


@pytest.mark.parametrize("name", ["model.safetensors", "optimiser.pt", "step.json"])
def test_a_damaged_checkpoint_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    cut_after_a_checkpoint(tmp_path)
    damaged = tmp_path / "checkpoint" / name
    damaged.write_bytes(damaged.read_bytes()[:-5])

    with pytest.raises(RunError, match="checkpoint can't be read"):
        train_tiny(tiny_network(), tmp_path)


def test_a_disk_that_fills_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        # As torch says it.
        raise RuntimeError("PytorchStreamWriter failed writing file")

    with monkeypatch.context() as patched:
        patched.setattr(Network, "save", full)
        with pytest.raises(RunError, match=r"can't be written .* Free some space"):
            train_tiny(tiny_network(), tmp_path)

    train_tiny(tiny_network(), tmp_path)

    assert (tmp_path / "final").is_dir()


def test_a_log_that_can_not_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)
    # As a full disk has it.
    monkeypatch.setattr(loop, "LOG_NAME", "/dev/full")

    with pytest.raises(RunError, match=r"can't be written .*Free some space"):
        train_tiny(tiny_network(), tmp_path)


def test_a_complete_run_is_left_alone(tmp_path: Path) -> None:
    train_tiny(tiny_network(), tmp_path)
    untouched = tiny_network(seed=5)
    before = weights(untouched)

    train_tiny(untouched, tmp_path)

    assert equal(weights(untouched), before)


def test_training_lowers_the_loss_and_logs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "REPORT_EVERY_STEPS", 1)

    train_tiny(tiny_network(), tmp_path)

    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [entry["loss"] for entry in entries if "loss" in entry]
    assert len(losses) == 6
    assert losses[-1] < losses[0]
    assert [entry["step"] for entry in entries if "dev_f1" in entry] == [3, 6]


def test_the_rows_of_a_group_compete(tmp_path: Path) -> None:
    """In one batch either way."""
    first, second = sorted((row for (row,) in ROWS[:2]), key=lambda row: len(row.ids))
    recipe = replace(RECIPE, epochs=1)
    ended = []
    for groups in ([(first,), (second,)], [(first, second)]):
        network = tiny_network()
        train(network, groups, recipe, tmp_path / str(len(groups)), lambda _: REPORT)
        ended.append(weights(network))

    assert not equal(*ended)


def test_a_run_ends_at_its_last_step(tmp_path: Path) -> None:
    measured: list[Network] = []

    def dev(network: Network) -> DevReport:
        measured.append(network)
        return REPORT

    train(tiny_network(), ROWS, replace(RECIPE, max_steps=5), tmp_path, dev)

    assert len(measured) == 5 // RECIPE.measure_every_steps


OTHER_ROWS = ROWS[1:]
OTHER_RECIPE = replace(RECIPE, learning_rate=2e-2)


@pytest.mark.parametrize("is_complete", [True, False])
@pytest.mark.parametrize(
    ("rows", "recipe", "named"),
    [
        (OTHER_ROWS, RECIPE, "other rows "),
        (ROWS, OTHER_RECIPE, "other recipe "),
        (OTHER_ROWS, OTHER_RECIPE, "other recipe and rows "),
    ],
)
def test_a_run_goes_on_with_nothing_but_what_it_began_with(
    tmp_path: Path, rows: list[RowGroup], recipe: Recipe, named: str, *, is_complete: bool
) -> None:
    def cut(_: Network) -> DevReport:
        raise CutError

    if is_complete:
        train_tiny(tiny_network(), tmp_path)
    else:
        with pytest.raises(CutError):
            train(tiny_network(), ROWS, RECIPE, tmp_path, cut)

    with pytest.raises(RunError, match=f"began with {named}.*Delete the folder"):
        train(tiny_network(), rows, recipe, tmp_path, lambda _: REPORT)


def test_a_run_without_a_fingerprint_is_refused_unless_it_is_complete(tmp_path: Path) -> None:
    (tmp_path / "cut" / "checkpoint").mkdir(parents=True)
    (tmp_path / "complete" / "final").mkdir(parents=True)

    train_tiny(tiny_network(), tmp_path / "complete")
    with pytest.raises(RunError, match=r"without fingerprint.json.*Delete the folder"):
        train_tiny(tiny_network(), tmp_path / "cut")


def test_the_fingerprint_of_rows_tells_what_is_wanted_of_them() -> None:
    """It does not tell another machine's last bits."""
    (first,), *others = ROWS

    def with_starts(chances: dict[int, float]) -> str:
        return rows_sha256([(replace(first, starts=chances),), *others])

    assert with_starts({0: 0.25, 3: 0.75}) == with_starts({3: 0.75, 0: 0.25 + 1e-12})
    assert with_starts({0: 0.25, 3: 0.75}) != with_starts({0: 0.75, 3: 0.25})
    assert rows_sha256(ROWS) != rows_sha256(ROWS[::-1])
    assert rows_sha256(ROWS) != rows_sha256([ROWS[0] + ROWS[1], *ROWS[2:]])


def test_reading_in_batches_is_reading_one_by_one() -> None:
    """Up to bf16's rounding; padding changes nothing."""
    network = tiny_network()

    together = dict(read(network, ENCODED))

    assert sorted(together) == list(range(len(ENCODED)))
    for index, one in enumerate(ENCODED):
        ((_, (starts, ends)),) = read(network, [one])
        assert starts.shape == (len(one.ids),)
        assert together[index][0] == pytest.approx(starts, abs=0.02)
        assert together[index][1] == pytest.approx(ends, abs=0.02)


@pytest.mark.parametrize("padded", [8, 0])
def test_the_fused_attention_is_the_spelled_out_one(tmp_path: Path, padded: int) -> None:
    """With padding and without: transformers hands on no mask then."""
    import torch

    plain = tiny_network()
    plain.save(tmp_path)
    fused = open_network(tmp_path)
    ids = torch.randint(2, 50, (3, 20))
    mask = torch.ones_like(ids)
    mask[1, 20 - padded :] = 0
    found, wanted = (
        network.model.train(mode=False)(input_ids=ids, attention_mask=mask).start_logits
        for network in (fused, plain)
    )

    assert torch.allclose(found[mask == 1], wanted[mask == 1], atol=1e-5)


def test_what_lies_lowest_is_not_taught(tmp_path: Path) -> None:
    tiny_network().save(tmp_path / "base")
    network = open_network(tmp_path / "base")
    before = weights(network)

    train_tiny(network, tmp_path / "run")

    after = weights(network)
    changed = {name for name in before if bool((before[name] != after[name]).any())}
    assert not any("embeddings" in name or "relative" in name for name in changed)
    layers = {name.split(".")[3] for name in changed if ".layer." in name}
    assert layers == {str(FROZEN_LAYERS)}
    assert f"mpnet.encoder.layer.{FROZEN_LAYERS}.attention.attn.q.weight" in changed


def test_a_run_is_opened_as_it_ended(tmp_path: Path) -> None:
    network = tiny_network()
    train_tiny(network, tmp_path)

    assert equal(weights(open_network(tmp_path / "final")), weights(network))
