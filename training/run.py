"""
From data to shipped files, in stages that can each be cut and go on where they were.

    python -m training.run all --qamr FOLDER --squad FOLDER --mpnet FOLDER

The name of a stage instead of `all` runs that one. In order:

`data` counts the examples; `train` fine-tunes all-mpnet-base-v2, and `further` goes on with other
examples; `export` writes that to `reader/weights/` as int8, if it costs little on dev; `calibrate`
writes its calibration, and `curve` how the last lesson went, beside it.

Where what `train` left is lost, `further` goes on from the weights in `reader/weights/`.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from bot.evaluation.errors import EvaluationError
from bot.settings import SettingsError
from index.errors import IndexingError
from reader.errors import ReaderError
from reader.model import MODEL_NAME, OnnxReader
from training.calibrate import calibrate
from training.curve import draw, read_curve
from training.errors import TrainingError
from training.export import export
from training.features import rows_of
from training.floats import restore
from training.loop import Recipe, train
from training.measure import DevReport, say
from training.models import BASE_HOME, BASE_SHA256, check_weights, open_network
from training.sources import SQUAD_FORMAT
from training.workplace import FURTHER_MIXTURE, FURTHER_SEED, Workplace

THREADS = 2
HEAD_SEED = 20
"""The new head's weights are drawn by it."""
CURVE_NAME = "learning_curve.svg"

# 1,400 steps are 33,600 of the mixture's 55,000 examples: four hours on one core.
RECIPE = Recipe(
    learning_rate=5e-5, batch_size=24, warm_up=0.03, max_steps=1_400, measure_every_steps=300
)

FURTHER_RECIPE = Recipe(learning_rate=3e-5, batch_size=16, warm_up=0.05, measure_every_steps=500)
"""One pass over `FURTHER_MIXTURE`."""


def count_examples(place: Workplace) -> None:
    """Print how many examples of each kind the reader learns from."""
    counts = Counter(example.kind for example in chain.from_iterable(place.groups()))
    print(f"{counts.total():,} examples")
    for kind, count in counts.most_common():
        print(f"    {kind}: {count:,}")


def train_reader(place: Workplace) -> None:
    """Fine-tune the base model on the mixture."""
    import torch

    check_weights(place.mpnet, BASE_SHA256, BASE_HOME)
    torch.manual_seed(HEAD_SEED)
    network = open_network(place.mpnet)
    rows = rows_of(network.tokenizer, place.groups())
    train(network, rows, RECIPE, place.run, place.dev_sample)


def teach_further(place: Workplace) -> None:
    """Go on from what was trained or, where that is lost, from the shipped weights."""
    import torch

    check_weights(place.mpnet, BASE_SHA256, BASE_HOME)
    torch.manual_seed(HEAD_SEED)
    first = place.run / "final"
    network = open_network(first if first.exists() else place.mpnet)
    if not first.exists():
        restore(network.model, place.out / MODEL_NAME)
    rows = rows_of(network.tokenizer, place.groups(FURTHER_MIXTURE, FURTHER_SEED))
    train(network, rows, FURTHER_RECIPE, place.further, place.dev_sample)


def export_reader(place: Workplace) -> None:
    """Write what was trained as int8, if that costs little on dev."""

    def measured(folder: Path) -> DevReport:
        return place.exam.measure_reader(OnnxReader(folder, THREADS))

    export(place.trained(), place.out, measured, place.typical(), place.work / "export.json")


def calibrate_reader(place: Workplace) -> None:
    """Fit confidence and thresholds."""
    print(calibrate(place.out, place.calibrated_on(), place.scratch))


def draw_curve(place: Workplace) -> None:
    """Draw how the reader learnt in its last lesson."""
    curve = read_curve(place.further if place.further.exists() else place.run)
    place.out.mkdir(parents=True, exist_ok=True)
    draw(curve, place.out / CURVE_NAME)


STAGES: dict[str, Callable[[Workplace], None]] = {
    "data": count_examples,
    "train": train_reader,
    "further": teach_further,
    "export": export_reader,
    "calibrate": calibrate_reader,
    "curve": draw_curve,
}
ALL = "all"


def stages_of(wanted: str, first: str | None) -> list[str]:
    """
    Which stages to run, in order.

    Args:
        wanted: A stage, or all.
        first: Where all of them begin, if not with the first.
    """
    if wanted != ALL:
        return [wanted]
    names = list(STAGES)
    return names[names.index(first) if first else 0 :]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one stage, or all of them in turn."""
    import torch

    parser = argparse.ArgumentParser(
        prog="python -m training.run",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("stage", choices=[*STAGES, ALL], metavar="STAGE", help="a stage, or all")
    parser.add_argument(
        "--from", dest="first", choices=STAGES, metavar="STAGE", help="where `all` begins"
    )
    parser.add_argument(
        "--qamr", type=Path, default=Path("qamr"), help="QAMR's data/filtered folder"
    )
    parser.add_argument(
        "--squad",
        type=Path,
        default=Path("squad"),
        help="SQuAD's train.jsonl or train.jsonl.gz, and dev.jsonl to calibrate on: "
        + SQUAD_FORMAT.replace("%", "%%"),
    )
    parser.add_argument(
        "--mpnet", type=Path, default=Path("all-mpnet-base-v2"), help="the base model's folder"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("build/training"), help="for checkpoints and results"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("reader/weights"), help="where the shipped files go"
    )
    given = parser.parse_args(arguments)
    if given.first and given.stage != ALL:
        parser.error(f"--from says where `{ALL}` begins: {given.stage} is one stage.")
    torch.set_num_threads(THREADS)
    place = Workplace(given.qamr, given.squad, given.mpnet, given.work, given.out)
    for name in stages_of(given.stage, given.first):
        say(f"stage {name}")
        try:
            STAGES[name](place)
        except (
            TrainingError,
            EvaluationError,
            IndexingError,
            ReaderError,
            SettingsError,
            OSError,
        ) as error:
            sys.exit(f"{name}: {error}")


if __name__ == "__main__":
    main()
