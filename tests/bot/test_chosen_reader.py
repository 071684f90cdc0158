"""What is said where no calibration or tuning counts for the reader that is set."""

import re
from pathlib import Path

import pytest

from answering.calibration import ChosenCalibration, load_calibration
from answering.fitted import Model
from answering.tuning import NEUTRAL, ChosenTuning
from bot.added_readers import CARD_NAME, AddedReaders
from bot.chosen_reader import (
    calibration_for,
    calibration_notice,
    open_reader,
    tuning_for,
    tuning_notice,
)
from bot.settings import CALIBRATION_NAME, load_settings
from reader.model import shipped_weights
from tests.conftest import FAKE_CALIBRATION


@pytest.mark.parametrize(
    ("own", "shipped", "said"),
    [
        ((), (), []),
        (("reader",), (), ["data/calibration.json does not count", "another reader.", "until"]),
        (("encoder",), (), ["made with another encoder."]),
        ((), ("reader",), ["The reader roberta is not calibrated"]),
        ((), ("encoder",), ["The encoder mpnet is not calibrated"]),
        (
            ("reader", "encoder"),
            ("reader", "encoder"),
            ["another reader and another encoder.", "reader roberta and the encoder mpnet are not"],
        ),
    ],
)
def test_the_notice_names_what_differs(
    own: tuple[Model, ...], shipped: tuple[Model, ...], said: list[str]
) -> None:
    settings = load_settings(reader="roberta", encoder="mpnet")

    notice = calibration_notice(settings, ChosenCalibration(FAKE_CALIBRATION, own, shipped))

    for part in said:
        assert part.removesuffix(".") in notice
    assert bool(notice) == bool(said)
    assert ("until then" in notice) == (bool(own) and not shipped)


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ((), ""),
        (("reader",), "Nothing was tuned for the reader roberta: .*quoth reader add MODEL"),
        (("encoder",), "Nothing was tuned for the encoder mpnet: .*docs/measuring.md"),
        (("reader", "encoder"), "for the reader roberta and the encoder mpnet: .*measuring.md"),
    ],
)
def test_a_notice_says_for_what_nothing_was_tuned(differs: tuple[Model, ...], said: str) -> None:
    settings = load_settings(reader="roberta", encoder="mpnet")

    notice = tuning_notice(settings, ChosenTuning(NEUTRAL, differs))

    assert re.search(said, notice)
    assert bool(notice) == bool(differs)


def test_what_was_fitted_for_a_reader_counts_although_another_is_chosen_meanwhile(
    tmp_path: Path,
) -> None:
    """An index that is built first takes minutes."""
    settings = load_settings(data=tmp_path)
    reader = open_reader(settings)
    shipped = load_calibration(shipped_weights() / CALIBRATION_NAME)
    other = shipped.model_copy(update={"reader_sha256": "other"})
    added = AddedReaders(settings.readers)
    with added.making("other") as folder:
        (folder / CARD_NAME).touch()
        (folder / CALIBRATION_NAME).write_text(other.model_dump_json(), encoding="utf-8")
    added.use("other")

    assert calibration_for(settings, reader, shipped.encoder_sha256).shipped_differs == ()
    assert tuning_for(reader, shipped.encoder_sha256).differs == ()
