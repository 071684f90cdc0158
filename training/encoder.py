"""
An encoder that was taught which passages answer which questions.

    python -m training.encoder --squad FOLDER [--base FOLDER] OUT

goes on from Quoth's encoder, or from what it left before, and writes a folder that `QUOTH_ENCODER`
may name. Of the passages of a batch, the vector of each question is to be nearest to the one that
answers it (van den Oord, Li and Vinyals, "Representation learning with contrastive predictive
coding", 2018).
`python -m benchmarks.rerank` says what it finds.
"""

import argparse
import random
import shutil
import sys
import time
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

from index.passages import offsets_by
from training.chance import seeded
from training.errors import RunError, TrainingError
from training.features import load_tokenizer
from training.loop import MAX_GRADIENT_NORM, WEIGHT_DECAY, rate_at
from training.measure import say
from training.models import autocast, writing
from training.pairs import AskedTexts, Pair, batches, pairs_of
from training.sources import read_passages, read_squad
from training.workplace import SPLITS, encoder_folder

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

SEED = 5
STEPS = 1_000
"""The 64,000 questions are two in five of all; 50 minutes on two cores with bf16."""
BATCH_SIZE = 64
LEARNING_RATE = 4e-5
WARM_UP = 0.05
SCALE = 20.0
"""What cosines are multiplied by before they compete."""
FROZEN_LAYERS = 2
"""The lowest ones, with the embeddings."""
_MINIBATCH = 8
"""Passages of about one length that are encoded together."""
_REPORT_EVERY_STEPS = 20


def teach(
    encoder: "SentenceTransformer",
    pairs: AskedTexts,
    steps: int,
    batch_size: int,
    rng: random.Random,
) -> None:
    """
    Teach an encoder in place.

    Args:
        encoder: A BERT whose vectors have unit length.
        pairs: What it learns from; each question comes once at most.
        steps: Batches; fewer where the questions do not suffice.
        batch_size: Questions in each.
        rng: Draws their order.

    Raises:
        RunError: If the questions do not suffice for one batch.
    """
    import torch

    total = min(steps, len(pairs.asked) // batch_size)
    done = 0
    bert = getattr(encoder[0], "auto_model")  # noqa: B009 - torch hides its type
    for module in (bert.embeddings, *bert.encoder.layer[:FROZEN_LAYERS]):
        module.requires_grad_(requires_grad=False)
    trained = [weight for weight in encoder.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    # No dropout: each question comes once, and to draw what is dropped takes half of the time.
    encoder.eval()
    started_at = time.monotonic()
    for batch in islice(batches(pairs, batch_size, rng), total):
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * rate_at(done, total, WARM_UP)
        optimiser.zero_grad()
        lost = loss(encoder, pairs, batch)
        lost.backward()
        torch.nn.utils.clip_grad_norm_(trained, MAX_GRADIENT_NORM)
        optimiser.step()
        done += 1
        if done % _REPORT_EVERY_STEPS == 0:
            seconds = (time.monotonic() - started_at) / done
            say(f"step {done}/{total} loss {float(lost):.3f}, {seconds:.2f} s a step")
    if not done:
        raise RunError(f"{len(pairs.asked)} questions make no batch of {batch_size} passages.")


def loss(
    encoder: "SentenceTransformer", pairs: AskedTexts, batch: Sequence[Pair]
) -> "torch.Tensor":
    """
    How hard it is to tell by the vectors which passage answers each question.

    Others that may answer it do not compete.

    Returns:
        The mean cross-entropy over the batch's passages.
    """
    import torch

    with autocast():
        questions = _encode(encoder, [pair.question for pair in batch])
        passages = _encode(encoder, [pairs.texts[pair.right] for pair in batch])
    too = torch.tensor(
        [
            [other is not pair and pairs.may_answer(other.right, pair) for other in batch]
            for pair in batch
        ]
    )
    scores = (SCALE * questions @ passages.T).masked_fill(too, -torch.inf)
    return torch.nn.functional.cross_entropy(scores, torch.arange(len(batch)))


def _encode(encoder: "SentenceTransformer", texts: Sequence[str]) -> "torch.Tensor":
    """Embed texts, those of about one length together: less is padded."""
    import torch

    by_length = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    encoded = [
        encoder(encoder.preprocess([texts[number] for number in by_length[at : at + _MINIBATCH]]))
        for at in range(0, len(texts), _MINIBATCH)
    ]
    vectors = torch.cat([one["sentence_embedding"].float() for one in encoded])
    return vectors[torch.tensor(by_length).argsort()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Teach Quoth's encoder."""
    parser = argparse.ArgumentParser(
        prog="python -m training.encoder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--squad", type=Path, required=True, metavar="FOLDER", help="SQuAD 2.0")
    parser.add_argument(
        "--base", type=Path, metavar="FOLDER", help="where an earlier lesson left its encoder"
    )
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--seed", type=int, default=SEED, help="draws the questions")
    parser.add_argument("out", type=Path, metavar="OUT", help="where the encoder goes")
    given = parser.parse_args(arguments)
    try:
        base = given.base or encoder_folder()
        make_encoder(given.squad, base, given.out, given.steps, seeded(given.seed))
    except TrainingError as error:
        sys.exit(f"Error: {error}")


def make_encoder(squad: Path, base: Path, out: Path, steps: int, rng: random.Random) -> None:
    """
    Write a taught encoder.

    Args:
        squad: SQuAD's folder.
        base: The encoder to go on from: a BERT with the tokenizer of Quoth's.
        out: A folder that is not there yet.
        steps: See `teach`.
        rng: See `teach`.

    Raises:
        RunError: If `out` is there or can't be written, or `base` is no encoder.
        SourceError: If there is no SQuAD.
    """
    from sentence_transformers import SentenceTransformer

    if out.exists():
        raise RunError(f"{out} is there already. Name another folder.")
    if not (base / "modules.json").is_file():
        raise RunError(f"{base} is no folder of sentence-transformers.")
    token_offsets = offsets_by(load_tokenizer(encoder_folder() / "tokenizer.json"))
    # The reranker learns from the first split: what that asks may not be known by heart.
    ours = (read_passages(split) for split in SPLITS[1:])
    sources = chain.from_iterable((*read_squad(squad, "train"), *ours))
    pairs = pairs_of(sources, token_offsets)
    say(f"{len(pairs.asked):,} questions, {len(pairs.texts):,} passages")
    encoder = SentenceTransformer(
        str(base), device="cpu", model_kwargs={"attn_implementation": "eager"}
    )
    teach(encoder, pairs, steps, BATCH_SIZE, rng)
    partial = out.with_name(f"{out.name}.partial")
    with writing(out, "teach it again"):
        shutil.rmtree(partial, ignore_errors=True)
        encoder.save(str(partial))
        partial.replace(out)


if __name__ == "__main__":
    main()
