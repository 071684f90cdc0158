"""Tuned numbers belong to a reader and an encoder, and stay in their ranges."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from answering.tuning import (
    FORMAT_VERSION,
    NEUTRAL,
    ChosenTuning,
    StoredTuning,
    choose_tuning,
    load_tuning,
    numbers,
)
from bot.settings import TUNING_NAME
from index.encoder_files import DEFAULT_ENCODER, find_encoder, folder_sha256
from reader.errors import ReaderError
from reader.model import read_manifest, shipped_weights

TUNED = replace(NEUTRAL, near_margin=0.7)


def stored(folder: Path, **changed: object) -> Path:
    path = folder / TUNING_NAME
    made = StoredTuning(
        format_version=FORMAT_VERSION,
        reader_sha256="reader",
        encoder_sha256="encoder",
        fitted_on="these",
        numbers=TUNED,
    )
    row = json.loads(made.model_dump_json())
    row["numbers"] |= changed
    path.write_text(json.dumps(row), encoding="utf-8")
    return path


def test_the_shipped_tuning_belongs_to_the_shipped_models() -> None:
    shipped = load_tuning(shipped_weights() / TUNING_NAME)

    assert shipped.encoder_sha256 == folder_sha256(find_encoder(DEFAULT_ENCODER))
    assert shipped.reader_sha256 == read_manifest(shipped_weights()).sha256


@pytest.mark.parametrize(
    ("reader", "encoder", "differs"),
    [
        ("reader", "encoder", ()),
        ("other", "encoder", ("reader",)),
        ("other", "other", ("reader", "encoder")),
    ],
)
def test_numbers_count_for_the_models_they_were_chosen_for_and_others_are_neutral(
    tmp_path: Path, reader: str, encoder: str, differs: tuple[str, ...]
) -> None:
    chosen = choose_tuning(stored(tmp_path), reader_sha256=reader, encoder_sha256=encoder)

    assert chosen.differs == differs
    assert chosen.tuning == (NEUTRAL if differs else TUNED)


def test_a_reader_that_was_added_before_there_were_tunings_has_none(tmp_path: Path) -> None:
    chosen = choose_tuning(tmp_path / TUNING_NAME, reader_sha256="reader", encoder_sha256="encoder")

    assert chosen == ChosenTuning(NEUTRAL, ("reader",))


@pytest.mark.parametrize("name", numbers())
def test_a_number_out_of_its_range_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = stored(tmp_path, **{name: -1.0})

    with pytest.raises(ReaderError, match=rf"{name} is -1.*python -m benchmarks.tune"):
        load_tuning(path)
