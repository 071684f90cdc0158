"""
Every tuned number made again from questions, for the reader that is set.

    python -m benchmarks.tune                                   # all numbers
    python -m benchmarks.tune --numbers near_margin near_gain   # some; the others stay as they are
    python -m benchmarks.tune --squad FOLDER                    # on FOLDER/dev.jsonl, too

Prints a table, and writes tuning.json beside the reader. QUOTH_READER and QUOTH_ENCODER name the
models, as for `quoth eval`. What was read once lies in the --work folder, so that a run that is cut
goes on where it was. The calibration has to be of the same reader and encoder: it comes first, and
again after numbers that decide what is read (far_behind, far_behind_unsure).
"""

import argparse
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from answering.tuning import load_tuning, numbers
from benchmarks import parser_of
from bot.chosen_reader import (
    calibration_for,
    open_reader,
    reader_folder,
    reader_name,
    tuning_for,
)
from bot.cli.reporters import ConsoleReporter
from bot.evaluation.caching import CachingReader
from bot.evaluation.errors import EvaluationError
from bot.evaluation.tuning import Swept, Tuner
from bot.settings import TUNING_NAME, SettingsError, load_settings
from index.encoder import SentenceEncoder
from index.errors import IndexingError
from index.files import replace_text
from reader.errors import ReaderError
from reader.model import shipped_weights

DATA = Path("training/data")
_READ_NAME = "read.sqlite"


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = parser_of("tune", __doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[DATA / "dev.jsonl"])
    parser.add_argument("--squad", type=Path, help="a folder with SQuAD's dev.jsonl")
    parser.add_argument("--numbers", nargs="+", default=[], choices=list(numbers()), metavar="NAME")
    parser.add_argument("--data", type=Path, help="a data folder")
    parser.add_argument("--work", type=Path, default=Path("build/tuning"))
    parser.add_argument("--out", type=Path, help="[default: tuning.json beside the reader]")
    given = parser.parse_args(arguments)
    try:
        print(_tuned(given))
    except (EvaluationError, IndexingError, ReaderError, SettingsError, OSError) as error:
        sys.exit(str(error))
    except sqlite3.Error as error:
        sys.exit(
            f"{given.work / _READ_NAME}: can't be used ({error}). Free some space, or delete it if "
            "it is damaged."
        )


def _tuned(given: argparse.Namespace) -> str:
    """Choose the numbers, write them, and tell what became of each."""
    settings = load_settings(data=given.data)
    folder = reader_folder(settings)
    if folder is None:
        raise ReaderError(
            f"{settings.reader} runs on torch and has no place for a tuning. "
            "quoth reader add adds it, and tunes it."
        )
    files = (*given.files, *([given.squad / "dev.jsonl"] if given.squad else []))
    encoder = SentenceEncoder(settings.encoder, settings.encoder_exports)
    reader = open_reader(settings)
    given.work.mkdir(parents=True, exist_ok=True)
    calibration = calibration_for(settings, reader, encoder.sha256)
    if calibration.shipped_differs:
        raise ReaderError(
            f"Nothing was calibrated for the reader {reader_name(settings)} with the encoder "
            f"{settings.encoder}, and tuning looks at confidences. Calibrate first: "
            "quoth eval --calibrate QUESTIONS"
        )
    own = tuning_for(reader, encoder.sha256)
    # New weights begin with the numbers of those before them.
    start = load_tuning(shipped_weights() / TUNING_NAME).numbers if own.differs else own.tuning
    with closing(CachingReader(reader, given.work / _READ_NAME)) as caching:
        tuner = Tuner(files, settings, encoder, caching, calibration.calibration, ConsoleReporter())
        tuned = tuner.tune(start, given.numbers)
    out = given.out or folder / TUNING_NAME
    replace_text(out, tuned.stored.model_dump_json(indent=2) + "\n")
    return f"{tuned.stored.fitted_on}\n\n{as_table(tuned.table)}\n\n{out}"


def as_table(table: Sequence[Swept]) -> str:
    """What became of each number, in Markdown."""
    rows = [
        "| number | value | gain, in points | on | neutral | tried |",
        "|---|---|---|---|---|---|",
    ]
    for one in table:
        tried = ", ".join(f"{value:g}: {points:.2f}" for value, points in one.tried.items())
        neutral = numbers()[one.number].neutral
        rows.append(
            f"| {one.number} | {one.value:g} | {one.gain:+.2f} \u00b1 {one.error:.2f} "
            f"| {one.questions:,} of {one.measure} | {neutral:g}: {one.neutral:.2f} | {tried} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    main()
