"""What a run leaves behind, with a network small enough to train in a second."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.evaluation.metrics import summarise
from tests.training.words import word_tokenizer
from training import loop
from training.choose import average
from training.features import BERT, Encoded, Row, encode, hard_targets, row_of
from training.loop import Recipe, train
from training.measure import Report, read
from training.models import Network

if TYPE_CHECKING:
    import torch

RECIPE = Recipe(
    learning_rate=1e-2, batch_size=2, epochs=2, measure_every_steps=3, snapshot_every_steps=2
)
CONTEXTS = ["Ada rows", "Bo sails far", "Cy", "Di swims in the sea", "Ed runs", "Flo flies high"]


class CutError(Exception):
    """Stands for whatever ends a run early."""


def tiny_network(seed: int = 0) -> Network:
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=110,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        attention_probs_dropout_prob=0.0,
    )
    return Network(BertForQuestionAnswering(config), word_tokenizer(), BERT)


ENCODED: list[Encoded] = [encode(word_tokenizer(), BERT, "who", each) for each in CONTEXTS]
ROWS: list[Row] = [row_of(one, hard_targets(one, [(0, 2)])) for one in ENCODED]
REPORT = Report(summarise([]), best_f1=1.0, threshold=0.0, refused=2.0, answered=3.0)


def weights(network: Network) -> "dict[str, torch.Tensor]":
    return {name: value.clone() for name, value in network.model.state_dict().items()}


def equal(one: "dict[str, torch.Tensor]", other: "dict[str, torch.Tensor]") -> bool:
    return all(bool((one[name] == other[name]).all()) for name in one)


def train_tiny(network: Network, folder: Path) -> None:
    train(network, ROWS, RECIPE, folder, lambda _: REPORT)


def test_a_cut_run_ends_as_an_uncut_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same weights to the last bit, dropout and batches included."""
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    uncut = tiny_network()
    train_tiny(uncut, tmp_path / "uncut")

    def cut(_: Network) -> Report:
        raise CutError

    with pytest.raises(CutError):
        train(tiny_network(), ROWS, RECIPE, tmp_path / "cut", cut)
    resumed = tiny_network(seed=9)
    train_tiny(resumed, tmp_path / "cut")

    assert equal(weights(resumed), weights(uncut))


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


def test_a_run_ends_at_its_last_step(tmp_path: Path) -> None:
    short = replace(RECIPE, max_steps=3, snapshot_every_steps=1)

    train(tiny_network(), ROWS, short, tmp_path, lambda _: REPORT)

    assert len(list((tmp_path / "snapshots").iterdir())) == 2


def test_snapshots_are_averaged(tmp_path: Path) -> None:
    train_tiny(tiny_network(), tmp_path)
    snapshots = sorted((tmp_path / "snapshots").iterdir())

    mean = weights(average(snapshots))

    one, two = (weights(average([snapshot])) for snapshot in snapshots)
    assert [snapshot.name for snapshot in snapshots] == ["step-000002", "step-000004"]
    assert not equal(one, two)
    assert all(bool(((one[name] + two[name]) / 2 == mean[name]).all()) for name in mean)


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
def test_the_fused_attention_is_the_spelled_out_one(padded: int) -> None:
    """With padding and without: transformers hands on no mask then."""
    import torch
    from transformers import MPNetConfig, MPNetForQuestionAnswering

    from training.fused import fuse_attention

    config = MPNetConfig(
        vocab_size=50,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=40,
    )
    torch.manual_seed(0)
    model = MPNetForQuestionAnswering(config).train(mode=False)
    ids = torch.randint(2, 50, (3, 20))
    mask = torch.ones_like(ids)
    mask[1, 20 - padded :] = 0
    with torch.inference_mode():
        plain = model(input_ids=ids, attention_mask=mask).start_logits
        fuse_attention(model)
        fused = model(input_ids=ids, attention_mask=mask).start_logits

    assert torch.allclose(plain[mask == 1], fused[mask == 1], atol=1e-5)
