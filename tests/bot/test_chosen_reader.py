"""What is said where no calibration or tuning counts for the reader that is set."""

import re

import pytest

from answering.calibration import ChosenCalibration
from answering.fitted import Model
from answering.tuning import NEUTRAL, ChosenTuning
from bot.chosen_reader import calibration_notice, tuning_notice
from bot.settings import load_settings
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
